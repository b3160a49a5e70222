// Package transfer finds out who talks to whom after a transfer with
// consultation or a pick-up, where the switch does not say so: the dialog events
// (RFC 4235) of most switches name the colleague who consulted, and never the
// caller who was handed over.
//
//	events of all devices ─► Watcher.Pass ─► the same events, parties put right
//	                             │
//	                             └ what may be a transfer waits Delay ─► Watcher.Settle ─► events
//
// It infers only what two watched devices show together:
//
//   - Rule T. The outside call of device A ends, and at that moment device B is
//     connected to A, or rings for A. If B still is after Delay, B has A's caller:
//     EventTransferred at B, ConnectionCleared with CauseTransfer at A. The end of
//     A's call is held back until that is known; nothing else waits.
//   - Rule P. Device B is connected without having rung, and the call that rang
//     device A ends unanswered within Window: B has A's caller, by EventEstablished
//     with CausePickup. Where the switch names A, as FreeSWITCH does, that needs no
//     delay.
//
// What was inferred is marked Party.Probable; Event.LastRedirection is A. From
// then on all events and snapshots of B's connection carry that party, and what
// the switch keeps saying about B's far end is ignored, until it names somebody
// new. Where the rules leave a choice (two outside calls at A, one that A
// dialled, a second call at B) the party is left open: an unknown Calling with
// A as LastRedirection. Where one of the devices is not watched nothing is said.
//
// The package is pure: it reads no clock and starts no goroutine. All that it
// keeps is bounded by the live connections and by maxWaiting; past that a call
// ends at once, without a look at where it went.
package transfer

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Delay is how long the state has to last until a transfer is believed: two
// telephones that hang up end their dialogs some milliseconds apart.
const Delay = 500 * time.Millisecond

// Window is how soon a call that was picked up stops ringing.
const Window = time.Second

// maxWaiting bounds the ends that wait for Delay, and the memory for pick-ups.
const maxWaiting = 256

// Watcher follows the connections of all devices of one link. The zero value is
// ready. It is not safe for concurrent use.
type Watcher struct {
	// Ghosts says that the switch does not end the dialog of a consultation that
	// became a transfer, but shows it as held for ever (FreeSWITCH).
	Ghosts bool

	devices map[pbx.DeviceID]*device // every device of which a Snapshot came
	held    []ending                 // rule T, oldest first
	bare    []*connection            // rule P: connected without a word, oldest first
	missed  []ending                 // … and calls that rang, oldest first
	pickups []pickup                 // … and what may be one, oldest first
	out     []pbx.Event
}

// device is a telephone. Once known it stays, so connections may point to it.
type device struct {
	calls   []*connection // its own
	talkers []*connection // of others whose far end it is, as the switch names it
}

// connection is a live connection, as the events told.
type connection struct {
	id        pbx.ConnectionID
	at        *device // whose it is
	to        *device // the one that it is a talker of; nil if the far end is none
	state     pbx.ConnectionState
	direction pbx.Direction
	far       pbx.Party // as the switch names it
	rang      bool
	connected time.Time   // when it was established without having rung
	real      *assumption // who it is instead of far
	picked    bool        // another device has taken the call
	over      bool        // it ended with a transfer, whatever the switch says
	gone      bool
}

// assumption is a party that was inferred.
type assumption struct {
	party pbx.Party
	stale pbx.Party // what the switch said until then
}

// ending is a call that ended at a device.
type ending struct {
	event    pbx.Event
	last     pbx.ConnectionState // before it ended
	outbound bool
	others   []*connection // those who were connected to the device
	due      time.Time
}

// pickup may be one: b was connected, and the call of from stopped ringing.
type pickup struct {
	b     *connection
	party pbx.Party
	from  pbx.DeviceID
	link  string
	due   time.Time
}

// Pass takes the next events of the link, of one moment, and returns what is to
// be told: the same without the ends that wait, parties put right. The result
// is valid until the next call.
func (w *Watcher) Pass(events []pbx.Event) []pbx.Event {
	if w.devices == nil {
		w.devices = make(map[pbx.DeviceID]*device)
	}
	w.out = w.out[:0]
	kept := events[:0]
	for i := range events {
		e := &events[i]
		keep := true
		switch e.Kind {
		case pbx.EventSnapshot:
			w.snapshot(e)
			w.undecided(e)
		case pbx.EventLinkDown:
			w.release()
		default:
			keep = w.change(e)
		}
		if keep {
			kept = append(kept, *e)
		}
	}
	kept = w.noTransfer(kept)
	if len(w.out) == 0 {
		return kept
	}
	w.out = append(w.out, kept...)
	return w.out
}

// noTransfer adds the ends that need not wait any longer: those who were connected
// to the device have hung up as well.
func (w *Watcher) noTransfer(events []pbx.Event) []pbx.Event {
	for i := 0; i < len(w.held); i++ {
		h := &w.held[i]
		if slices.ContainsFunc(h.others, func(o *connection) bool { return !o.gone }) {
			continue
		}
		events = append(events, h.event)
		w.held = slices.Delete(w.held, i, i+1)
		i--
	}
	return events
}

// release tells of the ends that wait, as plain ones: from now on nothing more is
// known. It only ever has something to do for the first of several events.
func (w *Watcher) release() {
	for i := range w.held {
		w.out = append(w.out, w.held[i].event)
	}
	clear(w.held)
	w.held = w.held[:0]
}

