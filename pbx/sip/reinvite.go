package sip

import (
	"bytes"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// reinvite is a request inside one of our legs that is answered later, and not
// on the read loop: a re-INVITE (RFC 3261 §14.2) whose offer the other leg has
// to answer.
type reinvite struct {
	head  []byte // the response's head: all but its status line and body
	from  transport.Source
	port  uint16
	cseq  uint32
	offer []byte
}

// inDialog answers INVITE and UPDATE within a leg: a switch that refreshes its
// session timer (RFC 4028 §7.4), puts us on hold or changes codecs. It returns
// 0 where the answer is written already, or follows.
func (s *session) inDialog(sc *scratch, from transport.Source) (code int, reason string) {
	m := &sc.msg
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	g := s.link.legs[string(m.CallID)]
	switch {
	case g == nil && string(m.Method) == "INVITE":
		return 480, "Temporarily Unavailable"
	case g == nil || !g.ours(m) || g.byeSeen:
		return 481, "Call/Transaction Does Not Exist"
	}
	if unknown := unsupported(m.Get(message.Require)); len(unknown) > 0 {
		s.respond(sc, from, 420, "Bad Extension", "Unsupported: "+string(unknown)+"\r\n", nil)
		return 0, ""
	}
	invite := string(m.Method) == "INVITE"
	switch {
	case len(m.Body) == 0 && !invite:
		s.respond(sc, from, 200, "OK", g.contactLine(m), nil)
	case bytes.Equal(m.Body, g.remote) && len(g.local) > 0: // a refresh that changes nothing
		s.respond(sc, from, 200, "OK", g.contactLine(m), g.local)
	case g.offers == nil:
		g.version++
		g.local, g.remote = g.answerTo(m.Body), bytes.Clone(m.Body)
		s.respond(sc, from, 200, "OK", g.contactLine(m), g.local)
	case !invite || len(m.Body) == 0:
		return 488, "Not Acceptable Here"
	default:
		return g.passOn(sc, from)
	}
	return 0, ""
}

// answerTo is our side's description after an offer, or a new offer where there
// was none.
func (g *leg) answerTo(offer []byte) []byte {
	if len(offer) == 0 {
		return inactiveOffer(g.ownAddress())
	}
	return inactiveAnswer(offer, g.ownAddress(), g.version+1)
}

// passOn leaves a re-INVITE to the call's goroutine. Another one before that has
// answered has to wait (RFC 3261 §14.2).
func (g *leg) passOn(sc *scratch, from transport.Source) (code int, reason string) {
	m := &sc.msg
	o := &reinvite{from: from, cseq: m.CSeq, offer: bytes.Clone(m.Body)}
	if message.Param(m.Via(), "rport") == nil {
		o.port = uint16(m.SentByPort())
	}
	out := m.AppendResponse(nil, 100, "Trying", from.Addr, g.session.tag)
	_, head, _ := bytes.Cut(out, []byte("\r\n"))
	o.head = append(bytes.TrimSuffix(head, []byte(noBody)), g.contactLine(m)...)
	select {
	case g.offers <- o:
		return 100, "Trying"
	default:
		return 491, "Request Pending"
	}
}

// noBody is how a response without a body ends.
const noBody = "Content-Length: 0\r\n\r\n"

// contactLine is the Contact of a response that makes or refreshes a dialog, and
// the session timer where the switch runs one.
func (g *leg) contactLine(m *message.Message) string {
	uri := g.contactURI()
	lines := "Contact: <" + uri.String() + ">\r\n"
	if timer := m.Get(message.SessionExpires); len(timer) > 0 && message.Param(timer, "refresher") != nil {
		lines += "Session-Expires: " + string(timer) + "\r\n"
	}
	return lines
}

// respond answers the request at hand with more header lines and a body.
func (s *session) respond(sc *scratch, from transport.Source, code int, reason, lines string, body []byte) {
	m := &sc.msg
	out := m.AppendResponse(sc.out[:0], code, reason, from.Addr, s.tag)
	sc.out = withBody(bytes.TrimSuffix(out, []byte(noBody)), lines, body)
	port := uint16(0)
	if message.Param(m.Via(), "rport") == nil {
		port = uint16(m.SentByPort())
	}
	s.wire.Answer(sc.out, from, port)
}

func withBody(out []byte, lines string, body []byte) []byte {
	out = append(out, lines...)
	if len(body) > 0 {
		out = append(out, "Content-Type: application/sdp\r\n"...)
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	return append(append(out, "\r\n\r\n"...), body...)
}

// finish answers a re-INVITE that was passed on, and repeats a 200 until its ACK
// comes (RFC 3261 §13.3.1.4).
func (g *leg) finish(o *reinvite, code int, reason string, body []byte) {
	out := []byte("SIP/2.0 " + strconv.Itoa(code) + " " + reason + "\r\n")
	out = withBody(append(out, o.head...), "", body)
	g.wire.Answer(out, o.from, o.port)
	if code >= 300 {
		return
	}
	interval := transport.TimerT1
	deadline := time.NewTimer(lateAnswers)
	defer deadline.Stop()
	repeat := time.NewTimer(interval)
	defer repeat.Stop()
	for {
		select {
		case seq := <-g.acks:
			if seq == o.cseq {
				return
			}
		case <-repeat.C:
			g.wire.Answer(out, o.from, o.port)
			interval = min(2*interval, transport.TimerT2)
			repeat.Reset(interval)
		case <-g.bye:
			return
		case <-g.d.cleared:
			return
		case <-deadline.C:
			return
		case <-g.wire.Done():
			return
		}
	}
}

// ackReceived tells the leg that its answer arrived.
func (s *session) ackReceived(m *message.Message) {
	g := s.link.legFor(m.CallID)
	if g == nil || !g.ours(m) {
		return
	}
	select {
	case g.acks <- m.CSeq:
	default:
		select { // an older one that nobody waited for
		case <-g.acks:
		default:
		}
		select {
		case g.acks <- m.CSeq:
		default:
		}
	}
}

// unsupported are the extensions that a request requires and we lack (RFC 3261
// §8.2.2.3). Session timers are the switch's own business.
func unsupported(require []byte) []byte {
	var missing [][]byte
	for option := range bytes.SplitSeq(require, []byte{','}) {
		if option = bytes.TrimSpace(option); len(option) > 0 && !message.EqualFold(option, "timer") {
			missing = append(missing, option)
		}
	}
	return bytes.Join(missing, []byte(", "))
}
