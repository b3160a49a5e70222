package csta

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/internal/trust"
)

// Why a request or a connection came to nothing, to follow a colon.
var (
	errTimeout    = errors.New("the PBX does not answer")
	errNoSession  = errors.New("it takes the connection, but does not answer the request that begins a session")
	errSilent     = errors.New("it has not answered for too long")
	errNotReading = errors.New("it does not read what the bridge sends")
	errBroken     = errors.New("one of its messages breaks the bridge's link; the log says more")
	errRestarted  = errors.New("it says that it was restarted")
	errNoSwitch   = errors.New("the CTI server has lost its own connection to the telephone system")
)

// refusal is what the PBX refused, in plain words.
type refusal struct {
	ecma323.Explanation
	lacking bool // the PBX does not have the service at all
}

// refused is a refusal of a request.
func refused(code *ecma323.CSTAErrorCode) *refusal {
	lacking := strings.EqualFold(code.Value, "serviceNotSupported") || strings.EqualFold(code.Value, "unsupportedService")
	return &refusal{code.Explain(), lacking}
}

// Error is the problem with its cure.
func (r *refusal) Error() string { return r.Problem + "; " + r.Cure }

// Is makes what the PBX cannot do pbx.ErrNotSupported.
func (r *refusal) Is(target error) bool {
	return target == pbx.ErrNotSupported && r.Reason == ecma323.ReasonNotSupported ||
		target == pbx.ErrUnknownDevice && r.Reason == ecma323.ReasonUnknownDevice
}

// openingError says that a session could not be begun.
type openingError struct{ err error }

func (e *openingError) Error() string { return e.err.Error() }
func (e *openingError) Unwrap() error { return e.err }

// terminatedError is the PBX's own end of a session.
type terminatedError struct{ word string }

func (e *terminatedError) Error() (problem string) {
	switch strings.ToLower(e.word) {
	case "sessiontimerexpired":
		return "it has ended the session, because its timer ran out"
	case "resourcelimitation":
		return "it has ended the session for want of resources"
	}
	return "it has ended the session"
}

// deviceProblem says why a device cannot be monitored.
func deviceProblem(number pbx.DeviceID, err error) (problem, cure string) {
	problem = fmt.Sprintf("Extension %s cannot be monitored: %s.", number, err)
	cure = "The link tries again by itself. If this goes on, lower the pace of the link and look into the log of the PBX's CSTA service."
	var refused *refusal
	if errors.As(err, &refused) {
		problem = fmt.Sprintf("Extension %s cannot be monitored: %s.", number, refused.Problem)
		cure = sentence(refused.Cure)
	}
	return problem, cure
}

// sentence makes one of a clause.
func sentence(clause string) string {
	first, size := utf8.DecodeRuneInString(clause)
	return string(unicode.ToUpper(first)) + clause[size:] + "."
}

// rejected puts what an administrator has to act upon into words; ok is false
// for all else.
func (l *Link) rejected(err error) (problem, cure string, ok bool) {
	var alien *ecma323.ProtocolError
	if errors.As(err, &alien) {
		problem = fmt.Sprintf("The PBX speaks %s on this port, and not CSTA in XML.", alien.Speaks)
		return problem, sentence(alien.Cure), true
	}
	var opening *openingError
	var refused *refusal
	if !errors.As(err, &opening) || !errors.As(err, &refused) || refused.Reason == ecma323.ReasonBusy {
		return "", "", false
	}
	problem = fmt.Sprintf("The PBX does not let the bridge in: %s.", refused.Problem)
	return problem, sentence(refused.Cure), true
}

// whyLost is a lost connection's cause as it follows a colon.
func whyLost(err error) (problem string) {
	var plain *trust.PlainError
	switch {
	case err == nil, errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "it does not answer"
	case errors.As(err, &plain):
		return plain.Problem
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it closed the connection"
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// lostCure says what helps against a lost connection.
func (l *Link) lostCure(err error, answered bool) string {
	var plain *trust.PlainError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record):
		return "Check the port, or choose TCP as the link's transport."
	case errors.As(err, &plain):
		return plain.Cure
	case errors.Is(err, errNoSession), !answered && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return "Check that port and dialect of the link are those of the PBX's CSTA interface, that this interface is set to XML, and that one of its links is free for the bridge."
	case errors.Is(err, errSilent):
		return "Check that the PBX and its CSTA service are running, and that no firewall or VPN between ends connections that are quiet for a while. The link connects again by itself."
	case errors.Is(err, errNoSwitch):
		return "Check the CTI link between the server and the telephone system. The bridge's link tries again by itself."
	}
	return "Check that the PBX is running, that address, port and transport are right, and that no firewall stands between. The link tries again by itself."
}
