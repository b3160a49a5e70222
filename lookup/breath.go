package lookup

import (
	"sync"
	"time"
)

// How long work in the background goes on before it steps aside, and what share of
// the time it leaves to calls.
const (
	// workFor is how long a telephone may have to wait for it.
	workFor = 500 * time.Microsecond
	// evenRate is how many look-ups a second make it rest for as long as it works:
	// at five times as many it has a sixth of one processor.
	evenRate = 100
	// longestRest keeps it going however many come in.
	longestRest = 20 * time.Millisecond
	// trafficWindow is how often look-ups are counted. Once they end, what is taken
	// for their rate halves each time.
	trafficWindow = 100 * time.Millisecond
)

// traffic is how many look-ups come in: one for each call, and no others worth
// counting. All that rests for them asks here.
type traffic struct {
	asked func() uint64 // look-ups so far

	mu    sync.Mutex
	since time.Time
	seen  uint64
	rate  float64 // a second
}

func newTraffic(asked func() uint64) *traffic {
	return &traffic{asked: asked, since: time.Now(), seen: asked()}
}

// perSecond is the rate of look-ups, as of a moment ago.
func (t *traffic) perSecond(now time.Time) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if past := now.Sub(t.since); past >= trafficWindow {
		n := t.asked()
		t.rate = max(float64(n-t.seen)/past.Seconds(), t.rate/2)
		t.since, t.seen = now, n
	}
	return t.rate
}

// Breath makes long work step aside for short work that cannot wait: a ringing
// telephone. Yielding the processor would not do: as long as anybody can run, Go's
// scheduler looks at the network only every 10 ms. Where no telephone rings, as
// during most first loads, the work goes on at full speed.
type Breath struct {
	traffic *traffic // nil: never rests
	since   time.Time
}

// Busy tells that telephones ring.
func (b *Breath) Busy() bool { return b.traffic != nil && b.traffic.perSecond(time.Now()) >= 1 }

// Take rests if the work has gone on for long enough and look-ups come in: the
// longer, the more of them do and the longer it has worked.
func (b *Breath) Take() {
	now := time.Now()
	worked := now.Sub(b.since)
	if b.traffic == nil || worked < workFor {
		return
	}
	if rate := b.traffic.perSecond(now); rate >= 1 {
		worked = min(worked, longestRest)                                          // its first slice has no beginning
		time.Sleep(min(time.Duration(float64(worked)*rate/evenRate), longestRest)) //nolint:forbidigo // it is not waiting for anything: it rests
		now = time.Now()
	}
	b.since = now
}
