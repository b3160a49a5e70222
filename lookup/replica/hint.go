package replica

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// A hint says that records may have changed: an outbound message, an event of
// Change Data Capture, or whoever knows. What it says of them is not believed,
// the records themselves are read:
//
//	Hint(object, ids) ─► waiting, once each ─┬► 0.2 s later, while early reads are left ─┬► one request ─► Apply
//	                                         └► else with others, users among them ──────┘
//
// A change now and then is so found at once, and a steady drizzle of them shares
// its calls: 200 ids a query, five queries a call, at most one call in two minutes
// beside those that are made anyway. Hints are read beside a sync, not after it: a
// full one takes minutes. They are not kept over a restart, for the next sync reads
// by stamps what they spoke of.

const (
	// DefaultHintBudget is how many queries hints may cost in an hour, so that
	// whoever can send hints cannot spend the org's calls.
	DefaultHintBudget = 600
	// hintGather is how long hints are gathered before they are read early,
	// hintShare how long they wait at most for others to share a call.
	hintGather = 200 * time.Millisecond
	hintShare  = 110 * time.Second
	// earlyReads is how many early reads there may be in a row; then there is one in
	// earlyEvery, or in earlyWithEvents where the streams of events stand and polling
	// costs less.
	earlyReads      = 30
	earlyEvery      = 20 * time.Minute
	earlyWithEvents = 6 * time.Minute
	// hintChunk is how many records one query reads, maxHints how many wait.
	hintChunk = 200
	maxHints  = 20_000
)

// ErrHintBudget says that the hints of this hour are used up: what they speak of
// comes with the next sync.
var ErrHintBudget = errors.New("replica: the hints of this hour are used up")

// Hint says that records of an object may have changed. It never blocks. Those
// above the bound, or of an object that is not copied, are left to the next sync.
func (r *Replica) Hint(object string, ids []string) {
	if _, copied := lookup.ObjectNamed(r.objects, object); copied {
		r.hints.add(object, ids, false)
	}
}

// hintCompanies says that what other records show of accounts may have changed.
func (r *Replica) hintCompanies(ids []string) { r.hints.add(lookup.ObjectAccount, ids, true) }

// HintStatus tells of the hints so far.
func (r *Replica) HintStatus() lookup.HintStatus {
	h := &r.hints
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.status
	s.Org, s.Budget = r.config.Org.ID, h.hour.left(r.config.HintBudget)
	return s
}

// runHints reads what is hinted at until ctx ends.
func (r *Replica) runHints(ctx context.Context) {
	for {
		due, early := r.hints.due()
		var wait <-chan time.Time
		if !due.IsZero() {
			wait = time.After(time.Until(due))
		}
		select {
		case <-ctx.Done():
			return
		case <-r.hints.wake: // nothing waited so far
			continue
		case <-wait:
		}
		if again, _ := r.hints.due(); again.IsZero() || again.After(time.Now()) {
			continue // others have read it meanwhile
		}
		if early {
			r.hints.spendEarly(r.earlyEvery())
		}
		r.readHints(ctx)
	}
}

// earlyEvery is how often there is an early read in the long run.
func (r *Replica) earlyEvery() time.Duration {
	if r.eventsStand() {
		return earlyWithEvents
	}
	return earlyEvery
}

// Refresh reads what has changed of an object, or those records only whose ids are
// given, now, and tells how many of them were written or removed. It takes nothing
// of the hints' budget, and nothing of the calls that Usage keeps for others. Whoever
// asks all the time shares the calls of hints: ErrShared.
func (r *Replica) Refresh(ctx context.Context, object string, ids []string) (int, error) {
	if _, copied := lookup.ObjectNamed(r.objects, object); !copied {
		return 0, fmt.Errorf("replica: refresh: %s is not copied", object)
	}
	var good []string
	for _, id := range ids {
		id, err := salesforce.NormalizeID(id)
		if err != nil {
			return 0, fmt.Errorf("replica: refresh: %w", err)
		}
		good = append(good, id)
	}
	if !r.hints.spendAsked(r.earlyEvery()) {
		if r.Hint(object, good); len(good) == 0 {
			r.noteMissed(object)
		}
		return 0, lookup.ErrShared
	}
	if len(good) == 0 {
		result, err := r.Sync(ctx, SyncRequest{Object: object}, nil)
		return result.Changed + result.Removed, err
	}
	plan, _ := r.plan(object)
	if plan.object == "" {
		return 0, fmt.Errorf("replica: refresh: %s has not been read yet", object)
	}
	total := 0
	_, _, reserve := shares(r.config.Org.Usage)
	ctx = salesforce.WithQuota(ctx, reserve)
	for chunk := range slices.Chunk(good, hintChunk) {
		n, err := r.readIDs(ctx, plan, chunk, r.config.Client.QueryAll, "")
		total += n
		if err != nil {
			return total, fmt.Errorf("replica: refresh: %w", err)
		}
	}
	return total, nil
}

// queryFunc is Query or QueryAll of a Source.
type queryFunc = func(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error]

// readIDs reads records by id beside whatever sync runs, and tells how many were
// written or removed.
func (r *Replica) readIDs(ctx context.Context, plan fieldPlan, ids []string, query queryFunc, scope string) (changed int, err error) {
	org, err := r.checkOrg(ctx) // never the records of another
	if err != nil {
		return 0, err
	}
	s := r.beside(org, plan)
	s.unscoped = scope == ""
	err = s.read(ctx, query(ctx, s.soql(joinAnd(scope, idIn("Id", ids)), "Id")), func(salesforce.Record) {})
	return s.result.Changed + s.result.Removed, err
}
