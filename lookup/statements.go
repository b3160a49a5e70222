package lookup

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// How many rows one statement carries.
const (
	chunkFind    = 50
	chunkRows    = 50
	chunkNumbers = 100
	chunkDetails = 50
	sweepRows    = 1000
)

const storedColumns = `key, id, object, name, company, account, country, owner, numbers, stamp, run, activity`

// writeStatements are what Apply and Sweep run, prepared once.
type writeStatements struct {
	find, insert, insertOne, update, mark, remove *sql.Stmt
	addNumbers, addNumber, removeNumber           *sql.Stmt
	addStem, removeStem                           *sql.Stmt
	addDetails, addDetail, removeDetail           *sql.Stmt
	bury, buried                                  *sql.Stmt
	count, unseen                                 *sql.Stmt
	all                                           []*sql.Stmt
}

func prepareWrites(ctx context.Context, db *sql.DB) (*writeStatements, error) {
	w := &writeStatements{}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&w.find, `SELECT ` + storedColumns + ` FROM record WHERE org = $1 AND id IN (` + parameters(2, chunkFind) + `)`},
		{&w.insert, insertSQL(chunkRows)},
		{&w.insertOne, insertSQL(1)},
		{&w.update, `UPDATE record SET object = $2, name = $3, company = $4, account = $5, country = $6, owner = $7,
			numbers = $8, stamp = $9, run = $10, activity = $11 WHERE key = $1`},
		{&w.mark, `UPDATE record SET run = $1 WHERE key IN (` + parameters(2, chunkFind) + `)`},
		{&w.remove, `DELETE FROM record WHERE key = $1`},
		{&w.addNumbers, numbersSQL(chunkNumbers)},
		{&w.addNumber, numbersSQL(1)},
		{&w.removeNumber, `DELETE FROM number WHERE number = $1 AND record = $2`},
		{&w.addStem, `INSERT INTO stem (stem, record) VALUES ($1, $2) ON CONFLICT (stem, record) DO NOTHING`},
		{&w.removeStem, `DELETE FROM stem WHERE stem = $1 AND record = $2`},
		{&w.addDetails, detailsSQL(chunkDetails)},
		{&w.addDetail, detailsSQL(1)},
		{&w.removeDetail, `DELETE FROM detail WHERE record = $1`},
		{&w.bury, `INSERT INTO tombstone (org, id, stamp, died) VALUES ($1, $2, $3, $4)
			ON CONFLICT (org, id) DO UPDATE SET stamp = excluded.stamp, died = excluded.died WHERE excluded.stamp > tombstone.stamp`},
		{&w.buried, `SELECT id, stamp FROM tombstone WHERE org = $1 AND id IN (` + parameters(2, chunkFind) + `)`},
		{&w.count, `INSERT INTO sync (org, object, records) VALUES ($1, $2, $3)
			ON CONFLICT (org, object) DO UPDATE SET records = sync.records + excluded.records`},
		{&w.unseen, `SELECT ` + storedColumns + ` FROM record
			WHERE key > $1 AND org = $2 AND object = $3 AND run <> $4 ORDER BY key LIMIT $5`},
	} {
		stmt, err := db.PrepareContext(ctx, unnamed(s.text))
		if err != nil {
			w.close()
			return nil, fmt.Errorf("lookup: prepare directory: %w", err)
		}
		*s.to = stmt
		w.all = append(w.all, stmt)
	}
	return w, nil
}

func (w *writeStatements) close() {
	for _, stmt := range w.all {
		_ = stmt.Close() // nothing is pending in a prepared statement
	}
}

// insertSQL takes org, object, run and the first key once, then each row. Keys
// are counted here and not by the database: only one transaction writes at a
// time, and RETURNING would cost a fifth of the whole load.
func insertSQL(rows int) string {
	const shared, columns = 4, 9
	list := make([]string, rows)
	for i := range list {
		list[i] = "($1, $2, $3, $4 + " + strconv.Itoa(i) + ", " + parameters(1+shared+i*columns, columns) + ")"
	}
	return `INSERT INTO record (org, object, run, key, id, name, company, account, country, owner, numbers, stamp, activity)
		VALUES ` + strings.Join(list, ", ")
}

func numbersSQL(rows int) string {
	list := make([]string, rows)
	for i := range list {
		list[i] = "(" + parameters(1+3*i, 3) + ")"
	}
	return `INSERT INTO number (number, record, site) VALUES ` + strings.Join(list, ", ") +
		` ON CONFLICT (number, record) DO NOTHING` // cannot fail, which spares SQLite a copy of each page
}

// detailsSQL writes details that differ from those there are.
func detailsSQL(rows int) string {
	list := make([]string, rows)
	for i := range list {
		list[i] = "(" + parameters(1+2*i, 2) + ")"
	}
	return `INSERT INTO detail (record, data) VALUES ` + strings.Join(list, ", ") +
		` ON CONFLICT (record) DO UPDATE SET data = excluded.data WHERE excluded.data <> detail.data`
}
