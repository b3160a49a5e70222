package mirror_test

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/pbx/sip/mirror"
)

// TestConformance runs the suites of all links against a toy switch that mirrors
// its calls.
func TestConformance(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		newPeer := func(t *testing.T) pbxtest.Peer {
			return pbxtest.MirrorPeer(t, transport, func(c pbx.LinkConfig) pbx.Link {
				l, err := mirror.New(c, mirror.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return l
			})
		}
		t.Run(transport, func(t *testing.T) { pbxtest.RunLinkTests(t, newPeer) })
		t.Run(transport+" with losses", func(t *testing.T) { pbxtest.RunLossTests(t, newPeer) })
	}
}
