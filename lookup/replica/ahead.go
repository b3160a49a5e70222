package replica

import (
	"context"
	"iter"
	"sync"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// askedTarget is a target that is asked meanwhile; *Directory is. Reading steps
// aside for that.
type askedTarget interface{ Breath() lookup.Breath }

// aheadQueue bounds what waits to be committed: one batch, with word of the rows
// before it.
const aheadQueue = fullBatch/syncBatch - 1

// busyBatch is what a commit carries while look-ups come in. Its end, in which it
// cannot rest, is then a few milliseconds; whoever else has something to commit
// waits for less; and a small heap is collected in less time.
const busyBatch = 500

// filled is a batch to commit, or only word of how many rows the run has read.
type filled struct {
	changes lookup.Changes
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
	rest := s.breath()
	for row, err := range rows {
		if failure = err; failure == nil {
			failure = s.take(row, seen)
		}
		if failure != nil {
			break
		}
		full := s.batchFull(&rest)
		if (full || s.covered()%syncBatch == 0) && !s.hand(ctx, out, full, rest.Busy()) {
			return ctx.Err()
		}
		if s.request.Limit > 0 && s.result.Read >= s.request.Limit {
			break
		}
		rest.Take()
	}
	s.hand(ctx, out, true, false)
	return failure
}

// batchFull tells that the batch is to be committed.
func (s *objectSync) batchFull(rest *lookup.Breath) bool {
	n := len(s.batch.Upsert) + len(s.batch.Gone) + len(s.batch.Leave)
	return n >= s.batchSize() || n >= busyBatch && rest.Busy()
}

// resting is ctx for a sync: what its queries answer is decoded in turns with calls.
func (s *objectSync) resting(ctx context.Context) context.Context {
	rest := s.breath()
	return salesforce.WithRest(ctx, rest.Take)
}

// breath is what reading takes where the directory is asked meanwhile.
func (s *objectSync) breath() lookup.Breath {
	if target, ok := s.replica.config.Directory.(askedTarget); ok {
		return target.Breath()
	}
	return lookup.Breath{}
}

// hand gives word to whoever commits, and the batch if it is full; false once
// nobody does. Where telephones ring, it waits until the batch is committed: two
// at work would leave no processor of two to the calls.
func (s *objectSync) hand(ctx context.Context, out chan<- filled, full, ringing bool) bool {
	b := filled{read: s.covered(), done: make(chan struct{})}
	if full {
		b.changes, s.batch = s.batch, lookup.Changes{}
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
	s.logPace(s.report(func(st *lookup.SyncStatus) { s.pace(st, b.read) }))
	return nil
}
