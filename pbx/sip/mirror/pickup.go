package mirror

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// longNumber is from how many digits on a number is taken for one outside.
const longNumber = 7

// picksUp finds out whether an outgoing call that is answered takes a call that
// rings elsewhere, and tells so. Asterisk names the caller in its answer;
// FreeSWITCH does a moment later, and until then the device in the code says
// whose call it is.
func (f *follower) picksUp(c *connection, party pbx.Party, named bool) bool {
	if named && f.takenOver(c, party) {
		return true
	}
	if !isFeatureCode(c.party.Number) {
		return false
	}
	rang := f.ringsAt(c.party.Number)
	if rang == nil {
		return false
	}
	party = rang.party
	party.Probable = true
	c.guessed = true
	f.take(c, party, rang)
	return true
}

// takenOver tells whether a connected party shows that the agent picked up.
func (f *follower) takenOver(c *connection, party pbx.Party) bool {
	if !party.Known() || sameParty(party, c.party) || c.peer != nil {
		return false
	}
	rang := f.ringsFrom(c, party)
	if rang == nil && (!isFeatureCode(c.party.Number) || len(address.Digits(party.Number)) < longNumber) {
		return false
	}
	f.take(c, party, rang)
	return true
}

// take makes an outgoing call the picked-up one.
func (f *follower) take(c *connection, party pbx.Party, rang *connection) {
	kind := pbx.EventEstablished
	if c.told && c.state == pbx.StateConnected {
		kind = pbx.EventTransferred
	}
	c.direction, c.party, c.state = pbx.DirectionInbound, party, pbx.StateConnected
	c.caller, c.callee = c.callee, c.caller // the device's side of the dialog stays what it is
	if rang != nil {
		rang.pickedUp = true
		c.by, c.called = pbx.Party{Number: string(rang.id.Device)}, rang.called
	}
	f.tell(c, kind, pbx.CausePickup)
}

// ringsAt finds the call that rings at the device that a code ends in.
func (f *follower) ringsAt(code string) *connection {
	var found *connection
	for device, list := range f.live {
		if device == "" || !strings.HasSuffix(code, device) || found != nil && len(device) < len(found.id.Device) {
			continue
		}
		for _, c := range list {
			if c.ringing() && c.party.Known() {
				found = c
			}
		}
	}
	return found
}

// ringsFrom finds the call of a party that rings at another device.
func (f *follower) ringsFrom(c *connection, party pbx.Party) *connection {
	if party.Withheld {
		return nil // anybody may be that
	}
	for _, list := range f.live {
		for _, o := range list {
			if o.ringing() && o.id.Device != c.id.Device && sameParty(o.party, party) {
				return o
			}
		}
	}
	return nil
}

func (c *connection) ringing() bool {
	return c.direction == pbx.DirectionInbound && c.state == pbx.StateAlerting
}
