package csta

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// stub is a table that knows the simplest of calls.
type stub struct {
	link    string
	watched map[pbx.DeviceID]bool
	calls   map[pbx.ConnectionID]*stubCall
}

type stubCall struct {
	id      ecma323.ConnectionID
	state   pbx.ConnectionState
	dir     pbx.Direction
	remote  pbx.Party
	dialled bool
	up      bool
}

func newStub(c pbx.LinkConfig, _ bool) table {
	return &stub{c.Name, map[pbx.DeviceID]bool{}, map[pbx.ConnectionID]*stubCall{}}
}

func (t *stub) Watch(devices []pbx.DeviceID) {
	t.watched = map[pbx.DeviceID]bool{}
	for _, d := range devices {
		t.watched[d] = true
	}
}

func (t *stub) event(k pbx.EventKind, id pbx.ConnectionID, c *stubCall, now time.Time) pbx.Event {
	e := pbx.Event{Link: t.link, Kind: k, Connection: id, State: c.state, Direction: c.dir, Time: now}
	if c.dir == pbx.DirectionOutbound {
		e.Called = c.remote
	} else {
		e.Calling = c.remote
	}
	return e
}

var states = map[ecma323.LocalConnectionInfo]pbx.ConnectionState{
	ecma323.LocalAlerting: pbx.StateAlerting, ecma323.LocalConnected: pbx.StateConnected, ecma323.LocalHold: pbx.StateHeld,
	ecma323.LocalInitiated: pbx.StateInitiated, ecma323.LocalFail: pbx.StateFailed,
}

func (t *stub) Apply(d pbx.DeviceID, m ecma323.CallEvent, now time.Time) []pbx.Event {
	conn, device := m.Subject()
	data := m.Data()
	id := pbx.ConnectionID{Call: pbx.CallID(conn.CallID), Device: d}
	c := t.calls[id]
	local := states[data.LocalConnectionInfo]
	switch m.(type) {
	case *ecma323.OriginatedEvent:
		if c != nil {
			return nil
		}
		c = &stubCall{conn, pbx.StateInitiated, pbx.DirectionOutbound, data.CalledDevice.Party(), false, false}
		t.calls[id] = c
		return []pbx.Event{t.event(pbx.EventOriginated, id, c, now)}
	case *ecma323.DeliveredEvent:
		if device.Number() != d || c != nil {
			return nil
		}
		c = &stubCall{conn, pbx.StateAlerting, pbx.DirectionInbound, data.CallingDevice.Party(), false, false}
		t.calls[id] = c
		return []pbx.Event{t.event(pbx.EventDelivered, id, c, now)}
	case *ecma323.EstablishedEvent:
		if c == nil || c.up {
			return nil
		}
		c.state, c.up = pbx.StateConnected, true
		return []pbx.Event{t.event(pbx.EventEstablished, id, c, now)}
	case *ecma323.HeldEvent, *ecma323.RetrievedEvent:
		if c == nil || device.Number() != d || c.state == local {
			return nil
		}
		c.state = local
		k := pbx.EventHeld
		if local == pbx.StateConnected {
			k = pbx.EventRetrieved
		}
		return []pbx.Event{t.event(k, id, c, now)}
	case *ecma323.FailedEvent:
		if c == nil {
			return nil
		}
		c.state = pbx.StateFailed
		e := t.event(pbx.EventFailed, id, c, now)
		e.Cause = pbx.CauseBusy
		delete(t.calls, id)
		return []pbx.Event{e}
	case *ecma323.ConnectionClearedEvent:
		if c == nil || device.Number() != d {
			return nil
		}
		k := pbx.EventConnectionCleared
		if c.dialled && !c.up {
			k = pbx.EventFailed
		}
		c.state = pbx.StateNull
		delete(t.calls, id)
		e := t.event(k, id, c, now)
		if data.Cause == "multipleAlerting" {
			e.Cause = pbx.CauseAnsweredElsewhere
		}
		return []pbx.Event{e}
	}
	return nil
}

func (t *stub) ApplyAgent(pbx.DeviceID, ecma323.AgentEvent, time.Time) []pbx.Event { return nil }

func (t *stub) Snapshot(d pbx.DeviceID, s deviceCalls, now time.Time) []pbx.Event {
	old := t.calls
	t.calls = map[pbx.ConnectionID]*stubCall{}
	for id, c := range old {
		if id.Device != d {
			t.calls[id] = c
		}
	}
	e := pbx.Event{Link: t.link, Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: d}, Time: now}
	for _, i := range s.Connections {
		id := pbx.ConnectionID{Call: pbx.CallID(i.ConnectionIdentifier.CallID), Device: d}
		c := old[id]
		if c == nil {
			c = &stubCall{id: i.ConnectionIdentifier, dir: pbx.DirectionInbound}
			if r := s.Calls[i.ConnectionIdentifier.CallID]; r != nil {
				c.remote = r.CallingDevice.Party()
			}
		}
		c.state = states[i.Local()]
		c.up = c.state != pbx.StateAlerting
		t.calls[id] = c
		e.Connections = append(e.Connections, pbx.Connection{ID: id, State: c.state, Direction: c.dir, Calling: c.remote})
	}
	return []pbx.Event{e}
}

func (t *stub) Down(now time.Time) []pbx.Event {
	return []pbx.Event{{Link: t.link, Kind: pbx.EventLinkDown, Time: now}}
}

func (t *stub) Dialled(d pbx.DeviceID, conn ecma323.ConnectionID, called string, now time.Time) (pbx.ConnectionID, []pbx.Event) {
	id := pbx.ConnectionID{Call: pbx.CallID(conn.CallID), Device: d}
	if c := t.calls[id]; c != nil {
		c.dialled = true
		return id, nil
	}
	c := &stubCall{conn, pbx.StateInitiated, pbx.DirectionOutbound, pbx.Party{Number: called}, true, false}
	t.calls[id] = c
	return id, []pbx.Event{t.event(pbx.EventOriginated, id, c, now)}
}

func (t *stub) Connection(id pbx.ConnectionID) (ecma323.ConnectionID, bool) {
	c := t.calls[id]
	if c == nil {
		return ecma323.ConnectionID{}, false
	}
	return c.id, true
}
