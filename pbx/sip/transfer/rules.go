package transfer

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// ended looks whether the end of a call may be one end of a transfer or of a
// pick-up, and tells whether it is to be told now.
func (w *Watcher) ended(c *connection, e *pbx.Event, last pbx.ConnectionState) bool {
	switch {
	case last == pbx.StateAlerting:
		w.stoppedRinging(c, e)
		return true
	case last != pbx.StateConnected && last != pbx.StateHeld, !w.outside(c.party()), len(w.held) >= maxWaiting:
		return true
	}
	var others []*connection
	for _, o := range c.at.talkers {
		if o.real == nil && !o.over && o.direction != pbx.DirectionOutbound {
			others = append(others, o)
		}
	}
	if len(others) == 0 {
		return true
	}
	w.held = append(w.held, ending{
		event: *e, last: last, outbound: c.direction == pbx.DirectionOutbound, others: others, due: e.Time.Add(Delay),
	})
	return false
}

// stoppedRinging: a call ended before it was answered.
func (w *Watcher) stoppedRinging(c *connection, e *pbx.Event) {
	if c.picked {
		e.Cause = pbx.CausePickup
		return
	}
	if !c.far.Known() {
		return
	}
	w.expire(e.Time)
	if len(w.missed) < maxWaiting {
		w.missed = append(w.missed, ending{event: *e, due: e.Time.Add(Window)})
	}
	var taker *connection
	for _, b := range w.bare {
		if b.id.Device == c.id.Device || pbx.DeviceID(c.far.Number) == b.id.Device {
			continue
		}
		if taker != nil {
			return // two telephones, one call: either may have dialled somewhere else
		}
		taker = b
	}
	if taker != nil && len(w.pickups) < maxWaiting {
		w.pickups = append(w.pickups, pickup{b: taker, party: c.party(), from: c.id.Device, link: e.Link, due: e.Time.Add(Delay)})
	}
}

// connected notes a telephone that is connected without having rung, and names
// the caller at once where the switch names the telephone that rang.
func (w *Watcher) connected(c *connection, e *pbx.Event) {
	if c.rang || c.real != nil || c.far.Known() {
		return
	}
	if e.Cause != pbx.CausePickup {
		if c.direction == pbx.DirectionUnknown {
			w.expire(e.Time)
			c.connected = e.Time
			w.bare = append(w.bare, c)
		}
		return
	}
	from := pbx.DeviceID(e.LastRedirection.Number)
	if e.Kind != pbx.EventEstablished || from == "" {
		return
	}
	if p, ok := w.rangAt(from, e.Time); ok {
		w.assume(c, p)
		e.Direction, e.Calling, e.Called = pbx.DirectionInbound, c.real.party, pbx.Party{}
	}
}

// rangAt is who rings a device, or did so a moment ago; not ok if that is nobody
// or more than one.
func (w *Watcher) rangAt(from pbx.DeviceID, now time.Time) (p pbx.Party, ok bool) {
	var ringing *connection
	for _, c := range w.calls(from) {
		switch {
		case c.state != pbx.StateAlerting || !c.far.Known():
		case ringing != nil && !same(ringing.far, c.far):
			return p, false
		default:
			ringing, p, ok = c, c.party(), true
		}
	}
	if ok {
		ringing.picked = true
		return p, true
	}
	w.expire(now)
	for i := range w.missed {
		if e := &w.missed[i].event; e.Connection.Device == from {
			if ok && !same(p, e.Calling) {
				return pbx.Party{}, false
			}
			p, ok = e.Calling, true
		}
	}
	return p, ok
}

// expire forgets what is too long ago for a pick-up.
func (w *Watcher) expire(now time.Time) {
	w.bare = slices.DeleteFunc(w.bare, func(c *connection) bool { return c.gone || now.Sub(c.connected) >= Window })
	w.missed = slices.DeleteFunc(w.missed, func(m ending) bool { return !now.Before(m.due) })
}

// assume notes who a connection is connected to.
func (w *Watcher) assume(c *connection, p pbx.Party) {
	p.Probable = true
	c.real = &assumption{party: p, stale: c.far}
	c.direction = pbx.DirectionInbound
}

// Due is when Settle has something to do next; false: nothing waits.
func (w *Watcher) Due() (at time.Time, waits bool) {
	if len(w.held) > 0 {
		at, waits = w.held[0].due, true
	}
	if len(w.pickups) > 0 && (!waits || w.pickups[0].due.Before(at)) {
		at, waits = w.pickups[0].due, true
	}
	return at, waits
}

