package sip

import (
	"context"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// dialByRefer rings the agent and hands the answered call to the switch.
func (s *session) dialByRefer(ctx context.Context, d *dialing) {
	g := s.newLeg(d, d.callID, s.link.uri(string(d.device)))
	defer g.close()
	offer := inactiveOffer(s.ownAddress())
	res, end := g.call(ctx, g.newInvite(offer), s.link.opts.RingTime, nil)
	if end != nil {
		s.conclude(d, *end)
		return
	}
	s.agentAnswered(d)
	g.acknowledge(g.answerWhereOffered(res))
	end = g.handOver(ctx)
	g.hangUp()
	if end != nil {
		s.conclude(d, *end)
		return
	}
	s.settle(ctx, d)
}

// agentAnswered notes that the agent took the call that is being placed.
func (s *session) agentAnswered(d *dialing) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	d.answered = true
}

// handOver has the switch connect the agent to the number and waits until it
// says how that went. It returns nil when the call goes on without us.
func (g *leg) handOver(ctx context.Context) *outcome {
	if end := g.refer(ctx, g.d.dialled); end != nil {
		return end
	}
	return g.followRefer(ctx)
}

// refer sends REFER (RFC 3515). It returns nil when it was accepted, which says
// nothing of the call yet.
func (g *leg) refer(ctx context.Context, to string) *outcome {
	req := g.newRefer(to)
	for {
		hop := g.nextHop(g.dlg)
		if g.dlg.remoteTag == "" {
			hop = g.wire.Server()
		}
		res, err := g.exchange(ctx, req, hop, g.link.opts.Timeout)
		switch {
		case ctx.Err() != nil:
			return g.interrupted()
		case err != nil:
			return failed(pbx.CauseUnreachable, "The PBX does not answer the transfer to the number.")
		case res.IsSuccess():
			return nil
		case isChallenge(res):
			if err := g.authorise(req, g.dlg, res); err != nil {
				return failed(pbx.CauseNotAllowed, sentence(err))
			}
		default:
			return referRefused(res)
		}
	}
}

func (g *leg) newRefer(to string) *gosip.Request {
	target, own := g.link.uri(to), g.link.uri(g.link.user())
	req := g.request(g.dlg, "REFER")
	req.AppendHeader(gosip.NewHeader("Refer-To", "<"+target.String()+">"))
	req.AppendHeader(gosip.NewHeader("Referred-By", "<"+own.String()+">"))
	if g.dlg.remoteTag == "" {
		g.outside(req)
	}
	return req
}

// followRefer waits for the sipfrag that ends the REFER (RFC 3515 §2.4.4). A
// switch that ends our leg has carried the REFER out as well.
func (g *leg) followRefer(ctx context.Context) *outcome {
	patience := time.NewTimer(referPatience)
	defer patience.Stop()
	for {
		select {
		case code := <-g.frags:
			if code >= 200 {
				return g.referEnded(code)
			}
		case <-g.bye:
			return g.referEnded(g.lastFrag())
		case <-g.d.cleared:
			return &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
		case <-patience.C:
			return g.referEnded(200)
		case <-g.wire.Done():
			return lostOutcome()
		case <-ctx.Done():
			return g.interrupted()
		}
	}
}

// lastFrag is what the switch said before it ended our leg.
func (g *leg) lastFrag() int {
	last := 200
	for {
		select {
		case code := <-g.frags:
			if code >= 300 {
				last = code
			}
		default:
			return last
		}
	}
}

// referEnded takes the final status of a REFER.
func (g *leg) referEnded(code int) *outcome {
	if code >= 300 {
		return failed(causeOf(code), farRefusal(code))
	}
	g.handedOver(g.d)
	return nil
}

// handedOver notes that the call goes on without us. Asterisk's documents will
// not say when the far end answers: there the call counts as connected now.
// Elsewhere Originated is told once more, because the call cannot be ended from
// here any longer.
func (s *session) handedOver(d *dialing) {
	s.tell(d, func(t *tracker) {
		d.handedOver = true
		switch {
		case d.over || d.established:
		case t.profile == profileAsterisk && d.legs > 0:
			t.connect(d)
		default:
			t.out = append(t.out, t.dialledEvent(d, pbx.EventOriginated, pbx.StateInitiated))
		}
	})
}

// settle gives the switch a little time to show the second leg. If it does not,
// the sipfrag is all we will hear: the call is up while our leg's dialog lives,
// and over if there is none.
func (s *session) settle(ctx context.Context, d *dialing) {
	backoff.Sleep(ctx, legPatience)
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

// referNotify passes the status line of a sipfrag on (RFC 3420).
func (g *leg) referNotify(m *message.Message) (code int, reason string) {
	if !message.EqualFold(message.Token(m.Event), "refer") {
		return 489, "Bad Event"
	}
	fields := strings.Fields(string(m.Body[:min(len(m.Body), 64)]))
	if len(fields) >= 2 && strings.HasPrefix(fields[0], "SIP/") {
		if n, err := strconv.Atoi(fields[1]); err == nil && n >= 100 && n <= 699 {
			select {
			case g.frags <- n:
			default:
			}
		}
	}
	return 200, "OK"
}
