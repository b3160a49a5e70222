package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// DefaultBulkFrom is how many records make a full run a Bulk API job: below, the
// calls saved are not worth the job.
const DefaultBulkFrom = 20_000

// maxBulkJobs is how often one sync starts a job anew, because the org no longer
// knows the one it was reading.
const maxBulkJobs = 2

// bulkSource is a source that answers by Bulk API; *salesforce.Client does.
type bulkSource interface {
	StartBulk(ctx context.Context, soql string, operation salesforce.BulkOperation) (salesforce.BulkJob, error)
	AwaitBulk(ctx context.Context, id string, told func(salesforce.BulkJob)) error
	BulkRecords(ctx context.Context, at *salesforce.BulkPosition, fields ...string) iter.Seq2[salesforce.Record, error]
	EndBulk(ctx context.Context, id string) error
}

// byBulk is the source to read a full run from by Bulk API, if it is to be.
func (s *objectSync) byBulk() (bulkSource, bool) {
	from := cmp.Or(s.replica.config.Org.Usage.BulkFrom, DefaultBulkFrom)
	source, can := s.replica.config.Client.(bulkSource)
	return source, can && from > 0 && s.load.Total >= from && s.request.Limit == 0 && s.plan.config.Limit == 0 && !s.request.DryRun
}

// readAll reads every record: by Bulk API where they are many and the org has it,
// else by Id.
func (s *objectSync) readAll(ctx context.Context) error {
	source, bulk := s.byBulk()
	if !bulk && s.load.At.Job != "" { // the administrator has thought better of it
		if err := s.anew(ctx); err != nil {
			return err
		}
	}
	if !bulk || s.load.After != "" { // it went on by Id before a restart
		return s.readByID(ctx)
	}
	for jobs := 1; ; jobs++ {
		err := s.readJob(ctx, source)
		switch {
		case errors.Is(err, salesforce.ErrBulkGone) && jobs < maxBulkJobs:
			s.replica.log.InfoContext(ctx, "the Bulk API job is gone; a new one is started", "object", s.object, "err", err)
		case errors.Is(err, salesforce.ErrBulk), errors.Is(err, salesforce.ErrBulkGone):
			s.warnf("Salesforce did not give %s by Bulk API (%v). %s", s.object, err, salesforce.Cure(err))
			if err := s.anew(ctx); err != nil {
				return err
			}
			return s.readByID(ctx)
		default:
			return err
		}
		if err := s.anew(ctx); err != nil {
			return err
		}
	}
}

// anew begins the run from its first record.
func (s *objectSync) anew(ctx context.Context) (err error) {
	if s.load.Read == 0 && s.load.At.Job == "" {
		return nil
	}
	if s.load, err = s.newLoad(ctx); err == nil {
		s.mark = s.load.Run
	}
	return err
}

// readJob reads the results of a job: the one of the run, or a new one. The job
// stays at the org as long as it may be gone on with.
func (s *objectSync) readJob(ctx context.Context, source bulkSource) error {
	at := &s.load.At
	if at.Job == "" {
		soql := s.selectAll() + whereClause(s.plan.scope())
		job, err := source.StartBulk(ctx, soql, salesforce.BulkQuery)
		if err != nil {
			return err
		}
		at.Job = job.ID
		if err := s.commitLoad(ctx); err != nil {
			return err
		}
	}
	if at.Locator == "" && at.Row == 0 {
		s.phase(lookup.PhaseWaiting)
		if err := source.AwaitBulk(ctx, at.Job, nil); err != nil {
			return s.endFailed(ctx, source, err)
		}
	}
	s.phase(lookup.PhaseReading)
	err := s.readAhead(ctx, source.BulkRecords(ctx, at, s.plan.names...), func(salesforce.Record) {})
	if err != nil {
		return s.endFailed(ctx, source, err)
	}
	if err := source.EndBulk(ctx, at.Job); err != nil {
		s.replica.log.DebugContext(ctx, "the Bulk API job could not be deleted; Salesforce does so after seven days", "object", s.object, "err", err)
	}
	return nil
}

// endFailed gives a job back that is of no more use; any other error may pass, and
// the next sync goes on.
func (s *objectSync) endFailed(ctx context.Context, source bulkSource, err error) error {
	if errors.Is(err, salesforce.ErrBulk) || errors.Is(err, salesforce.ErrInvalidField) {
		if end := source.EndBulk(ctx, s.load.At.Job); end != nil {
			s.replica.log.DebugContext(ctx, "the Bulk API job could not be ended", "object", s.object, "err", end)
		}
	}
	return err
}

// commitLoad notes the run before its first record.
func (s *objectSync) commitLoad(ctx context.Context) error {
	if !s.keepsLoad() {
		return nil
	}
	c := lookup.Changes{Org: s.org, Object: s.object, Run: s.mark, Load: s.load.String()}
	if err := s.replica.config.Directory.Apply(ctx, c); err != nil {
		return fmt.Errorf("note the job: %w", err)
	}
	return nil
}
