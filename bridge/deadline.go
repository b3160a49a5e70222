package bridge

import (
	"context"
	"sync"
	"time"
)

// deadline is a context as context.WithDeadline makes it, whose timer is only
// set when somebody asks whether it has ended, or waits for it. The directory
// answers most questions from memory and does neither.
type deadline struct {
	parent context.Context //nolint:containedctx // it is one itself
	at     time.Time

	mu     sync.Mutex
	set    context.Context //nolint:containedctx // once the timer is
	cancel context.CancelFunc
	over   bool
}

// newDeadline begins to count. Its stop is to be called, as a CancelFunc is.
func newDeadline(parent context.Context, within time.Duration) *deadline {
	return &deadline{parent: parent, at: time.Now().Add(within)}
}

// stop ends it, for those too who ask only afterwards.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.cancel != nil {
		d.cancel()
	}
}

func (d *deadline) timed() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.set == nil {
		d.set, d.cancel = context.WithDeadline(d.parent, d.at)
		if d.over {
			d.cancel()
		}
	}
	return d.set
}

func (d *deadline) Done() <-chan struct{} { return d.timed().Done() }

func (d *deadline) Err() error { return d.timed().Err() }

func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.parent.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Value asks the context with the timer where there is one, by which those made
// of it find it.
func (d *deadline) Value(key any) any {
	d.mu.Lock()
	from := d.set
	d.mu.Unlock()
	if from == nil {
		from = d.parent
	}
	return from.Value(key)
}
