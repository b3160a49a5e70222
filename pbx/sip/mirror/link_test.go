package mirror

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
)

// station is a running link and a switch that mirrors to it.
type station struct {
	t      *testing.T
	link   *Link
	events chan pbx.Event
	conn   net.Conn
	key    string
}

func start(t *testing.T, cfg pbx.LinkConfig) *station {
	t.Helper()
	cfg.Name, cfg.Listen = "mirror", freePort(t, cfg.Transport)
	if cfg.Sources == nil {
		cfg.Sources = []string{"127.0.0.0/8"}
	}
	link, err := New(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, link: link, events: make(chan pbx.Event, 256)}
	link.Watch([]pbx.DeviceID{"103", "104"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- link.Run(ctx, s.events) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run does not end")
		}
	})
	for range 2 {
		if e := s.next(); e.Kind != pbx.EventSnapshot || len(e.Connections) != 0 {
			t.Fatalf("first event is %+v, want an empty Snapshot", e)
		}
	}
	network := cfg.Transport
	if network == "" {
		network = "udp"
	}
	if s.conn, err = net.Dial(network, cfg.Listen); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close() })
	return s
}

func freePort(t *testing.T, transport string) string {
	t.Helper()
	if transport == "tcp" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

func (s *station) next() pbx.Event {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(5 * time.Second):
		s.t.Fatalf("no event; status %+v", s.link.Status())
		return pbx.Event{}
	}
}

// mirror sends one SIP message as the switch would.
func (s *station) mirror(sip string) {
	s.t.Helper()
	p := hep.Packet{Protocol: hep.ProtocolSIP, Payload: []byte(sip), Key: []byte(s.key)}
	data, err := p.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.raw(data)
}

func (s *station) raw(data []byte) {
	s.t.Helper()
	if _, err := s.conn.Write(data); err != nil {
		s.t.Fatal(err)
	}
}

// counted waits until n packets have been counted.
func (s *station) counted(n uint64) pbx.Status {
	s.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		st := s.link.Status()
		if st.Messages >= n {
			return st
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d packets counted, want %d", st.Messages, n)
		}
		time.Sleep(time.Millisecond) // polls a counter that nobody signals
	}
}

func drops(st pbx.Status) map[string]uint64 {
	out := map[string]uint64{}
	for _, d := range st.Drops {
		out[d.Reason] = d.Count
	}
	return out
}

// Addresses of the scripted switch, a telephone and a trunk.
const (
	switchHost = "192.0.2.10:5060"
	phone103   = "192.0.2.103:5060"
	phone104   = "192.0.2.104:5060"
	trunkHost  = "198.51.100.1:5060"
)

// request writes a SIP request; more are further header fields.
func request(method, user, receiver, sender, callID, branch, from, to string, more ...string) string {
	return fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		method, user, receiver, sender, branch, from, to, callID, method, join(more))
}

func response(status, sender, callID, branch, from, to string, more ...string) string {
	return fmt.Sprintf("SIP/2.0 %s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n", status, sender, branch, from, to, callID, join(more))
}

func join(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return strings.Join(fields, "\r\n") + "\r\n"
}

const (
	maria  = `"Maria Beispiel" <sip:+493023125006@192.0.2.10>;tag=m`
	to103  = `<sip:103@192.0.2.103>`
	tag103 = `<sip:103@192.0.2.103>;tag=103`
)

// TestLinkRings: from the socket to the event, over UDP and TCP, with a key.
func TestLinkRings(t *testing.T) {
	for _, transport := range []string{"", "tcp"} {
		s := start(t, pbx.LinkConfig{Transport: transport, Server: "192.0.2.10", Password: "open sesame"})
		s.key = "open sesame"
		s.mirror(request("INVITE", "103", phone103, switchHost, "c1", "1", maria, to103))
		s.mirror(response("180 Ringing", switchHost, "c1", "1", maria, tag103))
		e := s.next()
		if e.Kind != pbx.EventDelivered || e.Calling.Number != "+493023125006" || e.Link != "mirror" || e.Connection.Device != "103" {
			t.Errorf("event %+v", e)
		}
		st := s.counted(2)
		if st.State != pbx.LinkConnected || st.Messages != 2 || st.Effective != 1 || drops(st)["nothing new"] != 1 {
			t.Errorf("status %+v", st)
		}
	}
}

