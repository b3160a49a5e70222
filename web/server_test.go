package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// run starts a server and returns what stops it and tells how it ended.
func run(t *testing.T, s *Server) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
}

func TestServer(t *testing.T) {
	var drained bool
	s, err := Listen(t.Context(), ServerOptions{
		Address: "127.0.0.1:0", Handler: New(options()), Logger: quiet(), Draining: func(context.Context) { drained = true },
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	r, err := http.Get("http://" + s.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("status %d", r.StatusCode)
	}
	if _, err := Listen(t.Context(), ServerOptions{Address: s.Addr().String(), Logger: quiet()}); err == nil {
		t.Error("a taken port is no error")
	}
	if err := stop(); err != nil || !drained {
		t.Errorf("ended with %v, drained %v", err, drained)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("still listening")
	}
}

// TestRequestsFinish: those under way when the server ends get their answer.
func TestRequestsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered := make(chan struct{})
		s, pipe := onPipe(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			time.Sleep(3 * time.Second)
			_, _ = io.WriteString(w, "done")
		}))
		stop := run(t, s)
		transport := &http.Transport{DialContext: pipe.Dial}
		defer transport.CloseIdleConnections()
		answer := make(chan string)
		go func() {
			r, err := (&http.Client{Transport: transport}).Get("http://bridge.example.com/")
			if err != nil {
				answer <- err.Error()
				return
			}
			defer r.Body.Close()
			b, _ := io.ReadAll(r.Body)
			answer <- string(b)
		}()
		<-entered
		ended := make(chan error)
		go func() { ended <- stop() }()
		if got := <-answer; got != "done" {
			t.Errorf("got %q", got)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// onPipe is a server in memory.
func onPipe(t *testing.T, h http.Handler) (*Server, *agenttest.Pipe) {
	t.Helper()
	s, err := Listen(t.Context(), ServerOptions{Address: "127.0.0.1:0", Handler: h, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.listener.Close()
	pipe := agenttest.NewPipe()
	s.listener = pipe
	return s, pipe
}

// TestSocketsOutliveTimeouts: none of the server's timeouts ends a WebSocket.
func TestSocketsOutliveTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handlers sync.WaitGroup
		defer handlers.Wait()
		o := options()
		o.Agent = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			up := websocket.Upgrader{}
			conn, err := up.Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			handlers.Go(func() {
				defer conn.Close()
				for {
					kind, data, err := conn.ReadMessage()
					if err != nil || conn.WriteMessage(kind, data) != nil {
						return
					}
				}
			})
		})
		s, pipe := onPipe(t, New(o))
		stop := run(t, s)
		d := websocket.Dialer{NetDialContext: pipe.Dial}
		conn, resp, err := d.DialContext(t.Context(), "ws://bridge.example.com/agent/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		for range 3 {
			time.Sleep(time.Hour)
			if err := conn.WriteMessage(websocket.TextMessage, []byte("still there")); err != nil {
				t.Fatal(err)
			}
			if _, data, err := conn.ReadMessage(); err != nil || string(data) != "still there" {
				t.Fatalf("%q %v", data, err)
			}
		}
		conn.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestCertificateIsReloaded(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, certFile, keyFile, 1)
	s, err := Listen(t.Context(), ServerOptions{Address: "127.0.0.1:0", Handler: New(options()), CertFile: certFile, KeyFile: keyFile, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, s)
	if got := serial(t, s.Addr().String()); got != 1 {
		t.Errorf("serial %d, want 1", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}

	c, err := newCertificate(certFile, keyFile, quiet())
	if err != nil {
		t.Fatal(err)
	}
	served := func() int64 {
		t.Helper()
		c.looked = time.Time{} // as if a while had passed
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	if err := os.WriteFile(certFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := served(); got != 1 {
		t.Errorf("with a broken file: serial %d, want 1", got)
	}
	writePair(t, certFile, keyFile, 2)
	if got := served(); got != 2 {
		t.Errorf("after the change: serial %d, want 2", got)
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	if got := served(); got != 2 {
		t.Errorf("with a file gone: serial %d, want 2", got)
	}
	if _, err := Listen(t.Context(), ServerOptions{Address: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, Logger: quiet()}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("starting without a key: %v", err)
	}
}

func serial(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a self-signed certificate of this test
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func writePair(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"bridge.example.com"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
