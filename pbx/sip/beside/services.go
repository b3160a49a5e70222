package beside

import (
	"context"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// The services are the SIP link's: a mirror only listens. A call that only the
// mirror knows has none.

// theirs is a connection under the SIP link's own key.
func (l *Link) theirs(id pbx.ConnectionID) (pbx.ConnectionID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.m.byID[id]
	if c == nil {
		return id, true // it may be new
	}
	return pbx.ConnectionID{Call: c.known[dialogs], Device: id.Device}, c.known[dialogs] != ""
}

// with asks the SIP link for a service S of a connection.
func with[S any](l *Link, id pbx.ConnectionID, do func(S, pbx.ConnectionID) error) error {
	link, able := l.dialogs.(S)
	own, known := l.theirs(id)
	if !able || !known {
		return pbx.ErrNotSupported
	}
	return do(link, own)
}

// Services implements pbx.Capable.
func (l *Link) Services(id pbx.ConnectionID) pbx.Services {
	own, known := l.theirs(id)
	if !known {
		return 0
	}
	return pbx.ServicesOf(l.dialogs, own)
}

// MakeCall implements pbx.Dialer. The lock is held from before the SIP link takes
// the order, which it does without waiting for anything, until the call is filed:
// the telephone may ring in between, and the mirror tell of it.
func (l *Link) MakeCall(ctx context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	dialer, able := l.dialogs.(pbx.Dialer)
	if !able {
		return pbx.ConnectionID{}, pbx.ErrNotSupported
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id, err := dialer.MakeCall(ctx, calling, called)
	if err == nil {
		l.m.dial(id, called, time.Now())
	}
	return id, err
}

// AnswerCall implements pbx.Answerer.
func (l *Link) AnswerCall(ctx context.Context, id pbx.ConnectionID) error {
	return with(l, id, func(s pbx.Answerer, own pbx.ConnectionID) error { return s.AnswerCall(ctx, own) })
}

// ClearConnection implements pbx.Clearer.
func (l *Link) ClearConnection(ctx context.Context, id pbx.ConnectionID) error {
	return with(l, id, func(s pbx.Clearer, own pbx.ConnectionID) error { return s.ClearConnection(ctx, own) })
}

// HoldCall implements pbx.Holder.
func (l *Link) HoldCall(ctx context.Context, id pbx.ConnectionID) error {
	return with(l, id, func(s pbx.Holder, own pbx.ConnectionID) error { return s.HoldCall(ctx, own) })
}

// RetrieveCall implements pbx.Holder.
func (l *Link) RetrieveCall(ctx context.Context, id pbx.ConnectionID) error {
	return with(l, id, func(s pbx.Holder, own pbx.ConnectionID) error { return s.RetrieveCall(ctx, own) })
}

// SingleStepTransferCall implements pbx.Transferrer.
func (l *Link) SingleStepTransferCall(ctx context.Context, id pbx.ConnectionID, to string) error {
	return with(l, id, func(s pbx.Transferrer, own pbx.ConnectionID) error { return s.SingleStepTransferCall(ctx, own, to) })
}

// TransferCall implements pbx.Transferrer.
func (l *Link) TransferCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	return with(l, held, func(s pbx.Transferrer, own pbx.ConnectionID) error {
		other, known := l.theirs(connected)
		if !known {
			return pbx.ErrNotSupported
		}
		return s.TransferCall(ctx, own, other)
	})
}

// ConsultationCall implements pbx.Consulter. The new call is one that we placed.
func (l *Link) ConsultationCall(ctx context.Context, id pbx.ConnectionID, to string) (made pbx.ConnectionID, err error) {
	err = with(l, id, func(s pbx.Consulter, own pbx.ConnectionID) error {
		if made, err = s.ConsultationCall(ctx, own, to); err == nil {
			l.mu.Lock()
			l.m.dial(made, to, time.Now())
			l.mu.Unlock()
		}
		return err
	})
	return made, err
}

// AlternateCall implements pbx.Consulter.
func (l *Link) AlternateCall(ctx context.Context, held, connected pbx.ConnectionID) error {
	return with(l, held, func(s pbx.Consulter, own pbx.ConnectionID) error {
		other, known := l.theirs(connected)
		if !known {
			return pbx.ErrNotSupported
		}
		return s.AlternateCall(ctx, own, other)
	})
}

// DeflectCall implements pbx.Deflecter.
func (l *Link) DeflectCall(ctx context.Context, id pbx.ConnectionID, to string) error {
	return with(l, id, func(s pbx.Deflecter, own pbx.ConnectionID) error { return s.DeflectCall(ctx, own, to) })
}
