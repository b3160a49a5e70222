package lookup

import "testing"

// own is a PBX with everything of its own.
func own() DialPlan {
	return DialPlan{
		Country: "DE", AreaCode: "30", OutsideLinePrefix: "0", InternalPatterns: []string{"1xx", "2000-2999", "*21"},
		MainNumbers: []MainNumber{{Number: "+49 30 23125", DDIDigits: 3}, {Number: "+496990009000"}},
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	digits := own()
	digits.InternalDigits = 2
	for _, c := range []struct {
		plan      DialPlan
		raw       string
		want      Number
		kind      Kind
		extension string
	}{
		{own(), "101", "", KindInternal, "101"},
		{own(), "2000", "", KindInternal, "2000"},
		{own(), "2999", "", KindInternal, "2999"},
		{own(), "115", "", KindInternal, "115"}, // an extension here, no service number
		{own(), "112", "", KindInvalid, ""},     // help is never an extension
		{own(), "110", "", KindInvalid, ""},
		{own(), "0112", "", KindInvalid, ""},
		{own(), "77", "", KindInternal, "77"}, // by no pattern, and no number either
		{own(), "300000", "+4930300000", KindPublic, ""},
		{digits, "77", "", KindInternal, "77"},
		{digits, "101", "", KindInternal, "101"},
		{DialPlan{InternalPatterns: []string{"5xxxxxx"}, AreaCode: "30"}, "5123456", "", KindInternal, "5123456"},
		// our own direct dials, in every notation
		{own(), "+493023125101", "", KindInternal, "101"},
		{own(), "03023125101", "", KindInternal, "101"},
		{own(), "003023125101", "", KindInternal, "101"},
		{own(), "00493023125101", "", KindInternal, "101"},
		{own(), "23125101", "", KindInternal, "101"},
		{own(), "sip:+493023125101@pbx.example.com", "", KindInternal, "101"},
		{own(), "+493023125901", "", KindInternal, ""}, // ours, but no extension
		{own(), "+4930231250", "", KindInternal, ""},
		{own(), "+496990009000", "", KindInternal, ""},
		// others
		{own(), "+49302312510", "+49302312510", KindPublic, ""},
		{own(), "+4930231251012", "+4930231251012", KindPublic, ""},
		{own(), "+496990009001", "+496990009001", KindPublic, ""},
		{own(), "+493023126101", "+493023126101", KindPublic, ""},
		{DialPlan{MainNumbers: []MainNumber{{Number: "+4930", DDIDigits: 3}, {}}}, "+493023125101", "+493023125101", KindPublic, ""},
	} {
		n, kind := c.plan.Parse(c.raw)
		if n != c.want || kind != c.kind {
			t.Errorf("Parse(%q) = %q, %s; want %q, %s", c.raw, n, kind, c.want, c.kind)
		}
		if readings, k := c.plan.Readings(c.raw); k != c.kind || len(readings) > 0 && readings[0] != c.want || (len(readings) > 0) != (c.want != "") {
			t.Errorf("Readings(%q) = %q, %s; want %q, %s", c.raw, readings, k, c.want, c.kind)
		}
		if got := c.plan.Extension(c.raw); got != c.extension {
			t.Errorf("Extension(%q) = %q, want %q", c.raw, got, c.extension)
		}
	}
}

func TestTypedDirectDial(t *testing.T) {
	t.Parallel()
	p := own()
	for text, want := range map[string]Class{
		"030 23125-101": ClassInternal, "+49 (0)30 23125 101": ClassInternal, "101": ClassInternal,
		"030 23125-901": ClassInternal, "030 23126-101": ClassNational,
	} {
		if got, _ := p.TypedClass(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if n, kind := p.ParseTyped("030 23125-101"); n != "" || kind != KindInternal || p.Extension("030 23125-101") != "101" {
		t.Errorf("a direct dial that is an extension is %q, %s", n, kind)
	}
	if n, kind := p.ParseTyped("030 23125-901"); n != "+493023125901" || kind != KindPublic {
		t.Errorf("a direct dial that is none is %q, %s: it is dialled as a number", n, kind)
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, digits string
		valid, fits     bool
	}{
		{"1xx", "101", true, true},
		{"1xx", "1011", true, false},
		{"1xx", "201", true, false},
		{"1XX", "199", true, true},
		{"2000-2999", "2000", true, true},
		{"2000-2999", "2999", true, true},
		{"2000-2999", "3000", true, false},
		{"2000-2999", "200", true, false},
		{"200-2999", "200", false, false},
		{"2999-2000", "2500", false, false},
		{"", "", false, true},
		{"-", "", false, true},
		{"1*", "1*", false, true},
		{"xxxxxxxxxxxxxxxx", "1", false, false},
	} {
		if got := ValidPattern(c.pattern); got != c.valid {
			t.Errorf("ValidPattern(%q) = %v", c.pattern, got)
		}
		if got := fits(c.pattern, c.digits); got != c.fits {
			t.Errorf("fits(%q, %q) = %v", c.pattern, c.digits, got)
		}
	}
}

func TestOwnPrefixes(t *testing.T) {
	t.Parallel()
	ownPrefixes := DialPlan{Country: "DE", NationalPrefix: "9", InternationalPrefix: "990"}
	local := DialPlan{Country: "DE", AreaCode: "030", OutsideLinePrefix: "9", LocalNumbers: true}
	american := DialPlan{Country: "US", AreaCode: "212", OutsideLinePrefix: "9", LocalNumbers: true}
	finnish := DialPlan{Country: "FI", InternationalPrefix: "99900"}
	for _, c := range []struct {
		plan   DialPlan
		number Number
		want   string
	}{
		{ownPrefixes, "+493023125101", "93023125101"},
		{ownPrefixes, "+431234567890", "990431234567890"},
		{local, "+493023125101", "923125101"},
		{local, "+496990009001", "906990009001"},
		{local, "+41446681800", "90041446681800"},
		{american, "+12125550123", "95550123"},
		{american, "+14155550123", "914155550123"},
		{finnish, "+493023125101", "99900493023125101"},
	} {
		got, err := c.plan.Dial(c.number)
		if err != nil || got != c.want {
			t.Errorf("%+v dials %q for %s, want %q (%v)", c.plan, got, c.number, c.want, err)
		}
		if n, kind := c.plan.Parse(got); n != c.number || kind != KindPublic {
			t.Errorf("%+v reads %q back as %q, %s", c.plan, got, n, kind)
		}
	}
	for _, raw := range []string{"93023125101", "03023125101", "00493023125101", "990493023125101"} { // trunks keep the country's own
		if n, _ := ownPrefixes.Parse(raw); n != "+493023125101" {
			t.Errorf("%q is read as %q", raw, n)
		}
	}
}
