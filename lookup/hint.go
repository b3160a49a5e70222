package lookup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// A hint says that records may have changed: an outbound message, an event of
// Change Data Capture, or whoever knows. What it says of them is not believed,
// the records themselves are read:
//
//	Hint(object, ids) ─► waiting, once each ─► 0.2 s later, 200 ids a query ─► Apply
//
// Hints are read beside a sync, not after it: a full one takes minutes. They are
// not kept over a restart, for the next sync reads by stamps what they spoke of.

const (
	// DefaultHintBudget is how many queries hints may cost in an hour, so that
	// whoever can send hints cannot spend the org's calls.
	DefaultHintBudget = 600
	// hintGather is how long hints are gathered before they are read.
	hintGather = 200 * time.Millisecond
	// hintChunk is how many records one query reads, maxHints how many wait.
	hintChunk = 200
	maxHints  = 20_000
)

// ErrHintBudget says that the hints of this hour are used up: what they speak of
// comes with the next sync.
var ErrHintBudget = errors.New("lookup: the hints of this hour are used up")

// hints wait to be read; newHints makes them.
type hints struct {
	mu      sync.Mutex
	waiting map[string]map[string]bool // ids by object
	count   int
	wake    chan struct{} // holds one token while some wait
	status  HintStatus
	hour    hourly
	given   uint64          // calls of Hint
	done    uint64          // those of them whose records have been read, or left
	missed  map[string]bool // objects of which some were left
}

func newHints() hints {
	return hints{waiting: map[string]map[string]bool{}, wake: make(chan struct{}, 1), missed: map[string]bool{}}
}

// Hint says that records of an object may have changed. It never blocks. Those
// above the bound, or of an object that is not copied, are left to the next sync.
func (r *Replica) Hint(object string, ids []string) {
	if _, copied := objectNamed(r.objects, object); !copied {
		return
	}
	h := &r.hints
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given++
	for _, id := range ids {
		id, err := salesforce.NormalizeID(id)
		if err != nil || h.waiting[object][id] {
			continue
		}
		h.status.Records++
		if h.count >= maxHints {
			h.status.Left++
			h.missed[object] = true
			continue
		}
		if h.waiting[object] == nil {
			h.waiting[object] = map[string]bool{}
		}
		h.waiting[object][id] = true
		h.count++
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// HintStatus tells of the hints so far.
func (r *Replica) HintStatus() HintStatus {
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
		select {
		case <-ctx.Done():
			return
		case <-r.hints.wake:
		}
		select { // the rest of a burst
		case <-ctx.Done():
			return
		case <-time.After(hintGather):
		}
		waiting, given := r.hints.take()
		for object, ids := range waiting {
			if err := r.readHinted(ctx, object, ids); err != nil && ctx.Err() == nil {
				r.noteMissed(object)
				r.log.LogAttrs(ctx, slog.LevelWarn, "records hinted at come with the next sync",
					slog.String("object", object), slog.Any("err", err))
			}
		}
		r.hints.finish(given)
	}
}

// take is what waits, and the number of hints given so far; it is the caller's then.
func (h *hints) take() (all map[string][]string, given uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all = make(map[string][]string, len(h.waiting))
	for object, ids := range h.waiting {
		for id := range ids {
			all[object] = append(all[object], id)
		}
		slices.Sort(all[object])
	}
	clear(h.waiting)
	h.count = 0
	return all, h.given
}

// finish notes that all hints up to that number have been read, or left.
func (h *hints) finish(given uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = given
}

// number is how many hints have been given, read how many of them are over.
func (h *hints) number() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.given
}

func (h *hints) read() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done
}

// takeMissed are the objects of which records have been left since it was last
// asked.
func (h *hints) takeMissed() map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.missed) == 0 {
		return nil
	}
	all := h.missed
	h.missed = map[string]bool{}
	return all
}

// spend takes one query of the budget.
func (h *hints) spend(budget int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hour.spend(budget)
}

func (h *hints) note(object string, read, left int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status.Read += uint64(read)
	h.status.Left += uint64(left)
	if left > 0 {
		h.missed[object] = true
	}
}

// readHinted reads records again, deleted ones too.
func (r *Replica) readHinted(ctx context.Context, object string, ids []string) error {
	plan, _ := r.plan(object)
	if plan.object == "" {
		r.hints.note(object, 0, len(ids))
		return nil // the first sync brings them
	}
	for chunk := range slices.Chunk(ids, hintChunk) {
		if !r.hints.spend(r.config.HintBudget) {
			r.hints.note(object, 0, len(ids))
			return ErrHintBudget
		}
		if _, err := r.readIDs(ctx, plan, chunk, r.config.Client.QueryAll, ""); err != nil {
			r.hints.note(object, 0, len(ids))
			return fmt.Errorf("lookup: hint: %w", err)
		}
		r.hints.note(object, len(chunk), 0)
		ids = ids[len(chunk):]
	}
	return nil
}

// Refresh reads records of an object again, now, and tells how many of them were
// written or removed. It takes nothing of the hints' budget, and nothing of the
// calls that Usage keeps for others.
func (r *Replica) Refresh(ctx context.Context, object string, ids []string) (int, error) {
	plan, _ := r.plan(object)
	if plan.object == "" {
		return 0, fmt.Errorf("lookup: refresh: %s has not been read yet, or is not copied", object)
	}
	var good []string
	for _, id := range ids {
		id, err := salesforce.NormalizeID(id)
		if err != nil {
			return 0, fmt.Errorf("lookup: refresh: %w", err)
		}
		good = append(good, id)
	}
	total := 0
	_, _, reserve := shares(r.config.Org.Usage)
	ctx = salesforce.WithQuota(ctx, reserve)
	for chunk := range slices.Chunk(good, hintChunk) {
		n, err := r.readIDs(ctx, plan, chunk, r.config.Client.QueryAll, "")
		total += n
		if err != nil {
			return total, fmt.Errorf("lookup: refresh: %w", err)
		}
	}
	return total, nil
}

// queryFunc is Query or QueryAll of a ReplicaSource.
type queryFunc = func(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error]

// readIDs reads records by id beside whatever sync runs, and tells how many were
// written or removed.
func (r *Replica) readIDs(ctx context.Context, plan fieldPlan, ids []string, query queryFunc, scope string) (changed int, err error) {
	org, err := r.checkOrg(ctx) // never the records of another
	if err != nil {
		return 0, err
	}
	s := &objectSync{replica: r, org: org, object: plan.object, plan: plan, open: r.openNow(plan.object), beside: true, unscoped: scope == ""}
	err = s.read(ctx, query(ctx, s.soql(joinAnd(scope, idIn("Id", ids)), "Id")), func(salesforce.Record) {})
	return s.result.Changed + s.result.Removed, err
}
