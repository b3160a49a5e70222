package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
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
			_ = tab.Conn.SetReadDeadline(time.Now().Add(time.Second)) // pings come later
			if _, data, err := tab.Conn.ReadMessage(); err == nil {
				t.Errorf("got %s, want nothing", data)
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

// TestOneWrite: the frames of a pop, which are there together, leave together, and
// in order.
func TestOneWrite(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		var tab *agenttest.Tab
		var frames []string
		s.bridge.onCalls = func() { // between registration and welcome: nothing is written yet
			s.hub.Show(ada, call("c-1", 1, bridge.Ringing))
			s.hub.Navigate(ada, "tab-1", bridge.Navigation{Pop: "p-1", Call: "c-1", Record: &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}})
		}
		tab = agenttest.Open(t, s.options("tab-1"))
		synctest.Wait()
		chunk := make([]byte, 64<<10)
		n, err := tab.Conn.NetConn().Read(chunk)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(chunk[:n]), `{"type":"`)[1:] {
			kind, _, _ := strings.Cut(part, `"`)
			frames = append(frames, kind)
		}
		if want := []string{"welcome", "call", "navigate"}; !slices.Equal(frames, want) {
			t.Errorf("one write has %v, want %v", frames, want)
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

// TestGermanTab: a tab that says that it is German reads German, beside an English
// one, in calls, in the welcome and in refusals.
func TestGermanTab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		english, o := s.signIn("tab-1"), s.options("tab-2")
		o.Language = "de-AT"
		german := agenttest.Dial(t, o)
		failed := call("c-1", 2, bridge.Ended)
		failed.Detail = "Declined on your telephone."
		s.hub.Show(ada, failed)
		if got := english.Expect("call").Call.Detail; got != failed.Detail {
			t.Errorf("in English %q", got)
		}
		if got := german.Expect("call").Call.Detail; got != "An Ihrem Telefon abgewiesen." {
			t.Errorf("in German %q", got)
		}
		record := map[string]any{"object": "Case", "id": "500000000000001AAA"}
		for tab, want := range map[*agenttest.Tab]string{english: "There is no such call of yours.", german: "Sie haben keinen solchen Anruf."} {
			tab.Send(map[string]any{"type": "choose", "request": "r-" + want[:3], "call": "c-1", "record": record})
			if f := tab.Expect("result"); f.Result.Error.Message != want {
				t.Errorf("refused with %+v", f.Result.Error)
			}
			tab.Send(map[string]any{"type": "choose", "call": "c-1", "record": record})
			if f := tab.Expect("error"); f.Error.Message != want {
				t.Errorf("told %+v", f.Error)
			}
		}
	})
}
