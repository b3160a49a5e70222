package bridge

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// kept are the activities of calls that the table has let go of, as a test sees
// them: one call, and what was said of it.
type kept struct {
	entry JournalEntry
	made  *Activity
}

func (k *kept) Amend(_ context.Context, agent AgentID, call CallID, a Amendment) error {
	switch {
	case call != k.entry.ID:
		return ErrCallGone
	case agent != k.entry.Agent:
		return ErrNotYourCall
	}
	if k.made = a.Anew(&k.entry); k.made == nil {
		return ErrNotLogged
	}
	k.made.Amend(a)
	return nil
}

func (*kept) MakePrivate(context.Context, AgentID, CallID) ([]PrivatePart, error) { return nil, nil }

// TestNoteOnKeptCall: what an agent says of a call that has left the table becomes
// an activity by the rules of now, or the agent is told why not.
func TestNoteOnKeptCall(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*JournalEntry)
		roster func(*Roster)
		agent  AgentID
		want   error
	}{
		{"answered elsewhere", func(*JournalEntry) {}, nil, "ada", nil},
		{"another agent's", func(*JournalEntry) {}, nil, "bob", ErrNotYourCall},
		{"not kept", func(e *JournalEntry) { e.ID = "other" }, nil, "ada", ErrCallGone},
		{"not logged", func(*JournalEntry) {}, adaSettings(Settings{LogCalls: ptr(false)}), "ada", ErrNotLogged},
		{"internal", func(e *JournalEntry) { e.Direction, e.Number = Internal, "1002" }, nil, "ada", ErrNotLogged},
		{"internal, wanted", func(e *JournalEntry) { e.Direction, e.Number = Internal, "1002" }, adaSettings(Settings{InternalCalls: ptr(true)}), "ada", nil},
		{"excluded since", func(*JournalEntry) {}, excluding(Exclusion{Number: known}), "ada", ErrNotLogged},
		{"of the agent's former org", func(e *JournalEntry) { e.Org = otherOrg }, nil, "ada", ErrNotLogged},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &notebook{entries: make(map[CallID]JournalEntry)}
				began := time.Now().Add(-time.Hour)
				k := &kept{entry: JournalEntry{
					ID: "old-1", Kept: true, Agent: "ada", Org: org, Direction: Inbound, Number: known, Started: began,
					Ended: began.Add(time.Minute), Reason: EndAnsweredElsewhere, Matches: []RecordRef{*ref(aContact)},
					Steps: []Step{{Code: StepMatches, Arg: oneExact}},
				}}
				c.change(&k.entry)
				r := newRigWith(t, n, c.roster)
				r.o.Activities = k
				if err := r.Note(t.Context(), c.agent, "old-1", Note{Text: "danach"}); !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				if c.want != nil {
					return
				}
				if a := k.made; !a.Logged() || a.Note.Text != "danach" || a.Match == nil || *a.Match != *ref(aContact) {
					t.Errorf("the activity is %+v", a)
				}
			})
		})
	}
}

