package lookup

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// dialled takes a switch's text apart: the digits of the user part and whether
// a plus stood before them. A kind other than "" says that there is no number.
func dialled(raw string) (digits string, plus bool, kind Kind) {
	if len(raw) > maxRaw {
		return "", false, KindInvalid
	}
	if bare, plus := strings.CutPrefix(raw, "+"); isDigits(bare) {
		return bare, plus, "" // as most switches send it
	}
	user := userPart(raw)
	if withheld(user) || hidden(raw) {
		return "", false, KindWithheld
	}
	var buf [2 * maxRaw]byte
	out := buf[:0]
	var cleaned [maxField + 8]byte
	for _, c := range clean(cleaned[:0], user) {
		switch {
		case isDigit(c):
			out = append(out, c)
		case c == '+' && len(out) == 0 && !plus:
			plus = true
		case c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')':
		default:
			return "", false, KindInvalid
		}
	}
	if len(out) == 0 {
		return "", false, KindInvalid
	}
	return string(out), plus, ""
}

// userPart is what stands before @ and parameters in a sip: or tel: URI, in
// angle brackets or not (RFC 3261 section 19.1.1, RFC 3966 section 3).
func userPart(raw string) string {
	s := strings.TrimSpace(raw)
	if _, inside, ok := strings.Cut(s, "<"); ok {
		s = strings.TrimSuffix(inside, ">")
	}
	if scheme, rest, ok := strings.Cut(s, ":"); ok {
		switch strings.ToLower(scheme) {
		case "sip", "sips", "tel", "callto":
			s = rest
		}
	}
	if i := strings.IndexAny(s, "@;>"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// withheld knows what switches write for a caller who hides, or whom the
// network cannot name.
func withheld(user string) bool {
	switch strings.ToLower(strings.Trim(user, "\"' ")) {
	case "anonymous", "anonym", "unknown", "unbekannt", "restricted", "private", "withheld", "unavailable",
		"blocked", "private number", "unknown number", "no caller id", "not available", "number withheld",
		"caller id unavailable", "caller id restricted", "unknown caller", "anonymous caller", "unterdr\u00fcckt",
		"nicht verf\u00fcgbar":
		return true
	}
	return false
}

// hidden: the display name says that the number in the address is not to be
// seen. "Unknown" and its like only say that the network has no name for it.
func hidden(raw string) bool {
	name, _, ok := strings.Cut(raw, "<")
	if !ok {
		return false
	}
	switch strings.ToLower(strings.Trim(name, "\"' ")) {
	case "anonymous", "anonym", "restricted", "withheld", "private", "blocked", "anonymous caller", "unterdr\u00fcckt":
		return true
	}
	return false
}

// maxShort is how many digits an emergency or service number has at most.
const maxShort = 6

// short reports whether digits are an emergency number of the country or one
// that every mobile phone treats as such, or a short service number.
func short(r *region, digits string) bool {
	if len(digits) < 2 || len(digits) > maxShort || !isDigits(digits) {
		return false
	}
	return universal(digits) || service(r, digits) || r.helps(digits)
}

// service knows the short numbers for information and help lines. The metadata
// is not asked: it calls every five-digit text-message code a short number,
// which would take extensions for services.
func service(r *region, digits string) bool {
	switch r.plan.code {
	case "1":
		return len(digits) == 3 && digits[1:] == "11" || digits == "988"
	case "33":
		if slices.Contains([]string{"110", "114", "115", "119", "191", "196", "197"}, digits) {
			return true
		}
	case "34":
		if slices.Contains([]string{"010", "012", "016", "060", "061", "062", "065", "080", "085", "088", "091", "092", "1004"}, digits) {
			return true
		}
	case "39":
		if slices.Contains([]string{"114", "117", "1515", "1518", "1522", "1530", "1544"}, digits) {
			return true
		}
	case "41":
		if slices.Contains([]string{"140", "143", "145", "147", "163", "187", "1414", "1415", "1811", "1818"}, digits) {
			return true
		}
	case "43":
		if slices.Contains([]string{"120", "123", "140", "141", "142", "147", "1450"}, digits) {
			return true
		}
	case "44":
		if slices.Contains([]string{"100", "101", "105", "111", "119", "123", "155"}, digits) {
			return true
		}
	case "48":
		if len(digits) == 3 && (digits[:2] == "98" || digits[:2] == "99") {
			return true
		}
	case "49":
		if digits == "115" || digits == "110" || len(digits) == 5 && digits == "19222" {
			return true
		}
	}
	return harmonised(digits)
}

func harmonised(digits string) bool {
	// 116xxx: harmonised services of the EU; 118…: directory inquiries.
	return len(digits) == 6 && strings.HasPrefix(digits, "116") ||
		(len(digits) == 5 || len(digits) == 6) && strings.HasPrefix(digits, "118")
}

// shortAbroad: a short number behind a country code, "+49112".
func shortAbroad(w *world, n Number) bool {
	p, national := w.split(strings.TrimPrefix(string(n), "+"))
	return p != nil && p.short(w, national)
}

// short reports whether a national number is a short one of the main region.
func (p *plan) short(w *world, national string) bool {
	if len(national) > maxShort {
		return false
	}
	r := w.regions[phonenumbers.GetRegionCodeForCountryCode(p.numeric())]
	return r != nil && short(r, national)
}
