package salesforcetest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// path is where a value stands: a column of the row, or of the row that one
// reference after the other leads to.
type path struct {
	steps  []step
	at     int
	column column
}

// step is one reference followed: its column, and the table it leads to.
type step struct {
	relation string
	via      int
	target   *table
}

// maxSteps is how many references a path may follow, as in Salesforce.
const maxSteps = 5

// plan is a query with its names resolved.
type plan struct {
	*query
	table  *table
	output []output
	test   func(*row) bool // nil accepts all
	less   []func(a, b *row) int
}

// output is one selected field: plain, or several under a relation.
type output struct {
	name   string
	path   path
	nested []output // not nil for a relation
	step   step     // of a relation
}

// get reads the value at p, empty where the reference is null.
func (p path) get(r *row) string {
	for _, s := range p.steps {
		var ok bool
		if r, ok = s.target.byID[r.get(s.via)]; !ok {
			return ""
		}
	}
	return r.get(p.at)
}

// compile resolves the names of q; the caller holds the org's lock.
func (o *Org) compile(q *query) (*plan, error) {
	t, ok := o.table(q.object)
	if !ok {
		return nil, apiError(400, "INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", q.object))
	}
	p := &plan{query: q, table: t}
	for _, name := range q.fields {
		if err := o.addOutput(p, name); err != nil {
			return nil, err
		}
	}
	if q.where != nil {
		test, err := o.condition(t, q.where)
		if err != nil {
			return nil, err
		}
		p.test = test
	}
	for _, term := range q.order {
		at, err := o.resolve(t, term.field)
		if err != nil {
			return nil, err
		}
		p.less = append(p.less, comparer(at, term))
	}
	return p, nil
}

func (o *Org) addOutput(p *plan, name string) error {
	at, err := o.resolve(p.table, name)
	if err != nil {
		return err
	}
	list := &p.output
	for _, s := range at.steps {
		list = nest(list, s)
	}
	if slices.ContainsFunc(*list, func(e output) bool { return e.nested == nil && e.path.at == at.at }) {
		return apiError(400, "INVALID_FIELD", "duplicate field selected: "+name)
	}
	*list = append(*list, output{name: at.column.name, path: at})
	return nil
}

// nest is the list of what is selected below a relation.
func nest(list *[]output, s step) *[]output {
	for i := range *list {
		if e := &(*list)[i]; e.nested != nil && e.step.via == s.via {
			return &e.nested
		}
	}
	*list = append(*list, output{name: s.relation, nested: []output{}, step: s})
	return &(*list)[len(*list)-1].nested
}

// resolve finds the column of a name or of a path through references.
func (o *Org) resolve(t *table, name string) (path, error) {
	var p path
	parts := strings.Split(name, ".")
	if len(parts) > 1 && strings.EqualFold(parts[0], t.name) {
		parts = parts[1:] // Contact.Name is Name in a query of Contact, unless it is a relation
		if _, related := t.relations[strings.ToLower(t.name)]; related {
			parts = strings.Split(name, ".")
		}
	}
	for _, relation := range parts[:len(parts)-1] {
		via, ok := t.relations[strings.ToLower(relation)]
		if !ok || t.hidden[strings.ToLower(t.columns[via].name)] || len(p.steps) == maxSteps {
			return path{}, apiError(400, "INVALID_FIELD", fmt.Sprintf("Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.", relation))
		}
		target, ok := o.table(t.columns[via].refersTo)
		if !ok {
			return path{}, noColumn(parts[len(parts)-1], t.columns[via].refersTo)
		}
		p.steps = append(p.steps, step{relation: t.columns[via].relation, via: via, target: target})
		t = target
	}
	leaf := parts[len(parts)-1]
	at, ok := t.column(leaf)
	if !ok {
		return path{}, noColumn(leaf, t.name)
	}
	p.at, p.column = at, t.columns[at]
	return p, nil
}

func noColumn(name, entity string) error {
	return apiError(400, "INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", name, entity))
}

