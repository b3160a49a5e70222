package csta

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// answer is what came of a request.
type answer struct {
	m   ecma323.Message
	err error
}

// exchange sends a request of a service and waits for its answer. then, if any,
// runs on Run's goroutine before exchange returns.
func (l *Link) exchange(ctx context.Context, m ecma323.Message, then func(*session, ecma323.Message)) (ecma323.Message, error) {
	s, err := l.inSession()
	if err != nil {
		return nil, err
	}
	ended := make(chan answer, 1)
	id, err := s.post(m, func(m ecma323.Message, err error) {
		if err == nil && then != nil {
			then(s, m)
		}
		select {
		case ended <- answer{m, err}:
		default:
		}
	})
	if err != nil {
		return nil, err
	}
	// Run may be waiting for the bridge, so its time-out alone would not do.
	patience := time.NewTimer(l.opts.Timeout)
	defer patience.Stop()
	select {
	case a := <-ended:
		return a.m, a.err
	case <-patience.C:
		err = errTimeout
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.mu.Lock()
	s.invokes.GiveUp(id, time.Now())
	s.mu.Unlock()
	return nil, err
}

func (l *Link) inSession() (*session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return nil, pbx.ErrLinkDown
	}
	return l.session, nil
}

// deviceID is a number as the PBX wants it in requests.
func (l *Link) deviceID(ctx context.Context, number string) (ecma323.DeviceID, error) {
	if !l.dialect.resolves {
		return ecma323.ID(number), nil
	}
	m, err := l.exchange(ctx, &ecma323.GetThirdPartyDeviceID{SwitchName: l.cfg.CSTA.Switch, Extension: number}, nil)
	if err != nil {
		return ecma323.DeviceID{}, err
	}
	r, ok := m.(*ecma323.GetThirdPartyDeviceIDResponse)
	if !ok || r.Device.Text == "" {
		return ecma323.DeviceID{}, odd(m)
	}
	return r.Device, nil
}

var errNumber = errors.New("the number cannot be dialled: it is empty, too long, or holds blanks or control characters")

// destination is where a call is to go.
func (l *Link) destination(ctx context.Context, to string) (ecma323.DeviceID, error) {
	if !plainName(to) {
		return ecma323.DeviceID{}, errNumber
	}
	return l.deviceID(ctx, to)
}

// place sends a request that makes a call, and tells the call before the answer
// is given back: what it causes has the same id.
func (l *Link) place(ctx context.Context, what string, service pbx.Services, m ecma323.Message, device pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	ids := make(chan pbx.ConnectionID, 1)
	response, err := l.exchange(ctx, m, func(s *session, response ecma323.Message) {
		var made ecma323.ConnectionID
		switch r := response.(type) {
		case *ecma323.MakeCallResponse:
			made = r.CallingDevice
		case *ecma323.ConsultationCallResponse:
			made = r.InitiatedCall
		default:
			return
		}
		var id pbx.ConnectionID
		s.later = append(s.later, l.ask(func(t *calls.Table) (events []pbx.Event) {
			id, events = t.Dialled(device, made, called, time.Now())
			return events
		})...)
		ids <- id
	})
	if err != nil {
		l.lacks(service, err)
		return pbx.ConnectionID{}, fmt.Errorf("csta: %s: %w", what, err)
	}
	select {
	case id := <-ids:
		return id, nil
	default:
		return pbx.ConnectionID{}, fmt.Errorf("csta: %s: %w", what, odd(response))
	}
}

// control sends a request about connections that has nothing to tell.
func (l *Link) control(ctx context.Context, what string, service pbx.Services, m ecma323.Message) error {
	if _, err := l.exchange(ctx, m, nil); err != nil {
		l.lacks(service, err)
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	return nil
}

// lacks remembers a service that the PBX says it does not have, so that it is
// not offered any more.
func (l *Link) lacks(service pbx.Services, err error) {
	var refused *refusal
	if !errors.As(err, &refused) || !refused.lacking {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lacking |= service
}
