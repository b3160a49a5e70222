package sip

import (
	"bytes"
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
	msg message.Message
	doc dialoginfo.Document
	out []byte
}

func (r *reader) get() *scratch {
	if sc, ok := r.pool.Get().(*scratch); ok {
		return sc
	}
	return &scratch{out: make([]byte, 0, 1024)}
}

// receive takes one message off a read loop. Nothing that a message holds may
// end the loop: what we did not foresee is counted and logged, and costs that
// message alone.
func (s *session) receive(data []byte, from transport.Source) {
	defer func() {
		if r := recover(); r != nil {
			s.link.bad.note(s.link.log, "a SIP message broke the bridge's reader", len(data))
		}
	}()
	if bytes.HasPrefix(data, []byte("SIP/2.0 ")) {
		s.response(data)
		return
	}
	sc := s.reader.get()
	defer s.reader.pool.Put(sc)
	if err := sc.msg.Parse(data); err != nil {
		s.link.bad.note(s.link.log, err.Error(), len(data))
		return
	}
	s.heard()
	code, reason := s.answer(sc, from)
	// What waits for the event shall run before the system call of the answer:
	// it would else wait behind it, for a core that has nothing to do.
	runtime.Gosched()
	if code != 0 {
		s.reply(sc, from, code, reason)
	}
}

// reply answers a request where it came from.
func (s *session) reply(sc *scratch, from transport.Source, code int, reason string) {
	m := &sc.msg
	sc.out = m.AppendResponse(sc.out[:0], code, reason, from.Addr.Addr().String(), int(from.Addr.Port()), s.tag)
	port := uint16(0)
	if message.Param(m.Via(), "rport") == nil {
		port = uint16(m.SentByPort())
	}
	s.wire.Answer(sc.out, from, port)
}

// answer handles a request and says how to answer it; 0: not at all.
func (s *session) answer(sc *scratch, from transport.Source) (code int, reason string) {
	switch string(sc.msg.Method) {
	case "NOTIFY":
		return s.notify(sc, from)
	case "BYE":
		return s.byeReceived(&sc.msg)
	case "OPTIONS", "INFO", "MESSAGE":
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

// response hands a response to the transaction that waits for it, or repeats
// the ACK of a call that was answered (RFC 3261 §13.2.2.4).
func (s *session) response(data []byte) {
	res, err := s.tx.Deliver(data)
	switch {
	case err == nil:
	case res == nil:
		s.link.bad.note(s.link.log, err.Error(), len(data))
	case res.IsSuccess() && res.CSeq().MethodName == gosip.INVITE && res.CallID() != nil:
		s.success(res)
	}
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
