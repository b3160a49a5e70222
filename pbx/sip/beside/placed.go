package beside

import (
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// dial files a call that was placed by MakeCall: from now on the SIP link tells
// of it, and what the mirror hears of our ringing is no call of its own.
func (g *merger) dial(id pbx.ConnectionID, called string, now time.Time) {
	c := g.keys[dialogs][id]
	if c == nil {
		c = g.begin(dialogs, &pbx.Event{
			Connection: id, Direction: pbx.DirectionOutbound, State: pbx.StateInitiated,
			Called: pbx.Party{Number: called}, Time: now,
		})
	}
	c.dialled = called
}

// dialLeg finds the dialled call that an event of the mirror belongs to: the
// ringing of the agent's telephone, or the call that the telephone then makes
// itself (through a proxy, or because it was asked to).
func (g *merger) dialLeg(e *pbx.Event) *call {
	for _, c := range g.devices[e.Connection.Device] {
		if c.dialled != "" && c.hasLeg(e) {
			c.heard[e.Direction] = true
			return c
		}
	}
	return nil
}

// hasLeg tells whether an event is of one of a dialled call's legs for sure.
func (c *call) hasLeg(e *pbx.Event) bool {
	far := e.Remote()
	named := far.Name != "" && strings.HasSuffix(far.Name, " "+c.dialled) // "Dial 030…"
	switch {
	case c.over: // a busy far end may end it before the mirror tells of our ringing
		return named && e.Direction != pbx.DirectionOutbound && e.Time.Sub(c.ended) <= behind
	case e.Direction == pbx.DirectionOutbound:
		return address.SameNumber(far.Number, c.dialled)
	case named && rank(c.state) < rank(pbx.StateConnected): // however long the telephone took to ring
		return true
	case e.Time.Sub(c.began) > dialWithin:
		return false
	}
	return !far.Known() || address.SameNumber(far.Number, c.dialled) || named
}

// leftOver tells whether a call that the mirror begins to tell of may be a leg of
// a dialled one that has ended. Events of a dialled call do not wait for the
// mirror, so it may be over before the mirror has read the first packet of its
// leg. It may also be the number dialled once more by hand, or calling back:
// that is a call of which the dialog events tell as well.
func (g *merger) leftOver(e *pbx.Event) bool {
	for _, c := range g.devices[e.Connection.Device] {
		if c.dialled == "" || !c.over || c.heard[e.Direction] || e.Time.Sub(c.ended) > behind {
			continue
		}
		far := e.Remote()
		if address.SameNumber(far.Number, c.dialled) || !far.Known() && e.Direction != pbx.DirectionOutbound {
			return true
		}
	}
	return false
}

// confirm takes the word of dialog events that a call is one, and tells it in the
// state that they say: what follows from there they will tell, too.
func (g *merger) confirm(c *call, e *pbx.Event) {
	c.unsure = false
	c.reach(e.State, e.Time)
	g.out = append(g.out, c.event(e))
}

// dialTells: of a dialled call the mirror only knows better when the far end of
// the telephone's own call answers.
func (g *merger) dialTells(c *call, e *pbx.Event) {
	if e.Kind == pbx.EventEstablished && e.Direction == pbx.DirectionOutbound && rank(c.state) < 3 {
		c.reach(pbx.StateConnected, e.Time)
		out := c.event(e)
		out.State = c.state
		g.out = append(g.out, out)
	}
}
