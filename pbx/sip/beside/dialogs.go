package beside

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// dialogEvent takes an event of the SIP link whose wait is over.
func (g *merger) dialogEvent(e *pbx.Event, now time.Time) {
	switch e.Kind {
	case pbx.EventSnapshot:
		g.snapshot(e, now)
		return
	case pbx.EventConnectionCleared, pbx.EventFailed, pbx.EventDiverted:
		g.dialogEnds(e, now)
		return
	case pbx.EventLinkDown:
		g.lost = e.Time
	default:
	}
	if e.Connection.Call == "" {
		g.out = append(g.out, *e) // LinkDown, and what is about a device
		return
	}
	c := g.keys[dialogs][e.Connection]
	if c != nil && c.over && (e.Kind == pbx.EventDelivered || e.Kind == pbx.EventOriginated) && e.Time.Sub(c.ended) > pairWithin {
		g.forget(c)
		c = nil
	}
	if c == nil {
		c = g.pair(dialogs, e)
		if c == nil || c.far().Withheld && c.known[mirror] != e.Connection.Call && g.comes(e) {
			g.believeEnds(e.Connection.Device, now)
			c = g.begin(dialogs, e)
			g.foresee(c, e)
			g.out = append(g.out, c.event(e))
			return
		}
		g.know(dialogs, c, e.Connection)
	}
	g.pass(dialogs, c)
	g.add(c, e)
}

// believeEnds tells the ends at a device that dialog events have told of and that
// wait for the mirror. They tell of a new call there, so it is behind by more
// than the head start, and that call is not to ring before these have ended.
func (g *merger) believeEnds(device pbx.DeviceID, now time.Time) {
	for _, c := range slices.Clone(g.ends) {
		if c.id.Device == device && c.dialled == "" {
			g.finish(c, c.end, now)
		}
	}
}

// foresee takes the parties of a call that rings from the INVITE that the mirror
// has seen: the telephone has not answered that yet, so the mirror is still
// silent, and FreeSWITCH shows withheld numbers in its dialog events.
func (g *merger) foresee(c *call, e *pbx.Event) {
	if g.coming == nil || e.Kind != pbx.EventDelivered {
		return
	}
	for _, next := range g.coming(e.Connection.Device) {
		if g.keys[mirror][next.Connection] == nil && c.fits(&next) {
			if older := g.pair(mirror, &next); older != nil && older.sameFar(&next) && older != c {
				g.know(mirror, older, next.Connection) // the same caller's call before: the mirror is behind
				continue
			}
			g.know(mirror, c, next.Connection)
			c.learn(&next)
			e.Cause = next.Cause
			return
		}
	}
}

// comes tells whether the mirror has seen that very caller on the way. One who
// withholds the number may be anybody, and a second call is not to be taken for
// his because it rings beside it.
func (g *merger) comes(e *pbx.Event) bool {
	if g.coming == nil || e.Remote().Number == "" {
		return false
	}
	return slices.ContainsFunc(g.coming(e.Connection.Device), func(next pbx.Event) bool {
		return g.keys[mirror][next.Connection] == nil && address.SameNumber(next.Remote().Number, e.Remote().Number)
	})
}

// add tells what dialog events add to a call: everything, where the mirror does
// not know it; else a state that was not reached, and hold.
func (g *merger) add(c *call, e *pbx.Event) {
	if c.over {
		return
	}
	switch {
	case c.dialled != "" && e.Kind == pbx.EventEstablished && rank(c.state) == 3:
		return // the mirror has told that its far end answered
	case c.known[mirror] == "" || c.dialled != "":
		g.only(c, e)
		return
	case c.unsure:
		g.confirm(c, e)
		return
	}
	switch e.Kind {
	case pbx.EventHeld, pbx.EventRetrieved:
		if rank(c.state) != 3 || c.state == e.State {
			return
		}
	case pbx.EventTransferred, pbx.EventConferenced:
		return // the mirror hears what these are inferred from
	default:
		if rank(e.State) <= rank(c.state) {
			return
		}
	}
	c.reach(e.State, e.Time)
	out := c.event(e)
	if e.Calling.Probable || e.Called.Probable {
		out.Cause = pbx.CauseNone // so was the cause
	}
	g.out = append(g.out, out)
}

// only follows a call that dialog events alone tell of.
func (g *merger) only(c *call, e *pbx.Event) {
	if e.Direction != pbx.DirectionUnknown {
		c.direction = e.Direction
	}
	if e.Remote().Known() {
		c.calling, c.called = e.Calling, e.Called
	}
	if e.LastRedirection.Known() {
		c.by = e.LastRedirection
	}
	c.reach(e.State, e.Time)
	out := *e
	out.Connection = c.id
	g.out = append(g.out, out)
}

