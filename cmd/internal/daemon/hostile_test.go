package daemon_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// TestHostileBrowsers lets tabs misbehave in every way, while Bob takes calls
// as if nothing were.
func TestHostileBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	bob := w.signIn(bobEmail, "bob-1", true)
	deaf := w.signIn(adaEmail, "deaf", false) // reads nothing from here on

	for name, c := range map[string]struct {
		frame string
		code  int
	}{
		"not JSON":      {"rubbish", agent.CloseMalformed},
		"no type":       {`{}`, agent.CloseMalformed},
		"not UTF-8":     {"{\"type\":\"tab\xff\"}", agent.CloseMalformed},
		"wrong types":   {`{"type":"dial","request":7,"number":[]}`, agent.CloseMalformed},
		"deeply nested": {strings.Repeat("[", 20_000), agent.CloseMalformed},
		"over 32 KiB":   {`{"type":"tab","x":"` + strings.Repeat("x", 40<<10) + `"}`, websocket.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			tab := w.signIn(adaEmail, "hostile", false)
			if err := tab.Conn.WriteMessage(websocket.TextMessage, []byte(c.frame)); err != nil {
				t.Fatal(err)
			}
			if code, reason := tab.Closed(); code != c.code {
				t.Errorf("closed with %d %q, want %d", code, reason, c.code)
			}
			bob.t = t
			w.rings(bobExt, bob)
		})
	}
	w.t, bob.t = t, t
	tooFast(t, w)
	w.rings(bobExt, bob)

	// Ada's telephone rings; her deaf tab takes nothing, her other one does.
	ada := w.signIn(adaEmail, "ada-1", true)
	for range 20 {
		w.rings(adaExt, ada)
	}
	w.rings(bobExt, bob)
	deaf.Close()
}

// tooFast sends frames without pause until it is sent away.
func tooFast(t *testing.T, w *world) {
	t.Helper()
	tab := w.signIn(adaEmail, "fast", false)
	for range 2000 {
		if tab.Conn.WriteJSON(map[string]any{"type": "tab", "visible": true}) != nil {
			break // closed, as it should be
		}
	}
	if code, _ := tab.Closed(); code != agent.CloseTooFast {
		t.Errorf("closed with %d, want %d", code, agent.CloseTooFast)
	}
}

// TestWrongTickets tries every ticket that must not open a session.
func TestWrongTickets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	other := salesforcetest.NewOrg(salesforcetest.Options{ID: "00D7Q0000000002UAA"})
	stranger := other.AddUser(salesforcetest.User{LastName: "Fremd", Username: adaEmail, Email: adaEmail})
	foreign, err := other.Ticket(stranger.ID, w.url())
	w.must(err)
	sign := func(audience string, o ...salesforcetest.TicketOption) string {
		ticket, err := w.org.Ticket(w.users[adaEmail].ID, audience, o...)
		w.must(err)
		return ticket
	}
	for _, c := range []struct{ name, ticket, reason string }{
		{"another bridge's", sign("https://cti.example.com"), agent.ReasonAudience},
		{"an old one", sign(w.url(), salesforcetest.WithIssuedAt(time.Now().Add(-time.Hour))), agent.ReasonExpired},
		{"another org's", foreign, agent.ReasonOrg},
		{"rubbish", "rubbish", agent.ReasonMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := w.tab(adaEmail, "ada-1", true)
			o.Ticket = c.ticket
			if code, reason := connect(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != c.reason {
				t.Errorf("closed with %d %q, want %q", code, reason, c.reason)
			}
		})
	}
	t.Run("a second use", func(t *testing.T) {
		o := w.tab(adaEmail, "ada-1", true)
		open(t, o)
		if code, reason := connect(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonReplayed {
			t.Errorf("closed with %d %q", code, reason)
		}
	})
	t.Run("from a foreign page", func(t *testing.T) {
		o := w.tab(adaEmail, "ada-1", true)
		o.Origin = "https://example.com"
		_, resp, err := agenttest.Connect(t.Context(), o)
		if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("the upgrade was answered %v, %v", resp, err)
		}
		if resp != nil {
			_ = resp.Body.Close()
		}
	})
}

// TestTLS serves wss from files made here, under the public URL that the
// tickets name.
func TestTLS(t *testing.T) {
	t.Parallel()
	org, _ := startOrg(t)
	user := org.AddUser(salesforcetest.User{FirstName: "Ada", LastName: "Agent", Username: adaEmail, Email: adaEmail})
	s := settings(t)
	s.TLSMode, s.Listen = config.TLSFiles, "127.0.0.1:0"
	var pool *x509.CertPool
	s.TLSCert, s.TLSKey, pool = certificate(t)
	for name, public := range map[string]string{"by its address": "", "by its public URL": "https://cti.example.com"} {
		t.Run(name, func(t *testing.T) {
			s.PublicURL = public
			d := newDaemon(t, daemon.Options{Settings: s})
			if err := d.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			w := &world{t: t, org: org, set: s, daemon: d}
			kid, pem := org.TicketCertificate()
			w.load(bridge.Document{
				Version: 1,
				Orgs:    []lookup.OrgConfig{{ID: org.ID(), Name: "Toy org", InstanceURL: org.URL(), TicketCertificates: []lookup.TicketCertificate{{KID: kid, PEM: pem}}}},
				Agents:  []bridge.Agent{{Email: adaEmail, Org: org.ID(), Enabled: true}},
			}, false)

			audience := public
			if audience == "" {
				audience = "https://" + d.Addr().String()
			}
			ticket, err := org.Ticket(user.ID, audience)
			w.must(err)
			tlsConfig := &tls.Config{RootCAs: pool, ServerName: "cti.example.com", MinVersion: tls.VersionTLS12}
			tab := open(t, agenttest.Options{
				// ws over a connection that speaks TLS already is wss.
				URL: "ws://" + d.Addr().String() + "/agent/ws", Origin: org.URL(), Ticket: ticket,
				Tab: bridge.Tab{ID: "ada-1"}, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					return (&tls.Dialer{Config: tlsConfig}).DialContext(ctx, network, addr)
				},
			})
			if tab.Welcome.Agent.Email != adaEmail {
				t.Errorf("welcomed as %+v", tab.Welcome.Agent)
			}
			browser := &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig}}
			defer browser.CloseIdleConnections()
			status, page := fetch(t, browser, "https://"+d.Addr().String()+"/admin/sign-in")
			if status != http.StatusOK || !strings.Contains(page, "password") {
				t.Errorf("the panel answers %d", status)
			}
			stop(t, d)
		})
	}
}

// certificate writes a self-signed certificate for the loopback address and
// cti.example.com.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cti.example.com"}, DNSNames: []string{"cti.example.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(cert)
	return write("cti.crt", "CERTIFICATE", der), write("cti.key", "PRIVATE KEY", private), pool
}
