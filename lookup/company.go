package lookup

import (
	"cmp"
	"context"
	"slices"
	"strconv"
)

// Whose direct dial a number is that no record bears:
//
//	1. a field shows the switchboard ("030 23125-0", "030 23125-29", "DW 29"):
//	   its stem begins the number                       table stem
//	2. the company's own number begins it (Austria's main numbers are dialled on)
//	3. several of the company's numbers differ just where the number goes its
//	   own way: 030 23125-101 and -230 make 030 23125-177 theirs, never -101
//	   alone; so do 030 23125-0, written without dash, and one direct dial
//
// Nothing is cut off blindly: digits count as direct dials only where the
// company's own numbers show it. Mobile and private numbers show nothing.

// Limits of the search.
const (
	maxCut     = maxDirectDial // digits behind a stem
	nearby     = 12            // rows read on either side of a number
	maxMembers = 10            // records listed where the company has none of its own
	maxFirms   = 32            // records read as evidence
)

// evidence is a row that may tell of a company.
type evidence struct{ number, record, site int64 }

// caller is a number that no record bears.
type caller struct {
	key  int64
	text string // its digits
	plan *plan
}

// cut is the number without its last n digits.
func (c *caller) cut(n int) int64 {
	key := c.key
	for range n {
		key /= 10
	}
	return key
}

// inferred finds the companies whose numbers show together that the caller's
// is theirs.
func (f *asking) inferred(ctx context.Context, c *caller, near []evidence) ([]candidate, error) {
	var plausible [][]evidence
	var keys []int64
	for _, rows := range bySite(near) {
		if len(rows) == 1 && rows[0].number > c.key/10 || c.owned(rows, nil) == 0 {
			continue // one number alone shows nothing, unless it begins the caller's
		}
		plausible = append(plausible, rows)
		for _, e := range rows {
			if !slices.Contains(keys, e.record) && len(keys) < maxFirms {
				keys = append(keys, e.record)
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	slices.Sort(keys)
	visible, err := f.records(ctx, keys)
	if err != nil {
		return nil, err
	}
	return c.longest(plausible, visible), nil
}

// bySite parts rows by company, each row once.
func bySite(near []evidence) [][]evidence {
	slices.SortFunc(near, func(a, b evidence) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.number, b.number), cmp.Compare(a.record, b.record))
	})
	var sites [][]evidence
	near = slices.Compact(near)
	for from, to := 0, 0; from < len(near); from = to {
		for to = from; to < len(near) && near[to].site == near[from].site; {
			to++
		}
		sites = append(sites, near[from:to:to])
	}
	return sites
}

// longest are the people of the companies with the longest stem, judged by what
// the scope shows alone.
func (c *caller) longest(sites [][]evidence, visible map[int64]*candidate) []candidate {
	var found []candidate
	longest := 0
	for _, rows := range sites {
		rows = slices.DeleteFunc(rows, func(e evidence) bool { return visible[e.record] == nil })
		stem := c.owned(rows, visible)
		if stem == 0 || stem < longest {
			continue
		}
		if stem > longest {
			longest, found = stem, nil
		}
		for _, e := range rows {
			if r := visible[e.record]; !slices.ContainsFunc(found, func(o candidate) bool { return o.key == r.key }) {
				found = append(found, *r)
			}
		}
	}
	return found
}

// owned is how many digits the switchboard of a company's rows has, if the
// caller's number is one of its direct dials, else 0. visible, if given, tells
// the company's own record from its people's.
func (c *caller) owned(rows []evidence, visible map[int64]*candidate) int {
	code := len(c.plan.code)
	for cut := 1; cut <= maxCut-1; cut++ {
		length := len(c.text) - cut
		if length < blockDigits || length-code < 5 {
			return 0
		}
		stem := c.cut(cut)
		text := c.text[:length]
		var numbers []int64
		next := map[byte]bool{}
		for _, e := range rows {
			if e.number == stem && c.plan.dialIn && (visible == nil || visible[e.record].own()) {
				return length
			}
			digits := strconv.FormatInt(e.number, 10)
			if len(digits) <= length || len(digits) > length+maxCut || digits[:length] != text || slices.Contains(numbers, e.number) {
				continue
			}
			numbers = append(numbers, e.number)
			next[digits[length]] = true
		}
		if len(next) >= 2 && (len(numbers) >= c.needed(cut, length-code) || c.plan.dialIn && slices.Contains(numbers, stem*10)) {
			return length
		}
	}
	return 0
}

// needed is how many numbers of a company must begin alike to show a
// switchboard with direct dials of cut digits: the more numbers it would have,
// the more of them must be known.
func (c *caller) needed(cut, national int) int {
	switch {
	case cut <= 2:
		return 2
	case cut == 3 && c.plan.dialIn && national >= 7:
		return 2
	case cut == 3:
		return 3
	case c.plan.dialIn:
		return 3
	}
	return 1 << 30 // closed plans have no blocks of 10,000
}

// own: the record is the company itself.
func (c *candidate) own() bool { return c != nil && c.ID == c.account }

// records reads records by key, as far as the view shows them.
func (f *asking) records(ctx context.Context, keys []int64) (map[int64]*candidate, error) {
	found := map[int64]*candidate{}
	for _, key := range keys {
		err := f.query(ctx, f.view, askRecord, func() string {
			return `SELECT ` + packedRecord("0", "0", "0") + ` FROM record r WHERE r.key = $1` + f.view.where(1)
		}, key, func(w *row) bool {
			found[w.key] = &w.candidate
			return false
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// firms puts the company's own record in the place of its people where the
// scope shows it; else the people stand for it, ten at most.
func (f *asking) firms(ctx context.Context, people []candidate, depend func(int64)) ([]candidate, error) {
	slices.SortFunc(people, func(a, b candidate) int { return cmp.Compare(a.key, b.key) })
	var found []candidate
	asked := map[string]bool{}
	for i := range people {
		r := &people[i]
		account := r.Org + r.account
		if asked[account] && r.account != "" {
			continue
		}
		asked[account] = true
		own, err := f.account(ctx, r, depend)
		if err != nil {
			return nil, err
		}
		if own != nil {
			found = append(found, *own)
			continue
		}
		for k := i; k < len(people) && len(found) < maxMembers; k++ {
			if o := &people[k]; k == i || r.account != "" && o.Org == r.Org && o.account == r.account {
				found = append(found, *o)
			}
		}
	}
	for i := range found {
		found[i].Match.Match = MatchCompany
	}
	return found, nil
}

// account reads the company of r, nil if it has none that the view shows.
func (f *asking) account(ctx context.Context, r *candidate, depend func(int64)) (own *candidate, err error) {
	if r.account == "" {
		return nil, nil
	}
	depend(siteOf(r.org, r.account, ""))
	if r.own() {
		return r, nil
	}
	within := view{orgs: []int64{r.org}, objects: f.view.objects}
	err = f.query(ctx, &within, askAccount, func() string {
		return `SELECT ` + packedRecord("0", "0", "0") + ` FROM record r WHERE r.id = $1` + within.where(1)
	}, r.account, func(w *row) bool {
		own = &w.candidate
		return false
	})
	return own, err
}
