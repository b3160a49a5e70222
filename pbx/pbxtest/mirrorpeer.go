package pbxtest

import (
	"net"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// mirrorPeer puts a mirror under the suite. It is what a mirror can do by its
// nature: it hears calls that begin while it listens, and their transfers. It
// subscribes to nothing, so no device is refused and no password is wrong; it
// has no connection that could break, and asks nobody who rings when it begins;
// hold is in bodies, which it does not read; and it places no calls.
type mirrorPeer struct {
	Peer
	GroupPeer
	TransferPeer
	DuplicatePeer
	many *sipPeer
}

// MirrorPeer starts a SIPSwitch that mirrors the SIP of its calls over transport
// (udp or tcp), and makes a link to it by newLink.
func MirrorPeer(t *testing.T, transport string, newLink func(pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	mirror := mirrorConfig(t, transport)
	p := newSIPPeer(t, "udp", SIPOptions{Mirror: mirror.Listen, MirrorTransport: transport},
		func(pbx.LinkConfig) pbx.Link { return newLink(mirror) }, nil)
	return &mirrorPeer{Peer: p, GroupPeer: p, TransferPeer: p, DuplicatePeer: p, many: p}
}

// Passive implements PassivePeer.
func (*mirrorPeer) Passive() {}

// Many implements ManyPeer.
func (p *mirrorPeer) Many(n int) (pbx.Link, Script, []pbx.DeviceID) { return p.many.Many(n) }

// BesidePeer is SIPPeer with a switch that mirrors its calls as well. newLink
// makes one link of both: it can do all that the SIP link can.
func BesidePeer(t *testing.T, transport string, newLink func(sip, mirror pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	return newBesidePeer(t, transport, SIPOptions{}, newLink, nil)
}

// BesideDialPeer is BesidePeer with a switch that can place calls as
// LinkConfig.DialBy says.
func BesideDialPeer(t *testing.T, transport, dialBy string, newLink func(sip, mirror pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	o := SIPOptions{ThirdParty: dialBy == "3pcc", PhonesRefer: dialBy == "outOfDialogRefer"}
	return newBesidePeer(t, transport, o, newLink, func(c *pbx.LinkConfig) { c.DialBy = dialBy })
}

func newBesidePeer(t *testing.T, transport string, o SIPOptions, newLink func(sip, mirror pbx.LinkConfig) pbx.Link, change func(*pbx.LinkConfig)) Peer {
	t.Helper()
	mirror := mirrorConfig(t, "udp")
	mirror.Beside = "sip"
	o.Mirror, o.MirrorTransport = mirror.Listen, mirror.Transport
	return newSIPPeer(t, transport, o, func(c pbx.LinkConfig) pbx.Link { return newLink(c, mirror) }, change)
}

// mirrorConfig is a mirror's configuration with a free port to listen on.
func mirrorConfig(t *testing.T, transport string) pbx.LinkConfig {
	t.Helper()
	var addr string
	if transport == "tcp" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		_ = l.Close()
	} else {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = c.LocalAddr().String()
		_ = c.Close()
	}
	return pbx.LinkConfig{
		Name: "mirror", Type: "hep", Listen: addr, Transport: transport, Domain: "pbx.example.com", Sources: []string{"127.0.0.1"},
	}
}
