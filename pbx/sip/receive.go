package sip

import (
	"bytes"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
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
	code, reason := s.answer(sc)
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
func (s *session) answer(sc *scratch) (code int, reason string) {
	switch string(sc.msg.Method) {
	case "NOTIFY":
		return s.notify(sc)
	case "BYE":
		return s.byeReceived(&sc.msg)
	case "OPTIONS", "INFO", "UPDATE", "MESSAGE":
		return 200, "OK"
	case "INVITE":
		if s.link.dialingFor(sc.msg.CallID) != nil {
			return 488, "Not Acceptable Here" // our leg has no media to change
		}
		return 480, "Temporarily Unavailable"
	case "ACK":
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
		s.repeatACK(res.CallID().Value())
	}
}

// notify handles NOTIFY of a subscription (RFC 6665 §4.1.3) or of a REFER.
func (s *session) notify(sc *scratch) (code int, reason string) {
	m := &sc.msg
	if d := s.link.dialingFor(m.CallID); d != nil {
		return d.referNotify(m)
	}
	if !message.EqualFold(message.Token(m.Event), "dialog") && m.Event != nil {
		return 489, "Bad Event"
	}
	l := s.link
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	d := l.byCall[string(m.CallID)]
	if d == nil || d.removed || l.session != s || string(message.Param(m.To, "tag")) != d.dialog.localTag {
		l.mu.Unlock()
		return 481, "Subscription Does Not Exist"
	}
	if d.repeated(m.CSeq) {
		l.mu.Unlock()
		return 200, "OK"
	}
	if message.EqualFold(message.Token(m.SubscriptionState), "terminated") {
		s.terminated(d, m)
		l.mu.Unlock()
		l.poke()
		return 200, "OK"
	}
	l.mu.Unlock()
	s.apply(d, sc)
	return 200, "OK"
}

// apply turns the document of a NOTIFY into events. The caller holds order, so
// no other document comes between.
func (s *session) apply(d *device, sc *scratch) {
	l, m := s.link, &sc.msg
	switch {
	case len(bytes.TrimSpace(m.Body)) == 0:
		sc.doc = dialoginfo.Document{Dialogs: sc.doc.Dialogs[:0], Full: true, Truncated: true} // says nothing
	case m.ContentType != nil && !message.EqualFold(message.Token(m.ContentType), "application/dialog-info+xml"):
		l.bad.note(l.log, "a NOTIFY whose body is no dialog-info document", len(m.Body))
		return
	default:
		if err := sc.doc.Parse(m.Body); err != nil {
			l.bad.note(l.log, err.Error(), len(m.Body))
			return
		}
	}
	if l.profile == profileUnknown && l.hint.Load() == uint32(profileUnknown) {
		l.noteAgent(string(m.Agent()))
	}
	told := l.track(d, &sc.doc, m.CSeq)
	if d.tracker.profile == profileFreeSWITCH {
		l.transfers.Ghosts = true
	}
	l.send(s.ctx, s.events, told)
}

// track lets a document change the device's calls. A document that breaks the
// tracker must not leave the lock behind.
func (l *Link) track(d *device, doc *dialoginfo.Document, cseq uint32) []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.removed || d.dialog == nil || doc.Truncated && !doc.HasVersion && d.notified {
		return nil // unwatched meanwhile, or nothing was said
	}
	d.notified = true
	events := d.tracker.apply(doc, cseq, profile(l.hint.Load()), time.Now())
	l.hurry(d)
	return events
}

// terminated reacts to the end of a subscription by the switch (RFC 6665
// §4.1.3). The caller holds mu.
func (s *session) terminated(d *device, m *message.Message) {
	l := s.link
	d.drop(l)
	pause := time.Duration(0)
	switch reason := string(message.Param(m.SubscriptionState, "reason")); reason {
	case "deactivated", "timeout", "":
		pause = time.Duration(min(d.failures, 6)) * time.Second
	case "rejected", "noresource", "invariant":
		pause = jitter(retryHint)
		d.problem = "The PBX has ended the report on this extension."
		d.cure = "Check that the extension still exists and may be watched."
	default: // probation, giveup
		pause = jitter(10 * time.Second)
	}
	if after, err := strconv.ParseUint(string(message.Param(m.SubscriptionState, "retry-after")), 10, 24); err == nil {
		pause = max(pause, time.Duration(after)*time.Second)
	}
	d.failures++
	d.next = time.Now().Add(pause)
	l.log.Debug("subscription ended by the PBX", slog.String("device", string(d.id)))
	if d.busy {
		return // its worker puts it back
	}
	s.due.put(d)
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
