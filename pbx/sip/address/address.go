// Package address reads SIP addresses: what stands in From, P-Asserted-Identity
// and their like, and in the identities of dialog-info documents.
//
//	`"Berta" <sip:+493023125006@example.com;user=phone>;tag=1`
//	   Parse ─► Display, URI, Params
//	               └► Telephone ─► Number, and what RFC 3966 hangs on it
//
// Addresses come from switches that forget scheme, escapes or brackets, and
// hold what a caller chose to put there. Reading never fails: what cannot be
// made out is empty. Text is valid UTF-8 without control characters, and
// hostile all the same. The package is pure and bounds what it returns by
// MaxNumber and MaxDisplay.
package address

import (
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// Bounds of what is returned; a longer number is none, a longer name is cut.
const (
	MaxNumber  = 64
	MaxDisplay = 256 // bytes
)

// Address is a name-addr or addr-spec (RFC 3261 §20.10).
type Address struct {
	// Display is the display name, quoted pairs resolved (§25.1).
	Display string
	URI     URI
	// Params are those of the header field, behind the brackets.
	Params Params
}

// URI is a sip:, sips: or tel: URI (RFC 3261 §19.1, RFC 3966). The parts are
// substrings as written, escapes and all.
type URI struct {
	// Scheme is as written; empty where the switch left it out.
	Scheme string
	// User is the user part with its parameters, without a password; for tel:
	// all that follows the scheme.
	User string
	// Host is without port, an IPv6 address with its brackets; empty for tel:.
	Host string
	// Port is 0 where not given.
	Port uint16
	// Params are the URI's own.
	Params Params
	// Headers is what follows the question mark (§19.1.1).
	Headers string
}

// Params are parameters as written: "a=b;c;d=e".
type Params string

// Get finds a parameter, whose name is not case-sensitive. A flag is empty and
// found. Quotes around the value are taken off.
func (p Params) Get(name string) (value string, found bool) {
	rest := string(p)
	for rest != "" {
		var one string
		one, rest = cutUnquoted(rest, ';')
		key, value, _ := strings.Cut(one, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return Unquote(strings.TrimSpace(value)), true
		}
	}
	return "", false
}

// cutUnquoted cuts at a separator that stands outside of quotes.
func cutUnquoted(s string, separator byte) (before, after string) {
	if strings.IndexByte(s, '"') < 0 {
		i := strings.IndexByte(s, separator)
		if i < 0 {
			return s, ""
		}
		return s[:i], s[i+1:]
	}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// Parse reads one address, brackets or not. Without brackets parameters are the
// header field's (RFC 3261 §20.10), but a tel: URI has its own there too.
func Parse(value string) Address {
	value = strings.TrimSpace(value)
	var a Address
	rest := value
	if strings.HasPrefix(value, `"`) {
		end := closingQuote(value)
		a.Display, rest = value[:end], value[end:]
	}
	open := strings.IndexByte(rest, '<')
	switch {
	case open >= 0:
		if a.Display == "" {
			a.Display = rest[:open]
		}
		uri, after, _ := strings.Cut(rest[open+1:], ">")
		a.URI = ParseURI(uri)
		if i := strings.IndexByte(after, ';'); i >= 0 {
			a.Params = Params(after[i+1:])
		}
	default:
		uri, params, _ := strings.Cut(strings.TrimSpace(rest), ";")
		a.URI, a.Params = ParseURI(uri), Params(params)
		if strings.EqualFold(a.URI.Scheme, "tel") {
			a.URI = ParseURI(strings.TrimSpace(rest))
		}
	}
	a.Display = Name(Unquote(strings.TrimSpace(a.Display)))
	return a
}

// closingQuote finds the end of the quoted string with which s begins; where it
// is never closed, the bracket ends it.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	if i := strings.LastIndexByte(s, '<'); i > 0 {
		return i
	}
	return len(s)
}

// ParseURI reads an address without brackets. Leaving the scheme out, as
// chan_sip does, is no harm.
func ParseURI(uri string) URI {
	uri = strings.TrimSpace(uri)
	var u URI
	rest := uri
	if scheme, after, found := strings.Cut(uri, ":"); found && isScheme(scheme) {
		u.Scheme, rest = scheme, after
	}
	if strings.EqualFold(u.Scheme, "tel") {
		u.User = rest
		return u
	}
	user, host, found := strings.Cut(rest, "@")
	if !found {
		user, host = "", rest
		if digits, _, _ := strings.Cut(rest, ";"); isDigits(digits) {
			u.User = digits
			return u
		}
	}
	if i := strings.IndexByte(user, ';'); i < 0 {
		u.User, _, _ = strings.Cut(user, ":") // a password
	} else if colon := strings.IndexByte(user[:i], ':'); colon >= 0 {
		u.User = user[:colon]
	} else {
		u.User = user
	}
	u.host(host)
	return u
}

// host reads what follows the user part.
func (u *URI) host(rest string) {
	rest, u.Headers, _ = strings.Cut(rest, "?")
	rest, params, _ := strings.Cut(rest, ";")
	u.Params = Params(params)
	end := 0
	if strings.HasPrefix(rest, "[") {
		end = max(strings.IndexByte(rest, ']'), 0)
	}
	host, port := rest, ""
	if i := strings.IndexByte(rest[end:], ':'); i >= 0 {
		host, port = rest[:end+i], rest[end+i+1:]
	}
	u.Host = strings.TrimSpace(host)
	if port != "" {
		n, _ := strconv.ParseUint(port, 10, 16) // 0 where it is none
		u.Port = uint16(n)
	}
}

// isScheme tells the schemes that name people; what else stands in front of a
// colon is a user or a host whose scheme was left out.
func isScheme(s string) bool {
	return strings.EqualFold(s, "sip") || strings.EqualFold(s, "sips") || strings.EqualFold(s, "tel")
}

// Header is a header field that the URI carries, decoded:
// Header("Privacy") of "sip:1@example.com?Privacy=history".
func (u URI) Header(name string) string {
	rest := u.Headers
	for rest != "" {
		var one string
		one, rest, _ = strings.Cut(rest, "&")
		key, value, _ := strings.Cut(one, "=")
		if strings.EqualFold(decode(key), name) {
			return text.Clean(decode(value))
		}
	}
	return ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
