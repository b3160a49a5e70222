package lookup

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

func TestDialPlanParse(t *testing.T) {
	t.Parallel()
	plain := DialPlan{Country: "DE", AreaCode: "30"}
	zero := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	international := DialPlan{Country: "DE", International: true}
	american := DialPlan{Country: "US", AreaCode: "212", OutsideLinePrefix: "9"}
	const berlin = "+493023125101"
	for _, c := range []struct {
		plan DialPlan
		raw  string
		want Number
		kind Kind
	}{
		{plain, "03023125101", berlin, KindPublic},
		{plain, "+493023125101", berlin, KindPublic},
		{plain, "00493023125101", berlin, KindPublic},
		{plain, "493023125101", berlin, KindPublic},
		{plain, "3023125101", berlin, KindPublic},
		{plain, "23125101", berlin, KindPublic},
		{plain, "sip:+493023125101@pbx.example.com;user=phone", berlin, KindPublic},
		{plain, "\"Berta\" <sip:03023125101@pbx.example.com>", berlin, KindPublic},
		{plain, "tel:+49-30-23125101", berlin, KindPublic},
		{DialPlan{}, "03023125101", berlin, KindPublic},
		{zero, "003023125101", berlin, KindPublic},
		{zero, "03023125101", berlin, KindPublic},
		{zero, "000493023125101", berlin, KindPublic},
		{zero, "00493023125101", berlin, KindPublic},
		{zero, "004921123456", "+494921123456", KindPublic}, // 0, 04921 123456
		{zero, "0+493023125101", berlin, KindPublic},
		{zero, "0041446681800", "+41446681800", KindPublic}, // without the outside digit; area 04144 has few numbers that long
		{zero, "001729925904", "+491729925904", KindPublic},
		{zero, "0015112345678", "+4915112345678", KindPublic},
		{zero, "004315123456", "+494315123456", KindPublic}, // 0, 0431 5123456: Vienna comes as 000431…
		{international, "0493023125101", berlin, KindPublic},
		{zero, "000431 5123456", "+4315123456", KindPublic},
		{zero, "23125101", berlin, KindPublic},
		{international, "493023125101", berlin, KindPublic},
		{international, "12125550100", "+12125550100", KindPublic},
		{international, "4315123456", "+4315123456", KindPublic},
		{international, "03023125101", berlin, KindPublic},
		{DialPlan{International: true, OutsideLinePrefix: "0"}, "04921265320", "+494921265320", KindPublic},
		{DialPlan{International: true, OutsideLinePrefix: "0"}, "0493023125101", berlin, KindPublic},
		{american, "912125550100", "+12125550100", KindPublic},
		{american, "92125550100", "+12125550100", KindPublic},
		{american, "2125550100", "+12125550100", KindPublic},
		{american, "5550100", "+12125550100", KindPublic},
		{american, "9011493023125101", berlin, KindPublic},
		{american, "911", "", KindInvalid},
		{american, "9911", "", KindInvalid},
		{american, "411", "", KindInvalid},
		{american, "110", "", KindInternal},
		{plain, "", "", KindInvalid},
		{plain, "invalid", "", KindInvalid},
		{plain, "alice", "", KindInvalid},
		{plain, "110", "", KindInvalid},
		{plain, "112", "", KindInvalid},
		{plain, "911", "", KindInvalid},
		{plain, "999", "", KindInvalid},
		{plain, "115", "", KindInvalid},
		{plain, "116117", "", KindInvalid},
		{plain, "11880", "", KindInvalid},
		{plain, "+49112", "", KindInvalid},
		{plain, "0049110", "", KindInvalid},
		{zero, "0112", "", KindInvalid},
		{zero, "0110", "", KindInvalid},
		{plain, "*62", "", KindInvalid},
		{plain, "103#", "", KindInvalid},
		{plain, "103", "", KindInternal},
		{plain, "12345", "", KindInternal},
		{plain, "1", "", KindInternal},
		{DialPlan{InternalDigits: 3}, "1234", "", KindInvalid},
		{DialPlan{Country: "AT"}, "142", "", KindInvalid},
		{DialPlan{Country: "CH"}, "1414", "", KindInvalid},
		{DialPlan{Country: "FR"}, "115", "", KindInvalid},
		{DialPlan{Country: "PL"}, "998", "", KindInvalid},
		{DialPlan{Country: "IT"}, "1522", "", KindInvalid},
		{DialPlan{Country: "ES"}, "091", "", KindInvalid},
		{plain, "\"Anonymous\" <sip:+493023125101@pbx.example.com>", "", KindWithheld},
		{plain, "\"Unknown\" <sip:+493023125101@pbx.example.com>", berlin, KindPublic},
		{plain, "anonymous", "", KindWithheld},
		{plain, "Anonymous", "", KindWithheld},
		{plain, "sip:anonymous@anonymous.invalid", "", KindWithheld},
		{plain, "unknown", "", KindWithheld},
		{plain, "Restricted", "", KindWithheld},
		{plain, "private", "", KindWithheld},
		{plain, "withheld", "", KindWithheld},
		{plain, "unavailable", "", KindWithheld},
		{plain, strings.Repeat("1", 5000), "", KindInvalid},
	} {
		if got, kind := c.plan.Parse(c.raw); got != c.want || kind != c.kind {
			t.Errorf("%+v.Parse(%q) = %q, %s; want %q, %s", c.plan, c.raw, got, kind, c.want, c.kind)
		}
	}
}

