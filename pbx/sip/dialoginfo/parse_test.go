package dialoginfo_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestCaptures reads every document that was captured of Asterisk, FreeSWITCH
// and Kamailio, and compares with the golden file.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("../testdata/captures/*/*.sip")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d captures found: %v", len(files), err)
	}
	var got strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		if len(body) == 0 {
			continue
		}
		var doc dialoginfo.Document
		if err := doc.Parse(body); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		fmt.Fprintf(&got, "%s\n%s", strings.TrimPrefix(filepath.ToSlash(file), "../testdata/captures/"), show(&doc))
	}
	golden := filepath.Join("testdata", "captures.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("documents read otherwise than in %s; run with -update and look at the difference", golden)
	}
}

func show(doc *dialoginfo.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  version=%d full=%t truncated=%t entity=%s\n", doc.Version, doc.Full, doc.Truncated, doc.Entity)
	for _, d := range doc.Dialogs {
		fmt.Fprintf(&b, "  %+v remote=%+v\n", d, d.Remote.Party())
	}
	return b.String()
}

func document(dialogs string) string {
	return `<?xml version="1.0"?>` + "\n" +
		`<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="full" entity="sip:1001@example.com">` +
		"\n" + dialogs + "\n</dialog-info>\n"
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []dialoginfo.Dialog
	}{
		{"empty", document(""), nil},
		{
			"trying with a capital, in one line", document(`<dialog id="a" direction="Recipient"><state>Trying</state></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", Direction: dialoginfo.DirectionRecipient, State: dialoginfo.StateTrying}},
		},
		{
			"foreign prefix and single quotes",
			`<d:dialog-info xmlns:d='urn:ietf:params:xml:ns:dialog-info' version='3' state='full' entity='sip:1001@example.com'><d:dialog id='a' call-id='c' local-tag='l' remote-tag='r'><d:state>early</d:state><d:remote><d:identity d:display='Berta'>sip:1002@example.com</d:identity></d:remote></d:dialog></d:dialog-info>`,
			[]dialoginfo.Dialog{{
				ID: "a", CallID: "c", LocalTag: "l", RemoteTag: "r", State: dialoginfo.StateEarly,
				Remote: dialoginfo.Identity{URI: "sip:1002@example.com", Display: "Berta"},
			}},
		},
		{
			"names that are not escaped", document("<dialog id=\"a\">\n<state>early</state>\n<remote>\n<identity display=\"Meier & Co <Bau>\">sip:+493023125006@example.com</identity>\n</remote>\n</dialog>"),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:+493023125006@example.com", Display: "Meier & Co <Bau>"}}},
		},
		{
			"the same in one line", document(`<dialog id="a"><state>early</state><remote><identity display="Meier & Co <Bau>">sip:1@example.com</identity></remote></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:1@example.com", Display: "Meier & Co <Bau>"}}},
		},
		{
			"quotes in a name", document(`<dialog id="a"><state>early</state><remote><identity display="Meier "Bau" GmbH">sip:1@example.com</identity></remote></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:1@example.com", Display: `Meier "Bau" GmbH`}}},
		},
		{
			"a name that wants to be a document", document("<dialog id=\"a\">\n<state>early</state>\n<remote>\n<identity display=\"x\"></identity></remote><state>terminated</state></dialog>\">sip:1@example.com</identity>\n</remote>\n</dialog>"),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{
				URI:     "sip:1@example.com",
				Display: `x"></identity></remote><state>terminated</state></dialog>`,
			}}},
		},
		{
			"entities and references", document(`<dialog id="a"><state>early</state><remote><identity display="A &amp; B &lt;&#228;&#xDF;&gt; &bogus; &">sip:1@example.com</identity></remote></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:1@example.com", Display: "A & B <äß> &bogus; &"}}},
		},
		{
			"Latin-1", document("<dialog id=\"a\"><state>early</state><remote><identity display=\"M\xfcller\">sip:1@example.com</identity></remote></dialog>"),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:1@example.com", Display: "Müller"}}},
		},
		{
			"control and direction characters", document("<dialog id=\"a\"><state>early</state><remote><identity display=\"A\tB\u202e\u0007C\">sip:1@example.com</identity></remote></dialog>"),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateEarly, Remote: dialoginfo.Identity{URI: "sip:1@example.com", Display: "A B C"}}},
		},
		{
			"comments, CDATA, unknown elements", document(`<!-- <dialog id="no"> --><dialog id="a"><x y="z"/><state><![CDATA[confirmed]]></state><!-- </dialog> --><duration>7</duration></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateConfirmed}},
		},
		{
			"no state is no dialog; a missing end tag is one", document(`<dialog id="a"/><dialog id="b"><state>early</state><dialog id="c"><state event="rejected" code="486">terminated</state></dialog>`),
			[]dialoginfo.Dialog{{ID: "b", State: dialoginfo.StateEarly}, {ID: "c", State: dialoginfo.StateTerminated, Event: "rejected", Code: 486}},
		},
		{
			"a target that hides the remote end", document(`<dialog id="a"><state>early</state><local><target uri="sip:anonymous@example.com"/></local><remote><identity>sip:1@example.com</identity><target uri="sip:anonymous@anonymous.invalid"/></remote></dialog>`),
			[]dialoginfo.Dialog{{
				ID: "a", State: dialoginfo.StateEarly, Local: dialoginfo.Identity{Withheld: true},
				Remote: dialoginfo.Identity{URI: "sip:1@example.com", Withheld: true},
			}},
		},
		{
			"rendering of the local target only", document(`<dialog id="a"><state>confirmed</state><local><target uri="sip:1"><param pname="+sip.rendering" pvalue="no"/></target></local><remote><target uri="sip:2"><param pname="+sip.rendering" pvalue="yes"/></target></remote></dialog>`),
			[]dialoginfo.Dialog{{ID: "a", State: dialoginfo.StateConfirmed, Rendering: dialoginfo.RenderingNo}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var doc dialoginfo.Document
			if err := doc.Parse([]byte(tt.in)); err != nil {
				t.Fatal(err)
			}
			if doc.Version != 3 || !doc.HasVersion || !doc.Full || doc.Truncated || doc.Entity != "sip:1001@example.com" {
				t.Errorf("head read as %+v", doc)
			}
			if !reflect.DeepEqual(doc.Dialogs, tt.want) {
				t.Errorf("got  %+v\nwant %+v", doc.Dialogs, tt.want)
			}
		})
	}
}

