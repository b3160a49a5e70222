package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
)

const (
	// MaxBatch is how many queries QueryAllEach takes.
	MaxBatch = 25
	// CallBatch is how many of them are one call. A composite request takes 25
	// subrequests, of which five may be queries or collections of sObjects (REST API
	// Developer Guide, “Send Multiple Requests Using Composite”).
	CallBatch = 5
)

// QueryAllEach is QueryAll for several queries, of which each CallBatch are one
// call: a composite request counts as one, where each part of a composite/batch
// would count by itself. The first pages come with it, and what follows a first
// page is asked for as it is read. Each stream is read once. An error says that not
// all were asked; one query that is refused fails alone, in its stream.
func (c *Client) QueryAllEach(ctx context.Context, soqls []string) ([]iter.Seq2[Record, error], error) {
	const op = "query batch"
	if len(soqls) > MaxBatch {
		return nil, fmt.Errorf("salesforce: %s: %d queries are more than the %d of a request", op, len(soqls), MaxBatch)
	}
	streams := make([]iter.Seq2[Record, error], 0, len(soqls))
	for chunk := range slices.Chunk(soqls, CallBatch) {
		more, err := c.composite(ctx, op, chunk)
		if err != nil {
			return nil, err
		}
		streams = append(streams, more...)
	}
	return streams, nil
}

// composite asks so many queries as are one call.
func (c *Client) composite(ctx context.Context, op string, soqls []string) ([]iter.Seq2[Record, error], error) {
	type part struct {
		Method string `json:"method"`
		URL    string `json:"url"`
		Name   string `json:"referenceId"`
	}
	parts := make([]part, len(soqls))
	for i, soql := range soqls {
		parts[i] = part{http.MethodGet, c.apiPath("/queryAll?q=" + url.QueryEscape(soql)), fmt.Sprintf("query%d", i)}
	}
	body, err := json.Marshal(map[string]any{"compositeRequest": parts})
	if err != nil {
		return nil, fmt.Errorf("salesforce: %s: %w", op, err)
	}
	var reply struct {
		Results []batchResult `json:"compositeResponse"`
	}
	if err := c.exchange(ctx, call{op: op, method: http.MethodPost, path: c.apiPath("/composite"), body: body}, &reply); err != nil {
		return nil, err
	}
	streams := make([]iter.Seq2[Record, error], len(soqls))
	for _, result := range reply.Results { // in whatever order they have been run
		i := slices.IndexFunc(parts, func(p part) bool { return p.Name == result.Name })
		if i < 0 || streams[i] != nil {
			return nil, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: "an answer belongs to no query"}
		}
		streams[i] = c.batchStream(ctx, soqls[i], result)
	}
	if len(reply.Results) != len(soqls) {
		return nil, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: fmt.Sprintf("%d answers to %d queries", len(reply.Results), len(soqls))}
	}
	return streams, nil
}

// batchResult is what became of one part of a batch.
type batchResult struct {
	Status int             `json:"httpStatusCode"`
	Result json.RawMessage `json:"body"`
	Name   string          `json:"referenceId"`
}

// batchStream begins with the page of a batch and goes on as any query. The page is
// decoded when it is read and not before: of several only one is held as records.
func (c *Client) batchStream(ctx context.Context, soql string, r batchResult) iter.Seq2[Record, error] {
	op := opOf(soql)
	reply := &http.Response{StatusCode: r.Status, Header: http.Header{}}
	if r.Status != http.StatusOK {
		err := c.redactError(decodeError(op, reply, r.Result))
		return func(yield func(Record, error) bool) { yield(Record{}, err) }
	}
	return func(yield func(Record, error) bool) {
		var first page
		reply.Body = io.NopCloser(bytes.NewReader(r.Result))
		if err := first.read(ctx, op, reply); err != nil {
			yield(Record{}, err)
			return
		}
		r.Result = nil // a second reading would be one of rows that are old by then
		c.follow(ctx, op, "", first, yield)
	}
}
