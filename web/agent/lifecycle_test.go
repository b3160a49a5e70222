package agent_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

func (s *stage) expectMetric(name, label string, want float64) {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			if f.GetName() == name && strings.Join(labels, ",") == label {
				if got := m.GetCounter().GetValue() + m.GetGauge().GetValue(); got != want {
					s.t.Errorf("%s{%s} is %v, want %v", name, label, got, want)
				}
				return
			}
		}
	}
	s.t.Errorf("no metric %s{%s}", name, label)
}

func TestTabs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		var tabs []*agenttest.Tab
		for i := range 20 {
			tabs = append(tabs, s.signIn(fmt.Sprint("tab-", i)))
		}
		o := s.options("tab-20")
		o.Tab.Focused = true
		last := agenttest.Open(t, o)
		if code, _ := last.Closed(); code != agent.CloseTooFast {
			t.Errorf("21st tab closed with %d, want 4429", code)
		}
		if n := len(s.sessions.all); n != 20 {
			t.Errorf("%d resume tokens are kept for 20 tabs", n)
		}
		again := s.signIn("tab-3")
		if code, _ := tabs[3].Closed(); code != agent.CloseReplaced {
			t.Errorf("replaced tab closed with %d, want 4409", code)
		}
		tabs[4].Close()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if n := s.hub.Count(); n != 19 {
			t.Errorf("%d tabs, want 19", n)
		}
		again.Send(map[string]any{"type": "tab", "visible": true, "focused": true})
		again.Send(map[string]any{"type": "navigated", "pop": "p-1"})
		synctest.Wait()
		got := s.bridge.seen()[20:]
		want := []string{"a-1 tab-3 seen", "a-1 tab-4 closed", "a-1 tab-3 focused", "a-1 tab-3 navigated p-1"}
		if !slices.Equal(got, want) {
			t.Errorf("the bridge heard %q, want %q", got, want)
		}
	})
}

func TestDisconnect(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		first, second := s.signIn("tab-1"), s.signIn("tab-2")
		s.hub.Disconnect(ada, agent.CloseNoAgent, bridge.ErrAgentDisabled.Error())
		for _, tab := range []*agenttest.Tab{first, second} {
			if code, reason := tab.Closed(); code != agent.CloseNoAgent || reason != bridge.ErrAgentDisabled.Error() {
				t.Errorf("closed with %d %q", code, reason)
			}
		}
		synctest.Wait()
		if n := s.hub.Count(); n != 0 {
			t.Errorf("%d tabs are left", n)
		}
	})
}

// TestDisabledWhileSigningIn: between the look-up and the welcome.
func TestDisabledWhileSigningIn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		a := s.bridge.agents[ada]
		a.Enabled = false
		s.bridge.agents[ada] = a // Identify of the fake does not look
		tab := agenttest.Open(t, o)
		if code, _ := tab.Closed(); code != agent.CloseNoAgent {
			t.Errorf("closed with %d, want 4403", code)
		}
		if n := s.hub.Count(); n != 0 {
			t.Errorf("%d tabs are left", n)
		}
	})
}

func TestPings(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		last := time.Now()
		for i := range 180 { // an hour
			f := tab.Next()
			if f.Type != "ping" || f.Ping.Time.IsZero() {
				t.Fatalf("got %+v, want a ping", f)
			}
			if d := time.Since(last); d > 20*time.Second || i > 0 && d < 20*time.Second || d < 10*time.Second {
				t.Errorf("ping after %v", d)
			}
			last = time.Now()
		}
	})
}

// TestSilentTab: a browser that is gone without a word is noticed.
func TestSilentTab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		tab.Conn.SetPingHandler(func(string) error { return nil }) // does not answer
		_ = tab.Conn.SetReadDeadline(time.Time{})
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			for {
				if _, _, err := tab.Conn.ReadMessage(); err != nil {
					return
				}
			}
		}()
		time.Sleep(69 * time.Second)
		if s.hub.Count() != 1 {
			t.Error("gone too early")
		}
		time.Sleep(5 * time.Second)
		if s.hub.Count() != 0 {
			t.Error("still there after 74 s")
		}
		<-reading
	})
}

func TestShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		reading, deaf := s.signIn("tab-1"), s.signIn("tab-2")
		greeting, _, err := agenttest.Connect(t.Context(), s.options("tab-3"))
		if err != nil {
			t.Fatal(err)
		}
		defer greeting.Close()
		codes := make(chan int, 2)
		for _, conn := range []*websocket.Conn{reading.Conn, greeting} {
			go func() {
				_, _, err := conn.ReadMessage()
				c, _ := errors.AsType[*websocket.CloseError](err)
				if c == nil {
					c = &websocket.CloseError{}
				}
				codes <- c.Code
			}()
		}
		start := time.Now()
		if err := s.hub.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("took %v", d)
		}
		for range 2 {
			if code := <-codes; code != websocket.CloseServiceRestart {
				t.Errorf("closed with %d, want 1012", code)
			}
		}
		if s.hub.Count() != 0 {
			t.Error("tabs are left")
		}
		if _, resp, _ := agenttest.Connect(t.Context(), s.options("tab-4")); resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("after shutdown: %v, want 503", resp)
		}
		_ = deaf
	})
}

