package pbxtest

import "github.com/ctibridge/ctibridge/pbx/csta/ecma323"

// newDial makes a call in the name of an extension, which is not dialled yet.
func (s *CSTASwitch) newDial(e *cstaExtension, number string) *cstaLeg {
	c := s.newCall()
	l := s.addLeg(c, e, ecma323.LocalInitiated)
	c.calling, c.called, c.dialed = l.device(), ecma323.Extended(number), number
	return l
}

// prompt says that the phone is asked to take the line.
func (s *CSTASwitch) prompt(l *cstaLeg, cause ecma323.Cause) {
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.ServiceInitiatedEvent{EventData: withoutParties(d), InitiatedConnection: l.id(), InitiatingDevice: l.device()}
	})
}

// dialOut dials for a phone that has the line.
func (s *CSTASwitch) dialOut(l *cstaLeg) {
	c := l.call
	l.state = ecma323.LocalConnected
	s.tell(c, ecma323.CauseNewCall, func(d ecma323.EventData) ecma323.CallEvent {
		parties := withoutParties(d)
		parties.CallingDevice, parties.CalledDevice = d.CallingDevice, d.CalledDevice
		return &ecma323.OriginatedEvent{EventData: parties, OriginatedConnection: l.id()}
	})
	number := c.dialed
	if e := s.exts[number]; e != nil {
		c.dialed = ""
		c.called = ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: s.deviceOf(e)}
		s.tellDelivered(s.addLeg(c, e, ecma323.LocalAlerting), ecma323.CauseNewCall)
		return
	}
	trunk := ecma323.Extended("T1")
	s.tell(c, ecma323.CauseNewCall, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.NetworkReachedEvent{EventData: d, OutboundConnection: ecma323.Connection(c.id, "T1"), NetworkInterfaceUsed: trunk}
	})
	far := addOutside(c, ecma323.ID(number), number, ecma323.LocalAlerting)
	if s.farEnds[number] {
		s.fail(far, l, ecma323.CauseBusy)
		return
	}
	s.tellDelivered(far, ecma323.CauseNewCall)
	if s.opts.FarEndDelay > 0 {
		s.after(s.opts.FarEndDelay, func() { s.farEndAnswers(far) })
	}
}

// fail says that the number cannot be had; the phone hears it until it is put
// down.
func (s *CSTASwitch) fail(far, caller *cstaLeg, cause ecma323.Cause) {
	caller.state, far.state = ecma323.LocalFail, ecma323.LocalFail
	s.tell(far.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.FailedEvent{EventData: d, FailedConnection: far.id(), FailingDevice: far.device()}
	})
	s.remove(far)
}

func (s *CSTASwitch) farEndAnswers(far *cstaLeg) {
	if far.state != ecma323.LocalAlerting {
		return
	}
	far.state, far.call.dialed = ecma323.LocalConnected, ""
	s.tellEstablished(far, ecma323.CauseNormal)
}

// Dial is a call dialled by hand, with no request before it.
func (s *CSTASwitch) Dial(ext, number string) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return ""
	}
	s.holdOthers(e, nil, ecma323.CauseNormal)
	l := s.newDial(e, number)
	s.prompt(l, ecma323.CauseNewCall)
	s.dialOut(l)
	return l.call.handle
}

// SetBusy makes an outside number busy.
func (s *CSTASwitch) SetBusy(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.farEnds[number] = true
}

// FarEndAnswers lets an outside number that rings answer.
func (s *CSTASwitch) FarEndAnswers(number string) error {
	return s.withFarEnd(number, ecma323.LocalAlerting, s.farEndAnswers)
}

// FarEndHangsUp lets an outside number that talks hang up.
func (s *CSTASwitch) FarEndHangsUp(number string) error {
	return s.withFarEnd(number, ecma323.LocalConnected, func(far *cstaLeg) {
		s.end(far.call, far, ecma323.CauseNormalClearing)
	})
}

func (s *CSTASwitch) withFarEnd(number string, state ecma323.LocalConnectionInfo, do func(*cstaLeg)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		for _, l := range c.legs {
			if l.ext == nil && l.number == number && l.state == state {
				do(l)
				return nil
			}
		}
	}
	return ErrNoSuchCall
}
