package replica

import (
	"context"
	"iter"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// read takes rows to the directory in batches. When the stream ends with an
// error, what came before it is committed: it is whole by itself.
func (s *objectSync) read(ctx context.Context, rows iter.Seq2[salesforce.Record, error], seen func(salesforce.Record)) error {
	var failure error
	for row, err := range rows {
		if err != nil {
			failure = err
			break
		}
		if err := s.take(row, seen); err != nil {
			failure = err
			break
		}
		if s.result.Read%syncBatch == 0 {
			s.report(func(st *lookup.SyncStatus) { st.Done = s.result.Read })
		}
		if len(s.batch.Upsert)+len(s.batch.Gone)+len(s.batch.Leave) >= s.batchSize() {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
		if s.request.Limit > 0 && s.result.Read >= s.request.Limit {
			break
		}
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	return failure
}

// batchSize is how many records one commit carries.
func (s *objectSync) batchSize() int {
	if s.mark != 0 {
		return s.replica.config.Batch
	}
	return syncBatch
}

func (s *objectSync) take(row salesforce.Record, seen func(salesforce.Record)) error {
	id, err := salesforce.NormalizeID(row.ID())
	if err != nil {
		return &salesforce.Error{Op: "query " + s.object, Code: "BAD_RECORD", Message: "a record came without a usable Id"}
	}
	if row.Time("SystemModstamp").IsZero() {
		return &salesforce.Error{Op: "query " + s.object, Code: "BAD_RECORD", Message: "a record came without SystemModstamp"}
	}
	s.result.Read++
	if s.load != nil {
		s.load.Read++
	}
	seen(row)
	switch s.plan.fate(row) {
	case goes:
		s.batch.Gone = append(s.batch.Gone, lookup.Deletion{ID: id, Stamp: row.Time("SystemModstamp")})
		return nil
	case left:
		s.batch.Leave = append(s.batch.Leave, id)
		if s.load != nil {
			s.load.Skipped++
		}
		return nil
	case vanish:
		return nil
	case stays: // below
	}
	record := s.plan.record(s.org, s.replica.config.Country, row)
	record.ID, record.Open = id, s.open[id]
	s.noteAccount(record)
	s.batch.Upsert = append(s.batch.Upsert, record)
	return nil
}

// flush commits the batch.
func (s *objectSync) flush(ctx context.Context) error {
	batch := s.batch
	s.batch = lookup.Changes{}
	if len(batch.Upsert)+len(batch.Gone)+len(batch.Leave) == 0 && batch.Watermark.IsZero() {
		return nil
	}
	if err := s.sift(ctx, &batch); err != nil {
		return err
	}
	batch.Org, batch.Object, batch.Run = s.org, s.object, s.mark
	if !s.request.DryRun {
		if err := s.replica.config.Directory.Apply(ctx, batch); err != nil {
			return err
		}
	}
	s.result.Changed += len(batch.Upsert)
	s.result.Removed += len(batch.Gone)
	s.report(func(st *lookup.SyncStatus) { st.Done = s.result.Read })
	return nil
}
