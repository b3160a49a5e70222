package salesforcetest

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// bulkChunk is how many records are written under one lock.
const bulkChunk = 500

// serveResults streams one page of a job's results, so that a page of a million
// records occupies no more than one of a hundred.
func (o *Org) serveResults(w http.ResponseWriter, r *http.Request, j *bulkJob) error {
	first, last, err := o.pageOf(r, j)
	if err != nil {
		return err
	}
	locator := "null"
	if last < len(j.rows) {
		locator = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(last)))
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=UTF-8")
	h.Set("Sforce-Locator", locator)
	h.Set("Sforce-Numberofrecords", strconv.Itoa(last-first))
	var out io.Writer = w
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		z := gzips.Get().(*gzip.Writer)
		z.Reset(w)
		defer gzips.Put(z)
		defer z.Close() // fails only if the client has gone
		out = z
	}
	b := j.plan.appendHeader(nil)
	for first < last {
		n := min(bulkChunk, last-first)
		o.mu.RLock()
		for _, row := range j.rows[first : first+n] {
			b = j.plan.appendCSV(b, row)
		}
		o.mu.RUnlock()
		if _, err := out.Write(b); err != nil {
			return nil // the client has gone
		}
		b, first = b[:0], first+n
	}
	_, _ = out.Write(b) // the header of an empty page
	return nil
}

var gzips = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a known level
	return z
}}

// appendHeader writes the names of the columns, related ones by their path.
func (p *plan) appendHeader(b []byte) []byte {
	b = appendNames(b, p.output, "")
	b[len(b)-1] = '\n'
	return b
}

func appendNames(b []byte, list []output, above string) []byte {
	for _, f := range list {
		if f.nested == nil {
			b = appendQuoted(b, above+f.name)
			continue
		}
		b = appendNames(b, f.nested, above+f.name+".")
	}
	return b
}

// appendCSV writes a record; null is empty, as is an empty text.
func (p *plan) appendCSV(b []byte, r *row) []byte {
	b = appendCells(b, p.output, r)
	b[len(b)-1] = '\n'
	return b
}

// appendCells writes the cells of a row, nil where a reference is null.
func appendCells(b []byte, list []output, r *row) []byte {
	for _, f := range list {
		switch {
		case f.nested != nil && r == nil:
			b = appendCells(b, f.nested, nil)
		case f.nested != nil:
			b = appendCells(b, f.nested, f.step.target.byID[r.get(f.step.via)])
		case r == nil:
			b = appendQuoted(b, "")
		default:
			b = appendQuoted(b, r.get(f.path.at))
		}
	}
	return b
}

// appendQuoted writes a value with its comma; every value is quoted (RFC 4180).
func appendQuoted(b []byte, value string) []byte {
	b = append(b, '"')
	if strings.IndexByte(value, '"') >= 0 {
		value = strings.ReplaceAll(value, `"`, `""`)
	}
	b = append(b, value...)
	return append(b, `",`...)
}
