package calls

import (
	"slices"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// held: this side holds the call; that the other does is not told.
func (t *Table) held(v *view, m *ecma323.HeldEvent) {
	c := t.goesOn(v.dev, m.HeldConnection.CallID)
	if c == nil || c.failed || c.state == pbx.StateHeld ||
		!v.about(is(ecma323.LocalHold, ecma323.LocalHold), m.HoldingDevice, m.HeldConnection) {
		return
	}
	t.answeredBefore(c)
	c.state = pbx.StateHeld
	t.tell(c, pbx.EventHeld, pbx.CauseNone)
}

// retrieved: this side took the call back.
func (t *Table) retrieved(v *view, m *ecma323.RetrievedEvent) {
	c := t.goesOn(v.dev, m.RetrievedConnection.CallID)
	if c == nil || c.failed || c.state != pbx.StateHeld ||
		!v.about(is(ecma323.LocalConnected, ecma323.LocalConnected), m.RetrievingDevice, m.RetrievedConnection) {
		return
	}
	c.state = pbx.StateConnected
	t.tell(c, pbx.EventRetrieved, pbx.CauseNone)
}

// answeredBefore tells an answer that was not told.
func (t *Table) answeredBefore(c *connection) {
	if c.answered {
		return
	}
	c.answered, c.state = true, pbx.StateConnected
	t.tell(c, pbx.EventEstablished, pbx.CauseNone)
}

// diverted: a call that rang or waited here went elsewhere.
func (t *Table) diverted(v *view, m *ecma323.DivertedEvent) {
	c := t.goesOn(v.dev, m.Connection.CallID)
	if m.Connection.CallID == "" {
		c = v.dev.only(pbx.StateAlerting)
	}
	if c == nil || c.direction == pbx.DirectionOutbound || c.answered {
		return
	}
	if !v.is(m.DivertingDevice.Number()) && !v.about(is(ecma323.LocalNull, ecma323.LocalNull), m.DivertingDevice, m.Connection) {
		return
	}
	why := m.Cause.PBX()
	switch {
	case why == pbx.CausePickup, why == pbx.CauseAnsweredElsewhere, c.state == pbx.StateAlerting && t.answeredAt(c, m.NewDestination.Number()):
		t.end(c, pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere)
		return
	case why == pbx.CauseNone:
		why = pbx.CauseRedirected
	}
	t.end(c, pbx.EventDiverted, why)
}

// only is the device's one connection in a state, nil if there are several.
func (d *device) only(s pbx.ConnectionState) (found *connection) {
	for _, c := range d.conns {
		if c.state != s {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// answeredAt tells whether the call was answered at a device, at any other if
// that is empty.
func (t *Table) answeredAt(c *connection, at pbx.DeviceID) bool {
	for _, o := range c.call.conns {
		if o != c && o.answered && o.direction == pbx.DirectionInbound && (at == "" || o.key.Device == at) {
			return true
		}
	}
	return false
}

// failed: the number cannot be had, or the device cannot take the call.
func (t *Table) failed(v *view, m *ecma323.FailedEvent) {
	c := t.goesOn(v.dev, m.FailedConnection.CallID)
	if c == nil || c.failed {
		return
	}
	here := v.is(m.FailingDevice.Number()) || v.local == ecma323.LocalFail || v.local == ecma323.LocalNull
	waits := c.direction == pbx.DirectionOutbound && !c.answered
	switch {
	case !here && !waits:
		return // another party of a conversation that goes on
	case c.answered:
		t.end(c, pbx.EventConnectionCleared, pbx.CauseNone)
		return
	}
	t.learn(v, c, m.Data())
	t.fail(c, m.Cause.PBX(), words(m.Cause))
	if v.local == ecma323.LocalNull {
		t.drop(c)
	}
}

// fail tells that a call did not come about. The telephone may still give a tone
// until it is put down, so the connection stays, but nothing more is told.
func (t *Table) fail(c *connection, why pbx.Cause, detail string) {
	c.state = pbx.StateFailed
	t.tell(c, pbx.EventFailed, why).Detail = detail
	c.failed = true
}

// cleared: somebody left a call. Only if it was this device has its connection
// ended.
func (t *Table) cleared(v *view, m *ecma323.ConnectionClearedEvent) {
	c := t.goesOn(v.dev, m.DroppedConnection.CallID)
	if c == nil {
		return
	}
	gone := m.DroppedConnection.DeviceID.Device()
	if t.left(v, c, m) {
		t.clear(c, t.whoCleared(v, c, m))
		return
	}
	if c.state == pbx.StateAlerting && c.isFar(gone, m.ReleasingDevice.Number()) {
		c.callerLeft, t.tellsCaller = true, true
	}
	if c.conference && gone != "" && c.far.Number == string(gone) && c.call.outside.Known() {
		t.handOver(c, c.call.outside, gone, "") // the colleague left the two alone
	}
}

// left tells whether the device itself left the call. Avaya sends the event for a
// call that is put on hold as well, with another releasing device.
func (t *Table) left(v *view, c *connection, m *ecma323.ConnectionClearedEvent) bool {
	dropped, releasing := m.DroppedConnection.DeviceID.Device(), m.ReleasingDevice.Number()
	switch {
	case v.local == ecma323.LocalHold:
		return false
	case t.o.Avaya && c.answered && releasing != "":
		return v.is(releasing)
	case v.local == ecma323.LocalNull:
		return true
	case dropped != "":
		return v.is(dropped)
	}
	return v.local == "" && (releasing == "" || v.is(releasing))
}

// whoCleared is the cause of an end, also where the switch says none of a call that
// rang: ECMA-269 §17.2.4 tells of each device that leaves, in order. The caller who
// gives up leaves before the telephone that rang, or is named as the one releasing
// it. Where a switch is known to tell that, a telephone that leaves first by itself
// was declined; where it is not, nobody can say.
func (t *Table) whoCleared(v *view, c *connection, m *ecma323.ConnectionClearedEvent) pbx.Cause {
	why, releasing := m.Cause.PBX(), m.ReleasingDevice.Number()
	switch {
	case why != pbx.CauseNone || c.state != pbx.StateAlerting || c.direction != pbx.DirectionInbound:
		return why
	case c.callerLeft, c.isFar(releasing):
		return pbx.CauseCancelled
	case t.tellsCaller && c.far.Number != "" && v.is(releasing):
		return pbx.CauseRejected
	}
	return pbx.CauseNone
}

// isFar tells whether one of the devices is the far end.
func (c *connection) isFar(devices ...pbx.DeviceID) bool {
	return c.far.Number != "" && slices.Contains(devices, pbx.DeviceID(c.far.Number))
}

// clear ends a connection for a cause.
func (t *Table) clear(c *connection, why pbx.Cause) {
	switch {
	case c.failed || !c.told:
		t.drop(c)
	case c.dialled && !c.dialing:
		if why == pbx.CauseNone {
			why = pbx.CauseRejected
		}
		t.fail(c, why, "the telephone did not take the call")
		t.drop(c)
	case c.state == pbx.StateAlerting && (why == pbx.CausePickup || t.answeredAt(c, "")):
		t.end(c, pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere)
	default:
		t.end(c, pbx.EventConnectionCleared, why)
	}
}

// words say why a call failed, with the switch's own word where it has one.
func words(c ecma323.Cause) string {
	switch c.PBX() {
	case pbx.CauseBusy:
		return "the number is busy (" + string(c) + ")"
	case pbx.CauseNoAnswer:
		return "nobody answers (" + string(c) + ")"
	case pbx.CauseRejected:
		return "the call was declined (" + string(c) + ")"
	case pbx.CauseNotAllowed:
		return "the PBX does not allow this call (" + string(c) + ")"
	case pbx.CauseUnallocatedNumber:
		return "there is no such number (" + string(c) + ")"
	case pbx.CauseUnreachable:
		return "the number cannot be reached (" + string(c) + ")"
	default:
	}
	if c == "" {
		return "the call failed, and the PBX does not say why"
	}
	return "the call failed (" + string(c) + ")"
}
