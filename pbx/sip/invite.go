package sip

import (
	"context"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// newInvite builds the INVITE that begins a leg; without an offer the answer
// makes one. The headers that make a phone answer by itself reach it only
// through proxies; they harm nowhere.
func (g *leg) newInvite(offer []byte) *gosip.Request {
	req := g.request(g.dlg, "INVITE")
	req.AppendHeader(gosip.NewHeader("Allow", "ACK, BYE, CANCEL, INVITE, NOTIFY, OPTIONS, UPDATE"))
	if g.far {
		own := g.link.uri(string(g.d.device)) // so that the far end sees who calls, where the switch trusts us
		req.AppendHeader(gosip.NewHeader("P-Asserted-Identity", "<"+own.String()+">"))
	} else {
		req.From().DisplayName = quoted(g.d.label)
		req.AppendHeader(gosip.NewHeader("Call-Info", "<"+g.link.scheme()+":"+g.link.domain+">;answer-after=0"))
		req.AppendHeader(gosip.NewHeader("Alert-Info", "<"+g.link.scheme()+":"+g.link.domain+">;info=alert-autoanswer;delay=0"))
	}
	if len(offer) > 0 {
		req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
		req.SetBody(offer)
	}
	return req
}

// call sends an INVITE until it is answered, for as long as patience; over is
// closed when the call makes no sense any more. It returns the 200, which is
// yet to be acknowledged, or why there is none.
func (g *leg) call(ctx context.Context, req *gosip.Request, patience time.Duration, over <-chan struct{}) (*gosip.Response, *outcome) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for {
		g.invite = req
		i := &invitation{leg: g, to: g.wire.Server(), wait: time.NewTimer(g.link.opts.Timeout)}
		if g.dlg.remoteTag != "" {
			i.to = g.nextHop(g.dlg)
		}
		res, end := i.send(ctx, wait.C, over)
		i.wait.Stop()
		switch {
		case end != nil:
			return nil, end
		case res.IsSuccess():
			return res, nil
		case isChallenge(res):
			if err := g.authorise(req, g.dlg, res); err != nil {
				return nil, &outcome{pbx.EventFailed, pbx.CauseNotAllowed, sentence(err)}
			}
		default:
			return nil, i.refused(res)
		}
	}
}

// invitation is one INVITE client transaction (RFC 3261 §17.1.1).
type invitation struct {
	*leg
	to      netip.AddrPort
	ringing bool     // a provisional answer came: only now CANCEL may be sent (§9.1)
	rang    bool     // … and it said that a telephone rings
	ended   *outcome // why we gave up, once we have
	wait    *time.Timer
}

// send sends the INVITE and waits for its final answer, which it returns, or
// why there is none. Provisional answers may be any number; none is required to
// be reliable, since we offer no 100rel (RFC 3262 §3).
func (i *invitation) send(ctx context.Context, patience <-chan time.Time, over <-chan struct{}) (*gosip.Response, *outcome) {
	answers, end := i.tx.Begin(i.invite)
	defer end()
	data := []byte(i.invite.String())
	if err := i.wire.Send(data, i.to); err != nil {
		return nil, lostOutcome()
	}
	interval := transport.TimerT1
	repeat, stop := i.tx.Retransmission(interval)
	defer stop()
	cleared := i.d.cleared
	for {
		select {
		case res := <-answers:
			stop()
			if res.IsProvisional() {
				i.provisional(res)
				continue
			}
			return i.final(res)
		case <-repeat.C:
			i.wire.Resend(data, i.to)
			interval *= 2
			repeat.Reset(interval)
		case <-patience:
			i.stop(i.noAnswer())
		case <-cleared:
			cleared = nil
			i.stop(outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""})
		case <-over:
			over = nil
			i.stop(outcome{pbx.EventConnectionCleared, pbx.CauseNone, ""})
		case <-i.wait.C:
			i.stop(outcome{pbx.EventFailed, pbx.CauseUnreachable, "The PBX does not answer."})
			i.giveUp()
			return nil, i.ended
		case <-i.wire.Done():
			return nil, lostOutcome()
		case <-ctx.Done():
			i.stop(*i.interrupted())
			i.giveUp()
			return nil, i.ended
		}
	}
}

// stop cancels the INVITE, now or with its first provisional answer, and leaves
// the switch a little time to say that it has.
func (i *invitation) stop(why outcome) {
	if i.ended != nil {
		return
	}
	i.ended = &why
	if i.ringing {
		i.cancel()
	}
	i.wait.Reset(byePatience)
}

func (i *invitation) provisional(res *gosip.Response) {
	i.rang = i.rang || res.StatusCode > 100
	switch {
	case i.ringing:
	case i.ended != nil:
		i.cancel()
	default:
		i.wait.Stop() // it is the phone's turn
	}
	i.ringing = true
}

func (i *invitation) final(res *gosip.Response) (*gosip.Response, *outcome) {
	if !res.IsSuccess() {
		i.ackRefusal(res)
	}
	if res.IsSuccess() { // while the transaction is open, so that no repetition passes for a fork
		i.answered(res)
	}
	if i.ended == nil {
		return res, nil
	}
	if res.IsSuccess() { // answered in the moment we gave up
		i.acknowledge(i.answerWhereOffered(res))
		i.hangUp()
	}
	return nil, i.ended
}

// answerWhereOffered is what the ACK has to say of media.
func (g *leg) answerWhereOffered(res *gosip.Response) []byte {
	if len(g.invite.Body()) > 0 || len(res.Body()) == 0 {
		return nil
	}
	return inactiveAnswer(res.Body(), g.ownAddress(), 1)
}

// inTransaction builds ACK or CANCEL, which share branch and CSeq number with
// the INVITE (RFC 3261 §9.1, §17.1.1.3).
func (g *leg) inTransaction(method gosip.RequestMethod) *gosip.Request {
	req := g.build(g.dlg, method, g.invite.CSeq().SeqNo)
	req.ReplaceHeader(g.invite.Via().Clone())
	req.From().DisplayName = g.invite.From().DisplayName
	req.RemoveHeader("Contact")
	return req
}

func (i *invitation) cancel() {
	req := i.inTransaction("CANCEL")
	req.AppendHeader(gosip.NewHeader("Reason", `SIP;cause=487;text="Request Terminated"`))
	_ = i.wire.Send([]byte(req.String()), i.to) // if it is lost, the phone rings until the switch gives up
}

// ackRefusal acknowledges a final answer that is no success; the To is the
// answer's.
func (i *invitation) ackRefusal(res *gosip.Response) {
	ack := i.inTransaction("ACK")
	if h := res.To(); h != nil {
		if tag, ok := h.Params.Get("tag"); ok {
			ack.To().Params.Remove("tag")
			ack.To().Params.Add("tag", tag)
		}
	}
	_ = i.wire.Send([]byte(ack.String()), i.to) // repeated answers find nobody; the switch stops by itself
}

// lastWord is the time that a farewell may take: little where Run has to return.
func (s *session) lastWord() (context.Context, context.CancelFunc) {
	patience := byePatience
	if s.ctx.Err() != nil {
		patience = s.link.opts.Farewell
	}
	return context.WithTimeout(context.WithoutCancel(s.ctx), patience)
}
