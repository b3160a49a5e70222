package sip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
)

// byUACSTA, as DialBy or AnswerBy, controls the agents' telephones by CSTA over
// SIP (ECMA TR/87, package uacsta). Each watched device has one association,
// begun as soon as the switch reports on the device: a telephone tells of a call
// only to those who listened when it began, so that answering on first need
// would come too late, and what a telephone refuses is seen before an agent
// needs it.
const byUACSTA = "uacsta"

// Pace and pauses of associations.
const (
	deskRate        = 50 // begun a second
	deskFarewell    = 4000
	deskPatience    = 4 * time.Second
	deskRetry       = time.Second
	deskMaxRetry    = 5 * time.Minute
	deskUnsupported = 10 * time.Minute
	deskReady       = 5 * time.Second // for an association that is begun because somebody dials
)

// desk is the control of one device's telephone. The link's lock guards all
// fields but phone and wake.
type desk struct {
	device pbx.DeviceID
	phone  *uacsta.Phone
	wake   chan struct{} // begin now: somebody dials

	stop     context.CancelFunc // nil while nobody runs it
	up       bool
	since    time.Time     // when it came up
	changed  chan struct{} // closed when up or problem change
	problem  string        // as it follows a colon; empty while there is none
	cure     string
	failures int
	unable   pbx.Services // what the telephone has refused as unknown
}

// controls tells whether telephones are controlled by CSTA.
func (l *Link) controls() bool { return l.cfg.DialBy == byUACSTA || l.cfg.AnswerBy == byUACSTA }

// control keeps the association with every telephone until ctx ends; then they
// are left, or suspended where only the connection is lost.
func (s *session) control(ctx context.Context) {
	l := s.link
	if !l.controls() {
		return
	}
	pace := rate.NewLimiter(deskRate, 1)
	associations, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for ctx.Err() == nil {
		l.mu.Lock()
		for _, d := range l.devices {
			if k := l.due(d); k != nil {
				var one context.Context
				one, k.stop = context.WithCancel(associations)
				wg.Go(func() { s.hold(one, k, pace) })
			}
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-l.deskWake:
		}
	}
	if s.ctx.Err() != nil {
		s.leaveDesks()
		end(nil)
	}
	end(uacsta.ErrSuspended)
	wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.devices {
		if d.desk != nil {
			d.desk.stop = nil
		}
	}
}

// leaveDesks ends the associations, not all in the same moment, but for the time
// that a farewell has.
func (s *session) leaveDesks() {
	ctx, cancel := context.WithTimeout(context.Background(), s.link.opts.Farewell/2)
	defer cancel()
	l := s.link
	var stops []context.CancelFunc
	l.mu.Lock()
	for _, d := range l.devices {
		if d.desk != nil && d.desk.stop != nil {
			stops = append(stops, d.desk.stop)
		}
	}
	l.mu.Unlock()
	pace := rate.NewLimiter(deskFarewell, 64)
	for _, stop := range stops {
		_ = pace.Wait(ctx) // late ones are ended all the same
		stop()
	}
}

// leaveDesk ends the control of a device that is no longer watched. The caller
// holds mu.
func (d *device) leaveDesk() {
	if d.desk != nil && d.desk.stop != nil {
		d.desk.stop()
	}
	d.desk = nil
}

// due returns the desk of a device whose association is to be begun, nil if
// there is none. The caller holds mu.
func (l *Link) due(d *device) *desk {
	if d.removed || d.tracker == nil || !d.reported() {
		return nil
	}
	if d.desk == nil {
		d.desk = l.newDesk(d)
	}
	if d.desk.stop != nil || d.desk.phone == nil {
		return nil
	}
	return d.desk
}

// passesOn is false for switches that are the far end of every dialog: CSTA
// sent through them does not reach the telephone, and might ring it.
func (p profile) passesOn() bool { return p != profileAsterisk && p != profileFreeSWITCH }