// undecided adds the calls to a Snapshot whose end waits, as it has not been told
// yet. One that the Snapshot itself holds has not ended after all.
func (w *Watcher) undecided(e *pbx.Event) {
	w.held = slices.DeleteFunc(w.held, func(h ending) bool {
		return slices.ContainsFunc(e.Connections, func(c pbx.Connection) bool { return c.ID == h.event.Connection })
	})
	for i := range w.held {
		if h := &w.held[i]; h.event.Connection.Device == e.Connection.Device {
			e.Connections = append(e.Connections, pbx.Connection{
				ID: h.event.Connection, State: h.last, Direction: h.event.Direction, Calling: h.event.Calling, Called: h.event.Called,
			})
		}
	}
}

// snapshot takes what lives at a device.
func (w *Watcher) snapshot(e *pbx.Event) {
	d := w.device(e.Connection.Device)
	known := d.calls
	d.calls = nil
	live := e.Connections[:0]
	for _, c := range e.Connections {
		conn := find(known, c.ID)
		as := pbx.Event{Connection: c.ID, State: c.State, Direction: c.Direction, Calling: c.Calling, Called: c.Called, Time: e.Time}
		if conn == nil {
			conn = &connection{id: c.ID, at: d, rang: c.State == pbx.StateAlerting}
		}
		d.calls = append(d.calls, conn)
		w.learn(conn, &as)
		if !conn.over {
			c.Direction, c.Calling, c.Called = as.Direction, as.Calling, as.Called
			live = append(live, c)
		}
	}
	e.Connections = live
	for _, c := range known {
		if find(d.calls, c.id) == nil {
			c.unlink()
		}
	}
}

// change takes an event of one connection, and tells whether it is to be told.
func (w *Watcher) change(e *pbx.Event) bool {
	c := find(w.calls(e.Connection.Device), e.Connection)
	switch {
	case c == nil && (e.State == pbx.StateNull || e.State == pbx.StateFailed):
		return true
	case c == nil:
		c = &connection{id: e.Connection, at: w.device(e.Connection.Device)}
		c.at.calls = append(c.at.calls, c)
	}
	last := c.state
	if e.State == pbx.StateNull || e.State == pbx.StateFailed {
		w.learnParty(c, e)
		c.remove()
		return !c.over && w.ended(c, e, last)
	}
	if e.Kind == pbx.EventDelivered {
		c.rang = true
	}
	w.learn(c, e)
	if e.Kind == pbx.EventEstablished && last == pbx.StateNull || e.Cause == pbx.CausePickup {
		w.connected(c, e)
	}
	return !c.over
}

// learn takes over a connection's state and far end, and puts the event's party
// right where we know better.
func (w *Watcher) learn(c *connection, e *pbx.Event) {
	c.state = e.State
	w.learnParty(c, e)
}

func (w *Watcher) learnParty(c *connection, e *pbx.Event) {
	now := e.Remote()
	if now.Known() || c.direction == pbx.DirectionUnknown {
		c.direction = e.Direction
	}
	if now.Known() && !same(now, c.far) {
		c.unindex()
		c.far = now
		w.index(c)
	}
	switch {
	case c.real == nil:
	case now.Known() && !same(now, c.real.stale):
		c.real = nil // the switch names somebody new
	default:
		e.Direction, e.Calling, e.Called = pbx.DirectionInbound, c.real.party, pbx.Party{}
	}
}

// party is who is at the far end as far as we know.
func (c *connection) party() pbx.Party {
	if c.real != nil {
		return c.real.party
	}
	return c.far
}

// outside tells whether a party is none of the watched devices.
func (w *Watcher) outside(p pbx.Party) bool {
	_, device := w.devices[pbx.DeviceID(p.Number)]
	return p.Known() && !device
}

// calls are the live connections of a device.
func (w *Watcher) calls(id pbx.DeviceID) []*connection {
	if d := w.devices[id]; d != nil {
		return d.calls
	}
	return nil
}

// device is known from now on.
func (w *Watcher) device(id pbx.DeviceID) *device {
	d := w.devices[id]
	if d == nil {
		d = &device{}
		w.devices[id] = d
	}
	return d
}

// index finds the device that is the connection's far end.
func (w *Watcher) index(c *connection) {
	if to := w.devices[pbx.DeviceID(c.far.Number)]; to != nil && to != c.at {
		c.to, to.talkers = to, append(to.talkers, c)
	}
}

func (c *connection) unindex() {
	if c.to != nil {
		c.to.talkers = without(c.to.talkers, c)
		c.to = nil
	}
}

// unlink forgets a connection that has ended.
func (c *connection) unlink() {
	c.gone = true
	c.unindex()
}

func (c *connection) remove() {
	c.unlink()
	c.at.calls = without(c.at.calls, c)
}

func without(list []*connection, c *connection) []*connection {
	if i := slices.Index(list, c); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func find(list []*connection, id pbx.ConnectionID) *connection {
	for _, c := range list {
		if c.id == id {
			return c
		}
	}
	return nil
}

// same compares who two parties are.
func same(a, b pbx.Party) bool { return a.Withheld == b.Withheld && a.Number == b.Number }
