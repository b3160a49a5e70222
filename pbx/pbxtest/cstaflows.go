package pbxtest

import "github.com/ctibridge/ctibridge/pbx/csta/ecma323"

// divert sends a ringing call elsewhere: Diverted here, Delivered there.
func (s *CSTASwitch) divert(l *cstaLeg, to string, cause ecma323.Cause) error {
	target := s.exts[to]
	if target == nil {
		return ErrNoSuchExtension
	}
	c := l.call
	s.tellDiverted(l, target, cause)
	c.redirection = l.device()
	s.remove(l)
	next := s.addLeg(c, target, ecma323.LocalAlerting)
	s.tellDelivered(next, cause)
	return nil
}

func (s *CSTASwitch) tellDiverted(l *cstaLeg, to *cstaExtension, cause ecma323.Cause) {
	l.state = ecma323.LocalNull
	s.tell(l.call, cause, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.DivertedEvent{
			EventData: d, Connection: l.id(), DivertingDevice: l.device(),
			NewDestination: ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: s.deviceOf(to)},
		}
	})
}

// Forward plays call forwarding when nobody answers.
func (s *CSTASwitch) Forward(ext string, h CallHandle, to string) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalAlerting}, func(l *cstaLeg) error {
		return s.divert(l, to, ecma323.CauseCallForwardNoAnswer)
	})
}

// Pickup lets another phone take a call that rings at ext: Diverted there,
// Established with no Delivered at the phone that takes it.
func (s *CSTASwitch) Pickup(by, ext string, h CallHandle) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalAlerting}, func(l *cstaLeg) error {
		taker := s.exts[by]
		if taker == nil {
			return ErrNoSuchExtension
		}
		c := l.call
		s.tellDiverted(l, taker, ecma323.CauseCallPickup)
		c.redirection = l.device()
		s.remove(l)
		s.holdOthers(taker, nil, ecma323.CauseNormal)
		s.tellEstablished(s.addLeg(c, taker, ecma323.LocalConnected), ecma323.CauseCallPickup)
		return nil
	})
}

// Queue lets a caller wait in an ACD queue; Distribute then rings an agent.
func (s *CSTASwitch) Queue(queue string, from Caller) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[queue]
	if e == nil {
		return ""
	}
	c := s.newCall()
	who, shown := s.outside(from)
	c.calling, c.network, c.acd = shown, shown, true
	c.called = ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: s.deviceOf(e)}
	addOutside(c, who, from.Number, ecma323.LocalConnected)
	l := s.addLeg(c, e, ecma323.LocalQueued)
	s.tell(c, ecma323.CauseEnteringDistribution, func(d ecma323.EventData) ecma323.CallEvent {
		return &ecma323.QueuedEvent{EventData: d, QueuedConnection: l.id(), Queue: l.device(), NumberQueued: len(e.legs)}
	})
	return c.handle
}

// Distribute takes a call from its queue, or from an agent who does not answer,
// to an agent's phone.
func (s *CSTASwitch) Distribute(h CallHandle, agent string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[h]
	if c == nil {
		return ErrNoSuchCall
	}
	for _, l := range c.legs {
		if l.ext == nil || l.state != ecma323.LocalQueued && l.state != ecma323.LocalAlerting {
			continue
		}
		return s.divert(l, agent, ecma323.CauseDistributed)
	}
	return ErrNoSuchCall
}

// LogOn logs an agent of a group on at a phone.
func (s *CSTASwitch) LogOn(ext, agent, group string) error {
	return s.agent(ext, func(e *cstaExtension, d ecma323.AgentEventData) ecma323.Message {
		e.agent, d.AgentID, d.ACDGroup = agent, agent, ecma323.ID(group)
		return &ecma323.AgentLoggedOnEvent{AgentEventData: d}
	})
}

// LogOff logs the agent off.
func (s *CSTASwitch) LogOff(ext string) error {
	return s.agent(ext, func(e *cstaExtension, d ecma323.AgentEventData) ecma323.Message {
		e.agent = ""
		return &ecma323.AgentLoggedOffEvent{AgentEventData: d}
	})
}

// Ready says that the agent takes calls.
func (s *CSTASwitch) Ready(ext string) error {
	return s.agent(ext, func(_ *cstaExtension, d ecma323.AgentEventData) ecma323.Message {
		return &ecma323.AgentReadyEvent{AgentEventData: d}
	})
}

// NotReady says that the agent takes none.
func (s *CSTASwitch) NotReady(ext string) error {
	return s.agent(ext, func(_ *cstaExtension, d ecma323.AgentEventData) ecma323.Message {
		return &ecma323.AgentNotReadyEvent{AgentEventData: d}
	})
}

func (s *CSTASwitch) agent(ext string, make func(*cstaExtension, ecma323.AgentEventData) ecma323.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return ErrNoSuchExtension
	}
	was := e.agent
	s.eachMonitor(e, func(conn *cstaConn, m *cstaMonitor) {
		d := ecma323.AgentEventData{
			MonitorCrossRefID: m.ref, AgentID: was,
			AgentDevice: ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: s.deviceOf(e)},
		}
		if event := make(e, d); m.wants == nil || m.wants[event.Name()] {
			conn.event(event)
		}
	})
	return nil
}
