package salesforcetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// serveSearch answers SOSL:
//
//	FIND {"phrase" OR word* …} [IN ALL|NAME|EMAIL|PHONE FIELDS] [RETURNING Object[(Id, … [LIMIT n])], …] [LIMIT n]
//
// Text is parted where letters, digits and punctuation meet; a phrase fits
// where its parts follow one another in a field. Without RETURNING every object
// is searched, for ids. The real index lags some minutes behind the records,
// this one does not.
func (o *Org) serveSearch(w http.ResponseWriter, r *http.Request) error {
	q, err := parseSearch(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	if len(q.returning) == 0 {
		for _, name := range []string{"Account", "Contact", "Lead", "User"} {
			q.returning = append(q.returning, returned{object: name, fields: []string{"Id"}, limit: q.limit})
		}
	}
	body := []byte(`{"searchRecords":[`)
	left := q.limit
	for _, part := range q.returning {
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
		rows := t.search(q, min(part.limit, left))
		left -= len(rows)
		for _, row := range rows {
			if body[len(body)-1] != '[' {
				body = append(body, ',')
			}
			body = p.appendRecord(body, row, r.PathValue("version"))
		}
	}
	writeBody(w, 200, append(body, "]}"...))
	return nil
}

// search is a parsed SOSL query.
type search struct {
	phrases   []phrase
	group     string // of fields: ALL, NAME, EMAIL, PHONE
	returning []returned
	limit     int
}

// phrase is words that follow one another; the last may go on.
type phrase struct {
	words []string
	open  bool
}

// returned is one object of a RETURNING clause.
type returned struct {
	object string
	fields []string
	limit  int
}

var errSearch = apiError(400, "MALFORMED_SEARCH", "unexpected token in the search")

func parseSearch(text string) (search, error) {
	q := search{group: "ALL", limit: DefaultPageSize}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "FIND {")
	find, rest, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return q, errSearch
	}
	for term := range strings.SplitSeq(find, " OR ") {
		one := phrase{words: tokens(term), open: strings.HasSuffix(strings.Trim(term, `" `), "*")}
		if len(one.words) == 0 {
			return q, apiError(400, "MALFORMED_SEARCH", "search term must be longer than one character")
		}
		q.phrases = append(q.phrases, one)
	}
	rest = strings.TrimSpace(rest)
	if group, after, in := strings.Cut(strings.TrimPrefix(rest, "IN "), " FIELDS"); in && strings.HasPrefix(rest, "IN ") {
		q.group, rest = strings.TrimSpace(group), strings.TrimSpace(after)
	}
	if !slices.Contains([]string{"ALL", "NAME", "EMAIL", "PHONE"}, q.group) {
		return q, errSearch
	}
	if before, n, limited := cutLast(rest, "LIMIT "); limited && !strings.Contains(n, ")") {
		limit, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil {
			return q, errSearch
		}
		q.limit, rest = min(limit, q.limit), strings.TrimSpace(before)
	}
	list, returning := strings.CutPrefix(rest, "RETURNING ")
	if !returning && rest != "" {
		return q, errSearch
	}
	return q, q.addReturning(list)
}

func cutLast(s, part string) (before, after string, found bool) {
	at := strings.LastIndex(s, part)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+len(part):], true
}

func (q *search) addReturning(list string) (err error) {
	for list = strings.TrimSpace(list); list != ""; list = strings.TrimLeft(list, ", ") {
		end := strings.IndexAny(list, ",(")
		if end < 0 {
			end = len(list)
		}
		one := returned{object: strings.TrimSpace(list[:end]), limit: q.limit, fields: []string{"Id"}}
		if list = list[end:]; strings.HasPrefix(list, "(") {
			fields, after, closed := strings.Cut(list[1:], ")")
			if !closed {
				return errSearch
			}
			list, one.fields = after, nil
			if names, limit, limited := strings.Cut(fields, " LIMIT "); limited {
				fields = names
				if one.limit, err = strconv.Atoi(strings.TrimSpace(limit)); err != nil {
					return errSearch
				}
			}
			for name := range strings.SplitSeq(fields, ",") {
				one.fields = append(one.fields, strings.TrimSpace(name))
			}
		}
		q.returning = append(q.returning, one)
	}
	return nil
}

// search finds rows by what the run-as user sees of them.
func (t *table) search(q search, limit int) []*row {
	var found []*row
	for _, r := range t.rows {
		if len(found) >= limit {
			break
		}
		if !r.pending && !r.deleted() && t.fits(r, q) {
			found = append(found, r)
		}
	}
	return found
}

// searches tells whether a group of fields has that column.
func (c column) searches(group string) bool {
	switch group {
	case "PHONE":
		return c.kind == kindPhone
	case "EMAIL":
		return c.kind == kindEmail
	case "NAME":
		return c.name == "Name" || strings.HasSuffix(c.name, "tName") // FirstName, LastName
	}
	return slices.Contains([]string{kindPhone, kindEmail, kindString, kindText}, c.kind)
}

func (t *table) fits(r *row, q search) bool {
	for i, c := range t.columns {
		if !c.searches(q.group) || r.get(i) == "" || t.hidden[strings.ToLower(c.name)] {
			continue
		}
		words := tokens(r.get(i))
		if slices.ContainsFunc(q.phrases, func(p phrase) bool { return p.in(words) }) {
			return true
		}
	}
	return false
}

// in tells whether the words of a field hold the phrase.
func (p phrase) in(words []string) bool {
	last := len(p.words) - 1
	for at := 0; at+last < len(words); at++ {
		whole := slices.Equal(words[at:at+last], p.words[:last])
		if whole && (words[at+last] == p.words[last] || p.open && strings.HasPrefix(words[at+last], p.words[last])) {
			return true
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
