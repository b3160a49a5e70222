package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// Erase implements bridge.Eraser: all or none of the calls are gone
// afterwards, from the database's log too, but for the ids of Tasks that have to
// be deleted in Salesforce.
func (s *Store) Erase(ctx context.Context, calls []bridge.CallID) error {
	err := s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		for _, id := range calls {
			if err := s.eraseRow(ctx, tx, id); err != nil {
				return err
			}
			if !s.living.lines[id].secret { // what is secret has nothing to erase
				c.end(id)
			}
		}
		return c.rewrite(ctx, tx)
	})
	if err == nil {
		err = s.scrub(ctx)
	}
	return inContext("erase calls", err)
}

// sameCallWithin is how far apart in time two agents' parts in one call may be:
// one telephone stops ringing, or is hung up, before the other one is told of, and
// a bridge that was killed may have seen the other one again only later. A call of
// the same caller just before a private one goes with it.
const sameCallWithin = 30 * time.Second

// secretParts are, of calls that are secret now, what was kept of them, and of those
// that their agents are not shown any more the parts in the journal that go with
// them: others were rung, or handed the call on, and the bridge may have forgotten
// them since. They are looked for before the transaction: no other write waits for it.
func (s *Store) secretParts(ctx context.Context, list []bridge.JournalEntry) ([]bridge.JournalEntry, error) {
	marks := make(map[bridge.CallID]*bridge.JournalEntry)
	for i := range list {
		if list[i].Secret {
			marks[list[i].ID] = &list[i]
		}
	}
	if len(marks) == 0 {
		return nil, nil
	}
	all, err := keptIn(ctx, s.read, func(e *bridge.JournalEntry) bool { return marks[e.ID] != nil }, slices.Collect(maps.Keys(marks))...)
	if err != nil {
		return nil, err
	}
	c := bridge.NewConversation(sameCallWithin)
	for _, was := range all {
		mark := marks[was.ID]
		if mark.Popped { // its agents are shown it: only what was kept of it goes
			continue
		}
		if was.Ended = mark.Ended; was.Ended.IsZero() {
			was.Ended = time.Now()
		}
		c.Add(&was)
	}
	beside, err := s.partsOf(ctx, c, nil)
	return append(all, beside...), err
}

// partsOf finds the parts of a conversation that the journal has, and of those that
// live the given ones, and adds them to it.
func (s *Store) partsOf(ctx context.Context, c *bridge.Conversation, living []bridge.JournalEntry) (all []bridge.JournalEntry, err error) {
	var from, until time.Time
	for !c.From.Equal(from) || !c.Until.Equal(until) {
		from, until = c.From, c.Until
		parts, err := s.partsBetween(ctx, from.Add(-sameCallWithin), until.Add(sameCallWithin))
		if err != nil {
			return nil, err
		}
		for _, e := range c.Grow(append(parts, living...)) {
			all = append(all, *e)
		}
	}
	return all, nil
}

// longestCall is how long before a call another one that it came of may have begun.
const longestCall = 12 * time.Hour

// partsBetween are the calls of the journal that there were in a time, with what a
// conversation is told by. What it reads of a day of 200,000 calls takes a second.
func (s *Store) partsBetween(ctx context.Context, from, until time.Time) (parts []bridge.JournalEntry, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var e bridge.JournalEntry
		var started, answered, ended int64
		err := r.Scan(&e.ID, &e.Agent, &e.Link, &e.Key, &e.Device, &e.Ring, &e.Direction, &e.Outgoing, &e.Number,
			&started, &answered, &ended, &e.Reason, &e.TransferredBy, &e.TransferredTo, &e.Revision)
		e.Started, e.Answered, e.Ended = toTime(started), toOptionalTime(answered), toOptionalTime(ended)
		parts = append(parts, e)
		return err
	}, `SELECT j.id, j.agent, j.link, j.call_key, j.device, j.ring, j.direction, j.outgoing, j.number,
			j.started, j.answered, j.ended, j.reason, j.transferred_by, j.transferred_to, j.revision
		FROM journal AS j WHERE j.started >= $1 AND j.started <= $2 AND j.ended >= $3`,
		from.Add(-longestCall).UnixMilli(), until.UnixMilli(), from.UnixMilli())
	return parts, err
}

