package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// Dump is all that the tables hold, in words, by table.
func (s *Store) Dump(ctx context.Context) (map[string]string, error) {
	var tables []string
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	}, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	out := make(map[string]string)
	for _, table := range tables {
		if err == nil {
			out[table], err = s.dump(ctx, table)
		}
	}
	return out, err
}

func (s *Store) dump(ctx context.Context, table string) (string, error) {
	var b strings.Builder
	err := each(ctx, s.read, func(r *sql.Rows) error {
		columns, err := r.Columns()
		if err != nil {
			return err
		}
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(sql.RawBytes)
		}
		err = r.Scan(row...)
		for _, v := range row {
			fmt.Fprintf(&b, "%s|", *v.(*sql.RawBytes))
		}
		return err
	}, `SELECT * FROM "`+table+`"`)
	return b.String(), err
}

func (s *Store) idsOf(ctx context.Context, query string, args ...any) (calls []bridge.CallID, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var id bridge.CallID
		err := r.Scan(&id)
		calls = append(calls, id)
		return err
	}, query, args...)
	return calls, err
}