// TestShutdownCutsOff: when time is up connections are cut.
func TestShutdownCutsOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.signIn("tab-1")
		s.hub.Show(ada, call("c-1", 1, bridge.Ringing)) // is not read
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.hub.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s.hub.Count() != 0 {
			t.Error("tabs are left")
		}
	})
}

// TestDesksAreForgotten: agents who left a minute ago take no memory.
func TestDesksAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.signIn("tab-1").Close()
		time.Sleep(30 * time.Second)
		s.signIn("tab-1").Close()
		time.Sleep(45 * time.Second)
		tab := s.signIn("tab-2")
		if n := s.hub.Desks(); n != 1 {
			t.Errorf("%d desks, want 1", n)
		}
		tab.Close()
		time.Sleep(2 * time.Minute)
		o := s.options("tab-1")
		o.Ticket = issuer().Ticket("005000000000002AAA", "bob@example.com")
		agenttest.Dial(t, o)
		if n := s.hub.Desks(); n != 1 {
			t.Errorf("%d desks, want bob's only", n)
		}
	})
}

func TestMetricsAreRegistered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.signIn("tab-1")
		synctest.Wait() // a frame is counted once it is written, and may be read before
		s.expectMetric("ctibridge_agent_sessions", "", 1)
		s.expectMetric("ctibridge_agent_frames_sent_total", `type="welcome"`, 1)
		s.expectMetric("ctibridge_agent_frames_received_total", `type="authenticate"`, 1)
	})
}

// TestOverTCP: the same over a real socket, where close frames must survive
// unread data.
func TestOverTCP(t *testing.T) {
	s := newStage(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serve(t, s.hub, listener)
	defer stop()
	o := s.options("tab-1")
	o.URL, o.Dial = "ws://"+listener.Addr().String()+"/agent/ws", nil
	tab := agenttest.Dial(t, o)
	s.hub.Show(ada, call("c-1", 1, bridge.Ringing))
	tab.Call(func(c bridge.Call) bool { return c.State == bridge.Ringing })
	for range 200 {
		if tab.Conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"tab"}`)) != nil {
			break
		}
	}
	if code, _ := tab.Closed(); code != agent.CloseTooFast {
		t.Errorf("closed with %d, want 4429", code)
	}
	o.Ticket = issuer().Ticket(userAda, "ada@example.com")
	tab = agenttest.Dial(t, o)
	_ = tab.Conn.WriteMessage(websocket.TextMessage, make([]byte, 40<<10))
	if code, _ := tab.Closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("closed with %d, want 1009", code)
	}
}

// TestSockets: frames of any size, alone and together, over each kind of socket.
// Over TLS every write is one by its deadline.
func TestSockets(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"TCP": httptest.NewServer, "TLS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			server := start(s.hub)
			t.Cleanup(server.Close)
			o := s.options("tab-1")
			o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				if server.TLS == nil {
					return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
				}
				trusted := x509.NewCertPool()
				trusted.AddCert(server.Certificate())
				d := tls.Dialer{Config: &tls.Config{RootCAs: trusted, ServerName: "example.com"}}
				return d.DialContext(ctx, network, server.Listener.Addr().String())
			}
			tab := agenttest.Dial(t, o)
			for i := range 40 {
				c := call(fmt.Sprint("c-", i), 1, bridge.Ringing)
				for range i {
					c.Matches = append(c.Matches, c.Matches[0])
				}
				s.hub.Show(ada, c)
				s.hub.Navigate(ada, "tab-1", bridge.Navigation{Pop: bridge.PopID(fmt.Sprint("p-", i)), Call: c.ID})
				if got := tab.Next(); got.Call == nil || got.Call.ID != c.ID || len(got.Call.Matches) != i+1 {
					t.Fatalf("got %+v, want call %d", got, i)
				}
				if got := tab.Next(); got.Navigate == nil || got.Navigate.Call != c.ID {
					t.Fatalf("got %+v, want to be asked to open call %d", got, i)
				}
			}
			tab.Send(map[string]any{"type": "navigated", "pop": "p-39"})
			s.hub.Disconnect(ada, agent.CloseNoAgent, "enough")
			if code, reason := tab.Closed(); code != agent.CloseNoAgent || reason != "enough" {
				t.Errorf("closed with %d %q", code, reason)
			}
		})
	}
}
