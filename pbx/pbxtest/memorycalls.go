package pbxtest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
)

// newConnection registers a call. The caller holds sending.
func (m *Memory) newConnection(d pbx.DeviceID, id pbx.CallID, state pbx.ConnectionState, dir pbx.Direction) *memoryCall {
	if id == "" {
		m.serial++
		id = pbx.CallID(fmt.Sprintf("%s-%d", m.name, m.serial))
	}
	c := &memoryCall{Connection: pbx.Connection{
		ID: pbx.ConnectionID{Call: id, Device: d}, State: state, Direction: dir,
	}}
	m.conns[d] = append(m.conns[d], c)
	return c
}

// tell sends an event about a connection in its present state.
func (m *Memory) tell(c *memoryCall, kind pbx.EventKind, cause pbx.Cause) {
	m.send(pbx.Event{
		Kind: kind, Connection: c.ID, State: c.State, Direction: c.Direction,
		Calling: c.Calling, Called: c.Called, Cause: cause,
	})
}

// clear ends a connection.
func (m *Memory) clear(c *memoryCall, kind pbx.EventKind, cause pbx.Cause) {
	d := c.ID.Device
	m.conns[d] = slices.DeleteFunc(m.conns[d], func(x *memoryCall) bool { return x == c })
	c.State = pbx.StateNull
	m.tell(c, kind, cause)
}

// find returns the device's connection in a call, or its oldest one in the
// first of the states that any is in.
func (m *Memory) find(d pbx.DeviceID, h CallHandle, states ...pbx.ConnectionState) *memoryCall {
	for _, state := range states {
		for _, c := range m.conns[d] {
			if c.State == state && (h == "" || CallHandle(c.ID.Call) == h) {
				return c
			}
		}
	}
	return nil
}

func (m *Memory) with(d pbx.DeviceID, h CallHandle, states []pbx.ConnectionState, do func(*memoryCall)) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	c := m.find(d, h, states...)
	if c == nil {
		return ErrNoSuchCall
	}
	do(c)
	return nil
}

func partyOf(c Caller) pbx.Party {
	if c.Withheld {
		return pbx.Party{Withheld: true}
	}
	return pbx.Party{Number: c.Number, Name: strings.ToValidUTF8(c.Name, "\ufffd")}
}

// Ring calls a device from outside: Delivered.
func (m *Memory) Ring(d pbx.DeviceID, from Caller) CallHandle {
	return m.RingGroup([]pbx.DeviceID{d}, from)
}

// RingGroup calls several devices at once, each with its own connection in the
// same call.
func (m *Memory) RingGroup(devices []pbx.DeviceID, from Caller) CallHandle {
	m.sending.Lock()
	defer m.sending.Unlock()
	var id pbx.CallID
	for _, d := range devices {
		c := m.newConnection(d, id, pbx.StateAlerting, pbx.DirectionInbound)
		id = c.ID.Call
		c.caller, c.Calling, c.Called = from, partyOf(from), pbx.Party{Number: string(d)}
		m.tell(c, pbx.EventDelivered, pbx.CauseNone)
	}
	return CallHandle(id)
}

// Answer picks up: Established, and ConnectionCleared with answered elsewhere
// for the rest of a ring group. Of a call that MakeCall began it is the phone
// that answers; Established comes with FarEndAnswers.
func (m *Memory) Answer(d pbx.DeviceID, h CallHandle) error {
	return m.with(d, h, []pbx.ConnectionState{pbx.StateAlerting, pbx.StateInitiated}, func(c *memoryCall) {
		if c.dialed != "" {
			c.phoneUp = true
			if m.busy[c.dialed] {
				m.clear(c, pbx.EventFailed, pbx.CauseBusy)
			}
			return
		}
		c.State = pbx.StateConnected
		m.tell(c, pbx.EventEstablished, pbx.CauseNone)
		for _, other := range m.others(c) {
			m.clear(other, pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere)
		}
	})
}

func (m *Memory) others(c *memoryCall) (out []*memoryCall) {
	for _, conns := range m.conns {
		for _, x := range conns {
			if x != c && x.ID.Call == c.ID.Call {
				out = append(out, x)
			}
		}
	}
	return out
}

// HangUp puts the phone down, or declines.
func (m *Memory) HangUp(d pbx.DeviceID, h CallHandle) error {
	states := []pbx.ConnectionState{pbx.StateConnected, pbx.StateAlerting, pbx.StateInitiated, pbx.StateHeld}
	return m.with(d, h, states, m.hangUp)
}

func (m *Memory) hangUp(c *memoryCall) {
	if c.State == pbx.StateInitiated && !c.phoneUp {
		m.clear(c, pbx.EventFailed, pbx.CauseRejected)
		return
	}
	m.clear(c, pbx.EventConnectionCleared, pbx.CauseNone)
}

// CallerHangsUp ends every connection of the call.
func (m *Memory) CallerHangsUp(h CallHandle) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	probe := &memoryCall{Connection: pbx.Connection{ID: pbx.ConnectionID{Call: pbx.CallID(h)}}}
	ended := m.others(probe)
	for _, c := range ended {
		cause := pbx.CauseNone
		if c.State == pbx.StateAlerting {
			cause = pbx.CauseCancelled
		}
		m.clear(c, pbx.EventConnectionCleared, cause)
	}
	if len(ended) == 0 {
		return ErrNoSuchCall
	}
	return nil
}

