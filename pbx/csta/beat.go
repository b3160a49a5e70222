package csta

import (
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// beat keeps the session: it prolongs it in time, asks a silent PBX for a sign
// of life, and gives it up when none comes.
func (s *session) beat() {
	timer := time.NewTimer(s.pulse())
	defer timer.Stop()
	asked, doubted := time.Now(), time.Now()
	for {
		select {
		case <-s.done:
			return
		case <-timer.C:
		case <-s.kick: // the session's time is known, or another one
		}
		now := time.Now()
		switch {
		case s.refreshDue(now):
			s.prolongSession()
			asked = now
		case s.dead(now):
			s.fail(errSilent)
			return
		case s.doubtful(now, doubted):
			s.question()
			doubted = now
		case s.silent(now, asked):
			s.ask()
			asked = now
		}
		timer.Reset(s.pulse())
	}
}

func (s *session) interval() time.Duration {
	if h := s.link.opts.Heartbeat; h > 0 {
		return h
	}
	return s.link.dialect.interval
}

// pulse is how long beat sleeps.
func (s *session) pulse() time.Duration {
	d := s.interval() / 4
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.refresh.IsZero() {
		d = min(d, time.Until(s.refresh))
	}
	return max(d, time.Millisecond)
}

func (s *session) refreshDue(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.refresh.IsZero() && !now.Before(s.refresh)
}

// prolongSession asks for the session to go on. An answer that refuses it ends
// the connection.
func (s *session) prolongSession() {
	s.mu.Lock()
	s.refresh = time.Now().Add(s.link.opts.Timeout) // once more, unless it is granted
	s.mu.Unlock()
	s.request(resetTimer(s), s.prolonged)
}

func (s *session) prolonged(answer ecma323.Message, _ error) {
	switch m := answer.(type) {
	case *ecma323.ResetApplicationSessionTimerPosResponse:
		s.mu.Lock()
		s.prolong(m.ActualSessionDuration)
		s.mu.Unlock()
	case *ecma323.ResetApplicationSessionTimerNegResponse:
		s.link.forget.Store(true)
		s.fail(&terminatedError{m.ErrorCode.DefinedError + m.ErrorCode.ApplError})
	}
}

// silent tells whether it is time to ask for a sign of life. A PBX that answers
// none is told regularly that we are there.
func (s *session) silent(now, asked time.Time) bool {
	if !s.up.Load() || s.link.dialect.probe == nil {
		return false
	}
	quiet := now.Sub(asked)
	if s.link.dialect.answered && !s.stalled.Load() {
		quiet = min(quiet, s.heardFor(now))
	}
	return quiet >= s.interval()
}

// heardFor is how long the PBX has been silent.
func (s *session) heardFor(now time.Time) time.Duration {
	return now.Sub(time.Unix(0, s.heard.Load()))
}

// dead tells whether two signs of life are missing. Silence proves nothing where
// the PBX never answered what it is asked: there TCP has to notice. Before the
// session is up, the opening's own time-out counts.
func (s *session) dead(now time.Time) bool {
	patience := s.interval() * 5 / 2
	switch d := s.link.dialect; {
	case s.stalled.Load():
		return false
	case !s.up.Load():
		return d.greeted && s.heardFor(now) >= max(patience, s.link.opts.Timeout)
	case d.answered && s.proved.Load(), s.tells.Load():
		return s.heardFor(now) >= patience
	}
	return false
}

// doubtful tells whether the probe has gone unanswered. Some PBXs answer no
// heartbeat, so they are asked what they do answer.
func (s *session) doubtful(now, doubted time.Time) bool {
	patience := s.interval() * 3 / 2
	return s.up.Load() && !s.stalled.Load() && s.heardFor(now) >= patience && now.Sub(doubted) >= s.interval()
}

// question asks for the calls of any device that is monitored.
func (s *session) question() {
	var m ecma323.Message = &ecma323.RequestSystemStatus{}
	l := s.link
	l.mu.Lock()
	for _, monitor := range l.monitors {
		if monitor.phase == active {
			m = &ecma323.SnapshotDevice{SnapshotObject: monitor.id()}
			break
		}
	}
	l.mu.Unlock()
	s.request(m, func(ecma323.Message, error) {}) // whatever it says, it is there
}

// listens notes that the PBX has answered, or refused, a question for calls.
func (s *session) listens(err error) {
	var refused *refusal
	if err == nil || errors.As(err, &refused) {
		s.tells.Store(true)
	}
}

func (s *session) ask() {
	m := s.link.dialect.probe(s)
	switch m.(type) {
	case *ecma323.ResetApplicationSessionTimer:
		s.prolongSession()
	case *ecma323.KeepAlive:
		s.send(0, m)
	default:
		s.request(m, func(ecma323.Message, error) {}) // whatever it says, it is there
	}
}
