package ecma323

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// FuzzDecode: nothing panics, and what was read and written once stays the same
// from then on.
func FuzzDecode(f *testing.F) {
	for _, text := range goldenMessages(f) {
		f.Add(text)
	}
	f.Add([]byte(umlaut))
	f.Add([]byte(`<a><a><![CDATA[x]]><b c="d'/></a`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Decode(text)
		if err != nil {
			return
		}
		if c, ok := m.(CallEvent); ok {
			id, device := c.Subject()
			id.PBX()
			device.Party()
			c.Data().CallingDevice.Party()
			if c.Data().Cause.PBX() > pbx.CauseUnreachable {
				t.Fatalf("cause %q", c.Data().Cause)
			}
		}
		if _, other := m.(*OtherMessage); other {
			return
		}
		if _, other := m.(*CSTAErrorCode); other {
			return
		}
		once := AppendMessage(nil, m, Edition6)
		again, err := Decode(once)
		if len(once) > MaxFrame {
			return
		}
		if err != nil || reflect.TypeOf(again) != reflect.TypeOf(m) {
			t.Fatalf("%s\ncame back as %T, %v", once, again, err)
		}
	})
}

// FuzzReader: however a stream is cut, no panic, no endless loop, no more bytes
// out than in, and the ids have four digits.
func FuzzReader(f *testing.F) {
	f.Add([]byte(raw("9999", held, 0) + raw("0001", umlaut, -2) + "junk" + raw("0002", selfDone, 30) + raw("0003", held, 0)))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		for _, in := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream))} {
			r := NewReader(in)
			total := 0
			for {
				frame, err := r.Next()
				if err != nil {
					break
				}
				total += headerSize + len(frame.Body)
				if frame.InvokeID > 9999 || total > len(stream) {
					t.Fatalf("id %d, %d bytes out of %d", frame.InvokeID, total, len(stream))
				}
			}
			if len(r.buf) > 4*MaxFrame {
				t.Fatalf("buffer of %d bytes", len(r.buf))
			}
		}
	})
}

// FuzzDeviceID: numbers hold no blanks around them and no mark-up.
func FuzzDeviceID(f *testing.F) {
	f.Add("N<+493023125001!2&3/4%5>Berta Beispiel;uid=FF00")
	f.Add("1003:CM1:10.0.0.1:0")
	f.Fuzz(func(t *testing.T, text string) {
		d := ParseDeviceID(text)
		if len(d.Number)+len(d.Name) > len(text) {
			t.Fatalf("%q became %+v", text, d)
		}
		if p := DeviceID.Party(DeviceID{Text: text}); p.Withheld && (p.Number != "" || p.Name != "") {
			t.Fatalf("%q became %+v", text, p)
		}
	})
}

// TestHugeIsCheap: the most hostile documents of the largest size take no more
// than a moment.
func TestHugeIsCheap(t *testing.T) {
	for name, piece := range map[string]string{
		"unescaped": "<", "ends": "</a>", "comments": "x<!---->", "starts": "<a>", "attributes": `<a b="c" `, "entities": "&amp;", "CDATA": "<![CDATA[x]]>",
	} {
		text := append([]byte("<a><b>"), bytes.Repeat([]byte(piece), 65000/len(piece))...)
		begin := time.Now()
		m, err := Decode(text)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s took %v (%T, %v)", name, took, m, err)
		}
		if err != nil && !errors.Is(err, ErrTooComplex) && !errors.Is(err, ErrTruncated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
