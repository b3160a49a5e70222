package message_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// torture is what becomes of the messages of RFC 4475, section by section: what
// Parse says, then what Check says of a request that was parsed.
//
// Where the RFC calls a message invalid and Parse takes it, nothing is lost by
// that; Check says what RFC 3261 has against it.
var torture = []struct {
	name         string
	parse, check error
}{
	// 3.1.1 valid
	{"wsinv", nil, nil},
	{"intmeth", nil, nil},
	{"esc01", nil, nil},
	{"escnull", nil, nil},
	{"esc02", nil, nil},
	{"lwsdisp", nil, nil},
	{"longreq", nil, nil},
	{"dblreq", nil, nil}, // over UDP, the second one is no part of it
	{"semiuri", nil, nil},
	{"transports", nil, nil},
	{"mpart01", nil, nil},
	{"unreason", nil, nil},
	{"noreason", nil, nil},
	// 3.1.2 invalid
	{"badinv01", nil, message.ErrMalformed},
	{"clerr", message.ErrShortBody, nil},
	{"ncl", message.ErrNoLength, nil},
	{"scalar02", message.ErrIncomplete, nil},
	{"scalarlg", message.ErrIncomplete, nil},
	{"quotbal", nil, message.ErrMalformed},
	{"ltgtruri", nil, message.ErrMalformed},
	{"lwsruri", nil, message.ErrMalformed},
	{"lwsstart", nil, message.ErrMalformed},
	{"trws", nil, nil}, // blanks at the end of the request line harm nobody
	{"escruri", nil, message.ErrMalformed},
	{"baddate", nil, nil}, // nobody looks at Date
	{"regbadct", nil, message.ErrMalformed},
	{"badaspec", nil, message.ErrMalformed},
	{"baddn", nil, message.ErrMalformed},
	{"badvers", message.ErrVersion, nil},
	{"mismatch01", nil, message.ErrMismatch},
	{"mismatch02", nil, message.ErrMismatch},
	{"bigcode", message.ErrNotSIP, nil},
	// 3.2 transaction layer
	{"badbranch", nil, nil}, // answered without a transaction
	// 3.3 application layer
	{"insuf", message.ErrIncomplete, nil},
	{"unkscm", nil, message.ErrScheme},
	{"novelsc", nil, message.ErrScheme},
	{"unksm2", nil, nil},
	{"bext01", nil, message.ErrExtension},
	{"invut", nil, nil},
	{"regaut01", nil, nil},
	{"multi01", nil, message.ErrRepeated},
	{"mcl01", message.ErrNoLength, nil},
	{"bcast", nil, nil},
	{"zeromf", nil, nil},
	{"cparam01", nil, nil},
	{"cparam02", nil, nil},
	{"regescrt", nil, nil},
	{"sdp01", nil, nil},
	// 3.4 compatibility with RFC 2543
	{"inv2543", nil, nil},
}

func TestTorture(t *testing.T) {
	for _, tt := range torture {
		t.Run(tt.name, func(t *testing.T) {
			m := tortured(t, tt.name, tt.parse)
			if tt.parse == nil && m.IsRequest() {
				if err := m.Check(); !errors.Is(err, tt.check) {
					t.Errorf("checked: %v, want %v", err, tt.check)
				}
			}
		})
	}
	files, err := filepath.Glob("testdata/torture/*.sip")
	if err != nil || len(files) != len(torture) {
		t.Errorf("%d files for %d rows: %v", len(files), len(torture), err)
	}
}

func tortured(t *testing.T, name string, want error) *message.Message {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "torture", name+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	m := new(message.Message)
	if err := m.Parse(data); !errors.Is(err, want) {
		t.Fatalf("parsed: %v, want %v", err, want)
	}
	return m
}

