package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// RecentEntry is a call of an agent's recent list as the journal has it.
type RecentEntry struct {
	JournalEntry
	// Missed: it rang here and nobody took it.
	Missed bool
	Seen   bool
	// Shared: it rang at several agents, so it is one item for all of them.
	Shared bool
	// DoneBy is the e-mail address of who has spoken with the caller since,
	// DoneAt when; empty and zero while nobody has.
	DoneBy string
	DoneAt time.Time
}

// Recent is a call of the agent's recent list as the panel gets it. Its JSON is
// the contract with the panel (web/agent/PROTOCOL.md).
type Recent struct {
	ID         CallID    `json:"id"`
	Direction  Direction `json:"direction"`
	Outgoing   bool      `json:"outgoing,omitempty"`
	Party      Party     `json:"party"`
	StartedAt  Time      `json:"startedAt"`
	AnsweredAt Time      `json:"answeredAt,omitzero"`
	EndedAt    Time      `json:"endedAt,omitzero"`
	EndReason  EndReason `json:"endReason,omitempty"`
	// Missed calls count as new until they were seen, or done: somebody has
	// spoken with the caller since. Shared ones rang at several agents.
	Missed bool   `json:"missed,omitempty"`
	Seen   bool   `json:"seen,omitempty"`
	Shared bool   `json:"shared,omitempty"`
	DoneBy string `json:"doneBy,omitempty"`
	DoneAt Time   `json:"doneAt,omitzero"`
	// Matches are who has the number now, nil where the directory did not say:
	// the journal keeps no names.
	Matches []Match    `json:"matches,omitzero"`
	Chosen  *RecordRef `json:"chosen,omitempty"`
}

// recentWithin is how long the directory may take over all numbers of a list.
const recentWithin = 500 * time.Millisecond

// Recent are the agent's last calls, newest first, and the missed ones not seen
// before; seen marks those as seen.
func (b *Bridge) Recent(ctx context.Context, agent AgentID, seen bool) ([]Recent, error) {
	if b.o.Journal == nil {
		return []Recent{}, nil
	}
	b.mu.Lock()
	x := b.roster.Load()
	var m member
	if found := x.members[agent]; found != nil {
		m = *found // a first sign-in may change it
	}
	b.mu.Unlock()
	if m.Agent == nil {
		return nil, ErrNoAgent
	}
	if err := b.Flush(ctx); err != nil {
		return nil, fmt.Errorf("bridge: recent calls: %w", err)
	}
	entries, err := b.o.Journal.Recent(ctx, agent, seen)
	if err != nil {
		return nil, fmt.Errorf("bridge: recent calls: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, recentWithin)
	defer cancel()
	list := make([]Recent, 0, len(entries))
	for i := range entries {
		if entries[i].Org != m.Org { // from before the agent moved to another org
			continue
		}
		list = append(list, b.recent(ctx, x, &m, &entries[i]))
	}
	return list, nil
}

// recent is one call of the list, with who has the number today.
func (b *Bridge) recent(ctx context.Context, x *roster, m *member, e *RecentEntry) Recent {
	r := Recent{
		ID: e.ID, Direction: e.Direction, Outgoing: e.Outgoing, Party: Party{Withheld: e.Withheld},
		StartedAt: Time{e.Started}, AnsweredAt: Time{e.Answered}, EndedAt: Time{e.Ended}, EndReason: e.Reason,
		Missed: e.Missed, Seen: e.Seen, Shared: e.Shared, DoneBy: e.DoneBy, DoneAt: Time{e.DoneAt}, Chosen: e.Chosen.orNone(),
	}
	switch {
	case e.Number == "":
		return r
	case e.Direction == Internal:
		r.Party.Number, r.Party.Display = e.Number, e.Number
		return r
	}
	n := lookup.Number(e.Number)
	r.Party.Number, r.Party.Display = e.Number, n.Display(x.switches[e.Link].Plan.Country)
	found, err := b.o.Directory.Find(ctx, m.scope, n)
	if err == nil {
		r.Matches = matchesFrom(found, m.rules.details)
	}
	return r
}
