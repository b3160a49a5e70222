package lookup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxField is how many bytes of a field are read. Salesforce's phone fields
// hold 40 characters, its short texts 255; what is longer is no number field.
const maxField = 512

// clean writes text as ASCII into buf: digits of any script, Unicode dashes,
// blanks and full-width signs become their ASCII like; invisible characters,
// quotes and apostrophes go; letters are lower case, foreign ones '_'; what
// else there is parts numbers, as '|'.
func clean(buf []byte, text string) []byte {
	for i := 0; i < len(text) && len(buf) < maxField; {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			buf = appendASCII(buf, c)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		buf = appendRune(buf, r)
	}
	return buf
}

func appendASCII(buf []byte, c byte) []byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return append(buf, c|0x20)
	case c == '\'' || c == '"' || c == '`' || c == '=':
		return buf
	case c == '\n' || c == '\r':
		return append(buf, '|')
	case c < ' ' || c == '_' || c == '~':
		return append(buf, ' ')
	case c == '{':
		return append(buf, '(')
	case c == '}':
		return append(buf, ')')
	}
	return append(buf, c)
}

func appendRune(buf []byte, r rune) []byte {
	switch {
	case r >= '！' && r <= '～': // full-width forms of ASCII
		return appendASCII(buf, byte(r-'！'+'!'))
	case unicode.Is(unicode.Nd, r):
		return append(buf, digitOf(r))
	case unicode.Is(unicode.Pd, r), r == '−', r == 'ー', r == '‧':
		return append(buf, '-')
	case unicode.IsSpace(r):
		return append(buf, ' ')
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r), strings.ContainsRune("‘’´′“”", r):
		return buf
	case unicode.IsLetter(r):
		return append(buf, '_')
	case r == '·' || r == '•' || r == '∙':
		return append(buf, '.')
	case r == '⁄' || r == '∕':
		return append(buf, '/')
	}
	return append(buf, '|')
}

// digitOf is the value of a decimal digit: Unicode keeps each script's ten in a
// row, some scripts right behind another's.
func digitOf(r rune) byte {
	for _, row := range unicode.Nd.R16 {
		if r <= rune(row.Hi) {
			return '0' + byte((r-rune(row.Lo))%10)
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r <= rune(row.Hi) {
			return '0' + byte((r-rune(row.Lo))%10)
		}
	}
	return '0' // not asked for what is no digit
}
