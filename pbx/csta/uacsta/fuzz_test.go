package uacsta

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// FuzzInfo: whatever an INFO holds, it is answered with one of the codes that
// are meant, the answer can be read, and no more calls are kept than allowed.
func FuzzInfo(f *testing.F) {
	f.Add(contentType, ecma323.AppendMessage(nil, delivered("8", "201"), ecma323.Edition3))
	f.Add("", []byte("<RequestSystemStatus/>"))
	f.Add(contentType, []byte("<SystemStatus><systemStatus>disabled</systemStatus></SystemStatus>"))
	f.Add(contentType, []byte("<MonitorStop/>"))
	f.Add("text/plain", []byte("<a><b"))
	p, err := New(Config{Phone: "201@192.0.2.1"})
	if err != nil {
		f.Fatal(err)
	}
	s := newSession(p, nil)
	f.Fuzz(func(t *testing.T, kind string, text []byte) {
		var m message.Message
		head := "INFO sip:a@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:201@192.0.2.1>;tag=desk\r\nTo: <sip:a@192.0.2.2>;tag=x\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n"
		data := fmt.Appendf([]byte(head), "Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", bytes.Map(func(r rune) rune {
			if r < ' ' {
				return -1
			}
			return r
		}, []byte(kind)), len(text), text)
		if m.Parse(data) != nil {
			return
		}
		r := s.info(&m)
		if r.code != 200 && r.code != 400 && r.code != 415 {
			t.Fatalf("answered %d", r.code)
		}
		if r.body != nil {
			if _, err := ecma323.Decode(ecma323.AppendMessage(nil, r.body, ecma323.Edition3)); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.calls) > maxCalls {
			t.Fatalf("%d calls", len(s.calls))
		}
		select {
		case <-s.lost:
		default:
		}
	})
}
