package replica

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// An object whose syncs fail waits longer each time, and only that object: where
// the run-as user cannot see one object, the others are polled as ever; where the
// org as a whole fails, all of them wait alike. It is tried again also if its
// timetable would not come to it before the night, or never.

// setback is what went wrong with an object of late.
type setback struct {
	failures int       // in a row
	next     time.Time // when it is tried again, if there are some

	// A full run that was due by its timetable and failed. The changes are read
	// meanwhile as if it had not been due.
	fullPause time.Duration
	fullNext  time.Time
	fullErr   error

	missed time.Time // when what hints were to bring is read by stamps
}

// noteOutcome counts a failure of an object, or that there is none any more.
// Failures of Run's own turns alone lengthen its pauses.
func (r *Replica) noteOutcome(ctx context.Context, q SyncRequest, polled bool, err error) {
	if q.Limit > 0 || q.DryRun || ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.setbacks[q.Object]
	switch {
	case err == nil:
		s.failures, s.next, s.missed = 0, time.Time{}, time.Time{}
	case polled:
		s.failures++
	default:
		s.failures = max(s.failures, 1)
	}
	if err != nil {
		s.next = time.Now().Add(r.backoff(q.Object, s.failures))
	}
	if err != nil && polled && q.Full {
		s.fullPause = min(max(2*s.fullPause, firstShortPause), lastShortPause)
		s.fullNext, s.fullErr = time.Now().Add(s.fullPause), err
	}
	r.setbacks[q.Object] = s
}

// noteMissed has changes read soon of an object whose hints were left over: its
// timetable may have none before the night.
func (r *Replica) noteMissed(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.setbacks[object]; s.missed.IsZero() {
		s.missed = time.Now().Add(lookup.DefaultSyncInterval)
		r.setbacks[object] = s
	}
}

// forgetSetbacks is for somebody who asks for a sync now.
func (r *Replica) forgetSetbacks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for object, s := range r.setbacks {
		s.failures, s.next = 0, time.Time{}
		r.setbacks[object] = s
	}
}

// fullFault warns that full runs of an object fail.
func (r *Replica) fullFault(object string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.setbacks[object]
	if s.fullErr == nil {
		return nil
	}
	return []string{fmt.Sprintf("The full run of %s failed and is tried again at %s; until then only changes are read. %v. %s",
		object, s.fullNext.Format("15:04"), s.fullErr, cureFor(s.fullErr))}
}

// backoff is how long an object that failed so often in a row is left alone.
func (r *Replica) backoff(object string, failures int) time.Duration {
	interval := cmp.Or(r.tables[object].Interval, lookup.DefaultSyncInterval)
	pause := interval
	for range min(failures, 10) {
		pause *= 2
	}
	return min(pause, max(maxSyncPause, interval))
}

// next is when an object is due, zero if never, and whether in full. The pause of
// its timetable is so many times as long. What has not been tried since the start
// is due.
func (r *Replica) next(object string, times float64) (at time.Time, inFull bool) {
	t, now := r.tables[object], time.Now()
	t.Interval = time.Duration(float64(t.Interval) * times)
	if t.Interval > 0 {
		t.Interval = max(t.Interval, r.eventPause(object))
	}
	r.mu.Lock()
	synced, full, s := r.synced[object], r.fulls[object], r.setbacks[object]
	r.mu.Unlock()
	if full.After(now) { // the clock was ahead then
		full = now
	}
	at, whole := t.Changes(synced), t.Full(full)
	switch {
	case s.failures > 0:
		at = s.next
	case synced.IsZero():
		at = now
	default:
		at = lookup.Earlier(at, s.missed)
	}
	if whole.IsZero() {
		return at, false
	}
	for _, not := range []time.Time{s.fullNext, s.next} {
		if whole.Before(not) {
			whole = not
		}
	}
	at = lookup.Earlier(at, whole)
	return at, !whole.After(at)
}
