package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// atOnce is how many new rows one statement writes: that costs half of what as
// many statements do.
const atOnce = 16

// bulkQuery inserts rows. Those whose key is there already are left out. The
// parameters have no names: the driver would look at them each time.
func bulkQuery(table, columns string, rows int) string {
	row := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	return "INSERT OR IGNORE INTO " + table + " (" + columns + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
}

// bulkStatements write the rows of a table: as many as atOnce, one that is new, and
// one that is there already, by the same arguments and the time in milliseconds after them.
type bulkStatements struct{ many, one, change *sql.Stmt }

// in are the statements in a transaction, with no rows yet.
func (b bulkStatements) in(ctx context.Context, tx *sql.Tx) *bulk {
	return &bulk{bulkStatements: bulkStatements{tx.StmtContext(ctx, b.many), tx.StmtContext(ctx, b.one), tx.StmtContext(ctx, b.change)}}
}

// bulk collects rows of a table until there are enough for one statement.
type bulk struct {
	bulkStatements
	rows []bulkRow
	args []any // of the last statement: its memory serves the next one
}

// bulkRow is a row to be written.
type bulkRow struct {
	args []any
	// changed is called where the row was there already, unless nil.
	changed func(context.Context) error
}

// add writes a row, now or with the next ones.
func (b *bulk) add(ctx context.Context, row bulkRow) error {
	if b.rows = append(b.rows, row); len(b.rows) < atOnce {
		return nil
	}
	return b.flush(ctx)
}

// flush writes what has collected, in order: of two rows with the same key the
// later one stays.
func (b *bulk) flush(ctx context.Context) error {
	rows := b.rows
	b.rows = b.rows[:0]
	if len(rows) == atOnce {
		b.args = b.args[:0]
		for _, row := range rows {
			b.args = append(b.args, row.args...)
		}
		if n, err := changedRows(b.many.ExecContext(ctx, b.args...)); err != nil || n == atOnce {
			return err
		}
	}
	for _, row := range rows {
		if err := b.write(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// write writes one row.
func (b *bulk) write(ctx context.Context, row bulkRow) error {
	n, err := changedRows(b.one.ExecContext(ctx, row.args...))
	if err != nil || n == 1 {
		return err
	}
	if _, err = b.change.ExecContext(ctx, append(row.args, time.Now().UnixMilli())...); err != nil || row.changed == nil {
		return err
	}
	return row.changed(ctx)
}

func changedRows(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
