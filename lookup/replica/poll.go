package replica

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Run syncs at once and then by each object's Schedule or when triggered, and
// reads what it is hinted at, until ctx ends. An object that fails is asked for less
// and less often, up to every 15 minutes, and all of an org with few API calls left
// too (see Usage).
func (r *Replica) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	_, _, reserve := shares(r.config.Org.Usage)
	beside.Go(func() { r.runHints(salesforce.WithQuota(ctx, reserve)) })
	beside.Go(func() { r.runEvents(ctx) })
	r.readFulls(ctx)
	scheduled := true
	r.ask("", false)
	for {
		r.pollOrWait(ctx, scheduled)
		select {
		case <-ctx.Done():
			return nil
		case <-r.trigger:
			scheduled = false
			r.forgetSetbacks()
		case <-time.After(min(time.Until(r.due()), longestNap)):
			scheduled = true
			r.askDue()
		}
	}
}

// timetable is an object's Schedule over the org's. Wrong parts have their
// defaults: who saves a Schedule has them refused.
func (r *Replica) timetable(o lookup.ObjectConfig) lookup.Timetable {
	s := o.Schedule.Over(r.config.Org.Schedule)
	t, faults := s.Timetable()
	for part, err := range faults {
		r.log.LogAttrs(context.Background(), slog.LevelError, "a part of the schedule cannot be read; its default holds",
			slog.String("object", o.Object), slog.String("part", part), slog.Any("err", err))
	}
	if s.Interval == "" {
		t.Interval = cmp.Or(r.config.Interval, t.Interval)
	}
	return t
}

// fullTarget is a target that knows when an object was last read in full;
// *lookup.Directory is one.
type fullTarget interface {
	LastFull(ctx context.Context, org, object string) (time.Time, error)
}

// readFulls learns when each object was last read in full, so that a night the
// bridge was down, or did not get through, is made up for.
func (r *Replica) readFulls(ctx context.Context) {
	target, ok := r.config.Directory.(fullTarget)
	for _, o := range r.objects {
		last := time.Now() // nobody knows
		if ok {
			if at, err := target.LastFull(ctx, r.config.Org.ID, o.Object); err == nil {
				last = at
			}
		}
		r.noteFull(o.Object, last)
	}
}

func (r *Replica) noteFull(object string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fulls[object] = at
	s := r.setbacks[object]
	s.fullPause, s.fullNext, s.fullErr = 0, time.Time{}, nil
	r.setbacks[object] = s
}

// noteTried remembers that an object is being synced, whatever comes of it.
func (r *Replica) noteTried(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.synced[object] = time.Now()
}

// longestNap is how long Run sleeps at most: hints that are left over, and clocks
// that are set, change what is due.
const longestNap = time.Minute

// due is when Run has something to do by its timetables and setbacks: later where
// few of the org's calls are left, and not before the time that the org has asked
// for.
func (r *Replica) due() time.Time {
	now := time.Now()
	pace, times := pace(r.config.Org.Usage, r.usage().Calls)
	if pace == lookup.PaceStopped {
		return now.Add(limitsStopped)
	}
	var first time.Time
	for _, o := range r.objects {
		if at, _ := r.next(o.Object, times); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		first = now.Add(longestNap)
	}
	if asked := r.askedToWait(); first.Before(asked) {
		return asked
	}
	return first
}

// askedToWait is until when the org has asked us to stay away.
func (r *Replica) askedToWait() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.polling.waitUntil
}

// together is how far apart objects may be due that are synced in one turn: what
// is asked together costs one call.
const together = 5 * time.Second

// askDue asks for what is due now, unless the org has asked us to stay away.
func (r *Replica) askDue() {
	_, times := pace(r.config.Org.Usage, r.usage().Calls)
	now := time.Now()
	if now.Before(r.askedToWait()) {
		return
	}
	for _, o := range r.objects {
		at, full := r.next(o.Object, times)
		if at.IsZero() || at.Sub(now) > together {
			continue
		}
		r.ask(o.Object, full)
	}
}

// Trigger asks Run for a sync of one object, or of all if empty, and returns at
// once. Triggers that come while one waits are joined to it.
func (r *Replica) Trigger(object string) {
	r.ask(object, false)
	select {
	case r.trigger <- struct{}{}:
	default:
	}
}

func (r *Replica) ask(object string, full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[object] = r.pending[object] || full
}

// syncPending syncs what has been asked for.
func (r *Replica) syncPending(ctx context.Context, polled bool) {
	r.mu.Lock()
	asked := maps.Clone(r.pending)
	clear(r.pending)
	r.mu.Unlock()
	allInFull, all := asked[""]
	var requests []SyncRequest
	for _, o := range r.objects {
		if full, ok := asked[o.Object]; ok || all {
			requests = append(requests, SyncRequest{Object: o.Object, Full: full || allInFull})
		}
	}
	if len(requests) == 0 && (len(r.objects) > 0 || !all) {
		return
	}
	if _, err := r.sync(ctx, requests, polled, nil); err != nil && ctx.Err() == nil {
		r.noteWait(err)
	}
}

// noteWait keeps how long the org asks us to stay away.
func (r *Replica) noteWait(err error) {
	var e *salesforce.Error
	if !errors.As(err, &e) || e.RetryAfter <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.polling.waitUntil = time.Now().Add(e.RetryAfter)
}
