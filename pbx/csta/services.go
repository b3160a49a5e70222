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

// MakeCall implements pbx.Dialer. It returns when the PBX has taken or refused
// the request.
func (l *Link) MakeCall(ctx context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	caller, err := l.caller(calling)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: make call: %w", err)
	}
	if !plainName(called) {
		return pbx.ConnectionID{}, fmt.Errorf("csta: make call: %w", errNumber)
	}
	to, err := l.deviceID(ctx, called)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: make call: %w", err)
	}
	m := &ecma323.MakeCall{CallingDevice: caller, CalledDirectoryNumber: to, AutoOriginate: ecma323.DoNotPrompt}
	if l.cfg.CSTA.Prompt {
		m.AutoOriginate = ecma323.Prompt
	}
	return l.place(ctx, "make call", m, calling, called)
}

// caller is a device that may dial.
func (l *Link) caller(id pbx.DeviceID) (ecma323.DeviceID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.watched[id]
	switch {
	case m == nil:
		return ecma323.DeviceID{}, pbx.ErrUnknownDevice
	case l.session == nil:
		return ecma323.DeviceID{}, pbx.ErrLinkDown
	case m.number != id: // a member of a group is a device of its own
		return ecma323.ID(string(id)), nil
	case l.dialect.resolves && m.object.Text == "":
		return ecma323.DeviceID{}, pbx.ErrUnknownDevice
	}
	return m.id(), nil
}

// place sends a request that makes a call, and tells the call before the answer
// is given back: what it causes has the same id.
func (l *Link) place(ctx context.Context, what string, m ecma323.Message, device pbx.DeviceID, called string) (pbx.ConnectionID, error) {
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
		l.lacks(m, err)
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
func (l *Link) control(ctx context.Context, what string, m ecma323.Message) error {
	if _, err := l.exchange(ctx, m, nil); err != nil {
		l.lacks(m, err)
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	return nil
}

// connection is what the PBX calls a connection, if the service can be done with
// it as it is now.
func (l *Link) connection(id pbx.ConnectionID, service pbx.Services) (ecma323.ConnectionID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return ecma323.ConnectionID{}, pbx.ErrLinkDown
	}
	now, known := l.table.Connection(id)
	if !known || l.services(id)&service == 0 {
		return ecma323.ConnectionID{}, pbx.ErrNotSupported
	}
	return now, nil
}

// Services implements pbx.Capable.
func (l *Link) Services(id pbx.ConnectionID) pbx.Services {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return 0
	}
	return l.services(id)
}

// services are those of a connection in its present state. The caller holds mu.
func (l *Link) services(id pbx.ConnectionID) (s pbx.Services) {
	const pair = pbx.ServiceTransfer | pbx.ServiceAlternate
	switch l.live.state(id) {
	case pbx.StateInitiated, pbx.StateFailed:
		s = pbx.ServiceClear
	case pbx.StateAlerting:
		s = pbx.ServiceAnswer | pbx.ServiceClear | pbx.ServiceDeflect
	case pbx.StateConnected:
		s = pbx.ServiceClear | pbx.ServiceHold | pbx.ServiceSingleStepTransfer | pbx.ServiceConsult
		if l.live.has(id.Device, pbx.StateHeld) {
			s |= pair
		}
	case pbx.StateHeld:
		s = pbx.ServiceClear | pbx.ServiceRetrieve
		if l.live.has(id.Device, pbx.StateConnected) {
			s |= pair
		}
	default:
	}
	return s &^ l.lacking
}

// serviceOf is the bit of a request.
func serviceOf(m ecma323.Message) pbx.Services {
	switch m.(type) {
	case *ecma323.AnswerCall:
		return pbx.ServiceAnswer
	case *ecma323.ClearConnection:
		return pbx.ServiceClear
	case *ecma323.HoldCall:
		return pbx.ServiceHold
	case *ecma323.RetrieveCall:
		return pbx.ServiceRetrieve
	case *ecma323.SingleStepTransferCall:
		return pbx.ServiceSingleStepTransfer
	case *ecma323.TransferCall:
		return pbx.ServiceTransfer
	case *ecma323.ConsultationCall:
		return pbx.ServiceConsult
	case *ecma323.AlternateCall:
		return pbx.ServiceAlternate
	case *ecma323.DeflectCall:
		return pbx.ServiceDeflect
	}
	return 0
}

