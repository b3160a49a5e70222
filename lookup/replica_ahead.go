package lookup

import (
	"context"
	"iter"
	"sync"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// askedTarget is a target that counts its look-ups; *Directory does. Where some
// come in, reading steps aside.
type askedTarget interface{ Asked() uint64 }

// aheadQueue bounds what waits to be committed: one batch, with word of the rows
// before it.
const aheadQueue = fullBatch/syncBatch - 1

// busyBatch is what a commit carries while look-ups come in: a small heap is
// collected sooner and in less time.
const busyBatch = 4000

// filled is a batch to commit, or only word of how many rows the run has read.
type filled struct {
	changes Changes
	read    int
	done    chan struct{} // closed once it is committed
}

// readAhead is read for full runs: the next batch is read while one is committed.
// It holds three batches at most. When the rows end with an error, what came before
// it is committed.
//
//	rows ─► take ─► batch ─(goroutine, joined here)─► Apply
func (s *objectSync) readAhead(ctx context.Context, rows iter.Seq2[salesforce.Record, error], seen func(salesforce.Record)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan filled, aheadQueue)
	var reader sync.WaitGroup
	var failure error
	reader.Go(func() {
		defer close(batches)
		failure = s.fill(ctx, rows, seen, batches)
	})
	var refused error
	for b := range batches {
		if refused == nil {
			refused = s.commit(ctx, b)
		}
		if refused != nil {
			cancel() // and let the reader notice
		}
		close(b.done)
	}
	reader.Wait()
	if refused != nil {
		return refused
	}
	return failure
}

// fill makes batches of rows. Until it has returned, the run's counts and its
// place are its own.
func (s *objectSync) fill(ctx context.Context, rows iter.Seq2[salesforce.Record, error], seen func(salesforce.Record), out chan<- filled) (failure error) {
	var rest breath
	if target, ok := s.replica.config.Directory.(askedTarget); ok {
		rest.asked = target.Asked
	}
	for row, err := range rows {
		if failure = err; failure == nil {
			failure = s.take(row, seen)
		}
		if failure != nil {
			break
		}
		full := len(s.batch.Upsert)+len(s.batch.Gone)+len(s.batch.Leave) >= s.batchSize()
		full = full || rest.busy() && len(s.batch.Upsert) >= busyBatch
		if (full || s.covered()%syncBatch == 0) && !s.hand(ctx, out, full, rest.busy()) {
			return ctx.Err()
		}
		if s.request.Limit > 0 && s.result.Read >= s.request.Limit {
			break
		}
		if rest.asked != nil {
			rest.take()
		}
	}
	s.hand(ctx, out, true, false)
	return failure
}

// hand gives word to whoever commits, and the batch if it is full; false once
// nobody does. Where telephones ring, it waits until the batch is committed: two
// at work would leave no processor of two to the calls.
func (s *objectSync) hand(ctx context.Context, out chan<- filled, full, ringing bool) bool {
	b := filled{read: s.covered(), done: make(chan struct{})}
	if full {
		b.changes, s.batch = s.batch, Changes{}
		b.changes.Org, b.changes.Object, b.changes.Run = s.org, s.object, s.mark
		if s.keepsLoad() {
			b.changes.Load = s.load.String()
		}
	}
	select {
	case out <- b:
	case <-ctx.Done():
		return false
	}
	if !ringing || !full {
		return true
	}
	select {
	case <-b.done:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// commit takes a batch to the directory and tells how far that is.
func (s *objectSync) commit(ctx context.Context, b filled) error {
	if !s.request.DryRun && b.changes.Org != "" {
		if err := s.replica.config.Directory.Apply(ctx, b.changes); err != nil {
			return err
		}
	}
	s.result.Changed += len(b.changes.Upsert)
	s.result.Removed += len(b.changes.Gone)
	s.logPace(s.report(func(st *SyncStatus) { s.pace(st, b.read) }))
	return nil
}
