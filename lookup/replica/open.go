package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// An open opportunity or case ranks its account and contact before others, and
// so does a recent activity. Neither moves the stamps of those records: so what
// is open is kept here, and the records that it concerns are read again when it
// changes; those with an activity of today or yesterday are read again anyway.
//
//	Opportunity, Case ─► items ─► ids of accounts, of contacts ─┬► Record.Open of all rows read
//	                             directory's open ones ─────────┴► those that differ ─► read again

const (
	// workEvery is how often the org is asked for what is open.
	workEvery = 10 * time.Minute
	// maxOpenItems bounds them; about 100 bytes each.
	maxOpenItems = 100_000
	// maxActive bounds the records read again for their last activity.
	maxActive = 2000
)

// workObjects are what may be open.
var workObjects = [...]string{"Opportunity", "Case"}

// openItem is whom an open opportunity or case belongs to.
type openItem struct{ account, contact string }

// openWork is what a Replica knows of it. Only the sync whose turn it is uses it.
type openWork struct {
	items    map[string]openItem
	newest   map[string]time.Time       // by object: the newest stamp read
	next     time.Time                  // when to ask again
	active   map[string]time.Time       // by object: when to read last activities again
	marked   map[string]map[string]bool // by object: ids of records the directory has as open
	warnings []string
}

func newOpenWork() openWork {
	return openWork{items: map[string]openItem{}, newest: map[string]time.Time{}, active: map[string]time.Time{}, marked: map[string]map[string]bool{}}
}

// openTarget is a target that tells its open records; *lookup.Directory does.
type openTarget interface {
	OpenIDs(ctx context.Context, org, object string) ([]string, error)
}

// refreshWork learns what is open for the sync's object, and when it is time
// asks the org before. What the org does not show costs a warning, not the sync.
func (s *objectSync) refreshWork(ctx context.Context) {
	w := &s.replica.work
	if !s.ranksOpen() {
		return
	}
	if s.request.Full || !time.Now().Before(w.next) {
		s.askWork(ctx, w)
	}
	s.result.Warnings = append(s.result.Warnings, w.warnings...)
	s.open = w.openOf(s.object)
	s.replica.rememberOpen(s.object, s.open)
}

// rememberOpen keeps what is open for those who have not the turn; nobody
// changes it any more.
func (r *Replica) rememberOpen(object string, open map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[object] = open
}

func (r *Replica) openNow(object string) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[object]
}

// openOf are the records of an object that something open belongs to.
func (w *openWork) openOf(object string) map[string]bool {
	open := map[string]bool{}
	for _, item := range w.items {
		if id := item.of(object); id != "" {
			open[id] = true
		}
	}
	return open
}

func (i openItem) of(object string) string {
	switch object {
	case lookup.ObjectAccount:
		return i.account
	case lookup.ObjectContact:
		return i.contact
	}
	return ""
}

// askWork asks for what has changed since it was last asked for, or for all.
func (s *objectSync) askWork(ctx context.Context, w *openWork) {
	w.warnings = nil
	for _, object := range workObjects {
		if switchedOff(s.replica.config.Org.Objects, object) {
			continue
		}
		err := s.askObject(ctx, w, object)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, salesforce.ErrNotFound), errors.Is(err, salesforce.ErrInvalidField):
			w.warnings = append(w.warnings, fmt.Sprintf(
				"The run-as user cannot see %s, so customers with an open one are not listed before others. Give “Read” and “View All Records” on the object, and “Read Access” to its account and contact, in a permission set.", object))
		case err != nil:
			w.warnings = append(w.warnings, fmt.Sprintf("Which records of %s are open could not be read: %v", object, err))
		}
	}
	w.next = time.Now().Add(workEvery)
}

func (s *objectSync) askObject(ctx context.Context, w *openWork, object string) error {
	newest, all := w.newest[object], w.newest[object].IsZero()
	for row, err := range s.replica.queryAll(ctx, s.replica.workSOQL(object)) {
		if err != nil {
			return err
		}
		if at := row.Time("SystemModstamp"); at.After(newest) {
			newest = at
		}
		w.note(row)
	}
	if all && newest.IsZero() {
		newest = time.Now().Add(-s.replica.config.Overlap) // none is open yet
	}
	w.newest[object] = newest
	if len(w.items) >= maxOpenItems {
		w.warnings = append(w.warnings, fmt.Sprintf("More than %d opportunities and cases are open; only the newest rank their customers.", maxOpenItems))
	}
	return nil
}