// lacks remembers a service that the PBX says it does not have, so that it is
// not offered any more.
func (l *Link) lacks(m ecma323.Message, err error) {
	var refused *refusal
	if !errors.As(err, &refused) || !refused.lacking {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lacking |= serviceOf(m)
}

// AnswerCall implements pbx.Answerer.
func (l *Link) AnswerCall(ctx context.Context, alerting pbx.ConnectionID) error {
	id, err := l.connection(alerting, pbx.ServiceAnswer)
	if err != nil {
		return fmt.Errorf("csta: answer: %w", err)
	}
	return l.control(ctx, "answer", &ecma323.AnswerCall{CallToBeAnswered: id})
}

// ClearConnection implements pbx.Clearer.
func (l *Link) ClearConnection(ctx context.Context, conn pbx.ConnectionID) error {
	id, err := l.connection(conn, pbx.ServiceClear)
	if err != nil {
		return fmt.Errorf("csta: clear: %w", err)
	}
	return l.control(ctx, "clear", &ecma323.ClearConnection{ConnectionToBeCleared: id})
}

// HoldCall implements pbx.Holder.
func (l *Link) HoldCall(ctx context.Context, connected pbx.ConnectionID) error {
	id, err := l.connection(connected, pbx.ServiceHold)
	if err != nil {
		return fmt.Errorf("csta: hold: %w", err)
	}
	return l.control(ctx, "hold", &ecma323.HoldCall{CallToBeHeld: id})
}

// RetrieveCall implements pbx.Holder.
func (l *Link) RetrieveCall(ctx context.Context, held pbx.ConnectionID) error {
	id, err := l.connection(held, pbx.ServiceRetrieve)
	if err != nil {
		return fmt.Errorf("csta: retrieve: %w", err)
	}
	return l.control(ctx, "retrieve", &ecma323.RetrieveCall{CallToBeRetrieved: id})
}

// destination is where a call is to go.
func (l *Link) destination(ctx context.Context, to string) (ecma323.DeviceID, error) {
	if !plainName(to) {
		return ecma323.DeviceID{}, errNumber
	}
	return l.deviceID(ctx, to)
}

// SingleStepTransferCall implements pbx.Transferrer.
func (l *Link) SingleStepTransferCall(ctx context.Context, connected pbx.ConnectionID, to string) error {
	id, err := l.connection(connected, pbx.ServiceSingleStepTransfer)
	if err != nil {
		return fmt.Errorf("csta: transfer: %w", err)
	}
	device, err := l.destination(ctx, to)
	if err != nil {
		return fmt.Errorf("csta: transfer: %w", err)
	}
	return l.control(ctx, "transfer", &ecma323.SingleStepTransferCall{ActiveCall: id, TransferredTo: device})
}

// both are a held and a connected call of one device.
func (l *Link) both(held, connected pbx.ConnectionID, service pbx.Services) (h, c ecma323.ConnectionID, err error) {
	if h, err = l.connection(held, service); err == nil {
		c, err = l.connection(connected, service)
	}
	if err == nil && held.Device != connected.Device {
		err = pbx.ErrNotSupported
	}
	return h, c, err
}

// TransferCall implements pbx.Transferrer.
func (l *Link) TransferCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	h, c, err := l.both(held, connected, pbx.ServiceTransfer)
	if err != nil {
		return fmt.Errorf("csta: transfer: %w", err)
	}
	return l.control(ctx, "transfer", &ecma323.TransferCall{HeldCall: h, ActiveCall: c})
}

// AlternateCall implements pbx.Consulter.
func (l *Link) AlternateCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	h, c, err := l.both(held, connected, pbx.ServiceAlternate)
	if err != nil {
		return fmt.Errorf("csta: alternate: %w", err)
	}
	return l.control(ctx, "alternate", &ecma323.AlternateCall{HeldCall: h, ActiveCall: c})
}

// ConsultationCall implements pbx.Consulter.
func (l *Link) ConsultationCall(ctx context.Context, connected pbx.ConnectionID, to string) (pbx.ConnectionID, error) {
	id, err := l.connection(connected, pbx.ServiceConsult)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: consult: %w", err)
	}
	device, err := l.destination(ctx, to)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: consult: %w", err)
	}
	return l.place(ctx, "consult", &ecma323.ConsultationCall{ExistingCall: id, ConsultedDevice: device}, connected.Device, to)
}

// DeflectCall implements pbx.Deflecter.
func (l *Link) DeflectCall(ctx context.Context, alerting pbx.ConnectionID, to string) error {
	id, err := l.connection(alerting, pbx.ServiceDeflect)
	if err != nil {
		return fmt.Errorf("csta: deflect: %w", err)
	}
	device, err := l.destination(ctx, to)
	if err != nil {
		return fmt.Errorf("csta: deflect: %w", err)
	}
	return l.control(ctx, "deflect", &ecma323.DeflectCall{CallToBeDiverted: id, NewDestination: device})
}
