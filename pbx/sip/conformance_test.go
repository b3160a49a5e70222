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
	return func(t *testing.T) pbxtest.Peer { return pbxtest.SIPPeer(t, transport, newLink(t)) }
}

func newLink(t *testing.T) func(pbx.LinkConfig) pbx.Link {
	return func(c pbx.LinkConfig) pbx.Link {
		l, err := sip.New(c, sip.Options{Retry: 20 * time.Millisecond, GapTime: 200 * time.Millisecond, Farewell: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

// TestConformance runs the suites of all links against the toy switch.
func TestConformance(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) { pbxtest.RunLinkTests(t, newPeer(transport)) })
		t.Run(transport+" with losses", func(t *testing.T) { pbxtest.RunLossTests(t, newPeer(transport)) })
	}
}

// TestDialConformance places calls in each way that can be configured.
func TestDialConformance(t *testing.T) {
	for _, dialBy := range []string{"refer", "outOfDialogRefer", "3pcc"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(dialBy+" "+transport, func(t *testing.T) {
				pbxtest.RunDialTests(t, func(t *testing.T) pbxtest.Peer {
					return pbxtest.SIPDialPeer(t, transport, dialBy, newLink(t))
				})
			})
		}
	}
}

// TestAnswerConformance answers by Event: talk.
func TestAnswerConformance(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			pbxtest.RunAnswerTests(t, func(t *testing.T) pbxtest.Peer { return pbxtest.SIPTalkPeer(t, transport, newLink(t)) })
		})
	}
}

// TestDeskConformance dials and answers by CSTA over SIP, over lossy networks
// too.
func TestDeskConformance(t *testing.T) {
	for _, tt := range []struct {
		transport string
		lossy     bool
	}{{"udp", false}, {"tcp", false}, {"udp", true}} {
		name := tt.transport
		if tt.lossy {
			name += " with losses"
		}
		t.Run(name, func(t *testing.T) {
			pbxtest.RunDeskTests(t, func(t *testing.T) pbxtest.Peer { return pbxtest.SIPDeskPeer(t, tt.transport, tt.lossy, newLink(t)) })
		})
	}
}
