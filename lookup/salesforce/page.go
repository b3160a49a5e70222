package salesforce

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// page is one reply of the query resource. It is decoded as it comes, record by
// record into the columns that the first ones show: a map for each would cost an
// allocation or two a field (BenchmarkQueryPage).
type page struct {
	TotalSize int
	Done      bool
	Next      string
	Records   []Record
}

const (
	// pageRows is how many records a page has at most, by the org's own rule.
	pageRows = 2000
	// maxPath is how many references deep a record is read; SOQL has five.
	maxPath = 6
)

// read reads a reply whole. What is cut short on the way is told from what is no
// JSON at all, such as a maintenance page with status 200.
func (p *page) read(ctx context.Context, op string, reply *http.Response) error {
	bad := func(code, message string, cause error) error {
		return &Error{Op: op, Status: reply.StatusCode, Code: code, Message: message, cause: cause}
	}
	limited := &io.LimitedReader{R: reply.Body, N: bodyLimit + 1}
	text := bufio.NewReaderSize(limited, 32<<10)
	if c := firstOf(text); c != 0 && c != '{' && c != '[' {
		return bad(codeNotJSON, "a page came instead of data", nil)
	}
	*p = page{}
	d := jsontext.NewDecoder(text, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	err := p.decode(d, restOf(ctx))
	if err == nil {
		err = expectEnd(d) // the connection is used again, and a checksum is behind the text
	}
	switch {
	case limited.N <= 0:
		return bad(codeTooLarge, fmt.Sprintf("the reply is larger than %d MB", bodyLimit>>20), nil)
	case err != nil:
		return bad(codeTruncated, "the reply is cut short or damaged", err)
	}
	return nil
}

// firstOf is the first byte that is no space, which stays to be read; 0 if there is
// none.
func firstOf(text *bufio.Reader) byte {
	for {
		c, err := text.ReadByte()
		switch {
		case err != nil:
			return 0 // whoever reads on is told
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			_ = text.UnreadByte() // one was read
			return c
		}
	}
}

// empty tells that a page is the whole answer, tells of records and holds none: only
// a count is such a page.
func (p *page) empty() bool { return p.TotalSize > 0 && p.Done && len(p.Records) == 0 }

func (p *page) decode(d *jsontext.Decoder, rest func()) error {
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "records":
			err = p.decodeRecords(d, rest)
		case "totalSize":
			p.TotalSize, err = readInt(d)
		case "done":
			p.Done, err = readBool(d)
		case "nextRecordsUrl":
			p.Next, err = readString(d)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	return expect(d, '}')
}

func (p *page) decodeRecords(d *jsontext.Decoder, rest func()) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	if err := expect(d, '['); err != nil {
		return err
	}
	p.Records = make([]Record, 0, min(max(p.TotalSize, 0), pageRows))
	for r := (rowReader{d: d, columns: map[string]int{}}); d.PeekKind() != ']'; rest() {
		record, err := r.next()
		if err != nil {
			return err
		}
		p.Records = append(p.Records, record)
	}
	return expect(d, ']')
}

// rowReader reads records that have their columns in common. A field of a related
// record is a column by its path.
type rowReader struct {
	d       *jsontext.Decoder
	columns map[string]int
	path    []byte // of the field being read
	text    []byte // of all values of the record, one behind the other
	cells   []cell // where each column stands in it
}

type cell struct{ from, to int }

// next reads a record in two allocations.
func (r *rowReader) next() (Record, error) {
	r.text, r.path = r.text[:0], r.path[:0]
	clear(r.cells)
	if err := r.object(1); err != nil {
		return Record{}, err
	}
	text, values := string(r.text), make([]string, len(r.cells))
	for i, c := range r.cells {
		values[i] = text[c.from:c.to]
	}
	return Record{columns: r.columns, values: values}, nil
}

