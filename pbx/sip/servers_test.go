package sip

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// switchAt starts a toy switch with extension 103.
func switchAt(t *testing.T, o pbxtest.SIPOptions) *pbxtest.SIPSwitch {
	t.Helper()
	o.Domain = "example.com"
	sw, err := pbxtest.NewSIPSwitch(o)
	if err != nil {
		t.Fatal(err)
	}
	sw.AddExtension("103", "Agent")
	sw.Start()
	t.Cleanup(sw.Close)
	return sw
}

// runAt runs a link to a list of servers.
func runAt(t *testing.T, cfg pbx.LinkConfig, o Options) *running {
	t.Helper()
	cfg.Name, cfg.Domain, cfg.Profile = "pbx", "example.com", "freeswitch"
	if o.Retry == 0 {
		o.Retry = 10 * time.Millisecond
	}
	o.Farewell = 20 * time.Millisecond
	l, err := New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	l.Watch([]pbx.DeviceID{"103"})
	r := &running{t: t, link: l, events: make(chan pbx.Event, 1024)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx, r.events) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

// kind waits for an event of a kind.
func (r *running) kind(kind pbx.EventKind) pbx.Event {
	r.t.Helper()
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
		case <-time.After(10 * time.Second):
			r.t.Fatalf("no event of kind %d; status %+v", kind, r.link.Status())
		}
	}
}

// TestFailoverInTheMiddleOfACall: the second server takes over at once, the status
// says so, and at the next loss the link goes back to the first.
func TestFailoverInTheMiddleOfACall(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			first, second := switchAt(t, pbxtest.SIPOptions{}), switchAt(t, pbxtest.SIPOptions{})
			r := runAt(t, pbx.LinkConfig{Transport: transport, Server: first.Addr() + ", " + second.Addr()},
				Options{Canary: 200 * time.Millisecond, Timeout: time.Second})
			r.kind(pbx.EventSnapshot)
			st := r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
			if st.ServerInUse != first.Addr() || st.Problem != "" {
				t.Errorf("status %+v", st)
			}
			first.Ring("103", pbxtest.Caller{Number: berta})
			r.kind(pbx.EventDelivered)
			first.Close()
			r.kind(pbx.EventLinkDown)
			if e := r.kind(pbx.EventSnapshot); len(e.Connections) != 0 {
				t.Errorf("the second server knows of a call: %+v", e)
			}
			st = r.status("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded })
			if st.ServerInUse != second.Addr() || !strings.HasPrefix(st.Problem, "The link uses the server "+second.Addr()+", because a preferred one does not work: "+first.Addr()+": ") || st.Cure == "" {
				t.Errorf("status %+v", st)
			}
			second.Ring("103", pbxtest.Caller{Number: berta})
			r.kind(pbx.EventDelivered)
			again := switchAt(t, pbxtest.SIPOptions{Addr: first.Addr()})
			second.Close()
			r.kind(pbx.EventLinkDown)
			r.kind(pbx.EventSnapshot)
			st = r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
			if st.ServerInUse != again.Addr() || st.Problem != "" {
				t.Errorf("status %+v", st)
			}
		})
	}
}

// records is DNS with SRV records of one name for all services.
type records []*net.SRV

func (r records) LookupSRV(_ context.Context, _, _, _ string) (string, []*net.SRV, error) {
	return "", r, nil
}

func (records) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func portOf(addr string) uint16 { return netip.MustParseAddrPort(addr).Port() }

