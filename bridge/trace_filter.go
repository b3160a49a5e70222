package bridge

import (
	"cmp"
	"slices"
	"time"
)

// TraceFilter narrows what `ctibridge why` and the panel tell of. The zero value
// of a field asks for all.
type TraceFilter struct {
	From, To time.Time // when the call began
	Agent    AgentID
	Agents   []AgentID // calls of one of these, such as the agents of a group
	Numbers  []string  // one of these, as the journal has them
	Call     CallID
	Outcome  Outcome
	Popped   *bool // was shown to its agent, or not
	// After continues a list: only what comes after this call in it.
	After TraceCursor
	Limit int
}

// TraceCursor is a place in the list of calls, newest first: that of one call.
// The zero value is the beginning.
type TraceCursor struct {
	Started time.Time
	ID      CallID
}

// Cursor is the call's place in the list.
func (e *JournalEntry) Cursor() TraceCursor { return TraceCursor{e.Started, e.ID} }

// compare orders calls, the newest first, by the milliseconds that are kept.
func (c TraceCursor) compare(o TraceCursor) int {
	return cmp.Or(cmp.Compare(o.Started.UnixMilli(), c.Started.UnixMilli()), cmp.Compare(o.ID, c.ID))
}

// Outcome is how a call ended, as people ask for it: each call has one.
type Outcome string

// The outcomes.
const (
	OutcomeLive       Outcome = "live"       // it has not ended
	OutcomeAnswered   Outcome = "answered"   // somebody spoke, here
	OutcomeMissed     Outcome = "missed"     // it rang here, and nobody took it
	OutcomeElsewhere  Outcome = "elsewhere"  // it rang here and went elsewhere
	OutcomeUnanswered Outcome = "unanswered" // all others: not reached, failed, or not seen
)

// Outcomes are all outcomes, in the order in which a page offers them.
func Outcomes() []Outcome {
	return []Outcome{OutcomeLive, OutcomeAnswered, OutcomeMissed, OutcomeElsewhere, OutcomeUnanswered}
}

// Outcome is how the call ended.
func (e *JournalEntry) Outcome() Outcome {
	switch {
	case e.Ended.IsZero():
		return OutcomeLive
	case !e.Answered.IsZero():
		return OutcomeAnswered
	case e.Outgoing:
		return OutcomeUnanswered
	case e.Reason == EndAbandoned || e.Reason == EndBusy:
		return OutcomeMissed
	case e.Reason == EndAnsweredElsewhere || e.Reason == EndDiverted || e.Reason == EndTransferred:
		return OutcomeElsewhere
	}
	return OutcomeUnanswered
}

// Fits reports whether the filter lets a call through; Limit does not count.
func (f *TraceFilter) Fits(e *JournalEntry) bool {
	return (f.From.IsZero() || !e.Started.Before(f.From)) && (f.To.IsZero() || !e.Started.After(f.To)) &&
		(f.Agent == "" || e.Agent == f.Agent) && (f.Call == "" || e.ID == f.Call) &&
		(f.Agents == nil || slices.Contains(f.Agents, e.Agent)) &&
		(len(f.Numbers) == 0 || slices.Contains(f.Numbers, e.Number)) &&
		(f.Outcome == "" || e.Outcome() == f.Outcome) && (f.Popped == nil || *f.Popped == e.Popped) &&
		(f.After == TraceCursor{} || f.After.compare(e.Cursor()) < 0)
}

// SortTraces puts calls into the order of the list, the newest first.
func SortTraces(list []JournalEntry) {
	slices.SortFunc(list, func(a, b JournalEntry) int { return a.Cursor().compare(b.Cursor()) })
}
