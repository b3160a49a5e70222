package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// bodyLimit bounds one reply; a page of 2,000 records with every phone
	// field is about 2 MB.
	bodyLimit = 64 << 20
	// maxBackoff bounds the wait between two attempts, maxRetryAfter the wait
	// that the org may ask for; a longer one is the caller's to plan.
	maxBackoff    = 30 * time.Second
	maxRetryAfter = 60 * time.Second
)

// get asks for path (with its query string, on the API's host) and decodes the
// reply into v. op names the request in errors.
func (c *Client) get(ctx context.Context, op, path string, v any) error {
	return c.withRetries(ctx, op, func() error { return c.getOnce(ctx, op, path, v) })
}

// getOnce makes one attempt, and one more with a new session if the old has expired.
func (c *Client) getOnce(ctx context.Context, op, path string, v any) error {
	s, err := c.currentSession(ctx)
	if err != nil {
		return err
	}
	err = c.send(ctx, s, op, path, v)
	var refused *Error
	if !errors.As(err, &refused) || !refused.expired() {
		return err
	}
	if s, err = c.newSession(ctx, s); err != nil {
		return err
	}
	return c.send(ctx, s, op, path, v)
}

func (c *Client) send(ctx context.Context, s *session, op, path string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.identity.InstanceURL+path, nil)
	if err != nil {
		return fmt.Errorf("salesforce: %s: the address cannot be used", op)
	}
	s.token.SetAuthHeader(request)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.config.UserAgent)
	if c.config.BatchSize != 0 {
		request.Header.Set("Sforce-Query-Options", fmt.Sprintf("batchSize=%d", c.config.BatchSize))
	}
	reply, err := c.http.Do(request)
	if err != nil {
		return c.transportError(op, err)
	}
	defer reply.Body.Close()
	if p, ok := v.(*page); ok && reply.StatusCode == http.StatusOK {
		return p.read(ctx, op, reply)
	}
	body, err := readBody(op, reply)
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return c.redactError(decodeError(op, reply, body))
	}
	return decodeReply(op, reply, body, v)
}

func (c *Client) redactError(e *Error) *Error {
	e.Message = c.redact(e.Message)
	return e
}

func readBody(op string, reply *http.Response) ([]byte, error) { return readUpTo(op, reply, bodyLimit) }

func readUpTo(op string, reply *http.Response, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if n := reply.ContentLength; n > 0 && n <= limit {
		b.Grow(int(n) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(reply.Body, limit+1))
	switch {
	case err != nil:
		return nil, &Error{Op: op, Status: reply.StatusCode, Code: codeTruncated, Message: "the reply broke off", cause: err}
	case n > limit:
		return nil, &Error{Op: op, Status: reply.StatusCode, Code: codeTooLarge, Message: fmt.Sprintf("the reply is larger than %d MB", limit>>20)}
	}
	return b.Bytes(), nil
}

// decodeReply tells a reply that was cut short from one that is no JSON at all,
// such as a maintenance page with status 200.
func decodeReply(op string, reply *http.Response, body []byte, v any) error {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] != '{' && trimmed[0] != '[' {
		return &Error{Op: op, Status: reply.StatusCode, Code: codeNotJSON, Message: "a page came instead of data"}
	}
	if err := json.Unmarshal(body, v); err != nil {
		return &Error{Op: op, Status: reply.StatusCode, Code: codeTruncated, Message: "the reply is cut short or damaged", cause: err}
	}
	return nil
}

// withRetries repeats attempt while it fails for a passing reason, with full
// jitter so that several bridges do not come back together.
func (c *Client) withRetries(ctx context.Context, op string, attempt func() error) error {
	for n := 0; ; n++ {
		err := attempt()
		var e *Error
		if err == nil || !errors.As(err, &e) || !e.Temporary() || n >= c.config.Retries || e.RetryAfter > maxRetryAfter {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("salesforce: %s: %w", op, ctx.Err())
		}
		pause := c.backoff(n, e.RetryAfter)
		c.log.LogAttrs(ctx, slog.LevelWarn, "salesforce request is repeated",
			slog.String("cause", e.Code), slog.Int("attempt", n+1), slog.Duration("pause", pause))
		if err := wait(ctx, pause); err != nil {
			return fmt.Errorf("salesforce: %s: %w", op, err)
		}
	}
}

// backoff is a random wait around Backoff·2ⁿ, never shorter than the org asks for.
func (c *Client) backoff(n int, asked time.Duration) time.Duration {
	span := min(c.config.Backoff<<(n+1), 2*maxBackoff)
	return asked + min(rand.N(span), maxBackoff)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
