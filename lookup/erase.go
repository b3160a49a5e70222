package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Held is a record as the directory holds it.
type Held struct {
	Org     string   `json:"org"`
	Object  string   `json:"object"`
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Company string   `json:"company,omitempty"`
	Account string   `json:"account,omitempty"`
	Country string   `json:"country,omitempty"`
	Owner   string   `json:"owner,omitempty"`
	Numbers []string `json:"numbers,omitempty"`
	// Details are those read for address books.
	Details Details `json:"details,omitempty"`
}

// HeldOf returns the records that have one of the numbers as their own, or the
// id, in all orgs and address books.
func (d *Directory) HeldOf(ctx context.Context, numbers []Number, id string) (_ []Held, err error) {
	const columns = `SELECT o.name, r.object, r.id, r.name, r.company, r.account, r.country, r.owner, r.numbers, COALESCE(t.data, '')
		FROM record AS r JOIN org AS o ON o.key = r.org LEFT JOIN detail AS t ON t.record = r.key WHERE `
	var out []Held
	if id != "" {
		out, err = d.held(ctx, columns+`r.id = $1 ORDER BY r.key`, id)
	}
	for _, n := range numbers {
		digits, bad := strconv.ParseInt(strings.TrimPrefix(string(n), "+"), 10, 64)
		if err != nil || bad != nil {
			continue
		}
		var more []Held
		more, err = d.held(ctx, columns+`r.key IN (SELECT record FROM number WHERE number = $1) ORDER BY r.key`, digits)
		out = append(out, more...)
	}
	if err != nil {
		return nil, fmt.Errorf("lookup: records held: %w", err)
	}
	return out, nil
}

func (d *Directory) held(ctx context.Context, query string, arg any) ([]Held, error) {
	rows, err := d.db.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Held
	for rows.Next() {
		var h Held
		var numbers, details string
		if err := rows.Scan(&h.Org, &h.Object, &h.ID, &h.Name, &h.Company, &h.Account, &h.Country, &h.Owner, &numbers, &details); err != nil {
			return nil, err
		}
		if h.Details, err = parseDetails(details); err != nil {
			return nil, err
		}
		if numbers != "" {
			h.Numbers = strings.Split(numbers, ",")
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// Erase deletes the records that have one of the numbers, or the id, and
// empties the log, so that no byte of them is left in the files: what is
// deleted is overwritten with zeros (DirectoryDSN). Answers about them are void
// when it returns. What an org still has comes back when it is next read.
func (d *Directory) Erase(ctx context.Context, numbers []Number, id string) ([]Held, error) {
	found, err := d.HeldOf(ctx, numbers, id)
	if err != nil {
		return nil, err
	}
	for _, h := range found {
		if err := d.Apply(ctx, Changes{Org: h.Org, Object: h.Object, Delete: []string{h.ID}}); err != nil {
			return nil, err
		}
	}
	// The tombstones of the deletion name the records.
	err = d.commit(ctx, "erase", func(t *transaction) error {
		for _, h := range found {
			if _, err := t.tx.ExecContext(ctx, `DELETE FROM tombstone WHERE id = $1`, h.ID); err != nil {
				return err
			}
		}
		if id == "" {
			return nil
		}
		_, err := t.tx.ExecContext(ctx, `DELETE FROM tombstone WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.read.withoutSnapshots(func() { err = d.scrub(ctx) })
	return found, err
}

// scrubWithin is how long readers may hold up the emptying of the log.
const scrubWithin = 10 * time.Second

// scrub moves SQLite's log into the database and cuts it to nothing.
func (d *Directory) scrub(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scrubWithin)
	defer cancel()
	for {
		var busy, pages, moved int
		err := d.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
		switch {
		case errors.Is(err, sql.ErrNoRows): // not SQLite
			return nil
		case err != nil:
			return fmt.Errorf("lookup: empty the log of the directory: %w", err)
		case busy == 0:
			return nil
		}
	}
}
