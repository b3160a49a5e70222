package agent_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// TestNothingIsMissed: tabs that come and go while a call changes all end up with
// its last state, by welcome or by call frame, and never go back.
func TestNothingIsMissed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		const last = 500
		var wg sync.WaitGroup
		wg.Go(func() {
			for revision := range uint64(last) {
				c := call("c-1", revision+1, bridge.Connected)
				s.bridge.mu.Lock() // as the bridge does: state and Show in one step
				s.bridge.calls[ada] = []bridge.Call{c}
				s.hub.Show(ada, c)
				s.bridge.mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
		for i := range 4 {
			wg.Go(func() { follow(s, fmt.Sprint("tab-", i), i*10+7, last) })
		}
		wg.Wait()
	})
}

// follow reads a tab's frames up to a revision, and reconnects every few frames.
func follow(s *stage, tab string, every int, last uint64) {
	var seen uint64
	for seen < last {
		conn := s.signIn(tab)
		for _, c := range conn.Welcome.Calls {
			seen = c.Revision
		}
		newest := seen
		for range every {
			if newest >= last {
				break
			}
			f := conn.Expect("call")
			if f.Call.Revision <= newest {
				s.t.Errorf("%s: revision %d after %d", tab, f.Call.Revision, newest)
			}
			newest = f.Call.Revision
		}
		seen = newest
		conn.Close()
	}
}

// TestTabAgainAndAgain: of many sockets of one tab at the same time one stays, and
// the bridge believes the tab open.
func TestTabAgainAndAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				tab := agenttest.Open(t, s.options("tab-1"))
				for {
					if _, err := tab.Read(); err != nil {
						return
					}
				}
			})
		}
		time.Sleep(time.Minute)
		if n := s.hub.Count(); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
		heard := s.bridge.seen()
		if len(heard) == 0 || heard[len(heard)-1] != "a-1 tab-1 seen" {
			t.Errorf("the bridge heard %q last", heard)
		}
		s.hub.Disconnect(ada, 4403, "enough")
		wg.Wait()
	})
}
