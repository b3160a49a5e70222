package daemon_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// screen is a browser tab of an agent, which keeps every frame it read.
type screen struct {
	*agenttest.Tab
	t      *testing.T
	frames []agent.Frame
	raw    []string
}

// signIn opens a tab with a fresh ticket.
func (w *world) signIn(email string, tab bridge.TabID, focused bool) *screen {
	w.t.Helper()
	return open(w.t, w.tab(email, tab, focused))
}

// tab is how a tab connects: from the org's page, with a ticket of the org.
func (w *world) tab(email string, tab bridge.TabID, focused bool) agenttest.Options {
	w.t.Helper()
	ticket, err := w.org.Ticket(w.users[email].ID, w.url())
	w.must(err)
	return agenttest.Options{
		URL: "ws" + strings.TrimPrefix(w.url(), "http") + "/agent/ws", Origin: w.org.URL(), Ticket: ticket,
		Tab: bridge.Tab{ID: tab, Visible: true, Focused: focused},
	}
}

func open(t *testing.T, o agenttest.Options) *screen {
	t.Helper()
	tab := agenttest.Dial(t, o)
	watchdog(t, tab)
	return &screen{Tab: tab, t: t}
}

// connect signs in and reads nothing yet.
func connect(t *testing.T, o agenttest.Options) *agenttest.Tab {
	t.Helper()
	tab := agenttest.Open(t, o)
	watchdog(t, tab)
	return tab
}

// watchdog ends a tab that waits for what never comes: pings keep it alive.
func watchdog(t *testing.T, tab *agenttest.Tab) {
	t.Helper()
	timer := time.AfterFunc(3*waitFor, func() { _ = tab.Conn.Close() })
	t.Cleanup(func() { timer.Stop() })
}

// read reads one frame and keeps it.
func (s *screen) read() agent.Frame {
	s.t.Helper()
	data, err := s.Read()
	if err != nil {
		s.t.Fatalf("read frame: %v; before it came:\n%s", err, strings.Join(s.raw, "\n"))
	}
	f, err := agent.DecodeFrame(data)
	if err != nil {
		s.t.Fatalf("decode %s: %v", data, err)
	}
	s.frames, s.raw = append(s.frames, f), append(s.raw, string(data))
	return f
}

// shows reads on to a call frame that fits.
func (s *screen) shows(fits func(bridge.Call) bool) bridge.Call {
	s.t.Helper()
	for {
		if f := s.read(); f.Call != nil && fits(*f.Call) {
			return *f.Call
		}
	}
}

// pops reads on to a new call in a state.
func (s *screen) pops(state bridge.State) bridge.Call {
	s.t.Helper()
	known := s.ids()
	return s.shows(func(c bridge.Call) bool { return c.State == state && !slices.Contains(known, c.ID) })
}

// finds reads on to a new call in a state that says whose number it is. A
// look-up that takes long on a slow machine comes one frame later than the pop.
func (s *screen) finds(state bridge.State) bridge.Call {
	s.t.Helper()
	known := s.ids()
	return s.shows(func(c bridge.Call) bool {
		return c.State == state && c.Matches != nil && !slices.Contains(known, c.ID)
	})
}

// becomes reads on until the newest frame of a call has the state: it may have
// been read before the answer to the request that made the call.
func (s *screen) becomes(id bridge.CallID, state bridge.State) bridge.Call {
	s.t.Helper()
	for _, f := range slices.Backward(s.frames) {
		if f.Call == nil || f.Call.ID != id {
			continue
		}
		if f.Call.State == state {
			return *f.Call
		}
		break
	}
	return s.shows(func(c bridge.Call) bool { return c.ID == id && c.State == state })
}

// ends reads on until a call has ended for a reason.
func (s *screen) ends(id bridge.CallID, why bridge.EndReason) bridge.Call {
	s.t.Helper()
	c := s.becomes(id, bridge.Ended)
	if c.EndReason != why {
		s.t.Errorf("the call ended for the reason %q (%s), want %q", c.EndReason, c.Detail, why)
	}
	if c.EndedAt.IsZero() {
		s.t.Error("the ended call does not say when")
	}
	return c
}

// opens reads on to the request to open a record, and follows it.
func (s *screen) opens(call bridge.CallID, record bridge.RecordRef) {
	s.t.Helper()
	for {
		n := s.read().Navigate
		if n == nil {
			continue
		}
		if n.Call != call || n.Record == nil || *n.Record != record {
			s.t.Errorf("asked to go to %+v, want %+v for call %s", n, record, call)
		}
		s.Send(map[string]any{"type": "navigated", "pop": n.Pop})
		return
	}
}

// asks sends a request and reads on to its answer.
func (s *screen) asks(frame map[string]any) agent.Result {
	s.t.Helper()
	s.Send(frame)
	for {
		if r := s.read().Result; r != nil && r.Request == frame["request"] {
			return *r
		}
	}
}

// navigations counts the requests to go somewhere so far.
func (s *screen) navigations() (n int) {
	for _, f := range s.frames {
		if f.Navigate != nil {
			n++
		}
	}
	return n
}

// ids are the calls shown so far, in the order of their first frames.
func (s *screen) ids() []bridge.CallID {
	var ids []bridge.CallID
	for _, f := range s.frames {
		if f.Call != nil && !slices.Contains(ids, f.Call.ID) {
			ids = append(ids, f.Call.ID)
		}
	}
	return ids
}

// history is the states of a call in the order of its frames, repetitions left
// out; revisions that do not rise fail.
func (s *screen) history(id bridge.CallID) string {
	s.t.Helper()
	var states []string
	var revision uint64
	for _, f := range s.frames {
		if f.Call == nil || f.Call.ID != id {
			continue
		}
		if f.Call.Revision <= revision {
			s.t.Errorf("revision %d of call %s after %d", f.Call.Revision, id, revision)
		}
		revision = f.Call.Revision
		states = append(states, string(f.Call.State))
	}
	return strings.Join(slices.Compact(states), " ")
}

// forget begins a new case.
func (s *screen) forget() { s.frames, s.raw = nil, nil }

// fetch gets a page.
func fetch(t *testing.T, c *http.Client, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
