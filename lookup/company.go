package lookup

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// company finds the records of the company whose direct dial n is.
func (f *finder) company(ctx context.Context, s *Scope, n Number, depend func(place int64)) ([]candidate, error) {
	p, national := plans().split(string(n[1:]))
	if p == nil || !p.sited(national) {
		return nil, nil
	}
	key, _ := n.key()
	depend(block(key))
	caller := caller{key: key, text: string(n[1:]), plan: p}
	firms, err := f.shown(ctx, s, &caller)
	if err != nil {
		return nil, err
	}
	if len(firms) == 0 {
		if firms, err = f.inferred(ctx, s, &caller); err != nil || len(firms) == 0 {
			return nil, err
		}
	}
	return f.firms(ctx, s, firms, depend)
}

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

// shown finds the records whose fields show the longest stem of the caller.
func (f *finder) shown(ctx context.Context, s *Scope, c *caller) ([]candidate, error) {
	args := make([]any, 0, maxCut+8)
	for n := range maxCut + 1 {
		args = append(args, c.cut(n))
	}
	where, scoped := s.where(len(args))
	if where == "" {
		return nil, nil
	}
	rows, err := f.queryText(ctx, shape{what: askStems, orgs: s.orgs(), objects: len(s.Objects)}, func() string {
		return `SELECT t.stem, ` + candidateColumns + ` FROM stem t JOIN record r ON r.key = t.record JOIN org o ON o.key = r.org
			WHERE t.stem IN (` + parameters(1, maxCut+1) + `)` + where + ` ORDER BY t.stem DESC, r.key LIMIT ` + strconv.Itoa(maxRows)
	}, append(args, scoped...))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []candidate
	longest := int64(0)
	for rows.Next() {
		var stem int64
		var r candidate
		if err := r.scan(rows, &stem); err != nil {
			return nil, err
		}
		longest = max(longest, stem)
		if stem == longest && stem >= blockLimit/10 {
			found = append(found, r)
		}
	}
	return found, rows.Err()
}

