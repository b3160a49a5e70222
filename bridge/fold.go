package bridge

import (
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// How close in time two events must be to belong together where the switch
// does not say so.
const (
	// groupWithin: a ring group's losers may be told before its winner.
	groupWithin = 2 * time.Second
	// transferWithin: the new agent's phone rings this soon after a transfer.
	transferWithin = time.Second
)

// fold applies one event and returns the legs to publish, valid until the next
// fold. Applying an event twice changes nothing.
func (t *table) fold(x *roster, ev *pbx.Event) []*leg {
	t.changed = t.changed[:0]
	l := t.legFor(ev.Link, ev.Connection)
	if l != nil {
		l.heard = ev.Time
	}
	switch ev.Kind {
	case pbx.EventDelivered:
		t.delivered(x, l, ev)
	case pbx.EventOriginated:
		t.originated(x, l, ev)
	case pbx.EventEstablished:
		t.established(x, l, ev)
	case pbx.EventHeld:
		t.becomes(l, Held)
	case pbx.EventRetrieved:
		t.becomes(l, Connected)
	case pbx.EventTransferred, pbx.EventConferenced:
		t.transferred(x, l, ev)
	case pbx.EventDiverted:
		t.ends(l, ev.Time, EndDiverted)
	case pbx.EventFailed:
		t.failed(l, ev)
	case pbx.EventConnectionCleared:
		t.cleared(l, ev)
	case pbx.EventSnapshot:
		t.snapshot(x, ev)
	case pbx.EventQueued, pbx.EventLinkDown:
		// A queue is not a person; after a lost link the next snapshot tells.
	}
	return t.changed
}

// start makes a leg of an event, or nil where nobody on the device is known or
// the table is full.
func (t *table) start(x *roster, ev *pbx.Event, s State) *leg {
	d := Device{ev.Link, string(ev.Connection.Device)}
	if len(x.devices[d]) == 0 || len(t.legs) >= maxLegs {
		return nil
	}
	if old := t.legFor(ev.Link, ev.Connection); old != nil {
		t.forget(old) // the switch uses the key of an ended call again
	}
	l := &leg{
		link: ev.Link, conn: ev.Connection, state: s, out: ev.Direction == pbx.DirectionOutbound,
		started: ev.Time, heard: ev.Time, far: x.normalise(ev.Link, ev.Remote()),
	}
	t.inherit(l)
	t.add(x, l)
	t.touch(l)
	return l
}

// inherit lets a call that came by transfer keep the record the first agent chose.
func (t *table) inherit(l *leg) {
	if l.out || l.far.number == "" {
		return
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o.state != Ended || o.reason != EndHangup || o.answered.IsZero() ||
			l.started.Sub(o.ended) > transferWithin || o.conn.Device == l.conn.Device {
			continue
		}
		o.reason = EndTransferred
		t.touch(o)
		l.chosen, l.chosenOrg = o.chosen, o.chosenOrg
	}
}

func (t *table) delivered(x *roster, l *leg, ev *pbx.Event) {
	switch {
	case l == nil || l.gone:
		t.start(x, ev, Ringing)
	case l.state == Ringing && !l.far.known():
		t.rename(x, l, ev)
	}
}

func (t *table) originated(x *roster, l *leg, ev *pbx.Event) {
	if l == nil && t.adopt(ev) || l != nil && !l.gone {
		return
	}
	t.start(x, ev, Dialing)
}

// adopt gives the connection of a call that an agent just dialled to the leg
// that waits for it: the event may overtake the answer to MakeCall.
func (t *table) adopt(ev *pbx.Event) bool {
	d := Device{ev.Link, string(ev.Connection.Device)}
	l := t.dials[d]
	if l == nil || l.conn.Call != "" {
		return false
	}
	t.connect(l, ev.Connection)
	return true
}

// connect files a dialled leg under the switch's connection.
func (t *table) connect(l *leg, id pbx.ConnectionID) {
	if t.legs[l.key()] == l {
		delete(t.legs, l.key())
	}
	l.conn = id
	t.legs[l.key()] = l
}

func (t *table) established(x *roster, l *leg, ev *pbx.Event) {
	if l == nil && t.adopt(ev) {
		l = t.legFor(ev.Link, ev.Connection)
	}
	switch {
	case l == nil || l.gone:
		// A bare "connected" without party or direction is how Asterisk tells
		// of an outgoing call: nothing to show.
		if !ev.Remote().Known() && ev.Direction != pbx.DirectionInbound {
			return
		}
		if l = t.start(x, ev, Connected); l == nil {
			return
		}
	case l.state == Ended:
		t.revive(l)
	case l.up():
		if !l.far.known() && ev.Remote().Known() {
			t.rename(x, l, ev) // a message that came late says who it is
		}
		return
	}
	l.state, l.answered = Connected, ev.Time
	delete(t.dials, l.device())
	if !l.far.known() && ev.Remote().Known() {
		t.rename(x, l, ev)
	}
	t.touch(l)
	if !l.out {
		t.answeredHere(l)
	}
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
			t.moveViews(o, l)
			t.finish(o, l.answered, EndAnsweredElsewhere, false)
		case o.reason == EndAbandoned && l.answered.Sub(o.ended) < groupWithin && !l.started.After(o.ended):
			o.reason = EndAnsweredElsewhere
			t.touch(o)
		}
	}
}

