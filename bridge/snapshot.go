package bridge

import (
	"github.com/ctibridge/ctibridge/pbx"
)

// snapshot ends what the switch no longer knows of a device, and shows
// conversations that began while nobody listened.
func (t *table) snapshot(x *roster, ev *pbx.Event) {
	alive := make(map[pbx.ConnectionID]bool, len(ev.Connections))
	if len(t.formers.on) > 0 {
		defer func() { t.lapseDevice(Device{ev.Link, string(ev.Connection.Device)}, alive, ev.Time) }()
	}
	for i := range ev.Connections {
		c := &ev.Connections[i]
		alive[c.ID] = true
		if l := t.legFor(ev.Link, c.ID); l != nil {
			l.heard = ev.Time
		}
		if c.State != pbx.StateConnected && c.State != pbx.StateHeld {
			t.ringOn(x, ev, c)
			continue
		}
		if l := t.legFor(ev.Link, c.ID); l == nil {
			t.resume(x, ev, c)
		} else {
			t.catchUp(x, l, ev, c)
		}
	}
	for _, l := range append([]*leg(nil), t.byDevice[Device{ev.Link, string(ev.Connection.Device)}]...) {
		if l.conn.Call == "" || alive[l.conn] || l.dialed && l.state == Dialing && ev.Time.Sub(l.started) < dialGrace {
			continue
		}
		t.cleared(l, ev)
	}
}

// catchUp brings a leg we know to what the snapshot says of it.
func (t *table) catchUp(x *roster, l *leg, ev *pbx.Event, c *pbx.Connection) {
	as := pbx.Event{
		Link: ev.Link, Connection: c.ID, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Time: ev.Time,
	}
	if !l.up() {
		if l.dialed && l.state == Dialing {
			return // the dial leg talks, the far end may not yet
		}
		t.established(x, l, &as)
	}
	state := Connected
	if c.State == pbx.StateHeld {
		state = Held
	}
	t.becomes(x, l, &as, state)
}

func (t *table) resume(x *roster, ev *pbx.Event, c *pbx.Connection) {
	as := pbx.Event{
		Link: ev.Link, Connection: c.ID, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Time: ev.Time,
	}
	if t.recall(&as); !as.Remote().Known() {
		return
	}
	l := t.start(x, &as, Connected)
	if l == nil {
		return
	}
	if l.answered.IsZero() {
		l.answered = ev.Time
	}
	if c.State == pbx.StateHeld {
		l.state = Held
	}
	for _, v := range l.views {
		v.opened = true // the agent is long at it
	}
}

// ringOn goes on with a call that rang, or was dialled, before the bridge
// restarted. Of others a snapshot does not say enough: their own events do.
func (t *table) ringOn(x *roster, ev *pbx.Event, c *pbx.Connection) {
	if len(t.formers.on) == 0 || t.legFor(ev.Link, c.ID) != nil {
		return
	}
	as := pbx.Event{
		Link: ev.Link, Connection: c.ID, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Time: ev.Time,
	}
	if !t.recall(&as) {
		return
	}
	state := Ringing
	if as.Direction == pbx.DirectionOutbound {
		state = Dialing
	}
	t.start(x, &as, state)
}
