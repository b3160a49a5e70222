package pbxtest

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// referral is a number that a telephone was asked to dial by a REFER outside of
// any dialog (RFC 3515 §2.4.1), and whom to tell how that goes.
type referral struct {
	dialog sipDialog
	target string
}

// onReferOut asks the telephone's owner, where telephones do that.
func (s *SIPSwitch) onReferOut(req *sip.Request, tx sip.ServerTransaction) {
	if !s.authorised(req, tx) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, target := s.exts[req.Recipient.User], referTo(req)
	switch {
	case !s.opts.PhonesRefer:
		s.respond(req, tx, 501, "Not Implemented")
	case e == nil || req.Contact() == nil:
		s.respond(req, tx, 404, "Not Found")
	case target == "":
		s.respond(req, tx, 400, "Bad Refer-To")
	case e.phone.refusal() != 0:
		s.respond(req, tx, e.phone.refusal(), reasonOf(e.phone.refusal()))
	default:
		r := &referral{dialog: s.dialogOf(req, randomHex(6)), target: target}
		e.referral = r
		s.respond(req, tx, 202, "Accepted", sip.NewHeader("Contact", r.dialog.contact))
		s.frag(r.dialog, 100)
	}
}

// AcceptReferral lets a telephone dial what it was asked to.
func (s *SIPSwitch) AcceptReferral(ext string) error {
	return s.withReferral(ext, func(e *extension, r *referral) {
		c := s.place(e, r.target)
		if s.calls[c.handle] != c { // refused at once
			s.frag(r.dialog, s.refusal(r.target))
			return
		}
		c.referral = &r.dialog
		s.frag(r.dialog, 180)
	})
}

// DeclineReferral is its owner's no.
func (s *SIPSwitch) DeclineReferral(ext string) error {
	return s.withReferral(ext, func(_ *extension, r *referral) { s.frag(r.dialog, 603) })
}

func (s *SIPSwitch) withReferral(ext string, do func(*extension, *referral)) error {
	return s.withExtension(ext, func(e *extension) error {
		r := e.referral
		if r == nil {
			return ErrNoSuchCall
		}
		e.referral = nil
		do(e, r)
		return nil
	})
}

// report tells who asked a telephone to dial how the call fares, once.
func (s *SIPSwitch) report(c *call, status int) {
	if c.referral != nil {
		s.frag(*c.referral, status)
		c.referral = nil
	}
}

// onNotify takes the event "talk", at which telephones answer.
func (s *SIPSwitch) onNotify(req *sip.Request, tx sip.ServerTransaction) {
	if event := headerValue(req, "Event", "o"); !s.opts.PhonesTalk || !strings.EqualFold(event, "talk") {
		s.respond(req, tx, 489, "Bad Event")
		return
	}
	if !s.authorised(req, tx) {
		return
	}
	if err := s.Answer(req.Recipient.User, ""); err != nil {
		s.respond(req, tx, 481, "Nothing Rings")
		return
	}
	s.respond(req, tx, 200, "OK")
}
