package ecma323

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isNameByte(c byte) bool {
	return isNameStart(c) || c >= '0' && c <= '9' || c == '-' || c == ':' || c == '.'
}

func isBlank(s string) bool {
	for i := range len(s) {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

// localName drops a namespace prefix.
func localName(name string) string {
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// decode resolves entities and makes valid UTF-8 without control characters. It
// returns s itself where nothing is to do, which is the rule.
func decode(s string) string {
	for i := range len(s) {
		if c := s[i]; c == '&' || c < 0x20 || c >= 0x7f {
			return sanitise(unescape(s))
		}
	}
	return s
}

// unescape decodes XML's five entities and character references; an ampersand
// that begins none of them stands for itself.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		r, size := entity(s[i:])
		b.WriteRune(r)
		s = s[i+size:]
	}
}

func entity(s string) (rune, int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 0 {
		return '&', 1
	}
	switch name := s[1:end]; name {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	default:
		if r, ok := charRef(name); ok {
			return r, end + 1
		}
	}
	return '&', 1
}

func charRef(name string) (rune, bool) {
	digits, found := strings.CutPrefix(name, "#")
	if !found {
		return 0, false
	}
	base := 10
	if rest, found := strings.CutPrefix(strings.ToLower(digits), "x"); found {
		digits, base = rest, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// sanitise takes bytes that are no UTF-8 as Latin-1, turns control characters
// into blanks and drops those that turn the writing direction, which serve only
// to disguise a name.
func sanitise(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	valid := utf8.ValidString(s)
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if valid {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		i += size
		switch {
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029:
			b.WriteByte(' ')
		case r == 0x061c, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unspaced drops all blanks: callIDs come with line breaks inside.
func unspaced(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isSpace(byte(r)) {
			return -1
		}
		return r
	}, s)
}

// fromHex decodes the hexBinary of the schema; what is none is taken as text.
func fromHex(s string) string {
	raw, err := hex.DecodeString(unspaced(s))
	if err != nil {
		return s
	}
	return string(raw)
}

// appendEscaped writes character data or an attribute's value.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"':
			dst = append(dst, "&quot;"...)
		case c < 0x20 && !isSpace(c):
			dst = append(dst, ' ')
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size - 1
		}
		i++
	}
	return dst
}