// TestNoteOnFormerCall: what an agent says between a restart and the first word of
// the switch is on the call when it goes on, and in its activity when it is over.
func TestNoteOnFormerCall(t *testing.T) {
	for name, c := range map[string]struct{ step, want string }{
		"goes on": {"1001 a alive " + known, "ada inbound connected " + known + " 1 chosen=" + aLead + " note=gleich"},
		"is over": {"1001 x idle", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now().Add(-time.Minute)
				n := &notebook{entries: make(map[CallID]JournalEntry), living: []JournalEntry{{
					ID: "old-1", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Direction: Inbound,
					Number: known, Started: began, Answered: began.Add(time.Second),
				}}}
				r := newRigWith(t, n, nil)
				if err := r.Note(t.Context(), "bob", "old-1", Note{Text: "nicht meiner"}); !errors.Is(err, ErrNotYourCall) {
					t.Errorf("another agent's note: %v", err)
				}
				for _, err := range []error{
					r.Note(t.Context(), "ada", "old-1", Note{Text: "gleich"}), r.Choose(t.Context(), "ada", "old-1", *ref(aLead)),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				if e := n.entries["old-1"]; e.Note == nil || e.Note.Text != "gleich" || e.Chosen == nil || !e.Ended.IsZero() {
					t.Errorf("after a crash now there would be %+v", e)
				}
				r.step(c.step)
				time.Sleep(time.Second)
				synctest.Wait()
				if c.want == "" {
					if a := n.entries["old-1"].Activity; a == nil || a.Note.Text != "gleich" || *a.Chosen != *ref(aLead) {
						t.Errorf("the activity is %+v", a)
					}
				} else if got := "ada " + describe(r.screens.shown("ada")); got != c.want {
					t.Errorf("shown is %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestNoteNotLogged: who writes on a call that Salesforce is not told of hears so,
// and the note stays on the call.
func TestNoteNotLogged(t *testing.T) {
	in(t, adaSettings(Settings{LogCalls: ptr(false)}), func(r *rig) {
		r.step("1001 a delivered " + known)
		r.step("1001 a established")
		id := r.call("ada").ID
		if err := r.Note(r.t.Context(), "ada", id, Note{Text: "x"}); !errors.Is(err, ErrNotLogged) {
			t.Errorf("the agent hears %v", err)
		}
		if c := r.call("ada"); c.Note == nil || c.Note.Text != "x" {
			t.Errorf("the note is gone: %+v", c)
		}
		if err := r.Note(r.t.Context(), "ada", id, Note{}); err != nil {
			t.Errorf("nothing was written, and the agent hears %v", err)
		}
		if err := r.Choose(r.t.Context(), "ada", id, *ref(aLead)); err != nil {
			t.Errorf("choosing: %v", err)
		}
	})
	in(t, nil, func(r *rig) { // a consultation may become a call with somebody outside
		id, err := r.Dial(r.t.Context(), "ada", "r1", "1002", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := r.Note(r.t.Context(), "ada", id, Note{Text: "x"}); err != nil {
			t.Errorf("while it lives: %v", err)
		}
		r.step("1001 dial-1 cleared")
		if err := r.Note(r.t.Context(), "ada", id, Note{Text: "y"}); !errors.Is(err, ErrNotLogged) {
			t.Errorf("when it has ended: %v", err)
		}
	})
}

// TestDetach: a call that the agent detaches belongs to no record, whatever
// matches, in the panel, in the activity, and for the colleague.
func TestDetach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notebook{entries: make(map[CallID]JournalEntry)}
		r := newRigWith(t, n, nil)
		r.step("1002 a delivered " + several)
		r.step("1002 a established")
		r.chooses("bob", *ref(aLead))
		r.chooses("bob", RecordRef{})
		if c := r.call("bob"); c.Chosen != nil {
			t.Errorf("the panel still has %+v", c.Chosen)
		}
		r.step("1001 b delivered " + several)
		r.step("1002 a gone")
		r.step("1001 b established")
		r.step("1001 b cleared")
		time.Sleep(time.Second)
		synctest.Wait()
		if c := r.call("ada"); c.Chosen != nil {
			t.Errorf("the colleague has %+v", c.Chosen)
		}
		for _, e := range n.entries {
			if a := e.Activity; a == nil || a.Chosen == nil || *a.Chosen != (RecordRef{}) {
				t.Errorf("%s: the activity is %+v", e.Agent, a)
			}
		}
		r.chooses("bob", *ref(aContact))
		if c := r.call("bob"); c.Chosen == nil || *c.Chosen != *ref(aContact) {
			t.Errorf("chosen again: %+v", c.Chosen)
		}
		if c := r.call("ada"); c.Chosen == nil || *c.Chosen != *ref(aContact) {
			t.Errorf("chosen again, the colleague has %+v", c.Chosen)
		}
	})
}

// TestDetachedTask: neither the choice nor the match is in the Task.
func TestDetachedTask(t *testing.T) {
	a := answeredCall()
	a.Match, a.Chosen = ref(aContact), &RecordRef{}
	if f := a.Task(TaskForm{}); f["WhoId"] != "" || f["WhatId"] != "" {
		t.Errorf("the Task is about %v and %v", f["WhoId"], f["WhatId"])
	}
}
