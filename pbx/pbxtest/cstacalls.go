package pbxtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// cstaCall is a call with its parties.
type cstaCall struct {
	handle CallHandle
	id     string // the callID, which a transfer may change
	ucid   string
	legs   []*cstaLeg
	// calling, called and redirection are what the events say.
	calling, called, redirection ecma323.ExtendedDeviceID
	network                      ecma323.ExtendedDeviceID // who called from outside
	original                     ecma323.ExtendedDeviceID // Avaya: the outside caller behind a consultation
	acd                          bool
	consults                     *cstaLeg      // the held leg that this call is a consultation for
	dialed                       string        // an outside number that does not talk yet
	transferAfter                time.Duration // of a consultation: handed over so long after it was answered
}

// cstaLeg is a party's part in a call; ext is nil for the outside.
type cstaLeg struct {
	call   *cstaCall
	ext    *cstaExtension
	who    ecma323.DeviceID
	number string
	state  ecma323.LocalConnectionInfo
}

func (l *cstaLeg) id() ecma323.ConnectionID {
	return ecma323.ConnectionID{CallID: l.call.id, DeviceID: l.who}
}

func (l *cstaLeg) device() ecma323.ExtendedDeviceID {
	return ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: l.who}
}

func (s *CSTASwitch) number(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%d", prefix, s.serial)
}

func (s *CSTASwitch) newCall() *cstaCall {
	c := &cstaCall{handle: CallHandle(s.number("call-")), id: s.callID()}
	if s.opts.Dialect == CSTAAvaya {
		c.ucid = fmt.Sprintf("00001%010d", s.serial)
	}
	s.calls[c.handle] = c
	return c
}

// callID is a new one, in the form of the dialect.
func (s *CSTASwitch) callID() string {
	s.serial++
	if s.opts.Dialect == CSTARegister {
		return fmt.Sprintf("FF00%028X", s.serial)
	}
	return fmt.Sprint(s.serial)
}

// deviceOf is an extension's identifier as the dialect writes it.
func (s *CSTASwitch) deviceOf(e *cstaExtension) ecma323.DeviceID {
	switch s.opts.Dialect {
	case CSTAAvaya:
		return ecma323.DeviceID{Text: s.avayaID(e.number), TypeOfNumber: "other", MediaClass: "notKnown"}
	case CSTARegister, CSTANone:
		return ecma323.ID("N<" + e.number + ">" + e.name)
	default:
		return ecma323.ID(e.number)
	}
}

func (s *CSTASwitch) avayaID(number string) string {
	return number + ":" + s.opts.SwitchName + ":127.0.0.1:0"
}

// outside is a party beyond the switch. Names travel in the form N<number>name
// in every dialect, so that there are any.
func (s *CSTASwitch) outside(c Caller) (id ecma323.DeviceID, shown ecma323.ExtendedDeviceID) {
	text := c.Number
	if c.Name != "" {
		text = "N<" + c.Number + ">" + strings.ToValidUTF8(c.Name, "\ufffd")
	}
	switch {
	case c.Withheld && s.opts.PrivateNumber:
		private := ecma323.DeviceID{Text: text, PrivateNumber: true, PrivateName: true}
		return private, ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: private}
	case c.Withheld:
		return ecma323.ID("T1"), ecma323.ExtendedDeviceID{Presence: ecma323.Restricted}
	case c.Number == "":
		return ecma323.ID("T1"), ecma323.ExtendedDeviceID{Presence: ecma323.NotKnown}
	}
	return ecma323.ID(text), ecma323.Extended(text)
}

// addLeg brings an extension into a call.
func (s *CSTASwitch) addLeg(c *cstaCall, e *cstaExtension, state ecma323.LocalConnectionInfo) *cstaLeg {
	l := &cstaLeg{call: c, ext: e, who: s.deviceOf(e), number: e.number, state: state}
	c.legs = append(c.legs, l)
	e.legs = append(e.legs, l)
	return l
}

func addOutside(c *cstaCall, who ecma323.DeviceID, number string, state ecma323.LocalConnectionInfo) *cstaLeg {
	l := &cstaLeg{call: c, who: who, number: number, state: state}
	c.legs = append(c.legs, l)
	return l
}

// remove takes a leg out of its call, and the call away with its last leg.
func (s *CSTASwitch) remove(l *cstaLeg) {
	same := func(x *cstaLeg) bool { return x == l }
	l.call.legs = slices.DeleteFunc(l.call.legs, same)
	if l.ext != nil {
		l.ext.legs = slices.DeleteFunc(l.ext.legs, same)
	}
	if len(l.call.legs) == 0 {
		delete(s.calls, l.call.handle)
	}
	s.noteChange()
}

// tell sends an event about a call to the monitors of all its parties. make is
// called for each, with what events have in common filled in.
func (s *CSTASwitch) tell(c *cstaCall, cause ecma323.Cause, make func(d ecma323.EventData) ecma323.CallEvent) {
	s.tellLegs(c, c.legs, cause, make)
}

