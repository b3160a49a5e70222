package bridge

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// settled waits until the journal has been given all.
func settled() {
	time.Sleep(journalEvery + time.Millisecond)
	synctest.Wait()
}

// privately makes the agent's newest call private.
func (r *rig) privately(agent AgentID) {
	r.t.Helper()
	if err := r.Act(r.t.Context(), agent, r.call(agent).ID, ActionPrivate, ""); err != nil {
		r.t.Fatal(err)
	}
}

// TestPrivateHandedOver: a call that was made private stays so at whom it is
// handed to, also where its caller has no number to know it by.
func TestPrivateHandedOver(t *testing.T) {
	for name, steps := range map[string][]string{
		"as a call of its own": {"1001 a gone", "1002 b brought 1001 anonymous"},
		"after a consultation": {"1002 b delivered 1001", "1002 b established 1001", "1001 a gone", "1002 b moved 1001 anonymous"},
		"with a number":        {"1001 a gone", "1002 b brought 1001 " + known},
	} {
		t.Run(name, func(t *testing.T) {
			caller := "withheld"
			if strings.HasSuffix(name, "number") {
				caller = known
			}
			inJournal(t, nil, nil, func(r *rig, n *notebook) {
				r.step("1001 a delivered " + caller)
				r.step("1001 a established")
				r.privately("ada")
				r.takes()
				for _, s := range steps {
					r.step(s)
				}
				r.step("1002 b cleared")
				settled()
				if got := r.takes(); len(got) > 0 {
					t.Errorf("screens were told %q", got)
				}
				if got := n.of("bob"); len(got) > 0 {
					t.Errorf("the journal has %q", got)
				}
				if got := n.activities(); got != "" {
					t.Errorf("Salesforce is told %q", got)
				}
			})
		})
	}
}

// TestPrivateAfterRestart: what is still known from before the restart of the
// others who were rung goes with the private call.
func TestPrivateAfterRestart(t *testing.T) {
	living := []JournalEntry{
		{ID: "c-ada", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Ring: "c-ada", Direction: Inbound, Number: known},
		{ID: "c-bob", Kept: true, Popped: true, Agent: "bob", Org: org, Link: "toy", Key: "b", Device: "1002", Ring: "c-ada", Direction: Inbound, Number: known},
		{ID: "c-old", Kept: true, Popped: true, Agent: "bob", Org: org, Link: "toy", Key: "c", Device: "1002", Direction: Inbound, Number: unknown},
	}
	inJournal(t, nil, living, func(r *rig, n *notebook) {
		r.step("1001 a alive " + known)
		r.privately("ada")
		r.step("1002 x idle")
		r.step("1001 a cleared")
		settled()
		if got := n.of("bob"); len(got) != 1 || !strings.Contains(got[0], unknown) {
			t.Errorf("the journal has %q", got)
		}
		if len(n.erased) != 2 {
			t.Errorf("erased are %q", n.erased)
		}
	})
}

// TestErasedHandedOver: what was written on an erased call does not come back by a
// colleague who takes the call over.
func TestErasedHandedOver(t *testing.T) {
	inJournal(t, nil, nil, func(r *rig, n *notebook) {
		r.step("1001 a delivered " + known)
		r.step("1001 a established")
		r.writes("ada", Note{Text: "Merkmal"})
		r.Forget(Subject{Numbers: []string{known}})
		r.step("1002 b delivered " + known)
		r.step("1001 a gone")
		r.step("1002 b established")
		r.step("1002 b cleared")
		settled()
		if got := n.activities(); got != "" {
			t.Errorf("Salesforce is told %q", got)
		}
		if got := n.of("bob"); len(got) > 0 {
			t.Errorf("the journal has %q", got)
		}
	})
}

// TestHandedOverByExcluded: who handed a call over is not said where that is
// excluded or withheld.
func TestHandedOverByExcluded(t *testing.T) {
	council := excluding(Exclusion{Extension: "190"}, Exclusion{Number: company})
	for _, by := range []string{"190", "03023125300", "anonymous"} {
		for _, steps := range [][]string{
			{"1001 a brought " + by + " " + known, "1001 a cleared"},
			{"1001 a delivered " + unknown, "1001 a established", "1001 a moved " + by + " " + known, "1001 a cleared"},
		} {
			inJournal(t, council, nil, func(r *rig, n *notebook) {
				for _, s := range steps {
					r.step(s)
				}
				settled()
				for _, e := range n.entries {
					if e.TransferredBy != "" || e.Activity == nil || e.Activity.TransferredBy != "" {
						t.Errorf("by %s: kept is %+v", by, e)
					}
				}
				if c := r.call("ada"); c.TransferredBy != "" {
					t.Errorf("by %s: shown is %+v", by, c)
				}
			})
		}
	}
}

