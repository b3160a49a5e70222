package address

import (
	"net/url"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// Telephone is what a URI says of a telephone line (RFC 3966 §3, RFC 4694).
type Telephone struct {
	// Number is the user part, decoded: "+49…", digits as the switch would
	// dial them, or a name. A global phone-context stands in front of it.
	Number string
	// Context is a phone-context that is a domain: Number is of the private
	// plan that the domain names.
	Context string
	// Extension (ext), PostDial (postd) and Subaddress (isub) are no part of
	// the number.
	Extension, PostDial, Subaddress string
	// Ported (npdi), RoutingNumber (rn) and Carrier (cic) tell how the network
	// reaches the number, and never who calls.
	Ported                 bool
	RoutingNumber, Carrier string
	// Verstat is what the carrier says of the number's signature (TS 24.229
	// §7.2A.20), such as "TN-Validation-Passed".
	Verstat string
}

// Number is the user part as a number, without looking at what else a URI may
// say of it.
func (u URI) Number() string {
	user, params, _ := strings.Cut(u.User, ";")
	number := strings.TrimSpace(text.Clean(decode(user)))
	number, _, _ = strings.Cut(number, ";") // an escaped one
	if number == "" || len(number) > MaxNumber {
		return ""
	}
	if u.SaysTelephone() || number[0] == '+' {
		number = withoutSeparators(number)
	}
	if number != "" && number[0] != '+' && params != "" {
		if prefix, _ := phoneContext(Params(params)); prefix != "" {
			return prefix + number
		}
	}
	return number
}

// Telephone reads the number and all that is said about it.
func (u URI) Telephone() Telephone {
	_, rest, _ := strings.Cut(u.User, ";")
	params := Params(rest)
	t := Telephone{Number: u.Number()}
	_, t.Context = phoneContext(params)
	get := func(name string) string {
		value, _ := params.Get(name)
		return text.Clean(decode(value))
	}
	t.Extension, t.PostDial, t.Subaddress = withoutSeparators(get("ext")), get("postd"), get("isub")
	t.RoutingNumber, t.Carrier = withoutSeparators(get("rn")), get("cic")
	_, t.Ported = params.Get("npdi")
	if t.Verstat = get("verstat"); t.Verstat == "" {
		verstat, _ := u.Params.Get("verstat") // some write it behind the host
		t.Verstat = text.Clean(verstat)
	}
	return t
}

// SaysTelephone tells whether the user part is a telephone number by the URI's own
// words (RFC 3261 §19.1.1), and may hold visual separators then.
func (u URI) SaysTelephone() bool {
	if strings.EqualFold(u.Scheme, "tel") {
		return true
	}
	if u.Params == "" {
		return false
	}
	user, _ := u.Params.Get("user")
	return strings.EqualFold(user, "phone")
}

// Dialable tells whether a user part can be dialled on a telephone's keys.
func Dialable(number string) bool {
	digits := 0
	for i := range len(number) {
		switch c := number[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, c == '*', c == '#', c == '-', c == '.', c == '(', c == ')':
		default:
			return false
		}
	}
	return digits > 0
}

// withoutSeparators takes visual separators out (RFC 3966 §5.1.1) of what can
// be dialled; a name keeps its dots.
func withoutSeparators(number string) string {
	if !strings.ContainsAny(number, "-.()") || !Dialable(number) {
		return number
	}
	return strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(number)
}

// phoneContext is the number's context: a prefix of digits that makes it a
// global one, or a domain (RFC 3966 §5.1.5).
func phoneContext(params Params) (prefix, domain string) {
	value, _ := params.Get("phone-context")
	value = strings.TrimSpace(decode(value))
	if !strings.HasPrefix(value, "+") {
		return "", text.Clean(value)
	}
	if prefix = withoutSeparators(value); isDigits(prefix[1:]) && len(prefix) <= MaxNumber {
		return prefix, ""
	}
	return "", ""
}

// decode resolves percent escapes; what is none stands for itself.
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}
