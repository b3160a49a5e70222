package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// benchSession is a session with so many subscribed devices, from 1001 on, and a
// UDP socket that swallows the answers.
func benchSession(b *testing.B, p profile, devices int) (*session, transport.Source) {
	b.Helper()
	sink, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	addr := netip.MustParseAddrPort(sink.LocalAddr().String())
	wire, err := transport.Open(b.Context(), transport.Config{Network: "udp", Target: transport.Target{Addr: addr}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sink.Close(); wire.Close() })
	l, err := New(pbx.LinkConfig{Name: "pbx", Server: "127.0.0.1"}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	l.profile = p
	ids := make([]pbx.DeviceID, devices)
	for i := range ids {
		ids[i] = pbx.DeviceID(strconv.Itoa(1001 + i))
	}
	l.Watch(ids)
	events := make(chan pbx.Event, 1024)
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	s := &session{
		link: l, events: events, ctx: ctx, first: make(chan struct{}), tx: transport.NewTransactions(wire), wire: wire, tag: "t",
	}
	s.carrier = uacsta.NewCarrier(wire, s.tx)
	l.session = s
	for id, d := range l.devices {
		d.dialog = newDialog(l.uri(string(id)))
		d.dialog.callID, d.dialog.localTag = "bench-"+string(id), "own"
		d.tracker.fresh = false
		l.byCall[d.dialog.callID] = &d.subscription
		l.transfers.Pass([]pbx.Event{{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: id}}})
	}
	go func() {
		for {
			select {
			case <-events:
			case <-ctx.Done():
				return
			}
		}
	}()
	return s, transport.Source{Addr: addr}
}

// benchNotify is a NOTIFY as FreeSWITCH writes it, 1.35 kB.
func benchNotify(device, cseq int, id, state string) []byte {
	body := fmt.Sprintf(`<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%[2]d" state="full" entity="sip:%[1]d@192.0.2.1">
<dialog id="%[3]s" direction="recipient">
<state>%[4]s</state>
<local>
<identity display="%[1]d">sip:%[1]d@192.0.2.1</identity>
<target uri="sip:%[1]d@192.0.2.1">
<param pname="+sip.rendering" pvalue="yes"/>
</target>
</local>
<remote>
<identity display="Maria Beispiel">sip:+493023125006@192.0.2.1</identity>
<target uri="sip:**%[1]d@192.0.2.1"/>
</remote>
</dialog>
</dialog-info>
`, device, cseq, id, state)
	return []byte(fmt.Sprintf("NOTIFY sip:cti@192.0.2.2:5075 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKye9ySXXgNFBp\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%[1]d@192.0.2.1>;tag=GP7OQ7tMMQth\r\nTo: <sip:cti@192.0.2.1>;tag=own\r\nCall-ID: bench-%[1]d\r\nCSeq: %[2]d NOTIFY\r\n"+
		"Contact: <sip:%[1]d@192.0.2.1:5060>\r\nUser-Agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit\r\n"+
		"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY, PUBLISH, SUBSCRIBE\r\nSupported: timer, path, replaces\r\n"+
		"Event: dialog\r\nAllow-Events: talk, hold, conference, presence, as-feature-event, dialog, line-seize, call-info, sla, include-session-description, presence.winfo, message-summary, refer\r\n"+
		"Subscription-State: active;expires=119\r\nContent-Type: application/dialog-info+xml\r\nContent-Length: %[3]d\r\n\r\n%[4]s", device, cseq, len(body), body))
}

// BenchmarkNotify is the whole way of a NOTIFY from its bytes to the Event in
// the channel, with the answer written to a UDP socket: of one device, all of
// which is in the processor's cache, and of 2,000 in turn.
func BenchmarkNotify(b *testing.B) {
	for _, devices := range []int{1, 2000} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) { benchmarkNotify(b, devices) })
	}
}

func benchmarkNotify(b *testing.B, devices int) {
	s, from := benchSession(b, profileFreeSWITCH, devices)
	var wire [][]byte
	for i := range max(1024, 2*devices) { // calls
		device, call := 1001+i%devices, i/devices
		id := fmt.Sprintf("7a2b7361-a50c-4af3-b136-ec738f1%05d", i)
		for step, state := range []string{"early", "confirmed", "terminated"} {
			wire = append(wire, benchNotify(device, 1+3*call+step, id, state))
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i > 0 && i%len(wire) == 0 {
			for _, d := range s.link.devices {
				d.tracker.renew()
				d.tracker.fresh = false
				d.seen = [16]uint32{}
			}
		}
		s.receive(wire[i%len(wire)], from)
	}
	if got := s.link.events.Load(); got < uint64(b.N) {
		b.Fatalf("%d events of %d NOTIFYs", got, b.N)
	}
}

// BenchmarkScan is the reading of the SIP message alone.
func BenchmarkScan(b *testing.B) {
	data := benchNotify(1001, 1, "a", "early")
	var m message.Message
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBurst: 5,000 NOTIFYs as fast as the socket takes them, none lost over
// TCP.
func TestBurst(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{Profile: "freeswitch"}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	const count = 5000
	go func() {
		for i := range count {
			n.notify(sub, 2+i, "active", info(1+i, ringing(fmt.Sprint("c", i/2), berta)))
		}
	}()
	deadline := time.After(20 * time.Second)
	for i := range maxCalls { // a device holds no more calls than that
		select {
		case e := <-r.events:
			if want := fmt.Sprintf("103 Delivered c%d in %s", i, berta); eventText(&e) != want {
				t.Fatalf("got %s, want %s", eventText(&e), want)
			}
		case <-deadline:
			t.Fatalf("only %d events", i)
		}
	}
	for range count {
		select {
		case res := <-n.resp:
			if !res.IsSuccess() {
				t.Fatalf("a NOTIFY got %d", res.StatusCode)
			}
		case <-deadline:
			t.Fatal("NOTIFYs unanswered")
		}
	}
}
