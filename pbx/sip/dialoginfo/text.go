package dialoginfo

import (
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// attribute reads the next attribute of a start tag, its value undecoded. It is
// false where the tag has ended, whose '>' is read too: s.empty tells then whether
// the element is empty ("/>"). Attributes without a value are left out.
func (s *scanner) attribute() (name, value string, more bool) {
	s.empty = false
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case isNameByte(c):
			if name, value = s.nameAndValue(); value != "" {
				return text.LocalName(name), value, true
			}
		case c == '>':
			s.pos++
			return "", "", false
		case c == '/' && strings.HasPrefix(s.text[s.pos:], "/>"):
			s.pos += 2
			s.empty = true
			return "", "", false
		case c == '<': // the tag was never closed
			return "", "", false
		default:
			s.pos++
		}
	}
	return "", "", false
}

// skipAttributes reads to the end of a start tag.
func (s *scanner) skipAttributes() {
	for more := true; more; {
		_, _, more = s.attribute()
	}
}

func (s *scanner) nameAndValue() (name, value string) {
	name = s.name()
	s.spaces()
	if s.pos >= len(s.text) || s.text[s.pos] != '=' {
		return name, ""
	}
	s.pos++
	s.spaces()
	if s.pos >= len(s.text) {
		return name, ""
	}
	quote := s.text[s.pos]
	if quote != '"' && quote != '\'' {
		return name, s.bareValue()
	}
	s.pos++
	for begin := s.pos; ; s.pos++ {
		i := strings.IndexByte(s.text[s.pos:], quote)
		if i < 0 { // broken off
			s.pos = len(s.text)
			return name, ""
		}
		s.pos += i
		if endsValue(s.text[s.pos+1:]) {
			value = s.text[begin:s.pos]
			s.pos++
			return name, value
		}
	}
}

func (s *scanner) bareValue() string {
	begin := s.pos
	for s.pos < len(s.text) && !isSpace(s.text[s.pos]) && s.text[s.pos] != '>' {
		s.pos++
	}
	return s.text[begin:s.pos]
}

// endsValue tells whether a quote before rest ends its attribute: then the tag
// ends, or blanks and another `name=` follow. Else it is a quote that somebody
// forgot to escape.
func endsValue(rest string) bool {
	at := 0
	for at < len(rest) && isSpace(rest[at]) {
		at++
	}
	after := rest[at:]
	switch {
	case after == "", after[0] == '>', after[0] == '?', after[0] == '/' && strings.HasPrefix(after, "/>"):
		return true
	case at == 0:
		return false
	}
	i := 0
	for i < len(after) && i < 64 && isNameByte(after[i]) {
		i++
	}
	return i > 0 && i < len(after) && after[i] == '='
}

func (s *scanner) spaces() {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// content reads an element's text up to its end tag. The end tag itself is left
// for next.
func (s *scanner) content() string {
	rest := s.text[s.pos:]
	trimmed := strings.TrimLeft(rest, " \t\r\n")
	if inner, found := strings.CutPrefix(trimmed, "<![CDATA["); found {
		value, _, _ := strings.Cut(inner, "]]>")
		s.pos = len(s.text) - len(inner) + len(value)
		return value
	}
	i := strings.Index(rest, "</")
	if i < 0 {
		s.pos = len(s.text)
		return ""
	}
	s.pos += i
	return rest[:i]
}

// limit leaves out what is too long to be an address.
func limit(value string, size int) string {
	if len(value) > size {
		return ""
	}
	return value
}

func number(value string) (uint32, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	return uint32(n), err == nil
}
