package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// activityColumns are in the order in which scanActivity reads them.
const activityColumns = `a.id, a.follow_up, a.body, COALESCE(NULLIF(a.owner, ''), g.salesforce_user, ''), a.version, a.task, a.sent, a.tried,
	a.without, a.attempts, a.deleting FROM activities AS a LEFT JOIN agents AS g ON g.id = a.agent AND g.org = a.org`

func scanActivity(r *sql.Rows) (e bridge.OutboxEntry, err error) {
	var body, owner, without string
	var tried int64
	if err = r.Scan(&e.ID, &e.FollowUp, &body, &owner, &e.Version, &e.Task, &e.Sent, &tried, &without, &e.Attempts, &e.Deleting); err != nil {
		return e, err
	}
	e.Tried = toOptionalTime(tried)
	if body != "" {
		if err = json.Unmarshal([]byte(body), &e.Activity); err != nil {
			return e, err
		}
	}
	e.Activity.Owner, e.Without = owner, strings.Fields(without)
	return e, nil
}

// DueActivities are the Tasks of an org that are to be written by now, in the
// order of their time. Those of agents who have never signed in wait.
func (s *Store) DueActivities(ctx context.Context, org string, now time.Time, limit int) ([]bridge.OutboxEntry, error) {
	out, err := s.activities(ctx, `WHERE a.org = $1 AND a.next > 0 AND a.next <= $2 AND (a.deleting OR a.owner <> '' OR g.salesforce_user <> '')
		ORDER BY a.next, a.ended, a.id LIMIT $3`, org, now.UnixMilli(), limit)
	return out, inContext("due activities", err)
}

func (s *Store) activities(ctx context.Context, rest string, args ...any) ([]bridge.OutboxEntry, error) {
	var out []bridge.OutboxEntry
	err := each(ctx, s.read, func(r *sql.Rows) error {
		e, err := scanActivity(r)
		out = append(out, e)
		return err
	}, `SELECT `+activityColumns+` `+rest, args...)
	return out, err
}

// ClaimActivities notes, before anything is sent, that it will be: whatever
// happens then, it is known that a Task may be there. It returns the ids of
// those that are still wanted as they were read.
func (s *Store) ClaimActivities(ctx context.Context, claims []bridge.OutboxClaim, at time.Time) ([]string, error) {
	var claimed []string
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		claimed = claimed[:0] // the transaction may be tried twice
		for _, c := range claims {
			n, err := affected(ctx, tx, `UPDATE activities SET tried = $3, sent = $4 WHERE id = $1 AND version = $2 AND NOT deleting`,
				c.ID, c.Version, at.UnixMilli(), c.Sent)
			if err != nil {
				return nil, err
			}
			if n == 1 {
				claimed = append(claimed, c.ID)
			}
		}
		return nil, nil
	})
	return claimed, inContext("claim activities", err)
}

// SettleActivities notes what became of entries, all or none. One that has
// changed meanwhile stays due; one that is to be deleted gets no content back.
func (s *Store) SettleActivities(ctx context.Context, outcomes []bridge.OutboxOutcome) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		for i := range outcomes {
			if err := settle(ctx, tx, &outcomes[i]); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	return inContext("settle activities", err)
}

func settle(ctx context.Context, tx *sql.Tx, o *bridge.OutboxOutcome) error {
	if o.Gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM activities WHERE id = $1 AND version = $2`, o.ID, o.Version); err != nil {
			return err
		}
		// One that is wanted again meanwhile begins anew.
		_, err := tx.ExecContext(ctx, `UPDATE activities SET task = '', tried = 0, sent = '' WHERE id = $1`, o.ID)
		return err
	}
	without := strings.Join(o.Without, " ")
	_, err := tx.ExecContext(ctx, `UPDATE activities SET task = $3, tried = $4, sent = CASE WHEN deleting THEN '' ELSE $5 END,
			without = CASE WHEN version = $2 THEN $6 ELSE '' END, attempts = CASE WHEN version = $2 THEN $7 ELSE attempts END,
			next = CASE WHEN version = $2 THEN $8 ELSE next END,
			problem = CASE WHEN deleting AND version <> $2 THEN '' ELSE $9 END, cure = CASE WHEN deleting AND version <> $2 THEN '' ELSE $10 END
		WHERE id = $1`,
		o.ID, o.Version, o.Task, fromTime(o.Tried), o.Sent, without, o.Attempts, fromTime(o.Next), o.Problem, o.Cure)
	return err
}

// OutboxStatuses tells how the activities of each org stand that has any waiting,
// or had any given up.
func (s *Store) OutboxStatuses(ctx context.Context) ([]bridge.OutboxStatus, error) {
	var out []bridge.OutboxStatus
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var st bridge.OutboxStatus
		var oldest int64
		if err := r.Scan(&st.Org, &st.Waiting, &st.Unowned, &st.Failing, &oldest); err != nil {
			return err
		}
		st.Oldest = toOptionalTime(oldest)
		out = append(out, st)
		return nil
	}, `SELECT a.org, COUNT(*), SUM(NOT a.deleting AND a.owner = '' AND COALESCE(g.salesforce_user, '') = ''), SUM(a.problem <> ''),
			MIN(COALESCE(NULLIF(a.ended, 0), a.next))
		FROM activities AS a LEFT JOIN agents AS g ON g.id = a.agent AND g.org = a.org
		WHERE a.next > 0 GROUP BY a.org ORDER BY a.org`)
	for i := range out {
		if out[i].Failing == 0 || err != nil {
			continue
		}
		err = s.read.QueryRowContext(ctx, `SELECT problem, cure FROM activities WHERE org = $1 AND next > 0 AND problem <> ''
			GROUP BY problem, cure ORDER BY COUNT(*) DESC, problem LIMIT 1`, out[i].Org).Scan(&out[i].Problem, &out[i].Cure)
	}
	if err == nil {
		out, err = tellGivenUp(ctx, s.read, out)
	}
	return out, inContext("status of the activities", err)
}
