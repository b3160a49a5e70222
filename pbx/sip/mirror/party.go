package mirror

import (
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
)

// minSuffix is from how many digits on two numbers are taken for the same if
// one ends in the other: switches add and strip prefixes.
const minSuffix = 6

// sameParty compares who two parties are, whatever they are called.
func sameParty(a, b pbx.Party) bool {
	if a.Withheld || b.Withheld {
		return a.Withheld == b.Withheld
	}
	return sameNumber(a.Number, b.Number)
}

// sameNumber compares two numbers by their digits.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	a, b = digits(a), digits(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == len(b) || len(a) < minSuffix {
		return a == b && a != ""
	}
	return strings.HasSuffix(b, strings.TrimLeft(a, "0"))
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, s)
}

// isFeatureCode tells what is dialled to make the switch do something.
func isFeatureCode(number string) bool {
	return number != "" && (number[0] == '*' || number[0] == '#')
}

// placeholder is what FreeSWITCH writes where it has no name for a leg that it
// made itself.
const placeholder = "Outbound Call"
