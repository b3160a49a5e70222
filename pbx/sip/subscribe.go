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
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// firstNotify is how long a switch may take from accepting a subscription to
// its first NOTIFY: timer N (RFC 6665 §4.1.2.4).
const firstNotify = 64 * transport.TimerT1

// maxBackoff is the longest pause before a failed subscription is tried again.
const maxBackoff = 5 * time.Minute

// subscribeAnew begins a subscription in a new dialog. It is registered before
// the request goes out, because the NOTIFY may come before the answer.
func (s *session) subscribeAnew(ctx context.Context, d *device) {
	l := s.link
	dlg := newDialog(l.uri(string(d.id)))
	dlg.cseq = uint32(rand.N(10000))
	l.mu.Lock()
	if d.dialog != nil {
		delete(l.byCall, d.dialog.callID)
	}
	d.dialog, d.confirmed, d.notified, d.seen = dlg, false, false, [16]uint32{}
	d.tracker.renew()
	l.byCall[dlg.callID] = d
	l.mu.Unlock()
	res, err := s.subscribe(ctx, d, dlg, l.opts.Expires)
	s.judge(ctx, d, dlg, res, err, true)
}

// refresh keeps a subscription (RFC 6665 §4.1.2.2).
func (s *session) refresh(ctx context.Context, d *device, dlg *dialog) {
	res, err := s.subscribe(ctx, d, dlg, s.link.opts.Expires)
	s.judge(ctx, d, dlg, res, err, false)
}

// subscribe sends one SUBSCRIBE with digest where the switch asks for it, and
// once more where the interval is too brief for it.
func (s *session) subscribe(ctx context.Context, d *device, dlg *dialog, want time.Duration) (*gosip.Response, error) {
	s.link.mu.Lock()
	if want > 0 && d.asked > want {
		want = d.asked
	}
	s.link.mu.Unlock()
	patience := s.link.opts.Timeout
	if dlg.remoteTag != "" {
		patience = min(patience, refreshPatience)
	}
	req := s.request(dlg, "SUBSCRIBE")
	req.AppendHeader(gosip.NewHeader("Event", "dialog"))
	req.AppendHeader(gosip.NewHeader("Accept", "application/dialog-info+xml"))
	req.AppendHeader(gosip.NewHeader("Expires", strconv.Itoa(int(want/time.Second))))
	for {
		res, err := s.exchange(ctx, req, s.wire.Server(), patience)
		if err != nil {
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
				d.asked = least
				s.link.mu.Unlock()
				req = s.again(dlg, req, want)
				continue
			}
		case gosip.StatusForbidden:
			if authorised(req) && !s.link.accepted() {
				return res, errCredentials // FreeSWITCH's answer to a wrong password
			}
		}
		return res, nil
	}
}

// again repeats a SUBSCRIBE with another interval.
func (s *session) again(dlg *dialog, old *gosip.Request, want time.Duration) *gosip.Request {
	req := s.request(dlg, "SUBSCRIBE")
	req.AppendHeader(old.GetHeader("Event"))
	req.AppendHeader(old.GetHeader("Accept"))
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
	for _, d := range l.devices {
		if d.confirmed {
			return true
		}
	}
	return false
}

// judge draws the consequences of the answer to a SUBSCRIBE.
func (s *session) judge(ctx context.Context, d *device, dlg *dialog, res *gosip.Response, err error, first bool) {
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
	if r, ok := l.refused(d.id, code, err); ok && (first || code != 404) {
		s.refuse(d, r)
		return
	}
	switch {
	case err == nil && code >= 200 && code < 300:
		s.accept(d, dlg, res)
	case err == nil && !first && (code == 481 || code == 404 || code == 408):
		s.gone(d)
	case errors.Is(err, transport.ErrTimeout) && (!first || !l.accepted()):
		s.fail(transport.ErrTimeout)
	case err == nil:
		s.postponed(d, res)
	default:
		s.failed(d, "The PBX does not answer for this extension: "+shortError(err)+".", "The link tries again by itself.")
	}
}

// accept notes a subscription that the switch has granted.
func (s *session) accept(d *device, dlg *dialog, res *gosip.Response) {
	l := s.link
	granted := time.Duration(expires(res, "Expires")) * time.Second
	if granted == 0 {
		granted = l.opts.Expires
	}
	now := time.Now()
	l.mu.Lock()
	if d.dialog != dlg {
		l.mu.Unlock()
		return // ended by a NOTIFY meanwhile
	}
	dlg.learn(res)
	d.confirmed, d.expires, d.failures, d.problem, d.cure = true, granted, 0, "", ""
	d.next = now.Add(refreshAfter(granted))
	if !d.notified {
		d.deadline = now.Add(min(firstNotify, l.opts.Timeout))
		if d.deadline.Before(d.next) {
			d.next = d.deadline
		}
	}
	delete(s.forgotten, d.id)
	l.mu.Unlock()
	l.setState(pbx.LinkConnected, "", "")
}

