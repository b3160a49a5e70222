package beside_test

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/pbx/sip"
	"github.com/ctibridge/ctibridge/pbx/sip/beside"
	"github.com/ctibridge/ctibridge/pbx/sip/mirror"
)

func newBoth(t *testing.T) func(c, m pbx.LinkConfig) pbx.Link {
	return func(c, m pbx.LinkConfig) pbx.Link {
		dialogs, err := sip.New(c, sip.Options{Retry: 20 * time.Millisecond, GapTime: 200 * time.Millisecond, Farewell: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		ear, err := mirror.New(m, mirror.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return beside.New(dialogs, ear)
	}
}

// TestConformance runs the suites of all links against a toy switch that sends
// dialog events and mirrors its calls as well.
func TestConformance(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		newPeer := func(t *testing.T) pbxtest.Peer { return pbxtest.BesidePeer(t, transport, newBoth(t)) }
		t.Run(transport, func(t *testing.T) { pbxtest.RunLinkTests(t, newPeer) })
		t.Run(transport+" with losses", func(t *testing.T) { pbxtest.RunLossTests(t, newPeer) })
	}
}

// TestDialConformance places calls in each way that can be configured.
func TestDialConformance(t *testing.T) {
	for _, dialBy := range []string{"refer", "outOfDialogRefer", "3pcc"} {
		t.Run(dialBy, func(t *testing.T) {
			pbxtest.RunDialTests(t, func(t *testing.T) pbxtest.Peer {
				return pbxtest.BesideDialPeer(t, "udp", dialBy, newBoth(t))
			})
		})
	}
}
