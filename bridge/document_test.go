package bridge

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

func testEnv(name string) string {
	return map[string]string{"PBX_PASSWORD": "geheim-pbx", "ORG_SECRET": "geheim-org"}[name]
}

func TestParseDocument(t *testing.T) {
	f, err := os.Open("testdata/document.full.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := ParseDocument(f, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Orgs[0]; got.ID != "00D000000000001EAA" || got.InstanceURL != "https://example.my.salesforce.com" || got.ClientSecret != "geheim-org" {
		t.Errorf("org %+v", got)
	}
	if got := d.Links[0]; got.Password != "geheim-pbx" || got.DialPlan.AreaCode != "030" || got.DialPlan.Country != "DE" || got.DialPlan.OutsideLinePrefix != "0" {
		t.Errorf("link %+v", got)
	}
	if p := lookup.DialPlan(d.Links[0].DialPlan); !slices.Equal(p.InternalPatterns, []string{"1xx", "2000-2999"}) ||
		!slices.Equal(p.MainNumbers, []lookup.MainNumber{{Number: "+493023125", DDIDigits: 3}, {Number: "+4930231260"}}) ||
		p.NationalPrefix != "0" || p.InternationalPrefix != "00" || !p.LocalNumbers {
		t.Errorf("dial plan %+v", p)
	}
	want := []Agent{
		{
			Email: "berta.beispiel@example.com", Org: "00D000000000001EAA", SalesforceUser: "005000000000001AAA", Enabled: true, KeepEnabled: true,
			Devices: []Device{{"main", "0103"}, {"main", "104"}}, Groups: []string{"Sales"}, SwitchAgent: "4711",
			Settings: Settings{PopOn: ptr(PopByHand), Sound: ptr(false), AllowedDevices: []Device{{"main", "150"}, {"main", "151"}}, ShiftHours: ptr(9), Dispositions: []string{"Sold", "Call back"}},
		},
		{Email: "anton.anders@example.com", Org: "00D000000000001EAA", Devices: []Device{{"main", "0x10"}}},
	}
	if !reflect.DeepEqual(d.Agents, want) {
		t.Errorf("agents\n got %+v\nwant %+v", d.Agents, want)
	}
	if want := (Retention{Journal: 60, Recents: 7, Traces: 10, Audit: 730}); d.Retention != want {
		t.Errorf("retention %+v, want %+v", d.Retention, want)
	}
	if g := d.Groups[0]; *g.Settings.PopOn != PopOnAnswer || *g.Settings.OpenRecord || g.Settings.ShowDetails != nil {
		t.Errorf("group %+v", g)
	}
	if s := d.Groups[0].Settings; *s.DialClass != DialNational || *s.DialSharedCost || *s.DialsPerMinute != 12 || *s.DialsPerTenSeconds != 2 ||
		!slices.Equal(s.DialBlocked, []string{"+49137", "+4932"}) {
		t.Errorf("rights to dial %+v", s)
	}
	if s := d.Groups[0].Settings; *s.CreateOutbound != "none" || !*s.QuietInCall || *s.LogCalls {
		t.Errorf("settings %+v", s)
	}
	excluded := []Exclusion{{Number: "+493023125500", Reason: "works council"}, {Number: "+4930231256*"}, {Extension: "190", Reason: "company doctor"}}
	if !slices.Equal(d.Exclusions, excluded) || !slices.Equal(d.Links[0].TestExtensions, []string{"90xx"}) {
		t.Errorf("exclusions %+v, test extensions %v", d.Exclusions, d.Links[0].TestExtensions)
	}
	if err := d.Validate(Document{}); err != nil {
		t.Errorf("refers to nothing outside itself, yet %v", err)
	}
}

