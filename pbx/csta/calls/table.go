package calls

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Bounds; see the package comment.
const (
	maxPerDevice   = 32
	maxConnections = 1 << 16
	maxEnded       = 4096
	memory         = 10 * time.Second
	maxCallIDs     = 16 // that one call may have had
)

// Options say whose events these are.
type Options struct {
	// Link is the link's name, which the events carry.
	Link string
	// Internal tells the switch's own extensions from outside numbers; nil: only
	// watched devices and groups are internal.
	Internal func(number string) bool
	// Groups are the numbers that are monitored in the place of their devices.
	Groups []pbx.CSTAGroup
	// Avaya: ConnectionCleared comes for a call that is put on hold as well, so
	// only what the device itself released has ended.
	Avaya bool
}

// Table holds the live connections of all devices of one link.
type Table struct {
	o       Options
	devices map[pbx.DeviceID]*device // those that are watched
	groups  map[pbx.DeviceID][]pbx.DeviceID
	calls   map[string]*call // by each callID that they had
	links   map[link]*call   // by what else names a call
	ended   []*call          // remembered, in the order of their ends
	live    int              // connections
	dials   int              // of which the switch did not say the callID
	// tellsCaller: the switch has told, of a call that rang, that the caller left it
	// before it told of the telephone's own end. See whoCleared.
	tellsCaller bool
	now         time.Time
	out         []pbx.Event
}

// device is one that is watched.
type device struct {
	id    pbx.DeviceID
	conns []*connection // oldest first
	agent agent
}

// connection is a device's part in a call.
type connection struct {
	key       pbx.ConnectionID
	id        ecma323.ConnectionID // as the switch names it now
	call      *call
	state     pbx.ConnectionState
	direction pbx.Direction
	// far is the other side, called what the caller dialled, of incoming calls.
	far, called, redirection pbx.Party
	group                    pbx.DeviceID
	told                     bool // that it is there
	answered                 bool
	dialled                  bool // by MakeCall
	dialing                  bool // the number was sent
	nameless                 bool // … and the switch did not say the callID yet
	failed                   bool
	open                     bool // the far end after a transfer is not known yet
	conference               bool
	callerLeft               bool         // while it rang
	adrift                   bool         // transferred, and the switch did not say the callID from now on
	handedBy                 pbx.DeviceID // the device that transferred it here
	heard                    time.Time    // when something was told of it, or the switch was asked
}

// call is what connections share.
type call struct {
	ids []string // callIDs, the latest last
	// outside is the party beyond the switch, if there is one.
	outside pbx.Party
	// by is the device that transferred it last.
	by    pbx.DeviceID
	group pbx.DeviceID
	conns []*connection
	over  time.Time // when the last connection ended
	old   bool      // it is in Table.ended
	links []link
}

// New makes a Table that watches nothing yet.
func New(o Options) *Table {
	t := &Table{
		o: o, devices: map[pbx.DeviceID]*device{}, groups: map[pbx.DeviceID][]pbx.DeviceID{},
		calls: map[string]*call{}, links: map[link]*call{},
	}
	for _, g := range o.Groups {
		t.groups[pbx.DeviceID(g.Number)] = g.Devices
	}
	return t
}

// Watch sets the whole list of devices whose connections are told: extensions,
// not the groups that are monitored in their place. What is known of others is
// dropped without an event.
func (t *Table) Watch(devices []pbx.DeviceID) {
	keep := make(map[pbx.DeviceID]bool, len(devices))
	for _, id := range devices {
		keep[id] = true
		if t.devices[id] == nil {
			t.devices[id] = &device{id: id}
		}
	}
	for id, d := range t.devices {
		if keep[id] {
			continue
		}
		for len(d.conns) > 0 {
			t.drop(d.conns[0])
		}
		delete(t.devices, id)
	}
}

// Connection is what the switch calls a connection now, for a service on it.
func (t *Table) Connection(id pbx.ConnectionID) (ecma323.ConnectionID, bool) {
	if c := t.byKey(id); c != nil {
		return c.id, true
	}
	return ecma323.ConnectionID{}, false
}

// State is the state a live connection is in: StateInitiated until an outgoing
// call is answered.
func (t *Table) State(id pbx.ConnectionID) (pbx.ConnectionState, bool) {
	if c := t.byKey(id); c != nil {
		return c.state, true
	}
	return pbx.StateNull, false
}

// Has tells whether a device has a connection in a state.
func (t *Table) Has(device pbx.DeviceID, state pbx.ConnectionState) bool {
	d := t.devices[device]
	return d != nil && slices.ContainsFunc(d.conns, func(c *connection) bool { return c.state == state })
}

// Live counts the connections.
func (t *Table) Live() int { return t.live }

