package lookup

import (
	"context"
	"fmt"
	"strconv"
)

// longestNumber is how many digits E.164 allows.
const longestNumber = 15

// lineRows is how many rows of numbers one query of a build reads: about a
// millisecond, after which it may rest.
const lineRows = 500

// lineReader reads all numbers in the order of their digits: one cursor for
// each length, merged, as the database orders them by size.
type lineReader struct {
	session *session
	breath  Breath
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
func newLineReader(s *session, b Breath) *lineReader {
	r := &lineReader{session: s, breath: b}
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

// linesSQL packs all rows of a query into one: three columns of each would cost
// twice as much as to find them. The limit is no parameter, as SQLite prepares a
// statement anew for each value of it.
func linesSQL() string {
	return `SELECT string_agg(` + packedColumn([]string{"number", "record", "site"}) + `, ',') FROM
		(SELECT number, record, site FROM number WHERE (number, record) > ($1, $2) AND number < $3
			ORDER BY number, record LIMIT ` + strconv.Itoa(lineRows) + `) AS lines HAVING COUNT(*) > 0`
}

func (r *lineReader) fill(ctx context.Context, c *lineCursor) error {
	r.breath.Take()
	c.rows, c.at = c.rows[:0], 0
	args := []any{c.after.number, c.after.record, c.limit}
	err := r.session.use(func() error {
		return r.session.query(ctx, shape{what: askLines}, linesSQL, args, func(packed string) (bool, error) { return false, c.take(packed) })
	})
	c.end = len(c.rows) < lineRows
	return err
}

// take reads the rows of a query, which must come in order: those that begin
// alike are judged together.
func (c *lineCursor) take(packed string) error {
	for u := (unpacker{rest: packed}); !u.end; {
		p := pair{number: u.number(), record: u.number(), site: u.number()}
		if u.bad {
			return errPacked
		}
		if p.number < c.after.number || p.number == c.after.number && p.record <= c.after.record {
			return fmt.Errorf("%w: numbers out of order", errPacked)
		}
		c.rows, c.after = append(c.rows, p), p
	}
	return nil
}
