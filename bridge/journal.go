package bridge

import (
	"context"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Journal keeps calls and why they popped or did not. Its methods may wait for
// a disk: the decision never calls them.
type Journal interface {
	// Keep writes the state of calls; a later one of the same ID replaces it. The
	// list is the caller's again when Keep has returned without an error.
	Keep(ctx context.Context, entries []JournalEntry) error
	// Living are the calls whose end was not kept: those of the bridge's last life.
	Living(ctx context.Context) ([]JournalEntry, error)
	// Recent are an agent's kept calls, newest first, and missed ones that the
	// agent has not seen before; seen marks those as seen afterwards.
	Recent(ctx context.Context, agent AgentID, seen bool) ([]RecentEntry, error)
}

// JournalEntry is a call as one agent had it, or the trace of one that nobody
// had. A withheld number is in none of it.
type JournalEntry struct {
	ID CallID `json:"id"`
	// Kept says that it is a call of the journal; else there is the trace only.
	Kept   bool    `json:"kept"`
	Popped bool    `json:"popped"` // it was shown to the agent
	Agent  AgentID `json:"agent,omitempty"`
	Org    string  `json:"org,omitempty"`
	Link   string  `json:"link"`
	// Key is the switch's own key of the call: it only correlates.
	Key    string `json:"key"`
	Device string `json:"device"`
	Group  string `json:"group,omitempty"`
	// Ring is the same for all who were rung for one call at the same time.
	Ring      CallID    `json:"ring,omitempty"`
	Direction Direction `json:"direction,omitempty"`
	Outgoing  bool      `json:"outgoing,omitempty"` // internal calls too have a way
	Number    string    `json:"number,omitempty"`   // E.164, or an extension
	Withheld  bool      `json:"withheld,omitempty"`
	Started   time.Time `json:"started"`
	// Answered and Ended are zero until it happened.
	Answered      time.Time   `json:"answered,omitzero"`
	Ended         time.Time   `json:"ended,omitzero"`
	Reason        EndReason   `json:"reason,omitempty"`
	Matches       []RecordRef `json:"matches,omitempty"`
	Chosen        *RecordRef  `json:"chosen,omitempty"` // the zero one: none, as the agent said
	TransferredBy string      `json:"transferredBy,omitempty"`
	TransferredTo string      `json:"transferredTo,omitempty"`
	// AnsweredBy, Probable and Note are of calls that live: the colleague who took
	// it, whether the party was inferred, and what the agent wrote.
	AnsweredBy string `json:"answeredBy,omitempty"`
	Probable   bool   `json:"probable,omitempty"`
	Note       *Note  `json:"note,omitempty"`
	Revision   uint64 `json:"revision,omitempty"` // as shown when it was written
	Steps      []Step `json:"steps,omitempty"`
	// Reopened: the call had ended, and was kept as such, and has not.
	Reopened bool `json:"-"`
	// Secret: nothing may be kept of the call, nor found by Journal's readers. The
	// entry says which one it is, by link, key, device and way, so that it stays
	// so over a restart; it is forgotten at the end of the call. Popped then says
	// that the agent is still shown it.
	Secret bool `json:"secret,omitempty"`
	// Activity is what the call becomes in Salesforce, kept in the same piece;
	// nil: nothing. NoActivity takes back what was kept of it before.
	Activity   *Activity `json:"-"`
	NoActivity bool      `json:"-"`
	// lapsed: the bridge was down when the call ended.
	lapsed bool
}

// Bounds of what waits for the journal.
const (
	// journalEvery is how long changes collect: a call that rings and is
	// answered at once is one write.
	journalEvery = 200 * time.Millisecond
	// maxDirty bounds the calls that wait to be written: a call more than the
	// table holds. When it is full calls are not kept, which is counted and logged.
	maxDirty = maxLegs
	// maxStrays bounds the traces without an agent that wait.
	maxStrays = 64
	// takeAtOnce is how many are read while the table is locked.
	takeAtOnce = 64
	// keepAtOnce is how many the journal is given in one piece.
	keepAtOnce = 2048
	// lastKeep is how long the journal has when the bridge stops.
	lastKeep = 5 * time.Second
)

// diary is what waits for the journal: plain data under Bridge.mu, part of the table.
type diary struct {
	on     bool // there is a journal
	dirty  []*view
	strays []JournalEntry // calls that nobody had, and ends of former calls
	erased []CallID       // bounded by the calls of the table
	lost   uint64         // not kept, as too many waited
	stuck  bool           // the last write, or erasure, failed
}

// record notes that a view has to be written.
func (t *table) record(v *view) {
	switch {
	case !t.diary.on || v.dirty:
	case len(t.diary.dirty) >= maxDirty:
		t.diary.lost++
	default:
		v.dirty = true
		t.diary.dirty = append(t.diary.dirty, v)
	}
}

// stray keeps the trace of a call that nobody on the device is shown. It has no
// number: nobody here took part in the call.
func (t *table) stray(ev *pbx.Event, why StepCode) {
	if !t.diary.on {
		return
	}
	same := func(e JournalEntry) bool {
		return e.Link == ev.Link && e.Key == string(ev.Connection.Call) && e.Device == string(ev.Connection.Device)
	}
	if slices.ContainsFunc(t.diary.strays, same) {
		return
	}
	if len(t.diary.strays) >= maxStrays {
		t.diary.lost++
		return
	}
	t.diary.strays = append(t.diary.strays, JournalEntry{
		ID: t.nextID(), Link: ev.Link, Key: string(ev.Connection.Call), Device: string(ev.Connection.Device),
		Started: ev.Time, Ended: ev.Time, Outgoing: ev.Direction == pbx.DirectionOutbound,
		Steps: []Step{{Code: stepOf(ev.Kind)}, {Code: why}},
	})
}

// written is what is written at once. Its memory serves the next write.
type written struct {
	views   []*view
	entries []JournalEntry
}

// keptEntries bounds that memory.
const keptEntries = 512

// reset forgets what was written.
func (w *written) reset() {
	if cap(w.entries) > keptEntries {
		*w = written{}
		return
	}
	clear(w.views)
	clear(w.entries)
	w.views, w.entries = w.views[:0], w.entries[:0]
}

// take moves up to takeAtOnce calls from what waits to what is written.
func (d *diary) take(x *roster, w *written) {
	strays := d.strays
	if len(x.members) == 0 && len(x.switches) == 0 {
		strays = nil // not configured yet: nobody knows what becomes of them
	} else {
		d.strays = nil
	}
	for _, e := range strays {
		if x.excluded.has(&e) { // kept when it was not
			d.erase(e.ID)
			continue
		}
		if e.lapsed {
			e.Activity = e.lapsedActivity(x)
			e.NoActivity = e.Activity == nil
		}
		w.entries = append(w.entries, e)
	}
	n := min(len(d.dirty), takeAtOnce)
	for _, v := range d.dirty[:n] {
		v.dirty = false
		switch {
		case !v.leg.secret:
			w.entries = append(w.entries, v.entry(x))
		case !v.leg.excluded(): // that is seen again by its number
			w.entries = append(w.entries, v.mark())
		}
	}
	w.views = append(w.views, d.dirty[:n]...)
	d.dirty = slices.Delete(d.dirty, 0, n)
}

// mark is all that is kept of a secret call, as long as it lives.
func (v *view) mark() JournalEntry {
	l := v.leg
	e := JournalEntry{
		ID: v.id, Secret: true, Popped: !l.hidden, Link: l.link, Key: string(l.conn.Call), Device: string(l.conn.Device),
		Outgoing: l.out, Started: l.started, Ended: l.ended,
	}
	if v.dropped && e.Ended.IsZero() {
		e.Ended = l.heard
	}
	return e
}

// entry is the view as the journal keeps it.
func (v *view) entry(x *roster) JournalEntry {
	l := v.leg
	far, side := l.far.as(v.read), l.aside()
	e := JournalEntry{
		ID: v.id, Kept: v.kept(x), Popped: v.shown, Agent: v.agent, Org: v.org, Link: l.link, Key: string(l.conn.Call),
		Device: string(l.conn.Device), Group: l.group, Ring: l.ring, Direction: direction(l), Outgoing: l.out,
		Number: far.Number, Withheld: far.Withheld, Started: l.started, Answered: l.answered, Ended: l.ended, Reason: l.reason,
		Chosen: v.chosen, TransferredBy: side.by, TransferredTo: side.to, Revision: uint64(v.revision), Steps: v.trace(),
		AnsweredBy: side.taker, Probable: far.Probable,
	}
	if side.notedOrg == v.org {
		e.Note = l.noted
	}
	for _, m := range v.found {
		e.Matches = append(e.Matches, RecordRef{Object: m.Object, ID: m.ID})
	}
	if v.dropped && e.Ended.IsZero() {
		e.Ended, e.Reason = l.heard, EndHangup
	}
	e.Reopened = v.closed && e.Ended.IsZero()
	v.closed = !e.Ended.IsZero()
	if v.closed || v.logged {
		e.Activity = v.activity(x, &e)
		e.NoActivity = v.logged && e.Activity == nil
		v.logged = e.Activity != nil
	}
	return e
}

// kept says whether the call belongs to the agent's journal: one between
// extensions only where the settings show those.
func (v *view) kept(x *roster) bool {
	if v.shown || v.leg.far.kind != lookup.KindInternal {
		return true
	}
	m := x.members[v.agent]
	return m != nil && m.rules.internal
}

// runJournal hands to the journal what has collected, until ctx ends, and then
// the rest.
func (b *Bridge) runJournal(ctx context.Context) {
	if b.o.Journal == nil {
		return
	}
	t := time.NewTicker(journalEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastKeep)
			defer cancel()
			b.writeJournal(ctx)
			return
		case <-t.C:
			b.writeJournal(ctx)
		case done := <-b.flushes:
			waiting := append(b.alsoWaiting(), done)
			b.writeJournal(ctx)
			for _, done := range waiting {
				close(done)
			}
		}
	}
}

