package pbxtest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoSuchCall says that the phone has no call on which this could be done.
var ErrNoSuchCall = errors.New("no such call at this phone")

// ErrNoSuchExtension says that the switch has no such extension.
var ErrNoSuchExtension = errors.New("no such extension")

// Phone is how a toy phone takes calls.
type Phone uint8

// The phones. A busy one answers 486, a declining one 603, one that is not
// registered 480.
const (
	PhoneRings Phone = iota
	PhoneBusy
	PhoneDeclines
	PhoneUnregistered
)

// AddExtension adds a phone, or renames it. Without it a SUBSCRIBE gets 404.
func (s *SIPSwitch) AddExtension(ext, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.exts[ext]; e != nil {
		e.name = name
		return
	}
	e := &extension{number: ext, name: name}
	if s.opts.PhonesCSTA {
		e.csta = &cstaDesk{}
	}
	s.exts[ext] = e
}

// SetPhone says how a phone takes calls from now on.
func (s *SIPSwitch) SetPhone(ext string, p Phone) error {
	return s.withExtension(ext, func(e *extension) error {
		e.phone = p
		return nil
	})
}

// Ring calls an extension from outside, also while it talks. The handle is
// empty if there is no such extension or its phone takes no calls.
func (s *SIPSwitch) Ring(ext string, from Caller) CallHandle {
	return s.RingGroup([]string{ext}, from)
}

// RingGroup calls several extensions at once; the first to answer gets the call
// and the others stop ringing.
func (s *SIPSwitch) RingGroup(exts []string, from Caller) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.newCall(from)
	s.mirror.arrives(from)
	for _, ext := range exts {
		if e := s.exts[ext]; e != nil && e.phone == PhoneRings {
			s.addLeg(c, e, legRinging, false, from)
		}
	}
	if len(c.legs) == 0 {
		delete(s.calls, c.handle)
		return ""
	}
	return c.handle
}

// Answer picks a ringing phone up. A call that the phone talks on is put on
// hold first, as phones do.
func (s *SIPSwitch) Answer(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []legState{legRinging}, func(l *leg) error {
		s.holdOthers(l)
		c := l.call
		s.set(l, legTalking)
		for _, other := range append([]*leg(nil), c.legs...) {
			switch {
			case other == l:
			case other.state == legRinging:
				s.set(other, legEnded)
			case other.initiator && !c.connected:
				s.publish(other) // FreeSWITCH's second confirmed
			}
		}
		c.connected = true
		if c.inbound != nil {
			c.inbound.answer <- 200
		}
		if c.transferAfter >= 0 {
			s.after(c.transferAfter, func() { _ = s.completeTransfer(c) })
		}
		return nil
	})
}

// HangUp puts a phone down: it declines a ringing call and ends any other.
// Without a handle it ends what the phone talks on, else what rings, else what
// is on hold.
func (s *SIPSwitch) HangUp(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []legState{legTalking, legRinging, legHeld}, func(l *leg) error {
		c := l.call
		s.mirror.hangsUp(l)
		if l.state == legRinging && !c.onlyLeg(l) && c.dialed == "" {
			s.set(l, legEnded) // the rest of the ring group goes on
			return nil
		}
		s.endCall(c)
		return nil
	})
}

func (c *call) onlyLeg(l *leg) bool { return len(c.legs) == 1 && c.legs[0] == l }

// CallerHangsUp ends the call from the other side.
func (s *SIPSwitch) CallerHangsUp(h CallHandle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[h]
	if c == nil {
		return ErrNoSuchCall
	}
	s.endCall(c)
	return nil
}

// Hold puts a call on hold: the dialog goes back to early with
// +sip.rendering=no, which is how FreeSWITCH says it.
func (s *SIPSwitch) Hold(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []legState{legTalking}, func(l *leg) error {
		s.set(l, legHeld)
		return nil
	})
}

// Retrieve takes a call back from hold, putting another one on hold.
func (s *SIPSwitch) Retrieve(ext string, h CallHandle) error {
	return s.withLeg(ext, h, []legState{legHeld}, func(l *leg) error {
		s.holdOthers(l)
		s.set(l, legTalking)
		return nil
	})
}

// Transfer hands a call over without asking (blind): the dialog at ext ends,
// and to rings with the same caller under the same handle.
func (s *SIPSwitch) Transfer(ext string, h CallHandle, to string) error {
	return s.withLeg(ext, h, []legState{legTalking, legHeld}, func(l *leg) error {
		target := s.exts[to]
		if target == nil {
			return ErrNoSuchExtension
		}
		far, c := l.remote, l.call
		s.mirror.refer(l, to, nil)
		c.referredBy = ext
		s.set(l, legEnded)
		s.addLeg(c, target, legRinging, false, far)
		return nil
	})
}

