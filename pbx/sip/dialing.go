package sip

import (
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// dialing is a call that we place for an agent: the leg with which we ring the
// phone and the call that the REFER makes of it are one call with one key. The
// link's lock guards all fields but the channels.
type dialing struct {
	key     pbx.CallID
	device  pbx.DeviceID
	called  string // as it was asked for
	dialled string // … as the switch gets it
	label   string // display name of our INVITE
	callID  string // of our INVITE, or of the REFER outside of a dialog
	noLeg   bool   // we ring nobody: the telephone is asked to dial

	answered    bool // the agent picked up
	handedOver  bool // the REFER was carried out
	settled     bool // … and nobody waits for the second leg any more
	second      bool // a dialog with the dialled number was seen
	established bool // and told
	probable    bool // … on the word of a switch that may mean less by it
	over        bool
	inHand      bool // both parties' dialogs are ours
	legs        int  // live dialogs of the device that belong to this call

	cleared   chan struct{}       // closed by ClearConnection
	transfers chan *transferOrder // while inHand
	ended     chan struct{}       // closed when nobody works at the call any more

	// Of a call that the telephone was asked for by CSTA.
	phoneCall string // the telephone's own name for it, once known
	conn      ecma323.ConnectionID
	news      chan deskNews // what becomes of it; nil for other calls
	finished  chan struct{} // closed when it is over; nil for other calls
}

// connection is how a Snapshot lists the call.
func (d *dialing) connection() pbx.Connection {
	state := pbx.StateInitiated
	if d.established {
		state = pbx.StateConnected
	}
	return pbx.Connection{
		ID:    pbx.ConnectionID{Call: d.key, Device: d.device},
		State: state, Direction: pbx.DirectionOutbound, Called: d.party(),
	}
}

// party is the far end.
func (d *dialing) party() pbx.Party { return pbx.Party{Number: d.called, Probable: d.probable} }

// isDialLeg tells whether a dialog is our own ringing of the agent, where its
// identity does not say so: a switch that does not trust our From shows its own
// idea of us. number is the remote number.
func (t *tracker) isDialLeg(d *dialoginfo.Dialog, number string) bool {
	if t.dial == nil || t.dial.over || t.dial.noLeg || d.Direction == dialoginfo.DirectionInitiator {
		return false
	}
	if d.CallID != "" && d.CallID == t.dial.callID {
		return true
	}
	dialled := address.SameDigits(number, t.dial.called)
	if t.dial.answered {
		return !dialled && d.Remote.Display == t.dial.label
	}
	return d.Remote.Display == t.dial.label || dialled && t.showsDialled(d)
}

// showsDialled tells whether a dialog that rings and shows the number dialled is
// our own leg. It is, unless our leg is another dialog or that number rang
// before: then the very party that the agent wants to call is calling.
func (t *tracker) showsDialled(d *dialoginfo.Dialog) bool {
	for _, c := range t.calls {
		if c.dial == t.dial {
			return address.SameDigits(c.shown, t.dial.called) && (t.profile == profileAsterisk || c.id == d.ID)
		}
	}
	for _, c := range t.calls {
		if !c.own && address.SameDigits(c.party.Number, t.dial.called) {
			return false
		}
	}
	return true
}

// join makes a dialog a leg of the call that we place.
func (t *tracker) join(c *call) {
	if t.dial == nil || t.dial.over || c.dial != nil {
		return
	}
	c.dial, c.key = t.dial, t.dial.key
	t.dial.legs++
}

// becomesDialled finds out whether a dialog is the call to the number dialled:
// a new outgoing one, or our own leg whose far end has become that number.
func (t *tracker) becomesDialled(c *call, d *dialoginfo.Dialog, p pbx.Party) bool {
	if t.dial == nil || t.dial.over || d.State == dialoginfo.StateTerminated {
		return false
	}
	dialled := address.SameDigits(p.Number, t.dial.called)
	switch {
	case c.dial == t.dial && c.own:
		if !dialled || !t.dial.answered {
			return false
		}
		c.own, c.state = false, pbx.StateNull
		if t.profile == profileFreeSWITCH {
			c.state = pbx.StateInitiated // this confirmed is the connection
		}
	case c.dial == t.dial:
		if p.Known() && !dialled && c.party.Known() {
			return false // transferred later on
		}
	case c.dial == nil && c.direction == pbx.DirectionOutbound && c.state == pbx.StateNull && t.dial.answered:
		if p.Known() && !dialled {
			return false
		}
		t.join(c)
	default:
		return false
	}
	t.dial.second = true
	c.direction = pbx.DirectionOutbound
	c.party = pbx.Party{Number: t.dial.called}
	if dialled {
		c.party.Name = p.Name
	}
	return true
}

// dialEvent tells whether an event of a leg of the dialled call is told:
// Originated was when we began, Established is once.
func (t *tracker) dialEvent(c *call, kind pbx.EventKind) bool {
	if c.own || c.dial.over {
		return false
	}
	switch kind {
	case pbx.EventOriginated, pbx.EventDelivered, pbx.EventConnectionCleared:
		return false
	case pbx.EventEstablished:
		first := !c.dial.established
		c.dial.established = true
		return first
	default:
		return c.dial.established
	}
}

// legEnded ends the dialled call with its last leg. Before the REFER has been
// carried out that is for the dialling itself to judge: it hears why.
func (t *tracker) legEnded(c *call, why pbx.Cause) {
	d := c.dial
	d.legs--
	if d.over || d.legs > 0 {
		return
	}
	if d.established || d.settled || d.handedOver && d.second {
		t.finish(d, pbx.EventConnectionCleared, why, "")
		return
	}
	d.note(deskNews{pbx.EventConnectionCleared, why})
}

// finish ends the dialled call and tells so.
func (t *tracker) finish(d *dialing, kind pbx.EventKind, why pbx.Cause, detail string) {
	if d.over {
		return
	}
	d.over = true
	if d.finished != nil {
		close(d.finished)
	}
	if t.dial == d {
		t.dial = nil
	}
	for _, c := range t.calls {
		if c.dial == d { // dialogs of it that linger are nobody's business
			c.dial, c.own = nil, true
		}
	}
	e := t.dialledEvent(d, kind, pbx.StateNull)
	if kind == pbx.EventFailed {
		e.State = pbx.StateFailed
	}
	e.Cause, e.Detail = why, detail
	t.out = append(t.out, e)
}

// connect tells that the far end was reached, on the word of the sipfrag. Where
// the device's one dialog is our own leg still, it is the call from now on.
// Asterisk's 200 says that the call was handed over and not that anybody
// answered; the party is marked as probable there, as nothing better follows.
func (t *tracker) connect(d *dialing) {
	if d.over || d.established {
		return
	}
	d.established, d.probable = true, t.profile == profileAsterisk && d.news == nil
	for _, c := range t.calls {
		if c.dial == d {
			c.own, c.state, c.direction = false, pbx.StateConnected, pbx.DirectionOutbound
			c.party = d.party()
		}
	}
	t.out = append(t.out, t.dialledEvent(d, pbx.EventEstablished, pbx.StateConnected))
}

func (t *tracker) dialledEvent(d *dialing, kind pbx.EventKind, state pbx.ConnectionState) pbx.Event {
	return pbx.Event{
		Link: t.link, Kind: kind, State: state, Direction: pbx.DirectionOutbound, Time: t.now,
		Connection: pbx.ConnectionID{Call: d.key, Device: d.device}, Called: d.party(),
	}
}
