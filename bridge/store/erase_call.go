package store

import (
	"context"
	"database/sql"

	"github.com/ctibridge/ctibridge/bridge"
)

// Erase implements bridge.Eraser: all or none of the calls are gone
// afterwards, from the database's log too, but for the ids of Tasks that have to
// be deleted in Salesforce.
func (s *Store) Erase(ctx context.Context, calls []bridge.CallID) error {
	err := s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		for _, id := range calls {
			if _, err := tx.ExecContext(ctx, `DELETE FROM journal WHERE id = $1`, string(id)); err != nil {
				return err
			}
			if err := withdraw(ctx, tx, "call_id = $1", string(id)); err != nil {
				return err
			}
			if !s.living.lines[id].secret { // what is secret has nothing to erase
				c.end(&s.living, id)
			}
		}
		return s.living.rewrite(ctx, tx, c)
	})
	if err == nil {
		err = s.scrub(ctx)
	}
	return inContext("erase calls", err)
}
