package agent_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

func TestResume(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		first := s.signIn("tab-1").Welcome.Resume
		resume := func(token, tab string) *agenttest.Tab {
			o := s.options(tab)
			o.Ticket, o.Resume = "", token
			return agenttest.Open(t, o)
		}
		refused := func(why string, tab *agenttest.Tab) {
			t.Helper()
			if code, reason := tab.Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
				t.Errorf("%s: closed with %d %q, want 4401 expired", why, code, reason)
			}
		}
		refused("another tab", resume(first, "tab-2"))
		second := resume(first, "tab-1").Next().Welcome
		if second == nil || second.Resume == "" || second.Resume == first {
			t.Fatalf("no fresh token: %+v", second)
		}
		refused("a used token", resume(first, "tab-1"))

		// A restart: another hub over the same store.
		s.pipe = agenttest.NewPipe()
		s.metrics = prometheus.NewRegistry()
		s.start()
		third := resume(second.Resume, "tab-1").Next().Welcome
		if third == nil || third.Agent.ID != ada {
			t.Fatalf("no welcome after a restart: %+v", third)
		}

		// The chain ends 12 h after the ticket, however often it is used.
		time.Sleep(11 * time.Hour)
		fourth := resume(third.Resume, "tab-1").Next().Welcome
		time.Sleep(time.Hour)
		refused("after 12 h", resume(fourth.Resume, "tab-1"))
	})
}

func TestResumeIsVoid(t *testing.T) {
	for name, spoil := range map[string]func(*stage){
		"agent disabled": func(s *stage) { a := s.bridge.agents[ada]; a.Enabled = false; s.bridge.agents[ada] = a },
		"agent gone":     func(s *stage) { delete(s.bridge.agents, ada) },
		"store broken":   func(s *stage) { s.sessions.broken = errors.New("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStage(t)
				tab := s.signIn("tab-1")
				o := s.options("tab-1")
				o.Ticket, o.Resume = "", tab.Welcome.Resume
				tab.Close()
				synctest.Wait()
				s.bridge.mu.Lock()
				spoil(s)
				s.bridge.mu.Unlock()
				if code, reason := agenttest.Open(t, o).Closed(); code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
					t.Errorf("closed with %d %q, want 4401 expired", code, reason)
				}
			})
		})
	}
}

// TestTicketVoidsToken: a tab that signs in by ticket while its old connection is
// still there leaves no second token behind.
func TestTicketVoidsToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		s.signIn("tab-1")
		s.signIn("tab-1")
		s.signIn("tab-2")
		if n := len(s.sessions.all); n != 2 {
			t.Errorf("%d tokens are kept, want 2", n)
		}
	})
}

// TestResumeTakenOnce: of two at the same time one gets in.
func TestResumeTakenOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		o := s.options("tab-1")
		o.Resume = s.signIn("tab-1").Welcome.Resume
		o.Ticket = ""
		results := make(chan error, 2)
		for range 2 {
			go func() {
				conn, err := agenttest.SignIn(context.Background(), o)
				if err == nil {
					_, _, err = conn.ReadMessage()
					defer conn.Close()
				}
				results <- err
			}()
		}
		a, b := <-results, <-results
		if (a == nil) == (b == nil) {
			t.Errorf("got %v and %v, want one of them in", a, b)
		}
	})
}

// TestStoreBroken: without a store agents get in by ticket, without a token.
func TestStoreBroken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t, func(s *stage) { s.sessions.broken = errors.New("disk full") })
		if tab := s.signIn("tab-1"); tab.Welcome.Resume != "" {
			t.Error("a resume token that is not kept")
		}
	})
}

// TestIdentityWearsOut: a tab that stays open for 12 h has to prove itself.
func TestIdentityWearsOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		start := time.Now()
		code, reason := tab.Closed()
		if code != agent.CloseNotAuthenticated || reason != agent.ReasonExpired {
			t.Errorf("closed with %d %q", code, reason)
		}
		if d := time.Since(start) - 12*time.Hour; d < 0 || d > 20*time.Second {
			t.Errorf("closed %v after 12 h", d)
		}
	})
}

// TestRefusedTabKeepsItsToken: a 21st tab is refused for now; when another tab
// closes it comes back by the same token.
func TestRefusedTabKeepsItsToken(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		away := s.signIn("away")
		away.Close()
		synctest.Wait()
		var tabs []*agenttest.Tab
		for i := range 20 {
			tabs = append(tabs, s.signIn(fmt.Sprint("tab-", i)))
		}
		o := s.options("away")
		o.Ticket, o.Resume = "", away.Welcome.Resume
		if code, _ := agenttest.Open(t, o).Closed(); code != agent.CloseTooFast {
			t.Errorf("21st tab closed with %d, want 4429", code)
		}
		tabs[0].Close()
		synctest.Wait()
		agenttest.Dial(t, o)
	})
}
