package salesforce

import (
	"context"
	"io"
	"net/http"
)

// OpenForTest gets a path and leaves the body to the caller.
func (c *Client) OpenForTest(ctx context.Context, path string) (io.ReadCloser, error) {
	reply, err := c.open(ctx, call{op: "test", method: http.MethodGet, path: path})
	if err != nil {
		return nil, err
	}
	return reply.Body, nil
}
