package lookup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Details are what address books show of a record beside its name and numbers, by
// target (TargetFax and those behind it). They are kept beside the records, where
// no look-up passes.
type Details map[string]string

// detailRow is a record's details to be written, empty to be removed.
type detailRow struct {
	record int64
	data   string
}

// text is how they are kept: JSON, whose keys are sorted.
func (d Details) text() string {
	if len(d) == 0 {
		return ""
	}
	text, err := json.Marshal(d)
	if err != nil {
		return "" // a map of strings always can
	}
	return string(text)
}

func parseDetails(text string) (Details, error) {
	if text == "" {
		return nil, nil
	}
	var d Details
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("lookup: details: %w", err)
	}
	return d, nil
}

// Details are those of records of an org by id; of records without any there are
// none.
func (d *Directory) Details(ctx context.Context, org string, ids []string) (map[string]Details, error) {
	out := map[string]Details{}
	for chunk := range slices.Chunk(ids, chunkFind) {
		args := []any{org}
		for i := range chunkFind {
			args = append(args, chunk[min(i, len(chunk)-1)]) // the last one fills up
		}
		if err := d.readDetails(ctx, out, args); err != nil {
			return nil, fmt.Errorf("lookup: details: %w", err)
		}
	}
	return out, nil
}

func (d *Directory) readDetails(ctx context.Context, out map[string]Details, args []any) error {
	rows, err := d.db.QueryContext(ctx, `SELECT r.id, t.data FROM org o JOIN record r ON r.org = o.key JOIN detail t ON t.record = r.key
		WHERE o.name = $1 AND r.id IN (`+parameters(2, chunkFind)+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if out[id], err = parseDetails(text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// beginDetails sees whether there are details at all: where none are mapped, a
// commit does nothing about them.
func (t *transaction) beginDetails() error {
	return t.tx.QueryRowContext(t.ctx, `SELECT EXISTS (SELECT 1 FROM detail)`).Scan(&t.detailed)
}

// detail notes what becomes of a record's details; fresh says that it is new.
func (t *transaction) detail(record int64, d Details, fresh bool) {
	text := d.text()
	if text != "" || t.detailed && !fresh {
		t.details = append(t.details, detailRow{record, text})
	}
}

// writeDetails writes what detail noted, which is what differs from before.
func (t *transaction) writeDetails() error {
	filled := t.details[:0]
	for _, row := range t.details {
		if row.data != "" {
			filled = append(filled, row)
			continue
		}
		if _, err := t.stmt(t.sql.removeDetail).ExecContext(t.ctx, row.record); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(filled, chunkDetails) {
		stmt, size := t.sql.addDetails, chunkDetails
		if len(chunk) < chunkDetails {
			stmt, size = t.sql.addDetail, 1
		}
		for part := range slices.Chunk(chunk, size) {
			t.args = t.args[:0]
			for _, row := range part {
				t.args = append(t.args, row.record, row.data)
			}
			if _, err := t.stmt(stmt).ExecContext(t.ctx, t.args...); err != nil {
				return err
			}
		}
		t.detailed = true
	}
	t.details = t.details[:0]
	return nil
}
