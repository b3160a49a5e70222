package bridge

import (
	"context"
	"time"
)

// Activities are the activities of calls that the table has let go of.
type Activities interface {
	// Amend notes what an agent says of a kept call. Where it has no activity yet
	// one is made of what is kept, if calls with a note are logged. ErrNotYourCall:
	// it is another agent's; ErrCallGone: nothing is kept of it, or it is no recent
	// one any more; ErrNotLogged: the note can be kept nowhere.
	Amend(ctx context.Context, agent AgentID, call CallID, a Amendment) error
	// MakePrivate erases an agent's kept call and the parts that others had in it,
	// and tells which. Of those that live marks are left, as of any private call
	// (JournalEntry.Secret): the caller ends them.
	MakePrivate(ctx context.Context, agent AgentID, call CallID) ([]PrivatePart, error)
}

// OutboxEntry is a Task to be written: that of a call, or the one for following
// it up.
type OutboxEntry struct {
	// ID is the Task's CallObject: nothing else in any org has it.
	ID       string
	FollowUp bool
	Activity Activity
	// Version rises with each change of what is wanted.
	Version int64
	// Task is the id of what was written, empty while it is not known.
	Task string
	// Sent are the fields as they were sent last, JSON, empty before.
	Sent string
	// Tried is when a Task was sent of which it is not known whether it was
	// written; zero where there is none.
	Tried time.Time
	// Without are fields that the org refused for this Task.
	Without []string
	// Attempts is how often it failed since it last succeeded.
	Attempts int
	// Deleting: the Task is to go. Activity is empty then.
	Deleting bool
}

// OutboxClaim says that a Task is about to be sent.
type OutboxClaim struct {
	ID      string
	Version int64
	Sent    string
}

// OutboxOutcome is what became of an entry. It replaces what is kept of it.
type OutboxOutcome struct {
	ID      string
	Version int64 // of which it is the outcome
	Task    string
	Sent    string
	Tried   time.Time
	Without []string
	// Attempts and Next are when it is tried again; a zero Next is never: it is
	// written, or given up.
	Attempts int
	Next     time.Time
	// Gone: nothing has to be kept of it any more.
	Gone bool
	// Problem says in plain words why it is not written, Cure what to do.
	Problem, Cure string
}

// OutboxStatus tells how the writing of call activities of an org stands.
type OutboxStatus struct {
	Org string `json:"org"`
	// Waiting are those to be written yet, Unowned those of them whose agent has
	// never signed in, Failing those that were refused at least once.
	Waiting int `json:"waiting"`
	Unowned int `json:"unowned,omitempty"`
	Failing int `json:"failing,omitempty"`
	// GivenUp are those of the last days that were never written: the org refused
	// them for too long, or too many waited.
	GivenUp int64 `json:"givenUp,omitempty"`
	// Oldest is the end of the longest waiting call that is due, zero for none.
	Oldest time.Time `json:"oldest,omitzero"`
	// Problem is why none is written, else the most frequent reason of those that
	// fail; Cure what to do about it.
	Problem string `json:"problem,omitempty"`
	Cure    string `json:"cure,omitempty"`
	// Warnings name what is left out of activities and the permission that is missing.
	Warnings []string `json:"warnings,omitempty"`
}

// KeptActivity is what is kept of an activity, for who asks for personal data.
type KeptActivity struct {
	Activity
	Task     string `json:"task,omitempty"`
	FollowUp bool   `json:"followUp,omitempty"`
}

// OutboxProblem is one reason for which activities of an org are not written.
type OutboxProblem struct {
	Org           string
	Problem, Cure string    // in plain words
	Count         int       // of activities
	Oldest        time.Time // end of the longest waiting call, zero for none
	Next          time.Time // when the next of them is tried again
}
