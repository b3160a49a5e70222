package lookup

import (
	"testing"
	"unicode"
)

func TestDialClass(t *testing.T) {
	for _, c := range []struct {
		country, number string
		want            Class
	}{
		{"DE", "+493023125101", ClassNational},
		{"DE", "+491729925904", ClassNational},
		{"DE", "+498001234567", ClassNational}, // freephone
		{"DE", "+4918051234567", ClassSharedCost},
		{"DE", "+499001234567", ClassPremium},
		{"DE", "+49112", ClassEmergency},
		{"DE", "+49110", ClassEmergency},
		{"DE", "+49115", ClassService},
		{"DE", "+4911833", ClassService},
		{"DE", "+41446681800", ClassInternational},
		{"DE", "+439001234567", ClassPremium}, // foreign ones cost as much
		{"DE", "+881612345678", ClassPremium},
		{"DE", "+979123456789", ClassPremium},
		{"AT", "+439001234567", ClassPremium},
		{"AT", "+43810123456", ClassSharedCost},
		{"CH", "+41900123456", ClassPremium},
		{"CH", "+41848123456", ClassSharedCost},
		{"GB", "+441632960123", ClassNational},
		{"GB", "+448431234567", ClassSharedCost},
		{"GB", "+449012345678", ClassPremium},
		{"FR", "+33899123456", ClassPremium},
		{"US", "+12125550123", ClassNational},
		{"US", "+14165550123", ClassNational},      // Canada costs as much
		{"US", "+18765550123", ClassInternational}, // Jamaica does not
		{"JM", "+18765550123", ClassNational},
		{"JM", "+12125550123", ClassInternational},
		{"US", "+19005550123", ClassPremium},
		{"US", "+493023125101", ClassInternational},
		{"", "+493023125101", ClassNational},
		{"DE", "", ClassNone},
		{"DE", "3023125101", ClassNone},
	} {
		if got := (DialPlan{Country: c.country}).DialClass(Number(c.number)); got != c.want {
			t.Errorf("%s from %s is %q, want %q", c.number, c.country, got, c.want)
		}
	}
}

func TestTypedClass(t *testing.T) {
	p := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	for text, want := range map[string]Class{
		"112": ClassEmergency, "0112": ClassEmergency, "110": ClassEmergency, "tel:112": ClassEmergency, "+49 112": ClassEmergency,
		"115": ClassService, "11833": ClassService, "011833": ClassService, "116117": ClassService,
		"103": ClassInternal, "030 23125-101": ClassNational, "23125101": ClassNational,
		"0900 1234567": ClassPremium, "0 0900 1234567": ClassPremium, "+49 900 1234567": ClassPremium,
		"0180 5 123456": ClassSharedCost, "+44 1632 960123": ClassInternational,
		"Berta": ClassNone, "": ClassNone, "anonymous": ClassNone,
	} {
		class, n := p.TypedClass(text)
		if class != want {
			t.Errorf("%q is %q, want %q", text, class, want)
		}
		_, err := p.Dial(n)
		if class != ClassInternal && class.Blocked() != (err != nil) {
			t.Errorf("%q: blocked %v, but Dial says %v", text, class.Blocked(), err)
		}
	}
	if class, n := p.TypedClass("030 23125-101"); class != ClassNational || n != "+493023125101" {
		t.Errorf("got %q, %q", class, n)
	}
}

func TestDomestic(t *testing.T) {
	for _, c := range []struct {
		country, number string
		want            bool
	}{
		{"DE", "+493023125101", true},
		{"DE", "+4918051234567", true},
		{"DE", "+448431234567", false}, // shared cost, and abroad
		{"GB", "+448431234567", true},
		{"US", "+14165550123", true},
		{"US", "+18765550123", false},
		{"DE", "", false},
	} {
		if got := (DialPlan{Country: c.country}).Domestic(Number(c.number)); got != c.want {
			t.Errorf("%s from %s: domestic %v", c.number, c.country, got)
		}
	}
}

