package accuracy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/ctibridge/ctibridge/lookup"
)

// Ours asks a directory that holds the world as an address book.
type Ours struct {
	Directory *lookup.Directory
	Book      string
	// Failed is the first error; answers are empty from then on.
	Failed error
}

// Name of the rule.
func (*Ours) Name() string { return "ours" }

// Answer as `ctibridge lookup` gives it.
func (o *Ours) Answer(c *Call) Answer {
	readings, _ := Trunks()[c.Trunk].Plan.Readings(c.Sent)
	if o.Failed != nil || len(readings) == 0 {
		return Answer{}
	}
	_, found, err := o.Directory.FindFirst(context.Background(), lookup.Scope{Books: []string{o.Book}}, readings)
	if err != nil {
		o.Failed = fmt.Errorf("accuracy: %q: %w", c.Sent, err)
		return Answer{}
	}
	var a Answer
	for _, m := range found {
		a.IDs = append(a.IDs, m.ID)
		a.Company = m.Match == lookup.MatchCompany
	}
	return a
}

// keyed is a rule that compares keys made of both sides' text.
type keyed struct {
	name  string
	field func(text, country string) string
	sent  func(c *Call) string
	ids   map[string][]string
}

func newKeyed(name string, rows []Row, field func(text, country string) string, sent func(*Call) string) Rule {
	k := &keyed{name: name, field: field, sent: sent, ids: map[string][]string{}}
	for i := range rows {
		r := &rows[i]
		for _, text := range []string{r.Phone, r.Mobile, r.Home, r.Other, r.Assistant} {
			if key := field(text, r.Country); key != "" && !slices.Contains(k.ids[key], r.ID) {
				k.ids[key] = append(k.ids[key], r.ID)
			}
		}
	}
	return k
}

func (k *keyed) Name() string { return k.name }

func (k *keyed) Answer(c *Call) Answer {
	key := k.sent(c)
	if key == "" {
		return Answer{}
	}
	return Answer{IDs: k.ids[key]}
}

// EqualDigits compares all digits, as SELECT … WHERE Phone = does at its best.
func EqualDigits(rows []Row) Rule {
	return newKeyed("equal digits", rows, func(text, _ string) string { return digitsOf(text) },
		func(c *Call) string { return digitsOf(userPart(c.Sent)) })
}

// LastDigits compares the last n digits (Odoo, yaai, Kommo, 3CX: field.md 4.2).
func LastDigits(rows []Row, n int) Rule {
	last := func(s string) string {
		if len(s) < n {
			return ""
		}
		return s[len(s)-n:]
	}
	return newKeyed(fmt.Sprintf("last %d", n), rows, func(text, _ string) string { return last(digitsOf(text)) },
		func(c *Call) string { return last(digitsOf(userPart(c.Sent))) })
}

// Libphonenumber parses both sides with the library alone.
func Libphonenumber(rows []Row) Rule {
	parse := func(text, country string) string {
		n, err := phonenumbers.Parse(text, country)
		if err != nil {
			return ""
		}
		return phonenumbers.Format(n, phonenumbers.E164)
	}
	return newKeyed("libphonenumber", rows, func(text, country string) string {
		code, ok := lookup.Country(country)
		if !ok {
			code = "DE"
		}
		return parse(text, code)
	}, func(c *Call) string { return parse(userPart(c.Sent), Trunks()[c.Trunk].Plan.Country) })
}

func userPart(sent string) string {
	if _, rest, ok := strings.Cut(sent, "<"); ok {
		sent = rest
	}
	sent = strings.TrimPrefix(strings.TrimPrefix(sent, "sip:"), "tel:")
	sent, _, _ = strings.Cut(sent, "@")
	return sent
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
