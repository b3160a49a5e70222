package salesforce_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

func wiredConfig(w wire) salesforce.Config {
	return salesforce.Config{
		InstanceURL: "https://acme.my.salesforce.com", ClientID: "consumer-key", ClientSecret: "consumer-secret",
		HTTPClient: &http.Client{Transport: w}, Retries: -1,
	}
}

// TestRequestsAtOnceAreBoundedAndFair: three at a time, in the order of their asking.
func TestRequestsAtOnceAreBoundedAndFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		var mu sync.Mutex
		var order []string
		config := wiredConfig(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			order = append(order, r.URL.Path)
			mu.Unlock()
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			return reply(200, `{"name":"X","fields":[]}`), nil
		})
		config.Requests = 3
		c := newClient(t, config)
		if _, err := c.OrgID(t.Context()); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		var want []string
		begun := time.Now()
		for i := range 12 {
			object := "Object" + string(rune('A'+i))
			want = append(want, "/services/data/v66.0/sobjects/"+object+"/describe")
			group.Go(func() { _, _ = c.Describe(t.Context(), object) })
			synctest.Wait() // so that they ask one after another
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := c.Describe(ctx, "Late"); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 500*time.Millisecond {
			t.Errorf("who gives up gets %v after %v", err, time.Since(begun))
		}
		group.Wait()
		if took := time.Since(begun); took != 4*time.Second || most.Load() != 3 {
			t.Errorf("12 requests of a second took %v, %d at once; want 4 s and 3", took, most.Load())
		}
		for i := 0; i < 12; i += 3 { // those of one round run at the same time
			slices.Sort(order[i : i+3])
		}
		if !slices.Equal(order, want) {
			t.Errorf("order is %q", order)
		}
	})
}

// TestSignInWaitsForNoTurn: a session expires while a request hangs.
func TestSignInWaitsForNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expired := false
		config := wiredConfig(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/Hanging/") {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			if !expired {
				expired = true
				return reply(401, `[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]`), nil
			}
			return reply(200, `{"name":"Lead","fields":[]}`), nil
		})
		config.Requests = 2
		c := newClient(t, config)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _, _ = c.Describe(ctx, "Hanging") })
		synctest.Wait()
		if _, err := c.Describe(t.Context(), "Lead"); err != nil {
			t.Error(err)
		}
		cancel()
		group.Wait()
	})
}

func TestQuotaIsLeftToOthers(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetLimit(799, 1000)
	c := newClient(t, configFor(org))
	polling := salesforce.WithQuota(t.Context(), 0.8)
	if _, err := c.Describe(polling, "Lead"); err != nil {
		t.Fatal("the first call cannot know:", err)
	}
	before := org.Requests("")
	_, err := c.Describe(polling, "Lead")
	if !errors.Is(err, salesforce.ErrLimit) || !strings.Contains(err.Error(), "800 of the org's 1000") || !strings.Contains(salesforce.Cure(err), "Stop at") {
		t.Errorf("%v with cure %q", err, salesforce.Cure(err))
	}
	if org.Requests("") != before {
		t.Error("something was asked all the same")
	}
	if _, err := c.Describe(salesforce.WithQuota(t.Context(), 0.95), "Lead"); err != nil {
		t.Error("the reserve:", err)
	}
	if _, err := c.ReadLimits(polling); err != nil {
		t.Error("the limits themselves:", err)
	}
	org.ExpireSessions()
	org.SetLimit(10, 1000)
	if _, err := c.ReadLimits(polling); err != nil {
		t.Error("sign-in:", err)
	}
	if _, err := c.Describe(polling, "Lead"); err != nil {
		t.Error("when calls are left again:", err)
	}
}

func TestReadLimits(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetLimit(10, 1000)
	org.SetStorage(970, 1000)
	org.SetBulkQueries(30, 10_000)
	u, err := newClient(t, configFor(org)).ReadLimits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if u.Calls != (salesforce.Allocation{Used: 11, Max: 1000}) || u.StorageMB.Share() != 0.97 || u.BulkQueries.Used != 30 || u.ReadAt.IsZero() || !u.Full.IsZero() {
		t.Errorf("usage is %+v", u)
	}
}

