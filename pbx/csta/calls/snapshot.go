package calls

import (
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Snapshot is what the switch says of a device: its connections by
// SnapshotDevice, and who is in them by SnapshotCall, as far as that was asked.
type Snapshot struct {
	Unknown     bool // the switch did not answer: what is known stays
	Connections []ecma323.SnapshotDeviceInfo
	Calls       map[string]*ecma323.SnapshotCallResponse // by callID
}

// Snapshot takes all live connections of what a monitor watches. It returns one
// EventSnapshot for each device, and after it what changed at calls that were
// known: these keep their key, and what is missing has ended, unless the switch
// did not say. The result is
// valid until the next call.
func (t *Table) Snapshot(device pbx.DeviceID, s Snapshot, now time.Time) []pbx.Event {
	t.begin(now)
	if members, ok := t.groups[device]; ok {
		for _, id := range members {
			if d := t.devices[id]; d != nil {
				t.snapshot(&view{dev: d, group: device}, &s)
			}
		}
	} else if d := t.devices[device]; d != nil {
		t.snapshot(&view{dev: d}, &s)
	}
	return t.out
}

func (t *Table) snapshot(v *view, s *Snapshot) {
	at := len(t.out)
	t.out = append(t.out, pbx.Event{
		Link: t.o.Link, Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: v.dev.id}, Time: t.now,
	})
	alive := make(map[*connection]bool, len(s.Connections))
	for i := range s.Connections {
		info := &s.Connections[i]
		if c := t.lives(v, info, s.Calls[info.ConnectionIdentifier.CallID]); c != nil {
			alive[c] = true
		}
	}
	for _, c := range append([]*connection(nil), v.dev.conns...) {
		c.heard = t.now
		if !alive[c] && !c.nameless && !s.Unknown {
			t.drop(c)
		}
	}
	list := make([]pbx.Connection, 0, len(v.dev.conns))
	for _, c := range v.dev.conns {
		if !c.told || c.failed {
			continue
		}
		calling, called := c.parties()
		list = append(list, pbx.Connection{ID: c.key, State: c.state, Direction: c.direction, Calling: calling, Called: called})
	}
	t.out[at].Connections = list
}

// lives is the connection that an entry speaks of, made if it is not known. What
// is new at one that is known is told.
func (t *Table) lives(v *view, info *ecma323.SnapshotDeviceInfo, more *ecma323.SnapshotCallResponse) *connection {
	id := info.ConnectionIdentifier
	state, ok := info.Local().State()
	if id.CallID == "" || ok && state == pbx.StateNull {
		return nil
	}
	d := ecma323.EventData{CallLinkageData: info.CallLinkageData}
	if more != nil {
		d.CallingDevice, d.CalledDevice, d.AssociatedCallingDevice = more.CallingDevice, more.CalledDevice, more.AssociatedCallingDevice
		d.CorrelatorData = more.CorrelatorData
		if d.CallLinkageData.GlobalCallLinkageID == "" {
			d.CallLinkageData = more.CallLinkageData
		}
	}
	c := t.find(v.dev, id.CallID)
	if c == nil {
		c = t.byLinkage(v.dev, &d)
	}
	if c != nil {
		t.rename(c, id.CallID)
		t.name(c.call, id.CallID)
		t.catchUp(v, c, &d, state, ok)
		return c
	}
	if v.group != "" && id.DeviceID.Device() != v.dev.id {
		return nil // another member's
	}
	return t.resumes(v, info, &d, state)
}

// byLinkage is the device's connection of a call that got another callID while
// the link was down.
func (t *Table) byLinkage(dev *device, d *ecma323.EventData) *connection {
	if d.CallLinkageData.GlobalCallLinkageID == "" {
		return nil
	}
	x := t.links[link{linkGlobal, d.CallLinkageData.GlobalCallLinkageID}]
	if x == nil {
		return nil
	}
	return x.of(dev.id)
}

// catchUp brings a known connection to the state that the switch says.
func (t *Table) catchUp(v *view, c *connection, d *ecma323.EventData, state pbx.ConnectionState, ok bool) {
	t.update(v, c, d)
	if !ok {
		return
	}
	switch kind := c.missed(state); kind {
	case pbx.EventEstablished:
		t.answeredBefore(c)
	case pbx.EventHeld, pbx.EventRetrieved:
		t.answeredBefore(c)
		c.state = state
		t.tell(c, kind, pbx.CauseNone)
	default:
	}
}

// resumes makes a connection of a call that began while nobody listened. The
// Snapshot alone tells of it.
func (t *Table) resumes(v *view, info *ecma323.SnapshotDeviceInfo, d *ecma323.EventData, state pbx.ConnectionState) *connection {
	direction := pbx.DirectionUnknown
	switch {
	case v.is(d.CallingDevice.Number()), state == pbx.StateInitiated, state == pbx.StateFailed:
		direction = pbx.DirectionOutbound
	case state == pbx.StateAlerting, state == pbx.StateQueued, d.CallingDevice.Presence != ecma323.Absent:
		direction = pbx.DirectionInbound
	}
	far := t.party(&info.EndpointDevice)
	x := t.callOf(info.ConnectionIdentifier.CallID)
	switch direction {
	case pbx.DirectionOutbound:
		if p := t.party(&d.CalledDevice); p.Known() {
			far = p
		}
	default:
		if p, _ := t.caller(v, d, x); p.Known() && !far.Withheld && (!far.Known() || t.outside(p)) {
			far = p
		}
	}
	c := t.add(v, info.ConnectionIdentifier, direction, state, x)
	if c == nil {
		return nil
	}
	c.far, c.told = kept(far), state != pbx.StateInitiated
	c.answered = state == pbx.StateConnected || state == pbx.StateHeld
	c.failed, c.dialing = state == pbx.StateFailed, state != pbx.StateInitiated
	if direction != pbx.DirectionOutbound {
		c.called = kept(t.dialledNumber(d))
		c.group = pbx.DeviceID(strings.Clone(string(t.groupOf(v, d, x))))
	}
	t.linkage(x, d)
	t.note(x, far)
	return c
}
