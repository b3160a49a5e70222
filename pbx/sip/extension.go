package sip

import (
	"strconv"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// extensionState takes a dialog of Asterisk, which is no dialog but the state
// of the extension: the id never changes, who it is stands only in early, and
// several calls show as one. Calls are told apart by what they do:
//
//	early, other identity ── a new call; one that rang before has ended
//	confirmed             ── the ringing call was answered, else an outgoing one
//	terminated            ── all have ended
//
// With a call up and a second one ringing, confirmed means that the second was
// answered or given up, and nothing says which. We take it as answered and mark
// the party as probable.
func (t *tracker) extensionState(d *dialoginfo.Dialog, at order, stale bool) {
	if stale {
		t.extensionLate(d, at)
		return
	}
	switch d.State {
	case dialoginfo.StateTrying, dialoginfo.StateProceeding, dialoginfo.StateEarly:
		t.extensionRings(d, at)
	case dialoginfo.StateConfirmed:
		t.extensionTalks(d, at)
	case dialoginfo.StateTerminated:
		for i := len(t.calls) - 1; i >= 0; i-- {
			t.end(t.calls[i], cause(d), order{})
		}
	default: // StateUnknown does not come out of dialoginfo
	}
}

func (t *tracker) extensionRings(d *dialoginfo.Dialog, at order) {
	p := t.remote(d)
	ring := t.inState(pbx.StateAlerting)
	switch {
	case p.own:
		t.extensionOwnLeg(d)
		return
	case d.State != dialoginfo.StateEarly:
		return
	case ring == nil:
	case !p.Known(), same(ring.party, p.Party):
		return
	case !ring.party.Known():
		ring.who(p.Party)
		t.tell(ring)
		return
	default:
		t.end(ring, pbx.CauseNone, order{})
	}
	c := t.addNumbered(d)
	c.at, c.direction = at, pbx.DirectionInbound
	c.who(p.Party)
	t.enter(c, pbx.StateAlerting, pbx.EventDelivered)
}

// extensionOwnLeg notes the ringing of our own call to the agent.
func (t *tracker) extensionOwnLeg(d *dialoginfo.Dialog) {
	for _, c := range t.calls {
		if c.own {
			return
		}
	}
	shown := t.remote(d).shown
	c := t.addNumbered(d)
	c.own, c.shown, c.direction = true, shown, pbx.DirectionOutbound
	t.join(c)
}

func (t *tracker) extensionTalks(d *dialoginfo.Dialog, at order) {
	silent := d.Rendering == dialoginfo.RenderingNo
	ring := t.inState(pbx.StateAlerting)
	live := t.inState(pbx.StateConnected, pbx.StateHeld)
	switch {
	case ring != nil:
		ring.at = at
		ring.party.Probable = live != nil || t.ownLegUp()
		t.enter(ring, pbx.StateConnected, pbx.EventEstablished)
	case live != nil:
		live.at = at
		t.confirmed(live, silent)
	case t.ownLegUp():
	case t.dial != nil && t.dial.legs == 0 && !t.dial.over:
		t.extensionOwnLeg(d) // it rang without a word about who
	default:
		c := t.addNumbered(d)
		c.at = at
		c.who(t.remote(d).Party)
		t.confirmed(c, silent)
	}
}

func (t *tracker) ownLegUp() bool {
	for _, c := range t.calls {
		if c.own || c.dial != nil {
			return true
		}
	}
	return false
}

// extensionLate takes a document that a newer one overtook. An early may say
// who it is; terminated ends the calls of which only still older ones told.
func (t *tracker) extensionLate(d *dialoginfo.Dialog, at order) {
	if d.State == dialoginfo.StateTerminated {
		for i := len(t.calls) - 1; i >= 0; i-- {
			if c := t.calls[i]; c.at.set && c.at.before(at) {
				t.end(c, cause(d), order{})
			}
		}
		return
	}
	p := t.remote(d)
	if d.State != dialoginfo.StateEarly || !p.Known() || p.own {
		return
	}
	for _, c := range t.calls {
		if !c.party.Known() && !c.own && c.direction != pbx.DirectionOutbound {
			c.direction = pbx.DirectionInbound
			c.who(p.Party)
			t.tell(c)
			return
		}
	}
}

// inState finds the newest call in one of the states that is not our own leg.
func (t *tracker) inState(states ...pbx.ConnectionState) *call {
	for i := len(t.calls) - 1; i >= 0; i-- {
		c := t.calls[i]
		for _, s := range states {
			if c.state == s && !c.own && c.dial == nil {
				return c
			}
		}
	}
	return nil
}

// addNumbered begins a call of an extension: its key is "103#k3x9-7", the 7th of
// this tracker. A key must not come again when the link is opened anew or the
// device watched anew: the bridge would take an old call for the new one.
func (t *tracker) addNumbered(d *dialoginfo.Dialog) *call {
	if len(t.calls) >= maxCalls {
		t.end(t.calls[0], pbx.CauseNone, order{})
	}
	t.serial++
	key := string(t.device) + "#" + t.birth + strconv.Itoa(t.serial)
	c := &call{id: key, key: pbx.CallID(key), direction: pbx.DirectionUnknown}
	if d.Direction != dialoginfo.DirectionUnknown {
		c.direction = directionOf(d)
	}
	t.calls = append(t.calls, c)
	return c
}
