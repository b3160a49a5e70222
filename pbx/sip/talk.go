package sip

import (
	"context"
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
)

// answerByTalk is LinkConfig.AnswerBy for telephones that answer when they get
// a NOTIFY with the event "talk", which BroadWorks introduced and no RFC
// describes: Polycom, Yealink, AudioCodes.
const answerByTalk = "talk"

// AnswerCall implements pbx.Answerer where telephones take the event "talk" and
// the switch is a proxy that passes it on to them. A B2BUA such as Asterisk or
// FreeSWITCH keeps it to itself: ErrNotSupported. So it is where two calls ring,
// because the event does not say which. It waits for the telephone's answer to
// the request; that the call is answered follows as an event. Where CSTA controls
// the telephone, that is asked, and which call is meant is said.
func (l *Link) AnswerCall(ctx context.Context, alerting pbx.ConnectionID) error {
	if l.cfg.AnswerBy == byUACSTA {
		return l.atDesk(ctx, alerting, pbx.ServiceAnswer, (*uacsta.Phone).AnswerCall)
	}
	l.mu.Lock()
	s := l.session
	able := l.talkService(alerting) != 0
	l.mu.Unlock()
	switch {
	case s == nil:
		return fmt.Errorf("sip: answer on %s: %w", alerting.Device, pbx.ErrLinkDown)
	case !able:
		return fmt.Errorf("sip: answer on %s: %w", alerting.Device, pbx.ErrNotSupported)
	}
	dlg := newDialog(l.uri(string(alerting.Device)))
	req := s.request(dlg, "NOTIFY")
	req.AppendHeader(gosip.NewHeader("Event", "talk"))
	req.AppendHeader(gosip.NewHeader("Subscription-State", "active"))
	for {
		res, err := s.exchange(ctx, req, s.wire.Server(), byePatience)
		switch {
		case err != nil:
			return fmt.Errorf("sip: answer on %s: %w", alerting.Device, err)
		case res.IsSuccess():
			return nil
		case isChallenge(res):
			if err := s.authorise(req, dlg, res); err != nil {
				return fmt.Errorf("sip: answer on %s: %w", alerting.Device, err)
			}
		default:
			return fmt.Errorf("sip: answer on %s: the telephone says %s: %w", alerting.Device, status(res), pbx.ErrNotSupported)
		}
	}
}

// talkService is ServiceAnswer where "talk" would answer that very call. The
// caller holds mu.
func (l *Link) talkService(id pbx.ConnectionID) pbx.Services {
	dev := l.devices[id.Device]
	if l.cfg.AnswerBy != answerByTalk || dev == nil || dev.tracker == nil {
		return 0
	}
	t := dev.tracker
	if t.profile != profileKamailio && t.profile != profileGeneric {
		return 0
	}
	ringing, found := 0, false
	for _, c := range t.calls {
		if c.state == pbx.StateAlerting {
			ringing++
			found = found || c.key == id.Call && !c.own
		}
	}
	if ringing != 1 || !found {
		return 0
	}
	return pbx.ServiceAnswer
}
