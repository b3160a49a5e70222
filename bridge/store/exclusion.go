package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// exclusions brings the list to what the document says. The audit trail counts
// them and does not say which: the list is confidential itself.
func (i importer) exclusions(ctx context.Context) error {
	for _, e := range i.d.Exclusions {
		result := added
		for _, old := range i.stored.Exclusions {
			if old.Key() == e.Key() {
				if result = changed; old == e {
					result = unchanged
				}
			}
		}
		if result != unchanged {
			if err := putExclusion(ctx, i.q, e); err != nil {
				return err
			}
		}
		i.report.Exclusions.count(result)
	}
	return nil
}

func (i importer) removeExclusions(ctx context.Context) error {
	keep := keys(i.d.Exclusions, bridge.Exclusion.Key)
	for _, e := range i.stored.Exclusions {
		if slices.Contains(keep, e.Key()) {
			continue
		}
		if _, err := i.q.ExecContext(ctx, `DELETE FROM exclusions WHERE key = $1`, e.Key()); err != nil {
			return err
		}
		i.report.Exclusions.Removed++
	}
	return nil
}

func loadExclusions(ctx context.Context, q querier) ([]bridge.Exclusion, error) {
	var out []bridge.Exclusion
	err := each(ctx, q, func(r *sql.Rows) error {
		var e bridge.Exclusion
		if err := r.Scan(&e.Number, &e.Extension, &e.Reason); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	}, `SELECT number, extension, reason FROM exclusions ORDER BY key`)
	return out, err
}

// Exclusions returns the list of what is never shown or kept.
func (s *Store) Exclusions(ctx context.Context) ([]bridge.Exclusion, error) {
	out, err := loadExclusions(ctx, s.read)
	return out, inContext("exclusions", err)
}

// SaveExclusion adds to the list; the reason of one that is there is replaced.
// The error is bridge.FieldErrors where it is no number and no extension. The
// audit trail says that the list was changed, and never by what.
func (s *Store) SaveExclusion(ctx context.Context, actor string, e bridge.Exclusion) error {
	d := bridge.Document{Version: bridge.DocumentVersion, Exclusions: []bridge.Exclusion{e}}
	if err := d.Validate(bridge.Document{}); err != nil {
		return inContext("save exclusion", under(err, "exclusions[0]."))
	}
	e = d.Exclusions[0]
	return inContext("save exclusion", s.update(ctx, func(tx *sql.Tx) error {
		if err := putExclusion(ctx, tx, e); err != nil {
			return err
		}
		return auditExclusions(ctx, tx, actor, "exclusion.save")
	}))
}

// DeleteExclusion takes one off the list by its Key.
func (s *Store) DeleteExclusion(ctx context.Context, actor, key string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		rows, err := affected(ctx, tx, `DELETE FROM exclusions WHERE key = $1`, key)
		switch {
		case err != nil:
			return err
		case rows == 0:
			return bridge.ErrNotFound
		}
		return auditExclusions(ctx, tx, actor, "exclusion.delete")
	})
	if err == nil {
		err = s.scrub(ctx) // whom it was about is nobody's business any more
	}
	return inContext("delete exclusion", err)
}

// putExclusion adds to the list. What calls with the number were still to become in
// Salesforce is not written any more.
func putExclusion(ctx context.Context, q querier, e bridge.Exclusion) error {
	where, number := `number = $1`, e.Number+e.Extension
	if prefix, many := strings.CutSuffix(number, "*"); many {
		where, number = `substr(number, 1, length($1)) = $1`, prefix
	}
	_, err := q.ExecContext(ctx, `DELETE FROM activities WHERE next > 0 AND task = '' AND tried = 0 AND number <> '' AND `+where, number)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO exclusions (key, number, extension, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET number = excluded.number, extension = excluded.extension, reason = excluded.reason`,
		e.Key(), e.Number, e.Extension, e.Reason)
	return err
}

// auditExclusions notes a change of the list and how long it is now.
func auditExclusions(ctx context.Context, q querier, actor, action string) error {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM exclusions`).Scan(&n); err != nil {
		return err
	}
	return appendAudit(ctx, q, bridge.AuditEntry{Actor: actor, Action: action, Detail: fmt.Sprintf("entries now: %d", n)})
}
