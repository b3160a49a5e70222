package identity_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
	"github.com/ctibridge/ctibridge/pbx/sip/identity"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

var update = flag.Bool("update", false, "write the golden file anew")

const (
	berta = "+493023125006"
	hans  = "+493023125007"
	plain = `From: "Berta Beispiel" <sip:+493023125006@example.com>;tag=a`
)

// invite is a request with the given fields; From and To stand in where they
// are not given.
func invite(fields ...string) []byte {
	head := "INVITE sip:103@192.0.2.9:5062 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nCall-ID: c@example.com\r\nCSeq: 1 INVITE\r\n"
	return []byte(head + withDefaults(fields) + "\r\n")
}

func answer(fields ...string) []byte {
	head := "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nCall-ID: c@example.com\r\nCSeq: 1 INVITE\r\n"
	return []byte(head + withDefaults(fields) + "\r\n")
}

func withDefaults(fields []string) string {
	all := strings.Join(fields, "\r\n") + "\r\n"
	if !strings.Contains("\n"+all, "\nFrom:") {
		all += plain + "\r\n"
	}
	if !strings.Contains("\n"+all, "\nTo:") {
		all += "To: <sip:+493023125100@example.com>\r\n"
	}
	return strings.TrimPrefix(all, "\r\n")
}

func read(t *testing.T, data []byte, o identity.Options) identity.Identity {
	t.Helper()
	var m message.Message
	if err := m.Parse(data); err != nil {
		t.Fatalf("%v in:\n%s", err, data)
	}
	return identity.Read(&m, o)
}

// show writes a party so that a table can hold it.
func show(p identity.Party) string {
	switch {
	case p.Withheld:
		if rest := (identity.Party{Withheld: true, Source: p.Source}); p != rest {
			return fmt.Sprintf("withheld, but %+v", p)
		}
		return "withheld"
	case !p.Known():
		return "nobody"
	}
	text := p.Number
	if p.Number != p.User {
		text += "(" + p.User + ")"
	}
	if p.Name != "" {
		text += " " + p.Name
	}
	if p.Unscreened {
		text += " unscreened"
	}
	return text + " by " + p.Source.String()
}

