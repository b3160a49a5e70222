package lookup

import (
	"context"
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

// find answers whose number n is: who bears it, else whose company it is.
// current says that no commit has ended meanwhile.
func (f *finder) find(ctx context.Context, s *Scope, n Number, depend func(place int64)) (found []candidate, current bool, err error) {
	key, _ := n.key()
	c := caller{key: key, text: string(n[1:])}
	if p, national := plans().split(c.text); p != nil && p.sited(national) {
		c.plan = p
		depend(block(key)) // before anything is read
	}
	ended := f.ended.Load()
	v, err := f.view(ctx, s)
	if err != nil || len(v.orgs) == 0 {
		return nil, f.ended.Load() == ended, err
	}
	current, err = f.ask(ctx, func(s *session) error {
		r := asking{f, s, &v}
		found, err = r.find(ctx, &c, depend)
		return err
	})
	return found, current, err
}

// asking is one look-up under way.
type asking struct {
	*finder
	session *session
	view    *view
}

func (f *asking) find(ctx context.Context, c *caller, depend func(place int64)) ([]candidate, error) {
	what := f.search(c)
	exact, shown, near, err := f.ask(ctx, c, what)
	if what == askShown && len(shown) == 0 && len(near) > 0 { // a company's own number begins it
		exact, shown, near, err = f.ask(ctx, c, askNumber)
	}
	if err != nil || len(exact) > 0 || c.plan == nil {
		return exact, err
	}
	if len(shown) == 0 {
		if shown, err = f.inferred(ctx, c, near); err != nil || len(shown) == 0 {
			return nil, err
		}
	}
	return f.firms(ctx, shown, depend)
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
func (f *asking) ask(ctx context.Context, c *caller, what int) (exact, shown []candidate, near []evidence, err error) {
	text := f.view.exactSQL
	switch what {
	case askShown:
		text = f.view.shownSQL
	case askNumber:
		text = f.view.numberSQL
	}
	longest := int64(0)
	err = f.query(ctx, f.view, what, text, c.key, func(w *row) (more bool) {
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
		return (w.part != partExactEnd || len(exact) == 0) && (w.part != partStemEnd || len(shown) == 0)
	})
	return exact, shown, near, err
}

// query asks within a view; the first parameter is the view's, or what is asked for.
func (f *asking) query(ctx context.Context, v *view, what int, text func() string, key any, row func(*row) (more bool)) error {
	return f.session.query(ctx, v.shape(what), text, v.args([]any{key}), func(packed string) (bool, error) {
		w, err := unpack(packed)
		if err != nil {
			return false, err
		}
		if w.org != 0 {
			w.Org = f.name(w.org)
		}
		return row(&w), nil
	})
}

// exactSQL reads by number first: the view's orgs are few and held by the row. In
// this and the next the first parameter is the number, from which SQLite makes all
// that depend on it: a parameter costs as much as a row.
func (v *view) exactSQL() string {
	return `SELECT ` + packedRecord(strconv.Itoa(partExact), "n.number", "n.site") + `
		FROM number n JOIN record r ON r.key = n.record WHERE n.number = $1` + v.where(1) + ` ORDER BY n.record LIMIT ` + strconv.Itoa(maxRows)
}

// numberSQL is exactSQL, then who shows a stem, then what stands near.
func (v *view) numberSQL() string {
	return union(append(append(v.stemSQL(), mark(partStemEnd)), nearSQL()...))
}

// shownSQL is numberSQL where the filter knows that nothing near shows the
// caller's number to be a company's, unless one that begins it.
func (v *view) shownSQL() string {
	return union(append(v.stemSQL(), pointsSQL(points(""), 1)))
}

func union(parts []string) string { return strings.Join(parts, " UNION ALL ") }

// stemSQL are the first parts: the beginnings of the number come longest first.
func (v *view) stemSQL() []string {
	stems := make([]string, maxCut+1)
	for n := range stems {
		stems[n] = cut(n)
	}
	return []string{inner(v.exactSQL()), mark(partExactEnd), inner(`SELECT ` + packedRecord(strconv.Itoa(partStem), "t.stem", "0") + `
		FROM ` + list(stems) + ` JOIN stem t ON t.stem = list.n JOIN record r ON r.key = t.record
		WHERE TRUE` + v.where(1) + ` LIMIT ` + strconv.Itoa(maxRows))}
}

// cut is the number without its last n digits.
func cut(n int) string {
	if n == 0 {
		return "$1"
	}
	return "$1 / 1" + strings.Repeat("0", n)
}

// list is a table of numbers. It is read row by row, where SQLite would put
// those of an IN into a table of its own first.
func list(numbers []string) string {
	return `(SELECT column1 AS n FROM (VALUES (` + strings.Join(numbers, "), (") + `)) AS given) AS list`
}

// inner lets a part of a union have its own order and limit.
func inner(text string) string { return `SELECT * FROM (` + text + `) AS part` }

func mark(part int) string { return `SELECT '` + strconv.Itoa(part) + `'` }

// nearRow is the column of a row that is a line's.
func nearRow() string {
	return packedColumn([]string{strconv.Itoa(partNear), "number", "site", "record"})
}

// points are the numbers that begin the caller's, with and without what a
// switchboard has behind them.
func points(behind ...string) []string {
	var numbers []string
	for n := 1; n < maxCut; n++ {
		for _, b := range behind {
			numbers = append(numbers, cut(n)+b)
		}
	}
	return numbers
}

// pointsSQL reads company lines among numbers.
func pointsSQL(numbers []string, limit int) string {
	return inner(`SELECT ` + nearRow() + `
		FROM ` + list(numbers) + ` JOIN number ON number.number = list.n WHERE site <> 0 LIMIT ` + strconv.Itoa(limit))
}

// nearSQL reads the caller's neighbourhood: those numbers that begin it, with and
// without the 0 of a switchboard, and the next ones on either side, of the same
// length and of one digit less and more.
func nearSQL() []string {
	limit := strconv.Itoa(nearby)
	part := func(where string) string {
		return `SELECT ` + nearRow() + ` FROM
			(SELECT number, record, site FROM number WHERE ` + where + ` LIMIT ` + limit + `) AS near WHERE site <> 0`
	}
	parts := []string{pointsSQL(points("", " * 10"), 4*nearby)}
	scale := "1" + strings.Repeat("0", maxCut-2)
	// one digit less than the caller's, as many, one more
	for _, around := range []string{cut(1), cut(0), cut(0) + " * 10"} {
		low, high := cut(maxCut-1)+" * "+scale, "("+cut(maxCut-1)+" + 1) * "+scale
		parts = append(parts,
			part(`number >= `+around+` AND number < `+high+` ORDER BY number`),
			part(`number < `+around+` AND number >= `+low+` ORDER BY number DESC`))
		scale += "0"
	}
	return parts
}
