package bridge

import (
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
)

// Subject is whose personal data is exported or erased. One of Numbers, Record and Agent is set.
type Subject struct {
	// Numbers are the ways in which one number may be kept.
	Numbers []string
	// Plans, with Numbers, are the dial plans of the links by name: how their
	// switches write numbers.
	Plans map[string]lookup.DialPlan
	// Record is a Salesforce id of 18 characters, or an id in an address book.
	Record string
	// Agent is an agent's own id.
	Agent AgentID
}

// PersonalData is what the state database keeps of a subject.
type PersonalData struct {
	Calls []JournalEntry `json:"calls"`
	// Mentions are where what is kept of others' calls names the number.
	Mentions []Mention `json:"mentions,omitempty"`
	// Activities are what these calls become in Salesforce, or became there.
	Activities []KeptActivity `json:"activities,omitempty"`
	// Sessions and Refusals are counts: nothing in them can be read.
	Sessions int          `json:"sessions,omitempty"`
	Refusals int          `json:"refusals,omitempty"`
	Agent    *Agent       `json:"agent,omitempty"`
	Audit    []AuditEntry `json:"audit,omitempty"`
}

// Forget takes a subject's calls, live or ended, out of what is still written
// of them, and its number out of what is kept of others'. A live call is shown to its end. Who erases what is stored calls
// this first, and Flush.
func (b *Bridge) Forget(s Subject) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.table.calls {
		if s.has(v.agent, v.leg.far, recordRefs(v.found, v.chosen)) {
			v.leg.secret = true
			b.table.record(v)
		}
	}
	d := &b.table.diary
	d.strays = slices.DeleteFunc(d.strays, func(e JournalEntry) bool { return s.hasFormer(&e) })
	for _, list := range b.table.formers.on {
		for i, e := range list {
			if !e.Secret && s.hasFormer(e) {
				list[i] = b.table.secretly(e, true) // the switch may tell of it yet
			}
		}
	}
	b.strike(&s)
}

// hasFormer is has for a call of the last life.
func (s Subject) hasFormer(e *JournalEntry) bool {
	refs := e.Matches
	if e.Chosen != nil {
		refs = append(slices.Clone(refs), *e.Chosen)
	}
	return s.has(e.Agent, farEnd{party: Party{Number: e.Number}}, refs)
}

// has reports whether a call is the subject's.
func (s Subject) has(agent AgentID, far farEnd, records []RecordRef) bool {
	switch {
	case s.Agent != "":
		return agent == s.Agent
	case s.Record != "":
		return slices.ContainsFunc(records, func(r RecordRef) bool { return r.ID == s.Record })
	}
	return slices.Contains(s.Numbers, far.party.Number) && far.party.Number != "" ||
		slices.ContainsFunc(far.readings, func(n lookup.Number) bool { return n != "" && slices.Contains(s.Numbers, string(n)) })
}

// recordRefs are the records of a call: those that matched and the chosen one.
func recordRefs(found []lookup.Match, chosen *RecordRef) []RecordRef {
	out := make([]RecordRef, 0, len(found)+1)
	for _, m := range found {
		out = append(out, RecordRef{Object: m.Object, ID: m.ID})
	}
	if chosen != nil {
		out = append(out, *chosen)
	}
	return out
}
