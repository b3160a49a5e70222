package sip

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// firstNotify is how long a switch may take from accepting a subscription to
// its first NOTIFY: timer N (RFC 6665 §4.1.2.4).
const firstNotify = 64 * transport.TimerT1

// maxBackoff is the longest pause before a failed subscription is tried again.
const maxBackoff = 5 * time.Minute

// maxRetryAfter is the longest pause that a switch may ask for: a slip of its
// configuration must not leave a telephone unwatched for a month.
const maxRetryAfter = time.Hour

// subscribeAnew begins a subscription in a new dialog. It is registered before
// the request goes out, because the NOTIFY may come before the answer.
func (s *session) subscribeAnew(ctx context.Context, u *subscription) {
	l := s.link
	dlg := newDialog(l.uri(u.user()))
	dlg.cseq = uint32(rand.N(10000))
	l.mu.Lock()
	u.drop(l)
	u.dialog, u.deadline, u.seen = dlg, time.Time{}, [16]uint32{}
	u.renew(l)
	l.byCall[dlg.callID] = u
	l.mu.Unlock()
	res, err := s.subscribe(ctx, u, dlg, l.opts.Expires)
	s.judge(ctx, u, dlg, res, err, true)
}

// refresh keeps a subscription (RFC 6665 §4.1.2.2).
func (s *session) refresh(ctx context.Context, u *subscription, dlg *dialog) {
	res, err := s.subscribe(ctx, u, dlg, s.link.opts.Expires)
	s.judge(ctx, u, dlg, res, err, false)
}

// attempts is how often a SUBSCRIBE is sent with what the answer before it asked
// for: credentials, credentials for another nonce, another interval.
const attempts = 5

// subscribe sends one SUBSCRIBE with digest where the switch asks for it, and
// once more where the interval is too brief for it.
func (s *session) subscribe(ctx context.Context, u *subscription, dlg *dialog, want time.Duration) (*gosip.Response, error) {
	s.link.mu.Lock()
	if want > 0 && u.asked > want {
		want = u.asked
	}
	s.link.mu.Unlock()
	patience := s.link.opts.Timeout
	if dlg.remoteTag != "" {
		patience = min(patience, refreshPatience)
	}
	req := s.subscribeRequest(u, dlg, want)
	var res *gosip.Response
	for range attempts {
		var err error
		if res, err = s.exchange(ctx, req, s.wire.Server(), patience); err != nil {
			return nil, err
		}
		s.heard()
		switch res.StatusCode {
		case gosip.StatusUnauthorized, gosip.StatusProxyAuthRequired:
			if err := s.authorise(req, dlg, res); err != nil {
				return res, err
			}
			continue
		case gosip.StatusIntervalToBrief:
			least := time.Duration(expires(res, "Min-Expires")) * time.Second
			if least > want {
				want = least
				s.link.mu.Lock()
				u.asked = least
				s.link.mu.Unlock()
				req = s.subscribeRequest(u, dlg, want)
				continue
			}
		case gosip.StatusForbidden:
			if authorised(req) && !s.link.accepted() {
				return res, errCredentials // FreeSWITCH's answer to a wrong password
			}
		}
		return res, nil
	}
	return res, nil
}

// subscribeRequest is the next SUBSCRIBE of a dialog (RFC 6665 §8.1.1; for a
// list RFC 4662 §4.1).
func (s *session) subscribeRequest(u *subscription, dlg *dialog, want time.Duration) *gosip.Request {
	req := s.request(dlg, "SUBSCRIBE")
	req.AppendHeader(gosip.NewHeader("Event", "dialog"))
	if u.list != nil {
		req.AppendHeader(gosip.NewHeader("Supported", "eventlist"))
		req.AppendHeader(gosip.NewHeader("Accept", typeMultipart+", "+typeRLMI+", "+typeDialogInfo))
	} else {
		req.AppendHeader(gosip.NewHeader("Accept", typeDialogInfo))
	}
	req.AppendHeader(gosip.NewHeader("Expires", strconv.Itoa(int(want/time.Second))))
	return req
}

func authorised(req *gosip.Request) bool {
	return req.GetHeader("Authorization") != nil || req.GetHeader("Proxy-Authorization") != nil
}

// accepted tells whether the switch has taken any of our subscriptions.
func (l *Link) accepted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for u := range l.subscriptions {
		if u.confirmed {
			return true
		}
	}
	return false
}