func TestDialPlanParseTyped(t *testing.T) {
	t.Parallel()
	p := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	for _, c := range []struct {
		text string
		want Number
		kind Kind
	}{
		{"030 23125101", "+493023125101", KindPublic},
		{"+49 (0)30 23125-101", "+493023125101", KindPublic},
		{"0 030 23125101", "+493023125101", KindPublic},
		{"2312 5101", "+493023125101", KindPublic},
		{"tel:+49-30-23125101", "+493023125101", KindPublic},
		{"030/23125-0 DW 29", "+49302312529", KindPublic},
		{"103", "", KindInternal},
		{"112", "", KindInvalid},
		{"0112", "", KindInvalid},
		{"1 1 0", "", KindInvalid},
		{"+49 112", "", KindInvalid},
		{"", "", KindInvalid},
		{"Berta", "", KindInvalid},
		{"anonymous", "", KindInvalid},
	} {
		if got, kind := p.ParseTyped(c.text); got != c.want || kind != c.kind {
			t.Errorf("ParseTyped(%q) = %q, %s; want %q, %s", c.text, got, kind, c.want, c.kind)
		}
	}
}

func TestDialPlanReadings(t *testing.T) {
	t.Parallel()
	zero := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	for raw, want := range map[string]string{
		"+493023125101":  "+493023125101",
		"0041446681800":  "+41446681800 +4941446681800",
		"004315123456":   "+494315123456 +4315123456",
		"023125101":      "+4923125101 +493023125101", // Dortmund, or Berlin behind an outside line
		"0003023125101":  "",
		"anonymous":      "",
		"0000000000000":  "",
		"00493023125101": "+493023125101",
	} {
		got, kind := zero.Readings(raw)
		var list []string
		for _, n := range got {
			list = append(list, string(n))
		}
		if first, k := zero.Parse(raw); k != kind || len(got) > 0 && got[0] != first || strings.Join(list, " ") != want {
			t.Errorf("Readings(%q) = %v, %s; want %s", raw, got, kind, want)
		}
	}
}

func TestDialPlanDial(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		plan DialPlan
		n    Number
		want string
	}{
		{DialPlan{}, "+493023125101", "03023125101"},
		{DialPlan{OutsideLinePrefix: "0"}, "+493023125101", "003023125101"},
		{DialPlan{OutsideLinePrefix: "0"}, "+4315123456", "0004315123456"},
		{DialPlan{Country: "US", OutsideLinePrefix: "9"}, "+12125550100", "912125550100"},
		{DialPlan{Country: "US", OutsideLinePrefix: "9"}, "+493023125101", "9011493023125101"},
		{DialPlan{Country: "IT"}, "+390612345678", "0612345678"},
		{DialPlan{International: true}, "+493023125101", "493023125101"},
	} {
		if got, err := c.plan.Dial(c.n); got != c.want || err != nil {
			t.Errorf("%+v.Dial(%s) = %q, %v; want %q", c.plan, c.n, got, err, c.want)
		}
	}
	for _, n := range []Number{"+49112", "+49110", "112", "+1911", "", "+", "03023125101", "+49x", "+499001123456", "+43144"} {
		if got, err := (DialPlan{}).Dial(n); !errors.Is(err, ErrNotDialable) {
			t.Errorf("Dial(%q) = %q, %v; want ErrNotDialable", n, got, err)
		}
	}
}

// samples are numbers of the ten countries that issue 6 judges by: the
// metadata's example of each kind, and the fiction ranges.
func samples(country string) []Number {
	var numbers []Number
	for _, kind := range []phonenumbers.PhoneNumberType{
		phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.VOIP,
	} {
		if n := phonenumbers.GetExampleNumberForType(country, kind); n != nil {
			numbers = append(numbers, Number(phonenumbers.Format(n, phonenumbers.E164)))
		}
	}
	switch country {
	case "DE":
		numbers = append(numbers, "+493023125000", "+493023125999", "+496990009000", "+492214710999")
	case "GB":
		numbers = append(numbers, "+441632960000", "+441632960999")
	case "US":
		numbers = append(numbers, "+12125550100", "+13105550199")
	}
	return numbers
}

