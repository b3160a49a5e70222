package salesforce

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"time"
)

const (
	// sampleEvery and samples bound the memory of the forecast: the last hour.
	sampleEvery = time.Minute
	samples     = 61
	// leastSpan is how long the use must have been watched for a forecast.
	leastSpan = 10 * time.Minute
)

// Allocation is one of the org's limits, used by whomever.
type Allocation struct {
	Used, Max int // Max is 0 while unknown
}

// Share is Used of Max, 0 to 1 and above; 0 while unknown.
func (a Allocation) Share() float64 {
	if a.Max <= 0 {
		return 0
	}
	return float64(a.Used) / float64(a.Max)
}

// Usage is what of the org's limits is used, by all who use it.
type Usage struct {
	// Calls are API calls in the running 24 hours, as the last reply told.
	Calls Allocation
	// BulkQueries are query jobs of the Bulk API in 24 hours, StorageMB is the
	// data storage; both as ReadLimits last found them.
	BulkQueries, StorageMB Allocation
	// At is when Calls were told, ReadAt when ReadLimits last succeeded.
	At, ReadAt time.Time
	// PerHour is how many calls an hour were used of late; Full is when the day's
	// calls are used up at that rate, zero if not within 24 hours.
	PerHour float64
	Full    time.Time
}

type sample struct {
	at   time.Time
	used int
}

// usage is what a client remembers of it.
type usage struct {
	told    Usage
	samples []sample // oldest first, one a minute
}

// note keeps the use that a reply has told.
func (u *usage) note(calls Allocation, now time.Time) {
	u.told.Calls, u.told.At = calls, now
	last := len(u.samples) - 1
	if last >= 0 && now.Sub(u.samples[last].at) < sampleEvery {
		return
	}
	if last+1 >= samples {
		u.samples = append(u.samples[:0], u.samples[1:]...)
	}
	u.samples = append(u.samples, sample{now, calls.Used})
}

// now is the use with its forecast.
func (u *usage) now(now time.Time) Usage {
	told := u.told
	for _, first := range u.samples {
		age := told.At.Sub(first.at)
		if age > samples*sampleEvery {
			continue // from before a silence
		}
		if age < leastSpan {
			break
		}
		told.PerHour = float64(told.Calls.Used-first.used) / age.Hours()
		break
	}
	if left := told.Calls.Max - told.Calls.Used; told.PerHour > 0 && told.Calls.Max > 0 {
		hours := math.Max(float64(left)/told.PerHour, 0)
		if full := told.At.Add(time.Duration(hours * float64(time.Hour))); hours < 24 && full.After(now) {
			told.Full = full.Round(time.Minute)
		}
	}
	return told
}

// Usage is what the replies so far have told; it asks nothing.
func (c *Client) Usage() Usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usage.now(time.Now())
}

// ReadLimits asks the org for its limits (/limits). It costs one API call and
// is let through whatever WithQuota says.
func (c *Client) ReadLimits(ctx context.Context) (Usage, error) {
	type limit struct{ Max, Remaining int }
	var reply struct {
		Calls   limit `json:"DailyApiRequests"`
		Bulk    limit `json:"DailyBulkV2QueryJobs"`
		Storage limit `json:"DataStorageMB"`
	}
	if err := c.get(ctx, "read limits", c.apiPath("/limits"), &reply); err != nil {
		return Usage{}, err
	}
	used := func(l limit) Allocation { return Allocation{Used: l.Max - l.Remaining, Max: l.Max} }
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.usage.told.BulkQueries, c.usage.told.StorageMB, c.usage.told.ReadAt = used(reply.Bulk), used(reply.Storage), now
	if calls := used(reply.Calls); calls.Max > 0 && c.usage.told.Calls.Max == 0 {
		c.usage.note(calls, now) // where a proxy has taken the header away
		c.limits.Used, c.limits.Max = calls.Used, calls.Max
	}
	return c.usage.now(now), nil
}

type quotaKey struct{}

// WithQuota makes requests with the context end with ErrLimit once share (0 to
// 1) of the org's API calls is used, so that the rest is left to others.
// Signing in and ReadLimits are not bound by it.
func WithQuota(ctx context.Context, share float64) context.Context {
	return context.WithValue(ctx, quotaKey{}, share)
}

func (c *Client) withinQuota(ctx context.Context, class string) error {
	share, bound := ctx.Value(quotaKey{}).(float64)
	if !bound || class == ClassLimits {
		return nil
	}
	calls := c.Usage().Calls
	if calls.Max == 0 || calls.Share() < share {
		return nil
	}
	return &Error{
		Code:    codeQuotaKept,
		Message: fmt.Sprintf("%d of the org's %d API calls for 24 hours are used, %.0f %% and more are left to others", calls.Used, calls.Max, 100*share),
	}
}

// noteHold keeps how long the org asks us to wait.
func (c *Client) noteHold(class string, reply *http.Response) {
	after := retryAfter(reply.Header)
	if after == 0 || class == ClassSignIn || reply.StatusCode != http.StatusTooManyRequests && reply.StatusCode != http.StatusServiceUnavailable {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(after); until.After(c.holdUntil) {
		c.holdUntil = until
	}
}

// hold waits as the org has asked for, and refuses where that is long.
func (c *Client) hold(ctx context.Context) error {
	c.mu.Lock()
	left := time.Until(c.holdUntil)
	c.mu.Unlock()
	if left > maxRetryAfter {
		left = cmp.Or(left.Round(time.Second), time.Second)
		return &Error{
			Status: http.StatusServiceUnavailable, Code: codeHold, RetryAfter: left,
			Message: "Salesforce has asked for a pause of another " + left.String(),
		}
	}
	if left <= 0 {
		return nil
	}
	return wait(ctx, left)
}
