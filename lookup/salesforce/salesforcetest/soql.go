package salesforcetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// query is a parsed SELECT. Names are as written, not checked yet.
type query struct {
	text   string
	count  bool
	fields []string
	object string
	where  *condition // nil for none
	order  []orderTerm
	limit  int // -1 for none
	offset int
}

type orderTerm struct {
	field      string
	descending bool
	nullsLast  bool
}

// condition is a node of a WHERE clause: and, or, not over parts, or a comparison.
type condition struct {
	operator string // "AND", "OR", "NOT", or = != < <= > >= LIKE IN NOT IN
	parts    []*condition
	field    string
	values   []literal
}

// literal is a value in a query: quoted text, or a bare word such as a number, a date, true or null.
type literal struct {
	text   string
	quoted bool
}

// Bounds of a query: the first is Salesforce's, the second ours.
const (
	maxQueryLength = 100_000
	maxNesting     = 50
)

// parse reads the SOQL that this simulator understands; its errors are what
// the API answers.
func parse(text string) (*query, error) {
	if utf8.RuneCountInString(text) > maxQueryLength {
		return nil, apiError(400, "QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or the filter conditions are too complicated.")
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	q := &query{text: text, limit: -1}
	if err := p.selectQuery(q); err != nil {
		return nil, err
	}
	return q, nil
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

func malformed(what string) error { return apiError(400, "MALFORMED_QUERY", what) }

func (p *parser) unexpected() error {
	if p.at >= len(p.tokens) {
		return malformed("unexpected token: '<EOF>'")
	}
	return malformed(fmt.Sprintf("unexpected token: '%s'", p.tokens[p.at].text))
}

// word says whether the next tokens are these key words, and takes them.
func (p *parser) word(words ...string) bool {
	for i, w := range words {
		if p.at+i >= len(p.tokens) || p.tokens[p.at+i].kind != tokenWord || !strings.EqualFold(p.tokens[p.at+i].text, w) {
			return false
		}
	}
	p.at += len(words)
	return true
}

func (p *parser) symbol(s string) bool {
	if p.at < len(p.tokens) && p.tokens[p.at].kind == tokenSymbol && p.tokens[p.at].text == s {
		p.at++
		return true
	}
	return false
}

func (p *parser) name() (string, error) {
	if p.at >= len(p.tokens) || p.tokens[p.at].kind != tokenWord || !isName(p.tokens[p.at].text) {
		return "", p.unexpected()
	}
	p.at++
	return p.tokens[p.at-1].text, nil
}

func (p *parser) number() (int, error) {
	if p.at < len(p.tokens) {
		if n, err := strconv.Atoi(p.tokens[p.at].text); err == nil && n >= 0 && p.tokens[p.at].kind == tokenWord {
			p.at++
			return n, nil
		}
	}
	return 0, p.unexpected()
}

func (p *parser) selectQuery(q *query) (err error) {
	if !p.word("SELECT") {
		return p.unexpected()
	}
	if p.word("COUNT") {
		if !p.symbol("(") || !p.symbol(")") {
			return p.unexpected()
		}
		q.count = true
	} else if q.fields, err = p.names(); err != nil {
		return err
	}
	if !p.word("FROM") {
		return p.unexpected()
	}
	if q.object, err = p.name(); err != nil {
		return err
	}
	if p.word("WHERE") {
		if q.where, err = p.conditions(); err != nil {
			return err
		}
	}
	if p.word("ORDER", "BY") {
		if q.order, err = p.orderTerms(); err != nil {
			return err
		}
	}
	return p.bounds(q)
}

func (p *parser) bounds(q *query) (err error) {
	if p.word("LIMIT") {
		if q.limit, err = p.number(); err != nil {
			return err
		}
	}
	if p.word("OFFSET") {
		if q.offset, err = p.number(); err != nil {
			return err
		}
		if q.offset > 2000 {
			return apiError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
		}
	}
	if p.at < len(p.tokens) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) names() ([]string, error) {
	var names []string
	for {
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		names = append(names, n)
		if !p.symbol(",") {
			return names, nil
		}
	}
}

func (p *parser) orderTerms() ([]orderTerm, error) {
	var terms []orderTerm
	for {
		field, err := p.name()
		if err != nil {
			return nil, err
		}
		term := orderTerm{field: field}
		if p.word("DESC") {
			term.descending, term.nullsLast = true, true
		} else {
			p.word("ASC")
		}
		if p.word("NULLS", "LAST") {
			term.nullsLast = true
		} else if p.word("NULLS", "FIRST") {
			term.nullsLast = false
		}
		terms = append(terms, term)
		if !p.symbol(",") {
			return terms, nil
		}
	}
}

// conditions reads terms joined by AND or by OR; mixing them takes parentheses,
// as in Salesforce.
func (p *parser) conditions() (*condition, error) {
	first, err := p.term()
	if err != nil {
		return nil, err
	}
	operator := ""
	node := &condition{parts: []*condition{first}}
	for {
		switch {
		case operator != "OR" && p.word("AND"):
			operator = "AND"
		case operator != "AND" && p.word("OR"):
			operator = "OR"
		case p.word("AND"), p.word("OR"):
			p.at--
			return nil, p.unexpected()
		case operator == "":
			return first, nil
		default:
			node.operator = operator
			return node, nil
		}
		next, err := p.term()
		if err != nil {
			return nil, err
		}
		node.parts = append(node.parts, next)
	}
}

func (p *parser) term() (*condition, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, malformed("too many nested conditions")
	}
	defer func() { p.depth-- }()
	if p.word("NOT") {
		inner, err := p.term()
		if err != nil {
			return nil, err
		}
		return &condition{operator: "NOT", parts: []*condition{inner}}, nil
	}
	if !p.symbol("(") {
		return p.comparison()
	}
	inner, err := p.conditions()
	if err != nil {
		return nil, err
	}
	if !p.symbol(")") {
		return nil, p.unexpected()
	}
	return inner, nil
}

var comparisons = []string{"=", "!=", "<>", "<=", ">=", "<", ">"}

func (p *parser) comparison() (*condition, error) {
	field, err := p.name()
	if err != nil {
		return nil, err
	}
	c := &condition{field: field}
	switch {
	case p.word("LIKE"):
		c.operator = "LIKE"
	case p.word("NOT", "IN"):
		c.operator = "NOT IN"
		return c, p.list(c)
	case p.word("IN"):
		c.operator = "IN"
		return c, p.list(c)
	case p.at < len(p.tokens) && p.tokens[p.at].kind == tokenSymbol && slices.Contains(comparisons, p.tokens[p.at].text):
		c.operator = strings.Replace(p.tokens[p.at].text, "<>", "!=", 1)
		p.at++
	default:
		return nil, p.unexpected()
	}
	value, err := p.literal()
	c.values = []literal{value}
	return c, err
}

func (p *parser) list(c *condition) error {
	if !p.symbol("(") {
		return p.unexpected()
	}
	for {
		v, err := p.literal()
		if err != nil {
			return err
		}
		c.values = append(c.values, v)
		if p.symbol(")") {
			return nil
		}
		if !p.symbol(",") {
			return p.unexpected()
		}
	}
}

func (p *parser) literal() (literal, error) {
	if p.at >= len(p.tokens) || p.tokens[p.at].kind == tokenSymbol {
		return literal{}, p.unexpected()
	}
	t := p.tokens[p.at]
	p.at++
	return literal{text: t.text, quoted: t.kind == tokenText}, nil
}
