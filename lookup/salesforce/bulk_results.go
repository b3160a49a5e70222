package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// BulkPosition is a place in the results of a job. It can be kept and gone on
// from as long as the org keeps the job, seven days, by a client of the same API
// version.
type BulkPosition struct {
	Job     string `json:"job"`
	Locator string `json:"locator,omitempty"` // of the page; empty: the first; bulkEnd: behind the last
	Row     int    `json:"row,omitempty"`     // rows of the page that have been read
	Last    string `json:"last,omitempty"`    // Id of the last of them, to tell that the page is still the same
}

// bulkEnd is what the org says instead of the locator of a next page.
const bulkEnd = "null"

// BulkRecords streams the results of a complete job from at on, and moves at: when
// a record is yielded, at is the place behind it. fields are those that every page
// must have. A page that does not come as it should is asked for again, and goes
// on behind the last row yielded, so that each record comes once. A record is
// valid until the next one (see Record.Clone).
func (c *Client) BulkRecords(ctx context.Context, at *BulkPosition, fields ...string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for at.Locator != bulkEnd {
			more := true
			next, err := c.bulkPage(ctx, at, fields, func(r Record) bool {
				more = yield(r, nil)
				return more
			})
			switch {
			case err != nil:
				yield(Record{}, err)
				return
			case !more:
				return
			}
			*at = BulkPosition{Job: at.Job, Locator: next}
		}
	}
}

// bulkPage reads one page, with repetitions; one that brought new rows begins
// their count anew. yield says whether to go on.
func (c *Client) bulkPage(ctx context.Context, at *BulkPosition, fields []string, yield func(Record) bool) (next string, err error) {
	for {
		before := at.Row
		err = c.withRetries(ctx, "bulk results", func() error {
			if before != at.Row {
				return errProgress
			}
			var failure error
			next, failure = c.bulkPageOnce(ctx, at, fields, yield)
			return failure
		})
		if !errors.Is(err, errProgress) {
			return next, err
		}
	}
}

// errProgress ends the repetitions of a page that was read in part.
var errProgress = errors.New("salesforce: rows have come meanwhile")

func (c *Client) bulkPageOnce(ctx context.Context, at *BulkPosition, fields []string, yield func(Record) bool) (next string, err error) {
	query := url.Values{"maxRecords": {strconv.Itoa(bulkPage)}}
	if at.Locator != "" {
		query.Set("locator", at.Locator)
	}
	k := call{op: "bulk results", method: http.MethodGet, path: c.jobPath(at.Job) + "/results?" + query.Encode(), accept: "text/csv"}
	reply, err := c.open(ctx, k)
	if err != nil {
		return "", goneJob(err)
	}
	defer reply.Body.Close()
	next, count, err := bulkHeader(reply, at.Locator)
	if err != nil {
		return "", err
	}
	return next, readRows(reply.Body, count, at, fields, yield)
}

// bulkHeader reads what the header says of a page: the locator of the next, and
// how many records it has, -1 if it does not say.
func bulkHeader(reply *http.Response, current string) (next string, count int, err error) {
	bad := func(code, message string) *Error {
		return &Error{Op: "bulk results", Status: reply.StatusCode, Code: code, Message: message}
	}
	kind, _, _ := strings.Cut(reply.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "text/csv") {
		return "", 0, bad(codeNotJSON, "a page came instead of data")
	}
	next = reply.Header.Get("Sforce-Locator")
	if next == "" || next == current {
		return "", 0, bulkError{bad(codeTruncated, "the reply does not say whether more follows"), ErrBulk}
	}
	count = -1
	if text := reply.Header.Get("Sforce-NumberOfRecords"); text != "" {
		if count, err = strconv.Atoi(text); err != nil || count < 0 {
			return "", 0, bad(codeTruncated, "the reply says an impossible number of records")
		}
	}
	return next, count, nil
}

// readRows yields the rows of a page from at on. Too few rows, or one that is not
// whole, make an error that may pass.
func readRows(body io.Reader, count int, at *BulkPosition, fields []string, yield func(Record) bool) error {
	rows, err := newRows(body, fields)
	if err != nil {
		return err
	}
	n := 0
	for ; ; n++ {
		record, more, err := rows.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if n < at.Row {
			if n == at.Row-1 && at.Last != "" && record.ID() != at.Last {
				return bulkError{&Error{Op: "bulk results", Code: codeBulkChanged, Message: "the results are not those that were read before"}, ErrBulkGone}
			}
			continue
		}
		at.Row, at.Last = n+1, record.ID()
		if !yield(record) {
			return nil
		}
	}
	if count >= 0 && n != count || n < at.Row {
		return rows.broken(fmt.Errorf("%d records of %d", n, max(count, at.Row)))
	}
	return nil
}