// dialogEnds ends a call on the word of dialog events. Where one dialog stands
// for all calls of an extension (Asterisk), its end is that of all.
func (g *merger) dialogEnds(e *pbx.Event, now time.Time) {
	c := g.keys[dialogs][e.Connection]
	if c == nil {
		if c = g.pair(dialogs, e); c == nil || c.known[mirror] != e.Connection.Call {
			g.out = append(g.out, *e)
			return
		}
		g.know(dialogs, c, e.Connection)
	}
	g.pass(dialogs, c)
	switch {
	case c.dialled != "" || c.known[mirror] == "":
		c.direction, c.calling, c.called = e.Direction, e.Calling, e.Called
		g.finish(c, e, now)
	default:
		g.endLater(c, e, now.Add(endWithin))
	}
	g.idle(e, now)
}

// idle ends what the mirror still holds for live at a device of which dialog
// events have told all calls to be over: the messages were lost. A call that is
// not old may be one that they have not come to yet.
func (g *merger) idle(e *pbx.Event, now time.Time) {
	list := g.devices[e.Connection.Device]
	for _, c := range list {
		if !c.over && c.known[dialogs] != "" && c.known[dialogs] != e.Connection.Call {
			return
		}
	}
	for _, c := range list {
		if !c.over && c.dialled == "" && c.known[dialogs] == "" && now.Sub(c.began) > pairWithin {
			lost := pbx.Event{Link: e.Link, Kind: pbx.EventConnectionCleared, Connection: c.id, Time: e.Time}
			at := now.Add(endWithin)
			if ripe := c.began.Add(behind); ripe.After(at) {
				at = ripe
			}
			g.endLater(c, &lost, at)
		}
	}
}

// snapshot puts what both sources know to be live into a Snapshot. A call that
// the mirror follows is missing in it only if dialog events knew it before, or
// if it began before their connection was lost: whatever that was may have cut
// the mirror off as well.
func (g *merger) snapshot(e *pbx.Event, now time.Time) {
	if d := e.Connection.Device; g.lost.After(g.passed[dialogs][d]) {
		g.passed[dialogs][d] = g.lost // nobody tells afterwards what happened before
	}
	out := *e
	out.Connections = nil
	told := map[*call]bool{}
	for i := range e.Connections {
		k := &e.Connections[i]
		c := g.keys[dialogs][k.ID]
		if c == nil {
			c = g.resume(e, k)
		}
		switch {
		case c.over || told[c]:
			continue
		case c.known[mirror] == "" || c.dialled != "":
			c.state, c.direction, c.calling, c.called = k.State, k.Direction, k.Calling, k.Called
		case rank(k.State) >= rank(c.state):
			c.state = k.State
		}
		told[c] = true
		out.Connections = append(out.Connections, c.connection())
	}
	for _, c := range slices.Clone(g.devices[e.Connection.Device]) {
		switch {
		case c.over || told[c]:
		case c.unsure:
			g.abandon(c, now)
		case c.known[dialogs] == "" && !c.began.Before(g.lost) || c.dialled != "":
			out.Connections = append(out.Connections, c.connection())
		default:
			g.abandon(c, now)
		}
	}
	g.out = append(g.out, out)
}

// abandon ends a call of which a Snapshot tells by leaving it out.
func (g *merger) abandon(c *call, now time.Time) {
	c.over, c.ended, c.state, c.endAt, c.end = true, now, pbx.StateNull, time.Time{}, nil
	g.ends = slices.DeleteFunc(g.ends, func(o *call) bool { return o == c })
}

// resume finds the mirror's call for a live one in a Snapshot, whenever it
// began, or files a new one.
func (g *merger) resume(e *pbx.Event, k *pbx.Connection) *call {
	as := pbx.Event{
		Connection: k.ID, State: k.State, Direction: k.Direction, Calling: k.Calling, Called: k.Called, Time: e.Time,
	}
	for _, c := range g.devices[k.ID.Device] {
		if c.known[dialogs] != "" || c.dialled != "" || c.over {
			continue
		}
		if c.known[mirror] == k.ID.Call || c.agrees(k.Direction, as.Remote(), false) {
			c.unsure = false
			g.know(dialogs, c, k.ID)
			return c
		}
	}
	return g.begin(dialogs, &as)
}
