package replica

import (
	"time"
)

// Pauses between two full runs of an object of which the org sent less than it
// counts: all of it may be a million records.
const (
	firstShortPause = 15 * time.Minute
	lastShortPause  = 6 * time.Hour
)

// shortRun is a full run that got less than the org counts. What is new since is
// read meanwhile; the directory has no watermark for it.
type shortRun struct {
	newest   time.Time // the newest stamp when it began
	next     time.Time // when to try again
	pause    time.Duration
	warnings []string
}

// short is the short run of an object that is not to be tried again yet.
func (r *Replica) short(object string) (run shortRun, waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run, known := r.shorts[object]
	return run, known && time.Now().Before(run.next)
}

// noteShort remembers a short run.
func (r *Replica) noteShort(object string, newest time.Time, warnings []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pause := firstShortPause
	if before, again := r.shorts[object]; again {
		pause = min(2*before.pause, lastShortPause)
	}
	r.shorts[object] = shortRun{newest: newest, next: time.Now().Add(pause), pause: pause, warnings: warnings}
	delete(r.settled, object)
}

// forgetShort is called when a full run was whole.
func (r *Replica) forgetShort(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.shorts, object)
}
