package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// maxRestarts is how often one sync begins a query anew behind the last record,
// because its cursor has expired at the org.
const maxRestarts = 20

// objectSync is one sync of one object.
type objectSync struct {
	replica  *Replica
	org      string
	object   string
	request  SyncRequest
	progress func(lookup.SyncStatus)

	plan   fieldPlan
	mark   int64 // marks the records of a full run; 0 in others
	stored time.Time
	// reading is how the directory's records were read, alike whether this sync
	// reads them so, short that this sync is between two full runs of an object
	// that has no watermark.
	reading      string
	alike, short bool
	batch        lookup.Changes
	result       objectResult

	load  *loadState // of a full run; nil in others
	speed speed

	begun    time.Time        // descriptions of a full sync are no older
	refused  map[string]bool  // paths that the org has refused in this sync
	unscoped bool             // rows are read that the where-clause may leave out
	accounts []string         // changed ones seen
	seen     map[string]int64 // stamps of all accounts seen, by id
	polled   bool             // Run's own, which nobody waits for
	waiting  []string         // accounts whose records are to be read again
	foreseen bool             // waiting was taken before the turn began
	joined   int              // so many of them come with the changes
	open     map[string]bool  // records that something open belongs to
	beside   bool             // reads a few records, is no sync and shows in no status
}

type objectResult struct {
	SyncResult
	org  string
	held int // records in the directory afterwards; -1 if not asked
}

func (s *objectSync) run(ctx context.Context) (objectResult, error) {
	defer s.keepWaiting()
	s.result = objectResult{org: s.org, held: -1}
	err := s.sync(ctx)
	if err != nil {
		err = fmt.Errorf("replica: sync %s: %w", s.object, err)
	}
	s.result.Warnings = append(s.plan.warnings, s.result.Warnings...)
	return s.result, err
}

func (s *objectSync) sync(ctx context.Context) error {
	s.report(func(st *lookup.SyncStatus) {
		st.Running, st.Done, st.Total, st.Phase, st.Rate, st.Left = true, 0, 0, "", 0, 0
	})
	s.replica.noteTried(s.object)
	known, err := s.choose(ctx)
	if err != nil {
		return err
	}
	known, err = s.copyVisible(ctx, known)
	if err != nil {
		return err
	}
	if !known && s.request.Limit == 0 && !s.request.DryRun {
		s.replica.rememberPlan(s.plan)
	}
	s.result.held, err = s.replica.config.Directory.Count(ctx, s.org, s.object)
	return err
}

// maxRefusals bounds how often a sync begins anew without what was refused.
const maxRefusals = 10

// copyVisible copies, and begins anew where the org refuses a field: it was taken
// from the run-as user since we last asked, or describe shows what a query may
// not have, and is then left out. known says whether the plan is an old one.
func (s *objectSync) copyVisible(ctx context.Context, known bool) (bool, error) {
	err := s.copy(ctx)
	for range maxRefusals {
		if !errors.Is(err, salesforce.ErrInvalidField) {
			break
		}
		refused := refusedPaths(err, s.plan.names)
		if !known && len(refused) == 0 {
			break
		}
		s.replica.forgetPlan(s.object)
		s.begun = time.Now()
		if !known {
			s.refuse(refused)
		}
		if known, err = s.choose(ctx); err != nil {
			break
		}
		err = s.copy(ctx)
	}
	return known, err
}

func (s *objectSync) refuse(paths []string) {
	if s.refused == nil {
		s.refused = map[string]bool{}
	}
	for _, path := range paths {
		s.refused[path] = true
	}
}

// choose makes the field plan, or takes the one of the last hour.
func (s *objectSync) choose(ctx context.Context) (known bool, err error) {
	last, fresh := s.replica.plan(s.object)
	if fresh && !s.request.Full {
		s.plan = last
		return true, nil
	}
	s.plan, err = s.describe(ctx)
	return false, err
}

// known reads how the object stands in the directory.
func (s *objectSync) known(ctx context.Context) (err error) {
	d := s.replica.config.Directory
	if s.stored, err = d.Watermark(ctx, s.org, s.object); err != nil {
		return err
	}
	s.reading, err = d.Reading(ctx, s.org, s.object)
	s.alike = s.reading == s.plan.reading(s.replica.config.Country)
	return err
}

