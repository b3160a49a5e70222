package pbxtest

import (
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// receive takes a message of a client. The caller holds mu.
func (c *cstaConn) receive(id ecma323.InvokeID, m ecma323.Message) {
	if c.dropped {
		return
	}
	if ecma323.KindOf(m) == ecma323.KindResponse {
		c.missed = 0
		return
	}
	c.s.requests.Add(1)
	c.last = id
	if answer, known := c.associate(m); known {
		if answer != nil {
			c.respond(id, answer)
		}
		return
	}
	if c.session == nil {
		c.respond(id, refuse("security", "securityViolation"))
		return
	}
	c.serve(id, m)
}

func refuse(category, value string) ecma323.Message {
	return &ecma323.CSTAErrorCode{Category: category, Value: value}
}

// associate answers what begins, keeps and ends a session.
func (c *cstaConn) associate(m ecma323.Message) (answer ecma323.Message, known bool) {
	s := c.s
	switch m := m.(type) {
	case *ecma323.StartApplicationSession:
		s.logins.Add(1)
		return c.startSession(m), true
	case *ecma323.ResetApplicationSessionTimer:
		return c.resetTimer(m), true
	case *ecma323.StopApplicationSession:
		delete(s.sessions, m.SessionID)
		c.session = nil
		return &ecma323.StopApplicationSessionPosResponse{}, true
	case *ecma323.LoginRequest:
		s.logins.Add(1)
		return c.login(m), true
	case *ecma323.KeepAlive:
		return nil, true
	case *ecma323.SystemStatus:
		if s.strikes(CSTANoHeartbeat) {
			return nil, true
		}
		return &ecma323.SystemStatusResponse{}, true
	case *ecma323.SystemRegister:
		if s.opts.Dialect == CSTARegister && c.session == nil {
			s.logins.Add(1)
			c.begin(s.newSession())
		}
		return &ecma323.SystemRegisterResponse{SysStatRegisterID: "27"}, true
	case *ecma323.RequestSystemStatus:
		if s.opts.Dialect == CSTAStatus && c.session == nil {
			s.logins.Add(1)
			c.begin(s.newSession())
		} else if s.strikes(CSTANoHeartbeat) {
			return nil, true
		}
		return &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal}, true
	}
	return nil, false
}

func (c *cstaConn) startSession(m *ecma323.StartApplicationSession) ecma323.Message {
	s, given := c.s, m.ApplicationSpecificInfo
	fail := func(word string) ecma323.Message {
		return &ecma323.StartApplicationSessionNegResponse{ErrorCode: ecma323.SessionError{DefinedError: word}}
	}
	want := ecma323.LoginPlain
	switch s.opts.Dialect {
	case CSTASession:
	case CSTAAvaya:
		want = ecma323.LoginAvaya
	default:
		return fail("requestedProtocolVersionNotSupported")
	}
	if !slices.Contains(m.RequestedProtocolVersions, s.opts.Edition.Namespace) {
		return fail("requestedProtocolVersionNotSupported")
	}
	if s.opts.Username != "" && (given.Login != want || given.User != s.opts.Username || given.Password != s.opts.Password) {
		return fail("invalidApplicationInfo")
	}
	session := s.sessions[given.SessionID]
	switch {
	case given.SessionID == "":
		session = s.newSession()
	case session == nil || session.conn != nil:
		return fail("invalidApplicationInfo")
	}
	session.lifetime = min(max(m.RequestedSessionDuration, 1), max(int(s.opts.SessionDuration/time.Second), 1))
	c.begin(session)
	s.watchTimer(session)
	return &ecma323.StartApplicationSessionPosResponse{
		SessionID: session.id, ActualProtocolVersion: s.opts.Edition.Namespace, ActualSessionDuration: session.lifetime,
	}
}

// watchTimer terminates a session that is not prolonged.
func (s *CSTASwitch) watchTimer(session *cstaSession) {
	renewed := session.renewed
	s.after(2*time.Duration(session.lifetime)*time.Second, func() {
		if s.sessions[session.id] == session && session.renewed == renewed {
			s.terminate(session, "sessionTimerExpired")
		}
	})
}

func (s *CSTASwitch) terminate(session *cstaSession, reason string) {
	delete(s.sessions, session.id)
	if c := session.conn; c != nil {
		c.request(&ecma323.ApplicationSessionTerminated{SessionID: session.id, DefinedTermReason: reason})
		c.session = nil
	}
}

// TerminateSessions ends all sessions in the switch's own name, for want of
// resources. Connections stay.
func (s *CSTASwitch) TerminateSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		s.terminate(session, "resourceLimitation")
	}
}

func (c *cstaConn) resetTimer(m *ecma323.ResetApplicationSessionTimer) ecma323.Message {
	session := c.session
	if session == nil || session.id != m.SessionID {
		return &ecma323.ResetApplicationSessionTimerNegResponse{ErrorCode: ecma323.SessionError{DefinedError: "invalidSessionID"}}
	}
	session.renewed++
	c.s.watchTimer(session)
	return &ecma323.ResetApplicationSessionTimerPosResponse{ActualSessionDuration: session.lifetime}
}

func (c *cstaConn) login(m *ecma323.LoginRequest) ecma323.Message {
	o := c.s.opts
	hashed := ecma323.HashPassword(o.Password)
	if o.Dialect != CSTAZultys || o.Username != "" && (m.UserName != o.Username || m.Pwd+"\n" != hashed && m.Pwd != hashed) {
		return &ecma323.LoginFailed{Reason: "wrong user name or password"}
	}
	c.begin(c.s.newSession())
	return &ecma323.LoginResponse{}
}

// Status sends SystemStatus to all clients: StatusInitializing says that the
// switch was restarted, and forgets all monitors.
func (s *CSTASwitch) Status(status ecma323.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		if status == ecma323.StatusInitializing && c.session != nil {
			c.session.forget()
		}
		c.request(&ecma323.SystemStatus{SystemStatus: status})
	}
}
