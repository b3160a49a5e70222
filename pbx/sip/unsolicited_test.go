package sip

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// TestUnsolicited: reports that nobody asked for are taken from the switch's
// address, for watched extensions; nothing is subscribed to.
func TestUnsolicited(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{Unsolicited: true}, Options{}, "103", "104")
	hello := <-n.got // the link sees that the switch is there
	if hello.Method != gosip.OPTIONS {
		t.Fatalf("the link sent %s", hello.StartLine())
	}
	n.answer(hello, 200, "OK")
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Watched == 2 && s.Active == 0 })
	told := func(call string, cseq int, to, document string) string {
		return fmt.Sprintf("NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK%s%d\r\nFrom: <sip:pbx@example.com>;tag=p\r\n"+
			"To: <sip:%s@example.com>\r\nCall-ID: %s\r\nCSeq: %d NOTIFY\r\nEvent: dialog\r\nSubscription-State: active\r\n"+
			"Content-Type: application/dialog-info+xml\r\nContent-Length: %d\r\n\r\n%s",
			hello.Contact().Address.String(), call, cseq, to, call, cseq, len(document), document)
	}
	status := func(text string, want int) {
		t.Helper()
		n.write(text)
		if got := (<-n.resp).StatusCode; got != want {
			t.Errorf("answered %d, want %d", got, want)
		}
	}
	status(told("one", 1, "cti", info(7, ringing("a", berta))), 200) // by the entity, 103
	r.next("103 Snapshot [a 2 in " + berta + "]")
	r.next("103 Delivered a in " + berta)
	status(told("one", 1, "cti", info(7, ringing("a", berta))), 200) // repeated
	status(told("two", 1, "cti", info(3, strings.Replace(ringing("a", berta), "early", "confirmed", 1))), 200)
	r.next("103 Established a in " + berta)
	nobody := strings.Replace(info(1, ringing("b", hans)), "sip:103@", "sip:777@", 1)
	status(told("three", 1, "104", nobody), 200) // by the address
	r.next("104 Snapshot [b 2 in " + hans + "]")
	r.next("104 Delivered b in " + hans)
	status(told("four", 1, "778", nobody), 481)
	r.status("both active", func(s pbx.Status) bool { return s.Active == 2 && s.State == pbx.LinkConnected })
	status(told("five", 1, "cti", info(8, "")), 200)
	r.next("103 Cleared a in " + berta)

	r.link.Watch([]pbx.DeviceID{"104"})
	status(told("six", 1, "cti", info(9, ringing("z", berta))), 481)
	n.silent("nothing is subscribed to")
}

// TestUnsolicitedFromElsewhere: nobody but the switch rings our agents.
func TestUnsolicitedFromElsewhere(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	l := newLink(t, pbx.LinkConfig{Server: n.addr(), Unsolicited: true})
	l.Watch([]pbx.DeviceID{"103"})
	target := targetOf(t, l)
	l.found([]transport.Target{target}, nil)
	events := make(chan pbx.Event, 8)
	s, err := l.open(t.Context(), events, target)
	if err != nil {
		t.Fatal(err)
	}
	s.wire.Serve()
	defer s.wire.Close()
	s.begin()
	to, err := net.ResolveUDPAddr("udp", s.wire.Local())
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"127.0.0.9": "SIP/2.0 403", "127.0.0.1": "SIP/2.0 200"} {
		sender, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)})
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close()
		body := info(1, ringing("a", berta))
		text := fmt.Sprintf("NOTIFY sip:cti@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK1\r\nFrom: <sip:x@example.com>;tag=p\r\n"+
			"To: <sip:103@example.com>\r\nCall-ID: x\r\nCSeq: 1 NOTIFY\r\nEvent: dialog\r\nSubscription-State: active\r\nContent-Length: %d\r\n\r\n%s", to, from, len(body), body)
		if _, err := sender.WriteToUDP([]byte(text), to); err != nil {
			t.Fatal(err)
		}
		_ = sender.SetReadDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 4096)
		size, err := sender.Read(buf)
		if err != nil || !strings.HasPrefix(string(buf[:size]), want) {
			t.Errorf("from %s: answered %q, %v; want %s", from, buf[:size], err, want)
		}
	}
	if len(events) != 2 { // the Snapshot and Delivered of the one that was taken
		t.Errorf("%d events, want 2", len(events))
	}
}
