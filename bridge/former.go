package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// revisionGap is added to the revision of a call that goes on after a restart:
// more than it can have risen since it was written, so that it never falls.
const revisionGap = 1 << 20

// formers are the calls of the bridge's last life by device: a call that is
// still there goes on with its id.
type formers struct {
	on    map[Device][]*JournalEntry
	since time.Time
	// private are the devices that had a private call, keys those of these calls.
	private map[Device]bool
	keys    map[partKey]bool
}

// secret notes that a former call is private.
func (f *formers) secret(e *JournalEntry) {
	f.private[Device{e.Link, e.Device}] = true
	if !e.Popped {
		f.keys[partKey{link: e.Link, what: e.Key}] = true
	}
}

// goesOnElsewhere reports whether a leg has the key of a private call that another
// device had, and of which the switch has not told yet.
func (f *formers) goesOnElsewhere(l *leg) bool {
	if !f.keys[partKey{link: l.link, what: string(l.conn.Call)}] {
		return false
	}
	for d, list := range f.on {
		if d.Link == l.link && d != l.device() && slices.ContainsFunc(list, func(e *JournalEntry) bool {
			return e.Secret && !e.Popped && e.Key == string(l.conn.Call)
		}) {
			return true
		}
	}
	return false
}

// Restore reads the calls that lived when the bridge ended, and who had chosen
// which telephone. It is called before Run and Configure. An error costs calls
// their ids, or agents their choice, and nothing else.
func (b *Bridge) Restore(ctx context.Context) error {
	return errors.Join(b.restoreDesks(ctx), b.restoreCalls(ctx))
}