// TestDialledAsAllowed: what the switch gets is what the class speaks of. A
// local number must not become another one when its area code goes, a direct
// dial no emergency call, an extension no call outside.
func TestDialledAsAllowed(t *testing.T) {
	local := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0", LocalNumbers: true}
	bare := DialPlan{Country: "DE", AreaCode: "30", LocalNumbers: true}
	direct := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0", MainNumbers: []MainNumber{{Number: "+493023125", DDIDigits: 3}}}
	longer := DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0", MainNumbers: []MainNumber{{Number: "+493023125", DDIDigits: 4}}}
	zeroes := DialPlan{Country: "DE", OutsideLinePrefix: "0", InternalPatterns: []string{"0xx"}}
	states := DialPlan{Country: "US", OutsideLinePrefix: "9"}
	for _, c := range []struct {
		plan           DialPlan
		typed          string
		class          Class
		dialled, inner string // outside, inside the PBX
	}{
		{local, "030 23125-101", ClassNational, "023125101", ""},
		{local, "+49 30 112", ClassNational, "0030112", ""}, // 0 112 is an emergency call
		{local, "+49 30 1100", ClassNational, "00301100", ""},
		{local, "+49 30 118330", ClassNational, "0030118330", ""},
		{local, "+49 30 0900 1234567", ClassNational, "003009001234567", ""}, // 0 0900… premium rate
		{bare, "+49 30 112", ClassNational, "030112", ""},
		{bare, "+49 30 0900 1234567", ClassNational, "03009001234567", ""},
		{bare, "23125101", ClassNational, "23125101", ""},
		{bare, "0112", ClassEmergency, "", ""},
		{direct, "+49 30 23125-101", ClassInternal, "", "101"},
		{direct, "030 23125-101 (Zentrale)", ClassInternal, "", "101"},
		{direct, "030 23125101 / 0900 1234567", ClassInternal, "", "101"}, // of several the first
		{direct, "+49 30 23125-112", ClassInternal, "003023125112", ""},
		{direct, "+49 30 23125-110", ClassInternal, "003023125110", ""},
		{direct, "+49 30 23125-0", ClassInternal, "0030231250", ""},
		{longer, "+49 30 23125-0112", ClassInternal, "0030231250112", ""},
		{direct, "101", ClassInternal, "", "101"},
		{direct, "01234", ClassNone, "", ""}, // outside line, local number
		{direct, "00112", ClassEmergency, "", ""},
		{zeroes, "012", ClassInternal, "", "012"}, // the administrator says so
		{states, "9911", ClassEmergency, "", ""},
		{states, "9123", ClassNone, "", ""},
		{states, "1001", ClassInternal, "", "1001"},
		{direct, "#31#030 90009001", ClassNone, "", ""}, // without its code the number would be shown
		{direct, "*21*0900 1234567#", ClassNone, "", ""},
		{direct, "٠٣٠ ٦٧٨٩٠٠١", ClassNational, "00306789001", ""}, // Arabic digits
	} {
		class, n := c.plan.TypedClass(c.typed)
		dialled, inner := "", ""
		switch {
		case n != "":
			dialled, _ = c.plan.Dial(n)
		case class == ClassInternal:
			inner = c.plan.TypedExtension(c.typed)
		}
		if class != c.class || dialled != c.dialled || inner != c.inner {
			t.Errorf("%q is %q, dialled %q outside or %q inside; want %q, %q, %q", c.typed, class, dialled, inner, c.class, c.dialled, c.inner)
		}
	}
}

// TestDigitsOfAllScripts: every decimal digit that Unicode knows has its value;
// each script's ten are in a row.
func TestDigitsOfAllScripts(t *testing.T) {
	check := func(lo, hi rune) {
		for r := lo; r <= hi; r++ {
			if got, want := digitOf(r), '0'+byte((r-lo)%10); got != want {
				t.Errorf("%U is %c, want %c", r, got, want)
			}
		}
	}
	check('0', '9')
	check('٠', '٩')
	check('۰', '۹')
	check('०', '९')
	check('๐', '๙')
	check('０', '９')
	check('𝟎', '𝟿')
	for _, row := range unicode.Nd.R16 {
		check(rune(row.Lo), rune(row.Hi))
	}
}
