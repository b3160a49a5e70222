package sip

import (
	"context"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// keep hands devices to the workers when their time comes. Until the switch has
// answered something it hands out one: a PBX that is down is asked once and not
// two thousand times.
func (s *session) keep(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		d, wait := s.takeDue()
		if d == nil {
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
		case s.jobs <- d:
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

func (s *session) takeDue() (*device, time.Duration) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	d, wait := s.due.pop(time.Now())
	if d != nil {
		d.busy = true
	}
	return d, wait
}

// work is one worker.
func (s *session) work(ctx context.Context) {
	for {
		select {
		case d := <-s.jobs:
			s.serve(ctx, d)
			select {
			case s.served <- struct{}{}:
			default:
			}
		case <-ctx.Done():
			return
		}
	}
}

// serve does what is due for a device: subscribe, refresh or take leave.
func (s *session) serve(ctx context.Context, d *device) {
	l := s.link
	l.mu.Lock()
	now := time.Now()
	removed, dlg, silent := d.removed, d.dialog, d.confirmed && !d.notified && !now.Before(d.deadline)
	doubtful := dlg != nil && d.tracker != nil && (l.closeGap(d, now) || d.tracker.doubtful(now))
	l.mu.Unlock()
	switch {
	case removed:
		if dlg != nil {
			_, _ = s.subscribe(ctx, d, dlg, 0) // the switch forgets us soon anyway
		}
		s.remove(d)
		return
	case silent:
		s.failed(d, "The PBX accepted the subscription but reports nothing.",
			"If it lists many extensions at once, use TCP; else see the PBX's log for NOTIFYs that it could not send.")
	case doubtful:
		_, _ = s.subscribe(ctx, d, dlg, 0) // ended or not: a new one follows
		s.subscribeAnew(ctx, d)
	case dlg != nil:
		s.refresh(ctx, d, dlg)
	default:
		s.subscribeAnew(ctx, d)
	}
	s.done(d)
}

// remove forgets a device that is no longer watched, unless it is again.
func (s *session) remove(d *device) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	d.forget(l)
	if d.removed {
		delete(l.devices, d.id)
		return
	}
	d.next = time.Now()
	s.due.put(d)
	l.poke()
}

// done puts the device back on the list.
func (s *session) done(d *device) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != s {
		return
	}
	d.busy = false
	if d.again || d.removed {
		d.next, d.again = time.Now(), false
	}
	s.due.put(d)
	l.hurry(d)
	l.poke()
}

// watchOver is the canary: it asks the switch regularly whether it still knows
// one of our subscriptions, each time another one. A PBX that was restarted in
// between answers 481, one that is gone does not answer.
func (s *session) watchOver(ctx context.Context) {
	s.greet(ctx)
	for sleep(ctx, jitter(s.link.opts.Canary)) {
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
	var oldest *device
	for _, d := range l.devices {
		if d.active() && !d.busy && !d.removed && (oldest == nil || d.next.Before(oldest.next)) {
			oldest = d
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
	watching := len(l.devices) > 0
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

// farewell ends the subscriptions, as many as its time allows.
func (s *session) farewell() {
	ctx, cancel := context.WithTimeout(context.Background(), s.link.opts.Farewell)
	defer cancel()
	l := s.link
	l.mu.Lock()
	var active []*device
	for _, d := range l.devices {
		if d.confirmed && d.dialog != nil {
			active = append(active, d)
		}
	}
	l.mu.Unlock()
	s.limit.SetLimit(farewellRate)
	s.unsubscribe(ctx, active)
}
