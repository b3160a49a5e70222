package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bulk API 2.0 queries: the org works a query off by itself and keeps what comes
// of it for seven days, as CSV in pages.
//
//	StartBulk ─► job ─► AwaitBulk ─► BulkRecords: page, locator, page … ─► EndBulk
//
// A page is never held in memory. One that breaks off is asked for again and goes
// on behind the last row that was whole, and so does a BulkPosition that was kept
// across a restart.

// BulkOperation is what a job selects.
type BulkOperation string

// The operations: deleted and archived records are among those of BulkQueryAll.
const (
	BulkQuery    BulkOperation = "query"
	BulkQueryAll BulkOperation = "queryAll"
)

const (
	// bulkPage is how many records a page is asked to have. Smaller ones cost
	// calls, larger ones more that is asked for again.
	bulkPage = 100_000
	// bulkPoll is the longest pause between two polls, bulkPatience the longest
	// wait for a job.
	bulkPoll     = 15 * time.Second
	bulkPatience = 2 * time.Hour
	// bulkEnding bounds the giving back of a job whose caller has ended.
	bulkEnding = 10 * time.Second
)

var (
	// ErrBulk says that the org does not answer this query by Bulk, because it has no
	// Bulk API or no more jobs today, or because the job failed. Query may.
	ErrBulk = errors.New("salesforce: no answer by Bulk API")
	// ErrBulkGone says that the job or its results are no longer there; start a new one.
	ErrBulkGone = errors.New("salesforce: the Bulk job is gone")
)

// bulkError is an *Error that is also kind: ErrBulk or ErrBulkGone.
type bulkError struct {
	cause *Error
	kind  error
}

func (e bulkError) Error() string   { return e.cause.Error() }
func (e bulkError) Unwrap() []error { return []error{e.cause, e.kind} }

// BulkJob is how a job stands.
type BulkJob struct {
	ID    string `json:"id"`
	State string `json:"state"` // UploadComplete, InProgress, JobComplete, Failed, Aborted
	// Processed is how many records it has found so far.
	Processed int    `json:"numberRecordsProcessed"`
	Message   string `json:"errorMessage"`
}

func (j *BulkJob) over() bool {
	return j.State == "JobComplete" || j.State == "Failed" || j.State == "Aborted"
}

// StartBulk makes a job of soql. It may not contain GROUP BY, OFFSET or COUNT();
// ORDER BY and LIMIT make it slower, as the org then cannot part the work.
func (c *Client) StartBulk(ctx context.Context, soql string, operation BulkOperation) (BulkJob, error) {
	op := "bulk " + opOf(soql)
	body, err := json.Marshal(map[string]string{
		"operation": string(operation), "query": soql, "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
	})
	if err != nil {
		return BulkJob{}, fmt.Errorf("salesforce: %s: %w", op, err)
	}
	var j BulkJob
	if err := c.exchange(ctx, call{op: op, method: http.MethodPost, path: c.apiPath("/jobs/query"), body: body}, &j); err != nil {
		return BulkJob{}, refusedJob(err)
	}
	if j.ID == "" {
		return BulkJob{}, bulkError{&Error{Op: op, Status: http.StatusOK, Code: codeNotJSON, Message: "the reply names no job"}, ErrBulk}
	}
	return j, nil
}

// refusedJob tells a refusal of the Bulk API from one that a query of any kind
// would meet.
func refusedJob(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status < 400 || e.Status >= 500 || e.Status == http.StatusUnauthorized || e.Temporary() ||
		errors.Is(err, ErrInvalidField) || errors.Is(err, ErrLimit) {
		return err
	}
	return bulkError{e, ErrBulk}
}

// AwaitBulk polls until the job is complete, less and less often; told, if not
// nil, hears of each poll.
func (c *Client) AwaitBulk(ctx context.Context, id string, told func(BulkJob)) error {
	const op = "bulk job"
	given := time.Now().Add(bulkPatience)
	for pause := c.config.Backoff / 4; ; pause = min(pause*3/2, bulkPoll) {
		var j BulkJob
		if err := c.exchange(ctx, call{op: op, method: http.MethodGet, path: c.jobPath(id)}, &j); err != nil {
			return goneJob(err)
		}
		if told != nil {
			told(j)
		}
		switch {
		case j.State == "JobComplete":
			return nil
		case j.over():
			return failedJob(j)
		case time.Now().After(given):
			return bulkError{&Error{Op: op, Code: codeBulkSlow, Message: "the org has not finished the job in two hours"}, ErrBulk}
		}
		if err := wait(ctx, max(pause, time.Millisecond)); err != nil {
			return fmt.Errorf("salesforce: %s: %w", op, err)
		}
	}
}

// failedJob is why a job came to nothing. A field that is no longer visible is
// an error of the query, whoever answers it.
func failedJob(j BulkJob) error {
	e := &Error{Op: "bulk job", Code: codeBulkFailed, Message: clip(j.Message)}
	switch {
	case strings.Contains(j.Message, "INVALID_FIELD"), strings.Contains(j.Message, "No such column"):
		e.Code = "INVALID_FIELD"
		return e
	case e.Message == "":
		e.Message = "the job ended as " + clip(j.State)
	}
	return bulkError{e, ErrBulk}
}

// goneJob marks refusals that a new job may not meet: the job is unknown, its
// locator is, or the API version has changed since it was made.
func goneJob(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code != codeNotJSON && !e.Temporary() {
		switch e.Status {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone:
			return bulkError{e, ErrBulkGone}
		}
	}
	return err
}

// EndBulk gives a job back: results that nobody will read count against the
// org's storage. It aborts the job if it still runs. It takes 10 s at most, and
// does its work also when ctx has ended.
func (c *Client) EndBulk(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bulkEnding)
	defer cancel()
	const op = "end bulk job"
	remove := call{op: op, method: http.MethodDelete, path: c.jobPath(id)}
	err := c.exchange(ctx, remove, nil)
	var refused *Error
	if err == nil || !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return err
	}
	abort := call{op: op, method: http.MethodPatch, path: c.jobPath(id), body: []byte(`{"state":"Aborted"}`)}
	if err := c.exchange(ctx, abort, nil); err != nil {
		return err
	}
	return c.exchange(ctx, remove, nil)
}

func (c *Client) jobPath(id string) string { return c.apiPath("/jobs/query/" + url.PathEscape(id)) }

// BulkQuery streams the records that soql selects by a job of its own, which is
// gone afterwards. Records come in no particular order, each is valid until the
// next one (see Record.Clone); the first error ends the stream.
func (c *Client) BulkQuery(ctx context.Context, soql string, operation BulkOperation) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		job, err := c.StartBulk(ctx, soql, operation)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer func() { _ = c.EndBulk(ctx, job.ID) }() // the org drops it after seven days anyway
		if err := c.AwaitBulk(ctx, job.ID, nil); err != nil {
			yield(Record{}, err)
			return
		}
		at := BulkPosition{Job: job.ID}
		for row, err := range c.BulkRecords(ctx, &at) {
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
