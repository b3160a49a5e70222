package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

const (
	// maxWaiting bounds the activities that wait to be written, of all orgs: some
	// 1.5 GB, and ten days of an org with 2,000 agents that cannot be reached. When
	// it is full the oldest are given up, which check tells of.
	maxWaiting = 2_000_000
	// givenUpTold is for how long it is told that activities were given up.
	givenUpTold = 7 * 24 * time.Hour
	// givenUpKey is the place of the givenUp of each org in the table meta.
	givenUpKey = "activities_given_up"
)

// outboxBound keeps the activities that wait below a number without counting them
// each time: as many as there was room for at the last count may come.
type outboxBound struct {
	most int
	room int // of the committer's goroutine
}

// admit makes room for one activity.
func (b *outboxBound) admit(ctx context.Context, tx *sql.Tx) error {
	if b.room > 0 {
		b.room--
		return nil
	}
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM activities WHERE next > 0`).Scan(&n); err != nil {
		return err
	}
	if n >= b.most {
		// More than is needed, so that the next ones are not counted again.
		gone, err := giveUp(ctx, tx, `SELECT rowid FROM activities WHERE next > 0 AND NOT deleting ORDER BY rowid LIMIT $1`, n-b.most+1+b.most/20)
		if err != nil {
			return err
		}
		n -= int(gone)
	}
	b.room = max(b.most-n-1, 0)
	return nil
}

// givenUp is what is told of activities that were never written.
type givenUp struct {
	Count int64 `json:"count"`
	Last  int64 `json:"last"` // in milliseconds
}

// giveUp deletes the activities that a query finds, and counts them by org.
func giveUp(ctx context.Context, tx *sql.Tx, query string, args ...any) (total int64, err error) {
	gone := make(map[string]int64)
	err = each(ctx, tx, func(r *sql.Rows) error {
		var org string
		err := r.Scan(&org)
		gone[org]++
		total++
		return err
	}, `DELETE FROM activities WHERE rowid IN (`+query+`) RETURNING org`, args...)
	if err != nil || total == 0 {
		return total, err
	}
	told, err := givenUps(ctx, tx)
	if err != nil {
		return total, err
	}
	now := time.Now().UnixMilli()
	for org, n := range gone {
		told[org] = givenUp{told[org].Count + n, now}
	}
	text, err := json.Marshal(told)
	if err != nil {
		return total, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, givenUpKey, text)
	return total, err
}

// givenUps are the counts of givenUpTold, by org; what was longer ago counts no more.
func givenUps(ctx context.Context, q querier) (map[string]givenUp, error) {
	told := make(map[string]givenUp)
	var text []byte
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, givenUpKey).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return told, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &told)
	}
	since := time.Now().Add(-givenUpTold).UnixMilli()
	for org, g := range told {
		if g.Last < since {
			delete(told, org)
		}
	}
	return told, err
}

// tellGivenUp adds to statuses what was given up, also of orgs that nothing waits
// for.
func tellGivenUp(ctx context.Context, q querier, list []bridge.OutboxStatus) ([]bridge.OutboxStatus, error) {
	told, err := givenUps(ctx, q)
	for i := range list {
		list[i].GivenUp = told[list[i].Org].Count
		delete(told, list[i].Org)
	}
	for org, g := range told {
		list = append(list, bridge.OutboxStatus{Org: org, GivenUp: g.Count})
	}
	slices.SortFunc(list, func(a, b bridge.OutboxStatus) int { return cmp.Compare(a.Org, b.Org) })
	return list, err
}
