package sip

import (
	"context"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// settling starts what tells of transfers when they have waited long enough. The
// function it returns ends that once ctx has ended, and tells of what still
// waits.
func (l *Link) settling(ctx context.Context, events chan<- pbx.Event) (end func()) {
	var wg sync.WaitGroup
	wg.Go(func() { l.settle(ctx, events) })
	return func() {
		wg.Wait()
		l.order.Lock()
		defer l.order.Unlock()
		l.tell(ctx, events, l.transfers.Flush())
	}
}

// settle is the one timer for all transfers of the link.
func (l *Link) settle(ctx context.Context, events chan<- pbx.Event) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.unsettled:
		case <-timer.C:
		}
		if wait, waits := l.settleDue(ctx, events); waits {
			timer.Reset(wait)
		}
	}
}

// settleDue tells of what is due, and how long the next has to wait.
func (l *Link) settleDue(ctx context.Context, events chan<- pbx.Event) (wait time.Duration, waits bool) {
	l.order.Lock()
	defer l.order.Unlock()
	now := time.Now()
	l.tell(ctx, events, l.transfers.Settle(now))
	due, waits := l.transfers.Due()
	return due.Sub(now), waits
}

// settleLater wakes settle where something waits. The caller holds order.
func (l *Link) settleLater() {
	if _, waits := l.transfers.Due(); !waits {
		return
	}
	select {
	case l.unsettled <- struct{}{}:
	default:
	}
}
