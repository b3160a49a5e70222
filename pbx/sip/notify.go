package sip

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// The media types of a NOTIFY's body (RFC 4235 §3.5, RFC 4662 §5).
const (
	typeDialogInfo = "application/dialog-info+xml"
	typeMultipart  = "multipart/related"
	typeRLMI       = "application/rlmi+xml"
)

// notify handles NOTIFY of a subscription (RFC 6665 §4.1.3) or of a REFER.
func (s *session) notify(sc *scratch, from transport.Source) (code int, reason string) {
	m := &sc.msg
	if g := s.link.legFor(m.CallID); g != nil {
		sc.fate = fateOwnCall
		return g.referNotify(m)
	}
	if !message.EqualFold(message.Token(m.Event), "dialog") && m.Event != nil {
		return 489, "Bad Event"
	}
	l := s.link
	l.order.Lock()
	defer l.order.Unlock()
	u, known := s.subscriptionOf(sc)
	switch {
	case sc.fate == fateAfterwards:
		return 0, ""
	case u != nil:
	case known:
		return 200, "OK"
	case l.cfg.Unsolicited:
		return s.unsolicited(sc, from)
	default:
		sc.fate = fateUnknown
		return 481, "Subscription Does Not Exist"
	}
	sc.fate = fateNothingNew
	if u.list != nil {
		s.applyList(u.list, sc)
		return 200, "OK"
	}
	if s.read(sc) {
		s.report(u.device, sc)
	}
	return 200, "OK"
}

// report turns the document that was read into events. The caller holds order.
func (s *session) report(d *device, sc *scratch) {
	l := s.link
	told := l.track(d, &sc.doc, sc.msg.CSeq)
	if d.tracker.profile == profileFreeSWITCH {
		l.transfers.Ghosts = true
	}
	l.pokeDesks()
	switch {
	case len(told) > 0:
		sc.fate = fateEffective
	case sc.fate != fateEffective && d.tracker.stale:
		sc.fate = fateOld
	}
	l.send(s.ctx, s.events, told)
}

// subscriptionOf finds whose NOTIFY it is. u is nil where there is nothing to be
// read in it; known says that it is one of ours all the same, and sc.fate what
// there is to it.
func (s *session) subscriptionOf(sc *scratch) (u *subscription, known bool) {
	l, m := s.link, &sc.msg
	l.mu.Lock()
	defer l.mu.Unlock()
	tag := message.Param(m.To, "tag")
	u = l.byCall[string(m.CallID)]
	switch {
	case l.session != s:
		sc.fate = fateAfterwards // 481 would end what the next connection goes on with
		return nil, true
	case u == nil:
		if !l.remembers(m.CallID, tag) {
			return nil, false
		}
		sc.fate = fateEnded
		return nil, true
	case u.removed || string(tag) != u.dialog.localTag:
		return nil, false
	case u.repeated(m):
		sc.fate = fateDuplicate
		return nil, true
	case message.EqualFold(message.Token(m.SubscriptionState), "terminated"):
		sc.fate = fateEnded
		s.terminated(u, m)
		return nil, true
	case u.device != nil && u.device.holder != nil:
		sc.fate = fateNothingNew
		return nil, true // a list reports on it, and this one is about to be ended
	}
	s.shorten(u, message.Param(m.SubscriptionState, "expires"))
	return u, true
}

// leastExpires is the shortest time that a NOTIFY can leave a subscription: one
// that says nonsense must not make us ask without end.
const leastExpires = 10 * time.Second

