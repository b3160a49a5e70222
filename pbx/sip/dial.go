package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Times of a call that we place.
const (
	referPatience = 2 * time.Minute // for the REFER to be carried out
	legPatience   = 2 * time.Second // for the second leg to show in the documents
	byePatience   = 4 * time.Second
)

// errBusyDialling: one call at a time can be dialled for a device, because its
// dialogs cannot be told apart otherwise.
var errBusyDialling = errors.New("a call is already being dialled on this device")

// MakeCall implements pbx.Dialer by ringing the calling device with an INVITE
// and handing the answered call to the switch with a REFER (RFC 3515), so that
// the switch dials as if the agent had: its rules, recording and caller ID apply.
func (l *Link) MakeCall(_ context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	called = strings.TrimSpace(called)
	if err := checkText(called); err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call: the number: %w", err)
	}
	if called == "" || len(called) > 64 {
		return pbx.ConnectionID{}, errors.New("sip: make call: the number is empty or too long")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[calling]
	switch {
	case dev == nil || dev.removed || dev.tracker == nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrUnknownDevice)
	case l.session == nil || l.session.ending || l.state == pbx.LinkConnecting || l.state == pbx.LinkDown:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrLinkDown)
	case dev.tracker.dial != nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, errBusyDialling)
	}
	id := random()
	d := &dialing{
		key: pbx.CallID("dial-" + id), device: calling, called: called, label: "Dial " + called, callID: id,
		cleared: make(chan struct{}), bye: make(chan struct{}), frags: make(chan int, 16),
	}
	select {
	case l.dialJobs <- d:
	default:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: too many calls wait to be dialled", calling)
	}
	dev.tracker.dial = d
	return pbx.ConnectionID{Call: d.key, Device: calling}, nil
}

// ClearConnection implements pbx.Clearer for a call that MakeCall is placing:
// until the switch has taken it over we can end our part of it.
func (l *Link) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrUnknownDevice)
	}
	d := dev.tracker.dial
	if d == nil || d.key != id.Call || d.handedOver {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrNotSupported)
	}
	select {
	case <-d.cleared:
	default:
		close(d.cleared)
	}
	return nil
}

// Services implements pbx.Capable.
func (l *Link) Services(id pbx.ConnectionID) pbx.Services {
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil || l.session == nil || l.session.ending {
		return 0
	}
	if d := dev.tracker.dial; d != nil && d.key == id.Call && !d.handedOver {
		return pbx.ServiceClear
	}
	return 0
}

// dialAll runs the calls to dial, each in a goroutine that ends with the
// session.
func (s *session) dialAll(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		select {
		case d := <-s.link.dialJobs:
			if ctx.Err() != nil {
				s.abandon(d)
				continue
			}
			wg.Go(func() { s.dial(ctx, d) })
		case <-ctx.Done():
			s.abandonDials()
			return
		}
	}
}

// abandonDials fails what was asked for and not begun.
func (s *session) abandonDials() {
	for {
		select {
		case d := <-s.link.dialJobs:
			s.abandon(d)
		default:
			return
		}
	}
}

// abandon ends a call to dial of which nothing has been sent.
func (s *session) abandon(d *dialing) {
	s.conclude(d, outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()})
}

// outcome is how a call that we place ended.
type outcome struct {
	kind   pbx.EventKind
	cause  pbx.Cause
	detail string
}

// dial places one call from INVITE to hand-over.
func (s *session) dial(ctx context.Context, d *dialing) {
	l := s.link
	l.mu.Lock()
	l.dials[d.callID] = d
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.dials, d.callID)
		l.mu.Unlock()
	}()
	s.tell(d, func(t *tracker) {
		t.out = append(t.out, t.dialledEvent(d, pbx.EventOriginated, pbx.StateInitiated))
	})
	dlg := newDialog(l.uri(string(d.device)))
	dlg.callID, dlg.cseq = d.callID, 1
	if end := s.ring(ctx, d, dlg); end != nil {
		s.conclude(d, *end)
		return
	}
	end := s.refer(ctx, d, dlg)
	s.hangUp(d, dlg)
	if end != nil {
		s.conclude(d, *end)
		return
	}
	s.settle(ctx, d)
}

// tell lets do change the device's calls and sends the events it appended.
func (s *session) tell(d *dialing, do func(t *tracker)) {
	l := s.link
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	dev := l.devices[d.device]
	if dev == nil || dev.tracker == nil {
		l.mu.Unlock()
		return
	}
	t := dev.tracker
	t.out, t.now = t.out[:0], time.Now()
	do(t)
	events := t.out
	l.mu.Unlock()
	l.send(s.ctx, s.events, events)
}

func (s *session) conclude(d *dialing, end outcome) {
	s.link.log.Info("dialling ended", slog.String("device", string(d.device)), slog.String("cause", end.detail))
	s.tell(d, func(t *tracker) { t.finish(d, end.kind, end.cause, end.detail) })
}
