package replica

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// What a turn of polling will ask is known before it begins, but for what the
// answers lead to: so it is asked in one request, which costs one call of the
// org's limit where Account, Contact, Lead, Opportunity and Case would cost five.
//
//	askAhead ─► the changes of each object, what is open, last activities ─► one request
//	queryAll(soql) ─► the answer from there, or a query of its own
//
// A query that was not foreseen, or whose answer did not come, is asked by itself.

// batchSource is a Source that answers several queries in one request;
// *salesforce.Client is one.
type batchSource interface {
	QueryAllEach(ctx context.Context, soqls []string) ([]iter.Seq2[salesforce.Record, error], error)
}

// batchAgain is how long an org that refuses batches is not asked for one.
const batchAgain = 24 * time.Hour

// ahead is what has been asked and not been read yet. Only the sync whose turn it
// is uses it.
type ahead struct {
	rows  map[string]iter.Seq2[salesforce.Record, error] // by query
	at    time.Time                                      // the org's clock before them
	asked bool
	no    time.Time // until when the org is not asked for batches
}

// askAhead asks what syncs will ask.
func (r *Replica) askAhead(ctx context.Context, syncs []*objectSync) {
	source, ok := r.config.Client.(batchSource)
	if !ok || time.Now().Before(r.ahead.no) {
		return
	}
	soqls := r.foresee(ctx, syncs)
	if len(soqls) < 2 {
		return
	}
	at := r.serverTime()
	streams, err := source.QueryAllEach(ctx, soqls)
	if err != nil {
		r.refusedBatch(ctx, err)
		return
	}
	r.ahead.rows = make(map[string]iter.Seq2[salesforce.Record, error], len(soqls))
	r.ahead.at, r.ahead.asked = at, true
	for i, soql := range soqls {
		r.ahead.rows[soql] = streams[i]
	}
}

// refusedBatch: what fails for a moment, or for all requests alike, is told by the
// queries themselves; an org without batches is asked one by one.
func (r *Replica) refusedBatch(ctx context.Context, err error) {
	if !refusesBatches(err) {
		return
	}
	r.ahead.no = time.Now().Add(batchAgain)
	r.log.LogAttrs(ctx, slog.LevelWarn, "the org takes no batches of queries; polling costs a call for each object", slog.Any("err", err))
}

// refusesBatches tells that the org has no batches, for all that is known of it.
func refusesBatches(err error) bool {
	e, ok := errors.AsType[*salesforce.Error](err)
	return ok && slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}, e.Status) && !errors.Is(err, salesforce.ErrLimit)
}

// foresee are the queries of syncs for changes, no more than one request takes.
func (r *Replica) foresee(ctx context.Context, syncs []*objectSync) []string {
	var soqls []string
	work := false
	for _, s := range syncs {
		if !s.foreseeable(ctx) {
			if s.empty() {
				soqls = append(soqls, newestSOQL(s.object))
			}
			continue
		}
		work = work || s.ranksOpen()
		companies := s.foreseeCompanies()
		soqls = append(soqls, s.soql(s.withCompanies(changedSince(r.since(s.object, s.stored))), changesOrder))
		soqls = append(soqls, companies...)
		if r.activitySoon(s.object) && s.readsActivity() {
			soqls = append(soqls, s.activitySOQL())
		}
	}
	if work && !time.Now().Before(r.work.next) {
		for _, object := range workObjects {
			if !switchedOff(r.config.Org.Objects, object) {
				soqls = append(soqls, r.workSOQL(object))
			}
		}
	}
	if len(syncs) > 0 && syncs[0].polled {
		soqls = append(r.foreseeUsers(ctx), soqls...)
	}
	return soqls[:min(len(soqls), salesforce.MaxBatch)]
}

// foreseeable tells that a sync will ask for changes, by a field plan of the last
// hour, which is made anew here in a turn of polling; it reads what the sync will
// read again.
func (s *objectSync) foreseeable(ctx context.Context) bool {
	plan, fresh := s.replica.plan(s.object)
	if s.request.Full || s.request.Limit > 0 || s.request.DryRun {
		return false
	}
	if !fresh && s.polled && plan.object != "" {
		anew, err := s.describe(ctx)
		if fresh = err == nil; fresh {
			plan = anew
			s.replica.rememberPlan(plan)
		}
	}
	if !fresh {
		return false
	}
	s.plan = plan
	if err := s.known(ctx); err != nil {
		return false
	}
	return !s.needsAll()
}

// empty tells that the object had no record so far: each turn asks for the first.
func (s *objectSync) empty() bool { return s.plan.object != "" && s.stored.IsZero() }

// queryAll is the answer to a query that was asked ahead, once, or a query.
func (r *Replica) queryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	if rows, ok := r.ahead.rows[soql]; ok {
		delete(r.ahead.rows, soql)
		return rows
	}
	return r.config.Client.QueryAll(ctx, soql)
}

// askedAt is the org's clock before the queries of this turn.
func (r *Replica) askedAt() time.Time {
	if r.ahead.asked {
		return r.ahead.at
	}
	return r.serverTime()
}

func (r *Replica) forgetAhead() { r.ahead = ahead{no: r.ahead.no} }

// changesOrder is how changes are read, changedSince which they are.
const changesOrder = "SystemModstamp, Id"

func changedSince(t time.Time) string { return "SystemModstamp >= " + salesforce.FormatTime(t) }
