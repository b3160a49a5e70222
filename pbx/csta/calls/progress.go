package calls

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// arrives makes the connection of an incoming call.
func (t *Table) arrives(v *view, id ecma323.ConnectionID, d *ecma323.EventData, state pbx.ConnectionState) *connection {
	if id.CallID == "" {
		return nil
	}
	own, _ := t.named(v, d)
	x := t.fresh(id.CallID, own, pbx.Party{Number: string(d.CallingDevice.Number())})
	far, via := t.caller(v, d, x)
	c := t.add(v, id, pbx.DirectionInbound, state, x)
	if c == nil {
		return nil
	}
	c.far, c.called = kept(far), kept(t.dialledNumber(d))
	c.redirection = kept(t.party(&d.LastRedirectionDevice))
	if !c.redirection.Known() {
		c.redirection = kept(via)
	}
	c.group = pbx.DeviceID(strings.Clone(string(t.groupOf(v, d, x))))
	c.answered = state == pbx.StateConnected || state == pbx.StateHeld
	if x.group == "" {
		x.group = c.group
	}
	t.linkage(x, d)
	t.note(x, far)
	return c
}

// departs makes the connection of an outgoing call.
func (t *Table) departs(v *view, id ecma323.ConnectionID, d *ecma323.EventData, far pbx.Party) *connection {
	if id.CallID == "" {
		return nil
	}
	x := t.fresh(id.CallID, far, pbx.Party{})
	c := t.add(v, id, pbx.DirectionOutbound, pbx.StateInitiated, x)
	if c == nil {
		return nil
	}
	c.far = kept(far)
	t.linkage(x, d)
	t.note(x, far)
	return c
}

// initiated: the telephone was taken off hook, or is asked to be. What is dialled
// is not known yet, so nothing is told.
func (t *Table) initiated(v *view, m *ecma323.ServiceInitiatedEvent) {
	if m.InitiatedConnection.CallID == "" || t.find(v.dev, m.InitiatedConnection.CallID) != nil {
		return
	}
	if c := t.awaited(v.dev, m.InitiatedConnection); c != nil {
		return
	}
	if v.about(is(ecma323.LocalInitiated, ecma323.LocalConnected), m.InitiatingDevice, m.InitiatedConnection) {
		t.departs(v, m.InitiatedConnection, m.Data(), pbx.Party{})
	}
}

// is makes a test for any of the states.
func is(a, b ecma323.LocalConnectionInfo) func(ecma323.LocalConnectionInfo) bool {
	return func(l ecma323.LocalConnectionInfo) bool { return l == a || l == b }
}

// originated: a number was dialled.
func (t *Table) originated(v *view, m *ecma323.OriginatedEvent) {
	if m.OriginatedConnection.CallID == "" || v.local == "" && !v.is(m.CallingDevice.Number()) && !v.is(m.OriginatedConnection.DeviceID.Device()) {
		return
	}
	t.outgoing(v, m.OriginatedConnection, m.Data(), t.party(&m.CalledDevice))
}

// reached: the call left the switch, which may be the last that it says.
func (t *Table) reached(v *view, m *ecma323.NetworkReachedEvent) {
	if c := t.find(v.dev, m.OutboundConnection.CallID); c != nil && c.direction == pbx.DirectionOutbound {
		t.outgoing(v, m.OutboundConnection, m.Data(), t.party(&m.CalledDevice))
	}
}

// outgoing is progress of a call that the device placed.
func (t *Table) outgoing(v *view, id ecma323.ConnectionID, d *ecma323.EventData, far pbx.Party) {
	c := t.find(v.dev, id.CallID)
	if c == nil {
		c = t.awaited(v.dev, id)
	}
	if c == nil {
		if c = t.departs(v, id, d, far); c == nil {
			return
		}
	}
	if c.direction != pbx.DirectionOutbound || c.failed {
		return
	}
	c.dialing = true
	first, _ := t.learn(v, c, d)
	if !c.told || first && !c.answered {
		t.tell(c, pbx.EventOriginated, pbx.CauseNone)
	}
}

// delivered: it rings, here or at the far end of a call from here.
func (t *Table) delivered(v *view, m *ecma323.DeliveredEvent) {
	c := t.find(v.dev, m.Connection.CallID)
	calling := v.is(m.CallingDevice.Number())
	if c != nil && !calling && t.rings(v, m) && t.reused(v, c, m) {
		c = nil
	}
	switch {
	case c != nil && c.direction == pbx.DirectionOutbound && v.is(m.AlertingDevice.Number()):
		// The telephone rings so that its user may dial.
	case c != nil && c.direction == pbx.DirectionOutbound:
		t.outgoing(v, m.Connection, m.Data(), t.party(&m.CalledDevice))
	case c != nil:
		t.update(v, c, m.Data())
	case t.rings(v, m) && !calling:
		if c = t.arrives(v, m.Connection, m.Data(), pbx.StateAlerting); c != nil {
			t.tell(c, pbx.EventDelivered, pbx.CauseNone)
		}
	case t.rings(v, m):
		if t.awaited(v.dev, m.Connection) == nil {
			t.departs(v, m.Connection, m.Data(), t.party(&m.CalledDevice))
		}
	case calling, v.local == ecma323.LocalConnected, v.local == ecma323.LocalHold:
		far := t.party(&m.CalledDevice)
		if !far.Known() {
			far = t.party(&m.AlertingDevice)
		}
		t.outgoing(v, m.Connection, m.Data(), far)
	}
}

