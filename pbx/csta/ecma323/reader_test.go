package ecma323

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const (
	held     = `<?xml version="1.0" encoding="UTF-8"?><HeldEvent><monitorCrossRefID>1</monitorCrossRefID></HeldEvent>`
	umlaut   = `<DeliveredEvent><callingDevice><deviceIdentifier>N&lt;101&gt;Jürgen Müßig</deviceIdentifier></callingDevice></DeliveredEvent>`
	selfDone = `<SystemStatus/>`
)

// raw frames text with a length that is wrong by so much.
func raw(id, text string, wrong int) string {
	head := make([]byte, 8)
	binary.BigEndian.PutUint16(head[2:], uint16(len(text)+8+wrong))
	copy(head[4:], id)
	return string(head) + text
}

// frames reads all of a stream.
func frames(r *Reader) (bodies []string, ids []InvokeID, err error) {
	for {
		f, err := r.Next()
		if err != nil {
			return bodies, ids, err
		}
		bodies, ids = append(bodies, string(f.Body)), append(ids, f.InvokeID)
	}
}

func TestReader(t *testing.T) {
	cut := umlaut[:40]
	for name, c := range map[string]struct {
		stream   string
		want     []string
		repaired uint64
		resyncs  uint64
		err      error
	}{
		"one":                        {raw("9999", held, 0), []string{held}, 0, 0, io.EOF},
		"three joined":               {raw("9999", held, 0) + raw("0001", selfDone, 0) + raw("9999", umlaut, 0), []string{held, selfDone, umlaut}, 0, 0, io.EOF},
		"characters counted":         {raw("9999", umlaut, -2) + raw("9999", umlaut, -2) + raw("9999", held, 0), []string{umlaut, umlaut, held}, 2, 0, io.EOF},
		"short by much":              {raw("9999", held, -60) + raw("9999", selfDone, 0), []string{held, selfDone}, 1, 0, io.EOF},
		"short, and ends with a tag": {raw("9999", held, -len("</HeldEvent>")) + raw("9999", held, 0), []string{held, held}, 1, 0, io.EOF},
		"long, next within":          {raw("9999", held, 20) + raw("9999", selfDone, 0), []string{held, selfDone}, 1, 0, io.EOF},
		"long, at the end":           {raw("9999", held, 20), []string{held}, 1, 0, io.EOF},
		"line break after":           {raw("9999", held+"\r\n", 0) + "\r\n" + raw("9999", held, 0), []string{held + "\r\n", held}, 0, 0, io.EOF},
		"NUL after, counted":         {raw("9999", held+"\x00", 0) + raw("9999", held, 0), []string{held + "\x00", held}, 0, 0, io.EOF},
		"NUL after, not counted":     {raw("9999", held, 0) + "\x00" + raw("9999", held, 0), []string{held, held}, 0, 1, io.EOF},
		"rubbish between":            {raw("9999", held, 0) + "rubbish\x00\x00\x00\x01rubbish" + raw("9999", held, 0), []string{held, held}, 0, 1, io.EOF},
		"broken off, then next":      {raw("9999", cut, 0) + raw("9999", held, 0), []string{cut, held}, 0, 0, io.EOF},
		"length below the header":    {raw("9999", held, -len(held)-4) + raw("9999", held, 0), []string{held}, 0, 1, io.EOF},
		"header alone":               {raw("0000", "", 0) + raw("9999", held, 0), []string{held}, 0, 0, io.EOF},
		"id of letters":              {raw("00AB", held, 0) + raw("9999", held, 0), []string{held}, 0, 1, io.EOF},
		"with BOM":                   {raw("9999", "\xef\xbb\xbf"+held, 0), []string{"\xef\xbb\xbf" + held}, 0, 0, io.EOF},
		"cut in the body":            {raw("9999", held, 0)[:50], nil, 0, 0, io.ErrUnexpectedEOF},
		"cut in the header":          {raw("9999", held, 0)[:5], nil, 0, 0, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			for how, stream := range map[string]io.Reader{
				"at once":      strings.NewReader(c.stream),
				"byte by byte": iotest.OneByteReader(strings.NewReader(c.stream)),
				"halves":       iotest.HalfReader(strings.NewReader(c.stream)),
			} {
				r := NewReader(stream)
				got, _, err := frames(r)
				if !errors.Is(err, c.err) {
					t.Errorf("%s: %v, want %v", how, err, c.err)
				}
				// A line break or NUL that comes late is left out.
				trim := func(all []string) string {
					joined := make([]string, len(all))
					for i := range all {
						joined[i] = strings.TrimRight(all[i], "\r\n\x00")
					}
					return strings.Join(joined, "\n")
				}
				if trim(got) != trim(c.want) {
					t.Errorf("%s:\n got %q\nwant %q", how, got, c.want)
				}
				s := r.Stats()
				if how == "at once" && (s.Repaired != c.repaired || s.Resyncs != c.resyncs) {
					t.Errorf("%d repaired, %d resyncs, want %d and %d", s.Repaired, s.Resyncs, c.repaired, c.resyncs)
				}
			}
		})
	}
}

