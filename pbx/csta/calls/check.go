package calls

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// A switch may lose the end of a call and not know it. What it says when it is
// asked is compared here with what is known.

// Quiet lists the devices that have a connection of which nothing was heard
// since then.
func (t *Table) Quiet(since time.Time) (devices []pbx.DeviceID) {
	for id, d := range t.devices {
		for _, c := range d.conns {
			if c.heard.Before(since) {
				devices = append(devices, id)
				break
			}
		}
	}
	return devices
}

// QuietAt lists those connections of a device.
func (t *Table) QuietAt(device pbx.DeviceID, since time.Time) (ids []pbx.ConnectionID) {
	if d := t.devices[device]; d != nil {
		for _, c := range d.conns {
			if c.heard.Before(since) {
				ids = append(ids, c.key)
			}
		}
	}
	return ids
}

// Known lists the connections of what a monitor watches as a Snapshot would, less
// those that have these callIDs: a switch that does not list them is asked about
// each.
func (t *Table) Known(monitored pbx.DeviceID, but []ecma323.SnapshotDeviceInfo) (list []ecma323.SnapshotDeviceInfo) {
	devices := t.groups[monitored]
	if devices == nil {
		devices = []pbx.DeviceID{monitored}
	}
	has := func(list []ecma323.SnapshotDeviceInfo, callID string) bool {
		return slices.ContainsFunc(list, func(i ecma323.SnapshotDeviceInfo) bool { return i.ConnectionIdentifier.CallID == callID })
	}
	for _, id := range devices {
		d := t.devices[id]
		if d == nil {
			continue
		}
		for _, c := range d.conns {
			if !has(but, c.id.CallID) && !has(list, c.id.CallID) {
				list = append(list, ecma323.SnapshotDeviceInfo{ConnectionIdentifier: c.id})
			}
		}
	}
	return list
}

// Asked notes that the switch was asked about those connections of a device.
func (t *Table) Asked(device pbx.DeviceID, since, now time.Time) {
	if d := t.devices[device]; d != nil {
		for _, c := range d.conns {
			if c.heard.Before(since) {
				c.heard = now
			}
		}
	}
}

// Compare holds the connections that the switch lists of a device, asked at that
// time, against those that are known. missing are known and not listed, unless
// something was heard of them since; news: the list tells more than is known, and
// Snapshot would say what.
func (t *Table) Compare(device pbx.DeviceID, list []ecma323.SnapshotDeviceInfo, asked time.Time) (missing []pbx.ConnectionID, news bool) {
	d := t.devices[device]
	if d == nil {
		return nil, false
	}
	listed := make(map[*connection]bool, len(list))
	for i := range list {
		id := list[i].ConnectionIdentifier.CallID
		state, ok := list[i].Local().State()
		if id == "" || ok && state == pbx.StateNull {
			continue
		}
		c := t.find(d, id)
		news = news || c == nil || ok && c.missed(state) != 0
		listed[c] = true
	}
	for _, c := range d.conns {
		if !listed[c] && c.heard.Before(asked) {
			missing = append(missing, c.key)
		}
	}
	return missing, news
}

// missed is what was not told of a connection that the switch says to be in a
// state; 0: nothing. Of an outgoing one "connected" may be the agent's own line.
func (c *connection) missed(state pbx.ConnectionState) pbx.EventKind {
	switch {
	case c.failed || c.state == state:
	case state == pbx.StateHeld:
		return pbx.EventHeld
	case state == pbx.StateConnected && c.state == pbx.StateHeld:
		return pbx.EventRetrieved
	case state == pbx.StateConnected && c.direction != pbx.DirectionOutbound && !c.answered:
		return pbx.EventEstablished
	}
	return 0
}

// Holds tells whether an answer to SnapshotCall has the connection's device among
// those in the call.
func Holds(r *ecma323.SnapshotCallResponse, id pbx.ConnectionID) bool {
	for i := range r.SnapshotData {
		p := &r.SnapshotData[i]
		if p.LocalConnectionState != ecma323.LocalNull && (p.DeviceOnCall.Number() == id.Device || p.CallIdentifier.DeviceID.Device() == id.Device) {
			return true
		}
	}
	return false
}

// Gone ends a connection of which the switch knows nothing any more. The result
// is valid until the next call.
func (t *Table) Gone(id pbx.ConnectionID, now time.Time) []pbx.Event {
	t.begin(now)
	if c := t.byKey(id); c != nil {
		t.end(c, pbx.EventConnectionCleared, pbx.CauseNone)
	}
	return t.out
}

// Open tells whether a transfer left a connection's far end unknown.
func (t *Table) Open(id pbx.ConnectionID) bool {
	c := t.byKey(id)
	return c != nil && c.open
}

// Parties takes the answer to SnapshotCall for a connection that is open. The
// result is valid until the next call.
func (t *Table) Parties(id pbx.ConnectionID, r *ecma323.SnapshotCallResponse, now time.Time) []pbx.Event {
	t.begin(now)
	c := t.byKey(id)
	if c == nil || !c.open {
		return nil
	}
	far := t.farIn(r, id.Device, c.handedBy)
	t.note(c.call, far) // tells all that wait for an outside party
	if c.open && far.Known() {
		t.handOver(c, far, c.handedBy, "")
	}
	return t.out
}

// farIn is whom a device talks to by an answer to SnapshotCall: an outside party
// first, and never the colleague who has left.
func (t *Table) farIn(r *ecma323.SnapshotCallResponse, me, left pbx.DeviceID) (far pbx.Party) {
	parties := []*ecma323.ExtendedDeviceID{&r.CallingDevice, &r.CalledDevice}
	for i := range r.SnapshotData {
		parties = append(parties, &r.SnapshotData[i].DeviceOnCall)
	}
	for _, e := range parties {
		p := t.party(e)
		n := pbx.DeviceID(p.Number)
		switch {
		case n != "" && (n == me || n == left || n == r.AssociatedCallingDevice.Number()):
		case t.outside(p):
			return p
		case !far.Known():
			far = p
		}
	}
	return far
}