// Consult makes one phone call another, putting its present call on hold.
func (s *SIPSwitch) Consult(from, to string) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.consult(from, to)
}

func (s *SIPSwitch) consult(from, to string) CallHandle {
	e := s.exts[from]
	if e == nil || s.exts[to] == nil {
		return ""
	}
	s.holdOthers(&leg{ext: e})
	return s.place(e, to).handle
}

// CompleteTransfer connects the call that the consulting phone has on hold with
// the one it consulted: both its dialogs end, and the other phone's dialog goes
// on under the same id with another identity, the outside caller's.
func (s *SIPSwitch) CompleteTransfer(consultation CallHandle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.calls[consultation]
	if c == nil {
		return ErrNoSuchCall
	}
	return s.completeTransfer(c)
}

func (s *SIPSwitch) completeTransfer(c *call) error {
	var consulting, consulted *leg
	for _, l := range c.legs {
		if l.initiator {
			consulting = l
		} else {
			consulted = l
		}
	}
	if consulting == nil || consulted == nil {
		return ErrNoSuchCall
	}
	held := consulting.ext.legAt("", legHeld)
	if held == nil {
		return fmt.Errorf("nothing on hold to transfer: %w", ErrNoSuchCall)
	}
	delete(s.calls, held.call.handle)
	s.mirror.refer(held, consulted.ext.number, consulting)
	c.caller, c.dialed = held.remote, ""
	if s.strikes(FaultSilentTransfer) {
		s.abandon(consulting)
		s.set(held, legEnded)
		return nil
	}
	consulted.remote = held.remote
	s.set(held, legEnded)
	s.set(consulting, legEnded)
	s.publish(consulted)
	return nil
}

// abandon ends a leg that the documents go on to show as early.
func (s *SIPSwitch) abandon(l *leg) {
	s.mirror.ends(l)
	last := *l
	last.state = legRinging
	s.publish(&last)
	l.ext.legs = slices.DeleteFunc(l.ext.legs, func(x *leg) bool { return x == l })
	l.call.legs = slices.DeleteFunc(l.call.legs, func(x *leg) bool { return x == l })
}

// ConsultTransfer plays a whole transfer with consultation: outside calls the
// colleague, who answers and calls to; wait after that phone has answered, the
// colleague hands the outside caller over. The handle is that of the call at
// to, before and after; it is empty if one of the extensions does not exist.
func (s *SIPSwitch) ConsultTransfer(colleague, to string, outside Caller, wait time.Duration) CallHandle {
	first := s.Ring(colleague, outside)
	if first == "" || s.Answer(colleague, first) != nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.consult(colleague, to)
	if c := s.calls[h]; c != nil {
		c.transferAfter = wait
	}
	return h
}

// holdOthers puts on hold what the leg's phone talks on.
func (s *SIPSwitch) holdOthers(l *leg) {
	for _, other := range l.ext.legs {
		if other != l && other.state == legTalking {
			s.set(other, legHeld)
		}
	}
}

func (s *SIPSwitch) withExtension(ext string, do func(*extension) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return ErrNoSuchExtension
	}
	return do(e)
}

func (s *SIPSwitch) withLeg(ext string, h CallHandle, states []legState, do func(*leg) error) error {
	return s.withExtension(ext, func(e *extension) error {
		l := e.legAt(h, states...)
		if l == nil {
			return ErrNoSuchCall
		}
		return do(l)
	})
}

// PhoneCall is a call as a toy phone shows it.
type PhoneCall struct {
	Handle CallHandle
	// ID is the dialog's id in the documents.
	ID string
	// State is "ringing", "calling" (dialled, not yet answered), "talking" or "held".
	State  string
	Remote Caller
}

// Calls lists what a phone shows, oldest first.
func (s *SIPSwitch) Calls(ext string) []PhoneCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil {
		return nil
	}
	out := make([]PhoneCall, len(e.legs))
	for i, l := range e.legs {
		out[i] = PhoneCall{Handle: l.call.handle, ID: l.id, State: l.display(), Remote: l.remote}
	}
	return out
}

func (l *leg) display() string {
	switch {
	case l.state == legRinging:
		return "ringing"
	case l.state == legHeld:
		return "held"
	case l.initiator && !l.call.connected:
		return "calling"
	default:
		return "talking"
	}
}
