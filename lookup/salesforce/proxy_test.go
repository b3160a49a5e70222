package salesforce_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// forwardProxy is an HTTP proxy that knows one user and only CONNECT.
type forwardProxy struct {
	*httptest.Server
	tunnels atomic.Int64
	refuse  atomic.Int64 // status for those who are let in, if not 0
}

func startProxy(t *testing.T, user, password string) *forwardProxy {
	t.Helper()
	p := &forwardProxy{}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch status := int(p.refuse.Load()); {
		case r.Method != http.MethodConnect:
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
		case r.Header.Get("Proxy-Authorization") != want:
			w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
			http.Error(w, "who are you", http.StatusProxyAuthRequired)
		case status != 0:
			http.Error(w, "no", status)
		default:
			p.tunnel(t, w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *forwardProxy) tunnel(t *testing.T, w http.ResponseWriter, r *http.Request) {
	far, err := (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", r.Host)
	if err != nil {
		http.Error(w, "far side", http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer near.Close()
	p.tunnels.Add(1)
	if _, err := near.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")); err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(near, far) // ends with either side
		_ = near.Close()
	}()
	_, _ = io.Copy(far, buffered)
	_ = far.Close()
	<-back
}

// privateOrg is an org behind a certificate of a CA that nobody knows.
func privateOrg(t *testing.T) (org *salesforcetest.Org, url, ca string) {
	t.Helper()
	org = salesforcetest.NewOrg(salesforcetest.Options{})
	s := httptest.NewTLSServer(org.Handler())
	t.Cleanup(s.Close)
	return org, s.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func TestThroughProxyToPrivateCA(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			org, url, ca := privateOrg(t)
			p := startProxy(t, "bridge", "proxy pass:word")
			c := configOf(org, kind)
			c.InstanceURL, c.CA = url, ca
			c.Proxy = salesforce.Proxy{URL: p.URL, Username: "bridge", Password: "proxy pass:word", Exceptions: []string{"example.com", "10.0.0.0/8"}}
			client := newClient(t, c)
			if _, err := client.Describe(t.Context(), "Contact"); err != nil {
				t.Fatal(err)
			}
			if p.tunnels.Load() == 0 {
				t.Error("nothing went through the proxy")
			}
		})
	}
}

func TestProxyFailuresNameTheirCure(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(*salesforce.Config, *forwardProxy)
		cure string
	}{
		"wrong password": {func(c *salesforce.Config, _ *forwardProxy) { c.Proxy.Password = "not the password" }, "user name and password"},
		"no user":        {func(c *salesforce.Config, _ *forwardProxy) { c.Proxy.Username = "" }, "user name and password"},
		"forbidden":      {func(_ *salesforce.Config, p *forwardProxy) { p.refuse.Store(http.StatusForbidden) }, "*.salesforce.com"},
		"not there":      {func(_ *salesforce.Config, p *forwardProxy) { p.Close() }, "proxy cannot be reached"},
		"private CA":     {func(c *salesforce.Config, _ *forwardProxy) { c.CA = "" }, "own CA"},
	} {
		t.Run(name, func(t *testing.T) {
			org, url, ca := privateOrg(t)
			p := startProxy(t, "bridge", "proxy-password")
			c := configFor(org)
			c.InstanceURL, c.CA, c.Retries = url, ca, -1
			c.Proxy = salesforce.Proxy{URL: p.URL, Username: "bridge", Password: "proxy-password"}
			tt.set(&c, p)
			_, err := newClient(t, c).OrgID(t.Context())
			var e *salesforce.Error
			if !errors.As(err, &e) || !strings.Contains(e.Cure(), tt.cure) {
				t.Errorf("%v with cure %q, want %q", err, salesforce.Cure(err), tt.cure)
			}
			noSecrets(t, c, err.Error())
		})
	}
}

func TestExceptionsGoAroundTheProxy(t *testing.T) {
	org, url, ca := privateOrg(t)
	p := startProxy(t, "bridge", "proxy-password")
	for _, around := range []string{"*", "127.0.0.1", "127.0.0.0/8", strings.TrimPrefix(url, "https://")} {
		c := configFor(org)
		c.InstanceURL, c.CA = url, ca
		c.Proxy = salesforce.Proxy{URL: p.URL, Exceptions: []string{around}}
		if _, err := newClient(t, c).OrgID(t.Context()); err != nil {
			t.Errorf("%s: %v", around, err)
		}
	}
	if n := p.tunnels.Load(); n != 0 {
		t.Errorf("%d tunnels through the proxy, want none", n)
	}
}