func (r *rowReader) object(depth int) error {
	if err := expect(r.d, '{'); err != nil {
		return err
	}
	for r.d.PeekKind() != '}' {
		name, err := r.d.ReadValue()
		if err != nil {
			return err
		}
		above := len(r.path)
		if above > 0 {
			r.path = append(r.path, '.')
		}
		r.path = appendText(r.path, name)
		err = r.value(depth)
		r.path = r.path[:above]
		if err != nil {
			return err
		}
	}
	return expect(r.d, '}')
}

func (r *rowReader) value(depth int) error {
	switch r.d.PeekKind() {
	case '{':
		if depth < maxPath {
			return r.object(depth + 1)
		}
		return r.d.SkipValue()
	case '[', 'n':
		return r.d.SkipValue()
	}
	v, err := r.d.ReadValue()
	if err != nil {
		return err
	}
	from := len(r.text)
	switch v.Kind() {
	case '"':
		r.text = appendText(r.text, v)
	case '0':
		r.text = appendNumber(r.text, v)
	default: // true and false
		r.text = append(r.text, v...)
	}
	r.cells[r.column()] = cell{from, len(r.text)}
	return nil
}

// column is that of the path.
func (r *rowReader) column() int {
	i, known := r.columns[string(r.path)]
	if !known {
		i = len(r.columns)
		r.columns[string(r.path)] = i
	}
	for len(r.cells) <= i {
		r.cells = append(r.cells, cell{})
	}
	return i
}

// appendText appends what a literal says that has been read, and so is good but for
// its UTF-8: what is not takes the place of U+FFFD.
func appendText(b []byte, literal jsontext.Value) []byte {
	b, _ = jsontext.AppendUnquote(b, literal)
	return b
}

// appendNumber writes a number as a person would: 12 and not 12.0 or 1.2E1.
func appendNumber(b []byte, literal jsontext.Value) []byte {
	n, err := strconv.ParseFloat(string(literal), 64)
	if err != nil { // beyond what a float holds
		return append(b, literal...)
	}
	return strconv.AppendFloat(b, n, 'f', -1, 64)
}

func expect(d *jsontext.Decoder, delim jsontext.Kind) error {
	t, err := d.ReadToken()
	if err == nil && t.Kind() != delim {
		err = fmt.Errorf("%v where %v should be", t.Kind(), delim)
	}
	return err
}

// expectEnd reads to the end, where nothing must follow: what broke off on the way
// may have an error page behind it.
func expectEnd(d *jsontext.Decoder) error {
	switch _, err := d.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errBehind
}

var (
	errBehind = errors.New("there is text behind the end")
	errKind   = errors.New("a value of another kind than it should be")
)

// readInt reads a number; null is 0.
func readInt(d *jsontext.Decoder) (int, error) {
	v, err := d.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return 0, err
	}
	return strconv.Atoi(string(v))
}

func readBool(d *jsontext.Decoder) (bool, error) {
	t, err := d.ReadToken()
	if err == nil && t.Kind() != 't' && t.Kind() != 'f' {
		err = errKind
	}
	return err == nil && t.Kind() == 't', err
}

// readString reads a text; null is none.
func readString(d *jsontext.Decoder) (string, error) {
	t, err := d.ReadToken()
	switch {
	case err != nil:
		return "", err
	case t.Kind() == 'n':
		return "", nil
	case t.Kind() != '"':
		return "", errKind
	}
	return t.String(), nil
}

type restKey struct{}

// WithRest has rest called after each record while the reply to a query is decoded,
// by whoever asked: a page of 2,000 takes longer than a ringing telephone should
// wait. Records that are yielded one by one, as those of Bulk results, leave it to
// who takes them.
func WithRest(ctx context.Context, rest func()) context.Context {
	return context.WithValue(ctx, restKey{}, rest)
}

func restOf(ctx context.Context) func() {
	if rest, ok := ctx.Value(restKey{}).(func()); ok {
		return rest
	}
	return func() {}
}