// TestSender: one row a rule of who calls.
func TestSender(t *testing.T) {
	pai := "P-Asserted-Identity: "
	rpid := "Remote-Party-ID: "
	for _, tt := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"From", nil, berta + " Berta Beispiel by From"},
		{"From as tel", []string{"From: <tel:+49-30-23125-006>;tag=a"}, berta + " by From"},
		{"From as tel without brackets", []string{"From: tel:23125006;phone-context=+4930;tag=a"}, berta + " by From"},
		{"a private plan", []string{"From: <tel:7042;phone-context=pbx.example.com>;tag=a"}, "7042 by From"},
		{"escaped plus", []string{"From: <sip:%2B493023125006@example.com;user=phone>;tag=a"}, berta + " by From"},
		{"compact From, which comes first", []string{"f: <sip:" + hans + "@example.com>;tag=a"}, hans + " by From"},
		{"Latin-1 name", []string{"From: \"M\xfcller & S\xf6hne\" <sip:" + berta + "@example.com>;tag=a"}, berta + " Müller & Söhne by From"},
		{"quoted pairs", []string{`From: "Maria \"Mia\" Beispiel" <sip:` + berta + `@example.com>;tag=a`}, berta + ` Maria "Mia" Beispiel by From`},
		{"the name is the number", []string{`From: "` + berta + `" <sip:` + berta + `@example.com>;tag=a`}, berta + " by From"},
		{"a person", []string{"From: <sip:berta@example.com>;tag=a"}, "(berta) by From"},
		{"a made-up address", []string{"From: <sip:c8oqz84zk7z@privacy.example.com>;tag=a"}, "(c8oqz84zk7z) by From"},
		{"nobody by Asterisk", []string{`From: "invalid" <sip:invalid@example.com>;tag=a`}, "nobody"},
		{"unavailable", []string{"From: <sip:unavailable@example.com>;tag=a"}, "nobody"},
		{"a dash", []string{"From: <sip:-@example.com>;tag=a"}, "nobody"},
		{"no user", []string{"From: <sip:192.0.2.1>;tag=a"}, "nobody"},
		{"placeholder for a name", []string{`From: "unknown" <sip:` + berta + `@example.com>;tag=a`}, berta + " by From"},
		{"extension, post-dial and subaddress are no number", []string{"From: <tel:" + berta + ";ext=7;postd=pp1;isub=2>;tag=a"}, berta + " by From"},
		{"ported", []string{"From: <sip:" + berta + ";npdi;rn=+493023125999@example.com;user=phone>;tag=a"}, berta + " by From"},

		{"asserted goes before From", []string{pai + `"Hans" <sip:` + hans + `@example.com>`}, hans + " Hans by P-Asserted-Identity"},
		{"asserted without a name has From's", []string{pai + "<sip:" + hans + "@example.com>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"asserted twice: tel is preferred", []string{pai + `"Hans" <sip:030@example.com>, <tel:` + hans + `>`}, hans + " Hans by P-Asserted-Identity"},
		{"on two lines", []string{pai + `"Hans" <sip:hans@example.com>`, pai + "<tel:" + hans + ">"}, hans + " Hans by P-Asserted-Identity"},
		{"user=phone is preferred", []string{pai + "<sip:1@example.com>, <sip:" + hans + "@example.com;user=phone>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"digits before a person", []string{pai + "<sip:hans@example.com>, <sip:" + hans + "@example.com>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"asserted person: From has the number", []string{pai + `"Hans H." <sip:hans@example.com>`}, berta + " Berta Beispiel by From"},
		{"asserted nobody", []string{pai + "<sip:unavailable@example.com>"}, berta + " Berta Beispiel by From"},
		{"asserted goes before remote party", []string{rpid + "<sip:1@example.com>;party=calling", pai + "<sip:" + hans + "@example.com>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"verstat", []string{pai + "<tel:" + hans + ";verstat=TN-Validation-Passed>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"preferred identity counts for nothing", []string{"P-Preferred-Identity: <sip:" + hans + "@example.com>"}, berta + " Berta Beispiel by From"},

		{"remote party", []string{rpid + `"Hans" <sip:` + hans + `@example.com>;party=calling;privacy=off;screen=yes`}, hans + " Hans by Remote-Party-ID"},
		{"remote party, not screened", []string{rpid + "<sip:" + hans + "@example.com>;party=calling;screen=no"}, hans + " Berta Beispiel unscreened by Remote-Party-ID"},
		{"remote party without party", []string{rpid + "<sip:" + hans + "@example.com>"}, hans + " Berta Beispiel by Remote-Party-ID"},
		{"remote party of the called", []string{rpid + "<sip:" + hans + "@example.com>;party=called"}, berta + " Berta Beispiel by From"},
		{"the second of two", []string{rpid + "<sip:1@example.com>;party=called, <sip:" + hans + "@example.com>;party=calling"}, hans + " Berta Beispiel by Remote-Party-ID"},
		{"of the called, within a call", []string{rpid + "<sip:" + hans + "@example.com>;party=called", "To: <sip:1@example.com>;tag=b"}, hans + " Berta Beispiel by Remote-Party-ID"},

		{"Privacy: id", []string{"Privacy: id", pai + `"Hans" <sip:` + hans + `@example.com>`}, "withheld"},
		{"Privacy: user", []string{"Privacy: user"}, "withheld"},
		{"Privacy: header", []string{"Privacy: header"}, "withheld"},
		{"Privacy: critical", []string{"Privacy: critical"}, "withheld"},
		{"Privacy: session is about media", []string{"Privacy: session"}, berta + " Berta Beispiel by From"},
		{"Privacy: history is about others", []string{"Privacy: history"}, berta + " Berta Beispiel by From"},
		{"Privacy: none", []string{"Privacy: none", pai + "<sip:" + hans + "@example.com>"}, hans + " Berta Beispiel by P-Asserted-Identity"},
		{"Privacy: none takes nothing back", []string{"Privacy: none", "Privacy: ID"}, "withheld"},
		{"Privacy with several values", []string{"Privacy: session;Id ;critical"}, "withheld"},
		{"Privacy as a list", []string{"Privacy: none, user"}, "withheld"},
		{"Privacy by a word of another field", []string{"Privacy: full"}, "withheld"},
		{"Privacy by an unknown word", []string{"Privacy: x-example"}, berta + " Berta Beispiel by From"},
		{"From anonymous.invalid, asserted leaks", []string{`From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=a`, pai + `"Hans" <sip:` + hans + `@example.com>`}, "withheld"},
		{"From with a number at anonymous.invalid", []string{"From: <sip:" + berta + "@anonymous.invalid>;tag=a"}, "withheld"},
		{"From restricted, remote party leaks", []string{"From: <sip:restricted@example.com>;tag=a", rpid + "<sip:" + hans + "@example.com>;privacy=off"}, "withheld"},
		{"From anonymous by name only", []string{`From: "anonymous" <sip:` + berta + `@example.com>;tag=a`}, "withheld"},
		{"asserted anonymous, From leaks", []string{pai + "<sip:anonymous@anonymous.invalid>"}, "withheld"},
		{"one of two asserted is anonymous", []string{pai + "<sip:" + hans + "@example.com>, <sip:anonymous@example.com>"}, "withheld"},
		{"preferred anonymous", []string{"P-Preferred-Identity: <sip:anonymous@anonymous.invalid>"}, "withheld"},
		{"remote party full", []string{rpid + "<sip:" + hans + "@example.com>;party=calling;privacy=full"}, "withheld"},
		{"remote party full, asserted leaks", []string{rpid + "<sip:" + hans + `@example.com>;privacy="Full"`, pai + "<sip:" + hans + "@example.com>"}, "withheld"},
		{"remote party name", []string{rpid + "<sip:" + hans + "@example.com>;privacy=name"}, "withheld"},
		{"remote party uri", []string{rpid + "<sip:" + hans + "@example.com>;privacy=uri"}, "withheld"},
		{"the called is private, not the caller", []string{rpid + "<sip:" + hans + "@example.com>;party=called;privacy=full"}, berta + " Berta Beispiel by From"},
		{"prefix that hides", []string{"From: <sip:*31#03023125006@example.com>;tag=a"}, "withheld"},
		{"escaped prefix that hides", []string{"From: <sip:%2331%2303023125006@example.com>;tag=a"}, "withheld"},
		{"a number over all bounds", []string{"From: <sip:" + strings.Repeat("1", 65) + "@example.com>;tag=a"}, "nobody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := read(t, invite(tt.fields...), identity.Options{Trusted: true})
			if got := show(id.Sender); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if p := id.Sender.Party(); p.Withheld && p.Known() != id.Sender.Known() || p.Withheld && p.Number+p.Name != "" {
				t.Errorf("in the words of pbx: %+v", p)
			}
		})
	}
}

// TestUntrusted: who is not trusted names nobody else, and is still believed
// when he restricts.
func TestUntrusted(t *testing.T) {
	for _, tt := range []struct{ field, want string }{
		{"P-Asserted-Identity: <sip:" + hans + "@example.com>", berta + " Berta Beispiel by From"},
		{"Remote-Party-ID: <sip:" + hans + "@example.com>;party=calling", berta + " Berta Beispiel by From"},
		{"Remote-Party-ID: <sip:" + hans + "@example.com>;privacy=full", "withheld"},
		{"P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", "withheld"},
		{"Privacy: id", "withheld"},
	} {
		if got := show(read(t, invite(tt.field), identity.Options{}).Sender); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.field, got, tt.want)
		}
	}
}

