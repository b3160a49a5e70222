package sip

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// TestIPv6: addresses stand in brackets wherever a port may follow (RFC 3261
// §19.1.1, §25.1), and a switch there is watched like any other.
func TestIPv6(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		sw := switchAt(t, pbxtest.SIPOptions{Addr: "[::1]:0"})
		r := runAt(t, pbx.LinkConfig{Transport: transport, Server: sw.Addr()}, Options{})
		r.kind(pbx.EventSnapshot)
		r.link.mu.Lock()
		s := r.link.session
		r.link.mu.Unlock()
		req := s.request(newDialog(r.link.uri("103")), "SUBSCRIBE").String()
		for _, part := range []string{"Via: SIP/2.0/" + strings.ToUpper(transport) + " [::1]:", "Contact: <sip:ctibridge@[::1]:"} {
			if !strings.Contains(req, part) {
				t.Errorf("no %q in\n%s", part, req)
			}
		}
		sw.Ring("103", pbxtest.Caller{Number: berta})
		r.kind(pbx.EventDelivered)
	}
}