// Down tells that the link to the switch was lost. What is known lives on until
// the next Snapshot of each device. The result is valid until the next call.
func (t *Table) Down(now time.Time) []pbx.Event {
	t.begin(now)
	t.out = append(t.out, pbx.Event{Link: t.o.Link, Kind: pbx.EventLinkDown, Time: now})
	return t.out
}

// begin starts a call from outside.
func (t *Table) begin(now time.Time) {
	t.now, t.out = now, t.out[:0]
	t.forget()
}

func (t *Table) byKey(id pbx.ConnectionID) *connection {
	d := t.devices[id.Device]
	if d == nil {
		return nil
	}
	for _, c := range d.conns {
		if c.key.Call == id.Call {
			return c
		}
	}
	return nil
}

// find is the device's connection that an event names: by its present callID,
// by one that its call had before, or the only one if the switch names none.
func (t *Table) find(d *device, callID string) *connection {
	for _, c := range d.conns {
		if c.id.CallID == callID && callID != "" {
			return c
		}
	}
	if callID == "" {
		if len(d.conns) == 1 {
			return d.conns[0]
		}
		return nil
	}
	if x := t.calls[callID]; x != nil {
		return x.of(d.id)
	}
	return nil
}

// of is the one connection that a device has in the call, nil if it has none or
// several.
func (x *call) of(id pbx.DeviceID) (found *connection) {
	for _, c := range x.conns {
		if c.key.Device != id {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// goesOn is find for events of a call that is there already: one of a callID that
// nobody knows belongs to the connection whose transfer did not name the new one.
func (t *Table) goesOn(d *device, callID string) *connection {
	if c := t.find(d, callID); c != nil || callID == "" || t.calls[callID] != nil {
		return c
	}
	var found *connection
	for _, c := range d.conns {
		if !c.adrift {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	if found != nil {
		found.adrift = false
		t.rename(found, callID)
		t.name(found.call, callID)
	}
	return found
}

// add makes a connection, or nil if there are too many.
func (t *Table) add(v *view, id ecma323.ConnectionID, direction pbx.Direction, state pbx.ConnectionState, x *call) *connection {
	d := v.dev
	if len(d.conns) >= maxPerDevice {
		t.end(d.conns[0], pbx.EventConnectionCleared, pbx.CauseNone)
	}
	if t.live >= maxConnections {
		return nil
	}
	c := &connection{key: t.newKey(d, id.CallID), state: state, direction: direction, heard: t.now}
	c.id.CallID = strings.Clone(id.CallID)
	c.id.DeviceID = ecma323.ID(string(d.id))
	if v.is(id.DeviceID.Device()) {
		c.id.DeviceID = cloneID(id.DeviceID)
	}
	t.live++
	d.conns = append(d.conns, c)
	t.join(c, x)
	return c
}

// newKey is the callID, unless a live connection has that from before a transfer
// and the switch uses it again.
func (t *Table) newKey(d *device, callID string) pbx.ConnectionID {
	key := pbx.ConnectionID{Call: pbx.CallID(strings.Clone(callID)), Device: d.id}
	for n := 2; t.byKey(key) != nil; n++ {
		key.Call = pbx.CallID(callID + "~" + strconv.Itoa(n))
	}
	return key
}

func cloneID(d ecma323.DeviceID) ecma323.DeviceID {
	d.Text, d.TypeOfNumber, d.MediaClass = strings.Clone(d.Text), strings.Clone(d.TypeOfNumber), strings.Clone(d.MediaClass)
	return d
}

// drop takes a connection away without an event.
func (t *Table) drop(c *connection) {
	d := t.devices[c.key.Device]
	d.conns = slices.DeleteFunc(d.conns, func(x *connection) bool { return x == c })
	t.leave(c)
	t.live--
}

// end tells the end of a connection and takes it away. What failed has ended
// already.
func (t *Table) end(c *connection, kind pbx.EventKind, why pbx.Cause) {
	c.state = pbx.StateNull
	if !c.failed && c.told {
		t.tell(c, kind, why)
	}
	t.drop(c)
}

// tell appends an event of the connection as it is now.
func (t *Table) tell(c *connection, kind pbx.EventKind, why pbx.Cause) *pbx.Event {
	c.told, c.heard = true, t.now
	e := pbx.Event{
		Link: t.o.Link, Kind: kind, Connection: c.key, State: c.state, Direction: c.direction,
		LastRedirection: c.redirection, Cause: why, Time: t.now, Group: c.group,
	}
	e.Calling, e.Called = c.parties()
	t.out = append(t.out, e)
	return &t.out[len(t.out)-1]
}

// parties are the connection's two sides in an event's words.
func (c *connection) parties() (calling, called pbx.Party) {
	if c.direction == pbx.DirectionOutbound {
		return pbx.Party{Number: string(c.key.Device)}, c.far
	}
	return c.far, c.called
}
