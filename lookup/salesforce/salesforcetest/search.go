package salesforcetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// serveSearch answers SOSL as far as telephone numbers need it:
//
//	FIND {"phrase" OR word …} IN PHONE FIELDS RETURNING Object(Id LIMIT n), …
//
// Text is parted where letters, digits and punctuation meet; a phrase fits
// where its parts follow one another in a field. The real index lags some
// minutes behind the records, this one does not.
func (o *Org) serveSearch(w http.ResponseWriter, r *http.Request) error {
	phrases, returning, err := parseSearch(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	version := r.PathValue("version")
	body := []byte(`{"searchRecords":[`)
	for _, part := range returning {
		t, ok := o.table(part.object)
		if !ok {
			return apiError(400, "INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported.", part.object))
		}
		p := &plan{table: t}
		for _, field := range part.fields {
			if err := o.addOutput(p, field); err != nil {
				return err
			}
		}
		for _, row := range t.search(phrases, part.limit) {
			if body[len(body)-1] != '[' {
				body = append(body, ',')
			}
			body = p.appendRecord(body, row, version)
		}
	}
	writeBody(w, 200, append(body, "]}"...))
	return nil
}

// returned is one object of a RETURNING clause.
type returned struct {
	object string
	fields []string
	limit  int
}

func parseSearch(text string) (phrases [][]string, list []returned, err error) {
	malformed := apiError(400, "MALFORMED_SEARCH", "unexpected token in the search")
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "FIND {")
	find, rest, closed := strings.Cut(rest, "}")
	rest, in := strings.CutPrefix(strings.TrimSpace(rest), "IN PHONE FIELDS RETURNING ")
	if !ok || !closed || !in {
		return nil, nil, malformed
	}
	for term := range strings.SplitSeq(find, " OR ") {
		parts := tokens(term)
		if len(parts) == 0 {
			return nil, nil, apiError(400, "MALFORMED_SEARCH", "search term must be longer than one character")
		}
		phrases = append(phrases, parts)
	}
	for part := range strings.SplitSeq(rest, "),") {
		object, fields, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(part), ")"), "(")
		if !ok {
			return nil, nil, malformed
		}
		one := returned{object: strings.TrimSpace(object), limit: 2000}
		if names, limit, limited := strings.Cut(fields, " LIMIT "); limited {
			fields = names
			if one.limit, err = strconv.Atoi(strings.TrimSpace(limit)); err != nil {
				return nil, nil, malformed
			}
		}
		for name := range strings.SplitSeq(fields, ",") {
			one.fields = append(one.fields, strings.TrimSpace(name))
		}
		list = append(list, one)
	}
	return phrases, list, nil
}

// search finds rows by their telephone fields, as the run-as user sees them.
func (t *table) search(phrases [][]string, limit int) []*row {
	var found []*row
	for _, r := range t.rows {
		if len(found) == limit {
			break
		}
		if !r.pending && !r.deleted() && t.fits(r, phrases) {
			found = append(found, r)
		}
	}
	return found
}

func (t *table) fits(r *row, phrases [][]string) bool {
	for i, c := range t.columns {
		if c.kind != kindPhone || r.get(i) == "" || t.hidden[strings.ToLower(c.name)] {
			continue
		}
		words := tokens(r.get(i))
		for _, phrase := range phrases {
			for at := 0; at+len(phrase) <= len(words); at++ {
				if slices.Equal(words[at:at+len(phrase)], phrase) {
					return true
				}
			}
		}
	}
	return false
}

// tokens parts text as the search index does.
func tokens(text string) []string {
	var list []string
	class := 0
	for _, c := range strings.ToLower(text) {
		now := 0
		switch {
		case unicode.IsDigit(c):
			now = 1
		case unicode.IsLetter(c):
			now = 2
		}
		switch now {
		case 0:
		case class:
			list[len(list)-1] += string(c)
		default:
			list = append(list, string(c))
		}
		class = now
	}
	return list
}
