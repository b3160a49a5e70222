package sip

import (
	"context"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// refer hands the answered call over to the switch and waits until it says how
// that went. It returns nil when the call goes on without us.
func (s *session) refer(ctx context.Context, d *dialing, dlg *dialog) *outcome {
	target := s.link.uri(d.called)
	req := s.request(dlg, "REFER")
	req.AppendHeader(gosip.NewHeader("Refer-To", "<"+target.String()+">"))
	own := s.link.uri(s.link.user())
	req.AppendHeader(gosip.NewHeader("Referred-By", "<"+own.String()+">"))
	for {
		res, err := s.exchange(ctx, req, s.nextHop(dlg), s.link.opts.Timeout)
		switch {
		case err != nil:
			return &outcome{pbx.EventFailed, pbx.CauseUnreachable, "The PBX does not answer the transfer to the number."}
		case res.IsSuccess():
			return s.followRefer(ctx, d)
		case res.StatusCode == gosip.StatusUnauthorized, res.StatusCode == gosip.StatusProxyAuthRequired:
			if err := s.authorise(req, dlg, res); err != nil {
				return &outcome{pbx.EventFailed, pbx.CauseNotAllowed, err.Error()}
			}
		default:
			return &outcome{pbx.EventFailed, causeOf(res.StatusCode), status(res)}
		}
	}
}

// followRefer waits for the sipfrag that ends the REFER (RFC 3515 §2.4.4). A
// switch that ends our leg has carried the REFER out as well.
func (s *session) followRefer(ctx context.Context, d *dialing) *outcome {
	patience := time.NewTimer(referPatience)
	defer patience.Stop()
	for {
		select {
		case code := <-d.frags:
			switch {
			case code >= 300:
				return &outcome{pbx.EventFailed, causeOf(code), strconv.Itoa(code) + " " + reasonOf(code)}
			case code >= 200:
				s.handedOver(d)
				return nil
			}
		case <-d.bye:
			select {
			case code := <-d.frags: // it said why first
				if code >= 300 {
					return &outcome{pbx.EventFailed, causeOf(code), strconv.Itoa(code) + " " + reasonOf(code)}
				}
			default:
			}
			s.handedOver(d)
			return nil
		case <-d.cleared:
			return &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
		case <-patience.C:
			s.handedOver(d)
			return nil
		case <-ctx.Done():
			return &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
		}
	}
}

// handedOver notes that the call goes on without us. Asterisk's documents will
// not say when the far end answers: there the call counts as connected now.
func (s *session) handedOver(d *dialing) {
	s.tell(d, func(t *tracker) {
		d.handedOver = true
		if t.profile == profileAsterisk && d.legs > 0 {
			t.connect(d)
		}
	})
}

// settle gives the switch a little time to show the second leg. If it does not,
// the sipfrag is all we will hear: the call is up while our leg's dialog lives,
// and over if there is none.
func (s *session) settle(ctx context.Context, d *dialing) {
	sleep(ctx, legPatience)
	s.tell(d, func(t *tracker) {
		d.settled = true
		switch {
		case d.over || d.second && d.legs > 0:
		case d.legs > 0:
			t.connect(d)
		default:
			t.finish(d, pbx.EventConnectionCleared, pbx.CauseNone, "")
		}
	})
}

// hangUp ends our leg unless the switch has.
func (s *session) hangUp(d *dialing, dlg *dialog) {
	select {
	case <-d.bye:
		return
	default:
	}
	patience := byePatience
	if s.ctx.Err() != nil {
		patience = s.link.opts.Farewell // Run has to return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), patience)
	defer cancel()
	req := s.request(dlg, "BYE")
	res, err := s.exchange(ctx, req, s.nextHop(dlg), byePatience)
	if err == nil && (res.StatusCode == gosip.StatusUnauthorized || res.StatusCode == gosip.StatusProxyAuthRequired) {
		if s.authorise(req, dlg, res) == nil {
			_, _ = s.exchange(ctx, req, s.nextHop(dlg), byePatience) // the leg is silent; it times out
		}
	}
}

// dialingFor finds the call that a request of the switch belongs to.
func (l *Link) dialingFor(callID []byte) *dialing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dials[string(callID)]
}

// byeReceived ends our leg.
func (s *session) byeReceived(m *message.Message) (code int, reason string) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	d := s.link.dials[string(m.CallID)]
	if d == nil {
		return 481, "Call/Transaction Does Not Exist"
	}
	if !d.byeSeen {
		d.byeSeen = true
		close(d.bye)
	}
	return 200, "OK"
}

// referNotify passes the status line of a sipfrag on (RFC 3420).
func (d *dialing) referNotify(m *message.Message) (code int, reason string) {
	if !message.EqualFold(message.Token(m.Event), "refer") {
		return 489, "Bad Event"
	}
	fields := strings.Fields(string(m.Body[:min(len(m.Body), 64)]))
	if len(fields) >= 2 && strings.HasPrefix(fields[0], "SIP/") {
		if n, err := strconv.Atoi(fields[1]); err == nil && n >= 100 && n <= 699 {
			select {
			case d.frags <- n:
			default:
			}
		}
	}
	return 200, "OK"
}

// causeOf turns a SIP status into a cause.
func causeOf(code int) pbx.Cause {
	switch code {
	case 486, 600:
		return pbx.CauseBusy
	case 408, 480, 487:
		return pbx.CauseNoAnswer
	case 603, 607:
		return pbx.CauseRejected
	case 401, 403, 407:
		return pbx.CauseNotAllowed
	case 404, 410, 484, 604:
		return pbx.CauseUnallocatedNumber
	}
	return pbx.CauseUnreachable
}

// reasonOf is what a status says in plain words.
func reasonOf(code int) string {
	switch causeOf(code) {
	case pbx.CauseBusy:
		return "busy"
	case pbx.CauseNoAnswer:
		return "no answer"
	case pbx.CauseRejected:
		return "declined"
	case pbx.CauseNotAllowed:
		return "not allowed"
	case pbx.CauseUnallocatedNumber:
		return "number does not exist"
	default:
		return "could not be reached"
	}
}