func (s *CSTASwitch) tellLegs(c *cstaCall, legs []*cstaLeg, cause ecma323.Cause, make func(d ecma323.EventData) ecma323.CallEvent) {
	s.noteChange()
	told := map[*cstaMonitor]bool{} // a group's monitor may see several legs
	for _, l := range legs {
		if l.ext == nil {
			continue
		}
		s.eachMonitor(l.ext, func(conn *cstaConn, m *cstaMonitor) {
			if told[m] {
				return
			}
			told[m] = true
			d := c.data()
			d.MonitorCrossRefID, d.LocalConnectionInfo, d.Cause = m.ref, l.state, cause
			if e := make(d); m.wants == nil || m.wants[e.Name()] {
				conn.event(e)
			}
		})
	}
}

// eachMonitor finds the monitors of an extension or of the group that stands
// for it.
func (s *CSTASwitch) eachMonitor(e *cstaExtension, do func(*cstaConn, *cstaMonitor)) {
	for _, conn := range s.conns {
		if conn.session == nil {
			continue
		}
		for _, m := range conn.session.monitors[e.number] {
			do(conn, m)
		}
		for _, m := range conn.session.monitors[e.monitorBy] {
			do(conn, m)
		}
	}
}

// data is what the call's events have in common.
func (c *cstaCall) data() ecma323.EventData {
	d := ecma323.EventData{
		CallingDevice: c.calling, CalledDevice: c.called, LastRedirectionDevice: c.redirection,
		NetworkCallingDevice: c.network,
		CallCharacteristics:  ecma323.CallCharacteristics{ACDCall: c.acd},
		CallLinkageData:      ecma323.CallLinkageData{GlobalCallLinkageID: c.ucid},
	}
	if d.LastRedirectionDevice.Presence == ecma323.Absent {
		d.LastRedirectionDevice.Presence = ecma323.NotRequired
	}
	if c.original.Presence != ecma323.Absent {
		d.Private = &ecma323.PrivateData{OriginalCallInfo: &ecma323.OriginalCallInfo{Reason: "consultation", NetworkCallingDevice: c.original}}
	}
	return d
}

func (s *CSTASwitch) tellDelivered(l *cstaLeg, cause ecma323.Cause) {
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.DeliveredEvent{EventData: d, Connection: l.id(), AlertingDevice: l.device()}
	})
}

func (s *CSTASwitch) tellEstablished(l *cstaLeg, cause ecma323.Cause) {
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.EstablishedEvent{EventData: d, EstablishedConnection: l.id(), AnsweringDevice: l.device()}
	})
}

// withoutParties leaves out what HeldEvent and its likes do not have.
func withoutParties(d ecma323.EventData) ecma323.EventData {
	return ecma323.EventData{
		MonitorCrossRefID: d.MonitorCrossRefID, LocalConnectionInfo: d.LocalConnectionInfo, Cause: d.Cause,
		CallLinkageData: d.CallLinkageData,
	}
}

// clear takes a leg out and says so.
func (s *CSTASwitch) clear(l *cstaLeg, cause ecma323.Cause) {
	l.state = ecma323.LocalNull
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.ConnectionClearedEvent{EventData: withoutParties(d), DroppedConnection: l.id(), ReleasingDevice: l.device()}
	})
	s.remove(l)
}

// end clears a whole call, beginning with the leg that hung up.
func (s *CSTASwitch) end(c *cstaCall, first *cstaLeg, cause ecma323.Cause) {
	if first != nil {
		s.clear(first, cause)
	}
	for len(c.legs) > 0 {
		s.clear(c.legs[0], cause)
	}
}

// setHold holds or retrieves a call.
func (s *CSTASwitch) setHold(l *cstaLeg, hold bool, cause ecma323.Cause) {
	if hold {
		l.state = ecma323.LocalHold
	} else {
		l.state = ecma323.LocalConnected
	}
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		if hold {
			return &ecma323.HeldEvent{EventData: withoutParties(d), HeldConnection: l.id(), HoldingDevice: l.device()}
		}
		return &ecma323.RetrievedEvent{EventData: withoutParties(d), RetrievedConnection: l.id(), RetrievingDevice: l.device()}
	})
}

// holdOthers puts on hold what the leg's phone talks on.
func (s *CSTASwitch) holdOthers(e *cstaExtension, but *cstaLeg, cause ecma323.Cause) {
	for _, other := range e.legs {
		if other != but && other.state == ecma323.LocalConnected {
			s.setHold(other, true, cause)
		}
	}
}

// leg is the extension's leg in a call, or its oldest in the first of the
// states that any is in.
func (e *cstaExtension) leg(h CallHandle, states ...ecma323.LocalConnectionInfo) *cstaLeg {
	for _, state := range states {
		for _, l := range e.legs {
			if l.state == state && (h == "" || l.call.handle == h) {
				return l
			}
		}
	}
	return nil
}
