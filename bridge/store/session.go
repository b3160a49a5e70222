package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// The statements that Open prepares.
const (
	findSession = `SELECT agent, tab, kid, key_hash, signed, expires FROM sessions WHERE token_hash = $1 AND expires > $2`
	takeSession = `UPDATE sessions SET token_hash = $1, signed = $2, expires = $3
		WHERE token_hash = $4 AND agent = $5 AND tab = $6 AND expires > $7`
)

// maxSessions is how many sessions an agent keeps: one for each tab that may be
// open. Every page load leaves one, whose tab never comes back.
const maxSessions = 20

// SaveSession keeps a new session of an enabled agent, and in the same
// transaction drops the one that it replaces; a zero hash replaces none. Of more
// than 20 the oldest go: those tabs need a ticket when they come back.
// bridge.ErrNotFound, bridge.ErrAgentDisabled and, of a ticket that was used
// before, bridge.ErrTicketUsed say why it does not.
func (s *Store) SaveSession(ctx context.Context, n bridge.Session, replaces [32]byte, ticket bridge.UsedTicket) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		if refused, failed := useTicket(ctx, tx, ticket); refused != nil || failed != nil {
			return refused, failed
		}
		// An agent that was disabled a moment ago gets no session any more.
		rows, err := affected(ctx, tx, `INSERT INTO sessions (token_hash, agent, tab, kid, key_hash, signed, expires)
			SELECT $1, id, $2, $3, $4, $5, $6 FROM agents WHERE id = $7 AND enabled`,
			n.TokenHash[:], string(n.Tab), n.KID, n.Key[:], n.Signed.UnixMilli(), n.Expires.UnixMilli(), string(n.Agent))
		if err != nil {
			return nil, err
		}
		if rows == 0 {
			return noSuchAgent(ctx, tx, n.Agent)
		}
		if replaces != ([32]byte{}) {
			if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1 AND agent = $2`, replaces[:], string(n.Agent)); err != nil {
				return nil, err
			}
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM sessions WHERE agent = $1 AND token_hash <> $2 AND token_hash NOT IN (
			SELECT token_hash FROM sessions WHERE agent = $1 AND token_hash <> $2 ORDER BY signed DESC, token_hash LIMIT $3)`,
			string(n.Agent), n.TokenHash[:], maxSessions-1)
		return nil, err
	})
	if err != nil {
		return fmt.Errorf("store: save session: %w", err)
	}
	return nil
}

// useTicket marks a ticket as used.
func useTicket(ctx context.Context, q querier, t bridge.UsedTicket) (refused, failed error) {
	if t.Hash == ([32]byte{}) {
		return nil, nil
	}
	rows, err := affected(ctx, q, `INSERT INTO used_tickets (ticket_hash, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		t.Hash[:], t.Until.UnixMilli())
	if err == nil && rows == 0 {
		return bridge.ErrTicketUsed, nil
	}
	return nil, err
}

// noSuchAgent says why there is no enabled agent of that id.
func noSuchAgent(ctx context.Context, q querier, id bridge.AgentID) (refused, failed error) {
	var enabled bool
	err := q.QueryRowContext(ctx, `SELECT enabled FROM agents WHERE id = $1`, string(id)).Scan(&enabled)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return bridge.ErrNotFound, nil
	case err != nil:
		return nil, err
	case enabled:
		return nil, errors.New("an enabled agent was not found")
	}
	return bridge.ErrAgentDisabled, nil
}

// SessionByToken finds the session of a token by its hash; bridge.ErrNotFound
// if there is none or it has expired.
func (s *Store) SessionByToken(ctx context.Context, hash [32]byte) (bridge.Session, error) {
	n := bridge.Session{TokenHash: hash}
	var key []byte
	var signed, expires int64
	err := s.findSession.QueryRowContext(ctx, hash[:], time.Now().UnixMilli()).Scan(&n.Agent, &n.Tab, &n.KID, &key, &signed, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = bridge.ErrNotFound
	}
	if err != nil {
		return bridge.Session{}, fmt.Errorf("store: session by token: %w", err)
	}
	copy(n.Key[:], key)
	n.Signed, n.Expires = toTime(signed), toTime(expires)
	return n, nil
}

// TakeSession rotates a token: the session of hash becomes next. Of two who
// show the same token only one gets it. The old session must be unexpired and
// of next's agent and tab; bridge.ErrNotFound otherwise. Disabling an agent
// drops its sessions, so a disabled one has none to rotate.
func (s *Store) TakeSession(ctx context.Context, hash [32]byte, next bridge.Session) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		res, err := tx.StmtContext(ctx, s.takeSession).ExecContext(ctx,
			next.TokenHash[:], next.Signed.UnixMilli(), next.Expires.UnixMilli(),
			hash[:], string(next.Agent), string(next.Tab), time.Now().UnixMilli())
		if err != nil {
			return nil, err
		}
		if rows, err := res.RowsAffected(); err != nil || rows == 1 {
			return nil, err
		}
		return bridge.ErrNotFound, nil
	})
	if err != nil {
		return fmt.Errorf("store: take session: %w", err)
	}
	return nil
}

// DeleteSessions ends all sessions of an agent.
func (s *Store) DeleteSessions(ctx context.Context, agent bridge.AgentID) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		return nil, dropSessions(ctx, tx, agent)
	})
	if err != nil {
		return fmt.Errorf("store: delete sessions of %s: %w", agent, err)
	}
	return nil
}

func dropSessions(ctx context.Context, q querier, agent bridge.AgentID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM sessions WHERE agent = $1`, string(agent))
	return err
}
