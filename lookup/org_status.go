package lookup

import (
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Defaults of Usage, in per cent of the org's API calls in 24 hours.
const (
	DefaultSlowAt = 60
	DefaultStopAt = 80
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

// EventStatus is how the change events of an object stand.
type EventStatus struct {
	Object, Topic string
	// Up says that the stream stands; Since when, or since when it does not.
	Up    bool
	Since time.Time
	// Events taken since the start, the newest at Last, and how often something
	// was missing among them, or could not be read, so that a sync had to bring it.
	Events, Gaps uint64
	Last         time.Time
	// Lag is how long after its commit in the org the newest event came, LastGap when
	// something was missing last.
	Lag     time.Duration
	LastGap time.Time
	// LastError is why it does not stand, and Cure what to do about it.
	LastError, Cure string
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

// HintStatus tells of the hints of one org since the start.
type HintStatus struct {
	Org string
	// Records hinted at, of which Read were read again; Left over to the next
	// sync were those above the budget, the bound or of objects not read yet.
	Records, Read, Left uint64
	// Budget is what is left of this hour's queries.
	Budget int
}

// LiveStatus tells of the live searches of one org since the start.
type LiveStatus struct {
	Org string
	On  bool
	// Asked of the org, of which Found and Failed; Refused were over the budget.
	Asked, Found, Failed, Refused uint64
	// Left of this hour's budget.
	Left int
}

// ErrNoLiveSearch says that an org is not asked for a number, not that the number is nobody's.
var ErrNoLiveSearch = errors.New("lookup: live search is off, or the org has not been read yet")

// ErrShared says that records are read again together with others, within two minutes.
var ErrShared = errors.New("lookup: too many of late; it is read together with others within two minutes")
