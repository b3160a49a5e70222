package bridge

import (
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// CallID is the bridge's own id of a call, new for each call; the switch's key
// only correlates.
type CallID string

// Direction is which way a call runs, seen from the agent.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Internal Direction = "internal"
)

// State is what the agent is told about a call.
type State string

// The states.
const (
	Dialing   State = "dialing"
	Ringing   State = "ringing"
	Connected State = "connected"
	Held      State = "held"
	Ended     State = "ended"
)

// EndReason says why a call ended for this agent.
type EndReason string

// The reasons.
const (
	EndHangup            EndReason = "hangup"
	EndAbandoned         EndReason = "abandoned"
	EndAnsweredElsewhere EndReason = "answeredElsewhere"
	EndDiverted          EndReason = "diverted"
	EndBusy              EndReason = "busy"
	EndFailed            EndReason = "failed"
	EndTransferred       EndReason = "transferred"
	// EndPrivate: the call is none of the panel's business any more. Nothing is
	// left of it but its id.
	EndPrivate EndReason = "private"
)

// DetailCode says how a call that rang ended unanswered; empty: the switch says that
// the caller gave up.
type DetailCode string

// The codes.
const (
	DetailDeclined DetailCode = "declined" // by the agent, here or on the telephone
	DetailUnclear  DetailCode = "unclear"  // the switch does not say by whom
)

// Action is something the agent can do with a call from the panel.
type Action string

// The actions.
const (
	ActionAnswer   Action = "answer"
	ActionReject   Action = "reject"
	ActionHangup   Action = "hangup"
	ActionHold     Action = "hold"
	ActionRetrieve Action = "retrieve"
	ActionTransfer Action = "transfer"
	ActionConsult  Action = "consult"
	ActionComplete Action = "complete"
	ActionSwap     Action = "swap"
	// ActionPrivate erases the call wherever the bridge has kept it. It can be
	// done with every call, ended ones too, so Call.Actions does not list it.
	ActionPrivate Action = "private"
)

// Party is the far end as the panel shows it.
type Party struct {
	// Number is E.164, or the extension of an internal caller; empty if
	// withheld or unknown.
	Number string `json:"number,omitempty"`
	// Display is Number written for people: "030 23125000".
	Display string `json:"display,omitempty"`
	// Label is the name the switch gave, hostile text.
	Label    string `json:"label,omitempty"`
	Withheld bool   `json:"withheld,omitempty"`
	// Probable marks a party that was inferred, not read.
	Probable bool `json:"probable,omitempty"`
}

// Call is one call as one agent sees it: the whole state, never a difference,
// so a lost frame loses nothing. Its JSON is the contract with the panel
// (web/agent/PROTOCOL.md).
type Call struct {
	ID        CallID    `json:"id"`
	Revision  uint64    `json:"revision"` // rises with each change of this call
	Direction Direction `json:"direction"`
	State     State     `json:"state"`
	Party     Party     `json:"party"`
	Device    string    `json:"device"` // the agent's extension
	Group     string    `json:"group,omitempty"`
	StartedAt Time      `json:"startedAt"`
	// AnsweredAt and EndedAt are zero, and left out, until it happened.
	AnsweredAt Time      `json:"answeredAt,omitzero"`
	EndedAt    Time      `json:"endedAt,omitzero"`
	EndReason  EndReason `json:"endReason,omitempty"`
	// AnsweredBy is the extension of the colleague who took a call that ended as
	// answered elsewhere; empty where nobody says.
	AnsweredBy string `json:"answeredBy,omitempty"`
	// TransferredBy is the extension that handed the call to this agent,
	// TransferredTo the one that this agent's call went to; empty where the
	// switch does not say.
	TransferredBy string `json:"transferredBy,omitempty"`
	TransferredTo string `json:"transferredTo,omitempty"`
	// Detail says in plain words why a call failed.
	Detail string `json:"detail,omitempty"`
	// DetailCode says with EndAbandoned what the reason alone does not: see there.
	DetailCode DetailCode `json:"detailCode,omitempty"`
	// Matches is nil (left out) until the directory has answered, and empty
	// only when it said that nobody has the number: only then may the panel
	// offer to create a record.
	Matches []Match    `json:"matches,omitzero"`
	Chosen  *RecordRef `json:"chosen,omitempty"`
	// Note is what this agent wrote on the call, or the one who transferred it.
	Note *Note `json:"note,omitempty"`
	// Create names the object to create for an unknown number; empty: do not offer it.
	Create string `json:"create,omitempty"`
	// Actions are those the switch allows in this state. The list is shared by
	// calls: it is for reading only.
	Actions []Action `json:"actions"`
}

