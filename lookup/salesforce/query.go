package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// page is one reply of the query resource.
type page struct {
	TotalSize int    `json:"totalSize"`
	Done      bool   `json:"done"`
	Next      string `json:"nextRecordsUrl"`
	// Records are plain maps here: an UnmarshalJSON for each would read every byte twice.
	Records []map[string]any `json:"records"`
}

// decode reads a page record by record and rests in between: a page
// of 2,000 records takes longer than a ringing telephone should wait.
func (p *page) decode(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		switch name {
		case "records":
			err = p.decodeRecords(d)
		case "totalSize":
			err = d.Decode(&p.TotalSize)
		case "done":
			err = d.Decode(&p.Done)
		case "nextRecordsUrl":
			err = d.Decode(&p.Next)
		default:
			var other json.RawMessage
			err = d.Decode(&other)
		}
		if err != nil {
			return err
		}
	}
	return expect(d, '}')
}

func (p *page) decodeRecords(d *json.Decoder) error {
	first, err := d.Token()
	if err != nil || first == nil { // null
		return err
	}
	if first != json.Delim('[') {
		return fmt.Errorf("records are %v and no list", first)
	}
	for d.More() {
		var fields map[string]any
		if err := d.Decode(&fields); err != nil {
			return err
		}
		p.Records = append(p.Records, fields)
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, delim json.Delim) error {
	t, err := d.Token()
	if err == nil && t != delim {
		err = fmt.Errorf("%v where %v should be", t, delim)
	}
	return err
}

// Query streams the records that soql selects, page after page, in the order
// the org sends them. The first error ends the stream; ErrQueryLocator means
// that the rest has expired and a new query has to go on behind the last record.
func (c *Client) Query(ctx context.Context, soql string) iter.Seq2[Record, error] {
	return c.stream(ctx, "query", soql)
}

// QueryAll is Query with deleted and archived records among the others; their
// IsDeleted field tells them.
func (c *Client) QueryAll(ctx context.Context, soql string) iter.Seq2[Record, error] {
	return c.stream(ctx, "queryAll", soql)
}

// Count is what "SELECT COUNT() FROM …" answers.
func (c *Client) Count(ctx context.Context, soql string) (int, error) {
	var p page
	err := c.get(ctx, opOf(soql), c.queryPath("query", soql), &p)
	if err == nil && !p.Done {
		err = &Error{Op: opOf(soql), Status: http.StatusOK, Code: codeTruncated, Message: "the reply holds no count"}
	}
	return p.TotalSize, err
}

func (c *Client) queryPath(resource, soql string) string {
	return c.apiPath("/" + resource + "?q=" + url.QueryEscape(soql))
}

func (c *Client) apiPath(rest string) string {
	return "/services/data/v" + c.config.APIVersion + rest
}

func (c *Client) stream(ctx context.Context, resource, soql string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		op, path := opOf(soql), c.queryPath(resource, soql)
		var first page
		if err := c.get(ctx, op, path, &first); err != nil {
			yield(Record{}, err)
			return
		}
		c.follow(ctx, op, path, first, yield)
	}
}

// follow yields the records of a page, which came from path, and of those behind it.
func (c *Client) follow(ctx context.Context, op, path string, p page, yield func(Record, error) bool) {
	for {
		for _, fields := range p.Records {
			if !yield(Record{fields: fields}, nil) {
				return
			}
		}
		next, err := nextPath(op, path, p)
		if err == nil && next != "" {
			path = next
			err = c.get(ctx, op, path, &p)
		}
		if err != nil {
			yield(Record{}, err)
		}
		if err != nil || next == "" {
			return
		}
	}
}

// nextPath is where the next page is, empty after the last. It must lead on
// within the API of the same host, for the token goes there.
func nextPath(op, current string, p page) (string, error) {
	if p.Done || p.Next == "" {
		if !p.Done {
			return "", &Error{Op: op, Code: codeTruncated, Message: "the list is not complete, but the reply names no next page"}
		}
		return "", nil
	}
	if !strings.HasPrefix(p.Next, "/services/data/") || p.Next == current {
		return "", &Error{Op: op, Code: codeTruncated, Message: "the reply names a next page that cannot be"}
	}
	return p.Next, nil
}

// opOf names a query by its object alone: its text may hold personal data.
func opOf(soql string) string {
	words := strings.Fields(soql)
	for i, w := range words[:max(len(words)-1, 0)] {
		if strings.EqualFold(w, "FROM") {
			return "query " + clip(words[i+1])
		}
	}
	return "query"
}

// QuoteString makes s a SOQL string literal with its quotes.
func QuoteString(s string) string {
	return "'" + soqlEscaper.Replace(s) + "'"
}

var soqlEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, `"`, `\"`)
