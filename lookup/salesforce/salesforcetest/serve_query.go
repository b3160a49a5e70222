package salesforcetest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// cursor is an answer too long for one page.
type cursor struct {
	id   string
	plan *plan
	rows []*row
}

func (o *Org) serveQuery(w http.ResponseWriter, r *http.Request) error {
	return o.answer(w, r, false)
}

func (o *Org) serveQueryAll(w http.ResponseWriter, r *http.Request) error {
	return o.answer(w, r, true)
}

func (o *Org) answer(w http.ResponseWriter, r *http.Request, all bool) error {
	q, err := parse(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p, err := o.compile(q)
	if err != nil {
		return err
	}
	rows := p.run(all)
	if q.count {
		writeBody(w, 200, fmt.Appendf(nil, `{"totalSize":%d,"done":true,"records":[]}`, len(rows)))
		return nil
	}
	c := &cursor{plan: p, rows: rows}
	if len(rows) > o.pageLength(r) {
		o.serial++
		c.id = fmt.Sprintf("01g7Q%010d", o.serial)
		if o.cursors = append(o.cursors, c); len(o.cursors) > cursorLimit {
			o.cursors = o.cursors[1:]
		}
	}
	o.writePage(w, r, c, 0)
	return nil
}

// serveMore answers nextRecordsUrl: …/query/<cursor>-<first record>.
func (o *Org) serveMore(w http.ResponseWriter, r *http.Request) error {
	locator := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if locator == "" { // go-salesforce asks …/query/?q=
		return o.answer(w, r, strings.Contains(r.URL.Path, "/queryAll/"))
	}
	id, from, _ := strings.Cut(locator, "-")
	first, err := strconv.Atoi(from)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.cursors {
		if c.id == id && err == nil && first >= 0 && first <= len(c.rows) {
			o.writePage(w, r, c, first)
			return nil
		}
	}
	return apiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
}

// pageLength is what the client asks for, at most what the org gives.
func (o *Org) pageLength(r *http.Request) int {
	for part := range strings.SplitSeq(r.Header.Get("Sforce-Query-Options"), ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(part), "batchSize=")
		if n, err := strconv.Atoi(text); ok && err == nil && n >= 200 && n <= 2000 {
			return min(n, o.pageSize)
		}
	}
	return o.pageSize
}

func (o *Org) writePage(w http.ResponseWriter, r *http.Request, c *cursor, first int) {
	last := min(first+o.pageLength(r), len(c.rows))
	version := r.PathValue("version")
	body := fmt.Appendf(make([]byte, 0, 256+(last-first)*700), `{"totalSize":%d,"done":%t,`, len(c.rows), last == len(c.rows))
	if last < len(c.rows) {
		body = fmt.Appendf(body, `"nextRecordsUrl":"/services/data/%s/query/%s-%d",`, version, c.id, last)
	}
	body = append(body, `"records":[`...)
	for i, row := range c.rows[first:last] {
		if i > 0 {
			body = append(body, ',')
		}
		body = c.plan.appendRecord(body, row, version)
	}
	writeBody(w, 200, append(body, "]}"...))
}
