package salesforce

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// rows reads the CSV of Bulk results: the names of the columns, in any order,
// then a record a row; values may be quoted and go over several lines.
type rows struct {
	csv     *csv.Reader
	columns map[string]int
}

// tail tells a text that just stops, in the midst of a value, from one that ends:
// with its line, or at least with a quote.
type tail struct {
	io.Reader
	last byte
}

func (t *tail) Read(b []byte) (int, error) {
	n, err := t.Reader.Read(b)
	if n > 0 {
		t.last = b[n-1]
	}
	if errors.Is(err, io.EOF) && t.last != '\n' && t.last != '"' {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// newRows reads the header, which must have fields.
func newRows(body io.Reader, fields []string) (*rows, error) {
	text := bufio.NewReaderSize(&tail{Reader: body}, 64<<10)
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = text.Discard(len(mark)) // it is there
	}
	r := &rows{csv: csv.NewReader(text)}
	r.csv.ReuseRecord = true
	names, err := r.csv.Read()
	if err != nil {
		return nil, r.broken(err)
	}
	r.columns = make(map[string]int, len(names))
	for i, name := range names {
		r.columns[strings.Clone(name)] = i
	}
	for _, field := range fields {
		if _, ok := r.columns[field]; !ok {
			return nil, r.broken(fmt.Errorf("no column %s", field))
		}
	}
	return r, nil
}

// next is the next record; more is false at the end.
func (r *rows) next() (record Record, more bool, err error) {
	values, err := r.csv.Read()
	switch {
	case err == io.EOF: // not one that is wrapped: that is an end too soon
		return Record{}, false, nil
	case err != nil:
		return Record{}, false, r.broken(err)
	}
	return Record{columns: r.columns, values: values}, true, nil
}

func (r *rows) broken(cause error) error {
	return &Error{Op: "bulk results", Code: codeTruncated, Message: "the results are cut short or damaged", cause: cause}
}
