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
	// dialGrace: a call just dialled may not be in the switch's snapshot yet.
	dialGrace = 10 * time.Second
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
		t.becomes(x, l, ev, Held)
	case pbx.EventRetrieved:
		t.becomes(x, l, ev, Connected)
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
	t.inherit(l, ev.Time)
	t.add(x, l)
	t.touch(l)
	return l
}

// inherit lets a call that came by transfer keep the record the first agent
// chose: the same outside number was in a conversation that ended just now.
func (t *table) inherit(l *leg, at time.Time) {
	if l.out || l.far.number == "" {
		return
	}
	for _, o := range t.byNumber[l.numberKey()] {
		if o.state != Ended || o.reason != EndHangup || o.answered.IsZero() ||
			at.Sub(o.ended) > transferWithin || o.conn.Device == l.conn.Device {
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
	default:
		t.learn(x, l, ev)
	}
}

// learn takes who the far end is from a message that came late, or from the
// first one that says so; and that a party is only probable from any.
func (t *table) learn(x *roster, l *leg, ev *pbx.Event) {
	now := ev.Remote()
	if l.state == Ended || !now.Known() {
		return
	}
	if !l.far.known() || now.Probable && !l.far.party.Probable && x.normalise(l.link, now).number == l.far.number {
		t.rename(x, l, ev)
	}
}

func (t *table) originated(x *roster, l *leg, ev *pbx.Event) {
	switch {
	case l != nil && !l.gone:
		t.learn(x, l, ev)
	case ev.Cause == pbx.CausePickup:
		// Not a call of the agent's own: Established tells whose it is.
	case !t.adopt(ev):
		t.start(x, ev, Dialing)
	}
}

// adopt gives the connection of a call that an agent just dialled to the leg
// that waits for it: the event may overtake the answer to MakeCall.
func (t *table) adopt(ev *pbx.Event) bool {
	d := Device{ev.Link, string(ev.Connection.Device)}
	l := t.dials[d]
	if l == nil || l.conn.Call != "" || ev.Direction == pbx.DirectionInbound {
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
	case (l == nil || l.gone) && ev.Cause == pbx.CausePickup:
		t.pickedUp(x, ev)
		return
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
		t.learn(x, l, ev)
		return
	}
	l.state, l.answered = Connected, ev.Time
	t.dialDone(l)
	t.learn(x, l, ev)
	t.touch(l)
	if !l.out {
		t.answeredHere(l)
	}
}

// pickedUp shows the caller of the phone that rang to the agent who took the
// call there. The switch names the phone, not the caller: that one is inferred.
func (t *table) pickedUp(x *roster, ev *pbx.Event) {
	rang := t.rangLast(ev.Link, ev.LastRedirection.Number, ev.Time)
	if rang == nil {
		return
	}
	as := *ev
	as.Direction, as.Called = pbx.DirectionInbound, pbx.Party{}
	as.Calling = pbx.Party{Number: string(rang.far.number), Name: rang.far.party.Label, Withheld: rang.far.party.Withheld, Probable: true}
	if rang.far.number == "" {
		as.Calling.Number = rang.far.party.Number
	}
	l := t.start(x, &as, Connected)
	if l == nil {
		return
	}
	l.answered = ev.Time
	if rang.state == Ended {
		rang.reason = EndAnsweredElsewhere
		t.touch(rang)
		return
	}
	t.finish(rang, ev.Time, EndAnsweredElsewhere, false)
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

// dialDone lets the next call be dialled from the device.
func (t *table) dialDone(l *leg) {
	if t.dials[l.device()] == l {
		delete(t.dials, l.device())
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

func (t *table) becomes(x *roster, l *leg, ev *pbx.Event, s State) {
	if l == nil {
		return
	}
	t.learn(x, l, ev)
	if !l.up() || l.state == s {
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
		t.inherit(l, ev.Time)
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
			v.found, v.asked, v.answered, v.opened, v.call.Chosen = nil, false, false, false, nil
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
	t.dialDone(l)
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
		if c.State != pbx.StateConnected && c.State != pbx.StateHeld {
			continue
		}
		if l := t.legFor(ev.Link, c.ID); l == nil {
			t.resume(x, ev, c)
		} else {
			t.catchUp(x, l, ev, c)
		}
	}
	for _, l := range append([]*leg(nil), t.byDevice[Device{ev.Link, string(ev.Connection.Device)}]...) {
		if l.conn.Call == "" || alive[l.conn] || l.dialed && l.state == Dialing && ev.Time.Sub(l.started) < dialGrace {
			continue
		}
		t.cleared(l, ev)
	}
}

// catchUp brings a leg we know to what the snapshot says of it.
func (t *table) catchUp(x *roster, l *leg, ev *pbx.Event, c *pbx.Connection) {
	as := pbx.Event{
		Link: ev.Link, Connection: c.ID, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Time: ev.Time,
	}
	if !l.up() {
		if l.dialed && l.state == Dialing {
			return // the dial leg talks, the far end may not yet
		}
		t.established(x, l, &as)
	}
	state := Connected
	if c.State == pbx.StateHeld {
		state = Held
	}
	t.becomes(x, l, &as, state)
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
