package pbxtest

import "time"

// Changed returns a channel that is closed at the next change of any call; ask
// again for the one after it. A page that shows toy phones waits on it.
func (s *CSTASwitch) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// noteChange wakes those who wait on Changed. The caller holds mu.
func (s *CSTASwitch) noteChange() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// far is who a phone shows at the other end of a call.
func (l *cstaLeg) far() Caller {
	c := l.call
	for _, other := range c.legs {
		if other == l {
			continue
		}
		if other.ext != nil {
			return Caller{Number: other.ext.number, Name: other.ext.name}
		}
		p := other.shown().Party()
		return Caller{Number: p.Number, Name: p.Name, Withheld: p.Withheld}
	}
	return Caller{Number: c.dialed}
}

// ConsultTransfer plays a whole transfer with consultation: outside calls the
// colleague, who answers and calls to; wait after that phone has answered, the
// colleague hands the outside caller over. The handle is that of the call at
// to, before and after; it is empty if one of the extensions does not exist.
func (s *CSTASwitch) ConsultTransfer(colleague, to string, outside Caller, wait time.Duration) CallHandle {
	first := s.Ring(colleague, outside)
	if first == "" || s.Answer(colleague, first) != nil {
		return ""
	}
	h := s.Consult(colleague, to)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.calls[h]; c != nil {
		c.transferAfter = wait
	}
	return h
}

// handOver completes the transfer of a call that was answered, if it is still
// there.
func (s *CSTASwitch) handOver(c *cstaCall) {
	if c.transferAfter <= 0 {
		return
	}
	wait := c.transferAfter
	c.transferAfter = 0
	s.after(wait, func() {
		if s.calls[c.handle] != c {
			return
		}
		if err := s.completeTransfer(c); err != nil {
			s.log.Error("csta: hand over", "err", err)
		}
	})
}
