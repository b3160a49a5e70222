package sip

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// remote is the far end of a dialog. Its party is the document's, to be taken
// over by call.who.
type remote struct {
	pbx.Party
	own    bool   // it is ourselves, ringing an agent for a call to dial
	shown  string // … and the number that the switch shows for us
	pickup string // it was a pick-up code for this device
}

// remote reads a dialog's remote identity, never its target, which on
// FreeSWITCH is a pick-up code. The device's own address is no far end (an old
// chan_sip without notifycid writes it), whether by our name for it or by the
// one of the document.
func (t *tracker) remote(d *dialoginfo.Dialog) remote {
	if d.Remote.URI == "" && d.Remote.Display == "" && !d.Remote.Withheld {
		return remote{own: t.isDialLeg(d, "")}
	}
	p := d.Remote.Party()
	if device, found := strings.CutPrefix(p.Number, "**"); found {
		return remote{pickup: strings.Clone(device)}
	}
	switch {
	case p.Withheld:
	case p.Number != "" && (p.Number == t.extension || p.Number == t.entity.number):
		return remote{}
	case d.Direction != dialoginfo.DirectionInitiator && hidesNumber(p.Number):
		return remote{Party: pbx.Party{Withheld: true}}
	case p.Number != "" && p.Number == t.own, t.isDialLeg(d, p.Number):
		return remote{own: true, shown: strings.Clone(p.Number)}
	}
	return remote{Party: pbx.Party{Number: p.Number, Name: p.Name, Withheld: p.Withheld}}
}

// entity is the address of the device that documents are about, and the number
// in it, which is read once: it hardly ever changes.
type entity struct{ address, number string }

func (e *entity) is(uri string) {
	if e.address != uri {
		e.address = strings.Clone(uri)
		e.number = address.ParseURI(e.address).Number()
	}
}

// who takes over who the far end is, in memory of the call's own: what a document
// says shares that of the document.
func (c *call) who(p pbx.Party) {
	own := func(now, next string) string {
		if now == next {
			return now
		}
		return strings.Clone(next)
	}
	p.Number, p.Name = own(c.party.Number, p.Number), own(c.party.Name, p.Name)
	c.party = p
}

// hidesNumber tells whether a caller dialled something in front that hides his
// number, and a switch passed it on.
func hidesNumber(number string) bool {
	return strings.HasPrefix(number, "#31#") || strings.HasPrefix(number, "*31#")
}

// meet takes over what a document says about the far end. changed: it is
// somebody else than before; added: it was not known before.
func (t *tracker) meet(c *call, d *dialoginfo.Dialog) (changed, added bool) {
	p := t.remote(d)
	if p.pickup != "" {
		c.pickup = p.pickup
	}
	if c.direction == pbx.DirectionUnknown {
		c.direction = directionOf(d)
	}
	if p.own {
		c.own, c.shown = true, p.shown
		t.join(c)
		return false, false
	}
	if t.becomesDialled(c, d, p.Party) {
		return false, false
	}
	if !p.Known() {
		return false, false
	}
	if c.party.Withheld && p.Number != "" && (c.state == pbx.StateNull || c.state == pbx.StateAlerting || same(p.Party, pbx.Party{Number: c.hidden})) {
		c.hidden = strings.Clone(p.Number) // what rang was withheld: a number that comes later is the same caller's
		return false, false
	}
	if c.own { // our own leg has become a call with somebody
		c.own, c.state = false, pbx.StateNull
	}
	changed = c.party.Known() && !same(c.party, p.Party)
	added = !c.party.Known()
	if !changed && p.Name == "" {
		p.Name = c.party.Name
	}
	c.who(p.Party)
	return changed, added
}

// same compares who two parties are; a name that comes later or is written
// otherwise makes nobody else of them.
func same(a, b pbx.Party) bool {
	return a.Withheld == b.Withheld && a.Number == b.Number
}
