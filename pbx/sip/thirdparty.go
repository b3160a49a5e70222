package sip

import (
	"context"
	"fmt"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// Third party call control (RFC 3725 flow I): we call the agent without an
// offer, the number with the offer that the agent's telephone makes, and pass
// the answer back. Media flow between the two; the signalling of the whole call
// stays with us, so that it ends where the bridge does.
//
//	agent ◄─ INVITE ─ bridge                  number
//	agent ─ 200, offer ─► bridge ─ INVITE, offer ─► number
//	agent ◄─ ACK, answer ─ bridge ◄─ 200, answer ─ number
//	                       bridge ─ ACK ─► number

// farPatience is how long the number may ring. The agent's telephone waits for
// its ACK meanwhile and gives up after 32 s (RFC 3725 §4.1).
const farPatience = 28 * time.Second

// relayPatience is how long one side may take to answer what the other wants.
const relayPatience = 16 * time.Second

// thirdParty is one such call.
type thirdParty struct {
	*session
	d             *dialing
	agent, number *leg
	held          bool
}

// dialByThirdParty places one call and controls it to its end.
func (s *session) dialByThirdParty(ctx context.Context, d *dialing) {
	c := &thirdParty{session: s, d: d}
	c.agent = s.newLeg(d, d.callID, s.link.uri(string(d.device)))
	defer c.agent.close()
	s.conclude(d, *c.run(ctx))
}

// run brings the two together and stays until one has gone. The agent who hangs
// up while the number still rings is heard only when the telephone says so, for
// which some wait until their answer is acknowledged.
func (c *thirdParty) run(ctx context.Context) *outcome {
	a := c.agent
	offer, end := a.call(ctx, a.newInvite(nil), c.link.opts.RingTime, nil)
	if end != nil {
		return withoutOffer(end)
	}
	c.agentAnswered(c.d)
	if len(offer.Body()) == 0 {
		a.acknowledge(nil)
		a.hangUp()
		return failed(pbx.CauseUnreachable, "Your telephone offers no media. An administrator can choose another way of dialling for this link.")
	}
	c.number = c.newLeg(c.d, random(), c.link.uri(c.d.dialled))
	defer c.number.close()
	b := c.number
	b.far = true
	answer, end := b.call(ctx, b.newInvite(offer.Body()), min(farPatience, c.link.opts.FarTime), a.bye)
	if end != nil {
		a.acknowledge(inactiveAnswer(offer.Body(), c.ownAddress(), 1))
		a.hangUp()
		return end
	}
	c.describe(offer.Body(), answer.Body())
	a.acknowledge(answer.Body())
	b.acknowledge(nil)
	c.reached()
	return c.control(ctx)
}

// withoutOffer adds the cure where an INVITE without an offer is what the PBX
// does not take.
func withoutOffer(end *outcome) *outcome {
	if end.kind == pbx.EventFailed && end.cause == pbx.CauseNoAnswer {
		end.detail += " FreeSWITCH answers so unless enable-3pcc is set to proxy."
	}
	return end
}

// describe notes what each side knows of the other's media, and lets changes be
// passed on from now on.
func (c *thirdParty) describe(agent, number []byte) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.agent.remote, c.agent.local = agent, number
	c.number.remote, c.number.local = number, agent
	if c.agent.offers == nil {
		c.agent.offers, c.number.offers = make(chan *reinvite, 1), make(chan *reinvite, 1)
	}
}

// reached tells that the far end has answered: here we know it for certain.
func (c *thirdParty) reached() {
	c.tell(c.d, func(t *tracker) {
		if !c.d.over {
			c.d.established, c.d.inHand = true, true
			t.out = append(t.out, t.dialledEvent(c.d, pbx.EventEstablished, pbx.StateConnected))
		}
	})
}