// TestAnswer: in an answer From is the caller, and the sender is who was
// reached.
func TestAnswer(t *testing.T) {
	for _, tt := range []struct{ field, want string }{
		{"X: y", "nobody"},
		{"P-Asserted-Identity: \"Hans\" <sip:" + hans + "@example.com>", hans + " Hans by P-Asserted-Identity"},
		{"Remote-Party-ID: <sip:" + hans + "@example.com>;party=called;screen=no", hans + " unscreened by Remote-Party-ID"},
		{"Remote-Party-ID: <sip:" + hans + "@example.com>;party=calling", hans + " by Remote-Party-ID"},
		{"Remote-Party-ID: <sip:" + hans + "@example.com>;party=called;privacy=full", "withheld"},
		{"From: <sip:anonymous@anonymous.invalid>", "nobody"},
		{"Privacy: id\r\nP-Asserted-Identity: <sip:" + hans + "@example.com>", "withheld"},
	} {
		id := read(t, answer(tt.field), identity.Options{Trusted: true})
		if got := show(id.Sender); got != tt.want || id.Called.Known() {
			t.Errorf("%s: got %s calling %s, want %s", tt.field, got, show(id.Called), tt.want)
		}
	}
}

// TestVerstat: what a carrier says of a signature stays with the number.
func TestVerstat(t *testing.T) {
	id := read(t, invite("P-Asserted-Identity: <sip:"+hans+";verstat=TN-Validation-Passed@example.com;user=phone>"), identity.Options{Trusted: true})
	if id.Sender.Number != hans || id.Sender.Telephone.Verstat != "TN-Validation-Passed" {
		t.Errorf("got %+v", id.Sender)
	}
}

