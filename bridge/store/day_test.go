package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// The switches of the property test: two, with the same extensions, which know
// at any time which calls they have, whatever of it the bridge is told.

const (
	orgOne, orgTwo = "00D000000000001EAA", "00D000000000002EAA"
	excludedPart   = "3023125" // all such numbers are excluded
)

// connection is a telephone's part in a call, as its switch knows it.
type connection struct {
	link  string
	id    pbx.ConnectionID
	state pbx.ConnectionState
	far   pbx.Party
	out   bool
	// stays: the call is not handed on.
	stays bool
	conv  *conversation
}

// conversation is a call over all telephones that had a part in it.
type conversation struct {
	keys    map[string]bool
	private bool
}

// day is a random day of the switches.
type day struct {
	rng *rand.Rand
	// clean: the link loses nothing, nor does it swap or repeat, so that all is known
	// that the switch tells.
	clean bool
	calls int
	live  []*connection
	// convs are the conversations by the key of each of their parts.
	convs map[string]*conversation
	// rang are the telephones that a number rang or talked at.
	rang map[string]map[bridge.Device]bool
	// never may be seen nowhere: withheld and excluded numbers.
	never []string
	send  func(pbx.Event)
}

func dayDevices() []bridge.Device {
	return []bridge.Device{
		{Link: "one", Extension: "1001"},
		{Link: "one", Extension: "1002"},
		{Link: "one", Extension: "1003"},
		{Link: "one", Extension: "1004"},
		{Link: "two", Extension: "1001"},
		{Link: "two", Extension: "1002"},
	}
}

// dayAgents: a shared line, an agent with two telephones, two orgs.
func dayAgents() []bridge.Agent {
	d := dayDevices()
	agent := func(id bridge.AgentID, org string, devices ...bridge.Device) bridge.Agent {
		return bridge.Agent{ID: id, Email: string(id) + "@example.com", Org: org, Devices: devices, Enabled: true}
	}
	return []bridge.Agent{
		agent("ada", orgOne, d[0]), agent("bob", orgOne, d[1], d[2]), agent("cyd", orgOne, d[2]),
		agent("dan", orgTwo, d[3]), agent("eve", orgTwo, d[4]), agent("fay", orgOne, d[5]),
	}
}

func dayRoster() bridge.Roster {
	plan := lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	return bridge.Roster{
		Agents:     dayAgents(),
		Switches:   []bridge.Switch{{Link: deaf("one"), Plan: plan}, {Link: deaf("two"), Plan: plan}},
		Exclusions: []bridge.Exclusion{{Number: "+49" + excludedPart + "*"}},
	}
}

// caller is a new outside party: mostly plain, else excluded, or withheld by a
// switch that tells the number all the same.
func (d *day) caller() pbx.Party {
	d.calls++
	switch d.rng.IntN(6) {
	case 0:
		n := fmt.Sprintf("+49%s%03d", excludedPart, d.calls)
		d.never = append(d.never, n[3:])
		return pbx.Party{Number: n}
	case 1:
		n := fmt.Sprintf("+496990009%03d", d.calls)
		d.never = append(d.never, n[3:])
		return pbx.Party{Number: n, Withheld: true}
	}
	n := fmt.Sprintf("+492214710%03d", d.calls)
	d.rang[n] = make(map[bridge.Device]bool)
	return pbx.Party{Number: n, Name: "Berta Beispiel"}
}

// tell is an event of a connection; half of those after the first name nobody.
func (d *day) tell(kind pbx.EventKind, c *connection, named bool) {
	ev := pbx.Event{Link: c.link, Kind: kind, Connection: c.id, Direction: pbx.DirectionInbound}
	far := c.far
	if !named && d.rng.IntN(2) == 0 {
		far = pbx.Party{}
	}
	ev.Calling = far
	if c.out {
		ev.Direction, ev.Calling, ev.Called = pbx.DirectionOutbound, pbx.Party{}, far
	}
	d.notes(c)
	d.send(ev)
}

func (d *day) add(at bridge.Device, call string, far pbx.Party, state pbx.ConnectionState, out bool) *connection {
	if d.convs[call] == nil {
		d.convs[call] = &conversation{keys: map[string]bool{call: true}}
	}
	c := &connection{
		link: at.Link, id: pbx.ConnectionID{Call: pbx.CallID(call), Device: pbx.DeviceID(at.Extension)},
		far: far, state: state, out: out, conv: d.convs[call],
	}
	d.live = append(d.live, c)
	return c
}

func (d *day) drop(c *connection) {
	d.live = slices.DeleteFunc(d.live, func(o *connection) bool { return o == c })
	d.tell(pbx.EventConnectionCleared, c, false)
}

