package address

import (
	"strings"
	"unicode/utf8"
)

// Clean makes valid UTF-8 of text: bytes that are none are taken as Latin-1,
// control characters become blanks, and characters that turn the writing
// direction or show nothing are dropped, as they serve only to disguise a name.
// Plain ASCII comes back as it is.
func Clean(text string) string {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c >= 0x7f {
			return clean(text)
		}
	}
	return text
}

func clean(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	valid := utf8.ValidString(text)
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if valid {
			r, size = utf8.DecodeRuneInString(text[i:])
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

// Name is a display name fit to be shown: clean, without blanks around it, at
// most MaxDisplay bytes, and empty where it is no name but what switches write
// for want of one.
func Name(display string) string {
	name := Cut(strings.TrimSpace(Clean(display)), MaxDisplay)
	switch {
	case strings.EqualFold(name, "Outbound Call"), // FreeSWITCH, to who is called
		strings.EqualFold(name, "invalid"),
		strings.EqualFold(name, "unknown"), strings.EqualFold(name, "unavailable"):
		return ""
	}
	return name
}

// Cut shortens text to at most size bytes, between characters.
func Cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}

// Unquote takes the quotes off a quoted string and resolves its quoted pairs
// (RFC 3261 §25.1); other text comes back as it is.
func Unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	s = s[1:]
	if strings.IndexByte(s, '\\') < 0 {
		return strings.TrimSuffix(s, `"`)
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String()
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
