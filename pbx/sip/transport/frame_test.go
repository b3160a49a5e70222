package transport

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// frames feeds a stream in pieces of a size, and returns what comes out.
func frames(in string, size int) (out []string, f *framer) {
	f = &framer{}
	for len(in) > 0 {
		n := copy(f.space(), in[:min(size, len(in))])
		f.add(n)
		in = in[n:]
		for data := f.next(); data != nil; data = f.next() {
			out = append(out, string(data))
		}
	}
	return out, f
}

func TestFrame(t *testing.T) {
	const (
		ok     = "SIP/2.0 200 OK\r\nl: 3\r\n\r\nabc"
		notify = "NOTIFY sip:cti@192.0.2.2;transport=tcp SIP/2.0\r\nContent-Length : 5\r\n\r\n<x/>\n"
		none   = "OPTIONS sip:a SIP/2.0\r\nFrom: x\r\n\r\n"
		number = "SIP/2.0 200 OK\r\nContent-Length: 1e3\r\n\r\n"
		huge   = "SIP/2.0 200 OK\r\nContent-Length: 200000\r\n\r\n"
	)
	body := strings.Repeat("SIP/2.0 200 OK\r\n", 12500)
	for _, tt := range []struct {
		name, in string
		out      []string
	}{
		{"nothing", "", nil},
		{"half a head", "SIP/2.0 200 OK\r\nl: 3\r\n", nil},
		{"half a body", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nab", nil},
		{"one and a half", ok + "SIP", []string{ok}},
		{"line ends between", "\r\n\r\n" + ok + "\r\n" + notify + "\r\n\r\n\r\n" + ok, []string{ok, notify, ok}},
		{"no length", none + ok, []string{none, ok}},
		{"no length but a body", none + "<x>SIP/2.0\r\n SIP/2.0/TCP</x>" + notify + ok, []string{none, notify, ok}},
		{"no number", number + "<x/>\n" + ok, []string{number, ok}},
		{"too large", huge + body[:200000] + notify, []string{huge, notify}},
		{"larger than a number", "SIP/2.0 200 OK\r\nl: 99999999\r\n\r\n" + ok, []string{"SIP/2.0 200 OK\r\nl: 99999999\r\n\r\n", ok}},
		{"endless head", strings.Repeat("x", 3*message.MaxSize) + "\r\n" + notify + ok, []string{strings.Repeat("x", message.MaxSize+1), notify, ok}},
		{"no SIP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n" + ok, []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ok}},
	} {
		for _, size := range []int{1, 7, 1000, 1 << 20} {
			if size == 1 && len(tt.in) > 100_000 {
				continue
			}
			out, f := frames(tt.in, size)
			if !slices.Equal(out, tt.out) {
				t.Errorf("%s, in pieces of %d: %d messages: %.300q", tt.name, size, len(out), out)
			}
			if len(f.buf) > 4*message.MaxSize {
				t.Errorf("%s: a buffer of %d bytes", tt.name, len(f.buf))
			}
		}
	}
}

// TestPings: a double line end is a ping however it is cut; a single one that
// stands alone is a pong.
func TestPings(t *testing.T) {
	for in, pinged := range map[string]bool{"\r\n\r\n": true, "\r\n": false, "\r\nSIP": false} {
		for _, size := range []int{1, 2, 3, 100} {
			if _, f := frames(in, size); f.pinged != pinged {
				t.Errorf("%q in pieces of %d: pinged %t", in, size, f.pinged)
			}
		}
	}
	var f framer
	f.add(copy(f.space(), "\r\n"))
	if !f.takePong(2) || f.next() != nil || f.begin != f.end {
		t.Error("no pong")
	}
	f.add(copy(f.space(), "SI"))
	if f.takePong(2) {
		t.Error("half a message was taken for a pong")
	}
}

// FuzzFrame: whatever comes in, a message never ends behind what was read, memory
// is bounded, and a whole message after garbage that ends is found.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nl: 3\r\n\r\nabcSIP"), 3)
	f.Add([]byte("\r\n\r\nNOTIFY sip:a SIP/2.0\r\nContent-Length : 0\r\n\r\n"), 100)
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\n\r\nSIP/2.0 200 O"), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if size < 1 || len(data)/size > 10_000 {
			return
		}
		whole, _ := frames(string(data), len(data)+1)
		pieces, fr := frames(string(data), size)
		total := 0
		for _, m := range pieces {
			total += len(m)
		}
		if total > len(data)+len(data)/message.MaxSize*tailSize || fr.begin > fr.end || fr.end > len(fr.buf) || len(fr.buf) > 4*message.MaxSize {
			t.Fatalf("%d bytes came out of %d; %d to %d of %d", total, len(data), fr.begin, fr.end, len(fr.buf))
		}
		if len(data) < tailSize && !slices.Equal(whole, pieces) {
			t.Fatalf("in pieces of %d it is %q, else %q", size, pieces, whole)
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
	data := bytes.Repeat([]byte(one), 40)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	var f framer
	for b.Loop() {
		n := copy(f.space(), data)
		f.add(n)
		for range 40 {
			if f.next() == nil {
				b.Fatal("a message is missing")
			}
		}
	}
}
