package uacsta

import (
	"errors"
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Why something came to nothing, each with its cure.
var (
	errNumber    = errors.New("this cannot be dialled; give digits, + * and # without blanks")
	errSilent    = errors.New("the telephone does not answer; check that it is on, registered, and reached from here")
	errEnded     = errors.New("the telephone has ended the control session; it is begun again, and if that repeats, look for another program that controls this telephone")
	errExpired   = errors.New("the telephone has not renewed the control session; check that it is on and reached from here")
	errForgotten = errors.New("the telephone does not know the control session any more, as after a restart; it is begun again")
	errGarbled   = errors.New("the telephone answers with something that is no CSTA; check that uaCSTA (ECMA TR/87) is switched on there, and update its firmware")
	errOrdinary  = problem{"the telephone took the control session for an ordinary call", "switch uaCSTA on in its settings, or choose another way to dial and answer", pbx.ErrNotSupported}
	errDisabled  = problem{"the telephone says that its CSTA is switched off", "switch uaCSTA on in its settings", nil}
	errChallenge = problem{"the telephone asks for a kind of authentication that is not supported", "choose digest authentication there", nil}
	errNoneRings = problem{"no call rings at the telephone", "nothing; it was answered or given up", nil}
	errSeveral   = problem{"several calls ring at the telephone", "answer there", pbx.ErrNotSupported}
	errUntold    = problem{"the telephone does not tell about its calls, so none can be answered from here", "allow monitoring in its uaCSTA settings, or answer there", pbx.ErrNotSupported}
)

// problem is what a person has to know: what is wrong, and the cure. kind is
// the error of pbx that callers tell apart, nil for none.
type problem struct {
	problem, cure string
	kind          error
}

func (p problem) Error() string { return p.problem + "; " + p.cure }
func (p problem) Unwrap() error { return p.kind }

// refusal is a SIP refusal in plain words. tried says that a password was given.
func refusal(status int, tried bool) error {
	switch status {
	case 401, 407:
		if tried {
			return problem{"the telephone refuses the user name or password", "enter those of its uaCSTA settings", nil}
		}
		return problem{"the telephone asks for a password and none is configured", "enter user name and password of its uaCSTA settings", nil}
	case 403, 603:
		return problem{"the telephone does not let this bridge control it", "add the bridge's address to those that may control it, in its uaCSTA settings", nil}
	case 404, 604:
		return problem{"there is no such telephone", "check the extension, and that the telephone is registered", pbx.ErrUnknownDevice}
	case 405, 415, 420, 488, 501, 606:
		return problem{fmt.Sprintf("the telephone does not take CSTA over SIP (it says %d)", status), "switch uaCSTA on in its settings; if it has none, choose another way to dial and answer", pbx.ErrNotSupported}
	case 408, 410, 430, 480, 504:
		return problem{"the telephone is not reached", "check that it is on and registered", nil}
	case 481:
		return errForgotten
	case 486, 600:
		return problem{"the telephone is controlled by another program already", "end that program's session, or wait", nil}
	case 500, 503:
		return problem{"the telephone cannot do that at present", "wait; if it stays so, restart the telephone", nil}
	}
	return problem{fmt.Sprintf("the telephone refuses with %d", status), "look into its manual for uaCSTA, or ask whoever runs the PBX", nil}
}

// unheard are refusals that end the dialog and not only the request
// (RFC 5057 §5.1).
func unheard(status int) bool {
	switch status {
	case 404, 408, 410, 416, 480, 481, 482, 483, 484, 485, 502, 604:
		return true
	}
	return false
}

func isChallenge(res *gosip.Response) bool {
	return res.StatusCode == gosip.StatusUnauthorized || res.StatusCode == gosip.StatusProxyAuthRequired
}

// refused is a CSTAErrorCode in plain words.
func refused(code *ecma323.CSTAErrorCode) error {
	e := code.Explain()
	p := problem{e.Problem, e.Cure, nil}
	switch e.Reason {
	case ecma323.ReasonNotSupported:
		p.kind = pbx.ErrNotSupported
	case ecma323.ReasonUnknownDevice:
		p.kind = pbx.ErrUnknownDevice
	default:
	}
	return p
}
