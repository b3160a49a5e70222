package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

func certificate(t *testing.T, names ...string) *pbxtest.Certificate {
	t.Helper()
	c, err := pbxtest.NewCertificate(names...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve takes connections until the test ends; each is closed when handle
// returns.
func serve(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { _ = c.Close() })
			wg.Go(func() {
				handle(c)
				stop()
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); cancel(); wg.Wait() })
	return netip.MustParseAddrPort(l.Addr().String())
}

// present serves TLS and reads until the other side ends.
func present(config *tls.Config) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.Copy(io.Discard, tls.Server(c, config)) }
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// connect opens a layer over TLS and closes it.
func connect(t *testing.T, addr netip.AddrPort, name string, trust TLS) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	l, err := Open(ctx, Config{Network: "tls", Target: Target{name, addr}, TLS: trust}, nil)
	if err == nil {
		l.Close()
	}
	return err
}

func TestTrust(t *testing.T) {
	t.Parallel()
	good, other := certificate(t), certificate(t)
	named := certificate(t, "pbx.example.com", "sip.example.com")
	expired, err := pbxtest.NewExpiredCertificate()
	if err != nil {
		t.Fatal(err)
	}
	ca := func(c *pbxtest.Certificate) string { return file(t, c.PEM) }
	for _, tt := range []struct {
		name    string
		server  *pbxtest.Certificate
		as      string // as which the server is configured
		trust   TLS
		problem string // contained in it; empty: it connects
		cure    string
	}{
		{"CA file", good, "localhost", TLS{CAFile: ca(good)}, "", ""},
		{"CA file, by address", good, "127.0.0.1", TLS{CAFile: ca(good)}, "", ""},
		{"CA file, name and port", good, "localhost:5061", TLS{CAFile: ca(good)}, "", ""},
		{"pin", good, "localhost", TLS{Pin: good.Pin}, "", ""},
		{"pin, another name", good, "pbx.example.com", TLS{Pin: good.Pin}, "", ""},
		{"pin, expired", expired, "localhost", TLS{Pin: expired.Pin}, "", ""},
		{"both", good, "localhost", TLS{CAFile: ca(good), Pin: good.Pin}, "", ""},
		{"wrong pin", good, "localhost", TLS{Pin: other.Pin}, "its key is not the pinned one", "somebody may stand between"},
		{"wrong pin says the right one", good, "localhost", TLS{Pin: other.Pin}, "has the pin " + good.Pin, "new certificate"},
		{"CA file and wrong pin", good, "localhost", TLS{CAFile: ca(good), Pin: other.Pin}, "its key is not the pinned one", "enter its pin"},
		{"pin and wrong CA file", good, "localhost", TLS{CAFile: ca(other), Pin: good.Pin}, "signed by itself", "Pin this certificate's key"},
		{"no pin", good, "localhost", TLS{}, "(localhost, valid until ", good.Pin},
		{"wrong CA file", named, "pbx.example.com", TLS{CAFile: ca(other)}, "signed by itself", named.Pin},
		{"wrong name", named, "10.0.0.1", TLS{CAFile: ca(named)}, "its certificate is for pbx.example.com, sip.example.com and not for 10.0.0.1", "Enter the server by a name that the certificate holds"},
		{"expired", expired, "localhost", TLS{CAFile: ca(expired)}, "its certificate ran out on ", "Renew the certificate"},
		{"no CA file", good, "localhost", TLS{CAFile: "gone.pem"}, "the CA file gone.pem cannot be read: no such file", "Check the file's name"},
		{"empty CA file", good, "localhost", TLS{CAFile: file(t, nil)}, "holds no certificate", "PEM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, connect(t, serve(t, present(tt.server.ServerConfig())), tt.as, tt.trust), tt.problem, tt.cure)
		})
	}
}

// check compares an error with what a person shall read.
func check(t *testing.T, err error, problem, cure string) {
	t.Helper()
	var fault *PlainError
	switch {
	case problem == "" && err != nil:
		t.Errorf("refused: %v", err)
	case problem == "":
	case err == nil:
		t.Error("it connected")
	case !errors.As(err, &fault):
		t.Errorf("no fault but %v", err)
	case !strings.Contains(fault.Problem, problem) || !strings.Contains(fault.Cure, cure):
		t.Errorf("%s | %s\nwant %s | %s", fault.Problem, fault.Cure, problem, cure)
	}
}

// TestHandshake: what is wrong beside certificates.
func TestHandshake(t *testing.T) {
	t.Parallel()
	c := certificate(t)
	old, asks, weak := c.ServerConfig(), c.ServerConfig(), c.ServerConfig()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	asks.ClientAuth, asks.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	weak.MaxVersion, weak.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
	for _, tt := range []struct {
		name          string
		handle        func(net.Conn)
		problem, cure string
	}{
		{"TLS 1.1", present(old), "no TLS 1.2 or newer", "Switch TLS 1.2"},
		{"no cipher", present(weak), "no cipher that is safe", "AES-GCM"},
		{"no TLS", func(c net.Conn) {
			_, _ = c.Write([]byte("SIP/2.0 400 Bad Request\r\n\r\n"))
			_, _ = io.Copy(io.Discard, c)
		}, "does not speak TLS", "5061"},
		{"hangs up", func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := connect(t, serve(t, tt.handle), "localhost", TLS{Pin: c.Pin})
			if tt.problem == "" {
				if err == nil {
					t.Error("it connected")
				}
				return
			}
			check(t, err, tt.problem, tt.cure)
		})
	}
}

// TestRenewedCAFile: the file is read at each connect.
func TestRenewedCAFile(t *testing.T) {
	t.Parallel()
	first, second := certificate(t), certificate(t)
	name := file(t, first.PEM)
	addr := serve(t, present(second.ServerConfig()))
	if connect(t, addr, "localhost", TLS{CAFile: name}) == nil {
		t.Fatal("another authority's certificate was taken")
	}
	if err := os.WriteFile(name, second.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := connect(t, addr, "localhost", TLS{CAFile: name}); err != nil {
		t.Errorf("with the renewed file: %v", err)
	}
}

// TestServerName: the switch is told which of its names is meant (SNI).
func TestServerName(t *testing.T) {
	t.Parallel()
	c := certificate(t)
	names := make(chan string, 1)
	config := c.ServerConfig()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}
	if err := connect(t, serve(t, present(config)), "pbx.example.com:5061", TLS{Pin: c.Pin}); err != nil {
		t.Fatal(err)
	}
	if got := <-names; got != "pbx.example.com" {
		t.Errorf("asked for %q", got)
	}
}

// TestSilentHandshake: a switch that takes the connection and says nothing does
// not hold us up for longer than we wait.
func TestSilentHandshake(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, Config{Network: "tls", Target: Target{"localhost", addr}}, nil)
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestCheckPin(t *testing.T) {
	for pin, ok := range map[string]bool{
		certificate(t).Pin: true, "": false, "abc": false, strings.Repeat("A", 44): false,
		"sha256/" + certificate(t).Pin: false,
	} {
		if err := CheckPin(pin); (err == nil) != ok {
			t.Errorf("%q: %v", pin, err)
		}
	}
}
