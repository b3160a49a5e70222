package uacsta

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// ErrSuspended is the cause of the end of Run's context (context.Cause) where the
// connection is lost and will be back: the association is not ended, and the next
// Run goes on with it.
var ErrSuspended = errors.New("uacsta: the connection to the PBX is lost")

// PhoneError is what a person has to know: what is wrong, as it follows a colon,
// and the cure, a sentence.
type PhoneError struct {
	problem, cure string
	kind          error // of pbx, or ErrNoCall, which callers tell apart; nil for none
}

// Error implements error.
func (p *PhoneError) Error() string { return p.problem + "; " + clause(p.cure) }

// Unwrap is the error of pbx that it is, or ErrNoCall.
func (p *PhoneError) Unwrap() error { return p.kind }

// Problem is what is wrong, as it follows a colon.
func (p *PhoneError) Problem() string { return p.problem }

// Cure is what to do about it, a sentence.
func (p *PhoneError) Cure() string { return p.cure }

// clause is a sentence as it stands within another.
func clause(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	return strings.TrimSuffix(string(unicode.ToLower(first))+text[n:], ".")
}

// sentence is a clause that stands alone.
func sentence(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[n:] + "."
}

// ErrForgotten says that the telephone does not know the association any more, as
// after a restart: it has not done what it was asked for.
var ErrForgotten error = &PhoneError{
	problem: "it does not know the control session any more, as after a restart",
	cure:    "Nothing needs to be done: the session is begun again by itself.",
}

// ErrNoCall says that the telephone does not know the call that it was to do
// something with.
var ErrNoCall = errors.New("uacsta: the telephone does not know this call")

// Why something came to nothing, each with its cure.
var (
	errNumber = &PhoneError{problem: "this cannot be dialled", cure: "Give digits, + * and # without blanks."}
	errSilent = &PhoneError{problem: "it does not react", cure: "Check that the telephone is on, registered, and reached from here."}
	errEnded  = &PhoneError{
		problem: "it has ended the control session",
		cure:    "The session is begun again by itself. If that repeats, look for another program that controls this telephone.",
	}
	errExpired = &PhoneError{problem: "it has not renewed the control session", cure: "Check that the telephone is on, registered, and reached from here."}
	errGarbled = &PhoneError{
		problem: "it answers with something that is no CSTA",
		cure:    "Check that uaCSTA (ECMA TR/87) is switched on in the telephone's settings, and update its firmware.",
	}
	errOrdinary = &PhoneError{
		problem: "it took the control session for an ordinary call",
		cure:    "Switch uaCSTA on in the telephone's settings, or choose another way to dial and answer for this link.", kind: pbx.ErrNotSupported,
	}
	errDisabled  = &PhoneError{problem: "it says that its CSTA is switched off", cure: "Switch uaCSTA on in the telephone's settings."}
	errChallenge = &PhoneError{
		problem: "it asks for a kind of authentication that is not supported",
		cure:    "Choose digest authentication in the telephone's uaCSTA settings.",
	}
	errNoneRings = &PhoneError{problem: "no call rings there", cure: "Nothing needs to be done: it was answered or given up."}
	errSeveral   = &PhoneError{problem: "several calls ring there", cure: "Answer at the telephone.", kind: pbx.ErrNotSupported}
	errUntold    = &PhoneError{
		problem: "it does not tell about its calls, so none can be answered from here",
		cure:    "Allow monitoring in the telephone's uaCSTA settings, or answer there.", kind: pbx.ErrNotSupported,
	}
	errUnnamed = &PhoneError{problem: "it has not named this call", cure: "Do it at the telephone.", kind: pbx.ErrNotSupported}
)

// refusal is a SIP refusal in plain words. tried says that a password was given.
func refusal(status int, tried bool) error {
	switch status {
	case 401, 407:
		if tried {
			return &PhoneError{problem: "it refuses the user name or password", cure: "Enter those of the telephone's uaCSTA settings."}
		}
		return &PhoneError{problem: "it asks for a password and none is configured", cure: "Enter user name and password of the telephone's uaCSTA settings."}
	case 403, 603:
		return &PhoneError{
			problem: "it does not let this bridge control it",
			cure:    "Add the bridge's address to those that may control the telephone, in its uaCSTA settings.",
		}
	case 404, 604:
		return &PhoneError{problem: "there is no such telephone", cure: "Check the extension, and that the telephone is registered.", kind: pbx.ErrUnknownDevice}
	case 405, 415, 420, 488, 501, 606:
		return &PhoneError{
			problem: fmt.Sprintf("it does not take CSTA over SIP, and says %d", status),
			cure:    "Switch uaCSTA on in the telephone's settings; if it has none, choose another way to dial and answer for this link.",
			kind:    pbx.ErrNotSupported,
		}
	case 408, 410, 430, 480, 504:
		return &PhoneError{problem: "it is not reached", cure: "Check that the telephone is on, registered, and reached from here."}
	case 481:
		return ErrForgotten
	case 486, 600:
		return &PhoneError{problem: "it is controlled by another program already", cure: "End that program's session, or wait until it has run out."}
	case 500, 503:
		return &PhoneError{problem: "it cannot do that at present", cure: "Wait; if it stays so, restart the telephone."}
	}
	return &PhoneError{
		problem: fmt.Sprintf("it refuses with %d", status),
		cure:    "Look into the telephone's manual for uaCSTA, or ask whoever runs the PBX.",
	}
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
	p := &PhoneError{e.Problem, sentence(e.Cure), nil}
	switch e.Reason {
	case ecma323.ReasonNotSupported:
		p.kind = pbx.ErrNotSupported
	case ecma323.ReasonUnknownDevice:
		p.kind = pbx.ErrUnknownDevice
	case ecma323.ReasonUnknownCall:
		p.kind = ErrNoCall
	default:
	}
	return p
}
