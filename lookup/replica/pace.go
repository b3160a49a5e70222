package replica

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

const (
	// storageWarnAt and bulkWarnAt are when the org's data storage and its Bulk
	// API jobs are worth a warning, in per cent.
	storageWarnAt = 90
	bulkWarnAt    = 80
)

// shares are the bounds of u, 0 to 1. The reserve above StopAt is kept for hints
// and for people: three quarters of what is left there.
func shares(u lookup.Usage) (slow, stop, reserve float64) {
	slow = float64(cmp.Or(u.SlowAt, lookup.DefaultSlowAt)) / 100
	stop = float64(cmp.Or(u.StopAt, lookup.DefaultStopAt)) / 100
	return min(slow, stop), stop, stop + 0.75*max(1-stop, 0)
}

// pace is how an org is polled of whose calls so many are used, and how many
// times longer the pause between two syncs is: 2 to 10 where it is slow.
func pace(u lookup.Usage, calls salesforce.Allocation) (pace string, times float64) {
	slow, stop, _ := shares(u)
	share := calls.Share()
	switch {
	case calls.Max == 0 || share < slow:
		return lookup.PaceNormal, 1
	case share >= stop:
		return lookup.PaceStopped, 1
	}
	return lookup.PaceSlow, 2 + 8*(share-slow)/(stop-slow)
}

// usageAdvice is what is to be said of the use of the limits.
func usageAdvice(u salesforce.Usage, reserve float64, pace string, interval time.Duration, now time.Time) []lookup.Advice {
	var all []lookup.Advice
	tell := func(cure, problem string, args ...any) {
		all = append(all, lookup.Advice{Problem: fmt.Sprintf(problem, args...), Cure: cure})
	}
	const whoUsesThem = "Look in Setup, Company Information, for who uses the calls; raise the org's “Stop at”, or buy more."
	switch pace {
	case lookup.PaceStopped:
		tell(whoUsesThem, "%s per cent of the org's API calls for 24 hours are used, so it is not polled now: changes come by hints and by “Sync now”.", percent(u.Calls))
	case lookup.PaceSlow:
		tell(whoUsesThem, "%s per cent of the org's API calls for 24 hours are used, so it is polled only every %s.", percent(u.Calls), interval.Round(time.Second).String())
	}
	if share := u.Calls.Share(); u.Calls.Max > 0 && share >= reserve {
		tell("Switch off agents who leave in the bridge itself, and look in Setup, Company Information, for who uses the calls.", "%s per cent of the org's API calls for 24 hours are used, so who may sign in is known as of before: a user who is deactivated in Salesforce now stays signed in to the bridge until calls are left again.", percent(u.Calls))
	}
	if !u.Full.IsZero() && u.Full.After(now) && pace != lookup.PaceStopped {
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
