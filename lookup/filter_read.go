package lookup

import (
	"context"
	"database/sql"
)

// longestNumber is how many digits E.164 allows.
const longestNumber = 15

// lineRows is how many rows of numbers one query of a build reads: about a
// millisecond, after which it may rest.
const lineRows = 500

// lineReader reads all numbers in the order of their digits: one cursor for
// each length, merged, as the database orders them by size.
type lineReader struct {
	stmt    *sql.Stmt
	breath  breath
	cursors []lineCursor
}

// lineCursor reads the numbers of one length, some rows ahead.
type lineCursor struct {
	digits int
	scale  int64 // brings the number to 15 digits
	limit  int64 // the first number that is longer
	rows   []pair
	at     int
	after  pair
	end    bool
}

// newLineReader reads numbers that are long enough to be direct dials.
func newLineReader(stmt *sql.Stmt, b breath) *lineReader {
	r := &lineReader{stmt: stmt, breath: b}
	first, scale := int64(blockLimit), int64(1)
	for digits := longestNumber; digits > blockDigits; digits-- {
		r.cursors = append(r.cursors, lineCursor{digits: digits, scale: scale})
		scale *= 10
	}
	for i := len(r.cursors) - 1; i >= 0; i-- {
		r.cursors[i].after = pair{number: first - 1, record: 1<<63 - 1}
		first *= 10
		r.cursors[i].limit = first
	}
	return r
}

// next is the next row and the digits of its number; nil at the end. The row is
// good until the next call.
func (r *lineReader) next(ctx context.Context) (*pair, int, error) {
	var least *lineCursor
	for i := len(r.cursors) - 1; i >= 0; i-- {
		c := &r.cursors[i]
		if c.at == len(c.rows) && !c.end {
			if err := r.fill(ctx, c); err != nil {
				return nil, 0, err
			}
		}
		if c.at < len(c.rows) && (least == nil || c.aligned() < least.aligned()) {
			least = c
		}
	}
	if least == nil {
		return nil, 0, nil
	}
	least.at++
	return &least.rows[least.at-1], least.digits, nil
}

func (c *lineCursor) aligned() int64 { return c.rows[c.at].number * c.scale }

func (r *lineReader) fill(ctx context.Context, c *lineCursor) error {
	r.breath.take()
	rows, err := r.stmt.QueryContext(ctx, c.after.number, c.after.record, c.limit, lineRows)
	if err != nil {
		return err
	}
	defer rows.Close()
	c.rows, c.at = c.rows[:0], 0
	var number, record, site any // no conversion by reflection
	for rows.Next() {
		if err := rows.Scan(&number, &record, &site); err != nil {
			return err
		}
		p := pair{}
		p.number, _ = number.(int64)
		p.record, _ = record.(int64)
		p.site, _ = site.(int64)
		c.rows = append(c.rows, p)
	}
	if c.end = len(c.rows) < lineRows; !c.end {
		c.after = c.rows[len(c.rows)-1]
	}
	return rows.Err()
}