// TestForecast: 600 calls an hour of 10,000, from 4,000 on.
func TestForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		used := 4000
		c := newClient(t, wiredConfig(func(*http.Request) (*http.Response, error) {
			return reply(200, `{"totalSize":0,"done":true,"records":[]}`, "Sforce-Limit-Info", "api-usage="+itoa(used)+"/10000"), nil
		}))
		ask := func() {
			t.Helper()
			if _, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead"); err != nil {
				t.Fatal(err)
			}
		}
		ask()
		if u := c.Usage(); u.PerHour != 0 || !u.Full.IsZero() {
			t.Errorf("one reply makes a forecast: %+v", u)
		}
		for range 120 {
			time.Sleep(time.Minute)
			used += 10
			ask()
		}
		u := c.Usage()
		if u.Calls.Used != 5200 || u.PerHour < 599 || u.PerHour > 601 {
			t.Errorf("usage is %+v, want 5200 and 600 an hour", u)
		}
		if left := time.Until(u.Full); left < 7*time.Hour+55*time.Minute || left > 8*time.Hour+5*time.Minute {
			t.Errorf("full in %v, want 8 h", left)
		}
		for range 70 { // it falls as calls of yesterday leave the window
			time.Sleep(time.Minute)
			used -= 5
			ask()
		}
		if u := c.Usage(); !u.Full.IsZero() || u.PerHour >= 0 {
			t.Errorf("falling use is forecast to be full: %+v", u)
		}
	})
}

func itoa(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// TestPauseIsKeptByAll: what the org asks of one request, all keep.
func TestPauseIsKeptByAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after, requests := "20", 0
		c := newClient(t, wiredConfig(func(*http.Request) (*http.Response, error) {
			if requests++; requests == 1 {
				return reply(503, unavailable, "Retry-After", after), nil
			}
			return reply(200, `{"name":"Lead","fields":[]}`), nil
		}))
		_, _ = c.Describe(t.Context(), "Lead")
		begun := time.Now()
		if _, err := c.Describe(t.Context(), "Lead"); err != nil || time.Since(begun) != 20*time.Second {
			t.Errorf("%v after %v, want 20 s", err, time.Since(begun))
		}
		after, requests = "600", 0
		_, _ = c.Describe(t.Context(), "Lead")
		_, err := c.Describe(t.Context(), "Lead")
		var e *salesforce.Error
		if !errors.As(err, &e) || e.RetryAfter != 10*time.Minute || requests != 1 {
			t.Errorf("%v after %d requests, want a pause of ten minutes without asking", err, requests)
		}
		time.Sleep(10 * time.Minute)
		if _, err := c.Describe(t.Context(), "Lead"); err != nil {
			t.Error(err)
		}
	})
}

func TestObserve(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	var mu sync.Mutex
	seen := map[string]int{}
	c := configFor(org)
	c.Observe = func(x salesforce.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen[x.Class+" "+itoa(x.Status)]++
		if x.Took <= 0 {
			t.Errorf("%+v took no time", x)
		}
	}
	org.Inject(salesforcetest.Fault{Path: "/describe", Code: "SERVER_UNAVAILABLE"})
	org.Inject(salesforcetest.Fault{Path: "/search", Kind: salesforcetest.FaultDrop, Times: -1})
	client := newClient(t, c)
	_, err1 := client.Describe(t.Context(), "Lead")
	_, err2 := client.Count(t.Context(), "SELECT COUNT() FROM Lead")
	_, err3 := client.ReadLimits(t.Context())
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Search(t.Context(), "FIND {x}"); err == nil {
		t.Fatal("no error")
	}
	for what, n := range map[string]int{"sign-in 200": 1, "versions 200": 1, "describe 503": 1, "describe 200": 1, "query 200": 1, "limits 200": 1, "search ": 1} {
		if seen[what] != n {
			t.Errorf("%q seen %d times, want %d; all: %v", what, seen[what], n, seen)
		}
	}
}

