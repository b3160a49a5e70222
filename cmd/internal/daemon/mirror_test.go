package daemon_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
)

// ear is where the toy PBX's SIP is mirrored to.
type ear struct {
	t    *testing.T
	conn net.Conn
}

// listens adds a mirror beside the toy PBX's SIP link.
func (w *world) listens() *ear {
	w.t.Helper()
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	addr := free.LocalAddr().String()
	_ = free.Close()
	d := w.document()
	d.Links = append(d.Links, pbx.LinkConfig{
		Name: "ear", Type: "hep", Listen: addr, Server: "192.0.2.10", Sources: []string{"127.0.0.1"}, Password: "mirror", Beside: "toy",
	})
	w.load(d, false)
	await(w.t, "the mirror listens", func() bool {
		w.linkMu.Lock()
		defer w.linkMu.Unlock()
		return w.ear != nil && w.ear.Status().State == pbx.LinkConnected && w.ear.Status().Watched == 2
	})
	w.watching(2)
	conn, err := net.Dial("udp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return &ear{w.t, conn}
}

func (e *ear) hears(start, sender, callID, from, to, cseq string) {
	e.t.Helper()
	e.sends(fmt.Sprintf(
		"%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		start, sender, callID+cseq[:1], from, to, callID, cseq), "mirror")
}

// TestMirror: an outgoing call that only the mirror hears reaches the agent's
// tab, and one that both links hear is one call.
func TestMirror(t *testing.T) {
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	e := w.listens()
	const pbxHost, phone = "192.0.2.10:5060", "192.0.2.101:5060"
	self, dialled := "<sip:"+adaExt+"@192.0.2.10>;tag=a", "<sip:+493023125101@192.0.2.10>"

	e.hears("INVITE sip:+493023125101@192.0.2.10 SIP/2.0", phone, "out-1", self, dialled, "1 INVITE")
	e.hears("SIP/2.0 180 Ringing", phone, "out-1", self, dialled+";tag=b", "1 INVITE")
	c := ada.finds(bridge.Dialing)
	if c.Direction != bridge.Outbound || c.Party.Number != "+493023125101" || len(c.Matches) != 1 {
		t.Errorf("the outgoing call is %+v", c)
	}
	e.hears("SIP/2.0 200 OK", phone, "out-1", self, dialled+";tag=b", "1 INVITE")
	ada.becomes(c.ID, bridge.Connected)
	e.hears("BYE sip:x@192.0.2.10 SIP/2.0", phone, "out-1", self, dialled+";tag=b", "2 BYE")
	ada.ends(c.ID, bridge.EndHangup)

	ada.forget()
	caller, phoneSide := "<sip:+493023125101@192.0.2.10>;tag=m", "<sip:"+adaExt+"@192.0.2.101>"
	e.hears("INVITE sip:"+adaExt+"@192.0.2.101 SIP/2.0", pbxHost, "in-1", caller, phoneSide, "1 INVITE")
	h := w.pbx.Ring(adaExt, berta)
	e.hears("SIP/2.0 180 Ringing", pbxHost, "in-1", caller, phoneSide+";tag=p", "1 INVITE")
	c = ada.finds(bridge.Ringing)
	if c.Party.Number != "+493023125101" || c.Device != adaExt {
		t.Errorf("the incoming call is %+v", c)
	}
	if err := w.pbx.Answer(adaExt, h); err != nil {
		t.Fatal(err)
	}
	e.hears("SIP/2.0 200 OK", pbxHost, "in-1", caller, phoneSide+";tag=p", "1 INVITE")
	ada.becomes(c.ID, bridge.Connected)
	if err := w.pbx.CallerHangsUp(h); err != nil {
		t.Fatal(err)
	}
	if page := w.get("/metrics"); !strings.Contains(page, `link="ear"`) {
		t.Error("the metrics do not name the mirror")
	}
	ada.ends(c.ID, bridge.EndHangup) // the BYE was lost: the dialog events tell
	if ids := ada.ids(); len(ids) != 1 {
		t.Errorf("one call was shown as %d", len(ids))
	}
}
