package lookup

import "testing"

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