// moveViews hands an agent's one view over when the agent answers at another
// device than the one it was shown for. It reports whether there was one.
func (t *table) moveViews(from, to *leg) bool {
	before := len(to.views)
	kept := from.views[:0]
	for _, v := range from.views {
		if t.agentOn(to, v.agent) || !to.expects(v.agent) {
			kept = append(kept, v)
			continue
		}
		v.leg = to
		v.call.Device = string(to.conn.Device)
		to.views = append(to.views, v)
	}
	from.views = kept
	return len(to.views) > before
}

func (t *table) agentOn(l *leg, agent AgentID) bool {
	for _, v := range l.views {
		if v.agent == agent {
			return true
		}
	}
	return false
}

func (t *table) becomes(l *leg, s State) {
	if l == nil || !l.up() || l.state == s {
		return
	}
	l.state = s
	t.touch(l)
}

// transferred takes the far end that the switch names now.
func (t *table) transferred(x *roster, l *leg, ev *pbx.Event) {
	if l == nil || l.gone || l.state == Ended || !ev.Remote().Known() {
		return
	}
	if t.rename(x, l, ev) {
		l.revealed = ev.Time
	}
}

// rename gives the leg another far end, and reports whether it is another.
func (t *table) rename(x *roster, l *leg, ev *pbx.Event) bool {
	far := x.normalise(l.link, ev.Remote())
	if far == l.far {
		return false
	}
	same := far.number == l.far.number && far.kind == l.far.kind
	t.unindex(l)
	l.far = far
	t.index(l)
	if !same {
		l.chosen, l.chosenOrg = nil, ""
		for _, v := range l.views {
			v.found, v.answered, v.opened, v.call.Chosen = nil, false, false, nil
		}
	}
	t.touch(l)
	return !same
}

func (t *table) failed(l *leg, ev *pbx.Event) {
	if l == nil {
		return
	}
	why := EndFailed
	if ev.Cause == pbx.CauseBusy {
		why = EndBusy
	}
	l.detail = clip(ev.Detail, 200)
	t.ends(l, ev.Time, why)
}

func (t *table) cleared(l *leg, ev *pbx.Event) {
	if l == nil {
		return
	}
	t.ends(l, ev.Time, t.reasonFor(l, ev))
}

func (t *table) ends(l *leg, at time.Time, why EndReason) {
	if l == nil {
		return
	}
	delete(t.dials, l.device())
	if l.state == Ringing && l.far.number != "" {
		t.keepRinging(l)
	}
	t.finish(l, at, why, true)
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

func (t *table) answeredByOther(l *leg) bool {
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && !o.out && !o.answered.IsZero() && !o.answered.Before(l.started) && l.far.number != "" {
			return true
		}
	}
	return false
}

// handedOn reports that a colleague's phone was just told of the same far end.
func (t *table) handedOn(l *leg, at time.Time) bool {
	if l.far.number == "" {
		return false
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o != l && o.state != Ended && !o.revealed.IsZero() && at.Sub(o.revealed) < transferWithin {
			return true
		}
	}
	return false
}

// snapshot ends what the switch no longer knows of a device, and shows
// conversations that began while nobody listened.
func (t *table) snapshot(x *roster, ev *pbx.Event) {
	alive := make(map[pbx.ConnectionID]bool, len(ev.Connections))
	for i := range ev.Connections {
		c := &ev.Connections[i]
		alive[c.ID] = true
		if t.legFor(ev.Link, c.ID) == nil && (c.State == pbx.StateConnected || c.State == pbx.StateHeld) {
			t.resume(x, ev, c)
		}
	}
	for _, l := range append([]*leg(nil), t.byDevice[Device{ev.Link, string(ev.Connection.Device)}]...) {
		if l.conn.Call != "" && !alive[l.conn] && !(l.dialed && l.state == Dialing) {
			t.cleared(l, ev)
		}
	}
}

func (t *table) resume(x *roster, ev *pbx.Event, c *pbx.Connection) {
	as := pbx.Event{
		Link: ev.Link, Connection: c.ID, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Time: ev.Time,
	}
	if !as.Remote().Known() {
		return
	}
	l := t.start(x, &as, Connected)
	if l == nil {
		return
	}
	l.answered = ev.Time
	if c.State == pbx.StateHeld {
		l.state = Held
	}
	for _, v := range l.views {
		v.opened = true // the agent is long at it
	}
}

// expects reports whether the agent has the leg's device. Views are made for
// all members of a device, so a missing one was left to another ringing device.
func (l *leg) expects(agent AgentID) bool {
	for _, id := range l.skipped {
		if id == agent {
			return true
		}
	}
	return false
}

func (f farEnd) known() bool {
	return f.kind == lookup.KindWithheld || f.kind == lookup.KindInternal || f.number != ""
}
