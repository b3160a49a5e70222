package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

func TestShowReachesAllTabs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		first, second := s.signIn("tab-1"), s.signIn("tab-2")
		o := s.options("tab-1")
		o.Ticket = issuer().Ticket("005000000000002AAA", "bob@example.com")
		other := agenttest.Dial(t, o)
		if n := s.hub.Count(); n != 3 {
			t.Errorf("%d tabs, want 3", n)
		}
		if got := s.hub.Sessions(); got[ada] != 2 || got[bob] != 1 {
			t.Errorf("sessions %v", got)
		}
		s.hub.Show(ada, call("c-1", 1, bridge.Ringing))
		s.hub.Navigate(ada, "tab-2", bridge.Navigation{Pop: "p-1", Call: "c-1", Record: &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}})
		s.hub.Navigate(ada, "tab-9", bridge.Navigation{Pop: "p-2", Call: "c-1"})
		s.hub.Show("nobody", call("c-2", 1, bridge.Ringing))
		for _, tab := range []*agenttest.Tab{first, second} {
			if f := tab.Next(); f.Call == nil || f.Call.ID != "c-1" {
				t.Errorf("got %+v, want the call", f)
			}
		}
		if f := second.Next(); f.Navigate == nil || f.Navigate.Pop != "p-1" {
			t.Errorf("got %+v, want navigate", f)
		}
		for _, tab := range []*agenttest.Tab{first, other} {
			if f := tab.Next(); f.Type != "ping" {
				t.Errorf("got %+v, want nothing but a ping", f)
			}
		}
	})
}

// TestSnapshotMissesNothing: a change between registration and snapshot, in
// either order, arrives once.
func TestSnapshotMissesNothing(t *testing.T) {
	for _, c := range []struct {
		name            string
		snapshot, shown uint64
		want            []uint64 // revisions after the welcome
	}{
		{"shown is newer", 5, 6, []uint64{6}},
		{"shown is in the snapshot", 6, 6, nil},
		{"shown is older", 7, 6, nil},
		{"shown is another call", 0, 6, []uint64{6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				if c.snapshot > 0 {
					s.bridge.calls[ada] = []bridge.Call{call("c-1", c.snapshot, bridge.Ringing)}
				}
				s.bridge.onCalls = func() { s.hub.Show(ada, call("c-1", c.shown, bridge.Connected)) }
				tab := s.signIn("tab-1")
				if n := len(tab.Welcome.Calls); n != len(s.bridge.calls[ada]) {
					t.Errorf("%d calls in the welcome", n)
				}
				for _, want := range c.want {
					if f := tab.Next(); f.Call == nil || f.Call.Revision != want {
						t.Errorf("got %+v, want revision %d", f, want)
					}
				}
				s.hub.Show(ada, call("c-1", 6, bridge.Connected)) // again: not sent again
				if f := tab.Next(); f.Type != "ping" {
					t.Errorf("got %+v, want nothing more", f)
				}
			})
		})
	}
}

func TestOldRevisionsAreDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		s.hub.Show(ada, call("c-1", 3, bridge.Connected))
		synctest.Wait()
		s.hub.Show(ada, call("c-1", 2, bridge.Ringing))
		s.hub.Show(ada, call("c-1", 4, bridge.Ended))
		for _, want := range []uint64{3, 4} {
			if got := tab.Next().Call.Revision; got != want {
				t.Errorf("revision %d, want %d", got, want)
			}
		}
	})
}

// TestNewestOfEachCall: to a tab that reads late only the newest frame of each
// call goes out.
func TestNewestOfEachCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		s.hub.Show(ada, call("c-0", 1, bridge.Ringing)) // fills the pipe
		synctest.Wait()
		for revision := range uint64(1000) {
			s.hub.Show(ada, call("c-1", revision+1, bridge.Ringing))
			s.hub.Show(ada, call("c-2", revision+1, bridge.Held))
		}
		var got []string
		for range 3 {
			c := tab.Next().Call
			got = append(got, fmt.Sprint(c.ID, " ", c.Revision))
		}
		if want := []string{"c-0 1", "c-1 1000", "c-2 1000"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestSlowTab: a tab that does not read is closed, nobody waits for it.
func TestSlowTab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		slow, good := s.signIn("tab-1"), s.signIn("tab-2")
		start := time.Now()
		s.hub.Show(ada, call("c-1", 1, bridge.Ringing))
		if c := good.Next().Call; c == nil || time.Since(start) != 0 {
			t.Errorf("the other tab waited %v", time.Since(start))
		}
		time.Sleep(6 * time.Second)
		if n := s.hub.Count(); n != 1 {
			t.Errorf("%d tabs after the write deadline, want 1", n)
		}
		s.expectMetric("ctibridge_agent_closes_total", `code="4413"`, 1)
		if _, err := slow.Read(); err == nil {
			t.Error("the slow tab is still open")
		}
	})
}

func TestQueueOverflow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		for i := range 70 {
			s.hub.Show(ada, call(fmt.Sprint("c-", i), 1, bridge.Ringing))
		}
		s.expectMetric("ctibridge_agent_queue_overflows_total", "", 1)
		if code, _ := tab.Closed(); code != agent.CloseTooSlow {
			t.Errorf("closed with %d, want 4413", code)
		}
	})
}

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

