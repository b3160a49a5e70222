package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// Times of a call that we place.
const (
	referPatience = 2 * time.Minute // for the REFER to be carried out
	legPatience   = 2 * time.Second // for the second leg to show in the documents
	byePatience   = 4 * time.Second
)

// errBusyDialling: one call at a time can be dialled for a device, because its
// dialogs cannot be told apart otherwise.
var errBusyDialling = errors.New("a call is already being dialled on this device")

// MakeCall implements pbx.Dialer by ringing the calling device with an INVITE
// and handing the answered call to the switch with a REFER (RFC 3515), so that
// the switch dials as if the agent had: its rules, recording and caller ID apply.
func (l *Link) MakeCall(_ context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	called = strings.TrimSpace(called)
	if err := checkText(called); err != nil {
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call: the number: %w", err)
	}
	if called == "" || len(called) > 64 {
		return pbx.ConnectionID{}, errors.New("sip: make call: the number is empty or too long")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[calling]
	switch {
	case dev == nil || dev.removed || dev.tracker == nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrUnknownDevice)
	case l.session == nil || l.state == pbx.LinkConnecting || l.state == pbx.LinkDown:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, pbx.ErrLinkDown)
	case dev.tracker.dial != nil:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: %w", calling, errBusyDialling)
	}
	id := random()
	d := &dialing{
		key: pbx.CallID("dial-" + id), device: calling, called: called, label: "Dial " + called, callID: id,
		cleared: make(chan struct{}), bye: make(chan struct{}), frags: make(chan int, 16),
	}
	select {
	case l.dialJobs <- d:
	default:
		return pbx.ConnectionID{}, fmt.Errorf("sip: make call from %s: too many calls wait to be dialled", calling)
	}
	dev.tracker.dial = d
	return pbx.ConnectionID{Call: d.key, Device: calling}, nil
}

// ClearConnection implements pbx.Clearer for a call that MakeCall is placing:
// until the switch has taken it over we can end our part of it.
func (l *Link) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	dev := l.devices[id.Device]
	if dev == nil || dev.tracker == nil {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrUnknownDevice)
	}
	d := dev.tracker.dial
	if d == nil || d.key != id.Call || d.handedOver {
		return fmt.Errorf("sip: clear connection on %s: %w", id.Device, pbx.ErrNotSupported)
	}
	select {
	case <-d.cleared:
	default:
		close(d.cleared)
	}
	return nil
}

// dialAll runs the calls to dial, each in a goroutine that ends with the
// session.
func (s *session) dialAll(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		select {
		case d := <-s.link.dialJobs:
			wg.Go(func() { s.dial(ctx, d) })
		case <-ctx.Done():
			s.abandonDials()
			return
		}
	}
}

// abandonDials fails what was asked for and not begun.
func (s *session) abandonDials() {
	for {
		select {
		case d := <-s.link.dialJobs:
			s.conclude(d, outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()})
		default:
			return
		}
	}
}

// outcome is how a call that we place ended.
type outcome struct {
	kind   pbx.EventKind
	cause  pbx.Cause
	detail string
}

// dial places one call from INVITE to hand-over.
func (s *session) dial(ctx context.Context, d *dialing) {
	l := s.link
	l.mu.Lock()
	l.dials[d.callID] = d
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.dials, d.callID)
		l.mu.Unlock()
	}()
	s.tell(d, func(t *tracker) {
		t.out = append(t.out, t.dialledEvent(d, pbx.EventOriginated, pbx.StateInitiated))
	})
	dlg := newDialog(l.uri(string(d.device)))
	dlg.callID, dlg.cseq = d.callID, 1
	if end := s.ring(ctx, d, dlg); end != nil {
		s.conclude(d, *end)
		return
	}
	end := s.refer(ctx, d, dlg)
	s.hangUp(d, dlg)
	if end != nil {
		s.conclude(d, *end)
		return
	}
	s.settle(ctx, d)
}

// tell lets do change the device's calls and sends the events it appended.
func (s *session) tell(d *dialing, do func(t *tracker)) {
	l := s.link
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	dev := l.devices[d.device]
	if dev == nil || dev.tracker == nil {
		l.mu.Unlock()
		return
	}
	t := dev.tracker
	t.out, t.now = t.out[:0], time.Now()
	do(t)
	events := t.out
	l.mu.Unlock()
	l.send(s.ctx, s.events, events)
}

