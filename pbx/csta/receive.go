package csta

import (
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// arrival is a message with what belongs to it.
type arrival struct {
	id ecma323.InvokeID
	m  ecma323.Message
	at time.Time
}

// reason is what came of a message.
type reason uint8

const (
	effective reason = iota
	dropAnswer
	dropQuestion
	dropNothingNew
	dropMonitor
	dropLate
	dropUnknown
	dropMalformed
	dropTooMany
	reasons
)

var reasonNames = [reasons]string{
	dropAnswer:     "answer to a request",
	dropQuestion:   "heartbeat or request of the PBX",
	dropNothingNew: "nothing new",
	dropMonitor:    "unknown monitor",
	dropLate:       "late answer",
	dropUnknown:    "unknown message",
	dropMalformed:  "malformed",
	dropTooMany:    "too many at once",
}

func (l *Link) count(r reason) { l.counts[r].Add(1) }

// read takes the connection's frames until it ends. Heartbeats are answered at
// once; all else goes to apply.
func (s *session) read() {
	defer close(s.inbox)
	frames := ecma323.NewReader(s.conn)
	var decoder ecma323.Decoder
	for {
		f, err := frames.Next()
		if err != nil {
			s.fail(err)
			return
		}
		now := time.Now()
		s.heard.Store(now.UnixNano())
		m, err := decoder.Decode(f.Body)
		if err != nil {
			s.link.count(dropMalformed)
			continue
		}
		if s.reply(f.InvokeID, m) {
			continue
		}
		if !s.pass(arrival{f.InvokeID, m, now}) {
			return
		}
	}
}

// pass hands a message to apply; it is false if the session is over. While it
// waits, the PBX's silence is our own.
func (s *session) pass(a arrival) bool {
	select {
	case s.inbox <- a:
		return true
	default:
	}
	s.stalled.Store(true)
	defer s.stalled.Store(false)
	select {
	case s.inbox <- a:
		s.heard.Store(time.Now().UnixNano())
		return true
	case <-s.done:
		return false
	}
}

// reply answers what the PBX asks and tells whether that was all.
func (s *session) reply(id ecma323.InvokeID, m ecma323.Message) (all bool) {
	switch m := m.(type) {
	case *ecma323.SystemStatus:
		s.send(id, &ecma323.SystemStatusResponse{})
		if m.SystemStatus != "" && m.SystemStatus != ecma323.StatusNormal || s.link.dialect.greeted && !s.up.Load() {
			return false
		}
	case *ecma323.RequestSystemStatus:
		s.send(id, &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal})
	case *ecma323.SystemRegister:
		s.send(id, &ecma323.SystemRegisterResponse{SysStatRegisterID: "1"})
	case *ecma323.KeepAlive:
	case *ecma323.SnapshotDeviceData:
		s.send(id, &ecma323.SnapshotDeviceDataResponse{})
		return false
	case *ecma323.MonitorStop:
		s.send(id, &ecma323.MonitorStopResponse{})
		return false
	case *ecma323.SwitchingFunctionDevices:
		s.send(id, &ecma323.SwitchingFunctionDevicesResponse{})
	case *ecma323.ApplicationSessionTerminated:
		return false
	default:
		if ecma323.KindOf(m) != ecma323.KindRequest {
			return false
		}
		s.send(id, &ecma323.CSTAErrorCode{Category: "operation", Value: "serviceNotSupported"})
		s.link.count(dropUnknown)
		return true
	}
	s.link.count(dropQuestion)
	return true
}

// handle does what a message says, on Run's goroutine. A mistake of ours that a
// message finds costs this connection and not the program.
func (s *session) handle(a arrival) {
	defer func() {
		if p := recover(); p != nil {
			s.link.log.Error("a message of the PBX cannot be worked on", slog.String("event", a.m.Name()), slog.Any("err", p), slog.String("cause", string(debug.Stack())))
			s.fail(errBroken)
		}
	}()
	switch ecma323.KindOf(a.m) {
	case ecma323.KindResponse:
		s.answered(a)
	case ecma323.KindEvent:
		s.event(a)
	default:
		s.link.count(dropQuestion)
		s.asked(a)
	}
}

