package replica

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// hints wait to be read; newHints makes them.
type hints struct {
	// reading is held from take to finish, so that done is true.
	reading gate

	mu        sync.Mutex
	waiting   map[string]map[string]time.Time // ids by object, and when they were last hinted at
	companies map[string]time.Time            // accounts whose contacts are to be read
	count     int                             // of both
	since     time.Time                       // when the first of them came
	wake      chan struct{}                   // holds one token when the first has come
	early     allowance                       // of reads that wait for no others
	asked     allowance                       // of reads that programs wait for
	status    lookup.HintStatus
	hour      hourly
	given     uint64          // calls of add
	done      uint64          // those of them whose records have been read, or left
	missed    map[string]bool // objects of which some were left
}

// hintedIDs are what is taken to be read: ids by object, and accounts whose contacts
// are to be read.
type hintedIDs struct {
	objects   map[string][]string
	companies []string
}

func newHints() hints {
	return hints{
		reading: newGate(), waiting: map[string]map[string]time.Time{}, companies: map[string]time.Time{},
		wake: make(chan struct{}, 1), missed: map[string]bool{},
	}
}

// add has records wait, or accounts for the sake of their contacts.
func (h *hints) add(object string, ids []string, companies bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given++
	now := time.Now()
	waiting := h.companies
	if !companies {
		if h.waiting[object] == nil {
			h.waiting[object] = map[string]time.Time{}
		}
		waiting = h.waiting[object]
	}
	for _, id := range ids {
		id, err := salesforce.NormalizeID(id)
		if err != nil {
			continue
		}
		_, known := waiting[id]
		if !companies && !known {
			h.status.Records++
		}
		if !known && h.count >= maxHints {
			h.leave(object, companies)
			continue
		}
		if !known {
			h.count++
		}
		waiting[id] = now
	}
	if h.count > 0 && h.since.IsZero() {
		h.since = now
		select {
		case h.wake <- struct{}{}:
		default:
		}
	}
}

// leave leaves one to the next sync. The contacts of an account come with the sync
// of the account.
func (h *hints) leave(object string, companies bool) {
	if !companies {
		h.status.Left++
	}
	h.missed[object] = true
}

// due is when what waits is to be read, zero if nothing does, and whether that is
// an early read.
func (h *hints) due() (at time.Time, early bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		return time.Time{}, false
	}
	at = h.since.Add(hintGather)
	if h.early.next.After(at) {
		at = h.early.next
	}
	if shared := h.since.Add(hintShare); shared.Before(at) {
		return shared, false
	}
	return at, true
}

// spendEarly takes one early read; false if none is left.
func (h *hints) spendEarly(every time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.early.spend(every)
}

// spendAsked takes one read of those that programs ask for and wait for: they have
// their own, for who has learned a secret address has no token.
func (h *hints) spendAsked(every time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked.spend(every)
}

// allowance is what may be done earlyReads times in a row, and then once in a while.
type allowance struct{ next time.Time }

func (a *allowance) spend(every time.Duration) bool {
	now := time.Now()
	if a.next.After(now) {
		return false
	}
	if full := now.Add(-(earlyReads - 1) * every); a.next.Before(full) {
		a.next = full
	}
	a.next = a.next.Add(every)
	return true
}

// size is how many queries would read what waits.
func (h *hints) size() (queries int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ids := range h.waiting {
		queries += chunks(len(ids))
	}
	return queries + chunks(len(h.companies))
}

func chunks(ids int) int { return (ids + hintChunk - 1) / hintChunk }

// take is what waits, and the number of hints given so far; it is the caller's
// then, who calls finish. reading is held.
func (h *hints) take() (all hintedIDs, given uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all.objects = make(map[string][]string, len(h.waiting))
	for object, ids := range h.waiting {
		if len(ids) > 0 {
			all.objects[object] = slices.Sorted(maps.Keys(ids))
		}
	}
	all.companies = slices.Sorted(maps.Keys(h.companies))
	clear(h.waiting)
	clear(h.companies)
	h.count, h.since = 0, time.Time{}
	return all, h.given
}

// finish notes that all hints up to that number have been read, or left.
func (h *hints) finish(given uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = given
}

// hintLag is how long the org's queries may not show yet what it has told of.
const hintLag = 5 * time.Second

// forget drops the hints of an object that came well before a sync of it began,
// which has read what they spoke of.
func (h *hints) forget(object string, begun time.Time) {
	if !h.reading.try() {
		return
	}
	defer h.reading.leave()
	h.mu.Lock()
	defer h.mu.Unlock()
	before := begun.Add(-hintLag)
	for id, at := range h.waiting[object] {
		if at.Before(before) {
			delete(h.waiting[object], id)
			h.count--
			h.status.Read++
		}
	}
	h.since = h.first()
	if h.count == 0 {
		h.done = h.given
	}
}

// first is when the first of what waits came, zero if nothing does. h.mu is held.
func (h *hints) first() (first time.Time) {
	for _, ids := range h.waiting {
		for _, at := range ids {
			first = lookup.Earlier(first, at)
		}
	}
	for _, at := range h.companies {
		first = lookup.Earlier(first, at)
	}
	return first
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
