package replica

import (
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// EventStatus is how the change events of each object stand; empty where they are
// not used.
func (r *Replica) EventStatus() []lookup.EventStatus {
	r.events.mu.Lock()
	defer r.events.mu.Unlock()
	var all []lookup.EventStatus
	for _, t := range r.events.topics {
		all = append(all, t.status)
	}
	return all
}

// eventPause is the least pause between two syncs of an object: none unless its
// stream stands.
func (r *Replica) eventPause(object string) time.Duration {
	r.events.mu.Lock()
	defer r.events.mu.Unlock()
	for _, t := range r.events.topics {
		if t.status.Object == object && t.status.Up {
			return eventPoll
		}
	}
	return 0
}

// eventsStand tells that changes of all objects come as events.
func (r *Replica) eventsStand() bool {
	r.events.mu.Lock()
	defer r.events.mu.Unlock()
	for _, t := range r.events.topics {
		if !t.status.Up {
			return false
		}
	}
	return len(r.events.topics) > 0
}

// eventAdvice is what a person should know of the events.
func (r *Replica) eventAdvice() []lookup.Advice {
	r.events.mu.Lock()
	defer r.events.mu.Unlock()
	var all []lookup.Advice
	for _, t := range r.events.topics {
		if s := t.status; !s.Up && s.LastError != "" {
			all = append(all, lookup.Advice{
				Problem: fmt.Sprintf("Salesforce does not tell changes of %s by itself now, so it is polled as usual.", s.Object),
				Cure:    s.Cure,
			})
		}
	}
	return all
}
