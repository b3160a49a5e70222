package bridge

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// When an ended call is written into Salesforce.
const (
	// activitySettles is how long the end of a call may still be corrected by
	// what the switch says of other telephones (groupWithin).
	activitySettles = 3 * time.Second
	// activityWaits is how long an agent may take to say which of several
	// records, or whose, a call was.
	activityWaits = 5 * time.Minute
)

// Activity is what a call of an agent becomes in Salesforce: one Task. It is the
// wanted state as a whole; what is written is made of it by Task and FollowUp.
// A withheld number is in none of it, names are in none either.
type Activity struct {
	Call  CallID  `json:"call"`
	Agent AgentID `json:"agent"`
	Org   string  `json:"org"`
	// Owner is the agent's Salesforce user, empty while the agent is unbound.
	Owner     string    `json:"owner,omitempty"`
	Ring      CallID    `json:"ring,omitempty"` // as of JournalEntry
	Direction Direction `json:"direction"`
	Outgoing  bool      `json:"outgoing,omitempty"`
	Number    string    `json:"number,omitempty"`
	Withheld  bool      `json:"withheld,omitempty"`
	Started   time.Time `json:"started"`
	Answered  time.Time `json:"answered,omitzero"`
	Ended     time.Time `json:"ended"`
	// EndUnknown: the bridge was down when the call ended.
	EndUnknown    bool      `json:"endUnknown,omitempty"`
	Reason        EndReason `json:"reason,omitempty"`
	TransferredBy string    `json:"transferredBy,omitempty"`
	TransferredTo string    `json:"transferredTo,omitempty"`
	// Match is the only record of the org that has the number exactly, Chosen the
	// one that the agent chose; the zero one: none, whatever matches.
	Match  *RecordRef `json:"match,omitempty"`
	Chosen *RecordRef `json:"chosen,omitempty"`
	Note   *Note      `json:"note,omitempty"`
}

// Due is when the activity is to be written: at once where the agent has said
// something of the call, a moment after its end where it is clear whose it is,
// else when the agent has had time to choose.
func (a *Activity) Due() time.Time {
	switch {
	case a.Note != nil, a.Chosen != nil:
		return a.Ended
	case a.Match != nil:
		return a.Ended.Add(activitySettles)
	}
	return a.Ended.Add(activityWaits)
}

// Missed reports a call that rang here and that nobody took. One that rang at
// several agents is one Task for all of them.
func (a *Activity) Missed() bool {
	return !a.Outgoing && a.Answered.IsZero() && (a.Reason == EndAbandoned || a.Reason == EndBusy)
}

// Amend notes what the agent says of the call afterwards.
func (a *Activity) Amend(by Amendment) {
	if by.Note != nil {
		a.Note = by.Note.orNone()
	}
	if by.Record != nil {
		a.Chosen = by.Record
	}
}

// Logged reports whether the call is one that Salesforce is told of: answered,
// missed, dialled, or noted on. What rang and went elsewhere is a colleague's,
// and what could not even be dialled is no call.
func (a *Activity) Logged() bool {
	switch {
	case a.Reason == EndPrivate, a.Ended.IsZero():
		return false
	case a.Note != nil:
		return true
	case a.Outgoing:
		return a.Reason != EndFailed || !a.Answered.IsZero()
	}
	return !a.Answered.IsZero() || a.Missed()
}

// logs reports whether the rules let Salesforce be told of this agent's calls.
func (m *member) logs(internal bool) bool {
	return m != nil && m.rules.logCalls && (!internal || m.rules.internal)
}

// activity is the Task that the view becomes, nil for none.
func (v *view) activity(x *roster, e *JournalEntry) *Activity {
	l := v.leg
	if v.erased || l.secret || l.excluded() || x.excluded.covers(l.far.party.Number, &l.far) || !v.firstToLog(x) {
		return nil
	}
	m := x.members[v.agent]
	a := e.activity(m)
	a.Match = onlyExact(v.found, v.org)
	if !a.Logged() {
		return nil
	}
	return a
}

// firstToLog reports whether the view is the one of its leg to be logged: on a
// telephone that agents share nobody knows who spoke, and it was one call.
func (v *view) firstToLog(x *roster) bool {
	for _, o := range v.leg.views {
		m := x.members[o.agent]
		if o.org == v.org && m != nil && m.Org == v.org && m.logs(v.leg.far.kind == lookup.KindInternal) {
			return o == v
		}
	}
	return false
}

// unlogged reports whether Salesforce will not be told of the call. What is
// internal still can become a call with somebody outside.
func (v *view) unlogged(x *roster) bool {
	internal := v.leg.far.kind == lookup.KindInternal && v.leg.state == Ended
	return !slices.ContainsFunc(v.leg.views, func(o *view) bool {
		m := x.members[o.agent]
		return o.org == v.org && m != nil && m.Org == v.org && m.logs(internal)
	})
}

// activity is what an entry of the journal tells of its Task.
func (e *JournalEntry) activity(m *member) *Activity {
	a := &Activity{
		Call: e.ID, Agent: e.Agent, Org: e.Org, Owner: m.SalesforceUser, Ring: e.Ring, Direction: e.Direction, Outgoing: e.Outgoing,
		Number: e.Number, Withheld: e.Withheld, Started: e.Started, Answered: e.Answered, Ended: e.Ended, Reason: e.Reason,
		TransferredBy: e.TransferredBy, TransferredTo: e.TransferredTo, Chosen: e.Chosen, Note: e.Note,
	}
	if c := a.Chosen; c != nil && *c != (RecordRef{}) && !isRecord(*c) {
		a.Chosen = nil
	}
	return a
}

// lapsedActivity is the Task of a call that ended while the bridge was down.
func (e *JournalEntry) lapsedActivity(x *roster) *Activity {
	a := e.keptActivity(x.members[e.Agent])
	if a == nil {
		return nil
	}
	a.EndUnknown = true
	if !a.Logged() {
		return nil
	}
	return a
}

// keptActivity is the Task of a call by what is kept of it, nil where the agent's
// calls of its kind are not logged.
func (e *JournalEntry) keptActivity(m *member) *Activity {
	if m == nil || m.ID != e.Agent || m.Org != e.Org || !m.logs(e.Direction == Internal) || !e.Kept || e.Secret {
		return nil
	}
	a := e.activity(m)
	if e.exact() {
		a.Match = &e.Matches[0]
	}
	return a
}

// exact reports whether the one match of an entry was an exact one of its org, as
// its trace tells. One of an address book may have an id that looks like a record's.
func (e *JournalEntry) exact() bool {
	if len(e.Matches) != 1 || !isRecord(e.Matches[0]) {
		return false
	}
	for _, s := range slices.Backward(e.Steps) {
		if s.Code == StepMatches {
			return s.Arg == oneExact
		}
	}
	return false
}

// onlyExact is the one record of the org that has the number exactly; nil where
// there are several, or only a company's line.
func onlyExact(found []lookup.Match, org string) *RecordRef {
	var only *RecordRef
	for _, m := range found {
		r := RecordRef{Object: m.Object, ID: m.ID}
		if m.Match != lookup.MatchExact || m.Org != org || !isRecord(r) {
			continue
		}
		if only != nil {
			return nil
		}
		only = &r
	}
	return only
}

// isRecord tells records of Salesforce from those of address books.
func isRecord(r RecordRef) bool {
	_, ok := SalesforceID(r.ID)
	return ok
}
