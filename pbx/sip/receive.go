package sip

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// reader is the memory that the read loops reuse.
type reader struct {
	pool sync.Pool
}

// scratch is what one message needs while it is handled.
type scratch struct {
	msg  message.Message
	doc  dialoginfo.Document
	out  []byte
	fate fate
}

func (r *reader) get() *scratch {
	if sc, ok := r.pool.Get().(*scratch); ok {
		return sc
	}
	return &scratch{out: make([]byte, 0, 1024)}
}

// receive takes one message off a read loop and counts it. Nothing that a
// message holds may end the loop: what we did not foresee is counted and logged,
// and costs that message alone.
func (s *session) receive(data []byte, from transport.Source) {
	became := fateBroken
	defer func() {
		if r := recover(); r != nil {
			s.link.bad.note(s.link.log, "a SIP message broke the bridge's reader", len(data))
		}
		s.link.counts.add(became)
	}()
	if bytes.HasPrefix(data, []byte("SIP/2.0 ")) {
		became = s.response(data)
		return
	}
	sc := s.reader.get()
	defer s.reader.pool.Put(sc)
	sc.fate = fateNotForUs
	s.take(sc, data, from)
	became = sc.fate
}

// take reads and answers a request. sc.fate says what became of it.
func (s *session) take(sc *scratch, data []byte, from transport.Source) {
	if err := sc.msg.Parse(data); err != nil {
		s.link.bad.note(s.link.log, err.Error(), len(data))
		sc.fate = fateOf(err)
		if sc.msg.Answerable() {
			code, reason := message.Refusal(err)
			s.reply(sc, from, code, reason)
		}
		return
	}
	s.heard()
	if s.carrier.Receive(&sc.msg, from) {
		sc.fate = fateOwnCall
		return
	}
	code, reason := s.answer(sc, from)
	if sc.fate == fateEffective {
		// What waits for the event shall run before the system call of the answer:
		// it would else wait behind it, for a core that has nothing to do.
		runtime.Gosched()
	}
	if code != 0 {
		s.reply(sc, from, code, reason)
	}
}

// allowed is what we take requests of (RFC 3261 §20.5).
const allowed = "Allow: NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, OPTIONS, INFO, MESSAGE"

// reply answers a request where it came from, and says of a refusal what would
// not be refused.
func (s *session) reply(sc *scratch, from transport.Source, code int, reason string) {
	m := &sc.msg
	var more []string
	switch code {
	case 405:
		more = []string{allowed}
	case 420:
		more = []string{"Unsupported: " + string(unsupported(m.Get(message.Require)))}
	case 489:
		more = []string{"Allow-Events: dialog, refer"}
	}
	sc.out = m.AppendResponse(sc.out[:0], code, reason, from.Addr, s.tag, more...)
	port := uint16(0)
	if message.Param(m.Via(), "rport") == nil {
		port = uint16(m.SentByPort())
	}
	s.wire.Answer(sc.out, from, port)
}

// answer handles a request and says how to answer it; 0: not at all.
func (s *session) answer(sc *scratch, from transport.Source) (code int, reason string) {
	if string(sc.msg.Method) == "NOTIFY" {
		return s.notify(sc, from)
	}
	if s.link.legFor(sc.msg.CallID) != nil {
		sc.fate = fateOwnCall
	} else if err := s.check(&sc.msg); err != nil {
		sc.fate = fateOf(err)
		return message.Refusal(err)
	}
	switch string(sc.msg.Method) {
	case "BYE":
		return s.byeReceived(&sc.msg)
	case "OPTIONS":
		if sc.fate != fateOwnCall {
			sc.fate = fateKeepAlive
		}
		return 200, "OK"
	case "INFO", "MESSAGE":
		return 200, "OK"
	case "INVITE", "UPDATE":
		return s.inDialog(sc, from)
	case "ACK":
		s.ackReceived(&sc.msg)
		return 0, ""
	case "CANCEL":
		return 481, "Call/Transaction Does Not Exist"
	}
	return 405, "Method Not Allowed"
}

// check holds a request to the grammar that is of no call of ours: nobody loses
// anything by its refusal. An ACK cannot be refused.
func (s *session) check(m *message.Message) error {
	if string(m.Method) == "ACK" {
		return nil
	}
	err := m.Check()
	if errors.Is(err, message.ErrExtension) && len(unsupported(m.Get(message.Require))) == 0 {
		return nil
	}
	return err
}

// response hands a response to the transaction that waits for it, or repeats
// the ACK of a call that was answered (RFC 3261 §13.2.2.4).
func (s *session) response(data []byte) fate {
	res, err := s.tx.Deliver(data)
	switch {
	case err == nil:
		return fateAnswer
	case res == nil:
		s.link.bad.note(s.link.log, err.Error(), len(data))
		return fateMalformed
	case res.IsSuccess() && res.CSeq().MethodName == gosip.INVITE && res.CallID() != nil:
		s.success(res)
		s.carrier.Stray(res)
	}
	return fateUnanswered
}

// badMessages counts messages that make no sense and logs some of them: one a
// second, with what was wrong and the size, never with what it said.
type badMessages struct {
	mu     sync.Mutex
	count  uint64
	logged time.Time
}

func (b *badMessages) note(log *slog.Logger, cause string, size int) {
	b.mu.Lock()
	b.count++
	count, now := b.count, time.Now()
	quiet := now.Sub(b.logged) < time.Second
	if !quiet {
		b.logged = now
	}
	b.mu.Unlock()
	if !quiet {
		log.Warn("message from the PBX ignored", slog.String("cause", cause), slog.Int("size", size), slog.Uint64("count", count))
	}
}
