package calls

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// view is an event as one device sees it.
type view struct {
	dev *device
	// group is the number that is monitored in the device's place. What such a
	// monitor says of the local connection may be another member's.
	group pbx.DeviceID
	local ecma323.LocalConnectionInfo
}

// is tells whether an id is the device's.
func (v *view) is(id pbx.DeviceID) bool {
	return id != "" && (id == v.dev.id || id == v.group)
}

// about tells whether an event is about the device itself: by what its
// connection is afterwards, if the switch says so, else by whom it names.
func (v *view) about(states func(ecma323.LocalConnectionInfo) bool, who ecma323.ExtendedDeviceID, id ecma323.ConnectionID) bool {
	switch {
	case v.local != "":
		return states(v.local)
	case who.Presence == ecma323.Identified:
		return v.is(who.Number())
	}
	return id.DeviceID.Text == "" || v.is(id.DeviceID.Device())
}

// Apply takes the next event of a monitor: device is what that monitors, an
// extension or a group. The result is valid until the next call; it is empty
// where the event says nothing new. Events of other devices may be among it: one
// end of a transfer tells about the other.
func (t *Table) Apply(device pbx.DeviceID, m ecma323.CallEvent, now time.Time) []pbx.Event {
	t.begin(now)
	if members, ok := t.groups[device]; ok {
		t.applyGroup(device, members, m)
	} else if d := t.devices[device]; d != nil {
		t.apply(&view{dev: d, local: m.Data().LocalConnectionInfo}, m)
	}
	return t.out
}

func (t *Table) apply(v *view, m ecma323.CallEvent) {
	switch m := m.(type) {
	case *ecma323.ServiceInitiatedEvent:
		t.initiated(v, m)
	case *ecma323.OriginatedEvent:
		t.originated(v, m)
	case *ecma323.NetworkReachedEvent:
		t.reached(v, m)
	case *ecma323.DeliveredEvent:
		t.delivered(v, m)
	case *ecma323.EstablishedEvent:
		t.established(v, m)
	case *ecma323.QueuedEvent:
		t.queued(v, m)
	case *ecma323.DivertedEvent:
		t.diverted(v, m)
	case *ecma323.FailedEvent:
		t.failed(v, m)
	case *ecma323.HeldEvent:
		t.held(v, m)
	case *ecma323.RetrievedEvent:
		t.retrieved(v, m)
	case *ecma323.ConnectionClearedEvent:
		t.cleared(v, m)
	case *ecma323.CallClearedEvent:
		if c := t.find(v.dev, m.ClearedCall.CallID); c != nil {
			t.clear(c, m.Cause.PBX())
		}
	case *ecma323.TransferedEvent:
		t.transferred(v, m)
	case *ecma323.ConferencedEvent:
		t.conferenced(v, m)
	case *ecma323.OfferedEvent, *ecma323.CallInformationEvent:
		id, _ := m.Subject()
		if c := t.find(v.dev, id.CallID); c != nil && id.CallID != "" {
			t.update(v, c, m.Data())
		}
	}
}

// applyGroup takes an event of a group's monitor to the members it concerns.
func (t *Table) applyGroup(group pbx.DeviceID, members []pbx.DeviceID, m ecma323.CallEvent) {
	if e, ok := m.(*ecma323.EstablishedEvent); ok && e.AnsweringDevice.Number() == group && t.ringing(members, e.EstablishedConnection.CallID) > 1 {
		return // one of them answered, and the switch does not say who
	}
	loggedOn := false
	for _, id := range members {
		d := t.devices[id]
		loggedOn = loggedOn || d != nil && d.agent.on
	}
	for _, id := range members {
		if d := t.devices[id]; d != nil && t.concerns(d, group, m, loggedOn) {
			t.apply(&view{dev: d, group: group}, m)
		}
	}
}

// ringing counts the members at which a call rings.
func (t *Table) ringing(members []pbx.DeviceID, callID string) (n int) {
	for _, id := range members {
		if d := t.devices[id]; d != nil {
			if c := t.find(d, callID); c != nil && c.state == pbx.StateAlerting {
				n++
			}
		}
	}
	return n
}

// concerns tells whether an event of the group's monitor is about a member: it
// is named, it has a part in the call, or it is logged on while the switch names
// only the group. Where nobody is known to be logged on, all are.
func (t *Table) concerns(d *device, group pbx.DeviceID, m ecma323.CallEvent, loggedOn bool) bool {
	id, who := m.Subject()
	at := id.DeviceID.Device()
	if who.Number() == d.id || at == d.id || m.Data().CallingDevice.Number() == d.id {
		return true
	}
	if id.CallID != "" && t.find(d, id.CallID) != nil {
		return true
	}
	if e, ok := m.(*ecma323.TransferedEvent); ok && e.SecondaryOldCall.CallID != "" && t.find(d, e.SecondaryOldCall.CallID) != nil {
		return true
	}
	return (who.Number() == group || who.Number() == "" && at == group) && (d.agent.on || !loggedOn)
}
