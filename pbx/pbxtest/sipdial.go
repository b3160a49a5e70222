package pbxtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// mediaAnswer is the switch's SDP: one audio stream that carries nothing.
const mediaAnswer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 9 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=inactive\r\n"

// inbound is an INVITE of the bridge that rings a phone, the first half of
// click-to-dial (reference: INVITE the agent, then REFER in that dialog).
type inbound struct {
	dialog sipDialog
	call   *call
	// answer gets the final status while the INVITE is pending: one value.
	answer chan int
	// established: 200 was sent. over: the call ended, so no second BYE.
	established, over bool
}

// onInvite rings the phone and holds the transaction until somebody decides.
func (s *SIPSwitch) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if isCSTA(req) {
		s.onControl(req, tx)
		return
	}
	if req.To().Params.Has("tag") || req.Contact() == nil {
		s.respond(req, tx, 488, "Not Acceptable Here")
		return
	}
	if !s.authorised(req, tx) {
		return
	}
	in, status := s.ringFor(req)
	if in == nil {
		s.respond(req, tx, status, reasonOf(status))
		return
	}
	req = req.Clone()
	req.To().Params.Add("tag", in.dialog.localTag)
	if !tx.OnCancel(func(*sip.Request) { s.cancel(in) }) {
		s.cancel(in)
		return
	}
	s.respond(req, tx, 180, "Ringing", sip.NewHeader("Contact", in.dialog.contact))
	select {
	case <-s.stop:
	case <-tx.Done():
		s.cancel(in)
	case status := <-in.answer:
		s.conclude(in, req, tx, status)
	}
}

// ringFor makes the phone ring for the bridge, or says why not.
func (s *SIPSwitch) ringFor(req *sip.Request) (*inbound, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[req.Recipient.User]
	switch {
	case e == nil && s.opts.ThirdParty:
		return s.callNumber(req)
	case e == nil:
		return nil, 404
	case e.phone.refusal() != 0:
		return nil, e.phone.refusal()
	case len(req.Body()) == 0 && !s.opts.ThirdParty:
		return nil, 480 // FreeSWITCH takes no INVITE without an offer
	}
	in := s.newInbound(req)
	from := req.From()
	c := s.newCall(Caller{Number: from.Address.User, Name: strings.Trim(from.DisplayName, `"`)})
	in.call, c.inbound = c, in
	s.inbounds[in.dialog.callID] = in
	s.addLeg(c, e, legRinging, false, c.caller)
	return in, 0
}

func (s *SIPSwitch) newInbound(req *sip.Request) *inbound {
	return &inbound{dialog: s.dialogOf(req, randomHex(6)), answer: make(chan int, 1)}
}

// callNumber calls an outside number for the bridge, the second leg of third
// party call control. The caller holds mu.
func (s *SIPSwitch) callNumber(req *sip.Request) (*inbound, int) {
	number := req.Recipient.User
	if status := s.refusal(number); status != 0 {
		return nil, status
	}
	in := s.newInbound(req)
	c := s.newCall(Caller{Number: req.From().Address.User})
	c.dialed, c.inbound, in.call = number, in, c
	s.inbounds[in.dialog.callID] = in
	s.answerLater(c)
	return in, 0
}