// TestDropsAreCounted: each packet that makes no event is counted under one
// reason, and none of them ends anything.
func TestDropsAreCounted(t *testing.T) {
	s := start(t, pbx.LinkConfig{Server: "192.0.2.10", Password: "key"})
	s.key = "other"
	s.mirror(request("INVITE", "103", phone103, switchHost, "c1", "1", maria, to103))
	s.key = "key"
	s.raw([]byte("no HEP at all, but long enough"))
	s.raw(append([]byte{1, 16, 2, 17}, make([]byte, 30)...))
	s.mirror("OPTIONS sip:103@192.0.2.10 SIP/2.0\r\n\r\n")
	s.mirror("SUBSCRIBE sip:192.0.2.10 SIP/2.0\r\n\r\n")
	s.mirror("INVITE sip:103@192.0.2.10 SIP/2.0\r\nnonsense\r\n\r\n")
	s.mirror(request("BYE", "103", phone103, switchHost, "nobody", "9", maria, tag103))
	s.mirror(request("INVITE", "777", phone103, switchHost, "c7", "7", maria, "<sip:777@192.0.2.103>"))
	p := hep.Packet{Protocol: hep.ProtocolRTCPJSON, Payload: []byte("{}"), Key: []byte("key")}
	data, _ := p.Append(nil)
	s.raw(data)
	st := s.counted(9)
	want := map[string]uint64{
		"wrong key": 1, "malformed": 2, "HEP version 1 or 2": 1, "not about calls": 2,
		"about an unknown call": 1, "nobody watches these parties": 1, "not SIP": 1,
	}
	got := drops(st)
	sum := st.Effective
	for reason, n := range got {
		if sum += n; want[reason] != n {
			t.Errorf("%d packets dropped as %q, want %d", n, reason, want[reason])
		}
	}
	if sum != st.Messages || len(got) != len(want) {
		t.Errorf("%d messages, %d accounted for: %v", st.Messages, sum, got)
	}
	s.mirror(request("INVITE", "103", phone103, switchHost, "c1", "1", maria, to103))
	s.mirror(response("180 Ringing", switchHost, "c1", "1", maria, tag103))
	if e := s.next(); e.Kind != pbx.EventDelivered {
		t.Errorf("after all that: %+v", e)
	}
}

// TestSourceNotAllowed: nothing is taken from elsewhere, and after a minute
// Status says from whom it comes.
func TestSourceNotAllowed(t *testing.T) {
	for _, transport := range []string{"", "tcp"} {
		s := start(t, pbx.LinkConfig{Sources: []string{"192.0.2.10"}, Transport: transport})
		if transport == "" {
			s.mirror(request("INVITE", "103", phone103, switchHost, "c1", "1", maria, to103))
		}
		if st := s.counted(1); drops(st)["from an address that is not allowed"] != 1 || st.Effective != 0 {
			t.Errorf("%q: %+v", transport, st)
		}
	}
}

// TestNothingLeftInBuffer: a packet is wiped as soon as it was followed.
func TestNothingLeftInBuffer(t *testing.T) {
	link, err := New(pbx.LinkConfig{Name: "m", Listen: "127.0.0.1:0", Sources: []string{"192.0.2.10"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	link.Watch([]pbx.DeviceID{"103"})
	p := hep.Packet{Protocol: hep.ProtocolSIP, Payload: []byte(request("INVITE", "103", phone103, switchHost, "c1", "1", maria, to103))}
	data, _ := p.Append(nil)
	link.packet(t.Context(), make(chan pbx.Event, 8), new(workspace), link.sources[0].Addr(), data)
	if !bytes.Equal(data, make([]byte, len(data))) {
		t.Error("the buffer still holds the packet")
	}
}

func TestSilenceIsAWarning(t *testing.T) {
	for _, tt := range []struct {
		profile string
		refused *refusal
		want    string
	}{
		{"asterisk", nil, "hep.conf"},
		{"freeswitch", nil, "capture-server"},
		{"kamailio", nil, "siptrace"},
		{"", nil, "FreeSWITCH"},
		{"", &refusal{why: dropSource}, "sources"},
		{"", &refusal{why: dropKey}, "capture_password"},
		{"", &refusal{why: dropVersion}, "hep_version 3"},
		{"", &refusal{why: dropMalformed, err: hep.ErrNotHEP}, "hep.conf"},
	} {
		synctest.Test(t, func(t *testing.T) {
			link, err := New(pbx.LinkConfig{Name: "m", Listen: "192.0.2.1:9060", Sources: []string{"192.0.2.10"}, Profile: tt.profile}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			link.setState(pbx.LinkConnected, "", "")
			time.Sleep(2 * time.Minute)
			if st := link.Status(); st.State != pbx.LinkConnected {
				t.Errorf("nobody is watched, and yet: %+v", st)
			}
			link.Watch([]pbx.DeviceID{"103"})
			time.Sleep(59 * time.Second)
			if st := link.Status(); st.State != pbx.LinkConnected || st.Active != 1 {
				t.Errorf("after 59 s: %+v", st)
			}
			time.Sleep(time.Second)
			link.refused.Store(tt.refused)
			st := link.Status()
			if st.State != pbx.LinkDegraded || st.Problem == "" || !strings.Contains(st.Cure, tt.want) {
				t.Errorf("after a minute: %v, %q, cure %q, want %q in it", st.State, st.Problem, st.Cure, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for want, cfg := range map[string]pbx.LinkConfig{
		"listen":    {Sources: []string{"192.0.2.1"}},
		"sources":   {Listen: "127.0.0.1:9060"},
		"transport": {Listen: "127.0.0.1:9060", Sources: []string{"192.0.2.1"}, Transport: "tls"},
		"prefix":    {Listen: "127.0.0.1:9060", Sources: []string{"pbx"}},
	} {
		if _, err := New(cfg, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error about %s", cfg, err, want)
		}
	}
}
