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
	key, org       int64 // of the database
	account, owner string
	active         activity
}

// tier orders the ways of matching: an exact match is always before one by the
// company's number.
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

// rank puts the best first. But for the agent's own records the order depends
// on nothing but the records, so that the same caller looks the same all day:
// tier, object, the agent's org before address books, an open opportunity or
// case, owner, last activity, name, id. A person who is a contact and a lead is
// listed twice, the contact first: the agent knows which one to open.
func rank(s *Scope, found []candidate) []candidate {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(tier(a.Match.Match), tier(b.Match.Match)),
			cmp.Compare(a.place(s.Objects), b.place(s.Objects)),
			cmp.Compare(foreign(s, a.Org), foreign(s, b.Org)),
			first(a.active.open(), b.active.open()),
			first(a.of(s.User), b.of(s.User)),
			cmp.Compare(b.active.last(), a.active.last()),
			strings.Compare(a.Name, b.Name),
			strings.Compare(a.Org, b.Org),
			strings.Compare(a.ID, b.ID),
		)
	})
	return found[:min(len(found), maxMatches)]
}

// of: the user owns the record.
func (c *candidate) of(user string) bool { return user != "" && c.owner == user }

// first orders what has a property before what has not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// matches is the caller's own copy of a cached answer, ranked for the agent.
func matches(s *Scope, found []candidate) []Match {
	if len(found) == 0 {
		return nil
	}
	if s.User != "" && slices.ContainsFunc(found, func(c candidate) bool { return c.of(s.User) }) && len(found) > 1 {
		found = rank(s, slices.Clone(found))
	}
	list := make([]Match, len(found))
	for i := range found {
		list[i] = found[i].Match
	}
	return list
}

func foreign(s *Scope, org string) int {
	if org == s.Org {
		return 0
	}
	return 1
}