func comparer(p path, term orderTerm) func(a, b *row) int {
	exact := p.column.exact()
	return func(a, b *row) int {
		x, y := p.get(a), p.get(b)
		switch {
		case x == y:
			return 0
		case x == "" || y == "":
			if (x == "") != term.nullsLast {
				return -1
			}
			return 1
		}
		if !exact {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		if term.descending {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
}

// exact tells kinds compared byte by byte from text, whose letter case does not count.
func (c column) exact() bool {
	switch c.kind {
	case kindID, kindReference, kindTime, kindDate, kindBoolean, kindInt:
		return true
	}
	return false
}

// condition compiles a WHERE clause into a test of one row.
func (o *Org) condition(t *table, c *condition) (func(*row) bool, error) {
	if c.field != "" {
		return o.comparison(t, c)
	}
	tests := make([]func(*row) bool, len(c.parts))
	for i, part := range c.parts {
		test, err := o.condition(t, part)
		if err != nil {
			return nil, err
		}
		tests[i] = test
	}
	switch c.operator {
	case "NOT":
		return func(r *row) bool { return !tests[0](r) }, nil
	case "OR":
		return func(r *row) bool {
			for _, test := range tests {
				if test(r) {
					return true
				}
			}
			return false
		}, nil
	}
	return func(r *row) bool {
		for _, test := range tests {
			if !test(r) {
				return false
			}
		}
		return true
	}, nil
}

func (o *Org) comparison(t *table, c *condition) (func(*row) bool, error) {
	p, err := o.resolve(t, c.field)
	if err != nil {
		return nil, err
	}
	if p.column.kind == kindText {
		return nil, apiError(400, "INVALID_FIELD", fmt.Sprintf("field '%s' can not be filtered in a query call", c.field))
	}
	wanted := make([]string, len(c.values))
	for i, v := range c.values {
		if wanted[i], err = p.column.filterValue(v, o.options.Now()); err != nil {
			return nil, err
		}
	}
	match, err := matcher(p.column, c.operator, wanted)
	if err != nil {
		return nil, err
	}
	return func(r *row) bool { return match(p.get(r)) }, nil
}

// filterValue is a literal in the form that values are stored in; null is empty.
func (c column) filterValue(v literal, now time.Time) (string, error) {
	if !v.quoted && strings.EqualFold(v.text, "null") {
		return "", nil
	}
	wrong := func(hint string) error {
		return apiError(400, "INVALID_FIELD", fmt.Sprintf("filter criterion for field '%s' must be of type %s and %s be enclosed in quotes", c.name, c.kind, hint))
	}
	switch c.kind {
	case kindBoolean, kindTime, kindDate, kindInt:
		if v.quoted {
			return "", wrong("should not")
		}
	default:
		if !v.quoted {
			return "", wrong("should")
		}
	}
	switch c.kind {
	case kindTime, kindDate:
		return c.filterTime(v.text, now)
	case kindBoolean:
		if !strings.EqualFold(v.text, "true") && !strings.EqualFold(v.text, "false") {
			return "", wrong("should not")
		}
		return strings.ToLower(v.text), nil
	case kindID, kindReference:
		if v.text == "" {
			return "", nil
		}
		id, err := salesforce.NormalizeID(v.text)
		if err != nil {
			return "", apiError(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: "+v.text)
		}
		return id, nil
	}
	return v.text, nil
}

// filterTime reads a date-time, a date or LAST_N_DAYS:n.
func (c column) filterTime(text string, now time.Time) (string, error) {
	layout := timeLayout
	if c.kind == kindDate {
		layout = time.DateOnly
	}
	if n, ok := strings.CutPrefix(strings.ToUpper(text), "LAST_N_DAYS:"); ok {
		if days, err := strconv.Atoi(n); err == nil && days >= 0 && days <= 36500 {
			return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -days).Format(layout), nil
		}
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil && c.kind == kindDate {
		return t.Format(layout), nil
	}
	if t, err := salesforce.ParseTime(text); err == nil && c.kind == kindTime {
		return t.Format(layout), nil
	}
	return "", apiError(400, "MALFORMED_QUERY", "value of filter criterion for field '"+c.name+"' is no valid "+c.kind)
}

func matcher(c column, operator string, wanted []string) (func(string) bool, error) {
	exact := c.exact()
	equal := func(a, b string) bool { return a == b || !exact && strings.EqualFold(a, b) }
	fold := func(s string) string {
		if exact {
			return s
		}
		return strings.ToLower(s)
	}
	first := fold(wanted[0])
	ordered := func(ok func(int) bool) (func(string) bool, error) {
		if c.kind == kindBoolean {
			return nil, apiError(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on field "+c.name)
		}
		return func(s string) bool { return s != "" && ok(cmp.Compare(fold(s), first)) }, nil
	}
	switch operator {
	case "=":
		return func(s string) bool { return equal(s, wanted[0]) }, nil
	case "!=":
		return func(s string) bool { return !equal(s, wanted[0]) }, nil
	case "<":
		return ordered(func(n int) bool { return n < 0 })
	case "<=":
		return ordered(func(n int) bool { return n <= 0 })
	case ">":
		return ordered(func(n int) bool { return n > 0 })
	case ">=":
		return ordered(func(n int) bool { return n >= 0 })
	case "IN", "NOT IN":
		in := operator == "IN"
		return func(s string) bool {
			return slices.ContainsFunc(wanted, func(w string) bool { return equal(s, w) }) == in
		}, nil
	}
	if exact {
		return nil, apiError(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on field "+c.name)
	}
	return func(s string) bool { return like([]rune(strings.ToLower(s)), []rune(first)) }, nil
}

// like matches % and _ greedily with one point to return to.
func like(text, pattern []rune) bool {
	t, p, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}

// run selects the rows of p in order; deleted ones only if all are wanted.
func (p *plan) run(all bool) []*row {
	var found []*row
	for _, r := range p.table.rows {
		if r.pending || !all && r.deleted() || p.test != nil && !p.test(r) {
			continue
		}
		found = append(found, r)
	}
	compare := func(a, b *row) int {
		for _, less := range p.less {
			if n := less(a, b); n != 0 {
				return n
			}
		}
		return 0
	}
	if len(p.less) > 0 && !slices.IsSortedFunc(found, compare) {
		slices.SortStableFunc(found, compare)
	}
	found = found[min(p.offset, len(found)):]
	if p.limit >= 0 {
		found = found[:min(p.limit, len(found))]
	}
	return found
}
