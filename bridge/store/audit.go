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

// CountAudit is AppendAudit for what anybody can cause as often as they like: of
// the same actor, action and object in the same minute there is one row, which
// counts. Its detail is the first one, and says so where others differ.
func (s *Store) CountAudit(ctx context.Context, e bridge.AuditEntry) error {
	err := s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		now := e.Time
		if now.IsZero() {
			now = time.Now()
		}
		rows, err := affected(ctx, tx, `UPDATE audit SET times = times + 1,
				detail = CASE WHEN detail IN ($1, '', $2) OR detail LIKE $3 THEN detail ELSE detail || $2 END
			WHERE id = (SELECT MAX(id) FROM audit WHERE time >= $4 AND actor = $5 AND action = $6 AND object = $7)`,
			e.Detail, andOthers, "%"+andOthers, now.Truncate(time.Minute).UnixMilli(), e.Actor, e.Action, e.Object)
		if err != nil || rows > 0 {
			return nil, err
		}
		return nil, appendAudit(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("store: count in the audit trail: %w", err)
	}
	return nil
}

const andOthers = ", and others"

// Audit returns the entries that a filter lets through, the newest first.
func (s *Store) Audit(ctx context.Context, f bridge.AuditFilter) ([]bridge.AuditEntry, error) {
	query, args := auditQuery(f)
	var out []bridge.AuditEntry
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var e bridge.AuditEntry
		var ms int64
		if err := r.Scan(&e.ID, &ms, &e.Actor, &e.Action, &e.Object, &e.Detail, &e.Times); err != nil {
			return err
		}
		e.Time = toTime(ms)
		out = append(out, e)
		return nil
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("store: audit trail: %w", err)
	}
	return out, nil
}

// auditQuery writes a filter in SQL. Case does not count in ASCII letters, of
// which nearly all entries are.
func auditQuery(f bridge.AuditFilter) (query string, args []any) {
	where := []string{"1 = 1"}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Before > 0 {
		add("id < $%d", f.Before)
	}
	for _, action := range f.Without {
		add("action <> $%d", action)
	}
	for _, word := range f.Words {
		add(`lower(actor || ' ' || action || ' ' || object || ' ' || detail) LIKE $%d ESCAPE '\'`, "%"+likeText(word)+"%")
	}
	query = "SELECT id, time, actor, action, object, detail, times FROM audit WHERE " + strings.Join(where, " AND ") + " ORDER BY id DESC"
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return query, args
}

// likeText is a word as LIKE takes it: nothing in it has a meaning, ASCII
// letters in lower case as SQLite's lower makes them.
func likeText(word string) string {
	word = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, word)
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
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

// secret notes that a secret changed or went, and nothing of it.
func (d *diff) secret(field, from, to string) {
	switch {
	case from == to:
	case to == "":
		*d = append(*d, field+": removed")
	default:
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