// Both sides of a look-up must agree, however each is written: the same number
// typed into a field in ten notations and sent by a switch in eight.
func TestFieldAndSwitchAgree(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"DE", "AT", "CH", "FR", "GB", "US", "NL", "IT", "ES", "PL"} {
		r := plans().regions[country]
		outside := "0"
		if country == "US" {
			outside = "9"
		}
		for _, want := range samples(country) {
			e164 := string(want)
			digits := e164[1:]
			national := strings.TrimPrefix(digits, r.plan.code)
			parsed, err := phonenumbers.Parse(e164, "")
			if err != nil {
				t.Fatal(err)
			}
			typed := []string{
				e164, digits[:0] + r.trunk + national, r.intl + digits, "00" + digits, "+" + r.plan.code + " " + national,
				phonenumbers.Format(parsed, phonenumbers.NATIONAL), phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL),
				phonenumbers.Format(parsed, phonenumbers.RFC3966), "Tel. " + e164, r.trunk + national + " (Zentrale)",
			}
			if r.trunk == "0" {
				typed = append(typed, fmt.Sprintf("+%s (0)%s", r.plan.code, national), fmt.Sprintf("+%s0%s", r.plan.code, national))
			}
			for _, text := range typed {
				if got := ParseField(text, country); len(got) != 1 || got[0] != want {
					t.Errorf("%s: ParseField(%q) = %v, want %s", country, text, got, want)
				}
			}
			plain := DialPlan{Country: country}
			prefixed := DialPlan{Country: country, OutsideLinePrefix: outside}
			international := DialPlan{Country: country, International: true}
			for _, c := range []struct {
				plan DialPlan
				raw  string
			}{
				{plain, e164},
				{plain, r.trunk + national},
				{plain, r.intl + digits},
				{plain, "sip:" + e164 + "@pbx.example.com"},
				{prefixed, e164},
				{prefixed, outside + r.trunk + national},
				{prefixed, outside + r.intl + digits},
				{prefixed, r.trunk + national},
				{international, digits},
				{international, e164},
			} {
				if got, kind := c.plan.Parse(c.raw); got != want || kind != KindPublic {
					t.Errorf("%+v.Parse(%q) = %q, %s; want %s", c.plan, c.raw, got, kind, want)
				}
			}
			for _, p := range []DialPlan{plain, prefixed, international} {
				dialled, err := p.Dial(want)
				if got, _ := p.Parse(dialled); err != nil || got != want {
					t.Errorf("%+v: Dial(%s) = %q, %v, which reads back as %q", p, want, dialled, err, got)
				}
			}
		}
	}
}

// What libphonenumber makes of its own example numbers, we make of them too,
// in every region of the world.
func TestAgreesWithLibphonenumber(t *testing.T) {
	t.Parallel()
	for id := range plans().regions {
		n := phonenumbers.GetExampleNumber(id)
		if n == nil {
			continue
		}
		if national := phonenumbers.GetNationalSignificantNumber(n); len(national) < 7 || consecutive(national) {
			continue // islands with four digits, and 2345678
		}
		want := Number(phonenumbers.Format(n, phonenumbers.E164))
		for _, f := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL} {
			text := phonenumbers.Format(n, f)
			if got := ParseField(text, id); len(got) != 1 || got[0] != want {
				t.Errorf("%s: ParseField(%q) = %v, want %s", id, text, got, want)
			}
		}
	}
}

