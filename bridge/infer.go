package bridge

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// inherit lets a call that came by transfer keep the record the first agent
// chose: the same outside number was in a conversation that ended just now.
func (t *table) inherit(l *leg, at time.Time) {
	if l.out || l.far.number == "" {
		return
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if !o.leftBehind(at) || o.conn.Device == l.conn.Device {
			continue
		}
		t.handOver(o, l)
	}
}

// leftBehind reports a conversation that ended just now, whether or not the
// switch said that it was transferred.
func (l *leg) leftBehind(at time.Time) bool {
	return l.state == Ended && (l.reason == EndHangup || l.reason == EndTransferred) && !l.answered.IsZero() && at.Sub(l.ended) <= transferWithin
}

// handOver notes that a call went from one agent to another, who gets what the
// first one wrote on it.
func (t *table) handOver(from, to *leg) {
	from.reason, to.setAside().by = EndTransferred, string(from.conn.Device)
	a := from.setAside()
	a.to, a.heir = string(to.conn.Device), to
	to.inheritFrom(from)
	t.touch(from)
	if from.secret {
		to.secretAs(from)
		t.touch(to)
	}
}

// secretAs: a leg that carries on what another one began is as secret.
func (l *leg) secretAs(from *leg) {
	l.secret, l.hidden = l.secret || from.secret, l.hidden || from.hidden
}

// handedTo tells the agent who transferred a call to whom it went, where the far
// end has no number to know it by: the switch said that it was a transfer.
func (t *table) handedTo(l *leg, by Device, at time.Time) {
	if len(t.formers.on) > 0 && t.formers.mayHandOn(by) {
		l.secret, l.hidden = true, true
		t.touch(l)
	}
	for i := len(t.done) - 1; i >= 0 && at.Sub(t.done[i].ended) <= transferWithin; i-- {
		o := t.done[i]
		if o.device() == by && o.aside().to == "" && o.reason == EndTransferred && o.far.kind != lookup.KindInternal {
			if o.excluded() {
				t.forgetParty(l)
				return
			}
			t.handOver(o, l)
			return
		}
	}
	if l.far.number == "" && !slices.Contains(t.handed, l) {
		t.handed = append(t.handed, l)
	}
}

// wentTo tells the agent whose conversation was transferred to whom, where the
// switch said first that the colleague has the caller, who then gets the record
// that the first agent chose.
func (t *table) wentTo(l *leg, at time.Time) {
	switch {
	case l.answered.IsZero():
		return
	case l.far.number == "":
		t.wentUnnamed(l, at)
		return
	}
	by := string(l.conn.Device)
	for _, o := range t.byNumber[l.numberKey()] {
		since, side := o.since(), o.aside()
		if o.out || o.state == Ended || o.link != l.link || side.by != by && side.by != "" || at.Sub(since) > transferWithin || since.Before(l.answered) {
			continue
		}
		if side.by != by || o.chosen == nil && l.chosen != nil || l.noted != nil {
			t.touch(o)
		}
		t.handOver(l, o)
		return
	}
}

// wentUnnamed is wentTo where the far end has no number to know it by: the switch
// said who handed the call over.
func (t *table) wentUnnamed(l *leg, at time.Time) {
	i := slices.IndexFunc(t.handed, func(o *leg) bool {
		return l.far.kind != lookup.KindInternal && o.link == l.link && o.aside().by == string(l.conn.Device) && o.far.number == "" && o.state != Ended &&
			at.Sub(o.since()) <= transferWithin && !o.since().Before(l.answered)
	})
	switch {
	case i < 0:
	case l.excluded():
		t.forgetParty(t.handed[i])
	default:
		t.handOver(l, t.handed[i])
		t.touch(t.handed[i])
		t.handed = slices.Delete(t.handed, i, i+1)
	}
}

// since is when the leg got the far end that it has.
func (l *leg) since() time.Time {
	if side := l.aside(); side.revealed.After(l.started) {
		return side.revealed
	}
	return l.started
}

// forgetParty forgets who the far end is, for good: it is excluded.
func (t *table) forgetParty(l *leg) {
	t.unindex(l)
	l.far = farEnd{excluded: true, kind: lookup.KindInvalid}
	t.touch(l)
}

// pickedUp shows the caller of the phone that rang to the agent who took the
// call there. Where the event names the phone and not the caller, that one is
// inferred.
func (t *table) pickedUp(x *roster, ev *pbx.Event) {
	rang := t.rangLast(ev.Link, ev.LastRedirection.Number, ev.Time)
	as := *ev
	switch {
	case ev.Calling.Known():
	case rang == nil:
		return
	default:
		as.Direction, as.Called, as.Calling = pbx.DirectionInbound, pbx.Party{}, rang.caller()
	}
	l := t.start(x, &as, Connected)
	if l == nil {
		return
	}
	l.answered = ev.Time
	if rang == nil {
		return
	}
	if rang.excluded() {
		t.forgetParty(l)
	}
	rang.setAside().taker = string(l.conn.Device)
	switch rang.state {
	case Ended:
		rang.reason, rang.setAside().detail = EndAnsweredElsewhere, ""
		t.touch(rang)
	default:
		t.finish(rang, ev.Time, EndAnsweredElsewhere, false)
	}
}

