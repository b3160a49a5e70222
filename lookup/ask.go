package lookup

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// The parts of the one statement, in its order. The marks between them let the
// reader stop: rows are made one by one, so what follows costs nothing then.
const (
	partExact = iota
	partExactEnd
	partStem
	partStemEnd
	partNear
)

// row is one row of any part; what a part lacks is NULL.
type row struct {
	part, number, site int64
	candidate
}

// rowColumns are the columns of a row that is a record's; recordRow says how
// they follow the first two.
const (
	rowColumns = 12
	recordRow  = `r.key, r.org, r.id, r.object, r.name, r.company, r.account, r.owner, r.activity`
)

// reader reads rows without a conversion by reflection for each column.
type reader struct {
	*sql.Rows
	names  map[int64]string
	values [rowColumns]any
	to     [rowColumns]any
}

func (f *finder) reader(rows *sql.Rows, v *view) *reader {
	r := &reader{Rows: rows, names: make(map[int64]string, len(v.orgs))}
	f.mu.RLock()
	for _, key := range v.orgs {
		r.names[key] = f.names[key]
	}
	f.mu.RUnlock()
	for i := range r.to {
		r.to[i] = &r.values[i]
	}
	return r
}

func (r *reader) row() (row, error) {
	err := r.Scan(r.to[:]...)
	number := func(i int) int64 { n, _ := r.values[i].(int64); return n }
	text := func(i int) string { s, _ := r.values[i].(string); return s }
	w := row{part: number(0), number: number(1), site: number(2)}
	w.key, w.org = number(3), number(4)
	w.ID, w.Object, w.Name, w.Company = text(5), text(6), text(7), text(8)
	w.account, w.owner, w.active = text(9), text(10), activity(number(11))
	w.Org = r.names[w.org]
	return w, err
}

// find answers whose number n is: who bears it, else whose company it is.
func (f *finder) find(ctx context.Context, s *Scope, n Number, depend func(place int64)) ([]candidate, error) {
	key, _ := n.key()
	c := caller{key: key, text: string(n[1:])}
	if p, national := plans().split(c.text); p != nil && p.sited(national) {
		c.plan = p
		depend(block(key)) // before anything is read
	}
	v, err := f.view(ctx, s)
	if err != nil || len(v.orgs) == 0 {
		return nil, err
	}
	what := f.search(&c)
	exact, shown, near, err := f.ask(ctx, &v, &c, what)
	if what == askShown && len(shown) == 0 && len(near) > 0 { // a company's own number begins it
		exact, shown, near, err = f.ask(ctx, &v, &c, askNumber)
	}
	if err != nil || len(exact) > 0 || c.plan == nil {
		return exact, err
	}
	if len(shown) == 0 {
		if shown, err = f.inferred(ctx, &v, &c, near); err != nil || len(shown) == 0 {
			return nil, err
		}
	}
	return f.firms(ctx, &v, shown, depend)
}

// search is how far the caller's number is to be looked for: numbers without a
// site belong to no company, and of the others the filter knows most.
func (f *finder) search(c *caller) int {
	if c.plan == nil {
		return askExact
	}
	if p := f.filter.now.Load(); p != nil && !p.near(c) {
		return askShown
	}
	return askNumber
}

// ask runs the one statement, as far as it is needed.
func (f *finder) ask(ctx context.Context, v *view, c *caller, what int) (exact, shown []candidate, near []evidence, err error) {
	text := v.exactSQL
	args := v.args(append(make([]any, 0, 64), c.key))
	switch what {
	case askShown:
		text = v.shownSQL
		args = c.pointArgs(v.args(c.stemArgs(args)))
	case askNumber:
		text = v.numberSQL
		args = c.nearArgs(v.args(c.stemArgs(args)))
	}
	rows, err := f.query(ctx, v.shape(what), text, args)
	if err != nil {
		return nil, nil, nil, err
	}
	defer rows.Close()
	longest := int64(0)
	for r := f.reader(rows, v); rows.Next(); {
		w, err := r.row()
		if err != nil {
			return nil, nil, nil, err
		}
		switch w.part {
		case partExact:
			w.Match.Match = MatchExact
			exact = append(exact, w.candidate)
		case partStem:
			longest = max(longest, w.number)
			if w.number == longest && w.number >= blockLimit/10 {
				shown = append(shown, w.candidate)
			}
		case partNear:
			near = append(near, evidence{w.number, w.key, w.site})
		}
		if w.part == partExactEnd && len(exact) > 0 || w.part == partStemEnd && len(shown) > 0 {
			return exact, shown, nil, nil
		}
	}
	return exact, shown, near, rows.Err()
}