// conclude sends the final answer to the INVITE.
func (s *SIPSwitch) conclude(in *inbound, req *sip.Request, tx sip.ServerTransaction, status int) {
	if status != 200 {
		s.respond(req, tx, status, reasonOf(status))
		return
	}
	res := sip.NewSDPResponseFromRequest(req, []byte(mediaAnswer)) // the offer where the INVITE had none
	res.AppendHeader(sip.NewHeader("Contact", in.dialog.contact))
	if err := tx.Respond(res); err != nil {
		s.log.Debug("answer lost", "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in.established = true
	if in.over { // put down in the meantime
		s.bye(in)
	}
}

// cancel ends a call that the bridge gave up; sipgo has sent 487.
func (s *SIPSwitch) cancel(in *inbound) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(in)
}

// leave ends the phone's side of the bridge's dialog, the bridge knowing it.
func (s *SIPSwitch) leave(in *inbound) {
	delete(s.inbounds, in.dialog.callID)
	in.over = true
	if in.call.inbound == in {
		in.call.inbound = nil
		s.endCall(in.call)
	}
}

// endInbound ends the bridge's dialog, the phone having ended its side.
func (s *SIPSwitch) endInbound(in *inbound, status int) {
	delete(s.inbounds, in.dialog.callID)
	if in.over {
		return
	}
	in.over = true
	if in.established {
		s.bye(in)
		return
	}
	select {
	case in.answer <- status:
	default: // answered just now; conclude sees over
	}
}

func (s *SIPSwitch) bye(in *inbound) {
	branch := newBranch()
	data := in.dialog.request("BYE", s.nextCSeq(time.Now()), branch, "", "User-Agent: "+userAgent,
		`Reason: Q.850;cause=16;text="NORMAL_CLEARING"`)
	s.wire.send(in.dialog.peer, branch, data, false, nil)
}

// onBye ends what the bridge has begun.
func (s *SIPSwitch) onBye(req *sip.Request, tx sip.ServerTransaction) {
	in := s.inboundOf(req)
	if in == nil && !s.endControl(req) {
		s.respond(req, tx, 481, "Call Does Not Exist")
		return
	}
	s.respond(req, tx, 200, "OK")
	if in != nil {
		s.cancel(in)
	}
}

// onRefer connects the answered phone to Refer-To (RFC 3515): the bridge's
// dialog ends and the phone has a new one, which it seems to have dialled.
func (s *SIPSwitch) onRefer(req *sip.Request, tx sip.ServerTransaction) {
	in := s.inboundOf(req)
	target := referTo(req)
	switch {
	case !req.To().Params.Has("tag"):
		s.onReferOut(req, tx)
		return
	case in == nil:
		s.respond(req, tx, 481, "Call Does Not Exist")
		return
	case target == "":
		s.respond(req, tx, 400, "Bad Refer-To")
		return
	}
	s.respond(req, tx, 202, "Accepted", sip.NewHeader("Contact", in.dialog.contact))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sipfrag(in, 100)
	if status := s.refusal(target); status != 0 {
		s.sipfrag(in, status) // the bridge still has its leg, and has to send BYE
		return
	}
	s.sipfrag(in, 200) // "transferred", not "answered"
	s.handOver(in, target)
}

// handOver replaces the bridge's leg by a call that the phone places.
func (s *SIPSwitch) handOver(in *inbound, target string) {
	if in.over || len(in.call.legs) == 0 {
		return
	}
	phone := in.call.legs[0].ext
	s.mirror.handOver(in.call.legs[0])
	s.endCall(in.call) // with BYE to the bridge
	s.place(phone, target)
}

// sipfrag reports how the REFER goes (RFC 3515 §2.4.4).
func (s *SIPSwitch) sipfrag(in *inbound, status int) { s.frag(in.dialog, status) }

func (s *SIPSwitch) frag(d sipDialog, status int) {
	state := "active;expires=60"
	if status >= 200 {
		state = "terminated;reason=noresource"
	}
	branch := newBranch()
	body := fmt.Sprintf("SIP/2.0 %d %s\r\n", status, reasonOf(status))
	data := d.request("NOTIFY", s.nextCSeq(time.Now()), branch, body, "User-Agent: "+userAgent, "Event: refer",
		"Subscription-State: "+state, "Content-Type: message/sipfrag;version=2.0")
	s.wire.send(d.peer, branch, data, false, nil)
}

// inboundOf finds the bridge's dialog that a request belongs to.
func (s *SIPSwitch) inboundOf(req *sip.Request) *inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.inbounds[callIDOf(req)]
	if in == nil || req.To().Params.GetOr("tag", "") != in.dialog.localTag {
		return nil
	}
	return in
}

// referTo is the user part of Refer-To: what to dial.
func referTo(req *sip.Request) string {
	var uri sip.Uri
	params := sip.HeaderParams{}
	if _, err := sip.ParseAddressValue(headerValue(req, "Refer-To", "r"), &uri, &params); err != nil {
		return ""
	}
	return uri.User
}

func reasonOf(status int) string {
	switch status {
	case 100:
		return "Trying"
	case 200:
		return "OK"
	case 404:
		return "Not Found"
	case 480:
		return "Temporarily Unavailable"
	case 486:
		return "Busy Here"
	case 603:
		return "Decline"
	default:
		return "Request Failure"
	}
}
