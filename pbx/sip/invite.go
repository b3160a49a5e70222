package sip

import (
	"context"
	"net/netip"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// offer is an SDP offer (RFC 3264) of one audio stream that carries nothing: an
// INVITE without an offer is refused by FreeSWITCH.
func (s *session) offer() []byte {
	at := netip.MustParseAddrPort(s.wire.Local())
	family := "IP4"
	if at.Addr().Is6() {
		family = "IP6"
	}
	address := "IN " + family + " " + at.Addr().String()
	return []byte("v=0\r\no=- 1 1 " + address + "\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\n" +
		"m=audio 9 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=inactive\r\n")
}

// invite builds the INVITE that rings the agent. The headers that make a phone
// answer by itself reach it only through proxies; they harm nowhere.
func (s *session) invite(d *dialing, dlg *dialog) *gosip.Request {
	req := s.request(dlg, "INVITE")
	req.From().DisplayName = quoted(d.label)
	req.AppendHeader(gosip.NewHeader("Allow", "ACK, BYE, CANCEL, INVITE, NOTIFY, OPTIONS"))
	req.AppendHeader(gosip.NewHeader("Call-Info", "<"+s.link.scheme()+":"+s.link.domain+">;answer-after=0"))
	req.AppendHeader(gosip.NewHeader("Alert-Info", "<"+s.link.scheme()+":"+s.link.domain+">;info=alert-autoanswer;delay=0"))
	req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(s.offer())
	return req
}

// quoted leaves out what would have to be escaped in a display name.
func quoted(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' || r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, name)
}

// ring sends the INVITE until the agent answers. It returns nil then.
func (s *session) ring(ctx context.Context, d *dialing, dlg *dialog) *outcome {
	patience := time.NewTimer(s.link.opts.RingTime)
	defer patience.Stop()
	req := s.invite(d, dlg)
	for {
		res, end := s.inviteOnce(ctx, d, dlg, req, patience.C)
		if end != nil {
			return end
		}
		switch {
		case res.IsSuccess():
			s.answered(d, dlg, req, res)
			return nil
		case res.StatusCode == gosip.StatusUnauthorized, res.StatusCode == gosip.StatusProxyAuthRequired:
			if err := s.authorise(req, dlg, res); err != nil {
				return &outcome{pbx.EventFailed, pbx.CauseNotAllowed, err.Error()}
			}
		default:
			return &outcome{pbx.EventFailed, causeOf(res.StatusCode), status(res)}
		}
	}
}

// invitation is one INVITE client transaction (RFC 3261 §17.1.1).
type invitation struct {
	*session
	d       *dialing
	dlg     *dialog
	req     *gosip.Request
	to      netip.AddrPort
	ringing bool     // a provisional answer came: only now CANCEL may be sent (§9.1)
	ended   *outcome // why we gave up, once we have
	wait    *time.Timer
}

// inviteOnce sends one INVITE and waits for its final answer, which it returns,
// or why there is none.
func (s *session) inviteOnce(ctx context.Context, d *dialing, dlg *dialog, req *gosip.Request, patience <-chan time.Time) (*gosip.Response, *outcome) {
	answers, end := s.tx.Begin(req)
	defer end()
	i := &invitation{session: s, d: d, dlg: dlg, req: req, to: s.wire.Server(), wait: time.NewTimer(s.link.opts.Timeout)}
	defer i.wait.Stop()
	data := []byte(req.String())
	if err := s.wire.Send(data, i.to); err != nil {
		return nil, &outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()}
	}
	interval := transport.TimerT1
	repeat, stop := s.tx.Retransmission(interval)
	defer stop()
	cleared := d.cleared
	for {
		select {
		case res := <-answers:
			stop()
			if res.IsProvisional() {
				i.provisional()
				continue
			}
			return i.final(res)
		case <-repeat.C:
			s.wire.Resend(data, i.to)
			interval *= 2
			repeat.Reset(interval)
		case <-patience:
			i.giveUp(outcome{pbx.EventFailed, pbx.CauseNoAnswer, "Nobody answered at the agent's phone."})
		case <-cleared:
			cleared = nil
			i.giveUp(outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""})
		case <-i.wait.C:
			i.giveUp(outcome{pbx.EventFailed, pbx.CauseUnreachable, "The PBX does not answer."})
			return nil, i.ended
		case <-s.wire.Done():
			return nil, &outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()}
		case <-ctx.Done():
			i.giveUp(outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""})
			return nil, i.ended
		}
	}
}