// exactSQL reads by number first: the view's orgs are few and held by the row.
func (v *view) exactSQL() string {
	return `SELECT ` + strconv.Itoa(partExact) + `, n.number, n.site, ` + recordRow + `
		FROM number n JOIN record r ON r.key = n.record WHERE n.number = $1` + v.where(1) + ` ORDER BY n.record LIMIT ` + strconv.Itoa(maxRows)
}

// numberSQL is exactSQL, then who shows a stem, then what stands near.
func (v *view) numberSQL() string {
	parts, after := v.stemSQL()
	return strings.Join(append(append(parts, mark(partStemEnd)), nearSQL(after)...), " UNION ALL ")
}

// shownSQL is numberSQL where the filter knows that nothing near shows the
// caller's number to be a company's, unless one that begins it.
func (v *view) shownSQL() string {
	parts, after := v.stemSQL()
	return strings.Join(append(parts, pointsSQL(after, maxCut-1, 1)), " UNION ALL ")
}

// stemSQL are the first parts, and how many parameters they take.
func (v *view) stemSQL() (parts []string, after int) {
	after = 1 + v.params()
	stems := `SELECT ` + strconv.Itoa(partStem) + `, t.stem, 0, ` + recordRow + `
		FROM ` + list(after+1, maxCut+1) + ` JOIN stem t ON t.stem = list.n JOIN record r ON r.key = t.record
		WHERE TRUE` + v.where(after+maxCut+1) + ` LIMIT ` + strconv.Itoa(maxRows)
	after += maxCut + 1 + v.params()
	return []string{inner(v.exactSQL()), mark(partExactEnd), inner(stems)}, after
}

// list is a table of n parameters. It is read row by row, where SQLite would
// put those of an IN into a table of its own first.
func list(from, n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = "($" + strconv.Itoa(from+i) + ")"
	}
	return `(SELECT column1 AS n FROM (VALUES ` + strings.Join(rows, ", ") + `) AS given) AS list`
}

// inner lets a part of a union have its own order and limit.
func inner(text string) string { return `SELECT * FROM (` + text + `) AS part` }

const nothing = `, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`

func mark(part int) string { return `SELECT ` + strconv.Itoa(part) + `, 0, 0, 0` + nothing }

// stemArgs are the beginnings of the number, longest first.
func (c *caller) stemArgs(args []any) []any {
	for n := range maxCut + 1 {
		args = append(args, c.cut(n))
	}
	return args
}

// nearArgs are the caller's neighbourhood: those numbers that begin it, with and
// without the 0 of a switchboard, and the next ones on either side, of the same
// length and of one digit less and more.
func (c *caller) nearArgs(args []any) []any {
	for n := 1; n < maxCut; n++ {
		args = append(args, c.cut(n), c.cut(n)*10)
	}
	low, high := c.cut(maxCut-1), c.cut(maxCut-1)+1
	for range maxCut - 2 {
		low, high = low*10, high*10
	}
	// low to high: one digit less than the caller's
	for _, around := range []int64{c.cut(1), c.key, c.key * 10} {
		args = append(args, around, high, around, low)
		low, high = low*10, high*10
	}
	return args
}

// pointArgs are the numbers that begin the caller's.
func (c *caller) pointArgs(args []any) []any {
	for n := 1; n < maxCut; n++ {
		args = append(args, c.cut(n))
	}
	return args
}

// pointsSQL reads company lines among n numbers.
func pointsSQL(after, n, limit int) string {
	return inner(`SELECT ` + strconv.Itoa(partNear) + `, number, site, record` + nothing + `
		FROM ` + list(after+1, n) + ` JOIN number ON number.number = list.n WHERE site <> 0 LIMIT ` + strconv.Itoa(limit))
}

func nearSQL(after int) []string {
	const points = 2 * (maxCut - 1)
	limit := strconv.Itoa(nearby)
	part := func(where, limit string) string {
		return `SELECT ` + strconv.Itoa(partNear) + `, number, site, record` + nothing + ` FROM
			(SELECT number, record, site FROM number WHERE ` + where + ` LIMIT ` + limit + `) AS near WHERE site <> 0`
	}
	parts := []string{pointsSQL(after, points, 4*nearby)}
	at := after + points
	p := func(n int) string { return "$" + strconv.Itoa(at+n) }
	for range 3 {
		parts = append(parts,
			part(`number >= `+p(1)+` AND number < `+p(2)+` ORDER BY number`, limit),
			part(`number < `+p(3)+` AND number >= `+p(4)+` ORDER BY number DESC`, limit))
		at += 4
	}
	return parts
}