// refreshAfter is when to refresh: after 50 to 85 percent of what was granted.
func refreshAfter(granted time.Duration) time.Duration {
	return granted/2 + rand.N(granted*35/100+1)
}

// gone subscribes anew where the switch no longer knows the subscription. If
// that happens to two devices at about the same time, the switch has forgotten
// all, and all are asked for anew, paced.
func (s *session) gone(d *device) {
	l := s.link
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	d.drop(l)
	d.next = now
	s.forgotten[d.id] = now
	recent := 0
	for _, at := range s.forgotten {
		if now.Sub(at) < time.Minute {
			recent++
		}
	}
	if recent < 2 {
		s.askAnother(d, now)
		return
	}
	clear(s.forgotten)
	l.log.Warn("the PBX has forgotten our subscriptions; asking for all anew")
	for _, x := range l.devices {
		if x == d || x.removed || x.dialog == nil {
			continue
		}
		if x.busy {
			continue // will hear of it itself
		}
		x.drop(l)
		x.next = now
		s.due.put(x)
	}
}

// askAnother makes another device's refresh due at once, to see whether it is
// forgotten too. The caller holds mu.
func (s *session) askAnother(d *device, now time.Time) {
	for _, x := range s.link.devices {
		if x != d && x.active() && !x.busy && !x.removed {
			x.next = now
			s.due.put(x)
			return
		}
	}
}

// drop ends a subscription on our side; the device stays on the list.
func (d *device) drop(l *Link) {
	if d.dialog != nil {
		delete(l.byCall, d.dialog.callID)
	}
	d.dialog, d.confirmed, d.notified = nil, false, false
}

// refuse notes that the switch does not let us watch the device, or any.
func (s *session) refuse(d *device, r refusal) {
	l := s.link
	l.mu.Lock()
	d.drop(l)
	pause := jitter(r.retry)
	d.problem, d.cure = r.problem, r.cure
	d.next = time.Now().Add(pause)
	if r.link {
		for _, x := range l.devices { // do not knock two thousand times
			if x.dialog == nil && !x.busy && x.next.Before(d.next) && !x.removed {
				x.next = d.next.Add(rand.N(time.Second))
				s.due.put(x)
			}
		}
	}
	l.mu.Unlock()
	l.log.Warn("device cannot be watched", slog.String("device", string(d.id)), slog.String("cause", r.problem))
	if r.link && !l.accepted() {
		l.setState(pbx.LinkRejected, r.problem, r.cure)
	} else if !l.accepted() {
		l.setState(pbx.LinkConnected, "", "") // it does talk to us
	}
}

// postponed reacts to an answer that passes, as 500 or 503 with Retry-After.
func (s *session) postponed(d *device, res *gosip.Response) {
	pause := time.Duration(expires(res, "Retry-After")) * time.Second
	s.retry(d, pause, "The PBX answers "+status(res)+".", "See the PBX's log. The link tries again by itself.")
	s.link.mu.Lock()
	first := s.link.state == pbx.LinkConnecting || s.link.state == pbx.LinkDown
	s.link.mu.Unlock()
	if first {
		s.link.setState(pbx.LinkConnected, "", "")
	}
}

func (s *session) failed(d *device, problem, cure string) { s.retry(d, 0, problem, cure) }

// retry drops the subscription and asks again after a growing pause, at least
// the given one.
func (s *session) retry(d *device, least time.Duration, problem, cure string) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	d.drop(l)
	pause := max(least, min(2*time.Second<<min(d.failures, 8), maxBackoff))
	d.failures++
	d.problem, d.cure = problem, cure
	d.next = time.Now().Add(jitter(pause) + pause/4) // never before least
}

// unsubscribe ends subscriptions, several at a time, until ctx ends.
func (s *session) unsubscribe(ctx context.Context, list []*device) {
	jobs := make(chan *device)
	var wg sync.WaitGroup
	for range min(workers, len(list)) {
		wg.Go(func() {
			for d := range jobs {
				_, _ = s.subscribe(ctx, d, d.dialog, 0) // it runs out by itself otherwise
			}
		})
	}
	for _, d := range list {
		if s.limit.Wait(ctx) != nil {
			break
		}
		jobs <- d
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
	if agent == "" || l.profile != profileUnknown || profile(l.hint.Load()) != profileUnknown {
		return
	}
	if p := profileByAgent(agent); p != profileUnknown {
		l.hint.Store(uint32(p))
	}
}
