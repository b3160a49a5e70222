package mirror

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// How close in time what belongs to one transfer is.
const (
	// replaceWithin: the switch ends the consultation this soon after a REFER
	// with Replaces that it carries out; milliseconds were seen.
	replaceWithin = 3 * time.Second
	// leaveWithin: after a REFER without consultation the agent's own leg ends
	// this soon if the transfer succeeds; Asterisk waits for the colleague's
	// telephone to ring.
	leaveWithin = 10 * time.Second
	// colpWithin: identities that come this soon after an outgoing call was
	// answered say who answered, and that is nobody new (COLP).
	colpWithin = 2 * time.Second
)

// referral is a REFER of an agent: the far end is to be handed on (RFC 3515).
type referral struct {
	at       time.Time
	replaces string // Call-ID of the other leg (RFC 3891); empty: no consultation
}

// refer notes that an agent hands a call on.
func (f *follower) refer(s *session, m *message.Message) reason {
	from, to := message.Param(m.From, "tag"), message.Param(m.To, "tag")
	c := s.dialog(from, to)
	if c == nil {
		return dropUnknown
	}
	if c.sentBySwitch(from) {
		return dropNothing // the far end hands us on: its new INVITE tells
	}
	if c.referral != nil && f.now.Sub(c.referral.at) < replaceWithin {
		return dropRepeated
	}
	c.referral = &referral{at: f.now, replaces: replacesIn(m.Get(message.ReferTo))}
	return dropNothing
}

// referAnswered forgets a REFER that was refused.
func (f *follower) referAnswered(s *session, m *message.Message) reason {
	if m.Status < 300 {
		return dropNothing
	}
	from, to := message.Param(m.From, "tag"), message.Param(m.To, "tag")
	if c := s.dialog(from, to); c != nil && m.Status != 401 && m.Status != 407 {
		c.referral = nil
	}
	return dropNothing
}

// replacesIn is the Call-ID that a Refer-To wants replaced (RFC 3891 §3).
func replacesIn(referTo []byte) string {
	_, headers, found := bytes.Cut(referTo, []byte{'?'})
	if !found {
		return ""
	}
	headers, _, _ = bytes.Cut(headers, []byte{'>'})
	for header := range bytes.SplitSeq(headers, []byte{'&'}) {
		name, value, _ := bytes.Cut(header, []byte{'='})
		if !message.EqualFold(name, "replaces") {
			continue
		}
		decoded, err := url.PathUnescape(string(value))
		if err != nil {
			return ""
		}
		callID, _, _ := strings.Cut(decoded, ";")
		return strings.TrimSpace(callID)
	}
	return ""
}

// legs finds the two connections that a REFER with Replaces of the device joins,
// c being one of them.
func (f *follower) legs(c *connection) (referred, other *connection) {
	device := string(c.id.Device)
	for _, r := range f.live[device] {
		if r.referral == nil || r.referral.replaces == "" || f.now.Sub(r.referral.at) > replaceWithin {
			continue
		}
		for _, o := range f.live[device] {
			if o != r && o.session.id == r.referral.replaces && (o == c || r == c) {
				return r, o
			}
		}
	}
	return nil, nil
}

// replaced: the switch ends one of the two legs that a REFER joined, which is
// how a transfer with consultation succeeds. It tells the colleague who is there
// now, unless the switch has done so, and reports whether it was one.
func (f *follower) replaced(c *connection) bool {
	r, o := f.legs(c)
	if r == nil {
		return c.moved
	}
	r.moved, o.moved = true, true
	f.introduce(r, o)
	f.introduce(o, r)
	return true
}

// introduce gives the colleague at the end of the consultation the far end of
// the first leg.
func (f *follower) introduce(consultation, first *connection) {
	b := consultation.peer
	if b == nil || b.over || !first.party.Known() || b.moved {
		return
	}
	f.joined(b, first.party, string(consultation.id.Device))
}