func (s *session) conclude(d *dialing, end outcome) {
	s.link.log.Info("dialling ended", slog.String("device", string(d.device)), slog.String("cause", end.detail))
	s.tell(d, func(t *tracker) { t.finish(d, end.kind, end.cause, end.detail) })
}

// offer is an SDP offer (RFC 3264) of one audio stream that carries nothing: an
// INVITE without an offer is refused by FreeSWITCH.
func (s *session) offer() []byte {
	at := netip.MustParseAddrPort(s.wire.local)
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
	req.AppendHeader(gosip.NewHeader("Call-Info", "<sip:"+s.link.domain+">;answer-after=0"))
	req.AppendHeader(gosip.NewHeader("Alert-Info", "<sip:"+s.link.domain+">;info=alert-autoanswer;delay=0"))
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

// inviteOnce runs one INVITE client transaction (RFC 3261 §17.1.1).
func (s *session) inviteOnce(ctx context.Context, d *dialing, dlg *dialog, req *gosip.Request, patience <-chan time.Time) (*gosip.Response, *outcome) {
	answers, end := s.tx.begin(req)
	defer end()
	to := s.wire.server
	data := []byte(req.String())
	if err := s.wire.send(data, to); err != nil {
		return nil, &outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()}
	}
	interval := timerT1
	repeat, stop := s.retransmission(interval)
	defer stop()
	unanswered := time.NewTimer(s.link.opts.Timeout)
	defer unanswered.Stop()
	cancelled := d.cleared
	var end2 *outcome // why we gave up, once we have
	provisional := false
	giveUp := func(o outcome) {
		end2, cancelled = &o, nil
		if provisional {
			s.cancel(dlg, req, to)
		}
		unanswered.Reset(byePatience)
	}
	for {
		select {
		case res := <-answers:
			repeat.Stop()
			if res.IsProvisional() {
				if end2 != nil && !provisional {
					s.cancel(dlg, req, to) // not before a provisional answer (RFC 3261 §9.1)
				}
				if !provisional && end2 == nil {
					unanswered.Stop()
				}
				provisional = true
				continue
			}
			if !res.IsSuccess() {
				s.ackRefusal(dlg, req, res, to)
			}
			if end2 == nil {
				return res, nil
			}
			if res.IsSuccess() { // answered in the moment we gave up
				s.answered(d, dlg, req, res)
				s.hangUp(d, dlg)
			}
			return nil, end2
		case <-repeat.C:
			_ = s.wire.send(data, to)
			interval *= 2
			repeat.Reset(interval)
		case <-patience:
			giveUp(outcome{pbx.EventFailed, pbx.CauseNoAnswer, "Nobody answered at the agent's phone."})
		case <-cancelled:
			giveUp(outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""})
		case <-unanswered.C:
			if end2 != nil {
				return nil, end2
			}
			return nil, &outcome{pbx.EventFailed, pbx.CauseUnreachable, "The PBX does not answer."}
		case <-s.wire.done:
			return nil, &outcome{pbx.EventFailed, pbx.CauseUnreachable, pbx.ErrLinkDown.Error()}
		case <-ctx.Done():
			if provisional {
				s.cancel(dlg, req, to)
			}
			return nil, &outcome{pbx.EventConnectionCleared, pbx.CauseCancelled, ""}
		}
	}
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
	_ = s.wire.send([]byte(req.String()), to) // if it is lost, the phone rings until the switch gives up
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
	_ = s.wire.send([]byte(ack.String()), to) // repeated answers find nobody; the switch stops by itself
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
	_ = s.wire.send(d.ack, d.hop) // repeated with the 200
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
		_ = s.wire.send(ack, hop)
	}
}

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
		patience = farewellTime // Run has to return
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
func (s *session) byeReceived(m *inbound) (code int, reason string) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	d := s.link.dials[string(m.callID)]
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
func (d *dialing) referNotify(m *inbound) (code int, reason string) {
	if !equalFold(token(m.event), "refer") {
		return 489, "Bad Event"
	}
	fields := strings.Fields(string(m.body[:min(len(m.body), 64)]))
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
	}
	return "could not be reached"
}
