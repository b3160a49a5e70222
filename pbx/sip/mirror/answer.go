package mirror

import (
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// answer follows a response to an INVITE.
func (f *follower) answer(s *session, m *message.Message) reason {
	h := s.hop(message.Param(m.Via(), "branch"))
	if h == nil {
		return dropNothing // of a re-INVITE, or of a hop that we missed
	}
	if m.Status > 100 {
		f.decide(s, h)
	}
	c := h.connection
	switch {
	case c == nil:
		return dropUnwatched
	case h.over || c.over:
		return dropRepeated
	case m.Status == 100:
	case m.Status < 200:
		f.progress(c, m)
	case m.Status < 300:
		f.accepted(c, m)
	default:
		h.over = true
		f.refused(c, m)
	}
	return dropNothing
}

// progress: the telephone rings, or what the agent called does. 181 and 182 say
// that it does so elsewhere or not yet (RFC 3261 §21.1).
func (f *follower) progress(c *connection, m *message.Message) {
	if c.state == pbx.StateConnected {
		return
	}
	if tag := message.Param(m.To, "tag"); len(tag) > 0 {
		c.callee = string(tag)
	}
	switch {
	case c.direction == pbx.DirectionOutbound:
		f.originate(c)
	case c.state == pbx.StateNull && m.Status != 181 && m.Status != 182:
		c.state = pbx.StateAlerting
		f.tell(c, pbx.EventDelivered, c.how)
	}
}

// originate tells of an outgoing call, once. What the agent dials to make the
// switch do something is no call yet, nor is one that takes another's place.
func (f *follower) originate(c *connection) {
	if c.state != pbx.StateNull || isFeatureCode(c.party.Number) || f.replacing(c) != nil {
		return
	}
	c.state = pbx.StateInitiated
	f.tell(c, pbx.EventOriginated, pbx.CauseNone)
}

// accepted: the call is answered.
func (f *follower) accepted(c *connection, m *message.Message) {
	if tag := message.Param(m.To, "tag"); len(tag) > 0 && c.state != pbx.StateConnected {
		c.callee = string(tag)
	}
	if c.state == pbx.StateConnected {
		return
	}
	party, named := f.connectedParty(m, c)
	f.establish(c, party, named)
}

// establish makes a connection a conversation. named says that the switch told
// who is there.
func (f *follower) establish(c *connection, party pbx.Party, named bool) {
	c.answered = f.now
	if f.takesPlace(c) {
		return
	}
	if c.direction == pbx.DirectionOutbound {
		if f.picksUp(c, party, named) {
			return
		}
		f.originate(c)
	}
	c.state = pbx.StateConnected
	why := pbx.CauseNone
	if !c.told {
		why = c.how // it did not ring
	}
	f.tell(c, pbx.EventEstablished, why)
}

// refused: the INVITE was not accepted. Where others of the same connection are
// on their way it goes on.
func (f *follower) refused(c *connection, m *message.Message) {
	if m.Status == 401 || m.Status == 407 {
		c.proven = true // if it comes back, then with a password
		return
	}
	if c.state == pbx.StateConnected || c.session.rings(c) {
		return
	}
	if c.direction == pbx.DirectionOutbound {
		f.unanswered(c, m)
		return
	}
	switch why := causeOf(m.Status); {
	case c.pickedUp:
		f.end(c, pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere, "")
	case why == pbx.CauseRedirected:
		f.end(c, pbx.EventDiverted, why, "")
	default:
		f.end(c, pbx.EventConnectionCleared, why, "")
	}
}

// unanswered ends an outgoing call that came to nothing.
func (f *follower) unanswered(c *connection, m *message.Message) {
	switch {
	case f.replaced(c):
		f.end(c, pbx.EventConnectionCleared, pbx.CauseTransfer, "")
	case m.Status == 487:
		f.end(c, pbx.EventConnectionCleared, pbx.CauseCancelled, "")
	case m.Status == 422 || m.Status/100 == 3:
		// The telephone asks again, with other words or another number.
	default:
		f.end(c, pbx.EventFailed, causeOf(m.Status), detail(m))
	}
}

// rings reports whether another request for the connection is on its way.
func (s *session) rings(c *connection) bool {
	for i := range s.hops {
		if s.hops[i].connection == c && !s.hops[i].over {
			return true
		}
	}
	return false
}

// causeOf puts a final response into words of CSTA.
func causeOf(status int) pbx.Cause {
	switch status {
	case 486, 600:
		return pbx.CauseBusy
	case 403, 480, 603, 606, 607:
		return pbx.CauseRejected
	case 408:
		return pbx.CauseNoAnswer
	case 404, 410, 484, 604:
		return pbx.CauseUnallocatedNumber
	case 487:
		return pbx.CauseCancelled
	}
	if status < 400 {
		return pbx.CauseRedirected
	}
	return pbx.CauseUnreachable
}

// detail is the switch's own word on a failure, as far as it is plain text.
func detail(m *message.Message) string {
	phrase := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(m.Phrase[:min(len(m.Phrase), 48)]))
	return strings.TrimSpace(strconv.Itoa(m.Status) + " " + phrase)
}

