package lookup

import "time"

// How long a commit works before it steps aside, and for how long.
const (
	workFor = 2 * time.Millisecond
	restFor = 20 * time.Microsecond // a millisecond in truth, where nobody else runs
	// quiet is how long after the last look-up a commit no longer rests.
	quiet = 100 * time.Millisecond
)

// breath makes long work step aside for short work that cannot wait. Yielding
// the processor would not do: as long as anybody can run, Go's scheduler looks
// at the network only every 10 ms, and a ringing telephone waits there. Where
// no telephone rings, as during most first loads, the work goes on.
type breath struct {
	asked func() uint64 // look-ups so far
	seen  uint64
	heard time.Time // when they were last seen to have grown
	since time.Time
}

// busy tells that look-ups came in just now, as of the last take.
func (b *breath) busy() bool { return time.Since(b.heard) < quiet }

// take rests if the work has gone on for long enough and look-ups come in.
func (b *breath) take() {
	now := time.Now()
	if now.Sub(b.since) < workFor {
		return
	}
	if n := b.asked(); n != b.seen {
		b.seen, b.heard = n, now
	}
	if now.Sub(b.heard) < quiet {
		time.Sleep(restFor) //nolint:forbidigo // it is not waiting for anything: it rests
		now = time.Now()
	}
	b.since = now
}
