package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// expireBatch is how many rows go in one transaction, so that no other write
// waits for long.
const expireBatch = 2000

// unwrittenDays is for how long an activity may wait for its org.
const unwrittenDays = 30

// retentionKey is the retention's place in the table meta.
const retentionKey = "retention"

// Retention is for how long data is kept, as configured: zero where the default holds.
func (s *Store) Retention(ctx context.Context) (bridge.Retention, error) {
	r, err := loadRetention(ctx, s.read)
	return r, inContext("retention", err)
}

func loadRetention(ctx context.Context, q querier) (r bridge.Retention, err error) {
	var text []byte
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, retentionKey).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

func saveRetention(ctx context.Context, q querier, r bridge.Retention) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, retentionKey, text)
	return err
}

// Expire deletes what has been kept for as long as its class allows, and tells
// how many rows: calls of the journal, traces of calls that are not in it, and
// the audit trail. Activities go with the recent
// calls where they are written, and are given up after unwrittenDays where they
// cannot be. Traces of calls that are kept go without their row. It
// implements bridge.Expirer.
func (s *Store) Expire(ctx context.Context, now time.Time) (deleted int64, err error) {
	days, err := s.Retention(ctx)
	if err != nil {
		return 0, err
	}
	days = days.Days()
	before := func(days int) int64 { return now.AddDate(0, 0, -days).UnixMilli() }
	for _, step := range []struct {
		query string
		days  int
		gone  bool
	}{
		{`DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE started <= $1 LIMIT $2)`, days.Journal, true},
		{`DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE started <= $1 AND NOT kept LIMIT $2)`, days.Traces, true},
		{`UPDATE journal SET steps = '' WHERE id IN (SELECT id FROM journal WHERE started <= $1 AND steps <> '' LIMIT $2)`, days.Traces, false},
		{`DELETE FROM activities WHERE id IN (SELECT id FROM activities WHERE ended <= $1 AND next = 0 LIMIT $2)`, days.Recents, false},
		{`DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE time <= $1 LIMIT $2)`, days.Audit, true},
	} {
		n, err := s.inBatches(ctx, step.query, before(step.days))
		if err != nil {
			return deleted, fmt.Errorf("store: expire: %w", err)
		}
		if step.gone {
			deleted += n
		}
	}
	if err := s.giveUpOld(ctx, before(min(days.Journal, unwrittenDays))); err != nil {
		return deleted, fmt.Errorf("store: expire: %w", err)
	}
	if err := s.shortenLog(ctx); err != nil {
		return deleted, fmt.Errorf("store: expire: %w", err)
	}
	return deleted, nil
}

// giveUpOld gives up activities that could not be written for too long. Tasks that
// were to be deleted are given up, too: the org is gone, or refuses it.
func (s *Store) giveUpOld(ctx context.Context, before int64) error {
	for n := int64(expireBatch); n == expireBatch; {
		err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
			var err error
			n, err = giveUp(ctx, tx, `SELECT rowid FROM activities WHERE next > 0 AND ended <= $1 LIMIT $2`, before, expireBatch)
			return nil, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// shortenLog takes calls that have ended out of the log of those that live.
func (s *Store) shortenLog(ctx context.Context) error {
	return s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		return c.rewrite(ctx, tx)
	})
}

// inBatches runs a statement until it finds less than a batch.
func (s *Store) inBatches(ctx context.Context, query string, before int64) (total int64, err error) {
	for n := int64(expireBatch); n == expireBatch; total += n {
		err = s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
			var err error
			n, err = affected(ctx, tx, query, before, expireBatch)
			return nil, err
		})
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
