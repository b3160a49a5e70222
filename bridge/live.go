package bridge

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// LiveSearch asks an org itself for a number that the directory does not know.
// What it finds is in the directory when it returns; an error says nothing
// about the number.
type LiveSearch interface {
	Search(ctx context.Context, org string, n lookup.Number) (found bool, err error)
}

const (
	// liveSearches is how many run at the same time.
	liveSearches = 4
	// liveQueue bounds those that wait; when it is full the call keeps showing
	// that nobody has the number.
	liveQueue = 64
)

// searchLive leaves what the directory answered with nobody to runLive. It
// never blocks.
func (b *Bridge) searchLive(finds []lateFind) {
	if b.o.Live == nil {
		return
	}
	for i := range finds {
		f := &finds[i]
		if f.err != nil || len(f.found) > 0 || f.scope.Org == "" || f.read == "" || f.leg.excluded() || f.leg.hidden {
			continue
		}
		select {
		case b.live <- *f:
		default:
			b.stats.LiveLost.Add(1)
		}
	}
}

// runLive searches, and updates the calls of those who were found. No pop waits
// for it.
func (b *Bridge) runLive(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-b.live:
			b.found(ctx, &f)
		}
	}
}

func (b *Bridge) found(ctx context.Context, f *lateFind) {
	b.mu.Lock()
	private := f.leg.hidden // since it was asked for
	b.mu.Unlock()
	if private {
		return
	}
	found, err := b.o.Live.Search(ctx, f.scope.Org, f.read)
	if err != nil && !errors.Is(err, lookup.ErrNoLiveSearch) && ctx.Err() == nil {
		text, _ := f.read.Without(err.Error(), struck) // an org may repeat what it was asked
		b.log.Warn("live search failed, the call shows its number only", "org", f.scope.Org, "err", text)
	}
	if !found || err != nil {
		return
	}
	if b.ask(ctx, f, lateWithin); f.err != nil || len(f.found) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.table.amend(f) {
		b.publish(b.roster.Load(), f.leg, time.Time{})
	}
}

// amend puts matches where there were none. It reports whether anything was news.
func (t *table) amend(f *lateFind) bool {
	news := false
	for _, v := range f.leg.views {
		if f.leg.far.number == f.number && v.answered && len(v.found) == 0 && slices.Contains(f.agents, v.agent) {
			v.found, v.read, news = f.found, f.read, true
			v.note(time.Now(), StepMatches, matchesInWords(f.found, v.org))
		}
	}
	return news
}