// ack shows what the responses before it were, where those were lost: that of a
// refusal has the INVITE's branch, that of an answer one of its own (RFC 3261
// §17.1.1.3, §13.2.2.4).
func (f *follower) ack(s *session, m *message.Message) reason {
	if h := s.hop(message.Param(m.Via(), "branch")); h != nil {
		if f.decide(s, h); h.over || h.connection == nil {
			return dropRepeated
		}
		h.over = true
		c := h.connection
		if c.direction == pbx.DirectionInbound && c.state != pbx.StateConnected && !s.rings(c) {
			f.end(c, pbx.EventConnectionCleared, pbx.CauseNone, "")
		}
		return dropNothing
	}
	if f.seen.has(f.hash(m.CallID, message.Param(m.Via(), "branch"))) {
		return dropNothing // of a refusal, on a hop that is nobody's
	}
	for i := range s.hops {
		f.decide(s, &s.hops[i])
	}
	from, to := message.Param(m.From, "tag"), message.Param(m.To, "tag")
	for _, c := range s.connections {
		if !c.over && c.state != pbx.StateConnected && c.of(from, to) {
			f.establish(c, pbx.Party{}, false)
		}
	}
	return dropNothing
}

// cancelled: the ringing is to stop (RFC 3261 §9). Why stands in Reason
// (RFC 3326), where the switch says it.
func (f *follower) cancelled(s *session, m *message.Message) reason {
	h := s.hop(message.Param(m.Via(), "branch"))
	if h == nil {
		f.missed(m, "CANCEL")
		return dropUnknown
	}
	f.decide(s, h)
	c := h.connection
	if c == nil || h.over || c.over {
		return dropRepeated
	}
	h.over = true
	if c.state == pbx.StateConnected || s.rings(c) {
		return dropNothing
	}
	why := reasonCause(m)
	if c.pickedUp {
		why = pbx.CauseAnsweredElsewhere
	}
	f.end(c, pbx.EventConnectionCleared, why, "")
	return dropNothing
}

// reasonCause reads why a CANCEL was sent.
func reasonCause(m *message.Message) pbx.Cause {
	why := pbx.CauseCancelled
	for value := range m.Values(message.Reason) {
		protocol := message.Token(value)
		code := string(message.Param(value, "cause"))
		switch {
		case message.EqualFold(protocol, "sip") && code == "200",
			message.EqualFold(protocol, "q.850") && code == "26": // non-selected user clearing
			return pbx.CauseAnsweredElsewhere
		case message.EqualFold(protocol, "q.850") && (code == "18" || code == "19"),
			message.EqualFold(protocol, "sip") && code == "408":
			why = pbx.CauseNoAnswer
		}
	}
	return why
}

// bye: the conversation is over.
func (f *follower) bye(s *session, m *message.Message) reason {
	for i := range s.hops {
		f.decide(s, &s.hops[i])
	}
	from, to := message.Param(m.From, "tag"), message.Param(m.To, "tag")
	why := dropRepeated
	for _, c := range s.connections {
		if c.over {
			continue
		}
		why = dropNothing
		switch {
		case c.of(from, to):
			f.hungUp(c, c.sentBySwitch(from))
		case c.state != pbx.StateConnected && (c.caller == string(from) || c.caller == string(to)):
			// Another telephone had the call; what stopped this one was lost.
			f.end(c, pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere, "")
		}
	}
	return why
}

// hungUp ends a conversation, or hands it on if that is what the BYE is for.
func (f *follower) hungUp(c *connection, bySwitch bool) {
	if bySwitch {
		f.replaced(c)
	}
	f.end(c, pbx.EventConnectionCleared, f.leaving(c), "")
}