// Settle decides on what has waited long enough and returns the events, valid
// until the next call.
func (w *Watcher) Settle(now time.Time) []pbx.Event {
	w.out = w.out[:0]
	for len(w.held) > 0 && !now.Before(w.held[0].due) {
		w.transferred(w.held[0].event.Connection.Device, now)
	}
	for len(w.pickups) > 0 && !now.Before(w.pickups[0].due) {
		p := w.pickups[0]
		w.pickups = slices.Delete(w.pickups, 0, 1)
		w.pickedUp(p, now)
	}
	return w.out
}

// Flush ends all waiting: it returns the ends that wait, as plain ones.
func (w *Watcher) Flush() []pbx.Event {
	w.out = w.out[:0]
	w.release()
	w.pickups = nil
	return w.out
}

// transferred decides on the calls of a device that ended about now (rule T).
func (w *Watcher) transferred(from pbx.DeviceID, now time.Time) {
	var ends []ending
	w.held = slices.DeleteFunc(w.held, func(h ending) bool {
		if h.event.Connection.Device == from {
			ends = append(ends, h)
			return true
		}
		return false
	})
	var to []*connection
	for _, b := range ends[0].others {
		if !b.gone && b.real == nil && pbx.DeviceID(b.far.Number) == from && !w.stillTalks(from, b, ends) {
			to = append(to, b)
		}
	}
	certain := len(ends) == 1 && len(to) == 1 && !ends[0].outbound && !to[0].far.Probable && !w.hasOutside(from)
	for i := range ends {
		if len(to) > 0 && len(ends) == 1 {
			ends[i].event.Cause = pbx.CauseTransfer
		}
		w.out = append(w.out, ends[i].event)
	}
	for _, b := range to {
		party := pbx.Party{}
		if certain {
			party = ends[0].event.Remote()
		}
		w.handOver(from, b, party, now)
	}
}

// stillTalks tells whether the consultation with b goes on at the device, so
// that the other call just ended. FreeSWITCH shows the consultation as held after
// a transfer as well as while the agent holds it; but then the agent talked to
// the other party when that one left, and in a transfer had it on hold.
func (w *Watcher) stillTalks(from pbx.DeviceID, b *connection, ends []ending) bool {
	for _, c := range w.calls(from) {
		if c.over || pbx.DeviceID(c.far.Number) != b.id.Device {
			continue
		}
		if !w.Ghosts || c.state == pbx.StateConnected || ends[0].last != pbx.StateHeld {
			return true
		}
	}
	return false
}

// hasOutside tells whether a device has another outside call.
func (w *Watcher) hasOutside(device pbx.DeviceID) bool {
	return slices.ContainsFunc(w.calls(device), func(c *connection) bool { return w.outside(c.party()) })
}

// handOver gives b the party that device from had, or an open one, and ends the
// consultation that lingers at from.
func (w *Watcher) handOver(from pbx.DeviceID, b *connection, party pbx.Party, now time.Time) {
	link := ""
	if len(w.out) > 0 {
		link = w.out[0].Link
	}
	for _, c := range w.calls(from) {
		if c.over || pbx.DeviceID(c.far.Number) != b.id.Device {
			continue
		}
		c.over = true
		e := pbx.Event{
			Link: link, Kind: pbx.EventConnectionCleared, Connection: c.id, Direction: c.direction, Cause: pbx.CauseTransfer, Time: now,
		}
		if c.direction == pbx.DirectionOutbound {
			e.Called = c.far
		} else {
			e.Calling = c.far
		}
		w.out = append(w.out, e)
	}
	w.assume(b, party)
	w.out = append(w.out, pbx.Event{
		Link: link, Kind: pbx.EventTransferred, Connection: b.id, State: b.state, Direction: pbx.DirectionInbound,
		Calling: b.real.party, LastRedirection: pbx.Party{Number: string(from)}, Cause: pbx.CauseTransfer, Time: now,
	})
}

// pickedUp decides on a call that may have been picked up (rule P): its caller
// is nowhere else, and no other call stopped ringing at the time.
func (w *Watcher) pickedUp(p pickup, now time.Time) {
	if p.b.gone || p.b.real != nil || p.b.far.Known() {
		return
	}
	for i := range w.missed {
		if e := &w.missed[i].event; !same(e.Calling, p.party) && e.Time.Sub(p.b.connected) < Window && !e.Time.Before(p.b.connected) {
			return
		}
	}
	for _, d := range w.devices {
		for _, c := range d.calls {
			if same(c.party(), p.party) {
				return
			}
		}
	}
	w.assume(p.b, p.party)
	w.out = append(w.out, pbx.Event{
		Link: p.link, Kind: pbx.EventEstablished, Connection: p.b.id, State: p.b.state, Direction: pbx.DirectionInbound,
		Calling: p.b.real.party, LastRedirection: pbx.Party{Number: string(p.from)}, Cause: pbx.CausePickup, Time: now,
	})
}