// alsoWaiting are those for whom the write that begins now is soon enough, too.
func (b *Bridge) alsoWaiting() (all []chan struct{}) {
	for {
		select {
		case done := <-b.flushes:
			all = append(all, done)
		default:
			return all
		}
	}
}

// keepWithin is how long an agent's request waits for the journal to keep what
// it changed.
const keepWithin = time.Second

// keepNow lets what an agent was told to be kept be on the disk first. A journal
// that is slow or broken writes it later: the panel goes on.
func (b *Bridge) keepNow(ctx context.Context) {
	if b.o.Journal == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if err := b.Flush(ctx); err != nil {
		b.log.Warn("the journal is slow, what an agent changed is written later", "err", err)
	}
}

// Flush writes what waits for the journal, so that what is read from it next is
// up to date.
func (b *Bridge) Flush(ctx context.Context) error {
	if b.o.Journal == nil {
		return nil
	}
	done := make(chan struct{})
	select {
	case b.flushes <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeJournal empties what waits, a piece at a time. What the journal did not
// take waits for the next time.
func (b *Bridge) writeJournal(ctx context.Context) {
	b.mu.Lock()
	b.table.diary.stuck = false
	b.mu.Unlock()
	w := &b.written
	for more := true; more; {
		for len(w.entries) < keepAtOnce && more {
			b.mu.Lock()
			b.table.diary.take(b.roster.Load(), w)
			more = len(b.table.diary.dirty) > 0
			b.mu.Unlock()
		}
		if len(w.entries) == 0 {
			break
		}
		if err := b.o.Journal.Keep(ctx, w.entries); err != nil {
			b.keepLater(w.views, w.entries, err)
			*w = written{} // it may still be read
			break
		}
		w.reset()
	}
	w.reset() // of views alone
	b.eraseKept(ctx)
	b.tellLost()
}

func (b *Bridge) keepLater(views []*view, entries []JournalEntry, err error) {
	b.log.Error("the journal did not take calls, they wait", "err", err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.table.diary.stuck = true
	for _, v := range views {
		b.table.record(v)
	}
	ofViews := make(map[CallID]*view, len(views)) // which are asked anew
	for _, v := range views {
		ofViews[v.id] = v
	}
	var again []JournalEntry // before what came meanwhile: what is written last counts
	d := &b.table.diary
	for _, e := range entries {
		former := e.lapsed || e.Secret    // bounded by the calls of the last life
		if v := ofViews[e.ID]; v != nil { // and have to take back what they took back
			v.closed, v.logged = v.closed || e.Reopened, v.logged || e.NoActivity
		} else if former || len(again)+len(d.strays) < maxStrays {
			again = append(again, e)
		}
	}
	d.strays = append(again, d.strays...)
}

// tellLost counts and logs what was not kept.
func (b *Bridge) tellLost() {
	b.mu.Lock()
	lost := b.table.diary.lost
	b.table.diary.lost = 0
	b.mu.Unlock()
	if lost > 0 {
		b.stats.JournalLost.Add(lost)
		b.log.Warn("calls are missing from journal and trace, as too many waited to be written", "attempt", lost)
	}
}

// stepOf is the step that an event is.
func stepOf(k pbx.EventKind) StepCode {
	switch k {
	case pbx.EventDelivered:
		return StepDelivered
	case pbx.EventOriginated:
		return StepOriginated
	case pbx.EventEstablished:
		return StepEstablished
	case pbx.EventHeld:
		return StepHeld
	case pbx.EventRetrieved:
		return StepRetrieved
	case pbx.EventTransferred, pbx.EventConferenced:
		return StepTransferred
	default:
		return stepNone
	}
}