func (s *objectSync) copy(ctx context.Context) error {
	if err := s.known(ctx); err != nil {
		return err
	}
	s.batch, s.result.SyncResult = lookup.Changes{}, SyncResult{}
	s.accounts, s.seen, s.mark, s.short, s.load = nil, map[string]int64{}, 0, false, nil
	s.refreshWork(ctx)
	if err := s.copyRecords(ctx); err != nil {
		return err
	}
	if err := s.applyWork(ctx); err != nil {
		return err
	}
	return s.trim(ctx)
}

// copyRecords reads all records, or those that have changed.
func (s *objectSync) copyRecords(ctx context.Context) error {
	if s.needsAll() && !s.betweenRuns() {
		return s.full(ctx)
	}
	err := s.changes(ctx)
	s.keepSeen(err == nil)
	s.replica.addAccounts(s.accounts) // also of a sync that failed: their stamps are behind the watermark now
	if err != nil {
		return err
	}
	return s.companies(ctx)
}

// needsAll tells that changes alone will not do.
func (s *objectSync) needsAll() bool {
	return s.request.Full || s.stored.IsZero() || !s.alike || s.replica.tooManyAccounts(s.object)
}

// betweenRuns tells that the last full run got too little and the next has to
// wait: this sync then reads what has changed since that run began.
func (s *objectSync) betweenRuns() bool {
	run, waits := s.replica.short(s.object)
	if !waits || s.request.Full {
		return false
	}
	if s.stored.IsZero() {
		s.stored, s.short = run.newest, true
	}
	s.result.Warnings = append(s.result.Warnings, run.warnings...)
	return true
}

// describe makes the field plan of what the run-as user may see, which a full sync
// asks anew, and asks whether the org understands the where-clause.
func (s *objectSync) describe(ctx context.Context) (fieldPlan, error) {
	r := s.replica
	since := time.Now().Add(-planLife)
	if last, known := r.plan(s.object); s.request.Full || !known && last.object != "" {
		since = s.begun
	}
	object, err := r.schema.describe(ctx, s.object, since)
	if err != nil {
		return fieldPlan{}, err
	}
	config, _ := lookup.ObjectNamed(r.objects, s.object)
	plan, err := newFieldPlan(ctx, resolver{schema: r.schema, object: object, since: since, refused: s.refused}, config)
	if err != nil {
		return fieldPlan{object: s.object}, err
	}
	return plan, checkWhere(ctx, r.config.Client, &plan)
}

// changes reads what has changed or been deleted since the watermark, from an
// overlap before it. Each batch carries the stamp up to which all is read.
func (s *objectSync) changes(ctx context.Context) error {
	s.unscoped = true
	defer func() { s.unscoped = false }()
	since := s.replica.since(s.object, s.stored)
	from := since
	settled := s.replica.askedAt() // before the query: what it misses is younger than this less the overlap
	after := ""                    // second key where many records share a stamp
	for restarts := 0; ; restarts++ {
		where := s.withCompanies(changedSince(since))
		if restarts > 0 {
			s.joined, where = 0, changedSince(since)
		}
		if after != "" {
			at := salesforce.FormatTime(since)
			where = "(SystemModstamp > " + at + " OR (SystemModstamp = " + at + " AND Id > " + salesforce.QuoteString(after) + "))"
		}
		rows := s.replica.queryAll(ctx, s.soql(where, changesOrder))
		err := s.read(ctx, rows, func(row salesforce.Record) {
			if row.Time("SystemModstamp").Before(from) {
				return // of an account that waits
			}
			since, after = row.Time("SystemModstamp"), row.ID()
			if since.After(s.stored) && !s.short {
				s.batch.Watermark = since
			}
		})
		if err == nil {
			s.waiting, s.joined = s.waiting[s.joined:], 0
		}
		if err == nil && s.request.Limit == 0 && !s.request.DryRun {
			s.replica.settle(s.object, settled)
			s.replica.hints.forget(s.object, s.begun)
		}
		if !errors.Is(err, salesforce.ErrQueryLocator) || restarts >= maxRestarts {
			return err
		}
	}
}

func (s *objectSync) warnf(format string, args ...any) {
	s.result.Warnings = append(s.result.Warnings, fmt.Sprintf(format, args...))
}

func (s *objectSync) report(change func(*lookup.SyncStatus)) lookup.SyncStatus {
	if s.beside {
		return lookup.SyncStatus{}
	}
	status := s.replica.update(s.object, change)
	if s.progress != nil {
		s.progress(status)
	}
	return status
}
