package daemon

import (
	"context"
	"log/slog"
	"sync"

	"github.com/ctibridge/ctibridge/lookup/replica"
)

// maxFullRuns is how many full runs of an org may wait; further ones are refused
// in silence, for they would only do the same again.
const maxFullRuns = 32

// fullRuns are the full runs that administrators have asked of one org. They live
// as long as its replica, one after the other, each object once.
type fullRuns struct {
	queue chan string // objects; "" means all

	mu    sync.Mutex
	asked map[string]bool // waiting or running
}

func newFullRuns() *fullRuns {
	return &fullRuns{queue: make(chan string, maxFullRuns), asked: map[string]bool{}}
}

// ask never blocks.
func (f *fullRuns) ask(object string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked[object] {
		return
	}
	select {
	case f.queue <- object:
		f.asked[object] = true
	default:
	}
}

func (f *fullRuns) run(ctx context.Context, r *replica.Replica, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case object := <-f.queue:
			_, err := r.Sync(ctx, replica.SyncRequest{Object: object, Full: true}, nil)
			if err != nil && ctx.Err() == nil {
				log.Warn("full sync failed", "object", object, "err", err)
			}
			f.mu.Lock()
			delete(f.asked, object)
			f.mu.Unlock()
		}
	}
}

// Sync starts a sync of an org, or of one of its objects, and does not wait for
// it. Its outcome stands in the object's status.
func (b backend) Sync(_ context.Context, org, object string, full bool) error {
	found, err := b.d.orgs.named(org)
	if err != nil {
		return err
	}
	for _, r := range found {
		switch {
		case r.replica == nil:
			return orgError(r.fault)
		case full:
			r.full.ask(object)
		default:
			r.replica.TriggerByHand(object)
		}
	}
	return nil
}
