package lookup

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Defaults of Usage, in per cent of the org's API calls in 24 hours.
const (
	DefaultSlowAt = 60
	DefaultStopAt = 80
	// storageWarnAt and bulkWarnAt are when the org's data storage and its Bulk
	// API jobs are worth a warning, in per cent.
	storageWarnAt = 90
	bulkWarnAt    = 80
)

// Paces of an org's polling.
const (
	PaceNormal  = "normal"
	PaceSlow    = "slow"    // above Usage.SlowAt
	PaceStopped = "stopped" // above Usage.StopAt: only hints and clicks, up to a reserve
)

// Advice is something that an administrator should know of, and what helps.
type Advice struct{ Problem, Cure string }

// OrgStatus is how an org as a whole stands, beside its objects' SyncStatus.
type OrgStatus struct {
	Org      string
	Disabled bool
	// Pace is how it is polled, and Interval the pause between two syncs.
	Pace     string
	Interval time.Duration
	// Usage is what of the org's limits is used, with a forecast.
	Usage  salesforce.Usage
	Advice []Advice
	// Events is how the change events of each object stand; empty without them.
	Events []EventStatus
}

// shares are Usage's bounds, 0 to 1. The reserve above StopAt is kept for hints
// and for people: three quarters of what is left there.
func (u Usage) shares() (slow, stop, reserve float64) {
	slow = float64(cmp.Or(u.SlowAt, DefaultSlowAt)) / 100
	stop = float64(cmp.Or(u.StopAt, DefaultStopAt)) / 100
	return min(slow, stop), stop, stop + 0.75*max(1-stop, 0)
}

// pace is how an org is polled of whose calls so many are used, and how many
// times longer the pause between two syncs is: 2 to 10 where it is slow.
func (u Usage) pace(calls salesforce.Allocation) (pace string, times float64) {
	slow, stop, _ := u.shares()
	share := calls.Share()
	switch {
	case calls.Max == 0 || share < slow:
		return PaceNormal, 1
	case share >= stop:
		return PaceStopped, 1
	}
	return PaceSlow, 2 + 8*(share-slow)/(stop-slow)
}

// Advice is what is to be said of the configuration itself.
func (c *OrgConfig) Advice() []Advice {
	if c.Disabled {
		return []Advice{{
			Problem: "The org is switched off: nothing is asked of it, and its agents get no pops.",
			Cure:    "Switch it on to use it again.",
		}}
	}
	if c.SignIn.Kind == SignInPassword {
		return []Advice{{
			Problem: "The bridge signs in with a password by SOAP login(), which Salesforce ends in summer 2027.",
			Cure:    "Create an external client app and change the sign-in to client credentials.",
		}}
	}
	return nil
}

// usageAdvice is what is to be said of the use of the limits.
func usageAdvice(u salesforce.Usage, pace string, interval time.Duration, now time.Time) []Advice {
	var all []Advice
	tell := func(cure, problem string, args ...any) {
		all = append(all, Advice{Problem: fmt.Sprintf(problem, args...), Cure: cure})
	}
	const whoUsesThem = "Look in Setup, Company Information, for who uses the calls; raise the org's “Stop at”, or buy more."
	switch pace {
	case PaceStopped:
		tell(whoUsesThem, "%s per cent of the org's API calls for 24 hours are used, so it is not polled now: changes come by hints and by “Sync now”.", percent(u.Calls))
	case PaceSlow:
		tell(whoUsesThem, "%s per cent of the org's API calls for 24 hours are used, so it is polled only every %s.", percent(u.Calls), interval.Round(time.Second).String())
	}
	if !u.Full.IsZero() && u.Full.After(now) && pace != PaceStopped {
		tell(whoUsesThem, "At the present rate of %s an hour, the org's API calls for 24 hours are used up at %s.",
			strconv.Itoa(int(u.PerHour)), u.Full.UTC().Format("15:04 MST"))
	}
	if u.StorageMB.Share()*100 >= storageWarnAt {
		const full = "Delete or archive records, or buy storage: once it is full, Salesforce refuses new records, logged calls among them."
		tell(full, "%s per cent of the org's data storage are used.", percent(u.StorageMB))
	}
	if u.BulkQueries.Share()*100 >= bulkWarnAt {
		const jobs = "Look in Setup, Bulk Data Load Jobs, for who starts them. When they are used up, the bridge reads by single queries, which is slower."
		tell(jobs, "%s per cent of the org's Bulk API jobs for 24 hours are used.", percent(u.BulkQueries))
	}
	return all
}

func percent(a salesforce.Allocation) string { return strconv.Itoa(int(100 * a.Share())) }