func (b *Bridge) restoreCalls(ctx context.Context) error {
	if b.o.Journal == nil {
		return nil
	}
	living, err := b.o.Journal.Living(ctx)
	if err != nil {
		return fmt.Errorf("bridge: restore calls: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := &b.table.formers
	f.on, f.private, f.keys, f.since = make(map[Device][]*JournalEntry), make(map[Device]bool), make(map[partKey]bool), time.Now()
	for i := range living {
		e := &living[i]
		if len(living)-i > maxLegs || f.since.Sub(e.Started) > keepSilent {
			b.table.lapse(e, f.since)
			continue
		}
		d := Device{e.Link, e.Device}
		f.on[d] = append(f.on[d], e)
		if e.Secret {
			f.secret(e)
		}
	}
	return nil
}

// lapse ends a former call: when it ended nobody saw.
func (t *table) lapse(e *JournalEntry, at time.Time) {
	if e.Secret {
		t.diary.strays = append(t.diary.strays, JournalEntry{ID: e.ID, Secret: true, Ended: at})
		return
	}
	e.Ended, e.Reason = at, EndAbandoned
	if e.Outgoing || !e.Answered.IsZero() {
		e.Reason = EndHangup
	}
	e.Steps = append(e.Steps, Step{After: sinceStart(e.Started, at), Code: StepEnded, Arg: "while the bridge was down"})
	e.lapsed = true
	t.diary.strays = append(t.diary.strays, *e)
}

// former finds the call of a device and a connection of the last life.
func (t *table) former(link string, id pbx.ConnectionID) *JournalEntry {
	for _, e := range t.formers.on[Device{link, string(id.Device)}] {
		if e.Key == string(id.Call) {
			return e
		}
	}
	return nil
}

// formerCall is the call of the last life with an id; nil where there is none, or
// nothing may be kept of it.
func (t *table) formerCall(id CallID) *JournalEntry {
	for _, list := range t.formers.on {
		for _, e := range list {
			if e.ID == id && !e.Secret {
				return e
			}
		}
	}
	return nil
}

// goesOn reports whether a leg is the former call: keys may be used again, as
// Asterisk's are the extension.
func (l *leg) goesOn(e *JournalEntry) bool {
	return e.Key == string(l.conn.Call) && e.Outgoing == l.out && e.Withheld == l.far.party.Withheld && l.isFarEnd(e)
}

// isFarEnd reports whether the number of a kept call may be the leg's.
func (l *leg) isFarEnd(e *JournalEntry) bool {
	return e.Number == l.far.party.Number || slices.Contains(l.far.readings, numberOf(e))
}

// goOn gives a new view the id of the former call that it is.
func (t *table) goOn(v *view) {
	d := v.leg.device()
	for i, e := range t.formers.on[d] {
		if e.Secret || e.Agent != v.agent || e.Org != v.org || !v.leg.goesOn(e) {
			continue
		}
		t.formers.on[d] = slices.Delete(t.formers.on[d], i, i+1)
		if len(t.formers.on[d]) == 0 {
			delete(t.formers.on, d)
		}
		t.takeUp(v, e)
		return
	}
}

func (t *table) takeUp(v *view, e *JournalEntry) {
	l := v.leg
	l.started, l.ring = e.Started, e.Ring
	if l.up() {
		l.answered = e.Answered
	}
	l.group = cmp.Or(l.group, e.Group)
	a := l.setAside()
	a.by, a.to, a.taker = cmp.Or(a.by, e.TransferredBy), e.TransferredTo, e.AnsweredBy
	l.far.party.Probable = l.far.party.Probable || e.Probable
	if e.Chosen != nil {
		l.chosen, a.chosenOrg = e.Chosen, e.Org
	}
	if e.Note != nil {
		l.noted, a.notedOrg = e.Note, e.Org
	}
	v.id, v.revision, v.chosen = e.ID, uint32(min(e.Revision, math.MaxUint32/2))+revisionGap, e.Chosen //nolint:gosec // bounded here
	v.opened = true                                                                                    // or the agent has gone on since
	v.steps = slices.Clip(e.Steps[:min(len(e.Steps), maxViewSteps-4)])                                 // the journal may read them yet
	v.note(l.heard, StepRestored, "")
}

// mayHandOn reports whether a device has a private call of which the switch has not
// told yet, or not who it is with: what it hands on now may be that call.
func (f *formers) mayHandOn(d Device) bool {
	return slices.ContainsFunc(f.on[d], func(e *JournalEntry) bool { return e.Secret && !e.Popped })
}

// staysSecret finds out whether a leg is a call that was secret in the last life.
// Its number was not kept to know it by: the key and the way have to do. Nor does
// one see it who was consulted by an agent with a private call and has an outside
// call instead now: it was handed over while nobody could tell which one it is.
func (t *table) staysSecret(l *leg) {
	if len(t.formers.on) > 0 && t.formers.goesOnElsewhere(l) {
		l.secret, l.hidden = true, true
	}
	t.lapseIf(l.device(), l.heard, func(e *JournalEntry) bool {
		if e.Key != string(l.conn.Call) || e.Outgoing != l.out {
			return false
		}
		handed := e.Direction == Internal && l.far.number != "" && t.formers.private[Device{l.link, e.Number}]
		l.secret, l.hidden = l.secret || e.Secret || handed, l.hidden || e.Secret && !e.Popped || handed
		return e.Secret || handed // its views are marked anew
	})
}

// exclude takes calls of which nothing may be kept any more out of the table and
// out of what was kept of those of the last life.
func (t *table) exclude(x *roster) {
	for _, l := range t.legs {
		if l.state != Ended && !l.excluded() && x.excluded.covers(l.far.party.Number, &l.far) {
			t.forgetParty(l)
		}
	}
	for d, list := range t.formers.on {
		list = slices.DeleteFunc(list, func(e *JournalEntry) bool {
			if !x.excluded.has(e) {
				return false
			}
			t.diary.erase(e.ID)
			return true
		})
		if t.formers.on[d] = list; len(list) == 0 {
			delete(t.formers.on, d)
		}
	}
}

// lapseConnection ends the former calls of a connection that the switch ends and
// of which nothing else was heard: its key may be used again.
func (t *table) lapseConnection(ev *pbx.Event) {
	t.lapseIf(Device{ev.Link, string(ev.Connection.Device)}, ev.Time, func(e *JournalEntry) bool {
		return e.Key == string(ev.Connection.Call)
	})
}

// lapseDevice ends the former calls of a device that are not alive.
func (t *table) lapseDevice(d Device, alive map[pbx.ConnectionID]bool, at time.Time) {
	t.lapseIf(d, at, func(e *JournalEntry) bool {
		return !alive[pbx.ConnectionID{Call: pbx.CallID(e.Key), Device: pbx.DeviceID(e.Device)}]
	})
}

func (t *table) lapseIf(d Device, at time.Time, fits func(*JournalEntry) bool) {
	list := t.formers.on[d]
	if len(list) == 0 {
		return
	}
	kept := list[:0]
	for _, e := range list {
		if fits(e) {
			t.lapse(e, at)
		} else {
			kept = append(kept, e)
		}
	}
	if t.formers.on[d] = kept; len(kept) == 0 {
		delete(t.formers.on, d)
	}
}

// lapseUnwatched ends the former calls of which nothing more will be heard:
// their device is nobody's, or their agent has gone. A nil roster ends all.
func (t *table) lapseUnwatched(x *roster, at time.Time) {
	for d := range t.formers.on {
		t.lapseIf(d, at, func(e *JournalEntry) bool {
			if x == nil {
				return true
			}
			_, linked := x.switches[d.Link]
			his := func(m *member) bool { return m.ID == e.Agent && m.Org == e.Org || e.Secret }
			return !linked || !slices.ContainsFunc(x.devices[d], his) && !slices.ContainsFunc(x.allowed[d], his)
		})
	}
}

// recall is what a snapshot's connection says, completed by what is known of it
// from before the restart. It reports whether there is such a call.
func (t *table) recall(ev *pbx.Event) bool {
	e := t.former(ev.Link, ev.Connection)
	if e == nil {
		return false
	}
	if n := ev.Remote(); e.Secret || n.Known() && (e.TransferredBy == "" || n.Number != e.TransferredBy) {
		return ev.Remote().Known() // else the switch still names who handed the call over
	}
	party := pbx.Party{Number: e.Number, Withheld: e.Withheld, Probable: e.Probable}
	if e.Outgoing {
		ev.Direction, ev.Called = pbx.DirectionOutbound, party
	} else {
		ev.Direction, ev.Calling = pbx.DirectionInbound, party
	}
	return ev.Remote().Known()
}

func numberOf(e *JournalEntry) lookup.Number {
	if e.Direction == Internal || e.Number == "" {
		return "none"
	}
	return lookup.Number(e.Number)
}
