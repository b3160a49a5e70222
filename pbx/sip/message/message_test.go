package message_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

func lines(lines ...string) string { return strings.Join(lines, "\r\n") }

const notifyText = "NOTIFY sip:cti@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bKa\r\nv: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKb\r\n" +
	"f: \"A;B\" <sip:1001@example.com;x=1>;tag=ft\r\nt: <sip:cti@example.com> ; tag = tt\r\ni: call@example.com\r\nCSeq: 7 NOTIFY\r\n" +
	"o: dialog;id=1\r\nSubscription-State: active\r\n ;expires=60\r\nc: application/dialog-info+xml\r\nl: 4\r\n\r\nbodyrest"

func TestRequest(t *testing.T) {
	var m message.Message
	if err := m.Parse([]byte(notifyText)); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"method": {string(m.Method), "NOTIFY"}, "call-id": {string(m.CallID), "call@example.com"},
		"event": {string(message.Token(m.Event)), "dialog"}, "to tag": {string(message.Param(m.To, "tag")), "tt"},
		"from tag": {string(message.Param(m.From, "tag")), "ft"}, "body": {string(m.Body), "body"},
		"state": {string(message.Token(m.SubscriptionState)), "active"}, "expires": {string(message.Param(m.SubscriptionState, "expires")), "60"},
		"type": {string(m.ContentType), "application/dialog-info+xml"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
	got := string(m.AppendResponse(nil, 200, "OK", netip.MustParseAddrPort("192.0.2.9:6000"), "own"))
	want := lines("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.2;rport=6000;received=192.0.2.9;branch=z9hG4bKa", "Via: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKb",
		`From: "A;B" <sip:1001@example.com;x=1>;tag=ft`, "To: <sip:cti@example.com> ; tag = tt", "Call-ID: call@example.com", "CSeq: 7 NOTIFY", "Content-Length: 0", "", "")
	if got != want {
		t.Errorf("answer:\n%s\nwant:\n%s", got, want)
	}
}

const responseText = "SIP/2.0 202 Accepted\r\nVIA: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKc, SIP/2.0/UDP 192.0.2.5;branch=z9hG4bKd\r\nFrom: <sip:cti@example.com>;tag=tt\r\nTo: sip:1001@example.com;tag=ft\r\n" +
	"Call-ID: call@example.com\r\nCSeq:\t8  SUBSCRIBE\r\nm: <sip:a,b@192.0.2.2;transport=tcp>;q=1, \"x, y\" <sip:c@192.0.2.3>\r\nMin-Expires: 60\r\nExpires: 3600;x=y\r\n" +
	"Retry-After: 120 (in a meeting)\r\nk: replaces, 100rel;x\r\nSupported: eventlist\r\nRecord-Route: <sip:192.0.2.7;lr>\r\nServer: Example PBX 1\r\nContent-Length: 0\r\n\r\n"

func TestResponse(t *testing.T) {
	var m message.Message
	if err := m.Parse([]byte(responseText)); err != nil {
		t.Fatal(err)
	}
	if m.IsRequest() || m.Status != 202 || string(m.Phrase) != "Accepted" || m.CSeq != 8 || string(m.CSeqMethod) != "SUBSCRIBE" || m.ContentLength != 0 {
		t.Errorf("got %d %q, CSeq %d %q, length %d", m.Status, m.Phrase, m.CSeq, m.CSeqMethod, m.ContentLength)
	}
	var contacts []string
	for c := range m.Values(message.Contact) {
		contacts = append(contacts, string(c))
	}
	if got, want := strings.Join(contacts, "|"), `<sip:a,b@192.0.2.2;transport=tcp>;q=1|"x, y" <sip:c@192.0.2.3>`; got != want {
		t.Errorf("contacts %s, want %s", got, want)
	}
	for h, want := range map[message.Header]uint32{message.MinExpires: 60, message.Expires: 3600, message.RetryAfter: 120} {
		if n, ok := m.Number(h); !ok || n != want {
			t.Errorf("field %d is %d (%t), want %d", h, n, ok, want)
		}
	}
	if _, ok := m.Number(message.RSeq); ok {
		t.Error("a field that is not there has a number")
	}
	for token, want := range map[string]bool{"replaces": true, "100rel": true, "eventlist": true, "timer": false} {
		if m.Has(message.Supported, token) != want {
			t.Errorf("supported %s: %t", token, !want)
		}
	}
	if string(m.Agent()) != "Example PBX 1" || string(m.Get(message.RecordRoute)) != "<sip:192.0.2.7;lr>" {
		t.Errorf("server %q, route %q", m.Agent(), m.Get(message.RecordRoute))
	}
}

// TestFoldedWithoutEnd: unfolding takes time in proportion to the message.
func TestFoldedWithoutEnd(t *testing.T) {
	folded := strings.Replace(notifyText, ";id=1", ";id=1"+strings.Repeat("\r\n x", message.MaxSize/5), 1)
	var m message.Message
	if err := m.Parse([]byte(folded)); err != nil {
		t.Fatal(err)
	}
	if len(m.Event) < 2*message.MaxSize/5 || string(m.Body) != "body" {
		t.Errorf("event of %d bytes, body %q", len(m.Event), m.Body)
	}
}

func TestRefuses(t *testing.T) {
	many := strings.Repeat("X: y\r\n", message.MaxFields+1)
	for name, in := range map[string]string{
		"nothing": "", "no line": "NOTIFY", "not SIP": "GET / HTTP/1.1\r\n\r\n", "no headers": "NOTIFY sip:a SIP/2.0\r\n\r\n",
		"cut":         notifyText[:80],
		"short body":  strings.Replace(notifyText, "l: 4", "l: 400", 1),
		"bad length":  strings.Replace(notifyText, "l: 4", "l: -1", 1),
		"bad CSeq":    strings.Replace(notifyText, "CSeq: 7", "CSeq: x", 1),
		"no Call-ID":  strings.Replace(notifyText, "i: call", "X: call", 1),
		"many fields": strings.Replace(notifyText, "o: dialog", many+"o: dialog", 1),
		"too large":   notifyText + strings.Repeat("x", message.MaxSize),
		"two lengths": strings.Replace(notifyText, "l: 4", "l: 4\r\nContent-Length: 3", 1),
	} {
		var m message.Message
		if err := m.Parse([]byte(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(notifyText))
	f.Add([]byte(responseText))
	files, _ := filepath.Glob("../testdata/captures/*inbound/*.sip")
	torture, _ := filepath.Glob("testdata/torture/*.sip")
	files = append(files, torture...)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := message.BodyLength(data); err == nil && n < 0 {
			t.Fatal("a body of less than nothing")
		}
		var m message.Message
		if m.Parse(data) == nil && (len(m.Body) > len(data) || m.Via() == nil || m.CSeqMethod == nil) {
			t.Error("read beyond the message, or too little of it")
		}
		for h := range message.PCalledPartyID + 1 {
			for range m.Values(h) {
			}
			_, _ = m.Number(h)
		}
		if !m.Answerable() {
			return
		}
		out := m.AppendResponse(nil, 200, "OK", netip.MustParseAddrPort("192.0.2.1:5060"), "tag")
		if strings.Count(string(out), "\r\n\r\n") != 1 && !strings.Contains(string(data), "\r\r") {
			t.Errorf("the answer is not one message: %q", out)
		}
		_, _ = m.SentByPort(), m.Check()
	})
}