// pick is a random connection in one of the states, or nil.
func (d *day) pick(states ...pbx.ConnectionState) *connection {
	var fit []*connection
	for _, c := range d.live {
		if slices.Contains(states, c.state) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[d.rng.IntN(len(fit))]
}

// step is one thing that happens.
func (d *day) step() {
	devices := dayDevices()
	at := devices[d.rng.IntN(len(devices))]
	switch d.rng.IntN(10) {
	case 0, 1:
		far := d.caller()
		d.tell(pbx.EventDelivered, d.add(at, fmt.Sprint("c", d.calls), far, pbx.StateAlerting, false), true)
	case 2:
		far := d.caller()
		for _, o := range devices {
			if o.Link == at.Link {
				d.tell(pbx.EventDelivered, d.add(o, fmt.Sprint("g", d.calls), far, pbx.StateAlerting, false), true)
			}
		}
	case 3:
		far := d.caller()
		c := d.add(at, fmt.Sprint("o", d.calls), far, pbx.StateConnected, true)
		d.tell(pbx.EventOriginated, c, true)
		d.tell(pbx.EventEstablished, c, false)
	case 4, 5:
		d.answer(d.pick(pbx.StateAlerting))
	case 6:
		d.toggleHold(d.pick(pbx.StateConnected, pbx.StateHeld))
	case 7:
		d.transfer(d.pick(pbx.StateConnected), at)
	default:
		if c := d.pick(pbx.StateAlerting, pbx.StateConnected, pbx.StateHeld); c != nil {
			d.drop(c)
		}
	}
}

func (d *day) answer(c *connection) {
	if c == nil {
		return
	}
	c.state = pbx.StateConnected
	d.tell(pbx.EventEstablished, c, false)
	for _, o := range slices.Clone(d.live) {
		if o != c && o.link == c.link && o.id.Call == c.id.Call {
			d.drop(o)
		}
	}
}

func (d *day) toggleHold(c *connection) {
	switch {
	case c == nil:
	case c.state == pbx.StateHeld:
		c.state = pbx.StateConnected
		d.tell(pbx.EventRetrieved, c, false)
	default:
		c.state = pbx.StateHeld
		d.tell(pbx.EventHeld, c, false)
	}
}

// transfer hands a caller to a colleague, after a consultation or blindly. The
// switch says that it was a transfer, or only whom the colleague has: not so with
// callers whom nobody would know again.
func (d *day) transfer(c *connection, to bridge.Device) {
	if c == nil || c.out || c.stays || to.Link != c.link || to.Extension == string(c.id.Device) || len(c.far.Number) < 5 {
		return
	}
	d.calls++
	key := fmt.Sprint("t", d.calls)
	said := c.far.Withheld || d.rng.IntN(2) == 0
	if d.clean && said && d.rng.IntN(2) == 0 {
		d.blind(c, to, key)
		return
	}
	n := d.add(to, key, pbx.Party{Number: string(c.id.Device)}, pbx.StateConnected, false)
	d.tell(pbx.EventDelivered, n, true)
	d.tell(pbx.EventEstablished, n, false)
	if d.rng.IntN(4) == 0 { // it was only a consultation
		d.drop(n)
		return
	}
	n.far = c.far
	d.join(n, c)
	ev := pbx.Event{Link: n.link, Kind: pbx.EventTransferred, Connection: n.id, Direction: pbx.DirectionInbound, Calling: n.far}
	if said {
		ev.Cause, ev.LastRedirection = pbx.CauseTransfer, pbx.Party{Number: string(c.id.Device)}
	}
	d.notes(n)
	if said && d.rng.IntN(2) == 0 {
		d.dropAs(c, pbx.CauseTransfer)
		d.send(ev)
		return
	}
	d.send(ev)
	d.dropAs(c, map[bool]pbx.Cause{true: pbx.CauseTransfer}[said])
}

// blind hands a caller on to a telephone that rings, under the same key or another.
func (d *day) blind(c *connection, to bridge.Device, key string) {
	if d.rng.IntN(2) == 0 && !slices.ContainsFunc(d.live, func(o *connection) bool {
		return o.id.Call == c.id.Call && string(o.id.Device) == to.Extension
	}) {
		key = string(c.id.Call)
	}
	d.dropAs(c, pbx.CauseTransfer)
	n := d.add(to, key, c.far, pbx.StateAlerting, false)
	d.join(n, c)
	d.notes(n)
	d.send(pbx.Event{
		Link: n.link, Kind: pbx.EventDelivered, Connection: n.id, Direction: pbx.DirectionInbound, Calling: n.far,
		Cause: pbx.CauseTransfer, LastRedirection: pbx.Party{Number: string(c.id.Device)},
	})
}

// join makes a connection a part of the conversation of another.
func (d *day) join(n, c *connection) {
	c.conv.keys[string(n.id.Call)] = true
	n.conv, d.convs[string(n.id.Call)] = c.conv, c.conv
}

// notes that a telephone has the caller.
func (d *day) notes(c *connection) {
	if c.far.Number != "" && d.rang[c.far.Number] != nil {
		d.rang[c.far.Number][bridge.Device{Link: c.link, Extension: string(c.id.Device)}] = true
	}
}

func (d *day) dropAs(c *connection, why pbx.Cause) {
	d.live = slices.DeleteFunc(d.live, func(o *connection) bool { return o == c })
	d.send(pbx.Event{Link: c.link, Kind: pbx.EventConnectionCleared, Connection: c.id, Direction: pbx.DirectionInbound, Cause: why})
}

// snapshot is what a switch knows of a telephone.
func (d *day) snapshot(at bridge.Device) pbx.Event {
	ev := pbx.Event{Link: at.Link, Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: pbx.DeviceID(at.Extension)}}
	for _, c := range d.live {
		if c.link != at.Link || string(c.id.Device) != at.Extension {
			continue
		}
		s := pbx.Connection{ID: c.id, State: c.state, Direction: pbx.DirectionInbound, Calling: c.far}
		if c.out {
			s.Direction, s.Calling, s.Called = pbx.DirectionOutbound, pbx.Party{}, c.far
		}
		if d.rng.IntN(3) == 0 { // Asterisk
			s.Calling, s.Called = pbx.Party{}, pbx.Party{}
		}
		ev.Connections = append(ev.Connections, s)
	}
	return ev
}

// pause is how long nothing happens between two events.
func (d *day) pause() time.Duration { return time.Duration(d.rng.IntN(400)) * time.Millisecond }