// judge draws the consequences of the answer to a SUBSCRIBE. first: it was to
// begin a dialog.
func (s *session) judge(ctx context.Context, u *subscription, dlg *dialog, res *gosip.Response, err error, first bool) {
	l := s.link
	if ctx.Err() != nil || errors.Is(err, transport.ErrDown) {
		return
	}
	defer s.judged()
	code := 408
	if res != nil {
		code = res.StatusCode
		l.noteAgent(agentOf(res))
	}
	if r, ok := l.refused(u, code, err); ok && (first || code != 404) {
		s.refuse(u, r)
		return
	}
	switch {
	case err == nil && code >= 200 && code < 300:
		s.accept(u, dlg, res)
	case err == nil && !first && s.ended(u, code):
		s.gone(u)
	case errors.Is(err, transport.ErrTimeout) && (!first || !l.accepted()):
		l.mu.Lock()
		u.drop(l) // the dialog is over (RFC 5057 §5.1), though not those of the others
		l.mu.Unlock()
		s.fail(transport.ErrTimeout)
	case err == nil:
		s.postponed(u, res)
	default:
		s.failed(u, "The PBX does not answer for this extension: "+shortError(err)+".", "The link tries again by itself.")
	}
}

// ended tells whether the answer to a refresh means that the switch does not know
// the subscription any more (RFC 6665 §4.1.2.2, RFC 5057 §5.1). 500 without more
// is the answer to a sequence number that was used before (RFC 3261 §12.2.2).
func (s *session) ended(u *subscription, code int) bool {
	switch code {
	case 404, 408, 410, 416, 480, 481, 482, 483, 484, 485, 604:
		return true
	case 500:
		s.link.mu.Lock()
		defer s.link.mu.Unlock()
		return u.resumed
	}
	return false
}

// accept notes a subscription that the switch has granted.
func (s *session) accept(u *subscription, dlg *dialog, res *gosip.Response) {
	l := s.link
	granted := time.Duration(expires(res, "Expires")) * time.Second
	if granted == 0 {
		granted = l.opts.Expires
	}
	now := time.Now()
	l.mu.Lock()
	if u.dialog != dlg {
		l.mu.Unlock()
		l.setState(pbx.LinkConnected, "", "")
		return // ended by a NOTIFY meanwhile
	}
	if u.confirmed || u.resumed {
		u.failures = 0
	} else {
		u.began = now
	}
	u.confirmed = true
	if u.list == nil { // a list has to tell first what it holds
		u.problem, u.cure = "", ""
	}
	if dlg.remoteTag == "" {
		dlg.learn(res)
	} else {
		dlg.retarget(res)
	}
	u.until, u.refresh = now.Add(granted), now.Add(refreshAfter(granted))
	u.next = u.refresh
	s.expectNotify(u, now)
	l.remember(u)
	u.resumed = false
	delete(s.forgotten, u.user())
	l.mu.Unlock()
	l.setState(pbx.LinkConnected, "", "")
	l.pokeDesks() // the document may have come before this answer
}

// expectNotify sets the time by which a document has to come. The caller holds
// mu.
func (s *session) expectNotify(u *subscription, now time.Time) {
	l := s.link
	wait := min(firstNotify, l.opts.Timeout)
	switch {
	case u.resumed:
		wait = min(wait, snapshotPatience)
	case u.notified:
		return
	}
	u.deadline = now.Add(wait)
	if u.deadline.Before(u.next) {
		u.next = u.deadline
	}
}

// snapshotPatience is how long the answer to the first refresh on a new
// connection may take to tell what lives, before a fresh subscription is made.
const snapshotPatience = 5 * time.Second

// refreshAfter is when to refresh: after 50 to 85 percent of what was granted.
func refreshAfter(granted time.Duration) time.Duration {
	return granted/2 + rand.N(granted*35/100+1)
}

// gone subscribes anew where the switch no longer knows the subscription. If
// that happens to two devices at about the same time, the switch has forgotten
// all, and all are asked for anew, paced.
func (s *session) gone(u *subscription) {
	l := s.link
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	u.drop(l)
	u.next = now
	s.forgotten[u.user()] = now
	recent := 0
	for _, at := range s.forgotten {
		if now.Sub(at) < time.Minute {
			recent++
		}
	}
	if recent < 2 {
		s.askAnother(u, now)
		return
	}
	clear(s.forgotten)
	l.log.Warn("the PBX has forgotten our subscriptions; asking for all anew")
	for x := range l.subscriptions {
		if x == u || x.removed || x.dialog == nil || x.busy { // a busy one hears of it itself
			continue
		}
		x.drop(l)
		x.next = now
		s.due.put(x)
	}
}

// askAnother makes another refresh due at once, to see whether it is
// forgotten too. The caller holds mu.
func (s *session) askAnother(u *subscription, now time.Time) {
	for x := range s.link.subscriptions {
		if x != u && x.active() && !x.busy && !x.removed {
			x.next = now
			s.due.put(x)
			return
		}
	}
}

