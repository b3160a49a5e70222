package store

import (
	"context"
	"database/sql"
	"slices"

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
			_, err := i.q.ExecContext(ctx, `INSERT INTO exclusions (key, number, extension, reason) VALUES ($1, $2, $3, $4)
				ON CONFLICT (key) DO UPDATE SET number = excluded.number, extension = excluded.extension, reason = excluded.reason`,
				e.Key(), e.Number, e.Extension, e.Reason)
			if err != nil {
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