// TestTortureValues: what is read out of the worst of them.
func TestTortureValues(t *testing.T) {
	m := tortured(t, "wsinv", nil)
	if string(m.Method) != "INVITE" || m.CSeq != 9 || string(m.CSeqMethod) != "INVITE" || len(m.Body) != m.ContentLength || m.ContentLength < 140 ||
		string(message.Param(m.To, "tag")) != "1918181833n" || string(message.Param(m.From, "tag")) != "98asjd8" || string(m.CallID) != "wsinv.ndaksdj@192.0.2.1" {
		t.Errorf("wsinv read as %q %d %q, To %q, From %q, body %d of %d", m.Method, m.CSeq, m.CSeqMethod, m.To, m.From, len(m.Body), m.ContentLength)
	}
	vias := 0
	for range m.Values(message.Via) {
		vias++
	}
	if vias != 3 || string(message.Param(m.Get(message.Contact), "secondparam")) != "" || string(message.Param(m.Get(message.Contact), "q")) != "0.33" {
		t.Errorf("wsinv has %d Vias, contact %q", vias, m.Get(message.Contact))
	}
	m = tortured(t, "intmeth", nil)
	if string(m.CSeqMethod) != string(m.Method) || string(message.Param(m.From, "tag")) != "_token~1'+`*%!-." || !strings.Contains(string(m.To), "\x00") {
		t.Errorf("intmeth read as %q, From %q", m.Method, m.From)
	}
	m = tortured(t, "longreq", nil)
	vias = 0
	for range m.Fields(message.Via) {
		vias++
	}
	if vias != 34 || !strings.HasSuffix(string(message.Param(m.From, "tag")), "982424") {
		t.Errorf("longreq has %d Vias, From %q", vias, m.From)
	}
	if m = tortured(t, "dblreq", nil); string(m.Method) != "REGISTER" || len(m.Body) != 0 {
		t.Errorf("dblreq is %q with %d bytes", m.Method, len(m.Body))
	}
	if m = tortured(t, "unreason", nil); m.Status != 200 || !strings.HasSuffix(string(m.Phrase), "простое") {
		t.Errorf("unreason is %d %q", m.Status, m.Phrase)
	}
	if m = tortured(t, "noreason", nil); m.Status != 100 || len(m.Phrase) != 0 {
		t.Errorf("noreason is %d %q", m.Status, m.Phrase)
	}
	if m = tortured(t, "mpart01", nil); !strings.HasSuffix(string(m.Body), "--7a9cbec02ceef655--\r\n") {
		t.Errorf("mpart01 has %d bytes", len(m.Body))
	}
	if m = tortured(t, "multi01", nil); m.CSeq != 5 || string(m.CallID) != "multi01.98asdh@192.0.2.1" || string(m.To) != "sip:user@example.com" {
		t.Errorf("multi01: CSeq %d, Call-ID %q, To %q", m.CSeq, m.CallID, m.To)
	}
}

// TestRefusal: what cannot be read is refused where it can be answered.
func TestRefusal(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int // 0: no answer
		parse  error
	}{
		{"clerr", 400, message.ErrShortBody},
		{"ncl", 400, message.ErrNoLength},
		{"scalar02", 400, message.ErrIncomplete},
		{"badvers", 505, message.ErrVersion},
		{"insuf", 400, message.ErrIncomplete},
		{"mcl01", 400, message.ErrNoLength},
		{"scalarlg", 0, message.ErrIncomplete},
		{"bigcode", 0, message.ErrNotSIP},
	} {
		m := tortured(t, tt.name, tt.parse)
		if m.Answerable() != (tt.status != 0) {
			t.Errorf("%s: answerable is %t", tt.name, m.Answerable())
		}
		if status, _ := message.Refusal(tt.parse); tt.status != 0 && status != tt.status {
			t.Errorf("%s: refused with %d, want %d", tt.name, status, tt.status)
		}
	}
	m := tortured(t, "insuf", message.ErrIncomplete)
	got := string(m.AppendResponse(nil, 400, "Bad Request", netip.MustParseAddrPort("192.0.2.9:5060"), "own", "Warning: 399 cti x"))
	want := lines("SIP/2.0 400 Bad Request", "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf", "CSeq: 193942 INVITE", "Warning: 399 cti x", "Content-Length: 0", "", "")
	if got != want {
		t.Errorf("answer:\n%s\nwant:\n%s", got, want)
	}
}

// TestBodyLength: streams are cut where no trick with folding or repetition
// moves the cut.
func TestBodyLength(t *testing.T) {
	for in, want := range map[string]int{
		"A: b\r\nl: 3\r\n\r\n": 3, "Content-Length\t:\r\n 12\r\n\r\n": 12, "L: 3\r\nContent-Length: 3\r\n\r\n": 3,
		"Subject: x\r\n Content-Length: 9\r\nl: 2\r\n\r\n": 2,
		"l: 3\r\nContent-Length: 4\r\n\r\n":                -1, "Content-Length: -1\r\n\r\n": -1, "l:\r\n\r\n": -1, "A: b\r\n\r\n": -1, "l: 1e3\r\n\r\n": -1,
	} {
		n, err := message.BodyLength([]byte(in))
		if want < 0 && err == nil || want >= 0 && (err != nil || n != want) {
			t.Errorf("%q: %d, %v", in, n, err)
		}
	}
}