// TestOwnMemory overwrites the body once it is read: nothing of the document may
// change. By reflection, so that a field that is added is looked at too.
func TestOwnMemory(t *testing.T) {
	text := document(`<dialog id="an id" call-id="a call" local-tag="one" remote-tag="two" direction="recipient"><state event="cancelled" code="487">terminated</state>` +
		`<local><identity display="Berta">sip:1001@example.com</identity></local><remote><identity display="Maria &amp; Co">sip:1002@example.com</identity></remote></dialog>` +
		`<dialog id="b"><state>early</state></dialog>`)
	body := []byte(text)
	var doc, same dialoginfo.Document
	if err := doc.Parse(body); err != nil {
		t.Fatal(err)
	}
	clear(body)
	if err := same.Parse([]byte(text)); err != nil || !reflect.DeepEqual(doc, same) {
		t.Errorf("got %+v of a body that is gone, want %+v", doc, same)
	}
	empty := 0
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(v.Field(i))
			}
		case reflect.String:
			if v.Len() == 0 {
				empty++
			}
		default: // holds no text
		}
	}
	if visit(reflect.ValueOf(doc.Dialogs[0])); empty > 0 || doc.Entity == "" {
		t.Errorf("%d strings of a dialog are not tested", empty)
	}
}

func TestParseLimits(t *testing.T) {
	var doc dialoginfo.Document
	if err := doc.Parse(make([]byte, dialoginfo.MaxBody+1)); !errors.Is(err, dialoginfo.ErrTooLarge) {
		t.Errorf("a body over the limit: %v", err)
	}
	for _, in := range []string{"", "hello", "<html></html>", `{"a":1}`, "<presence/>"} {
		if err := doc.Parse([]byte(in)); !errors.Is(err, dialoginfo.ErrNoDialogInfo) {
			t.Errorf("%q: %v", in, err)
		}
	}
	many := document(strings.Repeat(`<dialog id="a"><state>early</state></dialog>`, dialoginfo.MaxDialogs+1))
	if err := doc.Parse([]byte(many)); err != nil || len(doc.Dialogs) != dialoginfo.MaxDialogs || !doc.Truncated {
		t.Errorf("%d dialogs, truncated %t, %v", len(doc.Dialogs), doc.Truncated, err)
	}
	long := document(`<dialog id="` + strings.Repeat("x", dialoginfo.MaxID+1) + `"><state>early</state></dialog>`)
	if err := doc.Parse([]byte(long)); err != nil || len(doc.Dialogs) != 0 {
		t.Errorf("a dialog with an endless id was read: %v", err)
	}
	whole := document(`<dialog id="a"><state>early</state></dialog>`)
	for cut := range len(whole) {
		if err := doc.Parse([]byte(whole[:cut])); err == nil && !doc.Truncated && !strings.Contains(whole[:cut], "</dialog-info") {
			t.Errorf("cut at %d: not known to be truncated", cut)
		}
	}
}

