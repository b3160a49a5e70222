package csta

import (
	"context"
	"fmt"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// MakeCall implements pbx.Dialer. It returns when the PBX has taken or refused
// the request.
func (l *Link) MakeCall(ctx context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	caller, err := l.caller(calling)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: make call: %w", err)
	}
	to, err := l.destination(ctx, called)
	if err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("csta: make call: %w", err)
	}
	m := &ecma323.MakeCall{CallingDevice: caller, CalledDirectoryNumber: to, AutoOriginate: ecma323.DoNotPrompt}
	if l.cfg.CSTA.Prompt {
		m.AutoOriginate = ecma323.Prompt
	}
	return l.place(ctx, "make call", 0, m, calling, called)
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
	switch state, _ := l.table.State(id); state {
	case pbx.StateInitiated: // a call may be handed over while the other end rings
		s = pbx.ServiceClear
		if l.table.Has(id.Device, pbx.StateHeld) {
			s |= pbx.ServiceTransfer
		}
	case pbx.StateFailed:
		s = pbx.ServiceClear
	case pbx.StateAlerting:
		s = pbx.ServiceAnswer | pbx.ServiceClear | pbx.ServiceDeflect
	case pbx.StateConnected:
		s = pbx.ServiceClear | pbx.ServiceHold | pbx.ServiceSingleStepTransfer | pbx.ServiceConsult
		if l.table.Has(id.Device, pbx.StateHeld) {
			s |= pair
		}
	case pbx.StateHeld:
		s = pbx.ServiceClear | pbx.ServiceRetrieve
		switch {
		case l.table.Has(id.Device, pbx.StateConnected):
			s |= pair
		case l.table.Has(id.Device, pbx.StateInitiated):
			s |= pbx.ServiceTransfer
		}
	default:
	}
	return s &^ l.lacking
}

// act sends a request about one connection, if that can be done with it as it is
// now.
func (l *Link) act(ctx context.Context, what string, id pbx.ConnectionID, service pbx.Services, request func(ecma323.ConnectionID) ecma323.Message) error {
	now, err := l.connection(id, service)
	if err != nil {
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	return l.control(ctx, what, service, request(now))
}

// send is act with a number that the call is to go to.
func (l *Link) send(ctx context.Context, what string, id pbx.ConnectionID, service pbx.Services, to string, request func(ecma323.ConnectionID, ecma323.DeviceID) ecma323.Message) error {
	now, err := l.connection(id, service)
	if err != nil {
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	device, err := l.destination(ctx, to)
	if err != nil {
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	return l.control(ctx, what, service, request(now, device))
}

// pair is act with the held and the connected call of one device.
func (l *Link) pair(ctx context.Context, what string, held, connected pbx.ConnectionID, service pbx.Services, request func(held, connected ecma323.ConnectionID) ecma323.Message) error {
	h, err := l.connection(held, service)
	if err == nil && held.Device != connected.Device {
		err = pbx.ErrNotSupported
	}
	if err != nil {
		return fmt.Errorf("csta: %s: %w", what, err)
	}
	return l.act(ctx, what, connected, service, func(c ecma323.ConnectionID) ecma323.Message { return request(h, c) })
}

// AnswerCall implements pbx.Answerer.
func (l *Link) AnswerCall(ctx context.Context, alerting pbx.ConnectionID) error {
	return l.act(ctx, "answer", alerting, pbx.ServiceAnswer, func(id ecma323.ConnectionID) ecma323.Message {
		return &ecma323.AnswerCall{CallToBeAnswered: id}
	})
}

// ClearConnection implements pbx.Clearer.
func (l *Link) ClearConnection(ctx context.Context, conn pbx.ConnectionID) error {
	return l.act(ctx, "clear", conn, pbx.ServiceClear, func(id ecma323.ConnectionID) ecma323.Message {
		return &ecma323.ClearConnection{ConnectionToBeCleared: id}
	})
}

// HoldCall implements pbx.Holder.
func (l *Link) HoldCall(ctx context.Context, connected pbx.ConnectionID) error {
	return l.act(ctx, "hold", connected, pbx.ServiceHold, func(id ecma323.ConnectionID) ecma323.Message {
		return &ecma323.HoldCall{CallToBeHeld: id}
	})
}

// RetrieveCall implements pbx.Holder.
func (l *Link) RetrieveCall(ctx context.Context, held pbx.ConnectionID) error {
	return l.act(ctx, "retrieve", held, pbx.ServiceRetrieve, func(id ecma323.ConnectionID) ecma323.Message {
		return &ecma323.RetrieveCall{CallToBeRetrieved: id}
	})
}

// SingleStepTransferCall implements pbx.Transferrer.
func (l *Link) SingleStepTransferCall(ctx context.Context, connected pbx.ConnectionID, to string) error {
	return l.send(ctx, "transfer", connected, pbx.ServiceSingleStepTransfer, to, func(id ecma323.ConnectionID, d ecma323.DeviceID) ecma323.Message {
		return &ecma323.SingleStepTransferCall{ActiveCall: id, TransferredTo: d}
	})
}

// DeflectCall implements pbx.Deflecter.
func (l *Link) DeflectCall(ctx context.Context, alerting pbx.ConnectionID, to string) error {
	return l.send(ctx, "deflect", alerting, pbx.ServiceDeflect, to, func(id ecma323.ConnectionID, d ecma323.DeviceID) ecma323.Message {
		return &ecma323.DeflectCall{CallToBeDiverted: id, NewDestination: d}
	})
}

// TransferCall implements pbx.Transferrer.
func (l *Link) TransferCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	return l.pair(ctx, "transfer", held, connected, pbx.ServiceTransfer, func(h, c ecma323.ConnectionID) ecma323.Message {
		return &ecma323.TransferCall{HeldCall: h, ActiveCall: c}
	})
}

// AlternateCall implements pbx.Consulter.
func (l *Link) AlternateCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	return l.pair(ctx, "alternate", held, connected, pbx.ServiceAlternate, func(h, c ecma323.ConnectionID) ecma323.Message {
		return &ecma323.AlternateCall{HeldCall: h, ActiveCall: c}
	})
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
	m := &ecma323.ConsultationCall{ExistingCall: id, ConsultedDevice: device}
	return l.place(ctx, "consult", pbx.ServiceConsult, m, connected.Device, to)
}