// answered joins an answer to its request.
func (s *session) answered(a arrival) {
	s.mu.Lock()
	p, outcome := s.invokes.Take(a.id)
	s.mu.Unlock()
	switch outcome {
	case ecma323.Late:
		s.link.count(dropLate)
		if r, ok := a.m.(*ecma323.MonitorStartResponse); ok && r.MonitorCrossRefID != "" && s.refs[r.MonitorCrossRefID] == nil {
			s.stopMonitor(r.MonitorCrossRefID) // it was started anew, or will be
		}
		return
	case ecma323.Unknown:
		s.link.count(dropUnknown)
		return
	default:
	}
	s.proved.Store(true)
	before := s.link.events.Load()
	if code, ok := a.m.(*ecma323.CSTAErrorCode); ok {
		p.done(nil, refused(code))
	} else {
		p.done(a.m, nil)
	}
	s.tellLater()
	if s.link.events.Load() > before {
		s.link.count(effective)
	} else {
		s.link.count(dropAnswer)
	}
}

// asked takes those requests of the PBX that change something.
func (s *session) asked(a arrival) {
	switch m := a.m.(type) {
	case *ecma323.SystemStatus:
		s.systemIs(m.SystemStatus)
	case *ecma323.MonitorStop:
		s.stopped(m.MonitorCrossRefID)
	case *ecma323.SnapshotDeviceData:
		s.addPart(m)
	case *ecma323.ApplicationSessionTerminated:
		if id := s.sessionID(); m.SessionID == "" || id == "" || m.SessionID == id {
			s.link.resumes = ""
			s.fail(&terminatedError{m.DefinedTermReason + m.ServerTermReason})
		}
	}
}

// systemIs takes what the PBX says of itself.
func (s *session) systemIs(status ecma323.Status) {
	switch status {
	case ecma323.StatusInitializing, ecma323.StatusDisabled:
		if s.up.Load() { // monitors and calls are gone
			s.fail(errRestarted)
		}
		return
	case ecma323.StatusMessagesLost, "messageLost":
		s.askAgain()
	case ecma323.StatusOverloadImminent, ecma323.StatusOverloadReached:
		s.rest = time.Now().Add(overloadRest)
	case ecma323.StatusOverloadRelieved:
		s.rest = time.Time{}
	default:
	}
	if !s.up.Load() && s.link.dialect.greeted && !s.opened {
		s.open()
	}
}

// event takes an event to its monitor.
func (s *session) event(a arrival) {
	ref, known := reference(a.m)
	if !known {
		if e, ok := a.m.(*ecma323.LinkEvent); ok {
			s.linkEvent(e)
		}
		s.link.count(dropUnknown)
		return
	}
	m := s.refs[ref]
	switch {
	case m == nil && s.starting > 0 && s.stash.put(ref, a):
	case m == nil:
		s.link.count(dropMonitor)
	case m.phase == active:
		s.apply(m, a)
	default:
		s.hold(m, a)
	}
}

// reference is the monitor of an event that means something to us.
func reference(m ecma323.Message) (ref string, known bool) {
	switch m := m.(type) {
	case ecma323.CallEvent:
		return m.Data().MonitorCrossRefID, true
	case ecma323.AgentEvent:
		return m.Agent().MonitorCrossRefID, true
	case *ecma323.DeviceEvent:
		return m.MonitorCrossRefID, true
	}
	return "", false
}

// apply turns an event into the bridge's and sends them.
func (s *session) apply(m *monitor, a arrival) {
	l := s.link
	events := l.ask(func(t *calls.Table) []pbx.Event {
		switch e := a.m.(type) {
		case ecma323.CallEvent:
			return t.Apply(m.number, e, a.at)
		case ecma323.AgentEvent:
			return t.ApplyAgent(m.number, e, a.at)
		}
		return nil
	})
	if len(events) == 0 {
		l.count(dropNothingNew)
		return
	}
	l.tell(s.ctx, s.events, events)
	l.count(effective)
	for i := range events {
		if events[i].Kind != pbx.EventConnectionCleared && !events[i].Remote().Known() {
			s.learn(events[i].Connection)
		}
	}
}

// linkEvent: Avaya's server has lost its telephone system, or has it again. Its
// monitors are gone then.
func (s *session) linkEvent(e *ecma323.LinkEvent) {
	if !e.Up {
		s.link.resumes = ""
		s.fail(errNoSwitch)
	}
}
