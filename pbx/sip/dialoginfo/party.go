package dialoginfo

import (
	"net/url"
	"strings"
)

// MaxNumber is the longest user part that is taken for a number or extension.
const MaxNumber = 64

// Party is what an identity says about who is there.
type Party struct {
	// Number is the user part: digits, "+49…" or an extension; empty when the
	// identity names nobody.
	Number string
	// Name is the display name, empty where it only repeats the number.
	Name string
	// Withheld: the party asked not to be named (RFC 3323). Number and Name
	// are empty then.
	Withheld bool
}

// Party reads the identity: sip:, sips: and tel: addresses, percent escapes,
// user parameters (RFC 3966 §5: a phone-context that begins with + is put in
// front of the number).
func (i Identity) Party() Party {
	user, host := userPart(i.URI)
	number := telephone(user)
	if withheld(number) || strings.EqualFold(host, "anonymous.invalid") || withheldName(i.Display) {
		return Party{Withheld: true}
	}
	if nobody(number) || len(number) > MaxNumber {
		number = ""
	}
	name := i.Display
	if name == number || name == user {
		name = ""
	}
	return Party{Number: number, Name: name}
}

// userPart splits an address into its user part, parameters included, and host.
func userPart(uri string) (user, host string) {
	if i := strings.IndexByte(uri, '<'); i >= 0 {
		uri, _, _ = strings.Cut(uri[i+1:], ">")
	}
	scheme, rest, found := strings.Cut(strings.TrimSpace(uri), ":")
	switch {
	case !found:
		rest = uri
	case strings.EqualFold(scheme, "tel"):
		return rest, ""
	case !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips"):
		// chan_sip and others leave the scheme out: what stands before the
		// colon is then a host or a user with a port or password behind it.
		rest = uri
	}
	user, host, found = strings.Cut(rest, "@")
	if !found {
		if isDigits(rest) {
			return rest, ""
		}
		user, host = "", rest
	}
	if i := strings.IndexAny(host, ":;?>"); i >= 0 {
		host = host[:i]
	}
	return user, host
}

// telephone takes password and parameters off a user part and decodes it.
func telephone(user string) string {
	number, params, _ := strings.Cut(user, ";")
	number, _, _ = strings.Cut(number, ":")
	if strings.IndexByte(number, '%') >= 0 {
		if decoded, err := url.PathUnescape(number); err == nil {
			number, _, _ = strings.Cut(decoded, ";")
		}
	}
	number = strings.TrimSpace(text(number))
	if context := phoneContext(params); context != "" && !strings.HasPrefix(number, "+") {
		number = context + number
	}
	return number
}

// phoneContext finds a phone-context that is a number prefix.
func phoneContext(params string) string {
	for params != "" {
		var param string
		param, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(name, "phone-context") {
			continue
		}
		value = strings.Replace(value, "%2B", "+", 1)
		if strings.HasPrefix(value, "+") && isDigits(value[1:]) {
			return value
		}
	}
	return ""
}

// withheld tells whether a user part says that the number is restricted.
func withheld(user string) bool {
	switch strings.ToLower(user) {
	case "anonymous", "restricted", "private", "withheld", "unknown":
		return true
	}
	return false
}

func withheldName(name string) bool {
	switch strings.ToLower(name) {
	case "anonymous", "restricted", "withheld", "private":
		return true
	}
	return false
}

// nobody tells whether a user part names no one: Asterisk writes "invalid".
func nobody(user string) bool {
	switch strings.ToLower(user) {
	case "", "-", "invalid", "unavailable":
		return true
	}
	return false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
