package csta

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// liveCalls are the connections of each watched device as told in events: what
// services can do depends on their states.
type liveCalls map[pbx.DeviceID][]liveCall

type liveCall struct {
	call  pbx.CallID
	state pbx.ConnectionState
	heard time.Time
}

// follow takes over what events say.
func (v liveCalls) follow(events []pbx.Event) {
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case pbx.EventSnapshot:
			v.replace(e)
		case pbx.EventLinkDown, pbx.EventAgentLoggedOn, pbx.EventAgentLoggedOff, pbx.EventAgentReady, pbx.EventAgentNotReady:
		default:
			v.set(e.Connection, e.State, e.Time)
		}
	}
}

func (v liveCalls) replace(e *pbx.Event) {
	list := v[e.Connection.Device][:0]
	for i := range e.Connections {
		list = append(list, liveCall{e.Connections[i].ID.Call, e.Connections[i].State, e.Time})
	}
	v.put(e.Connection.Device, list)
}

func (v liveCalls) set(id pbx.ConnectionID, state pbx.ConnectionState, now time.Time) {
	list := v[id.Device]
	i := slices.IndexFunc(list, func(c liveCall) bool { return c.call == id.Call })
	switch {
	case state == pbx.StateNull && i >= 0:
		list = slices.Delete(list, i, i+1)
	case state == pbx.StateNull:
		return
	case i >= 0:
		list[i].state, list[i].heard = state, now
	default:
		list = append(list, liveCall{id.Call, state, now})
	}
	v.put(id.Device, list)
}

func (v liveCalls) put(d pbx.DeviceID, list []liveCall) {
	if len(list) == 0 {
		delete(v, d)
		return
	}
	v[d] = list
}

// keep forgets the devices that are not watched any more.
func (v liveCalls) keep(watched map[pbx.DeviceID]*monitor) {
	for d := range v {
		if watched[d] == nil {
			delete(v, d)
		}
	}
}

// state is how a connection is, StateNull if there is none.
func (v liveCalls) state(id pbx.ConnectionID) pbx.ConnectionState {
	for _, c := range v[id.Device] {
		if c.call == id.Call {
			return c.state
		}
	}
	return pbx.StateNull
}

// has tells whether a device has a connection in that state.
func (v liveCalls) has(d pbx.DeviceID, state pbx.ConnectionState) bool {
	return slices.ContainsFunc(v[d], func(c liveCall) bool { return c.state == state })
}