// joined tells that a connection has another far end, and who brought it.
func (f *follower) joined(c *connection, party pbx.Party, by string) {
	if sameParty(c.party, party) {
		return
	}
	c.party = party
	if by != "" && !c.by.Known() || by != "" && c.by.Number != by {
		c.by = pbx.Party{Number: by}
	}
	if c.told {
		f.tell(c, pbx.EventTransferred, pbx.CauseTransfer)
	}
}

// update follows a re-INVITE or UPDATE: if the switch names somebody else than
// before, that is who the agent talks to now (rule H a). From is not asked, as
// it goes on to name who the call was first with.
func (f *follower) update(s *session, m *message.Message) reason {
	from, to := message.Param(m.From, "tag"), message.Param(m.To, "tag")
	for _, c := range s.connections {
		if c.over || !c.of(from, to) || !c.sentBySwitch(from) {
			continue
		}
		if party, named := f.connectedParty(m, c); named {
			f.renamed(c, party)
		}
	}
	return dropNothing
}

// renamed takes the identity that the switch writes into a call's dialog.
func (f *follower) renamed(c *connection, party pbx.Party) {
	if c.own || c.direction == pbx.DirectionInbound && c.party.Withheld {
		return // who hid the number when the call came has not changed his mind
	}
	if c.guessed && sameParty(c.party, party) { // what was inferred is confirmed
		c.guessed, c.party = false, party
		f.tell(c, pbx.EventTransferred, pbx.CausePickup)
		return
	}
	switch {
	case sameParty(c.party, party):
		return
	case c.direction == pbx.DirectionOutbound && c.state != pbx.StateConnected:
		return // who will answer; the number dialled says more
	case c.direction == pbx.DirectionOutbound && f.takenOver(c, party):
		return
	case c.direction == pbx.DirectionOutbound && f.now.Sub(c.answered) < colpWithin:
		return
	}
	by := ""
	if a := c.peer; a != nil {
		by = string(a.id.Device)
		if f.hides(a) {
			party = pbx.Party{Withheld: true}
		}
		f.handOver(by)
	}
	f.joined(c, party, by)
}

// hides tells whether the colleague at the other end of a consultation has a
// caller who withheld the number: the switch may name it to the next agent all
// the same.
func (f *follower) hides(consultation *connection) bool {
	for _, c := range f.live[string(consultation.id.Device)] {
		if c != consultation && c.direction == pbx.DirectionInbound && c.party.Withheld {
			return true
		}
	}
	return false
}

// handOver marks the legs that a device has just handed on.
func (f *follower) handOver(device string) {
	for _, c := range f.live[device] {
		if r, o := f.legs(c); r != nil {
			r.moved, o.moved = true, true
		}
	}
}

// handedTo ties a call that rings to the blind transfer it comes of.
func (f *follower) handedTo(c *connection) {
	if c.how == pbx.CauseTransfer {
		f.blindFrom(c.by.Number, c)
		return
	}
	if c.by.Known() || !c.party.Known() {
		return
	}
	for device := range f.live {
		if f.blindFrom(device, c) {
			c.by, c.how = pbx.Party{Number: device}, pbx.CauseTransfer
			return
		}
	}
}

// blindFrom finds the call of a device that was handed on to c.
func (f *follower) blindFrom(device string, c *connection) bool {
	for _, a := range f.live[device] {
		if a == c || a.referral == nil || a.referral.replaces != "" || f.now.Sub(a.referral.at) > leaveWithin {
			continue
		}
		if a.party.Withheld && c.how == pbx.CauseTransfer {
			c.party = pbx.Party{Withheld: true} // whatever the switch says of him now
		}
		if sameParty(a.party, c.party) {
			a.moved = true
			return true
		}
	}
	return false
}

// leaving is why an agent's conversation ends.
func (f *follower) leaving(c *connection) pbx.Cause {
	r := c.referral
	if c.moved || r != nil && r.replaces == "" && f.now.Sub(r.at) < leaveWithin {
		return pbx.CauseTransfer
	}
	return pbx.CauseNone
}