// TestDocumentFixtures reads each testdata/document.bad.*.yml. Its first line
// tells the faults that are expected, as "# path | line | words".
func TestDocumentFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/document.bad.*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(raw), "\n")
			want := strings.Split(strings.TrimPrefix(first, "# "), " | ")
			_, err = ParseDocument(bytes.NewReader(raw), testEnv)
			faults, ok := asFieldErrors(err)
			if !ok || len(faults) != 1 {
				t.Fatalf("want one fault %q, got %v", want, err)
			}
			got := faults[0]
			if got.Path != want[0] || fmt.Sprint(got.Line) != want[1] || !strings.Contains(got.Text, want[2]) {
				t.Errorf("got %+v, want %q", got, want)
			}
			if strings.Contains(got.Text, "geheim") {
				t.Errorf("%q tells a secret", got.Text)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\nagents:\n")
	for range 40 {
		text.WriteString("  - email: nobody\n    org: x\n")
	}
	_, err := ParseDocument(strings.NewReader(text.String()), testEnv)
	faults, ok := asFieldErrors(err)
	if !ok || len(faults) < 80 {
		t.Fatalf("got %d faults", len(faults))
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != shownErrors+1 || !strings.HasPrefix(lines[0], "line 3: agents[0].email: ") || !strings.HasPrefix(lines[shownErrors], "and ") {
		t.Errorf("text %q", err)
	}
}

func TestValidateAgainstKnown(t *testing.T) {
	key := testKey(t, 1)
	known := Document{Version: 1}
	parse(t, &known, "version: 1\norgs: [{id: 00D000000000001, name: Main, instanceURL: 'https://a.example.com', ticketCertificates: [{kid: k, pem: %q}]}]\n"+
		"links: [{name: main, type: sip, server: pbx.example.com}]\ngroups: [{name: Sales}]\n", key)
	for what, c := range map[string]struct{ text, path string }{
		"all there":      {"agents: [{email: a@example.com, org: 00D000000000001, groups: [Sales], devices: [{link: main, extension: 1}]}]", ""},
		"no such org":    {"agents: [{email: a@example.com, org: 00D000000000002}]", "agents[0].org"},
		"no such link":   {"agents: [{email: a@example.com, org: 00D000000000001, devices: [{link: x, extension: 1}]}]", "agents[0].devices[0].link"},
		"no such group":  {"agents: [{email: a@example.com, org: 00D000000000001, groups: [x]}]", "agents[0].groups[0]"},
		"key of another": {"orgs: [{id: 00D000000000002, name: O, instanceURL: 'https://b.example.com', ticketCertificates: [{kid: k, pem: %q}]}]", "orgs[0].ticketCertificates[0].pem"},
		"own user elsewhere": {"orgs: [{id: 00D000000000002, name: O, instanceURL: 'https://b.example.com'}]\n" +
			"agents: [{email: a@example.com, org: 00D000000000001, salesforceUser: 005000000000001}, {email: b@example.com, org: 00D000000000002, salesforceUser: 005000000000001}]", ""},
		"allowed on no link":      {"groups: [{name: G, settings: {allowedDevices: [{link: x, extension: 1}]}}]", "groups[0].settings.allowedDevices[0].link"},
		"allowed on a known link": {"groups: [{name: G, settings: {allowedDevices: [{link: main, extension: 1}]}}]", ""},
		"own allowed, no link":    {"agents: [{email: a@example.com, org: 00D000000000001, settings: {allowedDevices: [{link: x, extension: 1}]}}]", "agents[0].settings.allowedDevices[0].link"},
		"sandbox at work": {"orgs: [{id: 00D000000000002, name: O, sandbox: true, instanceURL: 'https://b.example.com'}]\n" +
			"agents: [{email: a@example.com, org: 00D000000000002, devices: [{link: main, extension: 103}]}]", "agents[0].devices[0].extension"},
		"sandbox at a test telephone": {"orgs: [{id: 00D000000000002, name: O, sandbox: true, instanceURL: 'https://b.example.com'}]\n" +
			"links: [{name: main, type: sip, server: pbx.example.com, testExtensions: [90xx]}]\n" +
			"agents: [{email: a@example.com, org: 00D000000000002, devices: [{link: main, extension: 9001}]}]", ""},
		"own key again":   {"orgs: [{id: 00D000000000001, name: O, instanceURL: 'https://b.example.com', ticketCertificates: [{kid: k2, pem: %q}]}]", ""},
		"name of another": {"orgs: [{id: 00D000000000002, name: Main, instanceURL: 'https://b.example.com'}]", "orgs[0].name"},
	} {
		var d Document
		args := []any{}
		if strings.Contains(c.text, "%q") {
			args = append(args, key)
		}
		parse(t, &d, "version: 1\n"+c.text+"\n", args...)
		err := d.Validate(known)
		faults, _ := asFieldErrors(err)
		if c.path == "" && err != nil || c.path != "" && (len(faults) != 1 || faults[0].Path != c.path) {
			t.Errorf("%s: got %v, want a fault at %q", what, err, c.path)
		}
	}
}

func parse(t *testing.T, d *Document, text string, args ...any) {
	t.Helper()
	got, err := ParseDocument(strings.NewReader(fmt.Sprintf(text, args...)), testEnv)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	*d = got
}

func TestMarshalDocumentRoundTrip(t *testing.T) {
	raw, err := os.ReadFile("testdata/document.full.yml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDocument(bytes.NewReader(raw), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	d.Orgs[0].TicketCertificates = append(d.Orgs[0].TicketCertificates, lookupCert("k9", testKey(t, 2)))
	var out bytes.Buffer
	if err := MarshalDocument(&out, d); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "geheim") {
		t.Fatalf("an export tells secrets:\n%s", &out)
	}
	if d.Orgs[0].ClientSecret == "" {
		t.Fatal("an export took the secrets out of the original")
	}
	back, err := ParseDocument(&out, func(string) string { return "" })
	if err != nil {
		t.Fatalf("export is no import: %v", err)
	}
	for i := range d.Agents {
		d.Agents[i].KeepEnabled = false // an export says it of each
	}
	if want := d.WithoutSecrets(); !reflect.DeepEqual(back, want) {
		t.Errorf("got  %+v\nwant %+v", back, want)
	}
}

func TestSalesforceID(t *testing.T) {
	for _, c := range []struct {
		in, want string
		ok       bool
	}{
		{"00D000000000001", "00D000000000001EAA", true},
		{"00D000000000001EAA", "00D000000000001EAA", true},
		{"00D000000000001eaa", "00D000000000001EAA", true},
		{"001A0000006Vm9r", "001A0000006Vm9rIAC", true}, // the example of Salesforce's own documentation
		{"aAaAaAaAaAaAaAa", "aAaAaAaAaAaAaAaKVK", true},
		{"00D000000000001AAA", "", false},
		{"00D00000000000", "", false},
		{"00D0000000000-1", "", false},
		{"", "", false},
	} {
		if got, ok := SalesforceID(c.in); got != c.want || ok != c.ok {
			t.Errorf("%q: got %q %v, want %q %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestParseTicketKey(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	short, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	good := testKey(t, 3)
	if _, err := ParseTicketKey(good); err != nil {
		t.Errorf("good key: %v", err)
	}
	for what, c := range map[string]struct{ text, word string }{
		"nothing":     {"", "is not PEM"},
		"two":         {good + good, "several"},
		"elliptic":    {block("PUBLIC KEY", ecDER), "not an RSA key"},
		"short":       {block("PUBLIC KEY", short), "2048 bits"},
		"private":     {block("RSA PRIVATE KEY", []byte("x")), "private key"},
		"other":       {block("X", []byte("x")), "CERTIFICATE"},
		"broken":      {block("CERTIFICATE", []byte("x")), "download"},
		"broken key ": {block("PUBLIC KEY", []byte("x")), "download"},
	} {
		if _, err := ParseTicketKey(c.text); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: got %v, want %q in it", what, err, c.word)
		}
	}
}

func TestHostPort(t *testing.T) {
	for _, c := range []struct {
		text        string
		host, named bool // good as host with an optional port; only with a port
	}{
		{"pbx.example.com", true, false},
		{"pbx.example.com:5060", true, true},
		{"192.0.2.1", true, false},
		{"[2001:db8::1]:5060", true, true},
		{"2001:db8::1", true, false},
		{":5060", true, true},
		{"pbx:sip", false, false},
		{"pbx:70000", false, false},
		{"a b", false, false},
		{"a:1:2", false, false},
		{"sip:1@pbx", false, false},
	} {
		if got := hostPort(c.text, false); got != c.host {
			t.Errorf("%q as host: %v", c.text, got)
		}
		if got := hostPort(c.text, true); got != c.named {
			t.Errorf("%q as host:port: %v", c.text, got)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	files, err := filepath.Glob("testdata/document.*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDocument(strings.NewReader(text), testEnv)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		var out bytes.Buffer
		if err := MarshalDocument(&out, d); err != nil {
			t.Fatal(err)
		}
		again, err := ParseDocument(bytes.NewReader(out.Bytes()), testEnv)
		if err != nil {
			t.Fatalf("export is no import: %v\n%s", err, &out)
		}
		var second bytes.Buffer
		if err := MarshalDocument(&second, again); err != nil || !bytes.Equal(out.Bytes(), second.Bytes()) {
			t.Fatalf("export changes, %v:\n%s\n%s", err, &out, &second)
		}
	})
}

func asFieldErrors(err error) (FieldErrors, bool) {
	var faults FieldErrors
	ok := errors.As(err, &faults)
	return faults, ok
}

func lookupCert(kid, text string) lookup.TicketCertificate {
	return lookup.TicketCertificate{KID: kid, PEM: text}
}

// testKey is a public key block; n makes it another one. Nobody has its
// private part, nor is there need to wait for a real one.
func testKey(t testing.TB, n int64) string {
	t.Helper()
	modulus := new(big.Int).Lsh(big.NewInt(1), 2047)
	der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: modulus.Add(modulus, big.NewInt(2*n+1)), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
