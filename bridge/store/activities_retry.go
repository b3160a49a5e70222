package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// shownProblems bounds what the panel is given.
const shownProblems = 100

// ActivityProblems are the reasons for which activities wait after they were
// refused, by org, the most frequent first.
func (s *Store) ActivityProblems(ctx context.Context) ([]bridge.OutboxProblem, error) {
	var out []bridge.OutboxProblem
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var p bridge.OutboxProblem
		var oldest, next int64
		if err := r.Scan(&p.Org, &p.Problem, &p.Cure, &p.Count, &oldest, &next); err != nil {
			return err
		}
		p.Oldest, p.Next = toOptionalTime(oldest), toOptionalTime(next)
		out = append(out, p)
		return nil
	}, `SELECT org, problem, cure, COUNT(*), MIN(COALESCE(NULLIF(ended, 0), next)), MIN(next) FROM activities
		WHERE next > 0 AND problem <> '' GROUP BY org, problem, cure ORDER BY org, COUNT(*) DESC, problem LIMIT $1`, shownProblems)
	return out, inContext("problems of the activities", err)
}

// RetryActivities makes an org's refused activities due now, and tells how many.
// Those that wait for their agent to choose a record go on waiting.
func (s *Store) RetryActivities(ctx context.Context, org string, now time.Time) (rows int64, err error) {
	err = s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		var err error
		rows, err = affected(ctx, tx, `UPDATE activities SET next = $2 WHERE org = $1 AND next > $2 AND problem <> ''`, org, now.UnixMilli())
		return nil, err
	})
	return rows, inContext("retry activities", err)
}
