package sip

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
)

// Times of a call that we place.
const (
	referPatience = 2 * time.Minute // for the REFER to be carried out
	legPatience   = 2 * time.Second // for the second leg to show in the documents
	byePatience   = 4 * time.Second
)

// The ways of placing a call: LinkConfig.DialBy.
const (
	dialByRefer      = "refer"
	dialByReferOut   = "outOfDialogRefer"
	dialByThirdParty = "3pcc"
)

// MakeCall implements pbx.Dialer in the configured way. By default it rings the
// calling device with an INVITE and hands the answered call to the switch with
// a REFER (RFC 3515), so that the switch dials as if the agent had: its rules,
// recording and caller ID apply. The others are for switches that cannot do
// that: see dialByReferOut and dialByThirdParty.
//
// A device can have one such call at a time, to its end, because its dialogs
// cannot be told apart otherwise: pbx.ErrDialling.
func (l *Link) MakeCall(_ context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	dialled, err := dialString(called)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call: %w", err)
	}
	called = strings.TrimSpace(called)
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[calling]
	switch {
	case dev == nil || dev.removed || dev.tracker == nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrUnknownDevice)
	case l.session == nil || l.session.ending || l.state == pbx.LinkConnecting || l.state == pbx.LinkDown:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrLinkDown)
	case dev.tracker.dial != nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrDialling)
	}
	id := random()
	d := &dialing{
		key: pbx.CallID("dial-" + id), device: calling, called: called, dialled: dialled, label: "Dial " + called, callID: id,
		noLeg: l.cfg.DialBy == dialByReferOut || l.cfg.DialBy == byUACSTA, cleared: make(chan struct{}), transfers: make(chan *transferOrder, 1),
		ended: make(chan struct{}),
	}
	if l.cfg.DialBy == byUACSTA {
		d.news, d.finished = make(chan deskNews, 16), make(chan struct{})
	}
	select {
	case l.dialJobs <- d:
	default:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: too many calls wait to be dialled", calling)
	}
	dev.tracker.dial = d
	return pbx.ConnectionID{Call: d.key, Device: calling}, nil
}

// ClearConnection implements pbx.Clearer for a call that MakeCall placed: until
// the switch has taken it over, in third party call control to its end; and for
// every call at a telephone that is controlled by CSTA.
func (l *Link) ClearConnection(ctx context.Context, id pbx.ConnectionID) error {
	l.mu.Lock()
	if d := l.dialOf(id); l.controls() && (d == nil || d.news != nil) {
		l.mu.Unlock()
		return l.atDesk(ctx, id, pbx.ServiceClear, (*uacsta.Phone).ClearConnection)
	}
	defer l.mu.Unlock()
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrUnknownDevice)
	}
	d := dev.tracker.dial
	if d == nil || d.key != id.Call || d.handedOver || d.noLeg {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrNotSupported)
	}
	select {
	case <-d.cleared:
	default:
		close(d.cleared)
	}
	return nil
}

// SingleStepTransferCall implements pbx.Transferrer for a call that we placed
// and still control, which is so in third party call control: the far end is
// referred to the other number (RFC 5589 §6). It waits for the far end to accept
// that; what becomes of it follows as events.
func (l *Link) SingleStepTransferCall(ctx context.Context, id pbx.ConnectionID, to string) error {
	dialled, err := dialString(to)
	if err != nil {
		return fmt.Errorf("sip: transfer: %w", err)
	}
	l.mu.Lock()
	d := l.dialOf(id)
	if d == nil || !d.inHand {
		l.mu.Unlock()
		return fmt.Errorf("sip: transfer on %s: %w", id.Device, pbx.ErrNotSupported)
	}
	l.mu.Unlock()
	order := &transferOrder{to: dialled, done: make(chan error, 1)}
	select {
	case d.transfers <- order:
	default:
		return fmt.Errorf("sip: transfer on %s: the call is being transferred already", id.Device)
	}
	select {
	case err := <-order.done:
		return err
	case <-d.ended:
		return fmt.Errorf("sip: transfer on %s: the call has ended", id.Device)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TransferCall implements pbx.Transferrer; a second call over SIP is placed on
// the telephone, and so is this.
func (l *Link) TransferCall(_ context.Context, held, _ pbx.ConnectionID) error {
	return fmt.Errorf("sip: transfer on %s: %w", held.Device, pbx.ErrNotSupported)
}

// dialOf finds the call that is placed on a connection. The caller holds mu.
func (l *Link) dialOf(id pbx.ConnectionID) *dialing {
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil || dev.tracker.dial == nil || dev.tracker.dial.key != id.Call {
		return nil
	}
	return dev.tracker.dial
}

// Services implements pbx.Capable.
func (l *Link) Services(id pbx.ConnectionID) pbx.Services {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil || l.session.ending {
		return 0
	}
	d := l.dialOf(id)
	switch {
	case d == nil:
		return l.talkService(id) | l.deskServices(id)
	case d.news != nil:
		return l.deskServices(id)
	case d.handedOver, d.noLeg:
		return 0
	case d.inHand:
		return pbx.ServiceClear | pbx.ServiceSingleStepTransfer
	}
	return pbx.ServiceClear
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
	s.conclude(d, *lostOutcome())
}

// dial places one call from the first request to the hand-over, or to its end.
func (s *session) dial(ctx context.Context, d *dialing) {
	defer close(d.ended)
	s.tell(d, func(t *tracker) {
		t.out = append(t.out, t.dialledEvent(d, pbx.EventOriginated, pbx.StateInitiated))
	})
	switch s.link.cfg.DialBy {
	case dialByReferOut:
		s.dialByReferOut(ctx, d)
	case dialByThirdParty:
		s.dialByThirdParty(ctx, d)
	case byUACSTA:
		s.dialByUACSTA(ctx, d)
	default:
		s.dialByRefer(ctx, d)
	}
}

// tell lets do change the device's calls and sends the events it appended.
func (s *session) tell(d *dialing, do func(t *tracker)) { s.change(d.device, do) }

func (s *session) change(device pbx.DeviceID, do func(t *tracker)) {
	l := s.link
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	dev := l.devices[device]
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
	s.link.log.Info("dialling ended", slog.String("device", string(d.device)), slog.Int("cause", int(end.cause)))
	s.tell(d, func(t *tracker) { t.finish(d, end.kind, end.cause, end.detail) })
}