// erasePart is eraseRow, and leaves of those who had missed a call of the same
// number before that it was called back, and neither when nor by whom.
func (s *Store) erasePart(ctx context.Context, tx *sql.Tx, e *bridge.JournalEntry) error {
	if e.Number != "" && !e.Answered.IsZero() {
		_, err := tx.ExecContext(ctx, `UPDATE journal SET done_by = '', done_at = ended WHERE number = $1 AND number <> '' AND done_by = $2 AND done_at = $3`,
			e.Number, string(e.Agent), e.Answered.UnixMilli())
		if err != nil {
			return err
		}
	}
	return s.eraseRow(ctx, tx, e.ID)
}

// eraseRow takes a call out of the journal and takes its activities back.
func (s *Store) eraseRow(ctx context.Context, tx *sql.Tx, id bridge.CallID) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM journal WHERE id = $1`, string(id)); err != nil {
		return err
	}
	return s.outbox.in(ctx, tx).withdrawCall(ctx, id)
}

// keptIn is what is kept of calls: of those that live what fits, and of the others by
// their ids.
func keptIn(ctx context.Context, q querier, fits func(*bridge.JournalEntry) bool, ids ...bridge.CallID) ([]bridge.JournalEntry, error) {
	all, err := entries(ctx, q, nil, notSecret(fits))
	for i := 0; i < len(ids) && err == nil; i++ {
		var rows []bridge.JournalEntry
		rows, err = callsOf(ctx, q, `SELECT `+callColumns+` FROM journal AS j WHERE j.id = $1`, string(ids[i]))
		all = append(all, rows...)
	}
	return all, err
}

// MakePrivate implements bridge.Activities.
func (s *Store) MakePrivate(ctx context.Context, agent bridge.AgentID, call bridge.CallID) ([]bridge.PrivatePart, error) {
	own, err := keptIn(ctx, s.read, func(e *bridge.JournalEntry) bool { return e.ID == call }, call)
	switch {
	case err != nil:
		return nil, inContext("make private", err)
	case len(own) == 0 || own[0].Agent != agent:
		return nil, bridge.ErrNotYourCall
	}
	c := bridge.NewConversation(sameCallWithin)
	c.Add(&own[0])
	living, err := entries(ctx, s.read, nil, notSecret(func(*bridge.JournalEntry) bool { return true }))
	var others []bridge.JournalEntry
	if err == nil {
		others, err = s.partsOf(ctx, c, living)
	}
	if err != nil {
		return nil, inContext("make private", err)
	}
	parts := append(own, others...)
	err = s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		for i := range parts {
			if err := s.erasePart(ctx, tx, &parts[i]); err != nil {
				return err
			}
			c.hide(&parts[i])
		}
		return c.rewrite(ctx, tx)
	})
	if err == nil {
		err = s.scrub(ctx)
	}
	return privateParts(parts), inContext("make private", err)
}

// hide leaves of a call that lives its mark.
func (c *change) hide(e *bridge.JournalEntry) {
	if now, lives := c.lines[e.ID]; lives && !now.secret {
		c.set(&bridge.JournalEntry{
			ID: e.ID, Secret: true, Link: e.Link, Key: e.Key, Device: e.Device, Outgoing: e.Outgoing, Started: e.Started,
		}, false)
	}
}

func privateParts(list []bridge.JournalEntry) []bridge.PrivatePart {
	out := make([]bridge.PrivatePart, len(list))
	for i, e := range list {
		out[i] = bridge.PrivatePart{
			ID: e.ID, Agent: e.Agent, Revision: e.Revision, Link: e.Link, Key: e.Key, Device: e.Device,
			Outgoing: e.Outgoing, Started: e.Started, Ended: e.Ended,
		}
	}
	return out
}