// giveUp cancels the INVITE, now or with its first provisional answer, and
// leaves the switch a little time to say that it has.
func (i *invitation) giveUp(why outcome) {
	if i.ended != nil {
		return
	}
	i.ended = &why
	if i.ringing {
		i.cancel(i.dlg, i.req, i.to)
	}
	i.wait.Reset(byePatience)
}

func (i *invitation) provisional() {
	switch {
	case i.ringing:
	case i.ended != nil:
		i.cancel(i.dlg, i.req, i.to)
	default:
		i.wait.Stop() // it is the phone's turn
	}
	i.ringing = true
}

func (i *invitation) final(res *gosip.Response) (*gosip.Response, *outcome) {
	if !res.IsSuccess() {
		i.ackRefusal(i.dlg, i.req, res, i.to)
	}
	if i.ended == nil {
		return res, nil
	}
	if res.IsSuccess() { // answered in the moment we gave up
		i.answered(i.d, i.dlg, i.req, res)
		i.hangUp(i.d, i.dlg)
	}
	return nil, i.ended
}

// inTransaction builds ACK or CANCEL, which share branch and CSeq number with
// the INVITE (RFC 3261 §9.1, §17.1.1.3).
func (s *session) inTransaction(dlg *dialog, invite *gosip.Request, method gosip.RequestMethod) *gosip.Request {
	req := s.build(dlg, method, invite.CSeq().SeqNo)
	req.ReplaceHeader(invite.Via().Clone())
	req.From().DisplayName = invite.From().DisplayName
	req.RemoveHeader("Contact")
	return req
}

func (s *session) cancel(dlg *dialog, invite *gosip.Request, to netip.AddrPort) {
	req := s.inTransaction(dlg, invite, "CANCEL")
	req.AppendHeader(gosip.NewHeader("Reason", `SIP;cause=487;text="Request Terminated"`))
	_ = s.wire.Send([]byte(req.String()), to) // if it is lost, the phone rings until the switch gives up
}

// ackRefusal acknowledges a final answer that is no success; the To is the
// answer's.
func (s *session) ackRefusal(dlg *dialog, invite *gosip.Request, res *gosip.Response, to netip.AddrPort) {
	ack := s.inTransaction(dlg, invite, "ACK")
	if h := res.To(); h != nil {
		if tag, ok := h.Params.Get("tag"); ok {
			ack.To().Params.Remove("tag")
			ack.To().Params.Add("tag", tag)
		}
	}
	_ = s.wire.Send([]byte(ack.String()), to) // repeated answers find nobody; the switch stops by itself
}

// answered acknowledges the agent's answer.
func (s *session) answered(d *dialing, dlg *dialog, invite *gosip.Request, res *gosip.Response) {
	dlg.learn(res)
	ack := s.build(dlg, "ACK", invite.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if h := invite.GetHeader(name); h != nil {
			ack.AppendHeader(h) // RFC 3261 §13.2.2.4
		}
	}
	s.link.mu.Lock()
	d.answered, d.ack, d.hop = true, []byte(ack.String()), s.nextHop(dlg)
	s.link.mu.Unlock()
	_ = s.wire.Send(d.ack, d.hop) // repeated with the 200
}

// repeatACK answers a repeated 200.
func (s *session) repeatACK(callID string) {
	s.link.mu.Lock()
	d := s.link.dials[callID]
	var ack []byte
	var hop netip.AddrPort
	if d != nil {
		ack, hop = d.ack, d.hop
	}
	s.link.mu.Unlock()
	if ack != nil {
		_ = s.wire.Send(ack, hop)
	}
}
