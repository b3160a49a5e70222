package mirror

import (
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/identity"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// believed: the sources of a mirror are allow-listed, and what they mirror
// passed the customer's own switch.
var believed = identity.Options{Trusted: true}

// partyAt is a party as a device sees it: its own address is no far end, and
// FreeSWITCH's placeholder no name.
func (f *follower) partyAt(device string, p identity.Party) pbx.Party {
	out := p.Party()
	if out.Number == "" && f.devices[p.User] != "" {
		out.Number = p.User // an extension that is a name
	}
	if out.Number == device {
		return pbx.Party{}
	}
	if out.Name == placeholder {
		out.Name = ""
	}
	return out
}

// callingParty is who calls a device.
func (f *follower) callingParty(id *identity.Identity, device string) pbx.Party {
	return f.partyAt(device, id.Sender)
}

// calledParty is the number that the caller dialled: as the leg to the agent
// says, else as the call came to the switch.
func (f *follower) calledParty(id *identity.Identity, device string, caller pbx.Party) pbx.Party {
	called := pbx.Party{Number: id.Called.Number, Withheld: id.Called.Withheld}
	if called.Known() && called.Number != device {
		return called
	}
	if caller.Number == "" {
		return pbx.Party{}
	}
	if number := f.arrivals.called(f.hash([]byte(caller.Number), nil), f.now); number != device {
		return pbx.Party{Number: number}
	}
	return pbx.Party{}
}

// connectedParty is the far end that the switch names within a call: by
// P-Asserted-Identity or Remote-Party-ID, as From stays what it was.
func (f *follower) connectedParty(m *message.Message, c *connection) (pbx.Party, bool) {
	id := identity.Read(m, believed)
	switch id.Sender.Source {
	case identity.SourceAsserted, identity.SourceRemoteParty:
	default:
		if !id.Sender.Withheld || !c.party.Withheld && m.Get(message.Privacy) == nil {
			return pbx.Party{}, false
		}
	}
	p := f.partyAt(string(c.id.Device), id.Sender)
	return p, p.Known()
}

// redirectedBy is who passed the call on, and how.
func (f *follower) redirectedBy(m *message.Message, id *identity.Identity) (pbx.Party, pbx.Cause) {
	if value := m.Get(message.ReferredBy); value != nil {
		return pbx.Party{Number: address.Parse(string(value)).URI.Number()}, pbx.CauseTransfer
	}
	last := id.LastRedirection()
	if !last.Known() {
		return pbx.Party{}, pbx.CauseNone
	}
	return pbx.Party{Number: last.Number, Withheld: last.Withheld}, pbx.CauseRedirected
}

// arrive notes a call from outside.
func (f *follower) arrive(m *message.Message) {
	id := identity.Read(m, believed)
	if id.Sender.Number == "" || id.Called.Number == "" {
		return
	}
	f.arrivals.add(f.hash([]byte(id.Sender.Number), nil), f.hash(m.CallID, nil), id.Called.Number, f.now)
}