func TestParty(t *testing.T) {
	for _, tt := range []struct {
		uri, display string
		want         dialoginfo.Party
	}{
		{"sip:+493023125006@example.com", "Maria Beispiel", dialoginfo.Party{Number: "+493023125006", Name: "Maria Beispiel"}},
		{"sip:1001@example.com", "1001", dialoginfo.Party{Number: "1001"}},
		{"sip:%2B493023125006@example.com:5061;user=phone", "", dialoginfo.Party{Number: "+493023125006"}},
		{"SIPS:030-231.25-006;ext=7@example.com", "", dialoginfo.Party{Number: "030-231.25-006"}},
		{"tel:+49-30-23125-006;ext=12", "", dialoginfo.Party{Number: "+493023125006"}},
		{"tel:23125006;phone-context=+4930", "", dialoginfo.Party{Number: "+493023125006"}},
		{"sip:23125006;phone-context=%2B4930@example.com", "", dialoginfo.Party{Number: "+493023125006"}},
		{"sip:7;phone-context=example.com@example.com", "", dialoginfo.Party{Number: "7"}},
		{`"Berta" <sip:1002@example.com>`, "", dialoginfo.Party{Number: "1002"}},
		{"1002@example.com", "", dialoginfo.Party{Number: "1002"}},
		{"sip:103", "", dialoginfo.Party{Number: "103"}},
		{"sip:192.0.2.1:5060", "", dialoginfo.Party{}},
		{"sip:user:secret@example.com", "", dialoginfo.Party{Number: "user"}},
		{"sip:anonymous@anonymous.invalid", "anonymous", dialoginfo.Party{Withheld: true}},
		{"sip:493023125006@anonymous.invalid", "", dialoginfo.Party{Withheld: true}},
		{"sip:+493023125006@example.com", "Anonymous", dialoginfo.Party{Withheld: true}},
		{"sip:Restricted@example.com", "", dialoginfo.Party{Withheld: true}},
		{"sip:unknown@example.com", "", dialoginfo.Party{Withheld: true}},
		{"sip:+493023125006@example.com;privacy=full", "Berta", dialoginfo.Party{Withheld: true}},
		{"sip:+493023125006;privacy=id@example.com", "Berta", dialoginfo.Party{Withheld: true}},
		{"sip:+493023125006@example.com?Privacy=id", "Berta", dialoginfo.Party{Withheld: true}},
		{"sip:+493023125006@example.com;privacy=off", "Berta", dialoginfo.Party{Number: "+493023125006", Name: "Berta"}},
		{"sip:+493023125006@example.com?Privacy=none", "Berta", dialoginfo.Party{Number: "+493023125006", Name: "Berta"}},
		{"sip:invalid@example.com", "", dialoginfo.Party{}},
		{"sip:unavailable@example.com", "", dialoginfo.Party{}},
		{"", "", dialoginfo.Party{}},
		{"urn:service:sos", "", dialoginfo.Party{}},
		{"sip:" + strings.Repeat("1", dialoginfo.MaxNumber+1) + "@example.com", "", dialoginfo.Party{}},
	} {
		if got := (dialoginfo.Identity{URI: tt.uri, Display: tt.display}).Party(); got != tt.want {
			t.Errorf("%q %q: got %+v, want %+v", tt.display, tt.uri, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("../testdata/captures/*/*.sip")
	for i, file := range files {
		if i%7 != 0 {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		f.Add(body)
	}
	f.Add([]byte(document("<dialog id=\"a\">\n<remote>\n<identity display=\"\xff\"></identity>\">x</identity>\n</dialog>")))
	f.Fuzz(func(t *testing.T, body []byte) {
		var doc dialoginfo.Document
		if err := doc.Parse(body); err != nil {
			if len(doc.Dialogs) != 0 {
				t.Error("dialogs beside an error")
			}
			return
		}
		if len(doc.Dialogs) > dialoginfo.MaxDialogs {
			t.Error("too many dialogs")
		}
		for _, d := range doc.Dialogs {
			p := d.Remote.Party()
			for _, s := range []string{d.ID, d.CallID, d.Event, d.Remote.URI, d.Remote.Display, p.Number, p.Name} {
				if len(s) > dialoginfo.MaxURI || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
					t.Errorf("%q came through", s)
				}
			}
			if p.Withheld && (p.Number != "" || p.Name != "") {
				t.Errorf("withheld and yet %+v", p)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"freeswitch-inbound/0003-1001-1403291601.sip", "asterisk-inbound/0003-103-19390.sip", "kamailio-inbound/0004-1001-4.sip"} {
		data, err := os.ReadFile("../testdata/captures/" + name)
		if err != nil {
			b.Fatal(err)
		}
		_, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		b.Run(filepath.Dir(name), func(b *testing.B) {
			var doc dialoginfo.Document
			b.ReportAllocs()
			for b.Loop() {
				if err := doc.Parse(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
