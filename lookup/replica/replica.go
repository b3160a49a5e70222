// Package replica keeps the directory like a Salesforce org: it copies accounts,
// contacts, leads and whatever else an administrator names, and the org's users.
//
//	timetable, hint, event, click ─► Replica ─► one sync an object ─► Source (REST, Bulk) ─► plan ─► Target.Apply
//
// A first load and the nightly full run read all and sweep what is gone; between
// them changes are read by SystemModstamp. Hints and change events only say which
// records to read sooner. Everything is bounded: one turn of syncs at a time, the
// records read ahead, the hints that wait, and the org's calls (see Usage).
package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Source is what a Replica asks of an org; *salesforce.Client is one.
type Source interface {
	OrgID(ctx context.Context) (string, error)
	Describe(ctx context.Context, object string) (*salesforce.Object, error)
	Count(ctx context.Context, soql string) (int, error)
	Query(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error]
	QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error]
}

// Target is where a Replica writes to; *lookup.Directory is one.
type Target interface {
	Apply(ctx context.Context, c lookup.Changes) error
	Sweep(ctx context.Context, org, object string, run int64) (removed int, err error)
	Watermark(ctx context.Context, org, object string) (time.Time, error)
	Count(ctx context.Context, org, object string) (int, error)
	// Reading and SetReading keep how all records of an object were read.
	Reading(ctx context.Context, org, object string) (string, error)
	SetReading(ctx context.Context, org, object, reading string) error
}

// What a Config leaves open.
const (
	DefaultSyncOverlap = 10 * time.Minute
	maxSyncPause       = 15 * time.Minute // between two tries of an org that fails
	syncBatch          = 2000             // records of one Apply
	fullBatch          = 5_000            // the same in a full run: three such batches are in memory
)

// Config says what a Replica copies, from where and how often.
type Config struct {
	// Org is the org that Client is signed in to. Its ID is compared with
	// Client's before anything is written; if it is empty, Client's counts.
	Org       lookup.OrgConfig
	Client    Source
	Directory Target
	// Interval is the pause between two syncs of objects whose Schedule names
	// none: DefaultSyncInterval if 0.
	Interval time.Duration
	// Overlap is how far behind the watermark each sync begins, because
	// transactions become visible later than their stamps say:
	// DefaultSyncOverlap if 0.
	Overlap time.Duration
	// Country reads numbers of records without a country of their own: "DE" if empty.
	Country string
	// Events tells changes where Org.ChangeEvents wants it; nil: polling alone.
	Events EventSource
	// LiveBudget is how many numbers Search may ask the org for in an hour:
	// DefaultLiveBudget if 0.
	LiveBudget int
	// HintBudget is how many queries hints may cost in an hour:
	// DefaultHintBudget if 0.
	HintBudget int
	// Batch is how many records one commit of a full run carries: 5,000 if 0.
	Batch  int
	Logger *slog.Logger
}

// Replica copies the phone numbers of one org's leads, contacts and accounts
// into a Directory and keeps them fresh.
//
//	first sync:  every record by Id ─► Apply … ─► Sweep of what is gone ─► watermark
//	then:        SystemModstamp ≥ watermark − overlap, deleted ones too ─► Apply
//	             contacts of changed accounts, for their company's name ─► Apply
//
// The watermark is the newest SystemModstamp seen, never the time of day, and is
// stored with the records that it covers: all of them, or there is none. Beside
// it stands how they were read, by which fields and parser; where that is no
// longer how we read, or was not the same for all, the next sync is a full one.
// What a sync cannot do leaves the directory as it was and stands in Status with
// its cure.
type Replica struct {
	config  Config
	log     *slog.Logger
	turn    chan struct{} // holds one token while a sync runs
	trigger chan struct{} // holds one token while Run has been asked to sync

	mu      sync.Mutex
	status  []lookup.SyncStatus
	settled map[string]time.Time // by object: everything stamped before is read
	plans   map[string]knownPlan // by object: the fields of the last good sync
	shorts  map[string]shortRun  // by object: full runs that got too little
	empties map[string]time.Time // by object: when the org said that it has none
	pending map[string]bool      // objects asked for, and whether in full; "" means all
	synced  map[string]time.Time // by object: when it was last tried
	fulls   map[string]time.Time // by object: when it was last read in full

	objects []lookup.ObjectConfig // what is copied, in this order
	schema  *schema               // of the sync whose turn it is
	retired bool                  // objects not copied any more have been removed; the same

	accounts map[string]map[string]bool // by object: changed accounts whose records of it are to be read again
	// Stamps of the accounts that the last sync of changes saw, by id; nil if none
	// did. Of the sync whose turn it is.
	seenAccounts map[string]int64

	open map[string]map[string]bool // by object: ids of those that something open belongs to

	work    openWork // of the sync whose turn it is
	polling polling
	live    live     // searches for numbers that no sync has brought
	hints   hints    // records that are to be read again at once
	events  *events  // that the org tells by itself
	users   userSync // beside the records

	tables   map[string]lookup.Timetable // by object
	setbacks map[string]setback          // by object
	ahead    ahead                       // of the sync whose turn it is
}

