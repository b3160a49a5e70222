package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// call is a request other than a plain GET of JSON.
type call struct {
	op, method, path string
	body             []byte // JSON; nil for none
	accept           string // application/json if empty
}

// exchange makes a call, with repetitions, and decodes the reply into v, if that
// is not nil.
func (c *Client) exchange(ctx context.Context, k call, v any) error {
	return c.withRetries(ctx, k.op, func() error {
		reply, err := c.open(ctx, k)
		if err != nil {
			return err
		}
		defer reply.Body.Close()
		body, err := readBody(k.op, reply)
		if err != nil || v == nil {
			return err
		}
		return decodeReply(k.op, reply, body, v)
	})
}

// open makes one attempt of a call, and one more with a new session if the old
// has expired. The body of the reply is the caller's to read and to close; what
// the org refuses is an error.
func (c *Client) open(ctx context.Context, k call) (*http.Response, error) {
	s, err := c.currentSession(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := c.openWith(ctx, s, k)
	var refused *Error
	if !errors.As(err, &refused) || !refused.expired() {
		return reply, err
	}
	if s, err = c.newSession(ctx, s); err != nil {
		return nil, err
	}
	return c.openWith(ctx, s, k)
}

func (c *Client) openWith(ctx context.Context, s *session, k call) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, k.method, s.identity.InstanceURL+k.path, bytes.NewReader(k.body))
	if err != nil {
		return nil, fmt.Errorf("salesforce: %s: the address cannot be used", k.op)
	}
	s.token.SetAuthHeader(request)
	request.Header.Set("Accept", "application/json")
	if k.accept != "" {
		request.Header.Set("Accept", k.accept)
	}
	if k.body != nil {
		request.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	request.Header.Set("User-Agent", c.config.UserAgent)
	reply, err := c.http.Do(request)
	if err != nil {
		return nil, c.transportError(k.op, err)
	}
	c.noteLimits(reply.Header)
	if reply.StatusCode >= 200 && reply.StatusCode < 300 {
		return reply, nil
	}
	defer reply.Body.Close()
	body, err := readBody(k.op, reply)
	if err != nil {
		return nil, err
	}
	return nil, c.redactError(decodeError(k.op, reply, body))
}
