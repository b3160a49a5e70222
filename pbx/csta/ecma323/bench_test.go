package ecma323

import (
	"bytes"
	"testing"
)

// BenchmarkDecode reads a usual event.
func BenchmarkDecode(b *testing.B) {
	text := goldenMessages(b)["DeliveredEvent-inbound"]
	var d Decoder
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEvent takes one event off a stream and reads it.
func BenchmarkEvent(b *testing.B) {
	text := goldenMessages(b)["TransferedEvent"]
	frame, err := AppendRawFrame(nil, EventInvokeID, text)
	if err != nil {
		b.Fatal(err)
	}
	r := NewReader(&endless{data: bytes.Repeat(frame, 16)})
	var d Decoder
	b.ReportAllocs()
	for b.Loop() {
		f, err := r.Next()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Decode(f.Body); err != nil {
			b.Fatal(err)
		}
	}
}

// endless gives the same bytes again and again.
type endless struct {
	data []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	return n, nil
}

func BenchmarkAppendFrame(b *testing.B) {
	m := &MonitorStart{DeviceObject: DeviceID{Text: "200", TypeOfNumber: "dialingNumber"}, MonitorType: "device"}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = AppendFrame(buf[:0], 42, m, Edition4); err != nil {
			b.Fatal(err)
		}
	}
}
