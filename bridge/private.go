package bridge

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Eraser forgets all that was kept of calls: journal, trace, recent calls. Calls
// may be named that it has nothing of. It may wait for a disk, as a Journal may.
type Eraser interface {
	Erase(ctx context.Context, calls []CallID) error
}

// PrivatePart is what an agent had in a call that was made private, without what is
// private of it.
type PrivatePart struct {
	ID       CallID
	Agent    AgentID
	Revision uint64
	// Link, Key, Device, Outgoing and Started tell which of the switch's connections
	// it is, or was.
	Link, Key, Device string
	Outgoing          bool
	Started           time.Time
	Ended             time.Time // zero: it lives, as far as the journal knows
}

// errNotErased: the call is hidden, and what was kept of it is not erased yet.
var errNotErased = RequestError{
	"notErased", "The call is hidden, but not erased yet.", "It will be, as soon as the bridge can write again. Tell your administrator if this happens again.",
}

// makePrivate erases a call everywhere: at all agents who saw it ring, had it
// before or have it now. When it returns nothing of it is kept.
func (b *Bridge) makePrivate(ctx context.Context, agent AgentID, call CallID) error {
	if b.inTable(call) {
		if err := b.eraseCall(agent, call); err != nil {
			return err
		}
	} else {
		var parts []PrivatePart
		err := b.afterwards(ctx, func() (err error) {
			parts, err = b.o.Activities.MakePrivate(ctx, agent, call)
			return err
		})
		if err != nil {
			return err
		}
		b.eraseParts(parts)
	}
	return b.keepPrivate(ctx)
}

// keepPrivate waits for the marks to be written and what was kept to be erased. An
// agent is not told that a call is erased where it is not.
func (b *Bridge) keepPrivate(ctx context.Context) error {
	if b.o.Journal == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, privateWithin)
	defer cancel()
	err := b.Flush(ctx)
	b.mu.Lock()
	stuck := b.table.diary.stuck
	b.mu.Unlock()
	if err != nil || stuck {
		b.log.Error("a private call is not erased yet, it is tried again", "err", err)
		return errNotErased
	}
	return nil
}

// privateWithin is how long the disk has for that.
const privateWithin = 5 * time.Second

func (b *Bridge) eraseCall(agent AgentID, call CallID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.table.calls[call]
	if v == nil || v.agent != agent {
		b.stats.Refused.Add(1)
		return ErrNotYourCall
	}
	b.eraseConversation(b.table.conversation(v.leg))
	return nil
}

// eraseParts ends what the table has of parts that the journal has erased, and of
// what came of them since. Others are told by their panels that it is private: they
// may have it on a list. mu is not held.
func (b *Bridge) eraseParts(parts []PrivatePart) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, x := &b.table, b.roster.Load()
	var legs []*leg
	for i := range parts {
		p := &parts[i]
		if l := t.legOf(p); l != nil {
			legs = append(legs, l)
			continue
		}
		t.markFormer(p)
		if s := b.screens.Load(); s != nil && x.members[p.Agent] != nil {
			(*s).Show(p.Agent, p.over())
		}
	}
	if len(legs) > 0 {
		b.eraseConversation(t.conversation(legs...))
	}
}

// over is the part as a panel is told of its end.
func (p *PrivatePart) over() Call {
	return Call{
		ID: p.ID, Revision: p.Revision + revisionGap, Direction: Inbound, State: Ended, Device: p.Device,
		StartedAt: Time{p.Started}, EndedAt: Time{time.Now()}, EndReason: EndPrivate, Actions: []Action{},
	}
}

// legOf finds the leg of a part; a key may be another call's by now.
func (t *table) legOf(p *PrivatePart) *leg {
	if v := t.calls[p.ID]; v != nil {
		return v.leg
	}
	l := t.legs[legKey{p.Link, pbx.ConnectionID{Call: pbx.CallID(p.Key), Device: pbx.DeviceID(p.Device)}}]
	if l == nil || l.started.UnixMilli() != p.Started.UnixMilli() {
		return nil
	}
	return l
}

// eraseConversation erases legs of one call, and what is kept of the last life of
// others who had it. mu is held.
func (b *Bridge) eraseConversation(c *Conversation, legs []*leg) {
	b.table.eraseFormers(c)
	for _, l := range legs {
		b.erase(l)
	}
}

