package ecma323

import (
	"errors"
	"time"
)

// ErrNoInvokeID says that all 9,998 ids wait for an answer or rest.
var ErrNoInvokeID = errors.New("csta: too many requests wait for an answer")

// maxInvokeID is the last id for requests; 9999 is for events, and 0 is left
// out because some switches use it for what they start themselves.
const maxInvokeID = EventInvokeID - 1

// Outcome is what a response's invoke id turned out to be.
type Outcome uint8

// The outcomes. Late: the request was given up before; its answer must not be
// taken for that of another one. Unknown: no such request.
const (
	Unknown Outcome = iota
	Matched
	Late
)

// Invokes are the requests of ours that wait for an answer, T being what the
// caller remembers of each. An id whose request timed out rests for a while, so
// that a late answer is not taken for the next one's. It is not for concurrent
// use; time is given by the caller.
type Invokes[T any] struct {
	rest     time.Duration
	next     InvokeID
	pending  map[InvokeID]invoke[T]
	resting  map[InvokeID]time.Time // until when
	earliest time.Time              // not later than any deadline; zero if unknown
}

type invoke[T any] struct {
	request  T
	deadline time.Time
}

// NewInvokes makes a set whose timed-out ids rest for the given time.
func NewInvokes[T any](rest time.Duration) *Invokes[T] {
	return &Invokes[T]{rest: rest, next: 1, pending: map[InvokeID]invoke[T]{}, resting: map[InvokeID]time.Time{}}
}

// Add takes a request that has to be answered by deadline and returns its id,
// ErrNoInvokeID if none is free.
func (v *Invokes[T]) Add(request T, now, deadline time.Time) (InvokeID, error) {
	for range maxInvokeID {
		id := v.next
		if v.next++; v.next > maxInvokeID {
			v.next = 1
		}
		if _, waits := v.pending[id]; waits {
			continue
		}
		if until, rests := v.resting[id]; rests {
			if now.Before(until) {
				continue
			}
			delete(v.resting, id)
		}
		v.pending[id] = invoke[T]{request, deadline}
		if v.earliest.IsZero() || deadline.Before(v.earliest) {
			v.earliest = deadline
		}
		return id, nil
	}
	return 0, ErrNoInvokeID
}

// Take ends the wait for an answer and returns its request.
func (v *Invokes[T]) Take(id InvokeID) (T, Outcome) {
	if p, waits := v.pending[id]; waits {
		delete(v.pending, id)
		return p.request, Matched
	}
	var none T
	if _, rests := v.resting[id]; rests {
		delete(v.resting, id) // answered now, so it need not rest any longer
		return none, Late
	}
	return none, Unknown
}

// GiveUp ends the wait for one answer, whose id rests from now on.
func (v *Invokes[T]) GiveUp(id InvokeID, now time.Time) {
	if _, waits := v.pending[id]; waits {
		delete(v.pending, id)
		v.resting[id] = now.Add(v.rest)
	}
}

// Expire returns the requests whose deadline has passed; their ids rest.
func (v *Invokes[T]) Expire(now time.Time) []T {
	if len(v.pending) == 0 || now.Before(v.earliest) {
		return nil
	}
	var late []T
	v.earliest = time.Time{}
	for id, p := range v.pending {
		if !now.Before(p.deadline) {
			late = append(late, p.request)
			delete(v.pending, id)
			v.resting[id] = now.Add(v.rest)
		} else if v.earliest.IsZero() || p.deadline.Before(v.earliest) {
			v.earliest = p.deadline
		}
	}
	return late
}

// Earliest is when Expire may have something next; zero if nothing waits.
func (v *Invokes[T]) Earliest() time.Time {
	if len(v.pending) == 0 {
		return time.Time{}
	}
	return v.earliest
}

// Pending counts the requests that wait.
func (v *Invokes[T]) Pending() int { return len(v.pending) }

// Drain returns all that wait and forgets everything: ids mean nothing beyond
// their connection.
func (v *Invokes[T]) Drain() []T {
	all := make([]T, 0, len(v.pending))
	for _, p := range v.pending {
		all = append(all, p.request)
	}
	clear(v.pending)
	clear(v.resting)
	return all
}
