package sip

import (
	"context"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
)

// keep hands subscriptions to the workers when their time comes. Until the switch
// has answered something it hands out one: a PBX that is down is asked once and
// not two thousand times.
func (s *session) keep(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		u, wait := s.takeDue()
		if u == nil {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-s.link.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		if s.limit.Wait(ctx) != nil {
			return
		}
		select {
		case s.jobs <- u:
		case <-ctx.Done():
			return
		}
		select {
		case <-s.first:
		case <-s.served: // without an answer: a device that is no longer watched
		case <-ctx.Done():
			return
		}
	}
}

func (s *session) takeDue() (*subscription, time.Duration) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	u, wait := s.due.pop(time.Now())
	if u != nil {
		u.busy = true
	}
	return u, wait
}

// work is one worker.
func (s *session) work(ctx context.Context) {
	for {
		select {
		case u := <-s.jobs:
			s.serve(ctx, u)
			select {
			case s.served <- struct{}{}:
			default:
			}
		case <-ctx.Done():
			return
		}
	}
}

// serve does what is due: subscribe, refresh or take leave.
func (s *session) serve(ctx context.Context, u *subscription) {
	dlg, what := s.duty(u)
	switch what {
	case dutyLeave:
		if dlg != nil {
			_, _ = s.subscribe(ctx, u, dlg, 0) // the switch forgets us soon anyway
		}
		s.remove(u)
		return
	case dutyGiveUp:
		if u.list != nil {
			s.failed(u, "The PBX accepted the list "+u.list.name+" but reports nothing.", curesSilentList)
			break
		}
		s.failed(u, "The PBX accepted the subscription but reports nothing.",
			"If it lists many extensions at once, use TCP; else see the PBX's log for NOTIFYs that it could not send.")
	case dutyAnew:
		_, _ = s.subscribe(ctx, u, dlg, 0) // ended or not: a new one follows
		s.subscribeAnew(ctx, u)
	case dutyRefresh:
		s.refresh(ctx, u, dlg)
	case dutySubscribe:
		s.subscribeAnew(ctx, u)
	case dutyNone:
	}
	s.done(u)
}

// duty is what is due for a subscription.
type duty uint8

const (
	dutySubscribe duty = iota
	dutyRefresh
	dutyAnew   // the subscription is alive, but what it told cannot be relied on
	dutyGiveUp // the switch accepted it and keeps silent (RFC 6665 §4.1.2.4)
	dutyLeave
	dutyNone // what was to come by now has come
)

func (s *session) duty(u *subscription) (*dialog, duty) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	late := u.confirmed && !u.deadline.IsZero() && !now.Before(u.deadline)
	switch {
	case u.removed, u.device != nil && u.device.holder != nil:
		return u.dialog, dutyLeave
	case u.dialog == nil:
		return nil, dutySubscribe
	case late && !u.notified:
		return u.dialog, dutyGiveUp
	case u.device != nil && (l.closeGap(u, now) || u.device.tracker.doubtful(now) || late && u.device.tracker.resumed):
		return u.dialog, dutyAnew
	case u.list != nil:
		if l.closeGap(u, now) { // a refresh brings the full state (RFC 4662 §4.6)
			return u.dialog, dutyRefresh
		}
	}
	if late && u.next.Equal(u.deadline) {
		u.next = u.refresh
		return u.dialog, dutyNone
	}
	return u.dialog, dutyRefresh
}

// remove forgets a subscription that is no longer wanted, unless it is again.
func (s *session) remove(u *subscription) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	u.forget(l)
	switch {
	case u.removed:
		delete(l.devices, u.device.id)
	case u.device.holder != nil: // its list reports on it
	default:
		u.next = time.Now()
		s.due.put(u)
		l.poke()
	}
}

// done puts the subscription back on the list.
func (s *session) done(u *subscription) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != s {
		return
	}
	u.busy = false
	if u.again || u.removed {
		u.next, u.again = time.Now(), false
	}
	s.due.put(u)
	l.hurry(u)
	l.poke()
}

// How often the canary sings. A switch that was restarted shall report on a
// thousand extensions again within 10 s, of which their subscriptions take five;
// over UDP the canary has the rest.
const (
	canaryUDP    = 4 * time.Second
	canaryStream = 30 * time.Second
)

// watchOver is the canary: it asks the switch regularly whether it still knows
// one of our subscriptions, each time another one. A PBX that was restarted in
// between answers 481, one that is gone does not answer.
func (s *session) watchOver(ctx context.Context) {
	s.greet(ctx)
	for backoff.Sleep(ctx, backoff.Jitter(s.link.opts.Canary)) {
		if !s.nudge() {
			s.greet(ctx)
		}
	}
}

// nudge makes the longest unasked subscription due for a refresh.
func (s *session) nudge() bool {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(s.barred) {
		return true // it does answer
	}
	var oldest *subscription
	for u := range l.subscriptions {
		if u.active() && !u.busy && !u.removed && (oldest == nil || u.next.Before(oldest.next)) {
			oldest = u
		}
	}
	if oldest == nil {
		return false
	}
	oldest.next = time.Now()
	s.due.put(oldest)
	l.poke()
	return true
}

// greet asks by OPTIONS where there is no subscription to ask about. Any answer
// will do (RFC 3261 §11).
func (s *session) greet(ctx context.Context) {
	l := s.link
	l.mu.Lock()
	watching := len(l.devices)+len(l.lists) > 0 && !l.cfg.Unsolicited
	l.mu.Unlock()
	if watching {
		return
	}
	req := s.request(newDialog(l.uri("")), "OPTIONS")
	res, err := s.exchange(ctx, req, s.wire.Server(), min(canaryPatience, l.opts.Timeout))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.fail(err)
	default:
		s.heard()
		l.noteAgent(agentOf(res))
		l.setState(pbx.LinkConnected, "", "")
	}
}

// departure is a subscription to end, with its dialog: the switch may end it
// first, and u.dialog is nil then.
type departure struct {
	u   *subscription
	dlg *dialog
}

// farewell ends the subscriptions, as many as its time allows.
func (s *session) farewell() {
	ctx, cancel := context.WithTimeout(context.Background(), s.link.opts.Farewell)
	defer cancel()
	l := s.link
	l.mu.Lock()
	l.watching = true // what is not claimed by now is left too
	l.reclaim()
	var active []departure
	for u := range l.subscriptions {
		if u.dialog != nil && (u.confirmed || u.resumed) {
			active = append(active, departure{u, u.dialog})
		}
	}
	l.mu.Unlock()
	s.limit.SetLimit(farewellRate)
	s.unsubscribe(ctx, active)
}