// caller is the leg's far end for another leg that has it now.
func (l *leg) caller() pbx.Party {
	p := pbx.Party{Number: string(l.far.number), Name: l.far.party.Label, Withheld: l.far.party.Withheld, Probable: true}
	if p.Number == "" {
		p.Number = l.far.party.Number
	}
	return p
}

// rangLast is the leg of a device that rings, or did a moment ago.
func (t *table) rangLast(link, extension string, at time.Time) *leg {
	d := Device{link, extension}
	for _, l := range t.byDevice[d] {
		if l.state == Ringing {
			return l
		}
	}
	for i := len(t.done) - 1; i >= 0 && at.Sub(t.done[i].ended) < groupWithin; i-- {
		if l := t.done[i]; l.device() == d && l.reason == EndAbandoned {
			return l
		}
	}
	return nil
}

// answeredHere ends the ringing of the other phones of the group, and corrects
// those that the switch had already ended.
func (t *table) answeredHere(l *leg) {
	if l.far.number == "" {
		return
	}
	for _, o := range t.byNumber[l.numberKey()] {
		switch {
		case o == l || o.out:
		case o.state == Ringing:
			o.setAside().taker = string(l.conn.Device)
			t.moveViews(o, l)
			t.finish(o, l.answered, EndAnsweredElsewhere, false)
		case o.lost() && l.answered.Sub(o.ended) < groupWithin && !l.started.After(o.ended):
			o.reason = EndAnsweredElsewhere
			a := o.setAside()
			a.taker, a.detail = string(l.conn.Device), ""
			t.touch(o)
		}
	}
}

// lost reports a call that ended unanswered here, and of which nobody said yet who
// took it.
func (l *leg) lost() bool {
	return l.reason == EndAbandoned || l.reason == EndAnsweredElsewhere && l.aside().taker == ""
}

// moveViews hands an agent's one view over when the agent answers at another
// device than the one it was shown for. It reports whether there was one.
func (t *table) moveViews(from, to *leg) bool {
	before := len(to.views)
	kept := from.views[:0]
	for _, v := range from.views {
		if to.shownTo(v.agent) || !to.expects(v.agent) {
			kept = append(kept, v)
			continue
		}
		v.leg = to
		v.note(to.heard, StepMoved, string(to.conn.Device))
		to.views = append(to.views, v)
	}
	from.views = kept
	if len(to.views) == before {
		return false
	}
	to.inheritFrom(from) // what the agent wrote and chose meanwhile
	to.secretAs(from)
	return true
}

// keepRinging hands views over to another device of the agent that still rings
// when this one stops.
func (t *table) keepRinging(l *leg) {
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && o.state == Ringing && t.moveViews(l, o) {
			t.touch(o)
		}
	}
}

// reasonFor says why a connection was cleared, from the switch's cause where
// it gives one, else from the other phones of the group.
func (t *table) reasonFor(l *leg, ev *pbx.Event) EndReason {
	switch ev.Cause {
	case pbx.CauseAnsweredElsewhere, pbx.CausePickup:
		return EndAnsweredElsewhere
	case pbx.CauseRedirected:
		return EndDiverted
	case pbx.CauseTransfer:
		return EndTransferred
	case pbx.CauseBusy:
		return EndBusy
	default:
	}
	switch {
	case l.up() && t.handedOn(l, ev.Time):
		return EndTransferred
	case l.up() || l.out:
		return EndHangup
	case t.answeredByOther(l):
		return EndAnsweredElsewhere
	}
	return EndAbandoned
}

func (t *table) answeredByOther(l *leg) bool { return t.takerOf(l) != "" }

// takerOf is the extension of the colleague who answered a call that rang here,
// too.
func (t *table) takerOf(l *leg) string {
	if l.far.number == "" {
		return ""
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && !o.out && !o.answered.IsZero() && !o.answered.Before(l.started) {
			return string(o.conn.Device)
		}
	}
	return ""
}

// handedOn reports that a colleague's phone was just told of the same far end.
func (t *table) handedOn(l *leg, at time.Time) bool {
	if l.far.number == "" {
		return false
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && o.state != Ended && at.Sub(o.aside().revealed) < transferWithin {
			return true
		}
	}
	return false
}

// expects reports whether the agent has the leg's device. Views are made for
// all members of a device, so a missing one was left to another ringing device.
func (l *leg) expects(agent AgentID) bool { return slices.Contains(l.aside().skipped, agent) }

// shownTo reports whether the agent has a view of the leg.
func (l *leg) shownTo(agent AgentID) bool {
	return slices.ContainsFunc(l.views, func(v *view) bool { return v.agent == agent })
}
