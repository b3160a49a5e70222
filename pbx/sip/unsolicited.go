package sip

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

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
	if !slices.Contains(s.trusted, from.Addr.Addr()) {
		return 403, "Forbidden"
	}
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
		return 481, "Subscription Does Not Exist"
	}
	if caller := string(m.CallID); d.caller != caller {
		d.caller, d.seen = caller, [16]uint32{}
		d.tracker.follow()
	}
	if d.repeated(m.CSeq) {
		l.mu.Unlock()
		return 200, "OK"
	}
	d.confirmed = true
	l.mu.Unlock()
	s.report(d, sc)
	return 200, "OK"
}

// trust finds the addresses from which unsolicited NOTIFYs are taken: those of
// all configured servers.
func (s *session) trust(ctx context.Context) {
	l := s.link
	if !l.cfg.Unsolicited {
		return
	}
	s.trusted = []netip.Addr{s.wire.Server().Addr()}
	for _, server := range strings.Split(l.cfg.Server, ",") {
		host, _ := transport.SplitServer(l.network, strings.TrimSpace(server))
		if addr, err := netip.ParseAddr(host); err == nil {
			s.trusted = append(s.trusted, addr.Unmap())
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			continue // its NOTIFYs are refused until the next connection
		}
		for _, a := range addrs {
			s.trusted = append(s.trusted, a.Unmap())
		}
	}
}
