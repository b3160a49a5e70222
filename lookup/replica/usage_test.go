package replica_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// metered is a clockwork whose calls are used by others.
type metered struct {
	clockwork
	use    salesforce.Usage
	limits int // times that /limits was asked
}

func (m *metered) Usage() salesforce.Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.use
}

func (m *metered) ReadLimits(context.Context) (salesforce.Usage, error) {
	m.mu.Lock()
	m.limits++
	m.mu.Unlock()
	return m.Usage(), nil
}

func (m *metered) setUsed(used int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.use.Calls = salesforce.Allocation{Used: used, Max: 100}
	m.asked = nil
}

// TestPollingLeavesCallsToOthers: normal, slow at 60 per cent, stopped at 80,
// where a click still works, and back.
func TestPollingLeavesCallsToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &metered{clockwork: clockwork{start: time.Now()}}
		c.setUsed(10)
		r := replica.New(replica.Config{
			Org:    lookup.OrgConfig{ID: "00D7Q0000000001UAA", Schedule: lookup.Schedule{Interval: "1m", Full: lookup.Off}},
			Client: c, Directory: newShelf(),
		})
		stop := running(t, r)
		defer stop()
		hour := func(used, least, most int, pace string) {
			t.Helper()
			c.setUsed(used)
			time.Sleep(16 * time.Minute) // the pause begun at the old pace
			c.setUsed(used)
			time.Sleep(time.Hour)
			if n := len(c.times()); n < least || n > most {
				t.Errorf("at %d per cent %d syncs an hour, want %d to %d", used, n, least, most)
			}
			if s := r.OrgStatus(); s.Pace != pace || (pace == lookup.PaceNormal) != (len(s.Advice) == 0) {
				t.Errorf("at %d per cent status %+v, want pace %s", used, s, pace)
			}
		}
		hour(59, 59, 61, lookup.PaceNormal)
		hour(60, 29, 31, lookup.PaceSlow)
		hour(79, 6, 7, lookup.PaceSlow)
		hour(80, 0, 0, lookup.PaceStopped)
		r.TriggerByHand("")
		synctest.Wait()
		if n := len(c.times()); n != 1 {
			t.Errorf("a click made %d syncs, want 1", n)
		}
		r.Trigger("Contact")
		synctest.Wait()
		if n := len(c.times()); n != 2 {
			t.Errorf("click and hint made %d syncs, want 2", n)
		}
		hour(20, 59, 61, lookup.PaceNormal)
		if c.limits < 10 || c.limits > 16 {
			t.Errorf("the limits were asked for %d times in six hours, one of them stopped", c.limits)
		}
	})
}

func TestUsageOfOnesOwn(t *testing.T) {
	c := &metered{}
	r := replica.New(replica.Config{Org: lookup.OrgConfig{Usage: lookup.Usage{SlowAt: 20, StopAt: 30}}, Client: c, Directory: newShelf(), Interval: time.Minute})
	for used, want := range map[int]string{19: lookup.PaceNormal, 20: lookup.PaceSlow, 29: lookup.PaceSlow, 30: lookup.PaceStopped} {
		c.setUsed(used)
		if s := r.OrgStatus(); s.Pace != want {
			t.Errorf("%d per cent is %s, want %s", used, s.Pace, want)
		}
	}
}

func TestOrgStatusAdvice(t *testing.T) {
	full := time.Now().Add(3 * time.Hour)
	for name, tt := range map[string]struct {
		config lookup.OrgConfig
		use    salesforce.Usage
		want   string
	}{
		"nothing":  {lookup.OrgConfig{}, salesforce.Usage{Calls: salesforce.Allocation{Used: 1, Max: 100}}, ""},
		"unknown":  {lookup.OrgConfig{}, salesforce.Usage{}, ""},
		"password": {lookup.OrgConfig{SignIn: lookup.SignIn{Kind: lookup.SignInPassword}}, salesforce.Usage{}, "summer 2027"},
		"disabled": {lookup.OrgConfig{Disabled: true}, salesforce.Usage{}, "switched off"},
		"slow":     {lookup.OrgConfig{}, salesforce.Usage{Calls: salesforce.Allocation{Used: 70, Max: 100}}, "70 per cent of the org's API calls for 24 hours are used, so it is polled only every 6m0s"},
		"stopped":  {lookup.OrgConfig{}, salesforce.Usage{Calls: salesforce.Allocation{Used: 85, Max: 100}}, "not polled now"},
		"forecast": {lookup.OrgConfig{}, salesforce.Usage{Calls: salesforce.Allocation{Used: 50, Max: 100}, PerHour: 12.4, Full: full}, "rate of 12 an hour, the org's API calls for 24 hours are used up at " + full.UTC().Format("15:04") + " UTC"},
		"storage":  {lookup.OrgConfig{}, salesforce.Usage{StorageMB: salesforce.Allocation{Used: 91, Max: 100}}, "91 per cent of the org's data storage"},
		"bulk":     {lookup.OrgConfig{}, salesforce.Usage{BulkQueries: salesforce.Allocation{Used: 9000, Max: 10_000}}, "90 per cent of the org's Bulk API jobs"},
	} {
		r := replica.New(replica.Config{Org: tt.config, Client: &metered{use: tt.use}, Directory: newShelf(), Interval: time.Minute})
		all := r.OrgStatus().Advice
		if tt.want == "" {
			if len(all) != 0 {
				t.Errorf("%s: %+v", name, all)
			}
			continue
		}
		if len(all) != 1 || !strings.Contains(all[0].Problem, tt.want) || all[0].Cure == "" {
			t.Errorf("%s: %+v, want %q", name, all, tt.want)
		}
	}
}

// TestRetryAfterIsAskedOfRun: an org that asks for 40 minutes has them.
func TestRetryAfterIsAskedOfRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{start: time.Now(), fail: &salesforce.Error{Op: "query", Code: "SERVER_UNAVAILABLE", Status: 503, RetryAfter: 40 * time.Minute}}
		stop := running(t, replica.New(replica.Config{Client: c, Directory: newShelf(), Interval: time.Minute}))
		time.Sleep(41 * time.Minute)
		stop()
		if got := c.times(); !sameTimes(got, 0, 40*time.Minute) {
			t.Errorf("asked at %v", got)
		}
	})
}

// TestSignInKindsAgree: the words of the configuration are the client's.
func TestSignInKindsAgree(t *testing.T) {
	for ours, theirs := range map[string]string{
		lookup.SignInClientCredentials: salesforce.ClientCredentials, lookup.SignInJWTBearer: salesforce.JWTBearer,
		lookup.SignInWebServer: salesforce.WebServer, lookup.SignInPassword: salesforce.Password,
	} {
		if ours != theirs {
			t.Errorf("%q is called %q by the client", ours, theirs)
		}
	}
}