// New makes a Replica; Run or Sync starts it.
func New(c Config) *Replica {
	c.Overlap = cmp.Or(c.Overlap, DefaultSyncOverlap)
	c.Country = cmp.Or(c.Country, "DE")
	c.LiveBudget = cmp.Or(c.LiveBudget, DefaultLiveBudget)
	c.HintBudget = cmp.Or(c.HintBudget, DefaultHintBudget)
	c.Batch = cmp.Or(c.Batch, fullBatch)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Replica{
		config: c, log: c.Logger, turn: make(chan struct{}, 1), trigger: make(chan struct{}, 1),
		settled: map[string]time.Time{}, plans: map[string]knownPlan{}, pending: map[string]bool{}, shorts: map[string]shortRun{},
		empties: map[string]time.Time{}, synced: map[string]time.Time{}, fulls: map[string]time.Time{}, tables: map[string]lookup.Timetable{}, setbacks: map[string]setback{},
		accounts: map[string]map[string]bool{}, work: newOpenWork(), hints: newHints(), users: userSync{turn: newGate()}, open: map[string]map[string]bool{},
		objects: copiedObjects(c.Org.Objects), schema: newSchema(c.Client),
	}
	r.events = newEvents(c.Org, c.Events, r.objects)
	for _, o := range r.objects {
		r.status = append(r.status, lookup.SyncStatus{Org: c.Org.ID, Object: o.Object})
		r.tables[o.Object] = r.timetable(o)
	}
	return r
}

// SyncRequest asks for one sync.
type SyncRequest struct {
	Object string // one object; all if empty
	Full   bool   // every record, not only changed ones
	Limit  int    // stop after so many records of an object; nothing is removed then
	DryRun bool   // read and count, change nothing
}

// SyncResult is what a sync did, over all its objects.
type SyncResult struct {
	Read    int // records that the org sent
	Changed int // written or written again
	Removed int
	// Warnings are all objects' warnings.
	Warnings []string
}

// Sync copies what q asks for and returns when it is committed. It waits while
// another sync of this org runs. progress, if not nil, is called now and then,
// from this goroutine. An object that fails does not keep the others from their
// turn; the errors of all are joined, and every one has a cure by salesforce.Cure.
//
// It is for people: it may use what Usage keeps from polling, up to a reserve.
func (r *Replica) Sync(ctx context.Context, q SyncRequest, progress func(lookup.SyncStatus)) (SyncResult, error) {
	objects, err := r.chosen(q.Object)
	if err != nil {
		return SyncResult{}, err
	}
	var requests []SyncRequest
	for _, object := range objects {
		q.Object = object
		requests = append(requests, q)
	}
	_, _, reserve := shares(r.config.Org.Usage)
	return r.sync(salesforce.ByHand(salesforce.WithQuota(ctx, reserve)), requests, false, progress)
}

// sync does requests, each for one object, in one turn. For polled ones nobody
// waits.
func (r *Replica) sync(ctx context.Context, requests []SyncRequest, polled bool, progress func(lookup.SyncStatus)) (SyncResult, error) {
	select {
	case <-ctx.Done():
		return SyncResult{}, fmt.Errorf("replica: sync %s: %w", r.config.Org.Name, ctx.Err())
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	}
	org, err := r.checkOrg(ctx)
	if err != nil {
		r.finishAll(ctx, requests, polled, err)
		return SyncResult{}, err
	}
	var total SyncResult
	var failures []error
	if len(requests) == 0 || requests[0].Limit == 0 && !requests[0].DryRun {
		if total.Removed, err = r.retire(ctx, org); err != nil {
			failures = append(failures, err)
		}
	}
	begun := time.Now()
	var syncs []*objectSync
	for _, q := range requests {
		syncs = append(syncs, &objectSync{replica: r, org: org, object: q.Object, request: q, polled: polled, progress: progress, begun: begun})
	}
	r.askAhead(ctx, syncs)
	defer r.forgetAhead()
	if polled {
		r.pollUsers(ctx)
	}
	for i, s := range syncs {
		result, err := s.run(s.resting(ctx))
		r.noteOutcome(ctx, s.request, polled, err)
		if err == nil {
			result.Warnings = append(result.Warnings, r.fullFault(s.object)...)
		}
		r.finish(ctx, s.object, result, err)
		total.add(result.SyncResult)
		if err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil || errors.Is(err, salesforce.ErrLimit) {
			r.finishAll(ctx, requests[i+1:], polled, err)
			for _, s := range syncs[i+1:] {
				s.keepWaiting()
			}
			break
		}
	}
	return total, errors.Join(failures...)
}

