package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
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

// MakePrivate implements bridge.Activities.
func (s *Store) MakePrivate(ctx context.Context, agent bridge.AgentID, call bridge.CallID) error {
	calls, err := s.idsOf(ctx, `SELECT id FROM journal WHERE id = $1 AND agent = $2`, string(call), string(agent))
	for i := 0; i < len(calls) && err == nil; i++ { // and of whom it came from or went to
		var beside []bridge.CallID
		beside, err = s.idsOf(ctx, `SELECT o.id FROM journal AS j JOIN journal AS o ON `+sameRing+` WHERE j.id = $1 UNION
			SELECT o.id FROM journal AS j JOIN journal AS o ON `+sameCall+` WHERE j.id = $1`, string(calls[i]))
		for _, id := range beside {
			if !slices.Contains(calls, id) {
				calls = append(calls, id)
			}
		}
	}
	switch {
	case err != nil:
		return inContext("make private", err)
	case len(calls) == 0:
		return bridge.ErrNotYourCall
	}
	return s.Erase(ctx, calls)
}

// sameCall finds other agents' parts in the call j: those who rang or talked with the
// same far end at the same time, or 2 s apart.
const sameCall = `o.number = j.number AND o.number <> '' AND o.link = j.link AND o.agent <> j.agent
	AND o.started <= j.ended + 2000 AND o.ended >= j.started - 2000`

func (s *Store) idsOf(ctx context.Context, query string, args ...any) (calls []bridge.CallID, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var id bridge.CallID
		err := r.Scan(&id)
		calls = append(calls, id)
		return err
	}, query, args...)
	return calls, err
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
