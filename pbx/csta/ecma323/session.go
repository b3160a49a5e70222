package ecma323

import (
	"crypto/sha1"
	"encoding/base64"
)

// session is embedded in the messages of ECMA-354.
type session struct{}

func (session) namespace() string { return NamespaceSession }

// Login is how StartApplicationSession carries credentials; no standard says.
type Login uint8

// The ways. LoginPlain: <user> and <password>. LoginAvaya: SessionLoginInfo.
const (
	LoginNone Login = iota
	LoginPlain
	LoginAvaya
)

// ApplicationSpecificInfo are credentials.
type ApplicationSpecificInfo struct {
	Login          Login
	User, Password string
	// SessionCleanupDelay is how many seconds the session outlives its
	// connection, SessionID a session to take up again (both Avaya).
	SessionCleanupDelay int
	SessionID           string
}

func (a *ApplicationSpecificInfo) fields(c *coder) {
	if !c.writing {
		a.read(c)
		return
	}
	c.open("applicationSpecificInfo")
	switch a.Login {
	case LoginAvaya:
		c.out = append(c.out, `<acx:SessionLoginInfo xmlns:acx="`+NamespaceAvaya+`" xmlns:xsi="`+namespaceXSI+`" xsi:type="acx:SessionLoginInfo">`...)
		c.text("acx:userName", &a.User)
		c.text("acx:password", &a.Password)
		c.number("acx:sessionCleanupDelay", &a.SessionCleanupDelay)
		c.text("acx:sessionID", &a.SessionID)
		c.end("acx:SessionLoginInfo")
	default:
		c.text("user", &a.User)
		c.text("password", &a.Password)
	}
	c.end("applicationSpecificInfo")
}

func (a *ApplicationSpecificInfo) read(c *coder) {
	c.group("applicationSpecificInfo", true, func() {
		a.Login = LoginPlain
		c.text("user", &a.User)
		c.text("password", &a.Password)
		c.group("SessionLoginInfo", true, func() {
			a.Login = LoginAvaya
			c.text("userName", &a.User)
			c.text("password", &a.Password)
			c.number("sessionCleanupDelay", &a.SessionCleanupDelay)
			c.text("sessionID", &a.SessionID)
		})
	})
}

// StartApplicationSession begins a session (ECMA-354).
type StartApplicationSession struct {
	session
	ApplicationID           string
	ApplicationSpecificInfo ApplicationSpecificInfo
	// RequestedProtocolVersions are namespaces, the best one first.
	RequestedProtocolVersions []string
	// RequestedSessionDuration is in seconds.
	RequestedSessionDuration int
}

// Name is the root element's.
func (*StartApplicationSession) Name() string { return "StartApplicationSession" }

func (m *StartApplicationSession) fields(c *coder) {
	c.group("applicationInfo", true, func() {
		c.text("applicationID", &m.ApplicationID)
		if !c.writing || m.ApplicationSpecificInfo.Login != LoginNone {
			m.ApplicationSpecificInfo.fields(c)
		}
	})
	c.group("requestedProtocolVersions", true, func() { c.texts("protocolVersion", &m.RequestedProtocolVersions) })
	c.number("requestedSessionDuration", &m.RequestedSessionDuration)
}

// StartApplicationSessionPosResponse grants it.
type StartApplicationSessionPosResponse struct {
	session
	SessionID             string
	ActualProtocolVersion string
	ActualSessionDuration int // seconds
	// ActualHBT is OpenScape Voice's heartbeat time in seconds.
	ActualHBT int
}

// Name is the root element's.
func (*StartApplicationSessionPosResponse) Name() string { return "StartApplicationSessionPosResponse" }

func (m *StartApplicationSessionPosResponse) fields(c *coder) {
	c.text("sessionID", &m.SessionID)
	c.text("actualProtocolVersion", &m.ActualProtocolVersion)
	c.number("actualSessionDuration", &m.ActualSessionDuration)
	c.group("extensions", m.ActualHBT != 0, func() { c.number("actualHBT", &m.ActualHBT) })
}

// SessionError is the errorCode of a refusal: one of the words of ECMA-354, or
// the switch's own.
type SessionError struct{ DefinedError, ApplError string }

func (e *SessionError) fields(c *coder) {
	c.group("errorCode", true, func() {
		c.text("definedError", &e.DefinedError)
		c.text("applError", &e.ApplError)
	})
}

// StartApplicationSessionNegResponse refuses it.
type StartApplicationSessionNegResponse struct {
	session
	ErrorCode SessionError
}

// Name is the root element's.
func (*StartApplicationSessionNegResponse) Name() string { return "StartApplicationSessionNegResponse" }

func (m *StartApplicationSessionNegResponse) fields(c *coder) { m.ErrorCode.fields(c) }

