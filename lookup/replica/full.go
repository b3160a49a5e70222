package replica

import (
	"context"
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// full reads every record by Id, removes what the org no longer has, and sets
// the watermark to the newest stamp from before the first record was read:
// what changes meanwhile is younger and comes with the next sync. A run that did
// not get all sets none: what it did not see is older than all that follows.
func (s *objectSync) full(ctx context.Context) error {
	err := s.beginLoad(ctx)
	if err != nil {
		return err
	}
	s.report(func(st *lookup.SyncStatus) { st.Total, st.Done = s.load.Total, s.load.Read })
	if err := s.unsetReading(ctx); err != nil {
		return err
	}
	settled := s.settleAccounts()
	if s.load.Total > 0 {
		err = s.readAll(ctx)
	}
	if err == nil && s.request.Limit == 0 {
		s.phase(lookup.PhaseRemoving)
		err = s.conclude(ctx, s.load.Newest)
	}
	settled(err == nil)
	if err == nil && s.request.Limit == 0 && !s.request.DryRun {
		s.replica.noteFull(s.object, s.begun)
	}
	return err
}

// conclude ends a full run that has read all it got.
func (s *objectSync) conclude(ctx context.Context, newest time.Time) error {
	whole, err := s.reconcile(ctx, newest)
	if err != nil || s.request.DryRun {
		return err
	}
	if !whole {
		if err := s.forgetLoad(ctx); err != nil {
			return err
		}
		if s.covered() > 0 {
			s.replica.noteShort(s.object, newest, s.result.Warnings)
		}
		s.alike = false
		return s.unsetReading(ctx)
	}
	s.replica.forgetShort(s.object)
	s.replica.settle(s.object, s.load.Clock)
	d := s.replica.config.Directory
	if err := d.Apply(ctx, lookup.Changes{Org: s.org, Object: s.object, Watermark: newest}); err != nil {
		return err
	}
	return d.SetReading(ctx, s.org, s.object, s.plan.reading(s.replica.config.Country))
}

// unsetReading notes that not all records are read alike, from before the first
// one is read otherwise until all are.
func (s *objectSync) unsetReading(ctx context.Context) error {
	if s.alike || s.reading == "" || s.request.Limit > 0 || s.request.DryRun {
		return nil
	}
	// Which records were taken has to be known to the run that ends it.
	s.reading = selectionOf(s.reading)
	return s.replica.config.Directory.SetReading(ctx, s.org, s.object, s.reading)
}

func (s *objectSync) readByID(ctx context.Context) error {
	s.phase(lookup.PhaseReading)
	if s.plan.config.Limit > 0 {
		return s.newest(ctx)
	}
	for restarts := 0; ; restarts++ {
		where := s.plan.scope()
		if s.load.After != "" {
			where = joinAnd(where, "Id > "+salesforce.QuoteString(s.load.After))
		}
		rows := s.replica.config.Client.Query(ctx, s.soql(where, "Id"))
		err := s.readAhead(ctx, rows, func(row salesforce.Record) { s.load.After = row.ID() })
		if !errors.Is(err, salesforce.ErrQueryLocator) || restarts >= maxRestarts {
			return err
		}
	}
}

// reconcile removes what the full run did not see, but only if the run saw as
// much as the org says it has: a short answer must not cost records. It tells
// whether the run was whole.
func (s *objectSync) reconcile(ctx context.Context, begun time.Time) (whole bool, err error) {
	if s.covered() == 0 {
		if none, err := s.noneInScope(ctx); err != nil || !none {
			return false, errors.Join(err, s.keepAll(ctx))
		}
	}
	expected, err := s.leastExpected(ctx, begun)
	if err != nil {
		return false, err
	}
	if s.covered() < expected {
		s.warnf("Salesforce sent %d records of %s although it counts %d, so nothing was removed. If this stays, compare the run-as user's access with an administrator's.", s.covered(), s.object, expected)
		return false, nil
	}
	if s.request.DryRun {
		return true, nil
	}
	removed, kept, err := s.sweep(ctx)
	if err != nil {
		return false, err
	}
	s.result.Removed += removed
	held, err := s.replica.config.Directory.Count(ctx, s.org, s.object)
	if err == nil && (held+s.load.Skipped < expected || held > s.covered()+kept) {
		s.warnf("The directory holds %d records of %s, Salesforce sent %d and counts %d. The next full sync settles it; if it does not, report this.", held, s.object, s.covered(), expected)
	}
	return true, err
}

// leastExpected is how many records a full run must have seen: those that the
// org counts now, less those that may be new since the run began.
func (s *objectSync) leastExpected(ctx context.Context, begun time.Time) (int, error) {
	now, err := s.countOrg(ctx, "")
	now = s.atMost(now)
	if err != nil || now <= s.covered() || begun.IsZero() {
		return now, err
	}
	changed, err := s.countOrg(ctx, "SystemModstamp > "+salesforce.FormatTime(begun))
	return now - changed, err
}

// noneInScope tells that the org shows records, of which none is to be copied:
// they do not meet the where-clause, or are leads that have all been converted.
func (s *objectSync) noneInScope(ctx context.Context) (bool, error) {
	if s.plan.scope() == "" || s.load.Newest.IsZero() {
		return false, nil
	}
	n, err := s.replica.config.Client.Count(ctx, "SELECT COUNT() FROM "+s.object)
	return n > 0, err
}

// keepAll is for an org that shows nothing at all, which is a permission that is
// missing far more often than an empty object.
func (s *objectSync) keepAll(ctx context.Context) error {
	held, err := s.replica.config.Directory.Count(ctx, s.org, s.object)
	switch {
	case err != nil:
	case held == 0 && s.replica.empty(ctx, s.object):
	case held == 0:
		s.warnf("Salesforce shows the run-as user no record of %s at all. If there are any, give the run-as user “View All Records” on the object in a permission set.", s.object)
	default:
		s.warnf("Salesforce shows the run-as user no record of %s at all, so the %d known ones are kept. Give “View All Records” on the object in a permission set.", s.object, held)
	}
	return err
}
