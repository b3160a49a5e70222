package daemon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// TestRecentCalls goes through the lists of two agents: what was missed is new
// until it was seen, and a shared missed call until anyone has called back.
func TestRecentCalls(t *testing.T) {
	w := newWorld(t, "tcp")
	ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)

	direct := w.pbx.Ring(adaExt, berta)
	c := ada.finds(bridge.Ringing)
	w.must(w.pbx.CallerHangsUp(direct))
	ada.ends(c.ID, bridge.EndAbandoned)

	secret := w.pbx.Ring(adaExt, anonymous)
	c = ada.pops(bridge.Ringing)
	w.must(w.pbx.CallerHangsUp(secret))
	ada.ends(c.ID, bridge.EndAbandoned)

	group := w.pbx.RingGroup([]string{adaExt, bobExt}, shared)
	c, other := ada.finds(bridge.Ringing), bob.finds(bridge.Ringing)
	w.must(w.pbx.CallerHangsUp(group))
	ada.ends(c.ID, bridge.EndAbandoned)
	bob.ends(other.ID, bridge.EndAbandoned)

	ada.lists("missed shared +49 30 23125300", "missed withheld", "missed +49 30 23125101 Berta Beispiel")
	bob.lists("missed shared +49 30 23125300")

	if got := ada.recents(true); len(got) != 3 || got[0].Seen {
		t.Errorf("the list that is shown is %+v", got)
	}
	ada.lists("missed seen shared +49 30 23125300", "missed seen withheld", "missed seen +49 30 23125101 Berta Beispiel")
	bob.lists("missed shared +49 30 23125300") // has not seen it

	// Bob calls back: it is done for both.
	back := bob.asks(map[string]any{"type": "dial", "request": "back", "number": "030 23125300"})
	if !back.OK {
		t.Fatalf("Bob cannot call back: %+v", back)
	}
	w.must(w.pbx.Answer(bobExt, w.phone(bobExt, "ringing").Handle))
	far := w.phone(bobExt, "calling").Remote.Number
	w.must(w.pbx.FarEndAnswers(far))
	bob.becomes(back.Call, bridge.Connected)
	w.must(w.pbx.FarEndHangsUp(far))
	bob.ends(back.Call, bridge.EndHangup)
	ada.lists("missed seen shared +49 30 23125300 done by bob@example.com", "missed seen withheld", "missed seen +49 30 23125101 Berta Beispiel")
	bob.lists("talked +49 30 23125300", "missed shared +49 30 23125300 done by bob@example.com")

	for _, e := range w.why(daemon.WhyRequest{}) {
		if strings.Contains(fmt.Sprintf("%+v", e), anonymous.Number[4:]) {
			t.Errorf("a withheld number is kept: %+v", e)
		}
	}
}

// recents asks for the agent's recent calls.
func (s *screen) recents(seen bool) []bridge.Recent {
	s.t.Helper()
	r := s.asks(map[string]any{"type": "recent", "request": fmt.Sprintf("recent-%d", len(s.frames)), "seen": seen})
	if !r.OK || r.Calls == nil {
		s.t.Fatalf("the answer is %+v", r)
	}
	return r.Calls
}

// lists checks an agent's list, in words.
func (s *screen) lists(want ...string) {
	s.t.Helper()
	var got []string
	for _, c := range s.recents(false) {
		got = append(got, recentInWords(c))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("the list is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func recentInWords(c bridge.Recent) string {
	words := []string{"talked"}
	if c.Missed {
		words[0] = "missed"
	}
	if c.Seen {
		words = append(words, "seen")
	}
	if c.Shared {
		words = append(words, "shared")
	}
	if c.Party.Withheld {
		words = append(words, "withheld"+c.Party.Number)
	} else {
		words = append(words, c.Party.Display)
	}
	if len(c.Matches) == 1 {
		words = append(words, c.Matches[0].Name)
	}
	if c.DoneBy != "" {
		words = append(words, "done by "+c.DoneBy)
	}
	return strings.Join(words, " ")
}