// TestReaderWaitsForNothing: a message is given out when it is whole, though the
// length says that more comes.
func TestReaderWaitsForNothing(t *testing.T) {
	in, out := io.Pipe()
	defer in.Close()
	go out.Write([]byte(raw("9999", held, 7)))
	if f, err := NewReader(in).Next(); err != nil || string(f.Body) != held {
		t.Errorf("%q, %v", f.Body, err)
	}
}

// TestReaderGivesUp: a peer that sends nothing but nonsense is not heard for
// ever.
func TestReaderGivesUp(t *testing.T) {
	for name, stream := range map[string]string{
		"no header":     strings.Repeat("nonsense ", 1<<16),
		"wrong headers": raw("9999", held, 0) + strings.Repeat("\x01\x02\x03"+raw("9999", held, 0), 40),
	} {
		r := NewReader(io.MultiReader(strings.NewReader(stream), iotest.ErrReader(errors.New("read on"))))
		if _, _, err := frames(r); !errors.Is(err, ErrLostSync) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReaderForgives(t *testing.T) {
	var b strings.Builder
	for range 40 {
		b.WriteString("\x01")
		for range forgive {
			b.WriteString(raw("9999", selfDone, 0))
		}
	}
	got, _, err := frames(NewReader(strings.NewReader(b.String())))
	if len(got) != 40*forgive || !errors.Is(err, io.EOF) {
		t.Errorf("%d frames, %v", len(got), err)
	}
}

func TestProtocolIsNamed(t *testing.T) {
	for stream, want := range map[string]string{
		"\x60\x20\xa1\x07\x06\x05\x2b\x0c":         "ASN.1",
		"\x61\x1a\x80\x02\x07\x80\xa1\x07":         "ASN.1",
		"\xa1\x0c\x02\x01\x01\x02\x01\x47":         "ASN.1",
		"\x00\x22\x61\x20\xa1\x07\x06\x05\x2b\x0c": "ASN.1",
		"P":                                "ASN.1",
		"HTTP/1.1 400 Bad Request\r\n\r\n": "HTTP",
		"\x15\x03\x03\x00\x02\x02\x46":     "TLS",
		"SIP/2.0 400 Bad Request\r\n":      "SIP",
		"SSH-2.0-OpenSSH\r\n":              "SSH",
		held:                               "without the frames",
	} {
		_, err := NewReader(strings.NewReader(stream)).Next()
		var named *ProtocolError
		if !errors.As(err, &named) {
			t.Errorf("%.12q: %v", stream, err)
			continue
		}
		if !strings.Contains(err.Error(), want) || named.Cure == "" {
			t.Errorf("%.12q: %v, want %s", stream, err, want)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	b, err := AppendFrame(nil, 42, &HoldCall{Connection("C1", "200")}, Edition4)
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewReader(strings.NewReader(string(b))).Next()
	if err != nil || f.InvokeID != 42 {
		t.Fatalf("%+v, %v", f, err)
	}
	if m, err := Decode(f.Body); err != nil || m.(*HoldCall).CallToBeHeld.CallID != "C1" {
		t.Errorf("%+v, %v", m, err)
	}
	long := &MakeCall{CallingDevice: ID("200"), CorrelatorData: strings.Repeat("x", 1<<15)}
	if b, err := AppendFrame([]byte("before"), 1, long, Edition4); !errors.Is(err, ErrFrameTooLarge) || string(b) != "before" {
		t.Errorf("too large: %d bytes, %v", len(b), err)
	}
	if _, err := AppendRawFrame(nil, 12345, nil); err == nil {
		t.Error("an id of five digits was taken")
	}
}
