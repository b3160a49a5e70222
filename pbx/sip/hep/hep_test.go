package hep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"testing"
	"time"
)

func whole() Packet {
	return Packet{
		Source: netip.MustParseAddrPort("192.0.2.10:5060"), Dest: netip.MustParseAddrPort("192.0.2.103:5062"),
		Transport: TransportUDP, Captured: time.Unix(1795294482, 472354000).UTC(), Protocol: ProtocolSIP, Agent: 2001,
		KeepAlive: 30, Key: []byte("secret"), Correlation: []byte("a@b"), Payload: []byte("OPTIONS sip:a SIP/2.0\r\n\r\n"),
	}
}

func encode(t *testing.T, p *Packet) []byte {
	t.Helper()
	data, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRoundTrip(t *testing.T) {
	six := whole()
	six.Source, six.Dest = netip.MustParseAddrPort("[2001:db8::10]:5060"), netip.MustParseAddrPort("[2001:db8::103]:5061")
	six.Transport = TransportTCP
	for name, p := range map[string]Packet{"IPv4": whole(), "IPv6": six, "bare": {Protocol: ProtocolRTCPJSON, Payload: []byte{}}} {
		var got Packet
		if err := got.Decode(encode(t, &p)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, p) {
			t.Errorf("%s came back as %+v, was %+v", name, got, p)
		}
	}
}

// TestCaptured reads what Asterisk and Kamailio sent.
func TestCaptured(t *testing.T) {
	for _, tt := range []struct {
		file                 string
		source, dest, callID string
		agent                uint32
		payload              int
	}{
		{"asterisk.raw", "127.0.0.31:5061", "127.0.0.1:5060", "1-15085@127.0.0.31", 0x7d1, 626},
		{"kamailio.raw", "127.0.0.31:5061", "127.0.0.10:5060", "", 9, 649},
	} {
		data, err := os.ReadFile("testdata/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		if err := p.Decode(data); err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if p.Source.String() != tt.source || p.Dest.String() != tt.dest || p.Protocol != ProtocolSIP ||
			string(p.Correlation) != tt.callID || p.Transport != TransportUDP || p.Captured.Year() != 2026 {
			t.Errorf("%s is %+v", tt.file, p)
		}
		if !bytes.HasPrefix(p.Payload, []byte("INVITE sip:")) || len(p.Payload) < 600 || p.Key != nil {
			t.Errorf("%s: payload of %d octets, key %q", tt.file, len(p.Payload), p.Key)
		}
	}
}

func TestHostile(t *testing.T) {
	good := encode(t, new(whole()))
	patched := func(at int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[at:], b)
		return out
	}
	long := append(bytes.Clone(good), make([]byte, 5)...)
	binary.BigEndian.PutUint16(long[4:], uint16(len(long)))
	many := []byte(magic + "\x00\x00")
	for range maxChunks + 1 {
		many = appendChunk(many, 99)
	}
	binary.BigEndian.PutUint16(many[4:], uint16(len(many)))
	packed := appendChunk([]byte(magic+"\x00\x0e"), chunkPayloadGzip, 1, 2)
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":                 {nil, ErrNotHEP},
		"three letters":           {[]byte("HEP"), ErrNotHEP},
		"SIP itself":              {[]byte("INVITE sip:a@example.com SIP/2.0\r\n\r\n"), ErrNotHEP},
		"version 1":               {append([]byte{1, 16, 2, 17}, make([]byte, 20)...), VersionError{1}},
		"version 2":               {append([]byte{2, 40, 10, 17}, make([]byte, 60)...), VersionError{2}},
		"cut short":               {good[:len(good)-1], ErrMalformed},
		"longer than it says":     {append(bytes.Clone(good), 0), ErrMalformed},
		"length under the head":   {patched(4, 0, 5), ErrMalformed},
		"chunk of no length":      {patched(10, 0, 0), ErrMalformed},
		"chunk past the end":      {patched(10, 0xff, 0xff), ErrMalformed},
		"family of two octets":    {patched(10, 0, 8), ErrMalformed},
		"half a chunk at the end": {long, ErrMalformed},
		"endless chunks":          {many, ErrMalformed},
		"compressed":              {packed, ErrCompressed},
	} {
		var p Packet
		if err := p.Decode(tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// TestForeignChunks: chunks of other vendors are none of ours, whatever type
// they have.
func TestForeignChunks(t *testing.T) {
	p := whole()
	data := encode(t, &p)
	foreign := appendChunk(nil, chunkKey, []byte("other")...)
	foreign[1] = 7
	data = append(data, foreign...)
	data = appendChunk(data, 4711, 1, 2, 3)
	binary.BigEndian.PutUint16(data[4:], uint16(len(data)))
	var got Packet
	if err := got.Decode(data); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%v %+v", err, got)
	}
}

func TestAppendTooLong(t *testing.T) {
	before := []byte("x")
	for _, size := range []int{MaxPacket - 10, MaxPacket, 1 << 20} {
		p := Packet{Protocol: ProtocolSIP, Payload: make([]byte, size)}
		out, err := p.Append(before)
		if !errors.Is(err, ErrTooLong) || string(out) != "x" {
			t.Errorf("%d octets: %v, %d octets written", size, err, len(out))
		}
	}
}

// FuzzDecode: whatever comes, no panic; and what was read can be written and
// read again.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"asterisk.raw", "kamailio.raw"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	p := whole()
	data, _ := p.Append(nil)
	f.Add(data)
	f.Add([]byte{1, 16, 2, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p, again Packet
		if p.Decode(data) != nil {
			return
		}
		out, err := p.Append(nil)
		if err != nil {
			return // mixed families and defaults may make it longer
		}
		if err := again.Decode(out); err != nil {
			t.Fatalf("read, written, not read again: %v", err)
		}
		if !bytes.Equal(p.Payload, again.Payload) || !bytes.Equal(p.Key, again.Key) || p.Source != again.Source || p.Protocol != again.Protocol {
			t.Fatalf("%+v became %+v", p, again)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := whole()
	data, _ := p.Append(nil)
	var got Packet
	b.ReportAllocs()
	for b.Loop() {
		if err := got.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
