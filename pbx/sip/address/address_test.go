package address_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in             string
		display, user, host  string
		port                 uint16
		params, uriParams    address.Params
		headers, scheme, num string
	}{
		{
			name: "name-addr", in: `"Berta Beispiel" <sip:+493023125006@example.com:5070;user=phone?Subject=x>;tag=1;x`, display: "Berta Beispiel", user: "+493023125006",
			host: "example.com", port: 5070, params: "tag=1;x", uriParams: "user=phone", headers: "Subject=x", scheme: "sip", num: "+493023125006",
		},
		{name: "addr-spec: the parameters are the field's", in: "sip:1001@example.com;tag=1", user: "1001", host: "example.com", params: "tag=1", scheme: "sip", num: "1001"},
		{name: "name without quotes", in: "Berta B. <sips:1001@[2001:db8::1]:5061>", display: "Berta B.", user: "1001", host: "[2001:db8::1]", port: 5061, scheme: "sips", num: "1001"},
		{name: "no port behind IPv6", in: "<sip:1001@[2001:db8::1]>", user: "1001", host: "[2001:db8::1]", scheme: "sip", num: "1001"},
		{name: "quoted pairs", in: `"Maria \"Mia\" B\\" <sip:1@example.com>`, display: `Maria "Mia" B\`, user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "brackets and commas in quotes", in: `"Meier, Co <Bau>;tag=x" <sip:1@example.com>;tag=2`, display: "Meier, Co <Bau>;tag=x", user: "1", host: "example.com", params: "tag=2", scheme: "sip", num: "1"},
		{name: "quotes that do not end", in: `"Berta <sip:1@example.com>`, display: "Berta", user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "bracket that does not end", in: "<sip:1@example.com", user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "Latin-1", in: "\"M\xfcller\" <sip:1@example.com>", display: "Müller", user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "characters that disguise", in: "\"A\u202eB\x01C\" <sip:1@example.com>", display: "AB C", user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "placeholder of FreeSWITCH", in: `"Outbound Call" <sip:1@example.com>`, user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "placeholder of Asterisk", in: `"invalid" <sip:1@example.com>`, user: "1", host: "example.com", scheme: "sip", num: "1"},
		{name: "password", in: "<sip:1001:secret@example.com>", user: "1001", host: "example.com", scheme: "sip", num: "1001"},
		{name: "user with parameters and an escaped sign", in: "sip:user;par=u%40example.net@example.com", params: "par=u%40example.net@example.com", host: "user", scheme: "sip"},
		{name: "the same in brackets", in: "<sip:user;par=u%40example.net@example.com>", user: "user;par=u%40example.net", host: "example.com", scheme: "sip", num: "user"},
		{name: "tel", in: "tel:+49-30-23125-006;ext=7", user: "+49-30-23125-006;ext=7", params: "ext=7", scheme: "tel", num: "+493023125006"},
		{name: "tel in brackets", in: "<TEL:(030)23125.006>;tag=1", user: "(030)23125.006", params: "tag=1", scheme: "TEL", num: "03023125006"},
		{name: "no scheme", in: "1001@example.com", user: "1001", host: "example.com", num: "1001"},
		{name: "no scheme, a port", in: "<example.com:5060>", host: "example.com", port: 5060},
		{name: "digits alone", in: "<sip:103>", user: "103", scheme: "sip", num: "103"},
		{name: "another scheme", in: "urn:service:sos", host: "urn"},
		{name: "nothing"},
		{name: "nothing in brackets", in: "<>"},
		{name: "quotes alone", in: `""`},
	} {
		a := address.Parse(tt.in)
		if a.Display != tt.display || a.URI.User != tt.user || a.URI.Host != tt.host || a.URI.Port != tt.port ||
			a.Params != tt.params || a.URI.Params != tt.uriParams || a.URI.Headers != tt.headers || a.URI.Scheme != tt.scheme || a.URI.Number() != tt.num {
			t.Errorf("%s: got %+v with number %q", tt.name, a, a.URI.Number())
		}
	}
}