// TestSRVFailover: a record's host that is down costs no retry pause.
func TestSRVFailover(t *testing.T) {
	t.Parallel()
	gone, alive := switchAt(t, pbxtest.SIPOptions{}), switchAt(t, pbxtest.SIPOptions{})
	gone.Close()
	dns := records{
		{Target: "b.example.com.", Port: portOf(alive.Addr()), Priority: 2}, {Target: "a.example.com.", Port: portOf(gone.Addr()), Priority: 1},
	}
	r := runAt(t, pbx.LinkConfig{Transport: "tcp", Server: "example.com"}, Options{Resolver: dns, Retry: time.Hour})
	r.kind(pbx.EventSnapshot)
	st := r.status("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded })
	if want := "example.com (" + alive.Addr() + ")"; st.ServerInUse != want || !strings.Contains(st.Problem, "example.com ("+gone.Addr()+"): connection refused") {
		t.Errorf("status %+v, want %s", st, want)
	}
}

// TestAllServersFail: the status names each and why.
func TestAllServersFail(t *testing.T) {
	t.Parallel()
	a, b := switchAt(t, pbxtest.SIPOptions{}), switchAt(t, pbxtest.SIPOptions{})
	a.Close()
	b.Close()
	r := runAt(t, pbx.LinkConfig{Transport: "tcp", Server: a.Addr() + "," + b.Addr()}, Options{})
	st := r.status("both", func(s pbx.Status) bool {
		return strings.Contains(s.Problem, a.Addr()) && strings.Contains(s.Problem, b.Addr())
	})
	if st.State != pbx.LinkDown || st.ServerInUse != "" || strings.Count(st.Problem, "connection refused") != 2 {
		t.Errorf("status %+v", st)
	}
}

// TestTLSTrouble: the status says what is wrong with a certificate and the cure,
// and a renewed CA file mends it without a restart.
func TestTLSTrouble(t *testing.T) {
	t.Parallel()
	cert, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	other, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	sw := switchAt(t, pbxtest.SIPOptions{Certificate: cert})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, other.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	r := runAt(t, pbx.LinkConfig{Transport: "tls", Server: sw.TLSAddr(), TLS: pbx.TLS{CAFile: ca}}, Options{})
	st := r.status("down", func(s pbx.Status) bool { return s.State == pbx.LinkDown && s.Problem != "" })
	if !strings.Contains(st.Problem, "over TLS: its certificate (localhost, valid until ") || !strings.Contains(st.Cure, cert.Pin) {
		t.Errorf("status %+v", st)
	}
	if err := os.WriteFile(ca, cert.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	r.kind(pbx.EventSnapshot)
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Problem == "" })
}

// TestSIPS: all our addresses are sips, and Via says TLS (RFC 5630).
func TestSIPS(t *testing.T) {
	t.Parallel()
	cert, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	sw := switchAt(t, pbxtest.SIPOptions{Certificate: cert})
	r := runAt(t, pbx.LinkConfig{Transport: "tls", Server: sw.TLSAddr(), TLS: pbx.TLS{Pin: cert.Pin, SIPS: true}}, Options{})
	r.kind(pbx.EventSnapshot)
	sw.Ring("103", pbxtest.Caller{Number: berta})
	r.kind(pbx.EventDelivered)
	r.link.mu.Lock()
	req := r.link.session.request(newDialog(r.link.uri("103")), "SUBSCRIBE")
	r.link.mu.Unlock()
	text := req.String()
	for _, want := range []string{"SUBSCRIBE sips:103@example.com", "Via: SIP/2.0/TLS ", "From: <sips:ctibridge@example.com>", "To: <sips:103@example.com>", "Contact: <sips:ctibridge@127.0.0.1:"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "sip:") || strings.Contains(text, "transport=") {
		t.Errorf("not all is sips:\n%s", text)
	}
}

// TestTLSSettings: what cannot work is refused.
func TestTLSSettings(t *testing.T) {
	for _, cfg := range []pbx.LinkConfig{
		{Server: "pbx", Transport: "tcp", TLS: pbx.TLS{SIPS: true}},
		{Server: "pbx", Transport: "tls", TLS: pbx.TLS{Pin: "abc"}},
		{Server: " , ", Transport: "tls"},
	} {
		if _, err := New(cfg, Options{}); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
