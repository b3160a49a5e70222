package replica

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
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

	begun    time.Time       // descriptions of a full sync are no older
	refused  map[string]bool // paths that the org has refused in this sync
	unscoped bool            // rows are read that the where-clause may leave out
	accounts []string        // changed ones seen
	polled   bool            // Run's own, which nobody waits for
	waiting  []string        // accounts whose records are to be read again
	foreseen bool            // waiting was taken before the turn began
	joined   int             // so many of them come with the changes
	open     map[string]bool // records that something open belongs to
	beside   bool            // reads a few records, is no sync and shows in no status
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
	s.accounts, s.mark, s.short, s.load = nil, 0, false, nil
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

func (s *objectSync) warnf(format string, args ...any) {
	s.result.Warnings = append(s.result.Warnings, fmt.Sprintf(format, args...))
}

// countOrg counts what is in scope and meets the condition, if there is one.
func (s *objectSync) countOrg(ctx context.Context, condition string) (int, error) {
	where := joinAnd(s.plan.scope(), condition)
	return s.replica.config.Client.Count(ctx, "SELECT COUNT() FROM "+s.object+whereClause(where))
}

func newestSOQL(object string) string {
	return "SELECT Id, SystemModstamp FROM " + object + " ORDER BY SystemModstamp DESC LIMIT 1"
}

// newestStamp is the watermark of what exists now, zero if nothing is visible.
func (s *objectSync) newestStamp(ctx context.Context) (time.Time, error) {
	for row, err := range s.replica.queryAll(ctx, newestSOQL(s.object)) {
		return row.Time("SystemModstamp"), err
	}
	return time.Time{}, nil
}

func (s *objectSync) soql(where, order string) string {
	q := s.selectAll() + whereClause(where) + " ORDER BY " + order
	if s.request.Limit > 0 {
		q += fmt.Sprintf(" LIMIT %d", s.request.Limit-s.result.Read)
	}
	return q
}

func (s *objectSync) selectAll() string {
	return "SELECT " + strings.Join(s.plan.names, ", ") + " FROM " + s.object
}

func whereClause(condition string) string {
	if condition == "" {
		return ""
	}
	return " WHERE " + condition
}

func joinAnd(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " AND " + b
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
