package salesforcetest

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokenWord   tokenKind = iota // names, key words, numbers, dates
	tokenText                    // quoted, already unescaped
	tokenSymbol                  // ( ) , and comparisons
)

type token struct {
	kind tokenKind
	text string
}

// lex cuts a query into tokens.
func lex(text string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'':
			value, end, err := lexText(text, i+1)
			if err != nil {
				return nil, err
			}
			tokens, i = append(tokens, token{tokenText, value}), end
		case strings.IndexByte("(),", c) >= 0:
			tokens, i = append(tokens, token{tokenSymbol, text[i : i+1]}), i+1
		case strings.IndexByte("=!<>", c) >= 0:
			n := 1
			if i+1 < len(text) && (text[i+1] == '=' || text[i:i+2] == "<>") {
				n = 2
			}
			tokens, i = append(tokens, token{tokenSymbol, text[i : i+n]}), i+n
		case isWordByte(c):
			end := i
			for end < len(text) && isWordByte(text[end]) {
				end++
			}
			tokens, i = append(tokens, token{tokenWord, text[i:end]}), end
		default:
			return nil, malformed(fmt.Sprintf("line 1:%d no viable alternative at character '%q'", i, c))
		}
	}
	return tokens, nil
}

// lexText reads quoted text from behind its first quote.
func lexText(text string, i int) (value string, end int, err error) {
	var b strings.Builder
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			return b.String(), i + 1, nil
		case c == '\\' && i+1 < len(text):
			i++
			at := strings.IndexByte(`\'"nrtbf_%`, text[i])
			if at < 0 {
				return "", 0, malformed(fmt.Sprintf("Illegal string literal: invalid character '\\%q'", text[i]))
			}
			b.WriteString([]string{`\`, `'`, `"`, "\n", "\r", "\t", "\b", "\f", `_`, `%`}[at])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, malformed("unexpected end of text, missing quote")
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.:+-", c) >= 0
}

// isName tells the name of a field, object or path from a number or date.
func isName(word string) bool {
	c := word[0]
	return ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') && !strings.ContainsAny(word, ":+-")
}