// inferred finds the companies whose numbers show together that the caller's
// is theirs.
func (f *finder) inferred(ctx context.Context, s *Scope, c *caller) ([]candidate, error) {
	near, err := f.near(ctx, c)
	if err != nil {
		return nil, err
	}
	bySite := map[int64][]evidence{}
	for _, e := range near {
		bySite[e.site] = append(bySite[e.site], e)
	}
	var keys []int64
	for _, rows := range bySite {
		if c.owned(rows, nil) == 0 {
			continue
		}
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
	visible, err := f.records(ctx, s, keys)
	if err != nil {
		return nil, err
	}
	// Only what the scope shows is evidence.
	var found []candidate
	longest := 0
	for site, rows := range bySite {
		rows = slices.DeleteFunc(rows, func(e evidence) bool { return visible[e.record] == nil })
		stem := c.owned(rows, visible)
		if stem == 0 || stem < longest {
			continue
		}
		if stem > longest {
			longest, found = stem, nil
		}
		for _, e := range bySite[site] {
			if r := visible[e.record]; r != nil && !slices.ContainsFunc(found, func(o candidate) bool { return o.key == r.key }) {
				found = append(found, *r)
			}
		}
	}
	return found, nil
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

// near reads the companies' numbers around the caller's: the next ones of the
// same length and of one digit less and more, and those that begin it, with
// and without the 0 of a switchboard.
func (f *finder) near(ctx context.Context, c *caller) ([]evidence, error) {
	var args []any
	for n := 1; n < maxCut; n++ {
		args = append(args, c.cut(n), c.cut(n)*10)
	}
	low, high := c.cut(maxCut-1), c.cut(maxCut-1)+1
	for range maxCut - 2 {
		low, high = low*10, high*10
	}
	// low to high: one digit less than the caller's
	for _, around := range []int64{c.cut(1), c.key, c.key * 10} {
		args = append(args, around, low, high)
		low, high = low*10, high*10
	}
	rows, err := f.queryText(ctx, shape{what: askNear}, nearSQL, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []evidence
	for rows.Next() {
		var e evidence
		if err := rows.Scan(&e.number, &e.record, &e.site); err != nil {
			return nil, err
		}
		if e.site != 0 && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list, rows.Err()
}

func nearSQL() string {
	const points = 2 * (maxCut - 1)
	parts := []string{`SELECT number, record, site FROM (SELECT number, record, site FROM number WHERE number IN (` + parameters(1, points) + `) LIMIT ` + strconv.Itoa(4*nearby) + `)`}
	for i := range 3 {
		at := points + 1 + 3*i
		around, low, high := "$"+strconv.Itoa(at), "$"+strconv.Itoa(at+1), "$"+strconv.Itoa(at+2)
		parts = append(parts,
			`SELECT number, record, site FROM (SELECT number, record, site FROM number WHERE number >= `+around+` AND number < `+high+` ORDER BY number LIMIT `+strconv.Itoa(nearby)+`)`,
			`SELECT number, record, site FROM (SELECT number, record, site FROM number WHERE number < `+around+` AND number >= `+low+` ORDER BY number DESC LIMIT `+strconv.Itoa(nearby)+`)`)
	}
	return strings.Join(parts, " UNION ALL ")
}

// records reads records by key, as far as the scope shows them.
func (f *finder) records(ctx context.Context, s *Scope, keys []int64) (map[int64]*candidate, error) {
	args := make([]any, 0, maxFirms+8)
	for i := range maxFirms {
		args = append(args, keys[min(i, len(keys)-1)]) // the last one fills up
	}
	where, scoped := s.where(len(args))
	if where == "" {
		return nil, nil
	}
	rows, err := f.queryText(ctx, shape{what: askRecords, orgs: s.orgs(), objects: len(s.Objects)}, func() string {
		return `SELECT 0, ` + candidateColumns + ` FROM record r JOIN org o ON o.key = r.org WHERE r.key IN (` + parameters(1, maxFirms) + `)` + where
	}, append(args, scoped...))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[int64]*candidate{}
	for rows.Next() {
		var unused int64
		r := &candidate{}
		if err := r.scan(rows, &unused); err != nil {
			return nil, err
		}
		found[r.key] = r
	}
	return found, rows.Err()
}

// firms puts the company's own record in the place of its people where the
// scope shows it; else the people stand for it, ten at most.
func (f *finder) firms(ctx context.Context, s *Scope, people []candidate, depend func(int64)) ([]candidate, error) {
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
		own, err := f.account(ctx, s, r, depend)
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

// account reads the company of r, nil if it has none that the scope shows.
func (f *finder) account(ctx context.Context, s *Scope, r *candidate, depend func(int64)) (*candidate, error) {
	if r.account == "" || r.own() {
		if r.own() {
			depend(siteOf(r.org, r.account, ""))
			return r, nil
		}
		return nil, nil
	}
	depend(siteOf(r.org, r.account, ""))
	objects := ""
	args := []any{r.account, r.org}
	if len(s.Objects) > 0 {
		objects = ` AND r.object IN (` + parameters(3, len(s.Objects)) + `)`
		for _, object := range s.Objects {
			args = append(args, object)
		}
	}
	rows, err := f.queryText(ctx, shape{what: askAccount, objects: len(s.Objects)}, func() string {
		return `SELECT 0, ` + candidateColumns + ` FROM record r JOIN org o ON o.key = r.org WHERE r.id = $1 AND r.org = $2` + objects
	}, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	var unused int64
	own := &candidate{}
	if err := own.scan(rows, &unused); err != nil {
		return nil, fmt.Errorf("company: %w", err)
	}
	return own, nil
}

// candidateColumns are what a candidate is read from.
const candidateColumns = `r.key, r.org, o.name, r.id, r.object, r.name, r.company, r.account, r.owner, r.activity`

func (c *candidate) scan(rows *sql.Rows, first *int64) error {
	return rows.Scan(first, &c.key, &c.org, &c.Org, &c.ID, &c.Object, &c.Name, &c.Company, &c.account, &c.owner, &c.active)
}
