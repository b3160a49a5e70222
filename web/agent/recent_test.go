package agent_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestRecent: each answer is read anew, it is the agent's own, and only a list
// that is shown counts as seen.
func TestRecent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		ask := func(request string, seen bool) {
			tab.Send(map[string]any{"type": "recent", "request": request, "seen": seen})
		}
		ask("r-1", false)
		if f := tab.Expect("result"); !f.Result.OK || f.Result.Calls == nil || len(f.Result.Calls) != 0 {
			t.Errorf("nobody has called, the answer is %+v", f.Result)
		}
		s.bridge.mu.Lock()
		s.bridge.recents = map[bridge.AgentID][]bridge.Recent{ada: {{ID: "c-1", Missed: true}}, bob: {{ID: "c-2"}}}
		if len(s.bridge.sawRecent) != 0 {
			t.Error("a list that is not shown counts as seen")
		}
		s.bridge.mu.Unlock()
		ask("r-1", true) // the same id again: nothing is remembered
		if f := tab.Expect("result"); len(f.Result.Calls) != 1 || f.Result.Calls[0].ID != "c-1" || f.Result.Request != "r-1" {
			t.Errorf("Ada's calls are %+v", f.Result)
		}
		s.bridge.mu.Lock()
		if !slices.Equal(s.bridge.sawRecent, []bridge.AgentID{ada}) {
			t.Errorf("seen by %v, want Ada", s.bridge.sawRecent)
		}
		s.bridge.recentErr = errors.New("disk full at /var/lib")
		s.bridge.mu.Unlock()
		ask("r-2", false)
		f := tab.Expect("result")
		if f.Result.OK || f.Result.Calls != nil || f.Result.Error == nil || f.Result.Error.Code != "failed" {
			t.Errorf("after an error the answer is %+v", f.Result)
		}
	})
}