// refuse notes that the switch does not let us watch this, or anything.
func (s *session) refuse(u *subscription, r refusal) {
	l := s.link
	l.mu.Lock()
	u.drop(l)
	pause := backoff.Jitter(r.retry)
	u.problem, u.cure = r.problem, r.cure
	u.next = time.Now().Add(pause)
	if r.link {
		s.holdBack(u, r)
	} else if u.list != nil {
		l.fallBack(u.list)
	}
	l.mu.Unlock()
	l.log.Warn("device cannot be watched", slog.String("device", u.user()), slog.String("cause", r.problem))
	if r.link && !l.accepted() {
		l.setState(pbx.LinkRejected, r.problem, r.cure)
	} else if !l.accepted() {
		l.setState(pbx.LinkConnected, "", "") // it does talk to us
	}
}

// scouting is how long one subscription is tried alone after all were refused.
const scouting = 2 * time.Second

// holdBack lets no subscription be asked for before one has been that was refused
// for a reason that concerns all: a switch that counts wrong passwords would lock
// us out. Those that are alive stay until they run out. The caller holds mu.
func (s *session) holdBack(u *subscription, r refusal) {
	now := time.Now()
	s.barred = u.next
	for x := range s.link.subscriptions {
		if x == u || x.busy || x.removed || x.index < 0 {
			continue
		}
		if x.dialog != nil && now.After(x.until) {
			x.drop(s.link)
			x.problem, x.cure = r.problem, r.cure
		}
		if x.next.Before(u.next.Add(scouting)) {
			x.next = u.next.Add(scouting + rand.N(time.Second))
			s.due.put(x)
		}
	}
}

// postponed reacts to an answer that passes, as 500 or 503 with Retry-After.
func (s *session) postponed(u *subscription, res *gosip.Response) {
	pause := min(time.Duration(expires(res, "Retry-After"))*time.Second, maxRetryAfter)
	if s.holdOn(u, pause) {
		return
	}
	s.retry(u, pause, "The PBX answers "+status(res)+".", "See the PBX's log. The link tries again by itself.")
	s.link.mu.Lock()
	first := s.link.state == pbx.LinkConnecting || s.link.state == pbx.LinkDown
	s.link.mu.Unlock()
	if first {
		s.link.setState(pbx.LinkConnected, "", "")
	}
}

// holdOn keeps a subscription whose refresh failed and that has not run out: it
// is valid until then (RFC 6665 §4.1.2.2). It is asked for again meanwhile.
func (s *session) holdOn(u *subscription, least time.Duration) bool {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	again := time.Now().Add(u.pause(least))
	if u.dialog == nil || again.After(u.until) {
		return false
	}
	u.failures++
	u.next = again
	return true
}

func (s *session) failed(u *subscription, problem, cure string) { s.retry(u, 0, problem, cure) }

// retry drops the subscription and asks again after a growing pause, at least
// the given one.
func (s *session) retry(u *subscription, least time.Duration, problem, cure string) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	u.drop(l)
	u.next = time.Now().Add(u.pause(least))
	u.failures++
	u.problem, u.cure = problem, cure
	if u.list != nil {
		l.fallBack(u.list)
	}
}

// pause is how long to wait after a failure: longer each time, spread, and never
// below least.
func (u *subscription) pause(least time.Duration) time.Duration {
	pause := max(least, min(2*time.Second<<min(u.failures, 8), maxBackoff))
	return backoff.Jitter(pause) + pause/4
}

// unsubscribe ends subscriptions, several at a time, until ctx ends.
func (s *session) unsubscribe(ctx context.Context, list []departure) {
	jobs := make(chan departure)
	var wg sync.WaitGroup
	for range min(workers, len(list)) {
		wg.Go(func() {
			for leaving := range jobs {
				_, _ = s.subscribe(ctx, leaving.u, leaving.dlg, 0) // it runs out by itself otherwise
			}
		})
	}
	for _, leaving := range list {
		if s.limit.Wait(ctx) != nil {
			break
		}
		jobs <- leaving
	}
	close(jobs)
	wg.Wait()
}

// agentOf is what the switch calls itself.
func agentOf(res *gosip.Response) string {
	for _, name := range []string{"Server", "User-Agent"} {
		if h := res.GetHeader(name); h != nil {
			return h.Value()
		}
	}
	return ""
}

// noteAgent remembers the first guess of what the switch is.
func (l *Link) noteAgent(agent string) {
	if agent == "" || profile(l.hint.Load()) != profileUnknown {
		return
	}
	if p := profileByAgent(agent); p != profileUnknown {
		l.hint.Store(uint32(p))
	}
}
