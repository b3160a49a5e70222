package uacsta

import (
	"context"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// invite is one INVITE transaction (RFC 3261 §17.1.1) and the ACK of its final
// answer. A telephone answers a control session by itself and at once: one that
// rings takes it for a call, and is left in peace after half a second.
func (s *session) invite(ctx context.Context, req *gosip.Request) (*gosip.Response, error) {
	answers, end := s.tx().Begin(req)
	defer end()
	data, to := []byte(req.String()), s.hop(&s.dlg)
	if err := s.wire().Send(data, to); err != nil {
		return nil, pbx.ErrLinkDown
	}
	deadline := time.NewTimer(s.phone.cfg.Patience)
	defer deadline.Stop()
	interval := transport.TimerT1
	repeat, stop := s.tx().Retransmission(interval)
	defer stop()
	var given error // why we gave up
	rang, why := false, errSilent
	giveUp := func(why error) bool {
		if given != nil || !rang {
			return true
		}
		given = why
		_ = s.wire().Send([]byte(s.inTransaction(req, gosip.CANCEL, nil).String()), to)
		deadline.Reset(s.phone.cfg.Farewell)
		return false
	}
	done := ctx.Done()
	for {
		select {
		case res := <-answers:
			if res.IsProvisional() {
				if rang = true; res.StatusCode > 100 && why == errSilent {
					why = errOrdinary
					deadline.Reset(ringing)
				}
				stop()
				continue
			}
			s.acknowledge(req, res)
			if given != nil && res.IsSuccess() {
				s.bye(ctx)
			}
			if given != nil {
				return nil, given
			}
			return res, nil
		case <-repeat.C:
			s.wire().Resend(data, to)
			interval *= 2
			repeat.Reset(interval)
		case <-deadline.C:
			if giveUp(why) {
				return nil, first(given, why)
			}
		case <-done:
			done = nil
			if giveUp(ctx.Err()) {
				return nil, first(given, ctx.Err())
			}
		case <-s.wire().Done():
			return nil, pbx.ErrLinkDown
		}
	}
}

// ringing is how long a telephone may say that it rings before its answer.
const ringing = 500 * time.Millisecond

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// acknowledge sends the ACK: within the transaction for a refusal (§17.1.1.3),
// else within the dialog (§13.2.2.4), and kept for a repeated answer.
func (s *session) acknowledge(req *gosip.Request, res *gosip.Response) {
	if !res.IsSuccess() {
		_ = s.wire().Send([]byte(s.inTransaction(req, gosip.ACK, res).String()), s.hop(&s.dlg))
		return
	}
	s.mu.Lock()
	if s.dlg.remoteTag == "" {
		s.dlg.learn(res)
	} else {
		s.dlg.retarget(res)
	}
	ack := s.build(&s.dlg, gosip.ACK, req.CSeq().SeqNo)
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		if h := req.GetHeader(name); h != nil { // RFC 3261 §22.1
			ack.AppendHeader(gosip.NewHeader(name, h.Value()))
		}
	}
	s.ack = []byte(ack.String())
	data := s.ack
	s.mu.Unlock()
	_ = s.wire().Send(data, s.hop(&s.dlg))
}

// inTransaction builds the CANCEL, or the ACK of the refusal res.
func (s *session) inTransaction(invite *gosip.Request, method gosip.RequestMethod, res *gosip.Response) *gosip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	req := s.build(&s.dlg, method, invite.CSeq().SeqNo)
	req.ReplaceHeader(invite.Via().Clone())
	req.RemoveHeader("Contact")
	if res != nil && res.To() != nil {
		req.ReplaceHeader(&gosip.ToHeader{Address: s.phone.address, Params: res.To().Params})
	}
	return req
}

// stray is a 2xx to an INVITE that nobody waits for: a repeated one, whose ACK
// was lost, or that of a second telephone at which a proxy let it ring, which is
// sent away.
func (s *session) stray(res *gosip.Response) {
	if !res.IsSuccess() || res.CSeq().MethodName != gosip.INVITE || res.To() == nil {
		return
	}
	s.mu.Lock()
	known, ack, other := s.dlg.remoteTag, s.ack, s.dlg
	s.mu.Unlock()
	if known == "" {
		return
	}
	if tag, _ := res.To().Params.Get("tag"); tag == known {
		_ = s.wire().Send(ack, s.hop(&other))
		return
	}
	other.learn(res)
	cseq := res.CSeq().SeqNo
	s.mu.Lock()
	dismissal := []*gosip.Request{s.build(&other, gosip.ACK, cseq), s.build(&other, gosip.BYE, cseq+1)}
	s.mu.Unlock()
	for _, req := range dismissal {
		_ = s.wire().Send([]byte(req.String()), s.hop(&other))
	}
}
