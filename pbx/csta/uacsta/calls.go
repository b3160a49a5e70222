package uacsta

import (
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// maxCalls bounds the calls that are remembered of a telephone.
const maxCalls = 16

// Call is a call of the telephone.
type Call struct {
	// ID is the telephone's connection.
	ID ecma323.ConnectionID
	// State is StateAlerting while the telephone rings.
	State pbx.ConnectionState
	// Far is the far end's number as the telephone writes it, empty where it
	// does not say or must not.
	Far string
}

// apply lets an event change the calls. What the event says of the telephone's
// own connection counts more than what its name implies; events about other
// parties change nothing else.
func apply(calls []Call, e ecma323.CallEvent, self ecma323.DeviceID) []Call {
	id, device := e.Subject()
	own := self.Device()
	if id.CallID == "" {
		return calls
	}
	mine := device.Number() == own || id.DeviceID.Device() == own
	state, known := e.Data().LocalConnectionInfo.State()
	if !known {
		state, known = implied(e)
		known = known && mine
	}
	if _, over := e.(*ecma323.CallClearedEvent); over {
		state, known = pbx.StateNull, true
	}
	if _, gone := e.(*ecma323.ConnectionClearedEvent); gone && mine {
		state, known = pbx.StateNull, true
	}
	if !known {
		return calls
	}
	for i := range calls {
		if calls[i].ID.CallID != id.CallID {
			continue
		}
		if state == pbx.StateNull {
			return append(calls[:i], calls[i+1:]...)
		}
		calls[i].State = state
		if far := farEnd(e.Data(), own); far != "" {
			calls[i].Far = far
		}
		if id.DeviceID.Device() == own {
			calls[i].ID = id
		}
		return calls
	}
	if state == pbx.StateNull {
		return calls
	}
	if len(calls) >= maxCalls {
		calls = append(calls[:0], calls[1:]...)
	}
	if id.DeviceID.Device() != own { // the far end's: ours has the same callID
		id.DeviceID = self
	}
	return append(calls, Call{ID: id, State: state, Far: farEnd(e.Data(), own)})
}

// farEnd is whoever called or was called and is not the telephone.
func farEnd(d *ecma323.EventData, own pbx.DeviceID) string {
	for _, end := range [...]ecma323.ExtendedDeviceID{d.CallingDevice, d.CalledDevice} {
		if number := other(end.Party(), own); number != "" {
			return number
		}
	}
	return ""
}

// other is a party's number, empty if it is the telephone's own or not to be
// shown.
func other(p pbx.Party, own pbx.DeviceID) string {
	if p.Withheld || pbx.DeviceID(p.Number) == own {
		return ""
	}
	return p.Number
}

// implied is the state of the subject's connection after an event (ECMA-269
// §17.2).
func implied(e ecma323.CallEvent) (pbx.ConnectionState, bool) {
	switch e.(type) {
	case *ecma323.ServiceInitiatedEvent:
		return pbx.StateInitiated, true
	case *ecma323.DeliveredEvent:
		return pbx.StateAlerting, true
	case *ecma323.OriginatedEvent, *ecma323.EstablishedEvent, *ecma323.RetrievedEvent:
		return pbx.StateConnected, true
	case *ecma323.HeldEvent:
		return pbx.StateHeld, true
	case *ecma323.DivertedEvent, *ecma323.ConnectionClearedEvent:
		return pbx.StateNull, true
	case *ecma323.FailedEvent:
		return pbx.StateFailed, true
	}
	return pbx.StateNull, false
}
