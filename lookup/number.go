package lookup

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Display writes n for people, always in international form with the blanks of
// its own country: "+49 30 23125101". The reader's country is taken for a
// national form some day and changes nothing yet: a number that looks the same
// everywhere is the easier one to compare. What is no E.164 comes back as it is.
func (n Number) Display(country string) string {
	if !n.Valid() {
		return string(n)
	}
	p, national := plans().split(string(n[1:]))
	if p == nil {
		return string(n)
	}
	var text [maxDisplay]byte
	out := append(append(append(text[:0], '+'), p.code...), ' ')
	return string(p.appendDisplay(out, national))
}

// maxDisplay is what a number written for people takes: 15 digits and what parts them.
const maxDisplay = 24

// parsed is the number as libphonenumber keeps it, without its parser: that one
// costs ten times as much as what is asked of it.
func (p *plan) parsed(national string) *phonenumbers.PhoneNumber {
	code, _ := strconv.ParseInt(p.code, 10, 32)
	digits, _ := strconv.ParseUint(national, 10, 64)
	out := &phonenumbers.PhoneNumber{CountryCode: ptr(int32(code)), NationalNumber: &digits}
	before := national[:len(national)-1] // a last 0 is the number itself
	if zeros := len(before) - len(strings.TrimLeft(before, "0")); zeros > 0 {
		out.ItalianLeadingZero, out.NumberOfLeadingZeros = ptr(true), ptr(int32(zeros)) //nolint:gosec // 14 at most
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// Valid reports whether n has the shape of E.164: a plus and 3 to 15 digits,
// the first not 0 (ITU-T E.164 clause 6).
func (n Number) Valid() bool {
	return len(n) >= 4 && len(n) <= 16 && n[0] == '+' && n[1] != '0' && isDigits(string(n[1:]))
}

// key is n as the directory stores it: the digits as one integer, which keeps
// an index of ten million numbers small. A number's first digit is never 0, so
// nothing is lost.
func (n Number) key() (int64, bool) {
	if !n.Valid() {
		return 0, false
	}
	key, err := strconv.ParseInt(string(n[1:]), 10, 64)
	return key, err == nil
}

// Notations are n as people type it, in digits and blanks: E.164, then with and
// without its prefixes, in groups and whole.
func (n Number) Notations() []string {
	phrases := []string{string(n[1:])}
	p, national := plans().split(string(n[1:]))
	if p == nil {
		return phrases
	}
	add := func(text string) {
		text = strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c < '0' || c > '9' }), " ")
		for _, other := range phrases {
			if other == text {
				return
			}
		}
		phrases = append(phrases, text)
	}
	groups := strings.Fields(strings.TrimPrefix(n.Display(""), "+"+p.code))
	for _, prefix := range []string{p.code + " ", "00" + p.code + " ", "0", p.code + " 0 "} {
		add(prefix + strings.Join(groups, " "))
	}
	add(p.code + " " + national)
	add("00" + p.code + national)
	add("0" + national)
	add(national)
	return phrases
}
