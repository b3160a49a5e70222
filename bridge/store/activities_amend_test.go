package store

import (
	"errors"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// elsewhere is a call of now minus a time that a colleague took: it has no activity.
func elsewhere(id, agent string, ago time.Duration) bridge.JournalEntry {
	e := missedCall(id, agent, "", "+493023125101", 1)
	e.Started = time.Now().Add(-ago).Truncate(time.Millisecond)
	e.Ended, e.Reason = e.Started.Add(20*time.Second), bridge.EndAnsweredElsewhere
	return e
}

// anew makes activities as the bridge does.
func anew(e *bridge.JournalEntry) *bridge.Activity {
	return &bridge.Activity{
		Call: e.ID, Agent: e.Agent, Org: e.Org, Owner: userA, Direction: e.Direction, Number: e.Number,
		Started: e.Started, Ended: e.Ended, Reason: e.Reason, Chosen: e.Chosen,
	}
}

func never(*bridge.JournalEntry) *bridge.Activity { return nil }

// TestAmendAnew: what an agent says of a call that has no activity makes one; where
// it cannot, the agent hears why.
func TestAmendAnew(t *testing.T) {
	record := &bridge.RecordRef{Object: "Lead", ID: "00Q000000000001EAA"}
	note := &bridge.Note{Text: "x", FollowUp: "2026-12-01"}
	hour, month := time.Hour, 31*24*time.Hour
	for _, c := range []struct {
		name  string
		entry bridge.JournalEntry
		by    bridge.Amendment
		want  error
		due   []string
	}{
		{"a note", elsewhere("c", "a-1", hour), bridge.Amendment{Note: note, Anew: anew}, nil, []string{"c", "c+f"}},
		{"a choice", elsewhere("c", "a-1", hour), bridge.Amendment{Record: record, Anew: anew}, nil, []string{}},
		{"nothing", elsewhere("c", "a-1", hour), bridge.Amendment{Note: &bridge.Note{}, Anew: anew}, nil, []string{}},
		{"another agent's", elsewhere("c", "a-2", hour), bridge.Amendment{Note: note, Anew: anew}, bridge.ErrNotYourCall, []string{}},
		{"of which nothing is kept", elsewhere("d", "a-1", hour), bridge.Amendment{Note: note, Anew: anew}, bridge.ErrCallGone, []string{}},
		{"too old", elsewhere("c", "a-1", month), bridge.Amendment{Note: note, Anew: anew}, bridge.ErrCallGone, []string{}},
		{"not logged", elsewhere("c", "a-1", hour), bridge.Amendment{Note: note, Anew: never}, bridge.ErrNotLogged, []string{}},
		{"not logged, a choice", elsewhere("c", "a-1", hour), bridge.Amendment{Record: record, Anew: never}, nil, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			keep(t, s, c.entry)
			if err := s.Amend(t.Context(), "a-1", "c", c.by); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			wantDue(t, s, c.due...)
			recent, err := s.Recent(t.Context(), "a-1", false)
			must(t, err)
			if c.by.Record != nil && (len(recent) != 1 || recent[0].Chosen == nil || *recent[0].Chosen != *record) {
				t.Errorf("recent is %+v", recent)
			}
		})
	}
}

// TestAmendAnewAsksFirst: a Task may be there from before the activity was given
// up, so that none is written before the org was asked.
func TestAmendAnewAsksFirst(t *testing.T) {
	s := newStore(t)
	e := elsewhere("c", "a-1", time.Hour)
	keep(t, s, e)
	must(t, s.Amend(t.Context(), "a-1", "c", bridge.Amendment{Note: &bridge.Note{Text: "x"}, Anew: anew}))
	must(t, s.Amend(t.Context(), "a-1", "c", bridge.Amendment{Note: &bridge.Note{Text: "xy"}, Anew: never})) // is logged: nobody is asked again
	found, err := s.DueActivities(t.Context(), orgA, time.Now(), 10)
	must(t, err)
	if len(found) != 1 || !found[0].Tried.Equal(e.Ended) || found[0].Activity.Note.Text != "xy" {
		t.Errorf("due is %+v", found)
	}
}

// TestDetached: that a call belongs to no record is kept, and told from a call of
// which nobody said anything.
func TestDetached(t *testing.T) {
	s := newStore(t)
	e := elsewhere("c", "a-1", time.Hour)
	e.Chosen = &bridge.RecordRef{}
	keep(t, s, e)
	read := func() *bridge.RecordRef {
		t.Helper()
		found, err := s.Traces(t.Context(), bridge.TraceFilter{Call: "c"})
		must(t, err)
		if len(found) != 1 {
			t.Fatalf("found %+v", found)
		}
		return found[0].Chosen
	}
	if got := read(); got == nil || *got != (bridge.RecordRef{}) {
		t.Errorf("kept is %+v", got)
	}
	lead := bridge.RecordRef{Object: "Lead", ID: "00Q000000000001EAA"}
	must(t, s.Amend(t.Context(), "a-1", "c", bridge.Amendment{Record: &lead, Anew: anew}))
	if got := read(); got == nil || *got != lead {
		t.Errorf("then it is %+v", got)
	}
	must(t, s.Amend(t.Context(), "a-1", "c", bridge.Amendment{Record: &bridge.RecordRef{}, Anew: anew}))
	if got := read(); got == nil || *got != (bridge.RecordRef{}) {
		t.Errorf("detached again it is %+v", got)
	}
}