// conversation finds all legs of the call of the given ones. It looks at the whole
// table: private calls are rare.
func (t *table) conversation(of ...*leg) (*Conversation, []*leg) {
	c := NewConversation(0)
	all := make(map[*leg]bool)
	for _, l := range of {
		e := l.part()
		c.Add(&e)
		all[l] = true
	}
	for more := true; more; {
		more = false
		look := func(l *leg) {
			if all[l] || l.excluded() || !c.near(spanOf(l.started, l.ended)) {
				return
			}
			if e := l.part(); c.Joins(&e) {
				c.Add(&e)
				all[l], more = true, true
			}
		}
		for _, l := range t.legs {
			look(l)
		}
		for _, l := range t.dials {
			look(l)
		}
	}
	return c, slices.Collect(maps.Keys(all))
}

// part is the leg as a part of a conversation.
func (l *leg) part() JournalEntry {
	side := l.aside()
	e := JournalEntry{
		Link: l.link, Key: string(l.conn.Call), Device: string(l.conn.Device), Ring: l.ring, Direction: direction(l),
		Number: string(l.far.number), Started: l.started, Ended: l.ended, Reason: l.reason, TransferredBy: side.by, TransferredTo: side.to,
	}
	if e.Direction == Internal {
		e.Number = l.far.party.Number
	}
	return e
}

// eraseFormers makes private what is kept of the last life of others who had the
// call, and of whom the switch has not told yet whether they have it still.
func (t *table) eraseFormers(c *Conversation) {
	for more := len(t.formers.on) > 0; more; {
		more = false
		for d, list := range t.formers.on {
			for i, e := range list {
				if e.Secret || !c.Joins(e) {
					continue
				}
				c.Add(e)
				t.formers.on[d][i], more = t.secretly(e, false), true
			}
		}
	}
}

// markFormer makes a former call private that the journal has erased.
func (t *table) markFormer(p *PrivatePart) {
	d := Device{p.Link, p.Device}
	for i, e := range t.formers.on[d] {
		if e.ID == p.ID && !e.Secret {
			t.formers.on[d][i] = t.secretly(e, false)
		}
	}
}

// secretly is what is left of a former call that is private now, or erased and still
// shown to its agent: its mark.
func (t *table) secretly(e *JournalEntry, shown bool) *JournalEntry {
	mark := &JournalEntry{ID: e.ID, Secret: true, Popped: shown, Link: e.Link, Key: e.Key, Device: e.Device, Outgoing: e.Outgoing, Started: e.Started}
	t.diary.strays = append(t.diary.strays, *mark)
	t.diary.erase(e.ID)
	t.formers.secret(mark)
	return mark
}

// erase ends a leg in the eyes of its agents and forgets what stands on it. The
// switch goes on with it: the leg stays, unseen. mu is held.
func (b *Bridge) erase(l *leg) {
	if !l.excluded() && !slices.Contains(b.table.hidden, l) {
		b.table.hidden = append(b.table.hidden, l)
	}
	l.secret, l.hidden, l.steps, l.firstSteps = true, true, nil, [len(l.firstSteps)]Step{}
	l.noted, l.chosen = nil, nil
	if a := l.side; a != nil {
		a.heir, a.detail, a.by, a.to = nil, "", "", ""
	}
	for _, v := range l.views {
		b.table.record(v) // its mark, or the end of it
		if v.erased {
			continue
		}
		if v.shown {
			b.showErased(v)
		}
		v.erased, v.shown, v.opened, v.found, v.chosen = true, false, true, nil, nil
		delete(b.table.calls, v.id)
		v.steps, v.firstSteps = nil, [len(v.firstSteps)]Step{}
		b.table.diary.erase(v.id)
	}
}

// showErased ends the call in the panel: nothing is left of it but its id.
func (b *Bridge) showErased(v *view) {
	v.revision++
	if s := b.screens.Load(); s != nil {
		(*s).Show(v.agent, Call{
			ID: v.id, Revision: uint64(v.revision), Direction: direction(v.leg), State: Ended, Device: string(v.leg.conn.Device),
			StartedAt: Time{v.leg.started}, EndedAt: Time{time.Now()}, EndReason: EndPrivate, Actions: []Action{},
		})
	}
}

// erase notes that what was kept of a call has to go.
func (d *diary) erase(id CallID) {
	if d.on {
		d.erased = append(d.erased, id)
	}
}

// eraseKept takes erased calls out of what was kept. What cannot be erased now
// waits for the next time.
func (b *Bridge) eraseKept(ctx context.Context) {
	b.mu.Lock()
	erased := b.table.diary.erased
	b.table.diary.erased = nil
	b.mu.Unlock()
	if len(erased) == 0 || b.o.Eraser == nil {
		return
	}
	if err := b.o.Eraser.Erase(ctx, erased); err != nil {
		b.log.Error("private calls are not erased yet, it is tried again", "err", err)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.table.diary.erased, b.table.diary.stuck = append(b.table.diary.erased, erased...), true
	}
}

// excluded: the far end is one of which nothing is kept.
func (l *leg) excluded() bool { return l.far.excluded }