func TestFlood(t *testing.T) {
	for name, flood := range map[string]func(*websocket.Conn) error{
		"frames": func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, []byte(`{"type":"tab"}`)) },
		"pings":  func(c *websocket.Conn) error { return c.WriteMessage(websocket.PingMessage, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				tab := s.signIn("tab-1")
				var writer sync.WaitGroup
				defer writer.Wait()
				writer.Go(func() {
					for range 61 {
						if flood(tab.Conn) != nil {
							return
						}
					}
				})
				if code, _ := tab.Closed(); code != agent.CloseTooFast {
					t.Errorf("closed with %d, want 4429", code)
				}
			})
		})
	}
}

// TestBriskTab: twenty frames a second for long are no flood.
func TestBriskTab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		go func() {
			for range 400 {
				_ = tab.Conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"tab","focused":true}`))
				time.Sleep(50 * time.Millisecond)
			}
			_ = tab.Conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"dial","request":"r","number":"1"}`))
		}()
		if f := tab.Expect("result"); !f.Result.OK {
			t.Errorf("got %+v", f.Result)
		}
	})
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

func TestRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.bridge.act = func(call bridge.CallID, action bridge.Action) error {
			switch action {
			case bridge.ActionHold:
				return fmt.Errorf("hold: %w", pbx.ErrNotSupported)
			case bridge.ActionAnswer:
				return fmt.Errorf("answer: %w", bridge.Problem{Code: "busy", Message: "You are on the phone.", Cure: "Hang up."})
			case bridge.ActionReject:
				return errors.New("sql: secret at 10.0.0.1")
			}
			if call != "c-1" {
				return bridge.ErrNotYourCall
			}
			return nil
		}
		tab := s.signIn("tab-1")
		if r := tab.Dial("r-1", "030 23125-101"); !r.OK || r.Call != "c-7" {
			t.Errorf("dial: %+v", r)
		}
		if r := tab.Act("r-2", "c-1", bridge.ActionHangup); !r.OK {
			t.Errorf("hang up: %+v", r)
		}
		for i, c := range []struct {
			call   bridge.CallID
			action bridge.Action
			code   string
		}{
			{"c-9", bridge.ActionHangup, "noCall"},
			{"c-1", bridge.ActionHold, "notSupported"},
			{"c-1", bridge.ActionAnswer, "busy"},
			{"c-1", bridge.ActionReject, "failed"},
		} {
			r := tab.Act(fmt.Sprint("x-", i), c.call, c.action)
			if r.OK || r.Error == nil || r.Error.Code != c.code || r.Error.Cure == "" || strings.Contains(r.Error.Message, "secret") {
				t.Errorf("%s of %s: %+v %+v, want %s", c.action, c.call, r, r.Error, c.code)
			}
		}
		s.expectMetric("ctibridge_agent_foreign_calls_total", "", 1)
		tab.Send(map[string]any{"type": "choose", "call": "c-9", "record": bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}})
		if f := tab.Next(); f.Error == nil || f.Error.Code != "noCall" {
			t.Errorf("choose: %+v", f)
		}
		tab.Send(map[string]any{"type": "colleagues", "request": "r-9"})
		if f := tab.Next(); f.Error == nil || f.Error.Code != "unsupported" {
			t.Errorf("unknown type: %+v", f)
		}
		tab.Send("not an object")
		if code, _ := tab.Closed(); code != agent.CloseMalformed {
			t.Errorf("closed with %d, want 4400", code)
		}
	})
}

// TestRequestsAreDoneOnce: the same id within a minute, from whichever tab and
// also while the first is under way, dials once and gets the same answer.
func TestRequestsAreDoneOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.bridge.dial = func(ctx context.Context, _ string) (bridge.CallID, error) {
			select {
			case <-time.After(3 * time.Second):
				return bridge.CallID(fmt.Sprint("c-", len(s.bridge.dialled))), nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		first, second := s.signIn("tab-1"), s.signIn("tab-2")
		dial := map[string]any{"type": "dial", "request": "r-1", "number": "+493023125101"}
		first.Send(dial)
		first.Close() // the page is gone, the call is not
		second.Send(dial)
		if r := second.Expect("result").Result; !r.OK || r.Call != "c-1" {
			t.Errorf("while under way: %+v", r)
		}
		second.Close()
		time.Sleep(30 * time.Second)
		third := s.signIn("tab-1")
		if r := third.Dial("r-1", "+493023125101"); !r.OK || r.Call != "c-1" {
			t.Errorf("after a reconnect: %+v", r)
		}
		third.Close()
		time.Sleep(time.Minute)
		if r := s.signIn("tab-1").Dial("r-1", "+493023125101"); !r.OK || r.Call != "c-2" {
			t.Errorf("after a minute: %+v", r)
		}
	})
}

func TestTooManyRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		for i := range 128 {
			if r := tab.Dial(fmt.Sprint("r-", i), "1"); !r.OK {
				t.Fatalf("request %d: %+v", i, r.Error)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if r := tab.Dial("r-x", "1"); r.OK || r.Error.Code != "tooFast" {
			t.Errorf("one too many: %+v", r)
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
		if _, resp, _ := agenttest.Connect(t.Context(), s.options("tab-4")); resp == nil || resp.StatusCode != 503 {
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
