package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Limits is what the org's last reply told of its API calls in the running 24
// hours and of its clock.
type Limits struct {
	// Used and Max are calls of the whole org; Max is 0 while unknown.
	Used, Max int
	// At is the org's clock at that reply, to the second; zero while unknown.
	At time.Time
	// Skew is how far the org's clock is ahead of this machine's.
	Skew time.Duration
}

// Share is Used of Max, 0 to 1; 0 while unknown.
func (l Limits) Share() float64 {
	if l.Max <= 0 {
		return 0
	}
	return float64(l.Used) / float64(l.Max)
}

// Limits is what the last reply told; it asks nothing.
func (c *Client) Limits() Limits {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.limits
}

// RecordCount is about how many records of an object the org has, whatever the
// run-as user sees of them: it tells an empty object from a missing permission.
// Salesforce leaves objects without records out, and refuses users who may not
// view the setup.
func (c *Client) RecordCount(ctx context.Context, object string) (int, error) {
	var reply struct {
		Objects []struct {
			Name  string `json:"name"`
			Count int    `json:"count"`
		} `json:"sObjects"`
	}
	err := c.get(ctx, "count "+object, c.apiPath("/limits/recordCount?sObjects="+url.QueryEscape(object)), &reply)
	for _, o := range reply.Objects {
		if strings.EqualFold(o.Name, object) {
			return o.Count, err
		}
	}
	return 0, err
}

// noteLimits keeps what the reply's headers tell.
func (c *Client) noteLimits(h http.Header) {
	used, limit, ok := parseLimitInfo(h.Get("Sforce-Limit-Info"))
	at, err := http.ParseTime(h.Get("Date"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok {
		c.limits.Used, c.limits.Max = used, limit
		c.usage.note(Allocation{used, limit}, time.Now())
	}
	if err == nil {
		c.limits.At, c.limits.Skew = at, time.Until(at).Round(time.Second)
	}
}

// parseLimitInfo reads "api-usage=18/5000", which may be followed by
// ", per-app-api-usage=17/250(appName=…)".
func parseLimitInfo(header string) (used, limit int, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		pair, found := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		if !found {
			continue
		}
		left, right, _ := strings.Cut(pair, "/")
		used, err := strconv.Atoi(left)
		if err != nil || used < 0 {
			return 0, 0, false
		}
		limit, err := strconv.Atoi(right)
		if err != nil || limit <= 0 {
			return 0, 0, false
		}
		return used, limit, true
	}
	return 0, 0, false
}
