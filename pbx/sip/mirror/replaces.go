package mirror

import (
	"bytes"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Through a proxy telephones transfer and pick up by themselves, by an INVITE
// that takes the place of another dialog (RFC 3891): the caller's telephone or
// gateway calls the colleague in place of the consultation, the colleague calls
// the caller in place of the first conversation, or an agent calls whoever makes
// another telephone ring. Its answer says that it happened.

// dialogID names a dialog as Replaces does (RFC 3891 §3): the tags as the
// receiver of the INVITE has them.
type dialogID struct{ callID, to, from string }

// replacedDialog reads Replaces; zero without one.
func replacedDialog(m *message.Message) dialogID {
	value := m.Get(message.Replaces)
	if value == nil {
		return dialogID{}
	}
	callID, _, _ := bytes.Cut(value, []byte{';'})
	return dialogID{
		callID: string(bytes.TrimSpace(callID)),
		to:     string(message.Param(value, "to-tag")), from: string(message.Param(value, "from-tag")),
	}
}

// is tells whether a connection is part of a dialog. Nobody without both tags
// can name it, so that a Call-ID alone takes nothing over.
func (c *connection) is(d dialogID) bool {
	return c.caller == d.to && (c.callee == d.from || c.callee == "") ||
		c.caller == d.from && (c.callee == d.to || c.callee == "")
}

// replacing finds the connection whose place c is to take: the device's own one,
// else that of whoever hands the call over.
func (f *follower) replacing(c *connection) *connection {
	s := f.sessions[c.replaces.callID]
	if c.replaces.callID == "" || s == nil || s == c.session {
		return nil
	}
	var found *connection
	for _, o := range s.connections {
		if o.over || !o.is(c.replaces) {
			continue
		}
		if o.id.Device == c.id.Device {
			return o
		}
		found = o
	}
	return found
}

// announced notes who hands a call to a telephone that rings for it.
func (f *follower) announced(c *connection) {
	if o := f.replacing(c); o != nil && o.id.Device == c.id.Device {
		f.broughtBy(c, o)
	}
}

// broughtBy fills in who brings a call to the device that is connected on o, and
// whose call it is.
func (f *follower) broughtBy(c, o *connection) (first, a *connection) {
	if a = f.colleague(o); a == nil {
		return nil, nil
	}
	c.how, c.by = pbx.CauseTransfer, pbx.Party{Number: string(a.id.Device)}
	first = f.referred(a)
	if first != nil && (!c.party.Known() || c.party.Number == string(a.id.Device)) {
		c.party, c.called = first.party, first.called
	}
	return first, a
}

// colleague is the connection at the other end of an internal call.
func (f *follower) colleague(c *connection) *connection {
	if c.peer != nil && !c.peer.over {
		return c.peer
	}
	for _, o := range c.session.connections {
		if o != c && !o.over {
			return o
		}
	}
	return nil
}

// referred finds the call that a device hands on by a REFER whose Replaces names
// the session of a.
func (f *follower) referred(a *connection) *connection {
	for _, r := range f.live[string(a.id.Device)] {
		if r.referral != nil && r.referral.replaces == a.session.id {
			return r
		}
	}
	return nil
}

// takesPlace makes of an INVITE that was answered the transfer or pick-up that it
// is, and tells so.
func (f *follower) takesPlace(c *connection) bool {
	o := f.replacing(c)
	switch {
	case o == nil:
		return false
	case o.id.Device == c.id.Device:
		f.succeeds(c, o)
	case o.ringing():
		f.take(c, o.party, o)
	case o.state == pbx.StateConnected && c.direction == pbx.DirectionOutbound:
		f.inherits(c, o)
	default:
		return false
	}
	return true
}

// succeeds: the consultation o becomes the caller's call c, at the same device.
func (f *follower) succeeds(c, o *connection) {
	first, a := f.broughtBy(c, o)
	for _, handed := range [...]*connection{first, a, o} {
		if handed != nil {
			handed.moved = true
		}
	}
	c.state = pbx.StateConnected
	f.tell(c, pbx.EventEstablished, pbx.CauseTransfer)
}

// inherits: the device calls the far end of another device's call o, which the
// latter has asked it to.
func (f *follower) inherits(c, o *connection) {
	o.moved = true
	if consultation := f.referred(o); consultation != nil {
		consultation.moved = true
		if b := f.colleague(consultation); b != nil {
			b.moved = true
		}
	}
	c.direction, c.party, c.state = pbx.DirectionInbound, o.party, pbx.StateConnected
	c.caller, c.callee = c.callee, c.caller // the device's side of the dialog stays what it is
	c.by, c.called = pbx.Party{Number: string(o.id.Device)}, o.called
	f.tell(c, pbx.EventEstablished, pbx.CauseTransfer)
}
