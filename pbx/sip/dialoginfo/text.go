package dialoginfo

import (
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// attributes reads the attributes of a start tag up to and with its '>' and
// gives each to set, value undecoded. It reports whether the element is empty
// ("/>").
func (s *scanner) attributes(set func(name, value string)) (empty bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '>':
			s.pos++
			return false
		case c == '/' && strings.HasPrefix(s.text[s.pos:], "/>"):
			s.pos += 2
			return true
		case c == '<': // the tag was never closed
			return false
		case isNameByte(c):
			name, value := s.attribute()
			if set != nil && value != "" {
				set(text.LocalName(name), value)
			}
		default:
			s.pos++
		}
	}
	return false
}

func (s *scanner) attribute() (name, value string) {
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
	begin := s.pos
	for s.pos < len(s.text) {
		if s.text[s.pos] == quote && endsValue(s.text[s.pos+1:]) {
			value = s.text[begin:s.pos]
			s.pos++
			return name, value
		}
		s.pos++
	}
	return name, "" // broken off
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
	trimmed := strings.TrimLeft(rest, " \t\r\n")
	if trimmed == "" || trimmed[0] == '>' || trimmed[0] == '?' || strings.HasPrefix(trimmed, "/>") {
		return true
	}
	if len(trimmed) == len(rest) {
		return false
	}
	i := 0
	for i < len(trimmed) && i < 64 && isNameByte(trimmed[i]) {
		i++
	}
	return i > 0 && i < len(trimmed) && trimmed[i] == '='
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