func TestHighestVersion(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetVersions(60, 71)
	c := configFor(org)
	c.APIVersion = "highest"
	client := newClient(t, c)
	if client.APIVersion() != "" {
		t.Error("the version is known before anybody was asked")
	}
	if _, err := client.Describe(t.Context(), "Lead"); err != nil {
		t.Fatal(err)
	}
	if n := org.Requests("/v71.0/"); n != 1 || client.APIVersion() != "71.0" {
		t.Errorf("%d requests of version 71.0, version is %s", n, client.APIVersion())
	}
	all, err := client.Versions(t.Context())
	if err != nil || all[0] != "60.0" || all[len(all)-1] != "71.0" {
		t.Errorf("versions are %v: %v", all, err)
	}
	if n := org.Requests("/services/data"); n == 0 {
		t.Error("versions are not asked for")
	}
}

func TestVersionThatTheOrgLacks(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetVersions(31, 65)
	c := newClient(t, configFor(org))
	_, err := c.Describe(t.Context(), "Lead")
	if err == nil || !strings.Contains(err.Error(), "no API version 66.0; its newest is 65.0") {
		t.Errorf("%v", err)
	}
	org.SetVersions(31, 66)
	if _, err := c.Describe(t.Context(), "Lead"); err != nil {
		t.Error(err)
	}
}

// TestVersionsUntold: a fixed version is taken for good where the org does not
// tell its versions.
func TestVersionsUntold(t *testing.T) {
	c := newClient(t, wiredConfig(func(*http.Request) (*http.Response, error) { return reply(200, `{"name":"Lead","fields":[]}`), nil }))
	if _, err := c.Describe(t.Context(), "Lead"); err != nil {
		t.Error(err)
	}
	org := startOrg(t, salesforcetest.Options{})
	org.Inject(salesforcetest.Fault{Path: "/services/data", Code: "UNKNOWN_EXCEPTION"})
	if _, err := newClient(t, configFor(org)).Describe(t.Context(), "Lead"); err != nil {
		t.Error(err)
	}
}

func TestAPIURLOverridesTheInstance(t *testing.T) {
	org, gateway := startOrg(t, salesforcetest.Options{}), startOrg(t, salesforcetest.Options{})
	c := configFor(org)
	c.APIURL = gateway.URL() + "/"
	_, err := newClient(t, c).Describe(t.Context(), "Lead")
	if err == nil || org.Requests("/describe") != 0 || gateway.Requests("/describe") == 0 {
		t.Errorf("%v; the org was asked %d times, the gateway %d", err, org.Requests("/describe"), gateway.Requests("/describe"))
	}
}

// TestSlowReplyTimesOut: a request is bounded as a whole, however slowly it comes.
func TestSlowReplyTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, wiredConfig(func(r *http.Request) (*http.Response, error) {
			out := reply(200, "")
			out.Body = io.NopCloser(&slow{ctx: r.Context(), left: 10})
			return out, nil
		}))
		begun := time.Now()
		_, err := c.Describe(t.Context(), "Lead")
		if took := time.Since(begun); err == nil || took != 130*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestLongResultsOnlyFallSilent: a result of the Bulk API may take longer than
// that as long as it keeps coming, and gives its turn back at once.
func TestLongResultsOnlyFallSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := wiredConfig(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/results") {
				return reply(200, `{"name":"Lead","fields":[]}`), nil
			}
			out := reply(200, "")
			out.Body = io.NopCloser(&slow{ctx: r.Context(), left: 10, silent: strings.Contains(r.URL.Path, "silent")})
			return out, nil
		})
		config.Requests = 1
		c := newClient(t, config)
		read := func(job string) (int, error) {
			body, err := c.OpenForTest(t.Context(), "/services/data/v66.0/jobs/query/"+job+"/results")
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if _, err := c.Describe(t.Context(), "Lead"); err != nil {
				t.Error("the turn is not given back:", err)
			}
			all, err := io.ReadAll(body)
			return len(all), err
		}
		if n, err := read("750"); n != 10 || err != nil {
			t.Errorf("%d bytes, %v; want 10 in ten minutes", n, err)
		}
		if _, err := read("silent"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("silence ends with %v", err)
		}
	})
}

// slow sends a byte a minute.
type slow struct {
	ctx  context.Context //nolint:containedctx // a body ends with its request
	left int

	silent bool
}

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	pause := time.Minute
	if s.silent {
		pause = time.Hour
	}
	select {
	case <-time.After(pause):
		s.left--
		p[0] = ' '
		return 1, nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}
