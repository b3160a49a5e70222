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
		t.through(l, ev)
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
		if l == nil && len(t.formers.on) > 0 {
			t.lapseConnection(ev)
		}
		t.cleared(l, ev)
	case pbx.EventSnapshot:
		delete(t.down, ev.Link)
		t.snapshot(x, ev)
	case pbx.EventLinkDown: // the next snapshot tells
		t.down[ev.Link] = true
	case pbx.EventQueued: // a queue is not a person
	case pbx.EventAgentLoggedOn, pbx.EventAgentLoggedOff:
		t.logged(x, ev)
	case pbx.EventAgentReady, pbx.EventAgentNotReady:
		// Who is not ready still sees the calls that come.
	}
	if code := stepOf(ev.Kind); code != stepNone {
		t.follow(x, l, ev, code)
	}
	return t.changed
}

// follow notes an event in the trace of its leg, which it may have made, or why
// there is none.
func (t *table) follow(x *roster, l *leg, ev *pbx.Event, code StepCode) {
	if l == nil || l.gone {
		l = t.legNow(ev.Link, ev.Connection)
	}
	d := Device{ev.Link, string(ev.Connection.Device)}
	switch {
	case l != nil:
		l.note(ev.Time, code, "")
	case code != StepDelivered && code != StepOriginated && code != StepEstablished:
	case x.excluded.extensions[d.Extension]:
	case len(t.membersAt(x, d)) > 0 && len(t.legs) >= maxLegs:
		t.stray(ev, StepFull)
	case len(t.membersAt(x, d)) > 0:
		t.stray(ev, StepNoParty)
	case len(x.allowed[d]) > 0:
		t.stray(ev, StepNoDesk)
	case x.resting[d]:
		t.stray(ev, StepDisabled)
	default:
		t.stray(ev, StepNoAgent)
	}
}

// start makes a leg of an event, or nil where nobody on the device is known or
// the table is full.
func (t *table) start(x *roster, ev *pbx.Event, s State) *leg {
	d := Device{ev.Link, string(ev.Connection.Device)}
	members := t.membersAt(x, d)
	if len(members) == 0 || len(t.legs) >= maxLegs {
		return nil
	}
	if old := t.legFor(ev.Link, ev.Connection); old != nil {
		t.forget(old) // the switch uses the key of an ended call again
	}
	l := &leg{
		link: ev.Link, conn: ev.Connection, state: s, out: ev.Direction == pbx.DirectionOutbound,
		started: ev.Time, heard: ev.Time, far: x.normalise(ev.Link, ev.Remote()), group: clip(string(ev.Group), 64),
	}
	if by := x.handler(ev); ev.Cause == pbx.CauseTransfer && by != "" {
		l.setAside().by = by
		t.handedTo(l, Device{ev.Link, by}, ev.Time)
	}
	t.inherit(l, ev.Time)
	t.add(members, l)
	t.touch(l)
	return l
}

// through notes the group that a call came through, where the switch says it late.
func (t *table) through(l *leg, ev *pbx.Event) {
	if ev.Group != "" && l.group == "" && l.state != Ended {
		l.group = clip(string(ev.Group), 64)
		t.touch(l)
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

// dialDone lets the next call be dialled from the device.
func (t *table) dialDone(l *leg) {
	if t.dials[l.device()] == l {
		delete(t.dials, l.device())
	}
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

// transferred takes the far end that the switch names now. Where it says only
// who handed the call over, the far end is open from now on: it is no longer the
// colleague.
func (t *table) transferred(x *roster, l *leg, ev *pbx.Event) {
	by := x.handler(ev)
	if l == nil || l.gone || l.state == Ended || !ev.Remote().Known() && by == "" {
		return
	}
	if by != "" && l.aside().by != by {
		l.setAside().by = by
		t.touch(l)
	}
	if t.rename(x, l, ev) {
		l.setAside().revealed = ev.Time
		t.inherit(l, ev.Time)
	}
	if by != "" {
		t.handedTo(l, Device{ev.Link, by}, ev.Time)
	}
}

// rename gives the leg another far end, and reports whether it is another.
func (t *table) rename(x *roster, l *leg, ev *pbx.Event) bool {
	far := x.normalise(l.link, ev.Remote())
	if far.same(l.far) {
		return false
	}
	same := far.number == l.far.number && far.kind == l.far.kind
	if !same {
		l.note(ev.Time, StepNamed, "")
	}
	t.unindex(l)
	l.far = far
	t.index(l)
	if !same {
		l.chosen = nil // a note may be about the one to come
		for _, v := range l.views {
			v.found, v.read, v.asked, v.answered, v.opened, v.chosen = nil, "", false, false, false, nil
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
	if ev.Detail != "" || l.side != nil {
		l.setAside().detail = clip(ev.Detail, 200)
	}
	t.ends(l, ev.Time, why)
}

func (t *table) cleared(l *leg, ev *pbx.Event) {
	if l == nil {
		return
	}
	why := t.reasonFor(l, ev)
	if why == EndAnsweredElsewhere {
		l.setAside().taker = t.takerOf(l)
	}
	l.refused(ev, why)
	t.ends(l, ev.Time, why)
}

// declined is what the panel says below the end of a call that was not taken on
// purpose: the caller did not give up.
const declined = "The call was declined."

// detailCode tells apart how a call ended that nobody took.
func (l *leg) detailCode() DetailCode {
	switch {
	case l.reason != EndAbandoned || l.gaveUp:
		return ""
	case l.aside().detail == declined:
		return DetailDeclined
	}
	return DetailUnclear
}

// refused notes that a call that rang was declined, in the panel or, where the
// switch says so, on the telephone. For the caller it was in vain like others that
// nobody took, so it is missed as they are.
func (l *leg) refused(ev *pbx.Event, why EndReason) {
	switch {
	case l.state != Ringing || l.out || why != EndAbandoned:
	case l.declining || ev.Cause == pbx.CauseRejected:
		l.setAside().detail = declined
		l.note(ev.Time, StepDeclined, "")
	default:
		l.gaveUp = ev.Cause == pbx.CauseCancelled
	}
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
	if why == EndTransferred {
		t.wentTo(l, at)
	}
}

func (f farEnd) known() bool {
	return f.excluded || f.kind == lookup.KindWithheld || f.kind == lookup.KindInternal || f.number != ""
}
