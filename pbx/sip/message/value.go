package message

import (
	"bytes"
	"strings"
)

// EqualFold compares ASCII text with a string in lower case.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Token is the value in front of the first parameter.
func Token(value []byte) []byte {
	value, _, _ = bytes.Cut(value, []byte{';'})
	return bytes.TrimSpace(value)
}

// Param finds a parameter, its name in lower case, in a header field value such
// as `<sip:a@b>;tag=x`, outside of quotes and angle brackets. It is empty but
// not nil for a flag, and nil if there is none. In a list it looks only at the
// first value.
func Param(value []byte, name string) []byte {
	for i := bare(value, ",;"); i < len(value) && value[i] == ';'; i = bare(value, ",;") {
		value = value[i+1:]
		rest := bytes.TrimLeft(value, " \t")
		end := bytes.IndexAny(rest, ";, \t=")
		if end < 0 {
			end = len(rest)
		}
		if !EqualFold(rest[:end], name) {
			continue
		}
		rest = bytes.TrimLeft(rest[end:], " \t")
		if len(rest) == 0 || rest[0] != '=' {
			return []byte{} // a flag
		}
		rest = bytes.TrimLeft(rest[1:], " \t")
		if end = bytes.IndexAny(rest, ";, \t"); end >= 0 {
			rest = rest[:end]
		}
		return rest
	}
	return nil // or the next value of a list
}

// endOfValue finds the comma that ends the first value of a list; len(value) if
// there is none.
func endOfValue(value []byte) int { return bare(value, ",") }

// bare finds the first of marks outside of quotes and angle brackets; len(value)
// if there is none.
func bare(value []byte, marks string) int {
	quoted, angle := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case !angle && strings.IndexByte(marks, c) >= 0:
			return i
		}
	}
	return len(value)
}
