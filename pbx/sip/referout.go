package sip

import (
	"context"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// fragPatience is how soon a telephone has to report on a REFER outside of any
// dialog. FreeSWITCH accepts those and does nothing (sip.md section 3).
const fragPatience = 5 * time.Second

// dialByReferOut asks the agent's telephone, by a REFER outside of any dialog,
// to dial by itself (RFC 3515 §2.4.1). The call is the telephone's from the
// beginning; we hear of it by the sipfrags and by the device's documents.
//
// Its implicit subscription is wanted: Refer-Sub is true (RFC 4488), and none
// of the options of RFC 7614 is asked for, because an accepted REFER says
// nothing of the call.
func (s *session) dialByReferOut(ctx context.Context, d *dialing) {
	g := s.newLeg(d, d.callID, s.link.uri(string(d.device)))
	defer g.close()
	s.agentAnswered(d) // the telephone's next call is this one, and may show before its answer to the REFER
	if end := g.refer(ctx, d.dialled); end != nil {
		s.conclude(d, *end)
		return
	}
	if end := g.awaitReport(ctx); end != nil {
		s.conclude(d, *end)
		return
	}
	if end := g.followRefer(ctx); end != nil {
		s.conclude(d, *end)
		return
	}
	s.settle(ctx, d)
}

// outside adds what a REFER outside of a dialog says besides.
func (g *leg) outside(req *gosip.Request) {
	req.AppendHeader(gosip.NewHeader("Refer-Sub", "true"))
	req.AppendHeader(gosip.NewHeader("Allow-Events", "refer"))
	req.From().DisplayName = quoted(g.d.label)
}

// awaitReport waits for the first sipfrag: until it comes, nothing was done.
func (g *leg) awaitReport(ctx context.Context) *outcome {
	patience := time.NewTimer(fragPatience)
	defer patience.Stop()
	select {
	case code := <-g.frags:
		select {
		case g.frags <- code: // followRefer judges it
		default:
		}
		return nil
	case <-patience.C:
		return failed(pbx.CauseUnreachable,
			"Your telephone accepted the number and did not dial. Dial on your telephone; an administrator can choose another way of dialling for this link.")
	case <-g.wire.Done():
		return lostOutcome()
	case <-ctx.Done():
		return g.interrupted()
	}
}