// TestCaptures reads every INVITE, UPDATE and answer that Asterisk, FreeSWITCH
// and Kamailio mirrored, and compares with the golden file.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("testdata/captures/*.sip")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d captures found: %v", len(files), err)
	}
	var got strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		id := read(t, data, identity.Options{Trusted: true})
		fmt.Fprintf(&got, "%s\n  sender %s\n  called %s\n", filepath.Base(file), show(id.Sender), show(id.Called))
		for _, r := range id.Redirections {
			fmt.Fprintf(&got, "  passed on by %s because %q %d\n", show(r.Party), r.Reason, r.Cause)
		}
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
		t.Errorf("parties read otherwise than in %s; run with -update and look at the difference:\n%s", golden, got.String())
	}
}

// FuzzRead: a message that restricts its sender names nobody, and text comes
// out clean.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/captures/*.sip")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(invite("History-Info: <sip:1@a?Reason=SIP%3Bcause%3D302>;index=1, <sip:2@a>;index=1.1;mp=1", "Privacy: history"))
	f.Add(invite("Diversion: <sip:1@a>;reason=\"user-busy\";privacy=full", "Remote-Party-ID: <sip:2@a>;party=called"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m message.Message
		if m.Parse(data) != nil {
			return
		}
		id := identity.Read(&m, identity.Options{Trusted: true})
		parties := []identity.Party{id.Sender, id.Called}
		for _, r := range id.Redirections {
			parties = append(parties, r.Party)
		}
		for _, p := range parties {
			if p.Withheld && p.Number+p.User+p.Name != "" {
				t.Errorf("withheld and named: %+v", p)
			}
			for _, s := range []string{p.Number, p.User, p.Name} {
				if len(s) > address.MaxDisplay || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
					t.Errorf("%q came through", s)
				}
			}
		}
		if privacy := m.Get(message.Privacy); strings.EqualFold(string(privacy), "id") && !id.Sender.Withheld {
			t.Error("Privacy: id, and yet a sender")
		}
	})
}
