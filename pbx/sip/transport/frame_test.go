package transport

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

func TestFrame(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		n        int
		fails    bool
	}{
		{"nothing yet", "", 0, false},
		{"half a head", "SIP/2.0 200 OK\r\nl: 3\r\n", 0, false},
		{"half a body", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nab", 0, false},
		{"one and a half", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nabcSIP", 27, false},
		{"no length", "SIP/2.0 200 OK\r\n\r\n", 0, true},
		{"no number", "SIP/2.0 200 OK\r\nContent-Length: 1e3\r\n\r\n", 0, true},
		{"huge", "SIP/2.0 200 OK\r\nContent-Length: 999999\r\n\r\n", 0, true},
		{"endless head", strings.Repeat("x", message.MaxSize+1), 0, true},
	} {
		n, err := frame([]byte(tt.in))
		if n != tt.n || (err != nil) != tt.fails {
			t.Errorf("%s: %d, %v", tt.name, n, err)
		}
	}
}

// FuzzFrame: a message never ends behind what was read.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nl: 3\r\n\r\nabcSIP"))
	f.Add([]byte("\r\n\r\nNOTIFY sip:a SIP/2.0\r\nContent-Length : 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := frame(data); err == nil && n > len(data) {
			t.Fatal("a message longer than what was read")
		}
	})
}

// BenchmarkFrame cuts messages out of a stream.
func BenchmarkFrame(b *testing.B) {
	one := "NOTIFY sip:cti@192.0.2.2:5075 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;rport;branch=z9hG4bKye9ySXXgNFBp\r\nMax-Forwards: 70\r\n" +
		"From: <sip:1001@192.0.2.1>;tag=GP7OQ7tMMQth\r\nTo: <sip:cti@192.0.2.1>;tag=own\r\nCall-ID: bench\r\nCSeq: 1 NOTIFY\r\n" +
		"Contact: <sip:1001@192.0.2.1:5060>\r\nUser-Agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit\r\n" +
		"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY, PUBLISH, SUBSCRIBE\r\nSupported: timer, path, replaces\r\n" +
		"Event: dialog\r\nAllow-Events: talk, hold, conference, presence, as-feature-event, dialog, line-seize, call-info, sla, include-session-description, presence.winfo, message-summary, refer\r\n" +
		"Subscription-State: active;expires=119\r\nContent-Type: application/dialog-info+xml\r\nContent-Length: 600\r\n\r\n" + strings.Repeat("x", 600)
	data := bytes.Repeat([]byte(one), 2)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := frame(data); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}
