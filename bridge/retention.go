package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Retention is for how many days personal data of each class is kept. Zero
// takes the default.
type Retention struct {
	// Journal: calls with number, times and records. 90 days.
	Journal int `json:"journal,omitempty" yaml:"journal,omitempty"`
	// Recents: what agents find in their lists of recent calls. 14 days.
	Recents int `json:"recents,omitempty" yaml:"recents,omitempty"`
	// Traces: why a call popped or did not. 14 days.
	Traces int `json:"traces,omitempty" yaml:"traces,omitempty"`
	// Audit: who changed what. 365 days.
	Audit int `json:"audit,omitempty" yaml:"audit,omitempty"`
}

// maxRetention is the most days that a class may be kept.
const maxRetention = 3650

// Or fills in r what it leaves open, from o.
func (r Retention) Or(o Retention) Retention {
	for _, f := range []struct{ to, from *int }{
		{&r.Journal, &o.Journal}, {&r.Recents, &o.Recents}, {&r.Traces, &o.Traces}, {&r.Audit, &o.Audit},
	} {
		if *f.to == 0 {
			*f.to = *f.from
		}
	}
	return r
}

// Days is r with the defaults filled in. Recent calls and traces are part of
// the journal, so that nothing of them is kept for longer than it is.
func (r Retention) Days() Retention {
	r = r.Or(Retention{Journal: 90, Audit: 365})
	return r.Or(Retention{Recents: min(14, r.Journal), Traces: min(14, r.Journal)})
}

// Validate tells what is wrong with r as FieldErrors.
func (r Retention) Validate() error {
	c := &checker{}
	if r.check(c); len(c.faults) > 0 {
		return c.faults
	}
	return nil
}

// check collects what is wrong with r.
func (r Retention) check(c *checker) {
	for _, f := range []struct {
		name string
		days int
	}{{"journal", r.Journal}, {"recents", r.Recents}, {"traces", r.Traces}, {"audit", r.Audit}} {
		if f.days < 0 || f.days > maxRetention {
			c.add("retention."+f.name, "must be 1 to %d days; leave it out for the default", maxRetention)
		}
	}
	journal := r.Days().Journal
	if journal < 0 {
		return
	}
	for name, days := range map[string]int{"recents": r.Recents, "traces": r.Traces} {
		if days > journal {
			c.add("retention."+name, "must not be longer than the journal, which is kept for %d days", journal)
		}
	}
}

// Expirer deletes what has been kept for long enough.
type Expirer interface {
	// Expire deletes what was too old at a time, and tells how many rows.
	Expire(ctx context.Context, now time.Time) (deleted int64, err error)
}

// When the daily job runs: soon after the start, as a bridge may never run for
// a day, and then each day.
const (
	expireFirst = time.Minute
	expireEvery = 24 * time.Hour
	// expireAgain is how soon it is tried again after an error.
	expireAgain = time.Hour
)

// RunRetention deletes each day what has expired, until ctx ends.
func RunRetention(ctx context.Context, e Expirer, log *slog.Logger) {
	next := time.NewTimer(expireFirst)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-next.C:
			deleted, err := e.Expire(ctx, now)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				log.Error("expired data was not all deleted, the next attempt is in an hour", "err", err)
				next.Reset(expireAgain)
				continue
			case deleted > 0:
				log.Info("expired data deleted", "event", fmt.Sprintf("%d rows", deleted))
			}
			next.Reset(expireEvery)
		}
	}
}
