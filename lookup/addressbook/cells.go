package addressbook

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of one file; what is longer is no address book.
const (
	maxLine  = 1 << 20 // bytes
	maxCells = 256
	// maxQuoted is how many lines a quoted cell may go on for. A quote that is
	// never closed must not swallow the rest of the file.
	maxQuoted = 16
)

// lines reads a file line by line and knows where it is.
type lines struct {
	in     *bufio.Reader
	ahead  []string // read in search of a closing quote, to be read again
	number int      // of the line last given out
}

// next is the next line without its end; io.EOF after the last one.
func (l *lines) next() (string, error) {
	if len(l.ahead) > 0 {
		line := l.ahead[0]
		l.ahead = l.ahead[1:]
		l.number++
		return line, nil
	}
	line, err := l.read()
	if err == nil {
		l.number++
	}
	return line, err
}

// read ends a line at LF, CR LF or CR.
func (l *lines) read() (string, error) {
	var text []byte
	for {
		c, err := l.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(text) > 0:
			return string(text), nil
		case err != nil:
			return "", err
		case c == '\n':
			return string(text), nil
		case c == '\r':
			if after, err := l.in.Peek(1); err == nil && after[0] == '\n' {
				_, _ = l.in.Discard(1)
			}
			return string(text), nil
		case len(text) == maxLine:
			return "", fmt.Errorf("line %d is longer than %d bytes", l.number+1, maxLine)
		}
		text = append(text, c)
	}
}

// back puts lines back that next has given out.
func (l *lines) back(text []string) {
	l.ahead = append(append([]string{}, text...), l.ahead...)
	l.number -= len(text)
}

// row reads the cells of the next line, which quotes may carry over several
// (RFC 4180 section 2). Quotes inside a cell that did not begin with one are
// plain text. fault says what is wrong with the line; its cells are then void.
func (l *lines) row(comma byte) (cells []string, at int, fault string, err error) {
	first, err := l.next()
	if err != nil {
		return nil, 0, "", err
	}
	at = l.number
	text := first
	var more []string
	for {
		cells, open := split(text, comma)
		if !open {
			return cells, at, tooMany(cells), nil
		}
		line, err := l.next()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return nil, at, "", err
		}
		if !ended {
			more = append(more, line)
			text += "\n" + line
		}
		if ended || len(more) > maxQuoted || len(text) > maxLine {
			l.back(more)
			return nil, at, "a quote is opened and never closed; the line is left out", nil
		}
	}
}

func tooMany(cells []string) string {
	if len(cells) > maxCells {
		return fmt.Sprintf("more than %d columns; the line is left out", maxCells)
	}
	return ""
}

// split cuts text into cells; open says that its last one lacks its closing quote.
func split(text string, comma byte) (cells []string, open bool) {
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(comma))
			cells = append(cells, cell)
			if !more {
				return cells, false
			}
			text = rest
			continue
		}
		cell, rest, closed := quoted(text[1:])
		if !closed {
			return cells, true
		}
		after, rest, more := strings.Cut(rest, string(comma))
		cells = append(cells, cell+after)
		if !more {
			return cells, false
		}
		text = rest
	}
}

// quoted reads up to the closing quote; two of them stand for one.
func quoted(text string) (cell, rest string, closed bool) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(text, `"`)
		b.WriteString(part)
		switch {
		case !found:
			return "", "", false
		case !strings.HasPrefix(after, `"`):
			return b.String(), after, true
		}
		b.WriteByte('"')
		text = after[1:]
	}
}

// ErrEncoding says that a file is in UTF-16.
var ErrEncoding = errors.New("the file is in UTF-16; save it as “CSV UTF-8”")

// skipMark drops a byte order mark.
func skipMark(in *bufio.Reader) error {
	head, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return ErrEncoding
	}
	return nil
}

// utf8Cell reads a cell that is no UTF-8 as Windows wrote it before, in Latin-1.
func utf8Cell(s string) (string, bool) {
	if utf8.ValidString(s) {
		return s, true
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes), false
}