// finishAll records an error that concerns the org and not one object.
func (r *Replica) finishAll(ctx context.Context, requests []SyncRequest, polled bool, err error) {
	for _, q := range requests {
		r.noteOutcome(ctx, q, polled, err)
		r.finish(ctx, q.Object, objectResult{held: -1}, err)
	}
}

func (s *SyncResult) add(o SyncResult) {
	s.Read, s.Changed, s.Removed = s.Read+o.Read, s.Changed+o.Changed, s.Removed+o.Removed
	s.Warnings = append(s.Warnings, o.Warnings...)
}

// chosen are the objects that a request is about.
func (r *Replica) chosen(name string) ([]string, error) {
	var all []string
	for _, o := range r.objects {
		all = append(all, o.Object)
	}
	switch {
	case name == "":
		return all, nil
	case slices.Contains(all, name):
		return []string{name}, nil
	}
	return nil, fmt.Errorf("replica: sync: %q is not copied; choose one of %s", name, strings.Join(all, ", "))
}

// wrongOrgError keeps the records of two orgs apart.
type wrongOrgError struct{ want, got string }

func (e wrongOrgError) Error() string {
	return fmt.Sprintf("replica: sync: the keys belong to org %s, not to %s", e.got, e.want)
}

// checkOrg makes sure that the keys are this org's, and gives its id.
func (r *Replica) checkOrg(ctx context.Context) (string, error) {
	id, err := r.config.Client.OrgID(ctx)
	if err != nil {
		return "", fmt.Errorf("replica: sync %s: %w", r.config.Org.Name, err)
	}
	if want := r.config.Org.ID; want != "" {
		if full, err := salesforce.NormalizeID(want); err != nil || full != id {
			return "", wrongOrgError{want: want, got: id}
		}
	}
	return id, nil
}

// cureFor is the cure of a failed sync.
func cureFor(err error) string {
	var wrong wrongOrgError
	if errors.As(err, &wrong) {
		return "Enter the consumer key and secret of this org's own app, or correct the org's id."
	}
	if object, ok := errors.AsType[*lookup.ObjectError](err); ok {
		return object.Cure
	}
	return salesforce.Cure(err)
}

// Status is how each object stands, in the order of their copying.
func (r *Replica) Status() []lookup.SyncStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.status)
	for i := range all {
		all[i].Warnings = slices.Clone(all[i].Warnings)
	}
	return all
}

// update changes the status of an object and returns a copy of it.
func (r *Replica) update(object string, change func(*lookup.SyncStatus)) lookup.SyncStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.status {
		if r.status[i].Object == object {
			change(&r.status[i])
			return r.status[i]
		}
	}
	return lookup.SyncStatus{}
}

// finish records how the sync of an object ended.
func (r *Replica) finish(ctx context.Context, object string, result objectResult, err error) {
	held := r.heldAfter(ctx, object, result)
	r.update(object, func(s *lookup.SyncStatus) {
		s.Running, s.Phase, s.Rate, s.Left = false, "", 0, 0
		if ctx.Err() != nil {
			return // we are stopping; that says nothing about the org
		}
		s.Org = cmp.Or(s.Org, result.org)
		s.LastRun = time.Now()
		if held >= 0 {
			s.Records = held
		}
		if err != nil {
			s.LastError, s.Cure = err.Error(), cureFor(err)
			return
		}
		s.LastError, s.Cure, s.Warnings = "", "", result.Warnings
	})
	r.logEnd(ctx, object, result, err)
}

// heldAfter is how many records of an object the directory holds, -1 if that
// cannot be told. A failed sync has not counted them, and the directory may
// hold a million from before the last restart.
func (r *Replica) heldAfter(ctx context.Context, object string, result objectResult) int {
	org := cmp.Or(result.org, r.config.Org.ID)
	if result.held >= 0 || org == "" {
		return result.held
	}
	held, err := r.config.Directory.Count(ctx, org, object)
	if err != nil {
		return -1
	}
	return held
}

func (r *Replica) logEnd(ctx context.Context, object string, result objectResult, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("org", cmp.Or(result.org, r.config.Org.ID)), slog.String("object", object), slog.Int("read", result.Read),
		slog.Int("changed", result.Changed), slog.Int("removed", result.Removed), slog.Int("warnings", len(result.Warnings)),
	}
	switch {
	case ctx.Err() != nil:
		level = slog.LevelDebug
	case err != nil:
		level, attrs = slog.LevelWarn, append(attrs, slog.Any("err", err))
	case result.Changed+result.Removed == 0:
		level = slog.LevelDebug
	}
	r.log.LogAttrs(ctx, level, "sync of an object ended", attrs...)
}
