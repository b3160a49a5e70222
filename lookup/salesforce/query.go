package salesforce

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

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
	if p.empty() {
		yield(Record{}, &Error{Op: op, Status: http.StatusOK, Code: codeTruncated, Message: "the reply tells of records and holds none"})
		return
	}
	for {
		for _, record := range p.Records {
			if !yield(record, nil) {
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
