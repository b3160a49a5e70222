package message

import "bytes"

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
	for i := bare(value, true); i < len(value) && value[i] == ';'; i = bare(value, true) {
		value = value[i+1:]
		rest := trimLeft(value)
		end := endOfToken(rest, '=')
		if !EqualFold(rest[:end], name) {
			continue
		}
		rest = trimLeft(rest[end:])
		if len(rest) == 0 || rest[0] != '=' {
			return []byte{} // a flag
		}
		if rest = trimLeft(rest[1:]); len(rest) == 0 {
			return nil // it breaks off
		}
		return rest[:endOfToken(rest, ';')]
	}
	return nil // or the next value of a list
}

// trimLeft takes off blanks.
func trimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// endOfToken is where a separator, a blank or the other byte stands; len(b) if
// nowhere.
func endOfToken(b []byte, other byte) int {
	for i, c := range b {
		if c == ';' || c == ',' || c == ' ' || c == '\t' || c == other {
			return i
		}
	}
	return len(b)
}

// endOfValue finds the comma that ends the first value of a list; len(value) if
// there is none.
func endOfValue(value []byte) int { return bare(value, false) }

// bare finds the first comma, or semicolon where these count, outside of quotes
// and angle brackets; len(value) if there is none.
func bare(value []byte, semicolons bool) int {
	quoted, angle := false, false
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case '<':
			angle = angle || !quoted
		case '>':
			angle = angle && quoted
		case ',':
			if !quoted && !angle {
				return i
			}
		case ';':
			if semicolons && !quoted && !angle {
				return i
			}
		}
	}
	return len(value)
}
