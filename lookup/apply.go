package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// ErrMixed is wrapped by Apply when a record belongs to another org or object
// than the commit that carries it.
var ErrMixed = errors.New("lookup: record of another org or object")

// Apply commits c in one transaction. A record replaces what the directory
// holds under its id, numbers and all, unless that bears a newer Stamp. When
// Apply returns, every Find that begins sees the commit; numbers that the
// commit does not change stay cached.
func (d *Directory) Apply(ctx context.Context, c Changes) error {
	records, err := c.records()
	if err != nil {
		return err
	}
	return d.commit(ctx, c.Object, func(t *transaction) error {
		if err := t.begin(c.Org, c.Object, c.Run); err != nil {
			return err
		}
		if err := t.upsert(records, c.Run != 0); err != nil {
			return err
		}
		gone := slices.Clone(c.Gone)
		for _, id := range c.Delete {
			gone = append(gone, Deletion{ID: id})
		}
		if err := t.delete(gone); err != nil {
			return err
		}
		if err := t.leave(c.Leave); err != nil {
			return err
		}
		if c.Load != "" {
			if err := t.noteLoad(c.Load); err != nil {
				return err
			}
		}
		return t.end(c.Watermark)
	})
}

// Sweep deletes what a full run did not see: the records of the object whose
// last sighting is not that run. It goes in steps, each its own commit, so that
// others may write in between; call it again if it fails.
func (d *Directory) Sweep(ctx context.Context, org, object string, run int64) (removed int, err error) {
	for after := int64(-1); after != 0; {
		n := 0
		err = d.commit(ctx, object, func(t *transaction) error {
			if err := t.begin(org, object, 0); err != nil {
				return err
			}
			var unseen []stored
			if unseen, after, err = t.unseen(after, run); err != nil {
				return err
			}
			n = len(unseen)
			for i := range unseen {
				if err := t.remove(&unseen[i]); err != nil {
					return err
				}
			}
			return t.flush()
		})
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}

// commit runs do in a transaction, one at a time, and voids what it touched
// after COMMIT and before it returns, also where COMMIT failed: an error may
// come after the fact.
func (d *Directory) commit(ctx context.Context, object string, do func(*transaction) error) error {
	select {
	case d.writer <- struct{}{}:
		defer func() { <-d.writer }()
	case <-ctx.Done():
		return fmt.Errorf("lookup: commit %s: %w", object, context.Cause(ctx))
	case <-d.stopped:
		return ErrClosed
	}
	select {
	case <-d.stopped: // both were ready
		return ErrClosed
	default:
	}
	var t *transaction
	var err error
	d.read.withoutSnapshots(func() { t, err = d.transact(ctx, do) })
	if t != nil {
		d.cache.void(t.touched, t.places)
	}
	if err != nil {
		return fmt.Errorf("lookup: commit %s: %w", object, err)
	}
	return nil
}

// transact runs do in a transaction, which is nil if it was rolled back.
func (d *Directory) transact(ctx context.Context, do func(*transaction) error) (*transaction, error) {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	t := newTransaction(ctx, d, tx)
	if err := do(t); err != nil {
		if ctx.Err() != nil { // ended the transaction, which the statement then tells in words of its own
			err = context.Cause(ctx)
		}
		return nil, errors.Join(err, rollback(tx))
	}
	return t, tx.Commit()
}

// rollback has nothing to say where the end of ctx has rolled back already.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// records checks that nothing is mixed and keeps the newest of records that
// come twice.
func (c *Changes) records() ([]Record, error) {
	if c.Org == "" || c.Object == "" {
		return nil, fmt.Errorf("%w: a commit needs both", ErrMixed)
	}
	out := make([]Record, 0, len(c.Upsert))
	at := make(map[string]int, len(c.Upsert))
	for _, r := range c.Upsert {
		if r.ID == "" || r.Org != "" && r.Org != c.Org || r.Object != "" && r.Object != c.Object {
			return nil, fmt.Errorf("%w: %s %q in a commit of %s", ErrMixed, r.Object, r.ID, c.Object)
		}
		r.Org, r.Object = c.Org, c.Object
		if i, twice := at[r.ID]; twice {
			if !r.Stamp.Before(out[i].Stamp) {
				out[i] = r
			}
			continue
		}
		at[r.ID] = len(out)
		out = append(out, r)
	}
	return out, nil
}
