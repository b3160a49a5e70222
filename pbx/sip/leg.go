package sip

import (
	"net/netip"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// leg is a dialog that we began for a call: the INVITE that rings the agent,
// in third party call control that to the far end too, or a REFER outside of
// any dialog. One goroutine owns it, the call's; the read loop finds it by its
// Call-ID.
type leg struct {
	*session
	d      *dialing
	dlg    *dialog
	far    bool // the far end's, not the agent's
	invite *gosip.Request

	bye    chan struct{}  // closed when the switch ends the leg
	frags  chan int       // status codes of sipfrag NOTIFYs
	offers chan *reinvite // what the other leg has to answer; nil: we answer ourselves
	acks   chan uint32    // CSeq of ACKs

	// What the read loop needs; guarded by the link's lock.
	byeSeen bool
	tag     string         // of who answered
	ack     []byte         // repeated when the 200 is (RFC 3261 §13.2.2.4)
	hop     netip.AddrPort // where ack goes
	auth    []gosip.Header // credentials of the INVITE, which its ACK carries too
	seq     uint32         // of the INVITE
	local   []byte         // session description: ours, as the leg's far side knows it
	remote  []byte         // … and its own
	version int            // of the answers that we write ourselves
	late    time.Time      // given up: until then whoever answers is hung up on
}

// lateAnswers is how long a switch repeats the answer to an INVITE (RFC 3261
// §13.3.1.4, 64 times T1).
const lateAnswers = 64 * transport.TimerT1

// newLeg registers a dialog with an address.
func (s *session) newLeg(d *dialing, callID string, address gosip.Uri) *leg {
	g := &leg{
		session: s, d: d, dlg: newDialog(address),
		bye: make(chan struct{}), frags: make(chan int, 16), acks: make(chan uint32, 1),
	}
	g.dlg.callID, g.dlg.cseq = callID, 1
	l, now := s.link, time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, old := range l.legs {
		if !old.late.IsZero() && now.After(old.late) {
			delete(l.legs, id)
		}
	}
	l.legs[callID] = g
	return g
}

// close forgets the leg. One that was given up before a final answer came is
// remembered, so that a late answer does not leave a telephone off the hook.
func (g *leg) close() {
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	if g.late.IsZero() {
		delete(g.link.legs, g.dlg.callID)
	}
}

func (g *leg) giveUp() {
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	g.late = time.Now().Add(lateAnswers)
}

// legFor finds the leg that a request of the switch belongs to.
func (l *Link) legFor(callID []byte) *leg {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.legs[string(callID)]
}

// acknowledge sends the ACK of a 200 (RFC 3261 §13.2.2.4), with an answer where
// the 200 brought the offer.
func (g *leg) acknowledge(body []byte) {
	ack := g.build(g.dlg, "ACK", g.invite.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if h := g.invite.GetHeader(name); h != nil {
			ack.AppendHeader(h)
		}
	}
	if len(body) > 0 {
		ack.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
		ack.SetBody(body)
	}
	g.link.mu.Lock()
	g.ack, g.hop = []byte(ack.String()), g.nextHop(g.dlg)
	g.link.mu.Unlock()
	_ = g.wire.Send(g.ack, g.hop) // repeated with the 200
}

// answered learns the dialog from a 200.
func (g *leg) answered(res *gosip.Response) {
	if g.dlg.remoteTag == "" {
		g.dlg.learn(res)
	} else if contact := res.Contact(); contact != nil && contact.Address.Host != "" {
		g.dlg.target = contact.Address // a re-INVITE leaves the route set as it is (RFC 3261 §12.2)
	}
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	g.tag, g.seq, g.remote = g.dlg.remoteTag, g.invite.CSeq().SeqNo, res.Body()
	g.auth = nil
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if h := g.invite.GetHeader(name); h != nil {
			g.auth = append(g.auth, h)
		}
	}
}

// success takes a 200 to an INVITE that no transaction waits for: the ACK was
// lost, or another branch of a fork answered as well, or one after we gave up.
// Those are acknowledged and hung up on (RFC 3261 §13.2.2.4).
func (s *session) success(res *gosip.Response) {
	s.link.mu.Lock()
	g := s.link.legs[res.CallID().Value()]
	if g == nil {
		s.link.mu.Unlock()
		return
	}
	tag := ""
	if to := res.To(); to != nil {
		tag, _ = to.Params.Get("tag")
	}
	ack, hop, known, auth := g.ack, g.hop, g.tag == tag && g.late.IsZero(), g.auth
	s.link.mu.Unlock()
	if known {
		if ack != nil {
			_ = s.wire.Send(ack, hop)
		}
		return
	}
	s.dismiss(g, res, auth)
}

// dismiss acknowledges an answer that nobody wants, and hangs up. Should one of
// the two be lost, the switch repeats its answer.
func (s *session) dismiss(g *leg, res *gosip.Response, auth []gosip.Header) {
	dlg := newDialog(g.dlg.address)
	dlg.callID, dlg.localTag = g.dlg.callID, g.dlg.localTag
	dlg.learn(res)
	dlg.cseq = res.CSeq().SeqNo
	ack := s.build(dlg, "ACK", dlg.cseq)
	for _, h := range auth {
		ack.AppendHeader(h)
	}
	hop := s.nextHop(dlg)
	_ = s.wire.Send([]byte(ack.String()), hop)
	_ = s.wire.Send([]byte(s.request(dlg, "BYE").String()), hop)
}

// hangUp ends the leg unless the switch has.
func (g *leg) hangUp() {
	select {
	case <-g.bye:
		return
	default:
	}
	ctx, cancel := g.lastWord()
	defer cancel()
	req := g.request(g.dlg, "BYE")
	res, err := g.exchange(ctx, req, g.nextHop(g.dlg), byePatience)
	if err == nil && isChallenge(res) && g.authorise(req, g.dlg, res) == nil {
		_, _ = g.exchange(ctx, req, g.nextHop(g.dlg), byePatience) // the leg is silent; it times out
	}
}

// byeReceived ends a leg.
func (s *session) byeReceived(m *message.Message) (code int, reason string) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	g := s.link.legs[string(m.CallID)]
	if g == nil || !g.ours(m) {
		return 481, "Call/Transaction Does Not Exist"
	}
	if !g.byeSeen {
		g.byeSeen = true
		close(g.bye)
	}
	return 200, "OK"
}

// ours tells whether a request is of this dialog and not of a fork of it.
func (g *leg) ours(m *message.Message) bool {
	return string(message.Param(m.To, "tag")) == g.dlg.localTag
}

func isChallenge(res *gosip.Response) bool {
	return res.StatusCode == gosip.StatusUnauthorized || res.StatusCode == gosip.StatusProxyAuthRequired
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
