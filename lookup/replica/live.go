package replica

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Limits of live searches.
const (
	// DefaultLiveBudget is how many searches an org is asked for in an hour.
	DefaultLiveBudget = 500
	// liveWithin is how long one takes at most, the reading of what it found
	// included: the call has been on the screen since before it began.
	liveWithin = 800 * time.Millisecond
	// liveAgain is how long a number is not searched again: one call rings at
	// many telephones.
	liveAgain = time.Minute
	// liveRecords bounds what one search may find.
	liveRecords = 20
)

// ErrLiveBudget is an error of Replica.Search, which says as little as ErrNoLiveSearch
// that a number is nobody's.
var ErrLiveBudget = errors.New("replica: the searches of this hour are used up")

// LiveSource is a Source that can search; *salesforce.Client is one.
type LiveSource interface {
	Search(ctx context.Context, sosl string) ([]salesforce.Record, error)
}

// live is the state of a replica's searches.
type live struct {
	mu      sync.Mutex
	status  lookup.LiveStatus
	flights map[lookup.Number]*flight
	answers map[lookup.Number]liveAnswer
	hour    hourly
}

// liveAnswer is what a search found, and when.
type liveAnswer struct {
	at    time.Time
	found bool
}

// flight is a search under way; who asks for the same number waits for it.
type flight struct {
	done  chan struct{}
	found bool
	err   error
}

// Search asks the org itself for a number that the directory does not know,
// within 800 ms. What it finds goes into the directory as any sync would bring
// it, so that Find judges it by the same rules: found says that it is worth
// asking again. An error is never taken for "unknown", nor kept; what a search
// found is kept for a minute. Beside OrgConfig.LiveSearch it needs a sync
// before it.
func (r *Replica) Search(ctx context.Context, n lookup.Number) (found bool, err error) {
	source, ok := r.config.Client.(LiveSource)
	if !ok || !r.config.Org.LiveSearch {
		return false, lookup.ErrNoLiveSearch
	}
	if !n.Valid() {
		return false, nil
	}
	f, first, err := r.live.join(n, r.config.LiveBudget)
	switch {
	case err != nil:
		return false, err
	case first:
		_, _, reserve := shares(r.config.Org.Usage)
		ctx, cancel := context.WithTimeout(salesforce.WithQuota(ctx, reserve), liveWithin)
		defer cancel()
		f.found, f.err = r.search(ctx, source, n)
		r.live.leave(n, f)
	}
	select {
	case <-f.done:
		return f.found, f.err
	case <-ctx.Done():
		return false, fmt.Errorf("replica: live search: %w", context.Cause(ctx))
	}
}

// LiveStatus tells of the searches so far.
func (r *Replica) LiveStatus() lookup.LiveStatus {
	l := &r.live
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Org, s.On = r.config.Org.ID, r.config.Org.LiveSearch
	s.Left = l.hour.left(r.config.LiveBudget)
	return s
}

// join is the flight for a number, and whether the caller is to fly it.
func (l *live) join(n lookup.Number, budget int) (f *flight, first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if f = l.flights[n]; f != nil {
		return f, false, nil
	}
	if a, ok := l.answers[n]; ok && now.Sub(a.at) < liveAgain {
		f = &flight{done: make(chan struct{}), found: a.found}
		close(f.done)
		return f, false, nil
	}
	if !l.hour.spend(budget) {
		l.status.Refused++
		return nil, false, ErrLiveBudget
	}
	l.status.Asked++
	f = &flight{done: make(chan struct{})}
	if l.flights == nil {
		l.flights, l.answers = map[lookup.Number]*flight{}, map[lookup.Number]liveAnswer{}
	}
	l.flights[n] = f
	return f, true, nil
}

func (l *live) leave(n lookup.Number, f *flight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flights, n)
	now := time.Now()
	for old, a := range l.answers { // no more of them than searches in an hour
		if now.Sub(a.at) >= liveAgain {
			delete(l.answers, old)
		}
	}
	if f.err != nil {
		l.status.Failed++
	} else {
		l.answers[n] = liveAnswer{now, f.found}
	}
	if f.found {
		l.status.Found++
	}
	close(f.done)
}

// search asks the org and takes what it found to the directory.
func (r *Replica) search(ctx context.Context, source LiveSource, n lookup.Number) (bool, error) {
	plans, sosl := r.livePlans()
	if len(plans) == 0 {
		return false, lookup.ErrNoLiveSearch
	}
	rows, err := source.Search(ctx, "FIND {"+phrases(n)+"} IN PHONE FIELDS RETURNING "+sosl)
	if err != nil {
		return false, fmt.Errorf("replica: live search: %w", err)
	}
	ids := map[string][]string{}
	for _, row := range rows {
		id, err := salesforce.NormalizeID(row.ID())
		if object := row.Object(); err == nil && len(ids[object]) < liveRecords {
			ids[object] = append(ids[object], id)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	return r.readFound(ctx, plans, ids)
}

// readFound reads what was found as a sync would.
func (r *Replica) readFound(ctx context.Context, plans []fieldPlan, ids map[string][]string) (found bool, err error) {
	for i := range plans {
		p := plans[i]
		if len(ids[p.object]) == 0 {
			continue
		}
		changed, err := r.readIDs(ctx, p, ids[p.object], r.config.Client.Query, p.scope())
		if err != nil {
			return found, fmt.Errorf("replica: live search: %w", err)
		}
		found = found || changed > 0
	}
	return found, nil
}

// livePlans are the field plans of the objects that have been read, and their
// RETURNING clause.
func (r *Replica) livePlans() (plans []fieldPlan, returning string) {
	var parts []string
	for _, o := range r.objects {
		p, _ := r.plan(o.Object)
		if p.object == "" || len(p.numbers) == 0 || !p.searchable {
			continue
		}
		plans = append(plans, p)
		parts = append(parts, fmt.Sprintf("%s(Id LIMIT %d)", o.Object, liveRecords))
	}
	return plans, strings.Join(parts, ", ")
}

// phrases are the notations of a number as phrases of SOSL. Its index parts text at
// punctuation, so "030 23125101" also finds (030) 23125101 and 030/23125101; it
// finds no part of a group of digits.
func phrases(n lookup.Number) string {
	return `"` + strings.Join(n.Notations(), `" OR "`) + `"`
}
