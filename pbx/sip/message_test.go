package sip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

func lines(lines ...string) string { return strings.Join(lines, "\r\n") }

const notifyText = "NOTIFY sip:cti@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bKa\r\nv: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKb\r\n" +
	"f: \"A;B\" <sip:1001@example.com;x=1>;tag=ft\r\nt: <sip:cti@example.com> ; tag = tt\r\ni: call@example.com\r\nCSeq: 7 NOTIFY\r\n" +
	"o: dialog;id=1\r\nSubscription-State: active\r\n ;expires=60\r\nc: application/dialog-info+xml\r\nl: 4\r\n\r\nbodyrest"

func TestInbound(t *testing.T) {
	var m inbound
	if err := m.parse([]byte(notifyText)); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"method": {string(m.method), "NOTIFY"}, "call-id": {string(m.callID), "call@example.com"},
		"event": {string(token(m.event)), "dialog"}, "to tag": {string(param(m.to, "tag")), "tt"},
		"from tag": {string(param(m.from, "tag")), "ft"}, "body": {string(m.body), "body"},
		"state": {string(token(m.subscription)), "active"}, "expires": {string(param(m.subscription, "expires")), "60"},
		"type": {string(m.contentType), "application/dialog-info+xml"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
	got := string(m.appendResponse(nil, 200, "OK", "192.0.2.9", 6000, "own"))
	want := lines("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.2;rport=6000;received=192.0.2.9;branch=z9hG4bKa", "Via: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKb",
		`From: "A;B" <sip:1001@example.com;x=1>;tag=ft`, "To: <sip:cti@example.com> ; tag = tt", "Call-ID: call@example.com", "CSeq: 7 NOTIFY", "Content-Length: 0", "", "")
	if got != want {
		t.Errorf("answer:\n%s\nwant:\n%s", got, want)
	}
}

func TestInboundRefuses(t *testing.T) {
	many := strings.Repeat("X: y\r\n", maxHeaders+1)
	for name, in := range map[string]string{
		"nothing": "", "no line": "NOTIFY", "not SIP": "GET / HTTP/1.1\r\n\r\n", "no headers": "NOTIFY sip:a SIP/2.0\r\n\r\n",
		"cut":         notifyText[:80],
		"short body":  strings.Replace(notifyText, "l: 4", "l: 400", 1),
		"bad length":  strings.Replace(notifyText, "l: 4", "l: -1", 1),
		"bad CSeq":    strings.Replace(notifyText, "CSeq: 7", "CSeq: x", 1),
		"no Call-ID":  strings.Replace(notifyText, "i: call", "X: call", 1),
		"many fields": strings.Replace(notifyText, "o: dialog", many+"o: dialog", 1),
		"many Vias":   strings.Replace(notifyText, "o: dialog", strings.Repeat("v: x\r\n", maxVias)+"o: dialog", 1),
	} {
		var m inbound
		if err := m.parse([]byte(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

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
		{"endless head", strings.Repeat("x", maxMessage+1), 0, true},
	} {
		n, err := frame([]byte(tt.in))
		if n != tt.n || (err != nil) != tt.fails {
			t.Errorf("%s: %d, %v", tt.name, n, err)
		}
	}
}

// TestOwnRequestsAreClean: what users and administrators type cannot add lines.
func TestOwnRequestsAreClean(t *testing.T) {
	for in, want := range map[string]string{
		"103": "103", "+4930": "+4930", "*8#": "*8%23", "a b": "a%20b", "x@y": "x%40y", "<>\"": "%3C%3E%22", "é": "%C3%A9", "1;a=b": "1;a=b",
	} {
		if got := escapeUser(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{"1\r\nX: y", "1\n", "\x00", "\x7f"} {
		if checkText(s) == nil {
			t.Errorf("%q was let through", s)
		}
	}
	uri := gosip.Uri{Scheme: "sip", User: escapeUser("0049 30"), Host: "example.com"}
	if uri.String() != "sip:0049%2030@example.com" {
		t.Errorf("got %s", uri.String())
	}
}

func FuzzInbound(f *testing.F) {
	f.Add([]byte(notifyText))
	files, _ := filepath.Glob("testdata/captures/*inbound/*.sip")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := frame(data)
		if err == nil && n > len(data) {
			t.Fatal("a message longer than what was read")
		}
		var m inbound
		if m.parse(data) != nil {
			return
		}
		if len(m.body) > len(data) || m.viaCount == 0 {
			t.Error("read beyond the message")
		}
		out := m.appendResponse(nil, 200, "OK", "192.0.2.1", 5060, "tag")
		if strings.Count(string(out), "\r\n\r\n") != 1 && !strings.Contains(string(data), "\r\r") {
			t.Errorf("the answer is not one message: %q", out)
		}
		_ = m.sentByPort()
	})
}