func (l *Link) newDesk(d *device) *desk {
	k := &desk{device: d.id, wake: make(chan struct{}, 1), changed: make(chan struct{})}
	address, direct := l.domain, false
	for _, p := range l.cfg.UACSTA.Phones {
		if at, err := hostAddress(p.Address); p.Device == d.id && err == nil {
			address, direct = at.String(), true
		}
	}
	if !direct && !d.tracker.profile.passesOn() {
		k.problem = "the PBX keeps CSTA to itself"
		k.cure = "Enter the telephone's own address under uacsta, phones, or choose another way to dial and answer for this link."
		return k
	}
	var err error
	k.phone, err = uacsta.New(uacsta.Config{
		Phone: l.scheme() + ":" + string(d.id) + "@" + address, Direct: direct, SIPDeviceIDs: l.cfg.UACSTA.SIPDevices,
		Username: l.cfg.Username, Password: l.cfg.Password, Patience: min(deskPatience, l.opts.Timeout), Farewell: l.opts.Farewell / 2,
		Begins: func(callID string) { l.ownDialog(d, callID) },
		Ready:  func() { l.deskUp(k) },
		Events: func(m ecma323.Message) { l.deskEvent(d, k, m) },
		Log:    l.log,
	})
	if err != nil {
		k.problem, k.cure = "this is not the name of a telephone", "Correct the extension in the agent's settings."
	}
	return k
}

// ownDialog lets the tracker know the dialog of the association itself, which
// the switch may report on as on any other.
func (l *Link) ownDialog(d *device, callID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.tracker.control = callID
}

// hold keeps one association until ctx ends, begun anew whenever it is lost.
func (s *session) hold(ctx context.Context, k *desk, pace *rate.Limiter) {
	for {
		if pace.Wait(ctx) != nil {
			return
		}
		began := time.Now()
		err := k.phone.Run(ctx, s.carrier)
		pause := s.link.deskDown(k, err, time.Since(began))
		if ctx.Err() != nil {
			return
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-k.wake:
		case <-ctx.Done():
		}
		next.Stop()
	}
}

// deskUp notes that the telephone can be controlled.
func (l *Link) deskUp(k *desk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k.up, k.since, k.problem, k.cure = true, time.Now(), "", ""
	if d := l.devices[k.device]; d != nil && d.tracker != nil {
		d.tracker.parted = [maxGone]string{} // after a restart it counts its calls anew
	}
	k.change()
}

// change wakes those who wait for the desk. The caller holds mu.
func (k *desk) change() {
	close(k.changed)
	k.changed = make(chan struct{})
}

// deskDown notes why an association ended, and says when to try again.
func (l *Link) deskDown(k *desk, err error, lasted time.Duration) (pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k.up, k.unable = false, 0
	forgotten := errors.Is(err, uacsta.ErrForgotten)
	if err != nil && !forgotten { // a restart is over in a moment
		k.problem, k.cure = inWords(err)
		l.log.Debug("a telephone is not controlled", slog.String("device", string(k.device)), slog.Any("err", err))
	}
	k.change()
	if lasted > lastingWell {
		k.failures = 0
	}
	pause = backoff.Jitter(min(deskRetry<<min(k.failures, 16), deskMaxRetry))
	if forgotten && k.failures == 0 {
		pause = 0
	}
	if errors.Is(err, pbx.ErrNotSupported) || errors.Is(err, pbx.ErrUnknownDevice) {
		pause = backoff.Jitter(deskUnsupported)
	}
	k.failures++
	return pause
}

// inWords is why a telephone did not do something: what is wrong, to follow a
// colon, and the cure.
func inWords(err error) (problem, cure string) {
	var p *uacsta.PhoneError
	var d *deskError
	switch {
	case errors.As(err, &p):
		return p.Problem(), p.Cure()
	case errors.As(err, &d) && d.problem != "":
		return d.problem, d.cure
	case errors.Is(err, pbx.ErrLinkDown), errors.Is(err, context.DeadlineExceeded):
		return "it is not under control at present", "The link tries again by itself."
	}
	return "its control ended", "The link tries again by itself."
}
