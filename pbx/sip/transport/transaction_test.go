package transport

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// options is a request of ours.
func options() *gosip.Request {
	req := gosip.NewRequest("OPTIONS", gosip.Uri{Scheme: "sip", Host: "pbx.example.com"})
	via := &gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "TCP", Host: "192.0.2.2"}
	via.Params.Add("branch", "z9hG4bKown")
	req.AppendHeader(via)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: "OPTIONS"})
	callID := gosip.CallIDHeader("call")
	req.AppendHeader(&callID)
	req.SetBody(nil)
	return req
}

// answerTo is a plain answer to a request.
func answerTo(req []byte) []byte {
	var out strings.Builder
	out.WriteString("SIP/2.0 200 OK\r\n")
	for line := range bytes.Lines(req) {
		for _, name := range []string{"Via:", "CSeq:", "Call-ID:"} {
			if bytes.HasPrefix(line, []byte(name)) {
				out.Write(line)
			}
		}
	}
	out.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(out.String())
}

// TestOddResponses: what a switch writes into the fields of a response does not
// keep the response from whom it is for.
func TestOddResponses(t *testing.T) {
	const via = "SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKown;rport=5060;received=192.0.2.2"
	for _, tt := range []struct {
		name, fields string
		contact      string // host, where it can be read
		tag          string
	}{
		{"long names", "Via: " + via + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nContact: <sip:c@192.0.2.1>\r\nContent-Length: 0\r\n", "192.0.2.1", "2"},
		{"compact names", "v: " + via + "\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>;tag=2\r\ni: call\r\nCSeq: 1 OPTIONS\r\nm: <sip:c@192.0.2.1>\r\nl: 0\r\n", "192.0.2.1", "2"},
		{"tel users", "Via: " + via + "\r\nFrom: <tel:+493023125006>;tag=1\r\nTo: <tel:+493023125007;phone-context=example.com>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nContact: <tel:+493023125007>\r\nContent-Length: 0\r\n", "", "2"},
		{"no length", "Via: " + via + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\n", "", "2"},
		{"unquoted name", "Via: " + via + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: Meier; Co <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n", "", ""},
		{"broken Contact", "Via: " + via + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nContact: \"Maria <sip:c@192.0.2.1\r\nContent-Length: 0\r\n", "", ""},
		{"broken others", "Via: " + via + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nReferred-By:\r\nContent-Type:\r\nMax-Forwards: many\r\nAllow: ,,\r\nContent-Length: 0\r\n", "", "2"},
		{"Latin-1", "Via: " + via + "\r\nFrom: \"M\xfcller\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: call\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n", "", "2"},
	} {
		tx := NewTransactions(&Layer{})
		answers, end := tx.Begin(options())
		if _, err := tx.Deliver([]byte("SIP/2.0 200 OK\r\n" + tt.fields + "\r\n")); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		res := <-answers
		end()
		host := ""
		if c := res.Contact(); c != nil {
			host = c.Address.Host
		}
		tag := ""
		if to := res.To(); to != nil {
			tag, _ = to.Params.Get("tag")
		}
		if host != tt.contact || tt.tag != "" && tag != tt.tag {
			t.Errorf("%s: contact %q, tag %q", tt.name, host, tag)
		}
	}
}

// TestErrorsHoldNothing: what is wrong with a message is said without the message.
func TestErrorsHoldNothing(t *testing.T) {
	const secret = "03023125006"
	tx := NewTransactions(&Layer{})
	for _, m := range []string{
		"SIP/2.0 200 " + secret + "\r\n" + secret + "\r\n\r\n",
		"SIP/2.0 " + secret + " OK\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: " + secret + "\r\nCSeq: " + secret + "\r\n\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=" + secret + "\r\nFrom: \"" + secret + " <x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
	} {
		res, err := tx.Deliver([]byte(m))
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("%q: %v", m, err)
		}
		if !errors.Is(err, message.ErrNotSIP) && (res == nil || !errors.Is(err, ErrUnsolicited)) {
			t.Errorf("%q: %v with %v", m, err, res)
		}
	}
}

// FuzzDeliver: no response breaks the reader.
func FuzzDeliver(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nv: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKown\r\nf: <sip:a@b>;tag=1\r\nt: <tel:1>;tag=2\r\ni: call\r\nCSeq: 1 OPTIONS\r\nm: <sip:c@192.0.2.1>\r\nl: 0\r\n\r\n"))
	tx := NewTransactions(&Layer{})
	answers, end := tx.Begin(options())
	defer end()
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = tx.Deliver(data)
		select {
		case <-answers:
		default:
		}
	})
}
