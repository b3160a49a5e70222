package message

import (
	"bytes"
	"errors"
)

// What Check finds.
var (
	ErrMalformed = errors.New("a SIP request with a malformed line")
	ErrRepeated  = errors.New("a SIP request with two values where one is allowed")
	ErrMismatch  = errors.New("a SIP request whose CSeq names another method")
	ErrScheme    = errors.New("a SIP request to an address of a kind that is not supported")
	ErrExtension = errors.New("a SIP request that requires what is not supported")
)

// Refusal is the status with which a request is refused that Parse or Check
// found wanting (RFC 3261 §21.4, §21.5).
func Refusal(err error) (status int, phrase string) {
	switch {
	case errors.Is(err, ErrVersion):
		return 505, "Version Not Supported"
	case errors.Is(err, ErrTooLarge):
		return 513, "Message Too Large"
	case errors.Is(err, ErrScheme):
		return 416, "Unsupported URI Scheme"
	case errors.Is(err, ErrExtension):
		return 420, "Bad Extension"
	}
	return 400, "Bad Request"
}

// Check finds what RFC 3261 forbids in a request and Parse lets pass, because a
// NOTIFY is worth more than its grammar. It is for requests that nobody waits
// for. It looks at the request line, at the fields that may be there only once,
// and at the grammar of addresses; nothing of it allocates.
func (m *Message) Check() error {
	if !bytes.Equal(m.Method, m.CSeqMethod) {
		return ErrMismatch
	}
	for _, h := range [...]Header{From, To, CallID, CSeq, MaxForwards} {
		if m.count(h) > 1 {
			return ErrRepeated
		}
	}
	if !wellFormedURI(m.URI) || !m.wellFormedFields() {
		return ErrMalformed
	}
	scheme, _, _ := bytes.Cut(m.URI, []byte{':'})
	if !EqualFold(scheme, "sip") && !EqualFold(scheme, "sips") && !EqualFold(scheme, "tel") {
		return ErrScheme
	}
	if m.Get(Require) != nil {
		return ErrExtension
	}
	return nil
}

func (m *Message) wellFormedFields() bool {
	for i := range m.fields {
		value := m.fields[i].value
		switch m.fields[i].header {
		case Via:
			if hasGap(value) {
				return false
			}
		case From, To:
			if !wellFormedAddress(value) {
				return false
			}
		case Contact:
			if hasGap(value) {
				return false
			}
			for one := range m.Values(Contact) {
				if !wellFormedAddress(one) {
					return false
				}
			}
		default: // nobody reads it
		}
	}
	return true
}

// wellFormedURI refuses in a Request-URI blanks, brackets, and the header fields
// that RFC 3261 §19.1.1 forbids there.
func wellFormedURI(uri []byte) bool {
	if len(uri) == 0 || bytes.ContainsAny(uri, " \t<>\"") {
		return false
	}
	return bytes.IndexByte(uri[bytes.LastIndexByte(uri, '@')+1:], '?') < 0
}

// wellFormedAddress checks the grammar of a name-addr or addr-spec (RFC 3261
// §20.10): quotes and brackets closed, no blanks inside the brackets, no comma
// or semicolon in a name without quotes, no comma or header field in an address
// without brackets.
func wellFormedAddress(value []byte) bool {
	rest := value
	if len(value) > 0 && value[0] == '"' {
		end := endOfQuoted(value)
		if end < 0 {
			return false
		}
		rest = bytes.TrimLeft(value[end:], " \t")
		if len(rest) == 0 || rest[0] != '<' {
			return false
		}
	}
	open := bytes.IndexByte(rest, '<')
	if params := bytes.IndexByte(rest, ';'); open < 0 || params >= 0 && params < open {
		return !bytes.ContainsAny(Token(rest), "?,<>\" ") && !hasGap(rest)
	}
	end := bytes.IndexByte(rest, '>')
	if end < open || bytes.ContainsAny(rest[:open], ",\"") {
		return false
	}
	return !bytes.ContainsAny(rest[open+1:end], " \t<\"") && !hasGap(rest[end:])
}

// endOfQuoted is where the quoted string ends with which value begins, -1 if it
// does not.
func endOfQuoted(value []byte) int {
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// hasGap tells whether a separator has nothing behind it, outside of quotes and
// brackets.
func hasGap(value []byte) bool {
	quoted, angle, gap := false, false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted, gap = !quoted, false
		case quoted, c == ' ', c == '\t':
		case c == '<':
			angle, gap = true, false
		case c == '>':
			angle = false
		case angle:
		case c == ';' || c == ',':
			if gap {
				return true
			}
			gap = true
		default:
			gap = false
		}
	}
	return gap
}
