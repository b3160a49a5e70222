package csta

import (
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// What the dialects of the table send, and how they read the answers.

const applicationID = "ctibridge"

func plainSession(s *session) ecma323.Message {
	m := s.startSession()
	if cfg := s.link.cfg; cfg.Username != "" {
		m.ApplicationSpecificInfo = ecma323.ApplicationSpecificInfo{Login: ecma323.LoginPlain, User: cfg.Username, Password: cfg.Password}
	}
	return m
}

// avayaSession takes up the session of the last connection where there was one.
func avayaSession(s *session) ecma323.Message {
	l := s.link
	m := s.startSession()
	m.ApplicationSpecificInfo = ecma323.ApplicationSpecificInfo{
		Login: ecma323.LoginAvaya, User: l.cfg.Username, Password: l.cfg.Password,
		SessionCleanupDelay: int(cleanupDelay / time.Second), SessionID: s.resumes,
	}
	return m
}

func (s *session) startSession() *ecma323.StartApplicationSession {
	return &ecma323.StartApplicationSession{
		ApplicationID: applicationID, RequestedProtocolVersions: []string{s.link.edition.Namespace},
		RequestedSessionDuration: int(sessionDuration / time.Second),
	}
}

func sessionGranted(s *session, m ecma323.Message) error {
	switch m := m.(type) {
	case *ecma323.StartApplicationSessionPosResponse:
		s.grant(m.SessionID, m.ActualSessionDuration)
		return nil
	case *ecma323.StartApplicationSessionNegResponse:
		if s.resumes != "" {
			return errNotResumed
		}
		return &refusal{Explanation: m.ErrorCode.Explain()}
	}
	return odd(m)
}

// grant notes a session and how long it lasts without being prolonged.
func (s *session) grant(id string, seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id = id
	s.prolong(seconds)
}

// prolong plans the next refresh at half of what was granted. The caller holds mu.
func (s *session) prolong(seconds int) {
	s.refresh = time.Time{}
	if seconds > 0 {
		s.refresh = time.Now().Add(time.Duration(seconds) * time.Second / 2)
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

func (s *session) sessionID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

func resetTimer(s *session) ecma323.Message {
	return &ecma323.ResetApplicationSessionTimer{SessionID: s.sessionID(), RequestedSessionDuration: int(sessionDuration / time.Second)}
}

func stopSession(s *session) ecma323.Message {
	return &ecma323.StopApplicationSession{SessionID: s.sessionID()}
}

func register(*session) ecma323.Message {
	return &ecma323.SystemRegister{SystemStatus: true, RequestSystemStatus: true}
}

func registered(_ *session, m ecma323.Message) error {
	if _, ok := m.(*ecma323.SystemRegisterResponse); !ok {
		return odd(m)
	}
	return nil
}

func requestStatus(*session) ecma323.Message { return &ecma323.RequestSystemStatus{} }

func statusGranted(_ *session, m ecma323.Message) error {
	r, ok := m.(*ecma323.RequestSystemStatusResponse)
	if !ok {
		return odd(m)
	}
	if !working(r.SystemStatus) {
		return errNotReady
	}
	return nil
}

// working tells whether a system in that state takes monitors.
func working(s ecma323.Status) bool {
	return s != ecma323.StatusInitializing && s != ecma323.StatusDisabled
}

func systemStatus(*session) ecma323.Message {
	return &ecma323.SystemStatus{SystemStatus: ecma323.StatusNormal}
}

func login(s *session) ecma323.Message {
	cfg := s.link.cfg
	return &ecma323.LoginRequest{Type: "User", Platform: "ctibridge", Version: "1", UserName: cfg.Username, Pwd: ecma323.HashPassword(cfg.Password)}
}

func loggedIn(_ *session, m ecma323.Message) error {
	switch m := m.(type) {
	case *ecma323.LoginResponse:
		return nil
	case *ecma323.LoginFailed:
		return &refusal{Explanation: ecma323.SessionError{DefinedError: "userAuthenticationFailed", ApplError: m.Reason}.Explain()}
	}
	return odd(m)
}

func keepAlive(*session) ecma323.Message { return &ecma323.KeepAlive{} }

var (
	errNotResumed = errors.New("the PBX has forgotten our session")
	errNotReady   = errors.New("it is starting, or its CSTA service is switched off")
)

// odd is an answer that does not belong to the request.
func odd(m ecma323.Message) error {
	return fmt.Errorf("the answer %s does not fit the request", m.Name())
}