// Hold puts a call on hold.
func (m *Memory) Hold(d pbx.DeviceID, h CallHandle) error {
	return m.with(d, h, []pbx.ConnectionState{pbx.StateConnected}, func(c *memoryCall) {
		c.State = pbx.StateHeld
		m.tell(c, pbx.EventHeld, pbx.CauseNone)
	})
}

// Retrieve takes it back.
func (m *Memory) Retrieve(d pbx.DeviceID, h CallHandle) error {
	return m.with(d, h, []pbx.ConnectionState{pbx.StateHeld}, func(c *memoryCall) {
		c.State = pbx.StateConnected
		m.tell(c, pbx.EventRetrieved, pbx.CauseNone)
	})
}

// Transfer hands a call over blindly: cleared here, delivered there with the
// same caller and the same CallID.
func (m *Memory) Transfer(d pbx.DeviceID, h CallHandle, to pbx.DeviceID) error {
	return m.with(d, h, []pbx.ConnectionState{pbx.StateConnected, pbx.StateHeld}, func(c *memoryCall) {
		m.clear(c, pbx.EventConnectionCleared, pbx.CauseTransfer)
		next := m.newConnection(to, c.ID.Call, pbx.StateAlerting, pbx.DirectionInbound)
		next.caller, next.Calling, next.Called = c.caller, c.Calling, pbx.Party{Number: string(to)}
		m.tell(next, pbx.EventDelivered, pbx.CauseTransfer)
	})
}

// SetCaller changes who is at the other end of a call, as a completed
// consultation does: Transferred.
func (m *Memory) SetCaller(d pbx.DeviceID, h CallHandle, now Caller) error {
	states := []pbx.ConnectionState{pbx.StateConnected, pbx.StateAlerting, pbx.StateHeld}
	return m.with(d, h, states, func(c *memoryCall) {
		c.caller, c.Calling = now, partyOf(now)
		m.tell(c, pbx.EventTransferred, pbx.CauseTransfer)
	})
}

// MakeCall implements pbx.Dialer: Originated follows.
func (m *Memory) MakeCall(_ context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	m.mu.RLock()
	watched, state := m.watched[calling], m.state
	m.mu.RUnlock()
	switch {
	case state != pbx.LinkConnected:
		return pbx.ConnectionID{}, fmt.Errorf("memory switch: call from %s: %w", calling, pbx.ErrLinkDown)
	case !watched:
		return pbx.ConnectionID{}, fmt.Errorf("memory switch: call from %s: %w", calling, pbx.ErrUnknownDevice)
	}
	id := pbx.ConnectionID{Call: pbx.CallID(m.name + "-" + randomHex(6)), Device: calling}
	return id, m.request(func() {
		m.sending.Lock()
		defer m.sending.Unlock()
		c := m.newConnection(calling, id.Call, pbx.StateInitiated, pbx.DirectionOutbound)
		c.dialed, c.Calling, c.Called = called, pbx.Party{Number: string(calling)}, pbx.Party{Number: called}
		m.tell(c, pbx.EventOriginated, pbx.CauseNone)
	})
}

// ClearConnection implements pbx.Clearer.
func (m *Memory) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	return m.request(func() { _ = m.HangUp(id.Device, CallHandle(id.Call)) })
}

// FarEndAnswers answers the oldest call that MakeCall placed to a number.
func (m *Memory) FarEndAnswers(number string) error {
	return m.withDialed(number, pbx.StateInitiated, func(c *memoryCall) {
		c.State = pbx.StateConnected
		m.tell(c, pbx.EventEstablished, pbx.CauseNone)
	})
}

// SetBusy makes a number refuse calls from now on.
func (m *Memory) SetBusy(number string) {
	m.sending.Lock()
	defer m.sending.Unlock()
	m.busy[number] = true
}

// FarEndHangsUp ends it.
func (m *Memory) FarEndHangsUp(number string) error {
	return m.withDialed(number, pbx.StateConnected, func(c *memoryCall) {
		m.clear(c, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

func (m *Memory) withDialed(number string, state pbx.ConnectionState, do func(*memoryCall)) error {
	m.sending.Lock()
	defer m.sending.Unlock()
	for _, conns := range m.conns {
		for _, c := range conns {
			if c.dialed == number && c.State == state {
				do(c)
				return nil
			}
		}
	}
	return ErrNoSuchCall
}

// Restart cuts the line while meanwhile runs: LinkDown, silence, Snapshots.
func (m *Memory) Restart(meanwhile func()) {
	m.sending.Lock()
	m.send(pbx.Event{Kind: pbx.EventLinkDown})
	told := m.told
	m.told = map[pbx.DeviceID]bool{}
	m.sending.Unlock()
	meanwhile()
	m.sending.Lock()
	defer m.sending.Unlock()
	for d := range told {
		m.told[d] = true
		m.send(m.snapshot(d))
	}
}
