package sip

import (
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// snapshot takes the first document of a subscription. The Snapshot event goes
// first and lists what lives; what we knew and is not in it has ended. Then come
// events for calls that have moved on since we last heard of them, and a
// Delivered for a call that rings, has an identity and was not known: the phone
// is ringing now. Not so on FreeSWITCH, where a held call looks the same.
func (t *tracker) snapshot(doc *dialoginfo.Document, at order) {
	known := t.calls
	t.calls = nil
	t.out = append(t.out, pbx.Event{}) // filled in below
	for i := range doc.Dialogs {
		d := &doc.Dialogs[i]
		if d.State == dialoginfo.StateTerminated || t.ended(d.ID, at) || len(t.calls) >= maxCalls {
			continue
		}
		c := t.match(known, d)
		if c != nil {
			t.calls = append(t.calls, c)
			if at.before(c.at) {
				continue
			}
			c.at = at
			t.move(c, d)
			continue
		}
		t.discover(d, at)
	}
	t.keepNewer(known, at)
	t.fresh, t.resumed = false, false
	if !at.before(t.last) {
		t.last = at
	}
	t.out[0] = t.snapshotEvent()
}

// match finds the call that a dialog of a new subscription goes on with.
func (t *tracker) match(known []*call, d *dialoginfo.Dialog) *call {
	if t.profile != profileAsterisk {
		for _, c := range known {
			if c.id == d.ID {
				return c
			}
		}
		return nil
	}
	p := t.remote(d)
	for i := len(known) - 1; i >= 0; i-- {
		c := known[i]
		switch d.State {
		case dialoginfo.StateConfirmed:
			return c
		case dialoginfo.StateEarly:
			if c.own == p.own && c.state == pbx.StateAlerting && (!p.Known() || same(p.Party, c.party)) {
				return c
			}
		default: // ended, or not begun: no call goes on with it
		}
	}
	return nil
}

// discover begins a call that was there before we watched.
func (t *tracker) discover(d *dialoginfo.Dialog, at order) {
	var c *call
	if t.profile == profileAsterisk {
		c = t.addNumbered(d)
	} else {
		c = t.add(d)
	}
	c.at, c.touched = at, t.now
	t.meet(c, d)
	if c.own {
		return
	}
	rings := d.State == dialoginfo.StateEarly && c.direction != pbx.DirectionOutbound
	switch {
	case rings && c.party.Known() && t.profile != profileFreeSWITCH:
		t.enter(c, pbx.StateAlerting, pbx.EventDelivered)
	case rings:
		c.state = pbx.StateAlerting
	case d.State == dialoginfo.StateConfirmed && d.Rendering == dialoginfo.RenderingNo:
		c.state = pbx.StateHeld
	case d.State == dialoginfo.StateConfirmed:
		c.state = pbx.StateConnected
	case c.direction == pbx.DirectionOutbound:
		c.state = pbx.StateInitiated
	}
}

// keepNewer keeps the calls of documents that overtook this first one, and
// takes leave of the others without an event: the Snapshot says it.
func (t *tracker) keepNewer(known []*call, at order) {
	for _, c := range known {
		if t.find(c.id) != nil {
			continue
		}
		if c.at.set && at.before(c.at) {
			t.calls = append(t.calls, c)
			continue
		}
		if c.dial != nil {
			t.legEnded(c, pbx.CauseNone)
		}
	}
}

func (t *tracker) snapshotEvent() pbx.Event {
	e := pbx.Event{
		Link: t.link, Kind: pbx.EventSnapshot, Time: t.now,
		Connection: pbx.ConnectionID{Device: t.device}, Connections: []pbx.Connection{},
	}
	for _, c := range t.calls {
		if c.own || c.dial != nil || c.state == pbx.StateNull {
			continue
		}
		conn := pbx.Connection{ID: pbx.ConnectionID{Call: c.key, Device: t.device}, State: c.state, Direction: c.direction}
		if c.direction == pbx.DirectionOutbound {
			conn.Called = c.party
		} else {
			conn.Calling = c.party
		}
		e.Connections = append(e.Connections, conn)
	}
	if t.dial != nil && !t.dial.over {
		e.Connections = append(e.Connections, t.dial.connection())
	}
	return e
}
