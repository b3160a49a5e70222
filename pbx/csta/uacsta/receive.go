package uacsta

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// reply is how a request is answered; code 0: not at all.
type reply struct {
	code   int
	phrase string
	body   ecma323.Message // nil: none
	fields []string
}

func ok(fields ...string) reply { return reply{code: 200, phrase: "OK", fields: fields} }

// receive takes a request off the read loop of its socket.
func (s *session) receive(m *message.Message, from transport.Source) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if out := s.answer(m, from); out != nil {
		s.wire().Answer(out, from, answerPort(m))
	}
	if s.over { // told after the answer
		s.fail(errEnded)
	}
}

// answerPort is where the answer goes over UDP if not where the request came
// from.
func answerPort(m *message.Message) uint16 {
	if message.Param(m.Via(), "rport") != nil {
		return 0
	}
	return uint16(m.SentByPort())
}

// answer handles a request and returns its answer, nil for none. A repeated
// request gets the answer that it got, and changes nothing.
func (s *session) answer(m *message.Message, from transport.Source) []byte {
	switch {
	case string(m.Method) == "ACK":
		return nil
	case !s.ours(m):
		return s.write(m, from, reply{code: 481, phrase: "Call/Transaction Does Not Exist"})
	}
	if out, known := s.answers.find(m.CSeq, m.CSeqMethod); known {
		return out
	}
	r := reply{code: 500, phrase: "Server Internal Error"} // RFC 3261 §12.2.2
	if s.answers.next(m.CSeq) {
		r = s.handle(m)
	}
	out := s.write(m, from, r)
	s.answers.add(m.CSeq, m.CSeqMethod, out)
	return out
}

// ours tells whether a request is the telephone's in our dialog. An event may
// overtake the answer that makes the dialog; its Call-ID and our tag, which
// nobody guesses, are enough then.
func (s *session) ours(m *message.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(m.CallID) == s.dlg.callID && string(message.Param(m.To, "tag")) == s.dlg.localTag &&
		(s.dlg.remoteTag == "" || string(message.Param(m.From, "tag")) == s.dlg.remoteTag)
}

// handle is a request of the telephone, seen for the first time.
func (s *session) handle(m *message.Message) reply {
	for option := range m.Values(message.Require) {
		if !message.EqualFold(option, "timer") {
			return reply{code: 420, phrase: "Bad Extension", fields: []string{"Unsupported: " + string(option)}}
		}
	}
	switch string(m.Method) {
	case "BYE":
		s.over = true
		return ok()
	case "INFO":
		return s.info(m)
	case "INVITE", "UPDATE":
		return s.renewedBy(m)
	case "OPTIONS":
		return ok(allow)
	}
	return reply{code: 405, phrase: "Method Not Allowed", fields: []string{allow}}
}

// renewedBy is the telephone's refresh (RFC 4028 §9).
func (s *session) renewedBy(m *message.Message) reply {
	r := s.info(m)
	if r.code != 200 {
		return r
	}
	s.mu.Lock()
	s.dlg.moved(m.Get(message.Contact))
	contact := s.contactURI()
	r.fields = append(r.fields, "Contact: <"+contact.String()+">", "Supported: timer")
	value := string(m.Get(message.SessionExpires))
	if n := seconds(value); n > 0 {
		// In this transaction the telephone is the UAC, and renews unless it
		// asks us to.
		s.timer = timerOf(strconv.Itoa(n), 0)
		s.ends = time.Now().Add(s.timer.expires)
		s.timer.theirs = refresher(value) != "uas"
		who := "uac"
		if !s.timer.theirs {
			who = "uas"
		}
		r.fields = append(r.fields, "Session-Expires: "+strconv.Itoa(n)+";refresher="+who)
		if s.timer.theirs {
			r.fields = append(r.fields, "Require: timer")
		}
	}
	s.mu.Unlock()
	select {
	case s.renewed <- struct{}{}:
	default:
	}
	return r
}

// info answers what CSTA the telephone sends.
func (s *session) info(m *message.Message) reply {
	if len(bytes.TrimSpace(m.Body)) == 0 {
		return ok()
	}
	kind := strings.ToLower(string(message.Token(m.ContentType)))
	if kind != "" && !strings.Contains(kind, "csta") && !strings.HasSuffix(kind, "xml") {
		return reply{code: 415, phrase: "Unsupported Media Type", fields: []string{"Accept: " + contentType}}
	}
	c, err := ecma323.Decode(m.Body)
	if err != nil {
		s.phone.log.Warn("a message of the telephone makes no sense", slog.String("device", s.phone.address.User), slog.Any("err", err))
		return reply{code: 400, phrase: "Bad Request"}
	}
	r := ok()
	r.body = s.csta(c)
	return r
}

// csta takes a message of the telephone and returns the answer to a request.
func (s *session) csta(m ecma323.Message) ecma323.Message {
	switch m := m.(type) {
	case ecma323.CallEvent:
		s.mu.Lock()
		s.monitored = true
		s.calls = apply(s.calls, m, s.phone.device(s.phone.address.User))
		s.mu.Unlock()
	case *ecma323.RequestSystemStatus:
		return &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal}
	case *ecma323.SystemStatus:
		if m.SystemStatus == ecma323.StatusDisabled {
			s.fail(errDisabled)
		}
		return &ecma323.SystemStatusResponse{}
	case *ecma323.MonitorStop:
		s.mu.Lock()
		s.monitored, s.calls = false, nil
		s.mu.Unlock()
		return &ecma323.MonitorStopResponse{}
	default:
	}
	switch ecma323.KindOf(m) {
	case ecma323.KindEvent:
		if s.phone.cfg.Events != nil {
			s.phone.cfg.Events(m)
		}
	case ecma323.KindRequest:
		return &ecma323.CSTAErrorCode{Category: "operation", Value: "generic"}
	case ecma323.KindResponse: // of nothing that we asked so
	}
	return nil
}

// write makes the answer to a request.
func (s *session) write(m *message.Message, from transport.Source, r reply) []byte {
	const noBody = "Content-Length: 0\r\n\r\n"
	s.mu.Lock()
	tag := s.dlg.localTag
	s.mu.Unlock()
	out := m.AppendResponse(nil, r.code, r.phrase, from.Addr, tag, r.fields...)
	if r.body == nil {
		return out
	}
	text := ecma323.AppendMessage(nil, r.body, ecma323.Edition3)
	out = bytes.TrimSuffix(out, []byte(noBody))
	out = append(out, "Content-Type: "+contentType+"\r\nContent-Disposition: "+disposition+"\r\nContent-Length: "...)
	out = append(strconv.AppendInt(out, int64(len(text)), 10), "\r\n\r\n"...)
	return append(out, text...)
}

// answered remembers the last answers, for requests that are repeated because
// the answer was lost.
type answered struct {
	last    [32]answerTo
	at      int
	highest uint32
	any     bool
}

type answerTo struct {
	cseq   uint32
	method string
	out    []byte
}

func (a *answered) find(cseq uint32, method []byte) (out []byte, known bool) {
	for i := range a.last {
		if a.last[i].out != nil && a.last[i].cseq == cseq && a.last[i].method == string(method) {
			return a.last[i].out, true
		}
	}
	return nil, false
}

// next tells whether a number is higher than all before.
func (a *answered) next(cseq uint32) bool {
	if a.any && cseq <= a.highest {
		return false
	}
	a.highest, a.any = cseq, true
	return true
}

func (a *answered) add(cseq uint32, method, out []byte) {
	a.last[a.at] = answerTo{cseq, string(method), out}
	a.at = (a.at + 1) % len(a.last)
}