// TestLapsedWait: a call that ended while the bridge was down is written as soon
// as the disk is well.
func TestLapsedWait(t *testing.T) {
	living := []JournalEntry{
		{ID: "c-old", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Direction: Inbound, Number: known},
		{ID: "c-erased", Kept: true, Agent: "ada", Org: org, Link: "toy", Key: "b", Device: "1001", Direction: Inbound, Number: unknown},
		{ID: "c-mark", Secret: true, Link: "toy", Key: "s", Device: "1001"},
	}
	inJournal(t, nil, living, func(r *rig, n *notebook) {
		n.mu.Lock()
		n.err = errors.New("disk full")
		n.mu.Unlock()
		r.step("1001 x idle")
		settled()
		r.Forget(Subject{Numbers: []string{unknown}})
		n.mu.Lock()
		n.err = nil
		n.mu.Unlock()
		settled()
		if len(n.entries) != 2 {
			t.Errorf("kept are %+v", n.entries)
		}
		if got := n.activities(); got != "ada Missed call from +49 30 23125101" {
			t.Errorf("Salesforce is told %q", got)
		}
		if e := n.entries["c-mark"]; !e.Secret || e.Ended.IsZero() {
			t.Errorf("the mark is %+v", e)
		}
	})
}

// TestNoteMovesAlong: what an agent writes while the telephone rings is not lost
// where another telephone of the agent takes the call.
func TestNoteMovesAlong(t *testing.T) {
	for name, steps := range map[string][]string{
		"answered at the other one": {"2002 b established", "1002 a cleared"},
		"which rings on":            {"1002 a cleared", "2002 b established"},
	} {
		t.Run(name, func(t *testing.T) {
			inJournal(t, nil, nil, func(r *rig, n *notebook) {
				r.step("1002 a delivered " + several)
				r.step("2002 b delivered " + several)
				r.writes("bob", Note{Text: "Merkmal"})
				r.chooses("bob", RecordRef{"Contact", "003B"})
				for _, s := range append(steps, "2002 b cleared") {
					r.step(s)
				}
				settled()
				if c := r.call("bob"); c.Note == nil || c.Chosen == nil || c.Device != "2002" {
					t.Errorf("the call is %+v", c)
				}
				if got := n.activities(); !strings.HasSuffix(got, "note=Merkmal") {
					t.Errorf("Salesforce is told %q", got)
				}
			})
		})
	}
}

// TestExcludedAfterTheEnd: a note on a call whose number was excluded since does not
// bring its activity back.
func TestExcludedAfterTheEnd(t *testing.T) {
	inJournal(t, nil, nil, func(r *rig, n *notebook) {
		r.step("1001 a delivered " + known)
		r.step("1001 a established")
		r.step("1001 a cleared")
		r.Configure(Roster{
			Agents:   []Agent{{ID: "ada", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true}},
			Switches: []Switch{{Link: r.link}}, Exclusions: []Exclusion{{Number: known}},
		})
		r.writes("ada", Note{Text: "Merkmal"})
		settled()
		if got := n.activities(); got != "" {
			t.Errorf("Salesforce is told %q", got)
		}
	})
}

// formerCalls are a call of ada's that lived when the bridge ended.
func formerCalls() []JournalEntry {
	return []JournalEntry{{
		ID: "c-ada", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Direction: Inbound, Number: known,
	}}
}

// TestPrivateWhileWriting: a write that fails does not put what a former call was
// over the mark that it is private now.
func TestPrivateWhileWriting(t *testing.T) {
	inJournal(t, nil, formerCalls(), func(r *rig, n *notebook) {
		n.mu.Lock()
		n.during = func() {
			r.eraseParts([]PrivatePart{{ID: "c-ada", Agent: "ada", Link: "toy", Key: "a", Device: "1001"}})
		}
		n.mu.Unlock()
		if err := r.Note(r.t.Context(), "ada", "c-ada", Note{Text: "Merkmal"}); err != nil {
			t.Fatal(err)
		}
		settled()
		if e := n.entries["c-ada"]; !e.Secret || e.Number != "" || e.Note != nil {
			t.Errorf("the journal has %+v", e)
		}
	})
}

// TestEndedWhileWriting: nor over the end of it.
func TestEndedWhileWriting(t *testing.T) {
	inJournal(t, nil, formerCalls(), func(r *rig, n *notebook) {
		n.mu.Lock()
		n.during = func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.table.lapseDevice(Device{"toy", "1001"}, nil, time.Now())
		}
		n.mu.Unlock()
		if err := r.Note(r.t.Context(), "ada", "c-ada", Note{Text: "Merkmal"}); err != nil {
			t.Fatal(err)
		}
		settled()
		if e := n.entries["c-ada"]; e.Ended.IsZero() || e.Activity == nil || e.Activity.Note == nil {
			t.Errorf("the journal has %+v", e)
		}
	})
}