// control passes on what the two want of each other until one hangs up.
func (c *thirdParty) control(ctx context.Context) *outcome {
	for {
		select {
		case <-c.agent.bye:
			c.number.hangUp()
			return &outcome{pbx.EventConnectionCleared, pbx.CauseNone, ""}
		case <-c.number.bye:
			c.agent.hangUp()
			return &outcome{pbx.EventConnectionCleared, pbx.CauseNone, ""}
		case <-c.d.cleared:
			c.endBoth()
			return &outcome{pbx.EventConnectionCleared, pbx.CauseNone, ""}
		case o := <-c.agent.offers:
			c.relay(ctx, c.agent, c.number, o)
		case o := <-c.number.offers:
			c.relay(ctx, c.number, c.agent, o)
		case t := <-c.d.transfers:
			if c.transfer(ctx, t) {
				return &outcome{pbx.EventConnectionCleared, pbx.CauseTransfer, ""}
			}
		case <-c.wire.Done():
			return &outcome{pbx.EventConnectionCleared, pbx.CauseUnreachable, sentence(pbx.ErrLinkDown)}
		case <-ctx.Done():
			c.endBoth()
			return c.interrupted()
		}
	}
}

// endBoth hangs up on both at once: a bridge that stops has little time.
func (c *thirdParty) endBoth() {
	var wg sync.WaitGroup
	wg.Go(c.number.hangUp)
	c.agent.hangUp()
	wg.Wait()
}

// relay passes a new offer of one side to the other, and the answer back. The
// call goes on as it was where the other side does not want it.
func (c *thirdParty) relay(ctx context.Context, from, to *leg, o *reinvite) {
	req := to.request(to.dlg, "INVITE")
	req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(o.offer)
	res, end := to.call(ctx, req, relayPatience, from.bye)
	if end != nil {
		from.finish(o, 488, "Not Acceptable Here", nil)
		return
	}
	to.acknowledge(nil)
	c.link.mu.Lock()
	from.remote, from.local = o.offer, res.Body()
	to.remote, to.local = res.Body(), o.offer
	c.link.mu.Unlock()
	from.finish(o, 200, "OK", res.Body())
	if from == c.agent {
		c.showHold(silences(o.offer))
	}
}

// showHold tells that the agent holds the call, or has taken it back.
func (c *thirdParty) showHold(held bool) {
	if held == c.held {
		return
	}
	c.held = held
	kind, state := pbx.EventRetrieved, pbx.StateConnected
	if held {
		kind, state = pbx.EventHeld, pbx.StateHeld
	}
	c.tell(c.d, func(t *tracker) {
		if !c.d.over {
			t.out = append(t.out, t.dialledEvent(c.d, kind, state))
		}
	})
}

// transferOrder asks for a blind transfer of the far end.
type transferOrder struct {
	to   string
	done chan error // buffered
}

// transfer refers the far end to another number (RFC 5589 §6) and lets both go
// when that has worked.
func (c *thirdParty) transfer(ctx context.Context, t *transferOrder) bool {
	end := c.number.refer(ctx, t.to)
	if end != nil {
		t.done <- fmt.Errorf("sip: transfer: %s", end.detail)
		return false
	}
	t.done <- nil
	if end = c.number.followTransfer(ctx); end != nil {
		return false // the far end is still ours
	}
	c.endBoth()
	return true
}

// followTransfer waits for the end of a REFER; nil: it has worked.
func (g *leg) followTransfer(ctx context.Context) *outcome {
	patience := time.NewTimer(referPatience)
	defer patience.Stop()
	for {
		select {
		case code := <-g.frags:
			if code >= 300 {
				return failed(causeOf(code), farRefusal(code))
			}
			if code >= 200 {
				return nil
			}
		case <-g.bye:
			return nil
		case <-g.d.cleared:
			return &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
		case <-patience.C:
			return failed(pbx.CauseNoAnswer, "The PBX does not say what became of the transfer.")
		case <-g.wire.Done():
			return lostOutcome()
		case <-ctx.Done():
			return g.interrupted()
		}
	}
}
