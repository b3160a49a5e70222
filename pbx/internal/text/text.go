// Package text makes what switches write fit to be read: XML as it comes, and
// names that are hostile. It is pure.
//
//	attribute, element ─► Decode ─► Clean ─► valid UTF-8 in one direction
package text

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Clean makes valid UTF-8 of s: bytes that are none are taken as Latin-1,
// control characters become blanks, and characters that turn the writing
// direction or show nothing are dropped, as they serve only to disguise a name.
// Plain ASCII comes back as it is.
func Clean(s string) string {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			return clean(s)
		}
	}
	return s
}

func clean(s string) string {
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

// Decode resolves XML's five entities and character references in s and cleans
// it. An ampersand that begins none of them stands for itself. s itself comes
// back where nothing is to do, which is the rule.
func Decode(s string) string {
	for i := range len(s) {
		if c := s[i]; c == '&' || c < 0x20 || c >= 0x7f {
			return Clean(unescape(s))
		}
	}
	return s
}

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

// entity decodes the entity at the beginning of s and tells its length.
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
	if hex, found := strings.CutPrefix(strings.ToLower(digits), "x"); found {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// LocalName drops an XML name's namespace prefix: which one stands for a
// namespace is the sender's choice.
func LocalName(name string) string {
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}
