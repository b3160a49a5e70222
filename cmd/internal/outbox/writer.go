package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Box keeps what is to be written (bridge/store).
type Box interface {
	DueActivities(ctx context.Context, org string, now time.Time, limit int) ([]bridge.OutboxEntry, error)
	ClaimActivities(ctx context.Context, claims []bridge.OutboxClaim, at time.Time) ([]string, error)
	SettleActivities(ctx context.Context, outcomes []bridge.OutboxOutcome) error
}

// timing is how long the writer waits for what.
type timing struct {
	// look is how often it looks for what is due.
	look time.Duration
	// doubt is how long after a request without a clear answer the org is asked
	// what came of it: it may still be at it.
	doubt time.Duration
	// first and longest bound the wait after a failure, doubled each time.
	first, longest time.Duration
	// cured is how soon it is tried again what an administrator has to cure.
	cured time.Duration
	// pause bounds the wait after a failure of the org as a whole, limit is that
	// while its API calls are used up.
	pause, limit time.Duration
	// describe is how long a description of the org's Tasks holds.
	describe time.Duration
}

func usual() timing {
	return timing{
		look: time.Second, doubt: time.Minute, first: 5 * time.Second, longest: time.Hour, cured: 10 * time.Minute,
		pause: 5 * time.Minute, limit: 15 * time.Minute, describe: time.Hour,
	}
}

// backoff is a wait after the nth failure, of random length so that what failed
// together does not come back together.
func (t timing) backoff(n int) time.Duration {
	span := min(t.first<<min(max(n-1, 0), 20), t.longest)
	return span/2 + rand.N(span/2) //nolint:gosec // no secret
}

// requestWithin bounds a request with its sign-in.
const requestWithin = 3 * time.Minute

// most is the share of the org's API calls of a day above which no activities are
// written: the rest is for what cannot wait.
const most = 0.95

// Options are what a Writer works with.
type Options struct {
	Org    string
	Client *salesforce.Client
	Box    Box
	Logger *slog.Logger
	// Stats are counted up: they outlive the Writer. Nil: nobody counts.
	Stats *Stats
}

// Stats are counters for metrics.
type Stats struct {
	// Written counts Tasks created, changed and deleted, Failed what was refused
	// and requests that failed as a whole.
	Written, Failed atomic.Uint64
}

// Writer writes the activities of one org.
type Writer struct {
	o      Options
	log    *slog.Logger
	timing timing

	// Of the goroutine of Run alone.
	form      *form
	described time.Time
	pause     time.Time
	failures  int

	// hurried: the next look does not wait for the end of a pause.
	hurried atomic.Bool

	mu       sync.Mutex
	problem  error
	warnings []string
}

// New makes a Writer; it does nothing before Run.
func New(o Options) *Writer {
	if o.Stats == nil {
		o.Stats = &Stats{}
	}
	return &Writer{o: o, log: o.Logger, timing: usual()}
}

// Tell adds to a status of the store why nothing is written, if so, and what is
// left out.
func (w *Writer) Tell(s *bridge.OutboxStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.Warnings = w.warnings
	if w.problem != nil {
		s.Problem, s.Cure = w.problem.Error(), cureOf(w.problem)
	}
}

// Hurry ends a pause after a failure: somebody has mended what was wrong.
func (w *Writer) Hurry() { w.hurried.Store(true) }

// Run writes what is due until ctx ends. It is called once.
func (w *Writer) Run(ctx context.Context) {
	t := time.NewTicker(w.timing.look)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			for more := true; more && ctx.Err() == nil; {
				more = w.round(ctx)
			}
		}
	}
}

// round writes one piece, and reports whether there may be another.
func (w *Writer) round(ctx context.Context) (more bool) {
	now := time.Now()
	if hurried := w.hurried.Swap(false); now.Before(w.pause) && !hurried {
		return false
	}
	due, err := w.o.Box.DueActivities(ctx, w.o.Org, now, salesforce.MaxRows)
	if err == nil && len(due) > 0 {
		err = w.write(ctx, due)
	}
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		w.rest(err)
		return false
	case len(due) > 0:
		w.recover()
	}
	return len(due) == salesforce.MaxRows
}

// rest pauses the writer after a failure that concerns all.
func (w *Writer) rest(err error) {
	w.failures++
	pause := min(w.timing.backoff(w.failures), w.timing.pause)
	if errors.Is(err, salesforce.ErrLimit) || errors.Is(err, errNearLimit) {
		pause = w.timing.limit
	}
	w.pause = time.Now().Add(pause)
	w.mu.Lock()
	w.problem = err
	w.mu.Unlock()
	w.log.Warn("call activities wait", "err", err, "attempt", w.failures)
}

// recover notes that the org takes activities again.
func (w *Writer) recover() {
	if w.failures > 0 {
		w.log.Info("call activities are written again")
	}
	w.failures = 0
	w.mu.Lock()
	w.problem = nil
	w.mu.Unlock()
}

// write does what is due, in its order as far as the kinds of requests allow.
func (w *Writer) write(ctx context.Context, due []bridge.OutboxEntry) error {
	if limits := w.o.Client.Limits(); limits.Share() >= most {
		// What the last reply told may be old: ask, which costs one call.
		if _, err := w.o.Client.Count(ctx, "SELECT COUNT() FROM TaskStatus"); err != nil {
			return err
		}
		if w.o.Client.Limits().Share() >= most {
			return errNearLimit
		}
	}
	if err := w.describe(ctx); err != nil {
		return err
	}
	var b batch
	for i := range due {
		b.sort(&due[i], time.Now(), w.timing.doubt)
	}
	if err := w.clear(ctx, &b); err != nil {
		return err
	}
	if err := w.findPersons(ctx, &b); err != nil {
		return err
	}
	err := w.create(ctx, b.creates)
	if err == nil {
		err = w.update(ctx, b.updates)
	}
	if err == nil {
		err = w.remove(ctx, b.deletes)
	}
	return errors.Join(err, w.settle(ctx, b.outcomes))
}

// settle notes outcomes. It does so also while the bridge stops: what was
// answered need not be asked again.
func (w *Writer) settle(ctx context.Context, outcomes []bridge.OutboxOutcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return w.o.Box.SettleActivities(ctx, outcomes)
}