func TestTelephone(t *testing.T) {
	for in, want := range map[string]address.Telephone{
		"tel:+493023125006":                                          {Number: "+493023125006"},
		"sip:+49(30)23125-006@example.com;user=phone":                {Number: "+493023125006"},
		"sip:030-23125006@example.com;user=phone":                    {Number: "03023125006"},
		"sip:%2B493023125006@example.com":                            {Number: "+493023125006"},
		"sip:%2b49%2830%29231-25006@example.com":                     {Number: "+493023125006"},
		"sip:first.last@example.com":                                 {Number: "first.last"},
		"tel:first-last":                                             {Number: "first-last"},
		"tel:23125006;phone-context=+4930":                           {Number: "+493023125006"},
		"sip:23125006;PHONE-CONTEXT=%2B49-30@example.com;user=phone": {Number: "+493023125006"},
		"tel:+493023125006;phone-context=+1":                         {Number: "+493023125006"},
		"tel:7042;phone-context=pbx.example.com":                     {Number: "7042", Context: "pbx.example.com"},
		"tel:7042;phone-context=+x":                                  {Number: "7042"},
		"tel:+12025550101;npdi;rn=+1-202-555-0199;cic=+1-6789":       {Number: "+12025550101", Ported: true, RoutingNumber: "+12025550199", Carrier: "+1-6789"},
		"sip:+12025550101;npdi;rn=2025550199@example.com;user=phone": {Number: "+12025550101", Ported: true, RoutingNumber: "2025550199"},
		"tel:+493023125006;ext=12-3;postd=pp22;isub=411":             {Number: "+493023125006", Extension: "123", PostDial: "pp22", Subaddress: "411"},
		"tel:+12025550101;verstat=TN-Validation-Passed":              {Number: "+12025550101", Verstat: "TN-Validation-Passed"},
		"sip:+12025550101;verstat=No-TN-Validation@example.com":      {Number: "+12025550101", Verstat: "No-TN-Validation"},
		"sip:+12025550101@example.com;verstat=TN-Validation-Failed":  {Number: "+12025550101", Verstat: "TN-Validation-Failed"},
		"sip:null-%00-null@example.com":                              {Number: "null- -null"},
		"sip:1%zz@example.com":                                       {Number: "1%zz"},
		"sip:*72#@example.com":                                       {Number: "*72#"},
		"sip:" + strings.Repeat("1", 65) + "@example.com":            {},
		"sip:example.com":                                            {},
	} {
		if got := address.ParseURI(in).Telephone(); got != want {
			t.Errorf("%s: got %+v, want %+v", in, got, want)
		}
	}
}

func TestAnonymous(t *testing.T) {
	for in, want := range map[string]bool{
		"sip:anonymous@anonymous.invalid": true, "sip:1@Anonymous.Invalid": true, "sip:ANONYMOUS@example.com": true, "sip:restricted@x": true,
		"sip:private@x": true, "sip:withheld@x": true, "sip:unknown@x": true, "tel:anonymous": true, "sip:anonymou%73@x": true,
		"sip:invalid@x": false, "sip:unavailable@x": false, "sip:1001@x": false, "sip:anonymous.invalid@x": false,
	} {
		if address.ParseURI(in).Anonymous() != want {
			t.Errorf("%s: %t", in, !want)
		}
	}
	for in, want := range map[string]bool{"": true, "-": true, "Invalid": true, "unavailable": true, "anonymous": false, "0": false} {
		if address.Nobody(in) != want {
			t.Errorf("nobody %q: %t", in, !want)
		}
	}
}

func TestHeader(t *testing.T) {
	u := address.ParseURI("sip:1001@example.com;cause=302?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22&privacy=history&x")
	if got := u.Header("reason"); got != `SIP;cause=302;text="Moved"` {
		t.Errorf("reason %q", got)
	}
	if u.Header("Privacy") != "history" || u.Header("x") != "" || u.Header("y") != "" {
		t.Error("other headers are wrong")
	}
	if text, found := address.Params(`SIP; cause = 302 ;text="a;b"`).Get("text"); text != "a;b" || !found {
		t.Errorf("text %q", text)
	}
}

// FuzzParse: whatever it reads, text comes out clean and bounded.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`"Maria \"Mia\"" <sip:+493023125006;ext=1@example.com:5060;user=phone?Privacy=id>;tag=1`,
		"tel:+49-30;phone-context=example.com", "<sip:%2B49@[::1]:5>", "\"\xfc\\", "sip:a:b;c=\"d;e\"@f", "<:@>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a := address.Parse(in)
		tel := a.URI.Telephone()
		_ = a.URI.Header("Privacy")
		if len(a.Display) > address.MaxDisplay || len(tel.Number) > 2*address.MaxNumber {
			t.Errorf("out of bounds: %+v", a)
		}
		for _, s := range []string{a.Display, tel.Number, tel.Context, tel.Extension, tel.Verstat} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
				t.Errorf("%q came through", s)
			}
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if address.ParseURI("sip:+493023125006@192.0.2.1;user=phone").Number() == "" {
			b.Fatal("no number")
		}
	}
}
