package pbxtest

import "time"

// FarEnd is what happens when an outside number is dialled.
type FarEnd struct {
	// AnswersAfter is the delay; 0: it rings until FarEndAnswers.
	AnswersAfter time.Duration
	// Refuses is the SIP status of a number that takes no call, such as 486
	// (busy), 404 (unallocated) or 480; 0: it rings.
	Refuses int
}

// SetFarEnd rules how an outside number takes calls from now on.
func (s *SIPSwitch) SetFarEnd(number string, f FarEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.farEnds[number] = f
}

// Dial makes a phone call a number, as its owner would: an extension or outside.
func (s *SIPSwitch) Dial(ext, number string) (CallHandle, error) {
	var h CallHandle
	err := s.withExtension(ext, func(e *extension) error {
		s.holdOthers(&leg{ext: e})
		h = s.place(e, number).handle
		return nil
	})
	return h, err
}

// refusal is the status with which a dialled number would refuse, or 0.
func (s *SIPSwitch) refusal(number string) int {
	if e := s.exts[number]; e != nil {
		return e.phone.refusal()
	}
	return s.farEnds[number].Refuses
}

func (p Phone) refusal() int {
	switch p {
	case PhoneBusy:
		return 486
	case PhoneDeclines:
		return 603
	case PhoneUnregistered:
		return 480
	default:
		return 0
	}
}

// place calls number from a phone. FreeSWITCH shows the dialling phone's dialog
// as confirmed at once, and again when the far end answers.
func (s *SIPSwitch) place(from *extension, number string) *call {
	c := s.newCall(Caller{Number: from.number, Name: from.name})
	c.dialed = number
	s.addLeg(c, from, legTalking, true, Caller{Number: number, Name: number})
	if s.refusal(number) != 0 {
		s.endCall(c)
		return c
	}
	if e := s.exts[number]; e != nil {
		s.addLeg(c, e, legRinging, false, c.caller)
		return c
	}
	s.answerLater(c)
	return c
}

// answerLater lets the outside number answer by itself, if it is one that does.
func (s *SIPSwitch) answerLater(c *call) {
	delay := s.farEnds[c.dialed].AnswersAfter
	if delay == 0 {
		delay = s.opts.FarEndDelay
	}
	if delay > 0 {
		s.after(delay, func() { s.connect(c) })
	}
}

// connect marks the far end of a dialled call as answered.
func (s *SIPSwitch) connect(c *call) {
	if c.connected || s.calls[c.handle] != c {
		return
	}
	c.connected = true
	for _, l := range c.legs {
		s.publish(l)
	}
	s.report(c, 200)
	if c.inbound != nil && len(c.legs) == 0 { // the bridge called the number itself
		c.inbound.answer <- 200
	}
}

// FarEndAnswers answers the oldest unanswered call to an outside number.
func (s *SIPSwitch) FarEndAnswers(number string) error {
	return s.withDialed(number, false, s.connect)
}

// FarEndBusy refuses it.
func (s *SIPSwitch) FarEndBusy(number string) error {
	return s.withDialed(number, false, s.endCall)
}

// FarEndHangsUp ends the oldest call to a number that was answered.
func (s *SIPSwitch) FarEndHangsUp(number string) error {
	return s.withDialed(number, true, s.endCall)
}

func (s *SIPSwitch) withDialed(number string, connected bool, do func(*call)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest *call
	for _, c := range s.calls {
		if c.dialed == number && c.connected == connected && (oldest == nil || c.before(oldest)) {
			oldest = c
		}
	}
	if oldest == nil {
		return ErrNoSuchCall
	}
	do(oldest)
	return nil
}

// before compares handles, which are numbered in order.
func (c *call) before(other *call) bool {
	if len(c.handle) != len(other.handle) {
		return len(c.handle) < len(other.handle)
	}
	return c.handle < other.handle
}
