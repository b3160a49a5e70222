package pbxtest

import (
	"errors"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// serve answers a request within a session: first the answer, then what it
// causes, unless CSTAEventsFirst is in force. The caller holds mu.
func (c *cstaConn) serve(id ecma323.InvokeID, m ecma323.Message) {
	answer, then := c.service(m)
	if then == nil {
		then = func() {}
	}
	if c.s.strikes(CSTAEventsFirst) {
		then()
		then = func() {}
	}
	if answer != nil {
		c.respond(id, answer)
	}
	if c.s.opts.AnswerDelay > 0 {
		c.s.after(c.s.opts.AnswerDelay, then)
		return
	}
	then()
}

// service finds what a request does.
func (c *cstaConn) service(m ecma323.Message) (answer ecma323.Message, then func()) {
	s := c.s
	switch m := m.(type) {
	case *ecma323.MonitorStart:
		return c.startMonitor(m), nil
	case *ecma323.MonitorStop:
		return c.stopMonitor(m), nil
	case *ecma323.SnapshotDevice:
		return c.snapshotDevice(m)
	case *ecma323.SnapshotCall:
		return s.snapshotCall(m), nil
	case *ecma323.MakeCall:
		return s.makeCall(m)
	case *ecma323.ConsultationCall:
		return s.consultationCall(m)
	case *ecma323.TransferCall:
		return s.transferCall(m)
	case *ecma323.SingleStepTransferCall:
		return s.singleStepTransferCall(m)
	case *ecma323.GetCSTAFeatures:
		return &ecma323.GetCSTAFeaturesResponse{SupportedServices: []string{"makeCall", "answerCall"}, SupportedEvents: []string{"delivered"}}, nil
	case *ecma323.GetSwitchingFunctionDevices:
		return c.listDevices()
	case *ecma323.GetThirdPartyDeviceID:
		return s.thirdParty(m.Extension, func(d ecma323.DeviceID) ecma323.Message {
			return &ecma323.GetThirdPartyDeviceIDResponse{Device: d}
		}), nil
	case *ecma323.GetDeviceID:
		return s.thirdParty(m.Extension, func(d ecma323.DeviceID) ecma323.Message {
			return &ecma323.GetDeviceIDResponse{Device: d}
		}), nil
	case *ecma323.ReleaseDeviceID:
		return &ecma323.AvayaDone{Service: m.Name()}, nil
	case *ecma323.TransferMonitorObjects:
		return c.moveMonitors(m), nil
	}
	return s.simpleService(m)
}

// simpleService is a service on one or two connections that has nothing to
// tell.
func (s *CSTASwitch) simpleService(m ecma323.Message) (answer ecma323.Message, then func()) {
	on := func(id ecma323.ConnectionID, do func(*cstaLeg) error, states ...ecma323.LocalConnectionInfo) (ecma323.Message, func()) {
		l, refused := s.legOf(id, states...)
		if refused != nil {
			return refused, nil
		}
		return &ecma323.Done{Service: m.Name()}, func() {
			if err := do(l); err != nil {
				s.log.Error("csta: service", "err", err)
			}
		}
	}
	switch m := m.(type) {
	case *ecma323.AnswerCall:
		return on(m.CallToBeAnswered, s.answer, ecma323.LocalAlerting, ecma323.LocalInitiated)
	case *ecma323.ClearConnection:
		return on(m.ConnectionToBeCleared, s.hangUp)
	case *ecma323.HoldCall:
		return on(m.CallToBeHeld, s.hold, ecma323.LocalConnected)
	case *ecma323.RetrieveCall:
		return on(m.CallToBeRetrieved, s.retrieve, ecma323.LocalHold)
	case *ecma323.DeflectCall:
		if s.exts[number(m.NewDestination)] == nil {
			return refuse("operation", "invalidDestination"), nil
		}
		return on(m.CallToBeDiverted, func(l *cstaLeg) error {
			return s.divert(l, number(m.NewDestination), ecma323.CauseRedirected)
		}, ecma323.LocalAlerting)
	case *ecma323.AlternateCall:
		held, refused := s.legOf(m.HeldCall, ecma323.LocalHold)
		if refused != nil {
			return refused, nil
		}
		return on(m.ActiveCall, func(active *cstaLeg) error { s.alternate(held, active); return nil }, ecma323.LocalConnected)
	case *ecma323.ReconnectCall:
		held, refused := s.legOf(m.HeldCall, ecma323.LocalHold)
		if refused != nil {
			return refused, nil
		}
		return on(m.ActiveCall, func(active *cstaLeg) error {
			return errors.Join(s.hangUp(active), s.retrieve(held))
		})
	}
	return refuse("operation", "serviceNotSupported"), nil
}

func number(d ecma323.DeviceID) string { return ecma323.ParseDeviceID(d.Text).Number }

// legOf finds a connection that a service names, in one of the states if any
// are given.
func (s *CSTASwitch) legOf(id ecma323.ConnectionID, states ...ecma323.LocalConnectionInfo) (*cstaLeg, ecma323.Message) {
	e := s.exts[number(id.DeviceID)]
	if e == nil {
		return nil, refuse("operation", "invalidConnectionID")
	}
	for _, l := range e.legs {
		if l.call.id != id.CallID {
			continue
		}
		for _, state := range states {
			if l.state == state {
				return l, nil
			}
		}
		if len(states) > 0 {
			return nil, refuse("stateIncompatibility", "invalidConnectionState")
		}
		return l, nil
	}
	return nil, refuse("operation", "invalidConnectionID")
}

func (s *CSTASwitch) makeCall(m *ecma323.MakeCall) (answer ecma323.Message, then func()) {
	e := s.exts[number(m.CallingDevice)]
	if e == nil {
		return refuse("operation", "invalidCallingDevice"), nil
	}
	called := number(m.CalledDirectoryNumber)
	if called == "" {
		return refuse("operation", "invalidCalledDevice"), nil
	}
	s.holdOthers(e, nil, ecma323.CauseNormal)
	l := s.newDial(e, called)
	answer = &ecma323.MakeCallResponse{CallingDevice: l.id(), CallLinkageData: ecma323.CallLinkageData{GlobalCallLinkageID: l.call.ucid}}
	return answer, func() {
		s.prompt(l, ecma323.CauseMakeCall)
		if m.AutoOriginate == ecma323.DoNotPrompt {
			s.dialOut(l)
		}
	}
}

func (s *CSTASwitch) consultationCall(m *ecma323.ConsultationCall) (answer ecma323.Message, then func()) {
	active, refused := s.legOf(m.ExistingCall, ecma323.LocalConnected)
	if refused != nil {
		return refused, nil
	}
	l := s.consult(active, number(m.ConsultedDevice))
	return &ecma323.ConsultationCallResponse{InitiatedCall: l.id()}, func() { s.startConsult(active, l) }
}

func (s *CSTASwitch) transferCall(m *ecma323.TransferCall) (answer ecma323.Message, then func()) {
	held, refused := s.legOf(m.HeldCall, ecma323.LocalHold)
	if refused != nil {
		return refused, nil
	}
	active, refused := s.legOf(m.ActiveCall)
	if refused != nil {
		return refused, nil
	}
	return &ecma323.TransferCallResponse{TransferredCall: active.id()}, func() {
		if err := s.join(held, active); err != nil {
			s.log.Error("csta: transfer", "err", err)
		}
	}
}

func (s *CSTASwitch) singleStepTransferCall(m *ecma323.SingleStepTransferCall) (answer ecma323.Message, then func()) {
	active, refused := s.legOf(m.ActiveCall, ecma323.LocalConnected, ecma323.LocalHold)
	if refused != nil {
		return refused, nil
	}
	to := number(m.TransferredTo)
	return &ecma323.SingleStepTransferCallResponse{TransferredCall: ecma323.Connection(active.call.id, to)}, func() {
		if _, err := s.singleStep(active, to); err != nil {
			s.log.Error("csta: transfer", "err", err)
		}
	}
}

func (s *CSTASwitch) thirdParty(ext string, make func(ecma323.DeviceID) ecma323.Message) ecma323.Message {
	if s.opts.Dialect != CSTAAvaya {
		return refuse("operation", "serviceNotSupported")
	}
	// Avaya's server makes an id for any number, existing or not.
	return make(ecma323.DeviceID{Text: s.avayaID(ext), TypeOfNumber: "other", MediaClass: "notKnown"})
}