// workSOQL asks for what has changed of an object since it was last asked for, or
// for all that is open.
func (r *Replica) workSOQL(object string) string {
	const fields = "SELECT Id, AccountId, ContactId, IsClosed, IsDeleted, SystemModstamp FROM "
	since := r.work.newest[object]
	if since.IsZero() {
		return fields + object + " WHERE IsClosed = false ORDER BY SystemModstamp DESC LIMIT " + fmt.Sprint(maxOpenItems)
	}
	return fields + object + " WHERE SystemModstamp >= " + salesforce.FormatTime(since.Add(-r.config.Overlap)) + " ORDER BY SystemModstamp"
}

// note takes in one opportunity or case.
func (w *openWork) note(row salesforce.Record) {
	id := row.ID()
	if row.Bool("IsClosed") || row.Bool("IsDeleted") {
		delete(w.items, id)
		return
	}
	if _, known := w.items[id]; known || len(w.items) < maxOpenItems {
		w.items[id] = openItem{account: row.String("AccountId"), contact: row.String("ContactId")}
	}
}

// applyWork reads again the records whose mark differs from what is open now,
// and those whose last activity may have moved.
func (s *objectSync) applyWork(ctx context.Context) error {
	if s.request.Limit > 0 || s.request.DryRun {
		return nil
	}
	if s.open != nil {
		if err := s.remark(ctx); err != nil {
			return err
		}
	}
	due := s.replica.activeDue(s.object) // a full run has just read them
	if s.mark != 0 || !due || !s.readsActivity() {
		return nil
	}
	return s.read(ctx, s.replica.queryAll(ctx, s.activitySOQL()), func(salesforce.Record) {})
}

// ranksOpen: an opportunity or case belongs to an account and a contact.
func (s *objectSync) ranksOpen() bool {
	return s.object == lookup.ObjectAccount || s.object == lookup.ObjectContact
}

// readsActivity tells that the plan reads days of last activities.
func (s *objectSync) readsActivity() bool { return slices.Contains(s.plan.names, lastActivity) }

// activitySOQL asks for the records with an activity of today or yesterday.
func (s *objectSync) activitySOQL() string {
	day := time.Now().Add(-24 * time.Hour).UTC().Format(time.DateOnly)
	where := joinAnd(s.plan.scope(), lastActivity+" >= "+day)
	return "SELECT " + strings.Join(s.plan.names, ", ") + " FROM " + s.object + whereClause(where) +
		" ORDER BY " + lastActivity + " DESC LIMIT " + fmt.Sprint(maxActive)
}

// activeDue reports, once in a while, that last activities are to be read again.
func (r *Replica) activeDue(object string) bool {
	due := r.activitySoon(object)
	if _, known := r.work.active[object]; due || !known {
		r.work.active[object] = time.Now().Add(workEvery)
	}
	return due
}

// activitySoon reports that activeDue will say so.
func (r *Replica) activitySoon(object string) bool {
	next, known := r.work.active[object]
	return known && !time.Now().Before(next)
}

func (s *objectSync) remark(ctx context.Context) error {
	w := &s.replica.work
	if s.mark != 0 && s.load.resumed > 0 { // what was read before is marked as it was then
		delete(w.marked, s.object)
	} else if s.mark != 0 { // a full run has marked all that it read
		w.marked[s.object] = s.open
		return nil
	}
	marked, known := w.marked[s.object]
	if !known {
		marked = map[string]bool{}
		if target, ok := s.replica.config.Directory.(openTarget); ok {
			ids, err := target.OpenIDs(ctx, s.org, s.object)
			if err != nil {
				return err
			}
			for _, id := range ids {
				marked[id] = true
			}
		}
	}
	ids := slices.Sorted(maps.Keys(differing(marked, s.open)))
	for chunk := range slices.Chunk(ids, companyChunk) {
		rows := s.replica.config.Client.Query(ctx, s.soql(joinAnd(s.plan.scope(), idIn("Id", chunk)), "Id"))
		if err := s.read(ctx, rows, func(salesforce.Record) {}); err != nil {
			return err
		}
	}
	w.marked[s.object] = s.open
	return nil
}

// differing are the ids that are in one set only.
func differing(a, b map[string]bool) map[string]bool {
	out := map[string]bool{}
	for id := range a {
		if !b[id] {
			out[id] = true
		}
	}
	for id := range b {
		if !a[id] {
			out[id] = true
		}
	}
	return out
}

// idIn is the condition that a field is one of these ids.
func idIn(field string, ids []string) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = salesforce.QuoteString(id)
	}
	return field + " IN (" + strings.Join(quoted, ", ") + ")"
}
