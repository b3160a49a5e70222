package sip_test

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

// newPeer makes a link to a toy switch of its own.
func newPeer(transport string) func(t *testing.T) pbxtest.Peer {
	return func(t *testing.T) pbxtest.Peer {
		return pbxtest.SIPPeer(t, transport, func(c pbx.LinkConfig) pbx.Link {
			l, err := sip.New(c, sip.Options{Retry: 20 * time.Millisecond, GapTime: 200 * time.Millisecond, Farewell: 200 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return l
		})
	}
}

// TestConformance runs the suites of all links against the toy switch.
func TestConformance(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) { pbxtest.RunLinkTests(t, newPeer(transport)) })
		t.Run(transport+" with losses", func(t *testing.T) { pbxtest.RunLossTests(t, newPeer(transport)) })
	}
}