// reused tells whether the callID of a call that has another one now, after a
// transfer, names a new call. The old call loses it then.
func (t *Table) reused(v *view, c *connection, m *ecma323.DeliveredEvent) bool {
	if c.id.CallID == m.Connection.CallID || m.Connection.CallID == "" {
		return false
	}
	far, _ := t.named(v, m.Data())
	if !far.Known() || same(far, c.far) || far.Number == string(c.handedBy) {
		return false
	}
	t.unname(c.call, m.Connection.CallID)
	return true
}

// rings tells whether it is the device itself that rings.
func (t *Table) rings(v *view, m *ecma323.DeliveredEvent) bool {
	return v.is(m.AlertingDevice.Number()) ||
		v.about(is(ecma323.LocalAlerting, ecma323.LocalAlerting), m.AlertingDevice, m.Connection)
}

// established: somebody answered, here or at the far end.
func (t *Table) established(v *view, m *ecma323.EstablishedEvent) {
	c := t.find(v.dev, m.EstablishedConnection.CallID)
	if c == nil && v.dev.only(pbx.StateAlerting) != nil && v.dev.only(pbx.StateAlerting).adrift {
		c = t.goesOn(v.dev, m.EstablishedConnection.CallID)
	}
	answering := m.AnsweringDevice.Number()
	outbound := v.is(m.CallingDevice.Number())
	if c != nil {
		outbound = c.direction == pbx.DirectionOutbound
	}
	switch {
	case outbound && v.is(answering): // took the line in order to dial
		return
	case v.local == "" && answering != "" && !v.is(answering) && !outbound:
		return // another device of the group
	case !outbound && !v.about(is(ecma323.LocalConnected, ecma323.LocalHold), m.AnsweringDevice, m.EstablishedConnection):
		return
	case outbound && v.local != "" && v.local != ecma323.LocalConnected && v.local != ecma323.LocalHold:
		return
	}
	if c == nil {
		if c = t.joins(v, m, outbound); c == nil {
			return
		}
	}
	if c.failed {
		return
	}
	if c.answered {
		t.update(v, c, m.Data())
		return
	}
	c.dialing = true
	_, moved := t.learn(v, c, m.Data())
	why := pbx.CauseNone
	if m.Cause == ecma323.CauseCallPickup {
		why = pbx.CausePickup
	}
	c.answered, c.state = true, pbx.StateConnected
	t.tell(c, pbx.EventEstablished, why)
	if moved {
		t.tell(c, pbx.EventTransferred, pbx.CauseTransfer)
	}
}

// joins makes the connection of a call that is answered and was not announced:
// picked up, or placed before it was monitored.
func (t *Table) joins(v *view, m *ecma323.EstablishedEvent, outbound bool) *connection {
	answering := t.party(&m.AnsweringDevice)
	if !outbound && answering.Number != "" && !v.is(pbx.DeviceID(answering.Number)) && t.outside(answering) {
		outbound = true
	}
	if !outbound {
		c := t.arrives(v, m.EstablishedConnection, m.Data(), pbx.StateAlerting)
		return c
	}
	far := t.party(&m.CalledDevice)
	if !far.Known() {
		far = answering
	}
	if c := t.awaited(v.dev, m.EstablishedConnection); c != nil {
		return c
	}
	return t.departs(v, m.EstablishedConnection, m.Data(), far)
}

// queued: the call waits in a queue, of which only the queue itself is told.
func (t *Table) queued(v *view, m *ecma323.QueuedEvent) {
	queue := m.Queue.Number()
	if !v.is(queue) && v.local != ecma323.LocalQueued {
		return
	}
	c := t.find(v.dev, m.QueuedConnection.CallID)
	if c == nil {
		if c = t.arrives(v, m.QueuedConnection, m.Data(), pbx.StateQueued); c == nil {
			return
		}
		c.told = false
	}
	if c.told && c.state == pbx.StateQueued {
		return
	}
	if queue == "" {
		queue = v.dev.id
	}
	c.state, c.group = pbx.StateQueued, pbx.DeviceID(strings.Clone(string(queue)))
	c.call.group = c.group
	t.tell(c, pbx.EventQueued, pbx.CauseNone)
}