// TestErasedFormer: a call of which the switch has not told yet since the restart is
// erased as one that it has: it is shown to its end, and nothing of it is kept.
func TestErasedFormer(t *testing.T) {
	inJournal(t, nil, formerCalls(), func(r *rig, n *notebook) {
		r.Forget(Subject{Numbers: []string{known}})
		r.step("1001 a alive " + known)
		if c := r.call("ada"); c.Party.Number != known {
			t.Errorf("shown is %+v", c)
		}
		r.step("1001 a cleared")
		settled()
		if got := n.of("ada"); len(got) > 0 {
			t.Errorf("the journal has %q", got)
		}
		if got := n.activities(); got != "" {
			t.Errorf("Salesforce is told %q", got)
		}
	})
}

// TestTraceOfFormer: what waits to be written of a former call is not changed by
// what becomes of it.
func TestTraceOfFormer(t *testing.T) {
	inJournal(t, nil, formerCalls(), func(r *rig, _ *notebook) {
		r.mu.Lock()
		e := r.table.formerCall("c-ada")
		for range 2 * maxViewSteps {
			e.Steps = append(e.Steps, Step{Code: StepHeld})
		}
		waits := e.Steps
		r.mu.Unlock()
		r.step("1001 a alive " + known)
		for i, s := range waits {
			if s.Code != StepHeld {
				t.Errorf("step %d is %s", i, s.Code)
			}
		}
	})
}

// TestForgetMentions: a number that is erased goes from what is in memory of calls
// with others, at all who had part in them, and is not written again.
func TestForgetMentions(t *testing.T) {
	who := Subject{
		Numbers: []string{"030 23125199", "+493023125199"},
		Plans:   map[string]lookup.DialPlan{"toy": {Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}},
	}
	living := formerCalls()
	living[0].ID, living[0].Key, living[0].TransferredBy, living[0].Note = "c-old", "old", "003023125199", &Note{Text: "030 23125199"}
	inJournal(t, nil, living, func(r *rig, n *notebook) {
		r.step("1001 a delivered " + known)
		r.step("1001 a established")
		r.writes("ada", Note{Text: "call 030/23125-199 back"})
		r.step("1002 b brought 1001 " + known)
		r.step("1001 a gone")
		r.step("1002 c brought 003023125199 " + unknown)
		second := r.call("bob")
		if second.TransferredBy != "003023125199" {
			t.Fatalf("bob has %+v: the test would see nothing", second)
		}
		r.Forget(who)
		settled()
		r.mu.Lock()
		for _, l := range r.table.legs {
			if l.noted != nil && l.noted.Text != "call […] back" || strings.Contains(l.aside().by, "23125199") {
				t.Errorf("in memory is %+v, %+v", l.noted, l.aside())
			}
		}
		if e := r.table.formerCall("c-old"); e.TransferredBy != "" || e.Note.Text != "[…]" || e.Number != known {
			t.Errorf("the former call is %+v", e)
		}
		r.mu.Unlock()
		for id, e := range n.entries {
			if e.TransferredBy == "003023125199" || e.Note != nil && e.Note.Text != "call […] back" || e.Number == "" {
				t.Errorf("kept of %s is %+v", id, e)
			}
		}
		if c := r.screens.calls[second.ID]; c.TransferredBy != "" {
			t.Errorf("bob is shown %+v", c)
		}
		r.writes("ada", Note{Text: "done"}) // which bob's call follows, still
		if c := r.screens.calls[r.Calls("bob")[0].ID]; c.Note == nil || c.Note.Text != "done" {
			t.Errorf("bob is shown %+v", c)
		}
	})
}

// TestTakenBackTwice: that a call has no activity any more, or has not ended, is not
// forgotten where the journal fails just then.
func TestTakenBackTwice(t *testing.T) {
	for name, c := range map[string]struct {
		steps    []string
		note     bool
		reopened bool
	}{
		"a colleague answered": {[]string{"1001 a delivered " + known, "1002 b delivered " + known, "1002 b cleared"}, false, false},
		"it had not ended":     {[]string{"1002 b delivered " + known, "1001 a delivered " + known, "1001 a established"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			inJournal(t, nil, nil, func(r *rig, n *notebook) {
				for i, s := range c.steps {
					if r.step(s); i == 0 && c.note {
						r.writes("bob", Note{Text: "Merkmal"})
					}
				}
				settled()
				id := r.call("bob").ID
				if n.entries[id].Activity == nil {
					t.Fatalf("kept is %+v: the test would see nothing", n.entries[id])
				}
				n.mu.Lock()
				n.during = func() {}
				n.mu.Unlock()
				if c.reopened {
					r.step("1002 b established")
				} else {
					r.step("1001 a established")
				}
				settled() // in vain
				settled()
				if e := n.entries[id]; !e.NoActivity || e.Reopened != c.reopened {
					t.Errorf("kept is %+v", e)
				}
			})
		})
	}
}