// shorten takes over what a NOTIFY says about how long the subscription lasts
// (RFC 6665 §4.1.3): a switch may end it sooner than it had granted. The caller
// holds mu.
func (s *session) shorten(u *subscription, expires []byte) {
	left := max(seconds(expires), leastExpires)
	if expires == nil || !u.confirmed {
		return
	}
	now := time.Now()
	if u.until.Sub(now) < left+2*time.Second { // which is what the answer said
		return
	}
	u.until = now.Add(left)
	u.next = earlier(u.next, now.Add(refreshAfter(left)))
	if !u.busy { // else its worker puts it back
		s.due.put(u)
		s.link.poke()
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// seconds reads a parameter: 0 if it is no number, 68 years if it is too large.
func seconds(text []byte) time.Duration {
	n, _ := strconv.ParseUint(string(text), 10, 31)
	return time.Duration(n) * time.Second
}

// read takes the document out of a NOTIFY.
func (s *session) read(sc *scratch) bool {
	l, m := s.link, &sc.msg
	switch {
	case len(bytes.TrimSpace(m.Body)) == 0:
		sc.doc = dialoginfo.Document{Dialogs: sc.doc.Dialogs[:0], Full: true, Truncated: true} // says nothing
	case m.ContentType != nil && !message.EqualFold(message.Token(m.ContentType), typeDialogInfo):
		l.bad.note(l.log, "a NOTIFY whose body is no dialog-info document", len(m.Body))
		sc.fate = fateMalformed
		return false
	default:
		if err := sc.doc.Parse(m.Body); err != nil {
			l.bad.note(l.log, err.Error(), len(m.Body))
			sc.fate = fateMalformed
			return false
		}
	}
	s.recognise(m)
	return true
}

// recognise guesses what the switch is by what it calls itself.
func (s *session) recognise(m *message.Message) {
	if l := s.link; l.profile == profileUnknown && l.hint.Load() == uint32(profileUnknown) {
		l.noteAgent(string(m.Agent()))
	}
}

// track lets a document change the device's calls. A document that breaks the
// tracker must not leave the lock behind.
func (l *Link) track(d *device, doc *dialoginfo.Document, cseq uint32) []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := &d.notified
	if d.holder != nil {
		heard = &d.told
	}
	if d.removed || d.dialog == nil && d.holder == nil && d.caller == "" || doc.Truncated && !doc.HasVersion && *heard {
		return nil // unwatched meanwhile, or nothing was said
	}
	*heard = true
	events := d.tracker.apply(doc, cseq, profile(l.hint.Load()), time.Now())
	if d.holder == nil {
		l.hurry(&d.subscription)
	}
	return events
}

// terminated reacts to the end of a subscription by the switch (RFC 6665
// §4.1.3). The caller holds mu.
func (s *session) terminated(u *subscription, m *message.Message) {
	l, now := s.link, time.Now()
	u.drop(l)
	if now.Sub(u.began) > lastingWell {
		u.failures = 0 // it was a good one
	}
	reason := string(message.Param(m.SubscriptionState, "reason"))
	after := min(seconds(message.Param(m.SubscriptionState, "retry-after")), maxRetryAfter)
	u.next = now.Add(terminationPause(reason, u.failures, after))
	if after > maxBackoff {
		u.problem, u.cure = "The PBX has ended the report on this extension.", "See the PBX's log. The link tries again by itself."
	}
	if final(reason) {
		u.problem = "The PBX has ended the report on this extension."
		u.cure = "Check that the extension still exists and may be watched."
		if u.list != nil {
			u.problem = "The PBX has ended the report on the list " + u.list.name + "."
			u.cure = "Check that the list still exists on the PBX and may be watched."
		}
	}
	u.failures++
	l.log.Debug("subscription ended by the PBX", slog.String("device", u.user()), slog.String("cause", known(reason)))
	if u.list != nil && final(reason) {
		l.fallBack(u.list)
	}
	if u.busy {
		return // its worker puts it back
	}
	s.due.put(u)
	l.poke()
}

// lastingWell is how long a subscription has to last for its end to be no
// failure.
const lastingWell = 30 * time.Second

// final tells whether a subscription that ended for this reason is of no use to
// ask for again soon (RFC 6665 §4.1.3).
func final(reason string) bool {
	return reason == "rejected" || reason == "noresource" || reason == "invariant"
}

// known is a reason that RFC 6665 knows, for the log.
func known(reason string) string {
	switch reason {
	case "deactivated", "timeout", "probation", "giveup", "rejected", "noresource", "invariant":
		return reason
	}
	return "other"
}

// terminationPause is how long to wait before asking again: at once for an end
// that means nothing, though not in a circle; later for others, and never before
// retry-after.
func terminationPause(reason string, failures int, retryAfter time.Duration) time.Duration {
	pause := backoff.Jitter(10 * time.Second) // probation, giveup and what nobody knows
	switch {
	case final(reason):
		pause = backoff.Jitter(retryHint)
	case reason == "deactivated", reason == "timeout", reason == "":
		pause = time.Duration(min(failures, 6)) * time.Second
	}
	if retryAfter > pause {
		pause = retryAfter + rand.N(retryAfter/4+1) // not all at the same moment
	}
	return pause
}
