package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
)

// MaxBatch is how many queries one request carries.
const MaxBatch = 25

// QueryAllEach is QueryAll for several queries in one request (the composite
// batch resource), which counts as one call: the first pages come with it, and
// what follows a first page is asked for as it is read. An error says that none
// was asked; one query that is refused fails alone, in its stream.
func (c *Client) QueryAllEach(ctx context.Context, soqls []string) ([]iter.Seq2[Record, error], error) {
	const op = "query batch"
	if len(soqls) > MaxBatch {
		return nil, fmt.Errorf("salesforce: %s: %d queries are more than the %d of a request", op, len(soqls), MaxBatch)
	}
	type part struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	}
	parts := make([]part, len(soqls))
	for i, soql := range soqls {
		parts[i] = part{http.MethodGet, "v" + c.config.APIVersion + "/queryAll?q=" + url.QueryEscape(soql)}
	}
	body, err := json.Marshal(map[string]any{"batchRequests": parts})
	if err != nil {
		return nil, fmt.Errorf("salesforce: %s: %w", op, err)
	}
	var reply struct {
		Results []batchResult `json:"results"`
	}
	if err := c.exchange(ctx, call{op: op, method: http.MethodPost, path: c.apiPath("/composite/batch"), body: body}, &reply); err != nil {
		return nil, err
	}
	if len(reply.Results) != len(soqls) {
		return nil, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: fmt.Sprintf("%d answers to %d queries", len(reply.Results), len(soqls))}
	}
	streams := make([]iter.Seq2[Record, error], len(soqls))
	for i, soql := range soqls {
		streams[i] = c.batchStream(ctx, soql, reply.Results[i])
	}
	return streams, nil
}

// batchResult is what became of one part of a batch.
type batchResult struct {
	Status int             `json:"statusCode"`
	Result json.RawMessage `json:"result"`
}

// batchStream begins with the page of a batch and goes on as any query.
func (c *Client) batchStream(ctx context.Context, soql string, r batchResult) iter.Seq2[Record, error] {
	op := opOf(soql)
	reply := &http.Response{StatusCode: r.Status, Header: http.Header{}}
	if r.Status != http.StatusOK {
		err := c.redactError(decodeError(op, reply, r.Result))
		return func(yield func(Record, error) bool) { yield(Record{}, err) }
	}
	var first page
	if err := decodeReply(op, reply, r.Result, &first); err != nil {
		return func(yield func(Record, error) bool) { yield(Record{}, err) }
	}
	return func(yield func(Record, error) bool) { c.follow(ctx, op, "", first, yield) }
}
