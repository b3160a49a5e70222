package address

import (
	"strings"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

// Name is a display name fit to be shown: clean, without blanks around it, at
// most MaxDisplay bytes, and empty where it is no name but what switches write
// for want of one.
func Name(display string) string {
	name := Cut(strings.TrimSpace(text.Clean(display)), MaxDisplay)
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
