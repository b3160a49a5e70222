package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// AppendAudit adds an entry for what is done elsewhere, such as a sign-in to
// the panel. A zero Time is now.
func (s *Store) AppendAudit(ctx context.Context, e bridge.AuditEntry) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		return nil, appendAudit(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("store: append to the audit trail: %w", err)
	}
	return nil
}

// Audit returns up to limit entries, the newest first.
func (s *Store) Audit(ctx context.Context, limit int) ([]bridge.AuditEntry, error) {
	var out []bridge.AuditEntry
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var e bridge.AuditEntry
		var ms int64
		if err := r.Scan(&ms, &e.Actor, &e.Action, &e.Object, &e.Detail); err != nil {
			return err
		}
		e.Time = toTime(ms)
		out = append(out, e)
		return nil
	}, `SELECT time, actor, action, object, detail FROM audit ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("store: audit trail: %w", err)
	}
	return out, nil
}

func appendAudit(ctx context.Context, q querier, e bridge.AuditEntry) error {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	_, err := q.ExecContext(ctx, `INSERT INTO audit (time, actor, action, object, detail) VALUES ($1, $2, $3, $4, $5)`,
		e.Time.UnixMilli(), e.Actor, e.Action, e.Object, e.Detail)
	return err
}

// diff collects what a change changed, for the audit trail.
type diff []string

// add notes a field if it changed. It must not be given a secret.
func (d *diff) add(field string, from, to any) {
	a, b := fmt.Sprint(from), fmt.Sprint(to)
	if a != b {
		*d = append(*d, fmt.Sprintf("%s: %s → %s", field, orNothing(a), orNothing(b)))
	}
}

// secret notes that a secret changed, and nothing of it.
func (d *diff) secret(field, from, to string) {
	if from != to {
		*d = append(*d, field+": replaced")
	}
}

func (d diff) String() string { return strings.Join(d, "; ") }

func orNothing(s string) string {
	if s == "" || s == "[]" {
		return "nothing"
	}
	return s
}
