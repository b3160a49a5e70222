package sip

import (
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// outcome is how a call that we place ended. The detail is read by the agent:
// what happened and, where somebody can help it, what to do.
type outcome struct {
	kind   pbx.EventKind
	cause  pbx.Cause
	detail string
}

func failed(why pbx.Cause, detail string) *outcome { return &outcome{pbx.EventFailed, why, detail} }

func lostOutcome() *outcome { return failed(pbx.CauseUnreachable, sentence(pbx.ErrLinkDown)) }

// interrupted is the outcome of what the end of the session cut short: the link
// was stopped, or the connection to the switch lost.
func (s *session) interrupted() *outcome {
	if s.ctx.Err() == nil {
		return lostOutcome()
	}
	return &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
}

// noAnswer: the patience with a ringing telephone is over.
func (i *invitation) noAnswer() outcome {
	if i.far {
		return outcome{pbx.EventFailed, pbx.CauseNoAnswer, "Nobody answered at the number."}
	}
	return outcome{pbx.EventFailed, pbx.CauseNoAnswer, "Nobody answered at your telephone."}
}

// refused says why an INVITE was. A telephone that rang and then says busy was
// declined by its owner, as most phones do it (RFC 3261 §21.4.18): that is no
// busy far end.
func (i *invitation) refused(res *gosip.Response) *outcome {
	if i.far {
		return failed(causeOf(res.StatusCode), farRefusal(res.StatusCode))
	}
	said := " (" + status(res) + ")"
	switch code := res.StatusCode; code {
	case 486, 600:
		if i.rang {
			return failed(pbx.CauseRejected, "Declined on your telephone.")
		}
		return failed(pbx.CauseBusy, "Your telephone is busy or set not to be disturbed"+said+".")
	case 603, 607:
		return failed(pbx.CauseRejected, "Declined on your telephone.")
	case 408, 480, 487:
		return failed(pbx.CauseNoAnswer, "Your telephone does not answer"+said+". Check that it is on and signed in.")
	case 404, 410, 484, 604:
		return failed(pbx.CauseUnallocatedNumber, "The PBX cannot ring your extension"+said+". Ask an administrator to check it.")
	case 401, 403, 407:
		return failed(pbx.CauseNotAllowed, "The PBX does not let the bridge call you"+said+". An administrator has to allow it for the bridge's account.")
	case 420, 421:
		return failed(pbx.CauseUnreachable, "The PBX asks for an extension such as 100rel"+said+". An administrator has to switch it off for the bridge's account.")
	}
	return failed(causeOf(res.StatusCode), "Your telephone could not be rung"+said+".")
}

// referRefused says why the switch does not hand the call over.
func referRefused(res *gosip.Response) *outcome {
	said := " (" + status(res) + ")"
	switch code := res.StatusCode; code {
	case 401, 403, 407:
		return failed(pbx.CauseNotAllowed, "The PBX does not let the bridge connect you to the number"+said+". An administrator has to allow transfers for the bridge's account.")
	case 405, 420, 489, 501:
		return failed(pbx.CauseNotAllowed, "The PBX cannot connect calls for the bridge"+said+". An administrator can choose another way of dialling for this link.")
	case 603:
		return failed(pbx.CauseRejected, "The PBX declined to connect you to the number"+said+".")
	}
	return failed(causeOf(res.StatusCode), "The PBX could not connect you to the number"+said+".")
}

// farRefusal is what the far end, or the switch for it, answered.
func farRefusal(code int) string { return strconv.Itoa(code) + " " + reasonOf(code) }

// sentence makes an error's text one.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// causeOf turns a SIP status into a cause.
func causeOf(code int) pbx.Cause {
	switch code {
	case 486, 600:
		return pbx.CauseBusy
	case 408, 480, 487:
		return pbx.CauseNoAnswer
	case 603, 607:
		return pbx.CauseRejected
	case 401, 403, 407:
		return pbx.CauseNotAllowed
	case 404, 410, 484, 604:
		return pbx.CauseUnallocatedNumber
	}
	return pbx.CauseUnreachable
}

// reasonOf is what a status says in plain words.
func reasonOf(code int) string { return reasonFor(causeOf(code)) }

// reasonFor is why a call failed, in plain words.
func reasonFor(why pbx.Cause) string {
	switch why {
	case pbx.CauseBusy:
		return "busy"
	case pbx.CauseNoAnswer:
		return "no answer"
	case pbx.CauseRejected:
		return "declined"
	case pbx.CauseNotAllowed:
		return "not allowed"
	case pbx.CauseUnallocatedNumber:
		return "number does not exist"
	default:
		return "could not be reached"
	}
}
