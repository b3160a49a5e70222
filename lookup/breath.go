package lookup

import "time"

// How long a commit works before it steps aside, and for how long.
const (
	workFor = 2 * time.Millisecond
	restFor = 20 * time.Microsecond // a millisecond in truth, where nobody else runs
)

// breath makes long work step aside for short work that cannot wait. Yielding
// the processor would not do: as long as anybody can run, Go's scheduler looks
// at the network only every 10 ms, and a ringing telephone waits there.
type breath struct{ since time.Time }

// take rests if the work has gone on for long enough.
func (b *breath) take() {
	if time.Since(b.since) < workFor {
		return
	}
	time.Sleep(restFor) //nolint:forbidigo // it is not waiting for anything: it rests
	b.since = time.Now()
}