// ResetApplicationSessionTimer keeps a session.
type ResetApplicationSessionTimer struct {
	session
	SessionID                string
	RequestedSessionDuration int // seconds
}

// Name is the root element's.
func (*ResetApplicationSessionTimer) Name() string { return "ResetApplicationSessionTimer" }

func (m *ResetApplicationSessionTimer) fields(c *coder) {
	c.text("sessionID", &m.SessionID)
	c.number("requestedSessionDuration", &m.RequestedSessionDuration)
}

// ResetApplicationSessionTimerPosResponse says for how long.
type ResetApplicationSessionTimerPosResponse struct {
	session
	ActualSessionDuration int // seconds
}

// Name is the root element's.
func (*ResetApplicationSessionTimerPosResponse) Name() string {
	return "ResetApplicationSessionTimerPosResponse"
}

func (m *ResetApplicationSessionTimerPosResponse) fields(c *coder) {
	c.number("actualSessionDuration", &m.ActualSessionDuration)
}

// ResetApplicationSessionTimerNegResponse says that the session is over.
type ResetApplicationSessionTimerNegResponse struct {
	session
	ErrorCode SessionError
}

// Name is the root element's.
func (*ResetApplicationSessionTimerNegResponse) Name() string {
	return "ResetApplicationSessionTimerNegResponse"
}

func (m *ResetApplicationSessionTimerNegResponse) fields(c *coder) { m.ErrorCode.fields(c) }

// StopApplicationSession ends a session; the reason is always normal.
type StopApplicationSession struct {
	session
	SessionID string
}

// Name is the root element's.
func (*StopApplicationSession) Name() string { return "StopApplicationSession" }

func (m *StopApplicationSession) fields(c *coder) {
	c.text("sessionID", &m.SessionID)
	if c.writing {
		c.group("sessionEndReason", true, func() { c.element("definedEndReason", "normal") })
	}
}

// StopApplicationSessionPosResponse confirms it.
type StopApplicationSessionPosResponse struct{ session }

// Name is the root element's.
func (*StopApplicationSessionPosResponse) Name() string { return "StopApplicationSessionPosResponse" }

func (*StopApplicationSessionPosResponse) fields(*coder) {}

// ApplicationSessionTerminated is the switch's own end of a session.
type ApplicationSessionTerminated struct {
	session
	SessionID         string
	DefinedTermReason string
	ServerTermReason  string
}

// Name is the root element's.
func (*ApplicationSessionTerminated) Name() string { return "ApplicationSessionTerminated" }

func (m *ApplicationSessionTerminated) fields(c *coder) {
	c.text("sessionID", &m.SessionID)
	c.group("sessionTermReason", true, func() {
		c.text("definedTermReason", &m.DefinedTermReason)
		c.text("serverTermReason", &m.ServerTermReason)
	})
}

// plain is embedded in messages that have no namespace.
type plain struct{}

func (plain) namespace() string { return "" }

// LoginRequest is Zultys MX's log-in, before anything else.
type LoginRequest struct {
	plain
	Type, Platform, Version string // attributes; Type is "User" or "Server"
	UserName                string
	// Pwd is what HashPassword makes of the password.
	Pwd string
}

// Name is the root element's.
func (*LoginRequest) Name() string { return "loginRequest" }

func (m *LoginRequest) rootAttributes(c *coder) {
	c.attr("type", m.Type)
	c.attr("platform", m.Platform)
	c.attr("version", m.Version)
}

func (m *LoginRequest) fields(c *coder) {
	if !c.writing {
		m.Type = c.tree.attribute(c.at, "type")
		m.Platform = c.tree.attribute(c.at, "platform")
		m.Version = c.tree.attribute(c.at, "version")
	}
	c.text("userName", &m.UserName)
	c.text("pwd", &m.Pwd)
}

// HashPassword is a password as Zultys MX wants it: SHA-1, in base64, with a
// line break.
func HashPassword(password string) string {
	sum := sha1.Sum([]byte(password))
	return base64.StdEncoding.EncodeToString(sum[:]) + "\n"
}

// LoginResponse says that the log-in was taken; the name is Zultys' spelling.
type LoginResponse struct{ plain }

// Name is the root element's.
func (*LoginResponse) Name() string { return "loginResponce" }

func (*LoginResponse) fields(*coder) {}

// LoginFailed says that it was not.
type LoginFailed struct {
	plain
	Reason string
}

// Name is the root element's.
func (*LoginFailed) Name() string { return "loginFailed" }

func (m *LoginFailed) fields(c *coder) { c.text("reason", &m.Reason) }

// KeepAlive is Zultys MX's heartbeat, every 45 s; it has no answer.
type KeepAlive struct{ plain }

// Name is the root element's.
func (*KeepAlive) Name() string { return "keepalive" }

func (*KeepAlive) fields(*coder) {}