func BenchmarkDialPlanParse(b *testing.B) {
	p := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	sent := []string{"+493023125101", "03023125101", "004315123456", "23125101", "103", "anonymous"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Parse(sent[i%len(sent)])
	}
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	for n, want := range map[Number]string{"+493023125101": "+49 30 23125101", "+12125550100": "+1 212-555-0100", "": "", "x": "x"} {
		if got := n.Display("DE"); got != want {
			t.Errorf("%q.Display = %q, want %q", n, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"DE": "DE", "de": "DE", "DEU": "DE", "Germany": "DE", "Deutschland": "DE", " deutschland ": "DE", "D": "DE",
		"Österreich": "AT", "OESTERREICH": "AT", "Austria": "AT", "Schweiz": "CH", "Switzerland": "CH", "USA": "US",
		"U.S.A.": "US", "United States": "US", "Vereinigte Staaten": "US", "UK": "GB", "England": "GB",
		"Großbritannien": "GB", "Grossbritannien": "GB", "Vereinigtes Königreich": "GB", "United Kingdom": "GB",
		"Frankreich": "FR", "France": "FR", "Niederlande": "NL", "The Netherlands": "NL", "Italien": "IT", "Spanien": "ES",
		"Polen": "PL", "Poland": "PL", "Türkei": "TR", "": "", "Atlantis": "", "XX": "",
	} {
		if got, ok := Country(name); got != want || ok != (want != "") {
			t.Errorf("Country(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
}

func FuzzParseField(f *testing.F) {
	for _, s := range []string{"030 23125101", "+49 (0)30 23125-29/30", "tel:1;phone-context=+4930", "1-800-FLOWERS", "4.9E+12", "(0)", "+39 (0)6"} {
		f.Add(s, "DE")
	}
	f.Fuzz(func(t *testing.T, text, country string) {
		for _, n := range ParseField(text, country) {
			if !n.Valid() {
				t.Errorf("ParseField(%q, %q) gave %q", text, country, n)
			}
		}
	})
}

func FuzzDialPlan(f *testing.F) {
	f.Add("03023125101", "DE", "30", "0", "", "", "1xx,2000-2999", "+49 30 23125", 3, 4, uint8(0))
	f.Add("sip:anonymous@anonymous.invalid", "US", "", "9", "", "", "", "", 0, 0, uint8(1))
	f.Add("0030101", "DE", "030", "0", "", "", "", "+493023125", 3, 3, uint8(2))
	f.Add("8810492312510", "GB", "20", "8", "8", "810", "x", "+44 20", 0, 5, uint8(3))
	f.Add("0", "DK", "", "0", "", "", "1xx", "", 0, 0, uint8(0)) // nothing behind the line, and no trunk prefix
	f.Fuzz(func(t *testing.T, raw, country, area, outside, national, international, patterns, main string, ddi, internal int, flags uint8) {
		p := DialPlan{
			Country: country, AreaCode: area, OutsideLinePrefix: outside, InternalDigits: internal,
			InternalPatterns: strings.Split(patterns, ","), MainNumbers: []MainNumber{{Number: main, DDIDigits: ddi}},
			NationalPrefix: national, InternationalPrefix: international,
			International: flags&1 != 0, LocalNumbers: flags&2 != 0,
		}
		var read []Number
		for _, parse := range []func(string) (Number, Kind){p.Parse, p.ParseTyped} {
			n, kind := parse(raw)
			if (kind == KindPublic) != (n != "") || n != "" && !n.Valid() {
				t.Errorf("%+v on %q gave %q, %s", p, raw, n, kind)
			}
			read = append(read, n)
		}
		readings, kind := p.Readings(raw)
		for _, n := range readings {
			if kind != KindPublic || !n.Valid() {
				t.Errorf("%+v reads %q as %q among %s", p, raw, n, kind)
			}
		}
		for _, n := range append(read, readings...) {
			dialsNothingElse(t, p, n)
		}
		p.TypedExtension(raw)
		p.TypedClass(raw)
	})
}

// dialsNothingElse: what Dial makes of n is no emergency number behind the prefix for a
// line.
func dialsNothingElse(t *testing.T, p DialPlan, n Number) {
	t.Helper()
	out, err := p.Dial(n)
	if err != nil {
		return
	}
	rest, ok := strings.CutPrefix(out, p.OutsideLinePrefix)
	if r := p.region(plans()); !ok || rest == "" || short(r, rest) {
		t.Errorf("%+v dials %q for %q", p, out, n)
	}
}

// Emergency numbers are libphonenumber's, in every region.
func TestEmergencyNumbersAreLibphonenumbers(t *testing.T) {
	t.Parallel()
	helped := 0
	for id, r := range plans().regions {
		for n := range 2_000 {
			digits := strconv.Itoa(n)
			if len(digits) < 3 {
				digits = fmt.Sprintf("%02d", n)
			}
			want := phonenumbers.IsEmergencyNumber(digits, id)
			if got := r.helps(digits); got != want {
				t.Errorf("%s: %s is an emergency number: %t, libphonenumber says %t", id, digits, got, want)
			}
			if want {
				helped++
			}
		}
	}
	if helped < len(plans().regions) {
		t.Errorf("only %d emergency numbers seen", helped)
	}
}

// What a ringing call is read from takes the memory of its number and no more.
func TestReadingsAllocateTheirNumbersOnly(t *testing.T) {
	p := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	for raw, most := range map[string]float64{
		"+493023125101": 1, "03023125101": 1, "022147110000": 1, "0041446681800": 2, "103": 0, "anonymous": 0,
	} {
		got := testing.AllocsPerRun(100, func() {
			var room [MaxReadings]Number
			_, _ = p.AppendReadings(room[:0], raw)
		})
		if got > most {
			t.Errorf("%s: %v allocations, %v at most", raw, got, most)
		}
	}
}

// BenchmarkReadings is what a ringing call costs: with plus, as a trunk prefix
// says it, and where there are two ways to read it.
func BenchmarkReadings(b *testing.B) {
	p := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	for _, raw := range []string{"+493023125101", "03023125101", "0041446681800", "23125101", "103", "022147110000"} {
		b.Run(raw, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.Readings(raw)
			}
		})
	}
}
