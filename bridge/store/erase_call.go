package store

import (
	"context"
	"database/sql"
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

// eraseKept takes out of the journal what it has of a call that is secret now,
// and, if its agents are not shown it any more, of those who had the call before:
// they were rung, or handed it on, and the bridge may have forgotten them since.
func (s *Store) eraseKept(ctx context.Context, tx *sql.Tx, mark *bridge.JournalEntry) error {
	was, err := s.kept(ctx, tx, mark.ID)
	if err != nil || was == nil {
		return err
	}
	if err := s.eraseRow(ctx, tx, mark.ID); err != nil || mark.Popped || was.Number == "" {
		return err
	}
	until := mark.Ended
	if until.IsZero() {
		until = time.Now()
	}
	return s.eraseBeside(ctx, tx, was, until.Add(sameCallWithin))
}

// eraseBeside deletes the calls with the same far end that overlap, and those that
// overlap with these, back to the first.
func (s *Store) eraseBeside(ctx context.Context, tx *sql.Tx, e *bridge.JournalEntry, until time.Time) error {
	for from := e.Started; ; {
		beside, err := callsOf(ctx, tx, `SELECT `+callColumns+` FROM journal AS j
			WHERE j.number = $1 AND j.number <> '' AND j.link = $2 AND j.ended >= $3 AND j.started <= $4`,
			e.Number, e.Link, from.Add(-sameCallWithin).UnixMilli(), until.UnixMilli())
		if err != nil || len(beside) == 0 {
			return err
		}
		for i := range beside {
			if err := s.eraseRow(ctx, tx, beside[i].ID); err != nil {
				return err
			}
			if beside[i].Started.Before(from) {
				from = beside[i].Started
			}
		}
	}
}

// eraseRow takes a call out of the journal and takes its activities back.
func (s *Store) eraseRow(ctx context.Context, tx *sql.Tx, id bridge.CallID) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM journal WHERE id = $1`, string(id)); err != nil {
		return err
	}
	return s.outbox.in(ctx, tx).withdrawCall(ctx, id)
}

// kept is what is kept of a call, nil for nothing.
func (s *Store) kept(ctx context.Context, tx *sql.Tx, id bridge.CallID) (*bridge.JournalEntry, error) {
	if line, ok := s.living.lines[id]; ok && line.secret {
		return nil, nil
	} else if ok {
		found, err := entries(ctx, tx, s.living.text, func(e *bridge.JournalEntry) bool { return e.ID == id })
		if err != nil || len(found) == 0 { // of a newer version it may not be readable
			return nil, err
		}
		return &found[0], nil
	}
	found, err := callsOf(ctx, tx, `SELECT `+callColumns+` FROM journal AS j WHERE j.id = $1`, string(id))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
