package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// PanelSessions keeps the panel's sessions for scs (it is an scs.CtxStore).
// Cookies are stored hashed: who reads the database cannot use them.
type PanelSessions struct{ s *Store }

// PanelSessions returns the panel's part of the store.
func (s *Store) PanelSessions() PanelSessions { return PanelSessions{s} }

// FindCtx returns the data of an unexpired session.
func (p PanelSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := p.s.read.QueryRowContext(ctx, `SELECT data FROM panel_sessions WHERE token_hash = $1 AND expires > $2`,
		hashSecret(token), time.Now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("store: find panel session: %w", err)
	}
	return data, true, nil
}

// CommitCtx saves a session, new or not.
func (p PanelSessions) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return p.do(ctx, "save", `INSERT INTO panel_sessions (token_hash, data, expires) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires = excluded.expires`, hashSecret(token), data, expires.UnixMilli())
}

// DeleteCtx deletes a session; to delete none is no error.
func (p PanelSessions) DeleteCtx(ctx context.Context, token string) error {
	return p.do(ctx, "delete", `DELETE FROM panel_sessions WHERE token_hash = $1`, hashSecret(token))
}

func (p PanelSessions) do(ctx context.Context, what, query string, args ...any) error {
	err := p.s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		_, err := tx.ExecContext(ctx, query, args...)
		return nil, err
	})
	if err != nil {
		return fmt.Errorf("store: %s panel session: %w", what, err)
	}
	return nil
}

// Find is FindCtx for callers without a context.
func (p PanelSessions) Find(token string) ([]byte, bool, error) {
	return p.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (p PanelSessions) Commit(token string, data []byte, expires time.Time) error {
	return p.CommitCtx(context.Background(), token, data, expires)
}

// Delete is DeleteCtx for callers without a context.
func (p PanelSessions) Delete(token string) error { return p.DeleteCtx(context.Background(), token) }
