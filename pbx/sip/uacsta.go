package sip

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
)

// deskNews is what became of a call that a telephone was asked for: by its own
// events, or, of its end, by the switch's documents.
type deskNews struct {
	kind  pbx.EventKind
	cause pbx.Cause
}

// deskGrace is how long the telephone may take to say why a call has ended that
// the switch's documents no longer show.
const deskGrace = 300 * time.Millisecond

// note hands news on; there is room for all that tells anything.
func (d *dialing) note(n deskNews) {
	select {
	case d.news <- n:
	default: // nobody follows the call, or nobody has to any more
	}
}

// dialByUACSTA has the agent's telephone dial by itself, as its owner would. The
// call is the telephone's from the beginning; we hear of it by the device's
// documents and by the telephone's own events, whichever come first.
func (s *session) dialByUACSTA(ctx context.Context, d *dialing) {
	s.agentAnswered(d) // the telephone's next call is this one, and may show before its answer
	end := s.order(ctx, d)
	if end == nil {
		end = s.followDesk(ctx, d)
	}
	if end != nil {
		s.conclude(d, *end)
	}
}

// order asks the telephone to dial. One that was restarted meanwhile has not
// dialled, and is asked once more.
func (s *session) order(ctx context.Context, d *dialing) *outcome {
	l := s.link
	for again := false; ; again = true {
		k, err := l.ready(ctx, d.device)
		if err == nil {
			l.mu.Lock()
			changed := k.changed
			l.mu.Unlock()
			var ordered bool
			if ordered, err = s.ask(ctx, k, d); ordered {
				return nil
			}
			if !again && (errors.Is(err, uacsta.ErrForgotten) || errors.Is(err, pbx.ErrLinkDown)) {
				await(ctx, changed, deskReady) // until its end is noticed
				continue
			}
		}
		if ctx.Err() != nil {
			return s.interrupted()
		}
		return deskRefused(err)
	}
}

// ask is MakeCall, and notes the telephone's own name for the call.
func (s *session) ask(ctx context.Context, k *desk, d *dialing) (ordered bool, err error) {
	conn, err := k.phone.MakeCall(ctx, d.dialled)
	if err != nil {
		return false, err
	}
	s.tell(d, func(t *tracker) {
		if conn.CallID != "" {
			d.phoneCall, d.conn = conn.CallID, conn
		}
		if !d.over && !d.established { // it can be ended from here now
			t.out = append(t.out, t.dialledEvent(d, pbx.EventOriginated, pbx.StateInitiated))
		}
	})
	return true, nil
}

func await(ctx context.Context, done <-chan struct{}, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// deskRefused is why the telephone does not dial.
func deskRefused(err error) *outcome {
	problem, cure := inWords(err)
	why := pbx.CauseUnreachable
	switch {
	case errors.Is(err, pbx.ErrNotSupported):
		why = pbx.CauseNotAllowed
	case errors.Is(err, pbx.ErrUnknownDevice):
		why = pbx.CauseUnallocatedNumber
	}
	return failed(why, fmt.Sprintf("Your telephone did not dial: %s. %s", problem, cure))
}

// followDesk stays with a call that the telephone has accepted until it is over.
// It returns how it ended where that is not told yet.
func (s *session) followDesk(ctx context.Context, d *dialing) *outcome {
	patience := time.NewTimer(fragPatience)
	defer patience.Stop()
	var gone outcome
	var grace <-chan time.Time
	for {
		select {
		case n := <-d.news:
			patience.Stop()
			switch {
			case n.kind == pbx.EventEstablished:
				s.tell(d, func(t *tracker) { t.connect(d) })
			case n.kind == pbx.EventFailed, n.kind == pbx.EventConnectionCleared && refuses(n.cause) && !s.answered(d):
				return failed(n.cause, reasonFor(n.cause))
			case n.kind == pbx.EventConnectionCleared && grace == nil:
				gone, grace = outcome{pbx.EventConnectionCleared, n.cause, ""}, time.After(deskGrace)
			}
		case <-grace:
			return &gone
		case <-patience.C:
			if !s.showsAtDesk(d) {
				return failed(pbx.CauseUnreachable,
					"Your telephone accepted the number and did not dial. Dial on your telephone; an administrator can choose another way of dialling for this link.")
			}
		case <-d.finished:
			return nil
		case <-s.wire.Done():
			return s.unfinished(d, lostOutcome())
		case <-ctx.Done():
			return s.unfinished(d, s.interrupted())
		}
	}
}

// refuses tells whether a call with that cause was never one.
func refuses(why pbx.Cause) bool {
	switch why {
	case pbx.CauseBusy, pbx.CauseNoAnswer, pbx.CauseRejected, pbx.CauseNotAllowed, pbx.CauseUnallocatedNumber, pbx.CauseUnreachable:
		return true
	default:
		return false
	}
}

// answered tells whether the far end has.
func (s *session) answered(d *dialing) bool {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	return d.established
}

// showsAtDesk tells whether the switch's documents show the call.
func (s *session) showsAtDesk(d *dialing) bool {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	return d.second || d.legs > 0 || d.established
}

// unfinished is how a call ended that the end of the session has cut short. One
// that was answered goes on without us, and the documents of the next session
// tell of it.
func (s *session) unfinished(d *dialing, end *outcome) *outcome {
	if s.answered(d) {
		return nil
	}
	return end
}
