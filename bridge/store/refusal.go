package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

const (
	// keepRefusal is how long a refused user is shown after the last attempt.
	keepRefusal = 14 * 24 * time.Hour
	// auditRefusal is how often the audit trail tells of the same user.
	auditRefusal = 24 * time.Hour
	// shownRefusals bounds what the panel is given.
	shownRefusals = 200
)

// AgentRefused notes that a Salesforce user who proved identity was refused, for
// the panel; in the audit trail at most once a day. It returns the agent who has
// the user's e-mail address, if any. Nothing but ids is kept of the user.
func (s *Store) AgentRefused(ctx context.Context, c bridge.Claims, why error) (bridge.AgentID, error) {
	var id bridge.AgentID
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		var email string
		id, email, failed = agentOfEmail(ctx, tx, c)
		if failed != nil {
			return nil, failed
		}
		now := time.Now()
		_, err := tx.ExecContext(ctx, `INSERT INTO refusals (org, salesforce_user, agent, reason, last, times, audited, expires)
			VALUES ($1, $2, $3, $4, $5, 1, 0, $6)
			ON CONFLICT (org, salesforce_user) DO UPDATE SET agent = excluded.agent, reason = excluded.reason,
				last = excluded.last, times = times + 1, expires = excluded.expires`,
			c.Org, c.User, string(id), why.Error(), now.UnixMilli(), now.Add(keepRefusal).UnixMilli())
		if err != nil {
			return nil, err
		}
		due, err := affected(ctx, tx, `UPDATE refusals SET audited = $1 WHERE org = $2 AND salesforce_user = $3 AND audited <= $4`,
			now.UnixMilli(), c.Org, c.User, now.Add(-auditRefusal).UnixMilli())
		if err != nil || due == 0 {
			return nil, err
		}
		if email == "" {
			email = c.User
		}
		return nil, appendAudit(ctx, tx, bridge.AuditEntry{
			Actor: "sign-in", Action: "agent.refused", Object: email,
			Detail: fmt.Sprintf("Salesforce user %s of org %s: %s", c.User, c.Org, why),
		})
	})
	if err != nil { // id may still be written to
		return "", inContext("note a refused sign-in", err)
	}
	return id, nil
}

// agentOfEmail finds the agent whose e-mail address the user has. Salesforce
// appends ".invalid" to those of a sandbox.
func agentOfEmail(ctx context.Context, q querier, c bridge.Claims) (id bridge.AgentID, email string, err error) {
	key := emailKey(strings.TrimSpace(c.Email))
	err = q.QueryRowContext(ctx, `SELECT id, email FROM agents WHERE org = $1 AND email_key IN ($2, $3) ORDER BY email_key <> $2`,
		c.Org, key, strings.TrimSuffix(key, ".invalid")).Scan(&id, &email)
	return id, email, ignoreNoRows(err)
}

// Refusals returns the Salesforce users who were refused in the last two weeks
// and have not got in since, the latest first.
func (s *Store) Refusals(ctx context.Context) ([]bridge.Refusal, error) {
	var out []bridge.Refusal
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var x bridge.Refusal
		var last int64
		err := r.Scan(&x.Org, &x.User, &x.Agent, &x.Reason, &last, &x.Times)
		x.Last = toTime(last)
		out = append(out, x)
		return err
	}, `SELECT org, salesforce_user, agent, reason, last, times FROM refusals WHERE expires > $1 ORDER BY last DESC LIMIT $2`,
		time.Now().UnixMilli(), shownRefusals)
	return out, inContext("refused sign-ins", err)
}

// forgetRefusal is for a user who is an agent's now.
func forgetRefusal(ctx context.Context, q querier, org, user string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM refusals WHERE org = $1 AND salesforce_user = $2`, org, user)
	return err
}
