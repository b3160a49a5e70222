package csta

import "time"

// Bounds of the stash.
const (
	maxStash  = 1024
	stashTime = 2 * time.Second
)

// stash keeps the events of references that are not known yet: many a PBX sends
// them before it says which reference a monitor has. It is in the order of
// arrival.
type stash struct{ list []stashed }

type stashed struct {
	ref string
	arrival
}

// put keeps an event; it is false if there is no room.
func (v *stash) put(ref string, a arrival) bool {
	if len(v.list) >= maxStash {
		return false
	}
	v.list = append(v.list, stashed{ref, a})
	return true
}

// take returns the events of a reference that has become known.
func (v *stash) take(ref string) (list []arrival) {
	kept := v.list[:0]
	for _, e := range v.list {
		if e.ref == ref {
			list = append(list, e.arrival)
		} else {
			kept = append(kept, e)
		}
	}
	v.cut(kept)
	return list
}

// expire throws away what has waited too long and says how much that was.
func (v *stash) expire(now time.Time) int {
	n := 0
	for n < len(v.list) && now.Sub(v.list[n].at) >= stashTime {
		n++
	}
	if n > 0 {
		v.cut(append(v.list[:0], v.list[n:]...))
	}
	return n
}

func (v *stash) cut(kept []stashed) {
	clear(v.list[len(kept):])
	v.list = kept
	if len(kept) == 0 {
		v.list = nil
	}
}

// due is when something expires; zero: never.
func (v *stash) due() time.Time {
	if len(v.list) == 0 {
		return time.Time{}
	}
	return v.list[0].at.Add(stashTime)
}
