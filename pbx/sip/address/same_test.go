package address_test

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

func TestSameNumber(t *testing.T) {
	for _, c := range []struct {
		name, a, b     string
		number, digits bool
	}{
		{"written otherwise", "+49 30 23125-101", "+493023125101", true, true},
		{"outside line added", "0030" + "23125101", "03023125101", true, true},
		{"country code for the trunk 0", "+493023125101", "03023125101", true, true},
		{"another direct dial", "03023125101", "03023125102", false, false},
		{"short ones are not cut", "101", "5101", false, false},
		{"a feature code is dialled", "*21#", "21", false, false},
		{"the same words", "anonymous", "anonymous", true, false},
		{"words", "anonymous", "restricted", false, false},
		{"nothing", "", "", true, false},
		{"nothing and a number", "", "03023125101", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 {
				if got := address.SameNumber(c.a, c.b); got != c.number {
					t.Errorf("SameNumber(%q, %q) = %t", c.a, c.b, got)
				}
				if got := address.SameDigits(c.a, c.b); got != c.digits {
					t.Errorf("SameDigits(%q, %q) = %t", c.a, c.b, got)
				}
				c.a, c.b = c.b, c.a
			}
		})
	}
}
