package pbxtest

import (
	"fmt"
	"strings"
	"time"
)

const (
	userAgent   = "FreeSWITCH-mod_sofia/1.10.12-release~64bit"
	allow       = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY, PUBLISH, SUBSCRIBE"
	allowEvents = "talk, hold, conference, presence, as-feature-event, dialog, line-seize, call-info, sla, include-session-description, presence.winfo, message-summary, refer"
)

// sipDialog is what the switch needs for its own requests in a dialog that the
// bridge began (RFC 3261 §12).
type sipDialog struct {
	callID             string
	localURI, localTag string
	remoteURI, farTag  string
	target             string // the bridge's Contact
	peer               remote
	transport          string
	contact, sentBy    string // the switch's own
}

// request writes a request; headers are whole lines without their ends.
func (d *sipDialog) request(method string, cseq uint32, branch, body string, headers ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", method, d.target)
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;rport;branch=%s\r\n", d.transport, d.sentBy, branch)
	b.WriteString("Max-Forwards: 70\r\n")
	fmt.Fprintf(&b, "From: <%s>;tag=%s\r\nTo: <%s>;tag=%s\r\n", d.localURI, d.localTag, d.remoteURI, d.farTag)
	fmt.Fprintf(&b, "Call-ID: %s\r\nCSeq: %d %s\r\nContact: %s\r\n", d.callID, cseq, method, d.contact)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

// agent is what the switch calls itself.
func (s *SIPSwitch) agent() string {
	if s.opts.PhonesCSTA {
		return "pbxtest"
	}
	return userAgent
}

// notifyLeg sends one changed dialog. The caller holds mu.
func (s *SIPSwitch) notifyLeg(sub *subscription, l *leg) {
	body := changeDocument(sub.version, s.opts.Domain, l)
	s.notifyDocument(sub, body)
}

// notifyFull sends all dialogs of the phone.
func (s *SIPSwitch) notifyFull(sub *subscription) {
	s.notifyDocument(sub, fullDocument(sub.version, s.opts.Domain, sub.ext))
}

func (s *SIPSwitch) notifyDocument(sub *subscription, body string) {
	sub.version++
	if s.strikes(FaultMalformedBody) {
		body = body[:len(body)*2/3]
	}
	left := max(0, int(time.Until(sub.expires).Round(time.Second)/time.Second))
	branch := newBranch()
	data := sub.dialog.request("NOTIFY", s.nextCSeq(time.Now()), branch, body,
		"User-Agent: "+s.agent(), "Allow: "+allow, "Supported: timer, path, replaces", "Event: dialog",
		"Allow-Events: "+allowEvents, fmt.Sprintf("Subscription-State: active;expires=%d", left),
		"Content-Type: application/dialog-info+xml")
	s.transmit(sub, branch, data)
}

// transmit sends a NOTIFY, as the faults have it.
func (s *SIPSwitch) transmit(sub *subscription, branch string, data []byte) {
	if s.strikes(FaultDropNotify) {
		return
	}
	send := func() { s.wire.send(sub.dialog.peer, branch, data, false, s.whenNotified(sub)) }
	if s.strikes(FaultReorderNotify) {
		sub.heldBack = append(sub.heldBack, send)
		return
	}
	if s.strikes(FaultLateNotify) {
		s.wire.send(sub.dialog.peer, branch, data, true, s.whenNotified(sub))
	} else {
		send()
	}
	if s.strikes(FaultDuplicateNotify) {
		s.wire.repeatNow(sub.dialog.peer, data)
	}
	for _, late := range sub.heldBack {
		late()
	}
	sub.heldBack = nil
}

// whenNotified drops a subscription whose subscriber is gone (RFC 6665 §4.2.2).
func (s *SIPSwitch) whenNotified(sub *subscription) func(status int) {
	return func(status int) {
		if status < 300 {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log.Debug("subscription ends: NOTIFY refused", "device", sub.ext.number, "cause", status)
		s.dropSubscription(sub)
	}
}

// notifyEnd says that the subscription is over, without a body.
func (s *SIPSwitch) notifyEnd(sub *subscription, reason string) {
	branch := newBranch()
	data := sub.dialog.request("NOTIFY", s.nextCSeq(time.Now()), branch, "",
		"Expires: 0", "User-Agent: "+s.agent(), "Allow: "+allow, "Supported: timer, path, replaces",
		"Event: dialog", "Allow-Events: "+allowEvents, "Subscription-State: terminated;reason="+reason)
	s.wire.send(sub.dialog.peer, branch, data, false, nil)
}

// nextCSeq is FreeSWITCH's: fifty for each second since New Year, so that it
// leaps, and one more within a second. All dialogs share it.
func (s *SIPSwitch) nextCSeq(now time.Time) uint32 {
	newYear := time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, now.Location())
	cseq := uint32(now.Sub(newYear)/time.Second) * 50 // at most 1.6e9
	if cseq <= s.cseq {
		cseq = s.cseq + 1
	}
	s.cseq = cseq
	return cseq
}

func newBranch() string { return "z9hG4bK" + randomHex(8) }
