package sip

import (
	"net/netip"
	"slices"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// unsolicited takes a NOTIFY that nobody subscribed to, as innovaphone sends
// them to the members of a group (LinkConfig.Unsolicited): about the device that
// the document is about, else the one it is addressed to. They are taken from
// the switch's own addresses only, since there is no dialog that a stranger
// would have to guess. The caller holds order.
func (s *session) unsolicited(sc *scratch, from transport.Source) (code int, reason string) {
	l, m := s.link, &sc.msg
	l.mu.Lock()
	trusted := l.trusted(from.Addr.Addr())
	l.mu.Unlock()
	if !trusted {
		return 403, "Forbidden"
	}
	sc.fate = fateNothingNew
	if message.EqualFold(message.Token(m.SubscriptionState), "terminated") || !s.read(sc) {
		return 200, "OK"
	}
	l.mu.Lock()
	d := l.devices[pbx.DeviceID(userOf(sc.doc.Entity))]
	if d == nil {
		d = l.devices[pbx.DeviceID(userOf(string(m.To)))]
	}
	if l.session != s || d == nil || d.removed || d.tracker == nil {
		l.mu.Unlock()
		sc.fate = fateUnknown
		return 481, "Subscription Does Not Exist"
	}
	if caller := string(m.CallID); d.caller != caller {
		d.caller, d.seen = caller, [16]uint32{}
		d.tracker.follow()
	}
	if d.repeated(m) {
		l.mu.Unlock()
		sc.fate = fateDuplicate
		return 200, "OK"
	}
	d.confirmed = true
	l.mu.Unlock()
	s.report(d, sc)
	return 200, "OK"
}

// trusted tells whether it is an address of one of the switch's servers. The
// caller holds mu.
func (l *Link) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(l.reach.targets, func(t transport.Target) bool { return t.Addr.Addr() == addr })
}
