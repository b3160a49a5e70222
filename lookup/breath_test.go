package lookup

import (
	"testing"
	"testing/synctest"
	"time"
)

// worked is how long a breath lets work go on in a second in which n look-ups come
// in, one after the other; work is short steps.
func worked(n int) time.Duration {
	var asked uint64
	t := newTraffic(func() uint64 { return asked })
	b := Breath{traffic: t, since: time.Now()}
	const step = 100 * time.Microsecond
	begun, sum := time.Now(), time.Duration(0)
	for past := time.Duration(0); past < 2*time.Second; past = time.Since(begun) {
		asked = uint64(past.Seconds() * float64(n))
		time.Sleep(step)
		if past > time.Second { // the first one is for the rate to be known
			sum += step
		}
		b.Take()
	}
	return sum
}

// The more telephones ring, the less of the time is taken from them; none of it is
// lost where none rings, and some is left however many do.
func TestBreathLeavesTimeToCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rate     int
		min, max time.Duration
	}{
		{0, 999 * time.Millisecond, 1001 * time.Millisecond},
		{10, 800 * time.Millisecond, 950 * time.Millisecond},
		{100, 450 * time.Millisecond, 550 * time.Millisecond},
		{500, 140 * time.Millisecond, 190 * time.Millisecond},
		{100_000, 20 * time.Millisecond, 30 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := worked(test.rate); got < test.min || got > test.max {
				t.Errorf("at %d calls a second the work goes on for %v of one, want %v to %v", test.rate, got, test.min, test.max)
			}
		})
	}
}

// Work that has gone on for long does not rest for ever, and what was asked before
// it began does not count.
func TestBreathAfterCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := uint64(1 << 40)
		b := Breath{traffic: newTraffic(func() uint64 { return asked }), since: time.Now()}
		time.Sleep(time.Hour)
		begun := time.Now()
		if b.Take(); time.Since(begun) != 0 || b.Busy() {
			t.Errorf("rested for %v although nobody has asked since", time.Since(begun))
		}
		asked += 1_000_000_000
		time.Sleep(time.Hour)
		begun = time.Now()
		if b.Take(); time.Since(begun) != longestRest || !b.Busy() {
			t.Errorf("rested for %v", time.Since(begun))
		}
		for range 60 { // six seconds without a call
			time.Sleep(trafficWindow)
			b.Take()
		}
		if b.Busy() {
			t.Error("still busy after six quiet seconds")
		}
	})
}
