package salesforce_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// wire answers requests without a network, so that time can be a bubble's.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		return reply(200, `{"access_token":"t0ken-t0ken","id":"https://x/id/00D7Q0000000001UAA/0057Q0000000001AAA"}`), nil
	}
	if r.URL.Path == "/services/data" {
		return reply(200, `[{"version":"65.0"},{"version":"66.0"}]`), nil
	}
	return w(r)
}

func reply(status int, body string, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func wired(t testing.TB, w wire) *salesforce.Client { return wiredWith(t, w, 0) }

func wiredWith(t testing.TB, w wire, retries int) *salesforce.Client {
	t.Helper()
	c, err := salesforce.New(salesforce.Config{
		InstanceURL: "https://acme.my.salesforce.com", ClientID: "consumer-key", ClientSecret: "consumer-secret",
		HTTPClient: &http.Client{Transport: w}, Retries: retries,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const unavailable = `[{"errorCode":"SERVER_UNAVAILABLE","message":"We are down for maintenance."}]`

func TestBackoffGrowsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := wired(t, func(*http.Request) (*http.Response, error) {
			requests++
			return reply(503, unavailable), nil
		})
		begun := time.Now()
		if _, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead"); err == nil {
			t.Fatal("no error")
		}
		// Full jitter around 0.5, 1, 2 and 4 s: at most 15 s in all.
		if took := time.Since(begun); requests != 5 || took == 0 || took > 15*time.Second {
			t.Errorf("%d requests in %v", requests, took)
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	for _, header := range []string{"7", "Mon, 02 Nov 2026 10:00:07 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			requests := 0
			c := wired(t, func(*http.Request) (*http.Response, error) {
				if requests++; requests == 1 {
					return reply(429, `[{"errorCode":"X","message":"slow down"}]`, "Retry-After", header, "Date", "Mon, 02 Nov 2026 10:00:00 GMT"), nil
				}
				return reply(200, `{"totalSize":3,"done":true,"records":[]}`), nil
			})
			begun := time.Now()
			n, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
			if took := time.Since(begun); err != nil || n != 3 || took < 7*time.Second || took > 8*time.Second {
				t.Errorf("%s: %d, %v after %v", header, n, err, took)
			}
		})
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := wired(t, func(*http.Request) (*http.Response, error) { return reply(503, unavailable, "Retry-After", "50"), nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := c.Describe(ctx, "Lead")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestSilentServerTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := wired(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		_, err := c.Describe(t.Context(), "Lead")
		if cure := salesforce.Cure(err); !strings.Contains(cure, "in time") {
			t.Errorf("%v with cure %q", err, cure)
		}
	})
}

func TestNetworkErrorsNameTheirCure(t *testing.T) {
	for words, cause := range map[string]error{
		"name server": &net.DNSError{Err: "no such host", Name: "acme.my.salesforce.com", IsNotFound: true},
		"CA":          x509.UnknownAuthorityError{},
		"clock":       x509.CertificateInvalidError{Reason: x509.Expired},
		"firewall":    &net.OpError{Op: "dial", Err: errors.New("connection refused")},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := wired(t, func(*http.Request) (*http.Response, error) { return nil, cause })
			_, err := c.Count(t.Context(), "SELECT COUNT() FROM Contact WHERE Phone = '030 23125-101'")
			if cure := salesforce.Cure(err); !strings.Contains(cure, words) {
				t.Errorf("%v with cure %q, want %q in it", err, cure, words)
			}
			if err == nil || strings.Contains(err.Error(), "23125") {
				t.Errorf("the error tells the query: %v", err)
			}
		})
	}
}

func TestCureOfOtherErrors(t *testing.T) {
	if got := salesforce.Cure(nil); got != "" {
		t.Errorf("no error has the cure %q", got)
	}
	if got := salesforce.Cure(context.Canceled); got != "" {
		t.Errorf("a cancelled request has the cure %q", got)
	}
	if got := salesforce.Cure(errors.New("disk full")); got == "" {
		t.Error("an error of another kind has no cure")
	}
}

// FuzzReply feeds the client with any reply to a query: it must end, tell no
// secret, and every failure must have a cure.
func FuzzReply(f *testing.F) {
	f.Add(200, `{"totalSize":1,"done":true,"records":[{"Id":"003000000000001AAA"}]}`)
	f.Add(200, `{"totalSize":1,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g-1","records":[null]}`)
	f.Add(403, `[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"t0ken-t0ken","fields":["a"]}]`)
	f.Add(400, `{"error":"invalid_grant","error_description":"consumer-secret"}`)
	f.Add(302, `<html>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		requests := 0
		c := wiredWith(t, func(*http.Request) (*http.Response, error) {
			if requests++; requests > 3 {
				cancel()
			}
			return reply(status, body, "Sforce-Limit-Info", body, "Retry-After", strconv.Itoa(3600)), nil
		}, -1)
		for r, err := range c.Query(ctx, "SELECT Id FROM Contact") {
			r.String("Account.Name")
			var e *salesforce.Error
			if err == nil || !errors.As(err, &e) {
				continue
			}
			if text := err.Error() + e.Cure(); e.Cure() == "" || strings.Contains(text, "t0ken-t0ken") || strings.Contains(text, "consumer-secret") {
				t.Errorf("%q", text)
			}
		}
	})
}
