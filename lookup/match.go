package lookup

import (
	"cmp"
	"slices"
	"strings"
)

// Limits of one answer.
const (
	maxRows    = 1000 // read for one number; a switchboard may stand on that many
	maxMatches = 100  // given to the caller, the best
)

// candidate is a record that a number may belong to, with what ranks it.
type candidate struct {
	Match
	account, owner string
}

// tier orders the ways of matching: an exact match is always before one by the
// company's number. Only exact ones are found yet.
func tier(how string) int {
	if how == MatchExact {
		return 0
	}
	return 1
}

// person reports whether c is an account that is a person: a company bears its
// own name as Company, a person account bears none.
func (c *candidate) person() bool { return c.Object == "Account" && c.Company == "" && c.account == "" }

// place is where the object stands in the scope's order, or in the default
// one: Contact, Account that is a person, Lead, Account, others.
func (c *candidate) place(order []string) int {
	if len(order) > 0 {
		if i := slices.Index(order, c.Object); i >= 0 {
			return i
		}
		return len(order)
	}
	switch {
	case c.Object == "Contact":
		return 0
	case c.person():
		return 1
	case c.Object == "Lead":
		return 2
	case c.Object == "Account":
		return 3
	}
	return 4
}

// rank puts the best first. The order depends on nothing but the records
// themselves, so that the same caller looks the same all day: tier, object, the
// agent's own org before address books, name, id. A person who is a contact
// and a lead is listed twice: the agent knows which one to open.
func rank(s *Scope, found []candidate) []Match {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(tier(a.Match.Match), tier(b.Match.Match)),
			cmp.Compare(a.place(s.Objects), b.place(s.Objects)),
			cmp.Compare(foreign(s, a.Org), foreign(s, b.Org)),
			strings.Compare(a.Name, b.Name),
			strings.Compare(a.Org, b.Org),
			strings.Compare(a.ID, b.ID),
		)
	})
	found = found[:min(len(found), maxMatches)]
	matches := make([]Match, len(found))
	for i := range found {
		matches[i] = found[i].Match
	}
	return matches
}

func foreign(s *Scope, org string) int {
	if org == s.Org {
		return 0
	}
	return 1
}
