package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ctibridge/ctibridge/bridge"
)

// Bind binds an agent to the Salesforce user it signed in as, for good:
// bridge.ErrBoundToOther if it is bound to another one, or another agent to
// this one. To bind it again to the same user changes nothing.
func (s *Store) Bind(ctx context.Context, id bridge.AgentID, salesforceUser string) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		rows, err := affected(ctx, tx, `UPDATE agents SET salesforce_user = $1
			WHERE id = $2 AND salesforce_user = '' AND enabled AND NOT EXISTS (
				SELECT 1 FROM agents other WHERE other.org = agents.org AND other.salesforce_user = $1)`,
			salesforceUser, string(id))
		if err != nil {
			return nil, err
		}
		a, err := loadAgent(ctx, tx, id)
		switch {
		case errors.Is(err, bridge.ErrNotFound):
			return bridge.ErrNotFound, nil
		case err != nil:
			return nil, err
		case rows == 1:
			if err := forgetRefusal(ctx, tx, a.Org, salesforceUser); err != nil {
				return nil, err
			}
			var d diff
			d.add("Salesforce user", "", salesforceUser)
			return nil, appendAudit(ctx, tx, bridge.AuditEntry{Actor: "sign-in", Action: "agent.bind", Object: a.Email, Detail: d.String()})
		case !a.Enabled:
			return bridge.ErrAgentDisabled, nil
		case a.SalesforceUser == salesforceUser:
			return nil, nil
		}
		return bridge.ErrBoundToOther, nil
	})
	return inContext("bind agent", err)
}

// Unbind lets the next sign-in with the agent's e-mail address bind it anew. It
// ends the agent's sessions.
func (s *Store) Unbind(ctx context.Context, actor string, id bridge.AgentID) error {
	return inContext("unbind agent", s.update(ctx, func(tx *sql.Tx) error {
		a, err := loadAgent(ctx, tx, id)
		if err != nil || a.SalesforceUser == "" {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE agents SET salesforce_user = '' WHERE id = $1`, string(id)); err != nil {
			return err
		}
		if err := dropSessions(ctx, tx, id); err != nil {
			return err
		}
		var d diff
		d.add("Salesforce user", a.SalesforceUser, "")
		return appendAudit(ctx, tx, bridge.AuditEntry{Actor: actor, Action: "agent.unbind", Object: a.Email, Detail: d.String()})
	}))
}
