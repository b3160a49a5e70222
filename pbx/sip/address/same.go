package address

import "strings"

// minSuffix is from how many digits on two numbers are taken for the same if
// one ends in the other: switches add and strip prefixes.
const minSuffix = 6

// SameNumber compares two numbers by what is dialled; two that are empty are the
// same.
func SameNumber(a, b string) bool { return a == b || SameDigits(a, b) }

// SameDigits is SameNumber, but that what holds no digits is like nothing.
func SameDigits(a, b string) bool {
	a, b = Digits(a), Digits(b)
	if a == "" || b == "" {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == len(b) || len(a) < minSuffix {
		return a == b
	}
	return strings.HasSuffix(b, strings.TrimLeft(a, "0"))
}

// Digits is what of a number is dialled: digits, * and #.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, s)
}
