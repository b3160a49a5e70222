package pbxtest

import "github.com/ctibridge/ctibridge/pbx/csta/ecma323"

// AddExtension adds a phone, or renames it. Others cannot be monitored.
func (s *CSTASwitch) AddExtension(ext, name string) { s.addDevice(ext, name, "station") }

// AddQueue adds an ACD queue, which can be monitored like a phone.
func (s *CSTASwitch) AddQueue(number, name string) { s.addDevice(number, name, "acd") }

func (s *CSTASwitch) addDevice(number, name, category string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.exts[number]; e != nil {
		e.name = name
		return
	}
	s.exts[number] = &cstaExtension{number: number, name: name, category: category}
}

// AddGroup makes a number that alone can be monitored, instead of its members,
// as a MULAP of OpenScape Business. Members that do not exist are added.
func (s *CSTASwitch) AddGroup(number string, members ...string) {
	s.addDevice(number, "", "group")
	for _, m := range members {
		s.addDevice(m, "", "station")
		s.mu.Lock()
		s.exts[m].monitorBy = number
		s.mu.Unlock()
	}
}

// Ring calls an extension from outside, also while it talks. The handle is
// empty if there is no such extension.
func (s *CSTASwitch) Ring(ext string, from Caller) CallHandle {
	return s.RingGroup([]string{ext}, from)
}

// RingGroup calls several extensions at once; the first to answer gets the call
// and the others stop ringing.
func (s *CSTASwitch) RingGroup(exts []string, from Caller) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring(exts, from, func(*cstaCall) {})
}

func (s *CSTASwitch) ring(exts []string, from Caller, prepare func(*cstaCall)) CallHandle {
	var targets []*cstaExtension
	for _, ext := range exts {
		if e := s.exts[ext]; e != nil {
			targets = append(targets, e)
		}
	}
	if len(targets) == 0 {
		return ""
	}
	c := s.newCall()
	who, shown := s.outside(from)
	c.calling, c.network = shown, shown
	c.called = ecma323.ExtendedDeviceID{Presence: ecma323.Identified, Device: s.deviceOf(targets[0])}
	addOutside(c, who, from.Number, ecma323.LocalConnected)
	prepare(c)
	for _, e := range targets {
		s.tellDelivered(s.addLeg(c, e, ecma323.LocalAlerting), ecma323.CauseNewCall)
	}
	return c.handle
}

// Answer picks a ringing phone up, or lets one that was prompted dial. A call
// that the phone talks on is put on hold first.
func (s *CSTASwitch) Answer(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalAlerting, ecma323.LocalInitiated}, s.answer)
}

func (s *CSTASwitch) answer(l *cstaLeg) error {
	s.holdOthers(l.ext, l, ecma323.CauseNormal)
	if l.state == ecma323.LocalInitiated {
		s.dialOut(l)
		return nil
	}
	c := l.call
	l.state = ecma323.LocalConnected
	s.tellEstablished(l, ecma323.CauseNormal)
	s.handOver(c)
	for _, other := range append([]*cstaLeg(nil), c.legs...) {
		if other != l && other.state == ecma323.LocalAlerting {
			s.clear(other, ecma323.CauseMultipleAlerting)
		}
	}
	return nil
}

// HangUp puts a phone down: it declines a ringing call and ends any other.
// Without a handle it ends what the phone talks on, else what rings, else what
// is on hold.
func (s *CSTASwitch) HangUp(ext string, h CallHandle) error {
	states := []ecma323.LocalConnectionInfo{
		ecma323.LocalConnected, ecma323.LocalAlerting, ecma323.LocalInitiated, ecma323.LocalHold, ecma323.LocalFail,
	}
	return s.withLeg(ext, h, states, s.hangUp)
}

func (s *CSTASwitch) hangUp(l *cstaLeg) error {
	if len(l.call.legs) > 2 { // the rest of a ring group or a conference goes on
		s.clear(l, ecma323.CauseNormalClearing)
		return nil
	}
	s.end(l.call, l, ecma323.CauseNormalClearing)
	return nil
}

// CallerHangsUp ends the call from the other side.
func (s *CSTASwitch) CallerHangsUp(h CallHandle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[h]
	if c == nil {
		return ErrNoSuchCall
	}
	cause := ecma323.CauseCallCancelled
	for _, l := range c.legs {
		if l.ext != nil && l.state != ecma323.LocalAlerting {
			cause = ecma323.CauseNormalClearing
		}
	}
	s.end(c, c.outsideLeg(), cause)
	return nil
}

func (c *cstaCall) outsideLeg() *cstaLeg {
	for _, l := range c.legs {
		if l.ext == nil {
			return l
		}
	}
	return nil
}

// Hold puts a call on hold.
func (s *CSTASwitch) Hold(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalConnected}, s.hold)
}

func (s *CSTASwitch) hold(l *cstaLeg) error {
	s.setHold(l, true, ecma323.CauseNormal)
	return nil
}

// Retrieve takes a call back from hold, putting another one on hold.
func (s *CSTASwitch) Retrieve(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []ecma323.LocalConnectionInfo{ecma323.LocalHold}, s.retrieve)
}

func (s *CSTASwitch) retrieve(l *cstaLeg) error {
	s.holdOthers(l.ext, l, ecma323.CauseNormal)
	s.setHold(l, false, ecma323.CauseNormal)
	return nil
}

// alternate holds one call and takes the other back.
func (s *CSTASwitch) alternate(held, active *cstaLeg) {
	s.setHold(active, true, ecma323.CauseAlternate)
	s.setHold(held, false, ecma323.CauseAlternate)
}

func (s *CSTASwitch) withLeg(ext string, h CallHandle, states []ecma323.LocalConnectionInfo, do func(*cstaLeg) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return ErrNoSuchExtension
	}
	l := e.leg(h, states...)
	if l == nil {
		return ErrNoSuchCall
	}
	return do(l)
}

// Calls lists what a phone shows, oldest first.
func (s *CSTASwitch) Calls(ext string) []PhoneCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return nil
	}
	var out []PhoneCall
	for _, l := range e.legs {
		out = append(out, PhoneCall{Handle: l.call.handle, ID: l.call.id, State: l.display(), Remote: l.far()})
	}
	return out
}

func (l *cstaLeg) display() string {
	switch {
	case l.state == ecma323.LocalAlerting || l.state == ecma323.LocalInitiated:
		return "ringing"
	case l.state == ecma323.LocalHold:
		return "held"
	case l.call.dialed != "":
		return "calling"
	}
	for _, other := range l.call.legs {
		if other != l && other.state != ecma323.LocalAlerting {
			return "talking"
		}
	}
	return "calling" // nobody has answered yet
}