// Match is a record that may be the far end.
type Match struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Org    string `json:"org"`
	// Name and Company are left out where the group's settings say so; the
	// panel then reads them under the agent's own rights.
	Name    string `json:"name,omitempty"`
	Company string `json:"company,omitempty"`
	Match   string `json:"match"` // lookup.MatchExact or MatchCompany
}

// RecordRef names a record in the agent's org.
type RecordRef struct {
	Object string `json:"object"`
	ID     string `json:"id"`
}

// orNone is nil for the zero record, which says that a call belongs to none.
func (r *RecordRef) orNone() *RecordRef {
	if r == nil || *r == (RecordRef{}) {
		return nil
	}
	return r
}

// Note is what an agent writes on a call. It stays with the call and goes with
// it when it is transferred.
type Note struct {
	Text        string `json:"text"`
	Disposition string `json:"disposition,omitempty"`
	// FollowUp is a day, 2026-11-30.
	FollowUp string `json:"followUp,omitempty"`
}

// PopID identifies one request to a tab to navigate.
type PopID string

// TabID identifies a browser tab, chosen by the tab.
type TabID string

// Navigation asks one tab to go somewhere. Exactly one of Record, Create and
// Search is set.
type Navigation struct {
	Pop    PopID      `json:"pop"`
	Call   CallID     `json:"call"`
	Record *RecordRef `json:"record,omitempty"`
	Create *Create    `json:"create,omitempty"`
	Search *Search    `json:"search,omitempty"`
}

// Create asks for a new-record form with defaults.
type Create struct {
	Object   string            `json:"object"`
	Defaults map[string]string `json:"defaults"`
}

// Search asks for a search page.
type Search struct {
	Term string `json:"term"`
}

// Tab is what a tab tells of itself. Focus routes pops only: it is never
// stored, logged or shown.
type Tab struct {
	ID      TabID `json:"id"`
	Visible bool  `json:"visible"`
	Focused bool  `json:"focused"`
	Console bool  `json:"console"`
}

// Time is a time in UTC written as RFC 3339 with milliseconds.
type Time struct{ time.Time }

// MarshalJSON writes the time without allocating more than the result.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.AppendJSON(make([]byte, 0, len(`"2006-01-02T15:04:05.000Z"`))), nil
}

// AppendJSON appends what MarshalJSON writes. Only the layout of RFC 3339 itself is
// formatted without being parsed, so the milliseconds are put in by hand.
func (t Time) AppendJSON(b []byte) []byte {
	utc := t.UTC()
	b = utc.AppendFormat(append(b, '"'), time.RFC3339)
	ms := utc.Nanosecond() / int(time.Millisecond)
	return append(b[:len(b)-len("Z")], '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z', '"')
}

// matchesFrom turns directory answers into the agent's view of them.
func matchesFrom(found []lookup.Match, details bool) []Match {
	out := make([]Match, len(found))
	for i, m := range found {
		out[i] = Match{ID: m.ID, Object: m.Object, Org: m.Org, Match: m.Match}
		if details {
			out[i].Name, out[i].Company = m.Name, m.Company
		}
	}
	return out
}
