package replica

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

const (
	// limitsEvery is how often an org is asked for its limits, limitsStopped how
	// often while polling has stopped: only a reply tells that calls are left again.
	limitsEvery   = time.Hour
	limitsStopped = maxSyncPause
)

// UsageSource is a Source that tells what of the org's limits is used;
// *salesforce.Client is one.
type UsageSource interface {
	Usage() salesforce.Usage
	ReadLimits(ctx context.Context) (salesforce.Usage, error)
}

// polling is what Run remembers of how it polls.
type polling struct {
	limitsAsked time.Time
	waitUntil   time.Time // the org has asked for it
	byHand      bool      // a person waits for the sync asked for
}

func (r *Replica) usage() salesforce.Usage {
	if source, ok := r.config.Client.(UsageSource); ok {
		return source.Usage()
	}
	return salesforce.Usage{}
}

// OrgStatus is how the org as a whole stands. It asks nothing.
func (r *Replica) OrgStatus() lookup.OrgStatus {
	s := lookup.OrgStatus{Org: r.config.Org.ID, Disabled: r.config.Org.Disabled, Usage: r.usage()}
	s.Pace, _ = pace(r.config.Org.Usage, s.Usage.Calls)
	s.Interval = r.pollPause()
	s.Events = r.EventStatus()
	_, _, reserve := shares(r.config.Org.Usage)
	s.Advice = append(r.config.Org.Advice(), usageAdvice(s.Usage, reserve, s.Pace, s.Interval, time.Now())...)
	s.Advice = append(s.Advice, r.eventAdvice()...)
	return s
}

// TriggerByHand is Trigger for a person who waits: it signs in even where a
// password has been refused of late.
func (r *Replica) TriggerByHand(object string) {
	r.mu.Lock()
	r.polling.byHand = true
	r.mu.Unlock()
	r.Trigger(object)
}

// pollOrWait does what has been asked for, unless it is only Run's own polling
// (scheduled) and the org has too few calls left.
func (r *Replica) pollOrWait(ctx context.Context, scheduled bool) {
	r.readLimits(ctx)
	_, stop, reserve := shares(r.config.Org.Usage)
	if !scheduled {
		r.mu.Lock()
		byHand := r.polling.byHand
		r.polling.byHand = false
		r.mu.Unlock()
		if byHand {
			ctx = salesforce.ByHand(ctx)
		}
		r.syncPending(salesforce.WithQuota(ctx, reserve), false)
		return
	}
	if pace, _ := pace(r.config.Org.Usage, r.usage().Calls); pace == lookup.PaceStopped {
		r.forgetPolling()
		return
	}
	r.syncPending(salesforce.WithQuota(ctx, stop), true)
}

// forgetPolling takes back what Run has asked for by itself, and nothing that
// was asked for by others meanwhile.
func (r *Replica) forgetPolling() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.polling.byHand && len(r.trigger) == 0 {
		clear(r.pending)
	}
}

// readLimits asks for the limits now and then. What fails is tried again then.
func (r *Replica) readLimits(ctx context.Context) {
	source, ok := r.config.Client.(UsageSource)
	if !ok {
		return
	}
	every := limitsEvery
	if pace, _ := pace(r.config.Org.Usage, source.Usage().Calls); pace == lookup.PaceStopped {
		every = limitsStopped
	}
	r.mu.Lock()
	due := time.Since(r.polling.limitsAsked) >= every
	if due {
		r.polling.limitsAsked = time.Now()
	}
	r.mu.Unlock()
	if !due {
		return
	}
	if _, err := source.ReadLimits(ctx); err != nil && ctx.Err() == nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "the org's limits cannot be read", slog.String("org", r.config.Org.ID), slog.Any("err", err))
	}
}

// pollPause is the pause between two syncs as things stand.
func (r *Replica) pollPause() time.Duration {
	pace, times := pace(r.config.Org.Usage, r.usage().Calls)
	if pace == lookup.PaceStopped {
		return limitsStopped
	}
	shortest := time.Duration(0)
	for object, t := range r.tables {
		pause := max(time.Duration(float64(t.Interval)*times), r.eventPause(object))
		if t.Interval > 0 && (shortest == 0 || pause < shortest) {
			shortest = pause
		}
	}
	return cmp.Or(shortest, time.Duration(float64(lookup.DefaultSyncInterval)*times))
}
