package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// Administrator finds an administrator by name, whatever its case;
// bridge.ErrNotFound if there is none.
func (s *Store) Administrator(ctx context.Context, name string) (bridge.Administrator, error) {
	a, err := loadAdministrator(ctx, s.read, name)
	return a, inContext("administrator", err)
}

// Administrators returns all administrators by name.
func (s *Store) Administrators(ctx context.Context) ([]bridge.Administrator, error) {
	var out []bridge.Administrator
	err := each(ctx, s.read, func(r *sql.Rows) error {
		a, err := scanAdministrator(r)
		out = append(out, a)
		return err
	}, `SELECT name, password_hash, created_at FROM administrators ORDER BY name_key`)
	return out, inContext("administrators", err)
}

// SaveAdministrator saves an administrator under the name, new or not. A zero
// CreatedAt is now for a new one.
func (s *Store) SaveAdministrator(ctx context.Context, actor string, a bridge.Administrator) error {
	a.Name = strings.TrimSpace(a.Name)
	if a.Name == "" || len(a.Name) > 80 {
		return bridge.FieldErrors{{Path: "name", Text: "must have 1 to 80 characters"}}
	}
	if a.PasswordHash == "" {
		return bridge.FieldErrors{{Path: "password", Text: "is missing"}}
	}
	if a.CreatedAt.IsZero() {
		a.CreatedAt = time.Now()
	}
	return inContext("save administrator", s.update(ctx, func(tx *sql.Tx) error {
		e := bridge.AuditEntry{Actor: actor, Action: "administrator.update", Object: a.Name}
		old, err := loadAdministrator(ctx, tx, a.Name)
		switch {
		case errors.Is(err, bridge.ErrNotFound):
			e.Action = "administrator.create"
		case err != nil:
			return err
		default:
			var d diff
			d.add("name", old.Name, a.Name)
			d.secret("password", old.PasswordHash, a.PasswordHash)
			if e.Detail = d.String(); e.Detail == "" {
				return nil
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO administrators (name_key, name, password_hash, created_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name_key) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash`,
			strings.ToLower(a.Name), a.Name, a.PasswordHash, a.CreatedAt.UnixMilli())
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, e)
	}))
}

// DeleteAdministrator deletes an administrator; bridge.ErrConflict for the
// last one, who would lock everybody out.
func (s *Store) DeleteAdministrator(ctx context.Context, actor, name string) error {
	return inContext("delete administrator", s.update(ctx, func(tx *sql.Tx) error {
		a, err := loadAdministrator(ctx, tx, name)
		if err != nil {
			return err
		}
		var others int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM administrators WHERE name_key <> $1`, strings.ToLower(a.Name)).Scan(&others); err != nil {
			return err
		}
		if others == 0 {
			return conflictf("%s is the last administrator; create another one first.", a.Name)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM administrators WHERE name_key = $1`, strings.ToLower(a.Name)); err != nil {
			return err
		}
		return appendAudit(ctx, tx, bridge.AuditEntry{Actor: actor, Action: "administrator.delete", Object: a.Name})
	}))
}

func loadAdministrator(ctx context.Context, q querier, name string) (bridge.Administrator, error) {
	a, err := scanAdministrator(q.QueryRowContext(ctx, `SELECT name, password_hash, created_at FROM administrators WHERE name_key = $1`,
		strings.ToLower(strings.TrimSpace(name))))
	if errors.Is(err, sql.ErrNoRows) {
		err = bridge.ErrNotFound
	}
	return a, err
}

// scanner is a row or the current one of several.
type scanner interface{ Scan(dest ...any) error }

func scanAdministrator(r scanner) (bridge.Administrator, error) {
	var a bridge.Administrator
	var created int64
	err := r.Scan(&a.Name, &a.PasswordHash, &created)
	a.CreatedAt = toTime(created)
	return a, err
}
