package salesforce

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// DefaultRequests is how many requests run at once unless Config says otherwise.
	DefaultRequests = 4
	maxRequests     = 25 // that an org lets run for long at once
	// maxWaiting bounds the requests that wait for their turn; one more is
	// refused, and its caller has Error.Temporary to try again.
	maxWaiting = 1000
)

// Classes of endpoints, as Exchange tells them.
const (
	ClassSignIn   = "sign-in"
	ClassVersions = "versions"
	ClassQuery    = "query"
	ClassBulk     = "bulk"
	ClassSearch   = "search"
	ClassDescribe = "describe"
	ClassLimits   = "limits"
	ClassRecords  = "records"
	ClassOther    = "other"
)

// Exchange is one request and how it was answered.
type Exchange struct {
	Class  string
	Status int           // 0 if there was no reply
	Took   time.Duration // to the reply's head, without the wait for a turn
}

// meter is the transport of a client. All requests pass it, of whatever method:
//
//	quota kept? ─► pause asked for by the org ─► turn (first come, first served) ─► request ─► limits noted, observed
//
// A turn ends with the reply's body, that of a bulk result with its head, as the
// org's work is done then. Signing in and asking for versions wait for nothing.
type meter struct {
	client  *Client
	next    http.RoundTripper
	turns   *semaphore.Weighted
	waiting atomic.Int64
	timeout time.Duration
}

// newHTTP makes the client's http.Client. It follows no redirects: a redirected
// sign-in would hand the secret to another host.
func newHTTP(c *Client, next http.RoundTripper) *http.Client {
	copied := *c.config.HTTPClient
	m := &meter{client: c, next: next, turns: semaphore.NewWeighted(int64(c.config.Requests)), timeout: copied.Timeout}
	if m.timeout == 0 {
		m.timeout = defaultTimeout
	}
	copied.Timeout = 0 // the meter's begins with the turn
	copied.Transport = m
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// RoundTrip implements http.RoundTripper.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	class := classOf(r.URL.Path)
	release, err := m.admit(r.Context(), class)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	body := &meteredBody{stop: cancel, release: sync.OnceFunc(release)}
	body.timer = time.AfterFunc(m.timeout, func() { body.late.Store(true); cancel() })
	start := time.Now()
	reply, err := m.next.RoundTrip(m.client.versioned(r.Clone(ctx)))
	if err != nil {
		m.client.config.Observe(Exchange{Class: class, Took: time.Since(start)})
		return nil, body.fail(err)
	}
	m.client.config.Observe(Exchange{Class: class, Status: reply.StatusCode, Took: time.Since(start)})
	m.client.noteLimits(reply.Header)
	m.client.noteHold(class, reply)
	if strings.HasSuffix(r.URL.Path, "/results") {
		body.timeout = m.timeout
		body.release()
	}
	body.ReadCloser, reply.Body = reply.Body, body
	return reply, nil
}

// admit waits until a request may be sent.
func (m *meter) admit(ctx context.Context, class string) (release func(), err error) {
	if class == ClassSignIn || class == ClassVersions {
		return func() {}, nil
	}
	if err := m.client.withinQuota(ctx, class); err != nil {
		return nil, err
	}
	if err := m.client.hold(ctx); err != nil {
		return nil, err
	}
	if m.turns.TryAcquire(1) {
		return func() { m.turns.Release(1) }, nil
	}
	defer m.waiting.Add(-1)
	if m.waiting.Add(1) > maxWaiting {
		return nil, &Error{Code: codeBusy, Message: "too many requests wait for their turn"}
	}
	if err := m.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { m.turns.Release(1) }, nil
}

// meteredBody ends turn and time-out of a request with its reply.
type meteredBody struct {
	io.ReadCloser
	stop    context.CancelFunc
	release func()
	timer   *time.Timer
	timeout time.Duration // between two reads, if not 0
	late    atomic.Bool
}

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil && b.timeout != 0:
		b.timer.Reset(b.timeout)
	case errors.Is(err, io.EOF):
		b.finish()
	case err != nil:
		err = b.fail(err)
	}
	return n, err
}

func (b *meteredBody) Close() error {
	err := b.ReadCloser.Close()
	b.finish()
	return err
}

func (b *meteredBody) finish() {
	b.timer.Stop()
	b.stop()
	b.release()
}

// fail ends the request and tells a time-out of ours from a caller who has gone.
func (b *meteredBody) fail(err error) error {
	b.finish()
	if b.late.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}

// classOf sorts the endpoints by their path.
func classOf(path string) string {
	rest, data := strings.CutPrefix(path, "/services/data/")
	switch {
	case strings.HasPrefix(path, "/services/oauth2/"), strings.HasPrefix(path, "/services/Soap/"):
		return ClassSignIn
	case !data:
		if strings.TrimSuffix(path, "/") == "/services/data" {
			return ClassVersions
		}
		return ClassOther
	}
	_, rest, _ = strings.Cut(rest, "/")
	first, _, _ := strings.Cut(rest, "/")
	switch first {
	case "query", "queryAll":
		return ClassQuery
	case "jobs":
		return ClassBulk
	case "search", "parameterizedSearch":
		return ClassSearch
	case "limits":
		return ClassLimits
	case "sobjects":
		if strings.HasSuffix(rest, "/describe") {
			return ClassDescribe
		}
		return ClassRecords
	case "composite":
		return ClassRecords
	}
	return ClassOther
}
