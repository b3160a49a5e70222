package lookup

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// queryTimeout ends a query that nobody waits for any more.
const queryTimeout = 10 * time.Second

// query is a question on its way to the database. Its asker may be gone before
// the answer is there; the cache keeps it for the next one.
type query struct {
	scope  Scope
	number Number
	key    int64
	hash   uint64
	epoch  uint32
	done   chan answer // room for one
}

type answer struct {
	found []candidate
	err   error
}

// Find answers whose number n is, best match first, nil if nobody's. It sees
// nothing beyond s: not another org, not an address book or object that s does
// not name. The answer is no older than the last commit that was reported
// before the call, and the slice is the caller's own.
//
// What the cache holds comes at once, whatever ctx says. Else Find returns when
// ctx ends, even if the database hangs; an error is no answer and is never cached.
func (d *Directory) Find(ctx context.Context, s Scope, n Number) ([]Match, error) {
	key, ok := n.key()
	if !ok || s.Org == "" && len(s.Books) == 0 {
		return nil, nil
	}
	epoch := d.cache.epoch(key).Load() // before the cache and the database are asked
	hash := d.cache.hash(&s, key)
	if found, ok := d.cache.get(&s, key, hash, epoch); ok {
		return matches(&s, found), nil
	}
	return d.ask(ctx, &query{scope: s.clone(), number: n, key: key, hash: hash, epoch: epoch, done: make(chan answer, 1)})
}

// FindFirst asks for several readings of one number, the likeliest first (see
// DialPlan.Readings), and answers with the one that somebody bears, else with
// the first that is a company's, else with the first.
func (d *Directory) FindFirst(ctx context.Context, s Scope, readings []Number) (Number, []Match, error) {
	var best Number
	var company []Match
	for i, n := range readings {
		matches, err := d.Find(ctx, s, n)
		switch {
		case err != nil:
			return "", nil, err
		case len(matches) > 0 && matches[0].Match == MatchExact:
			return n, matches, nil
		case i == 0 || len(matches) > 0 && len(company) == 0:
			best, company = n, matches
		}
	}
	return best, company, nil
}

// ask hands q to a goroutine that queries and waits no longer than ctx.
func (d *Directory) ask(ctx context.Context, q *query) ([]Match, error) {
	select {
	case d.queries <- q:
	case <-ctx.Done():
		return nil, fmt.Errorf("lookup: find: %w", context.Cause(ctx))
	case <-d.stopped:
		return nil, ErrClosed
	}
	select {
	case a := <-q.done:
		return matches(&q.scope, a.found), a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("lookup: find: %w", context.Cause(ctx))
	case <-d.stopped:
		return nil, ErrClosed
	}
}

// serve answers queries until ctx ends.
func (d *Directory) serve(ctx context.Context) {
	for {
		select {
		case q := <-d.queries:
			q.done <- d.answer(ctx, q)
		case <-ctx.Done():
			return
		}
	}
}

func (d *Directory) answer(ctx context.Context, q *query) answer {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	found, err := d.read.exact(ctx, &q.scope, q.key)
	var places []dependency
	if err == nil && len(found) == 0 {
		found, err = d.read.company(ctx, &q.scope, q.number, func(place int64) { places = append(places, d.cache.depend(place)) })
	}
	if err != nil {
		return answer{err: fmt.Errorf("lookup: find: %w", err)}
	}
	everybody := q.scope
	everybody.User = ""
	found = rank(&everybody, found)
	d.cache.put(q.hash, &entry{scope: everybody, key: q.key, epoch: q.epoch, places: places, found: found})
	return answer{found: found}
}

// shape is what the text of a query depends on.
type shape struct{ what, orgs, objects int }

// What queries ask.
const (
	askExact = iota
	askStems
	askNear
	askRecords
	askAccount
)

// maxStatements bounds what is kept prepared; scopes take few shapes.
const maxStatements = 64

// finder holds the prepared look-ups.
type finder struct {
	db         *sql.DB
	mu         sync.Mutex
	statements map[shape]*sql.Stmt
}

// exact reads the records that bear the number.
func (f *finder) exact(ctx context.Context, s *Scope, key int64) ([]candidate, error) {
	where, scoped := s.where(1)
	if where == "" {
		return nil, nil
	}
	sh := shape{what: askExact, orgs: s.orgs(), objects: len(s.Objects)}
	rows, err := f.queryText(ctx, sh, func() string { return exactSQL(where) }, append([]any{key}, scoped...))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []candidate
	for rows.Next() {
		c := candidate{Match: Match{Match: MatchExact}}
		if err := rows.Scan(&c.Org, &c.ID, &c.Object, &c.Name, &c.Company, &c.account, &c.owner, &c.active); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}

// exactSQL reads by number first: the scope's orgs are few and held by the row.
func exactSQL(where string) string {
	return `SELECT o.name, r.id, r.object, r.name, r.company, r.account, r.owner, r.activity
		FROM number n JOIN record r ON r.key = n.record JOIN org o ON o.key = r.org
		WHERE n.number = $1` + where + ` ORDER BY n.record LIMIT ` + strconv.Itoa(maxRows)
}

// own: the scope names an org that is one, and no address book by its back door.
func (s *Scope) own() bool { return s.Org != "" && !strings.HasPrefix(s.Org, BookOrg("")) }

// orgs is how many orgs and address books the scope names.
func (s *Scope) orgs() int {
	if s.own() {
		return len(s.Books) + 1
	}
	return len(s.Books)
}

// where is the condition that keeps a query within the scope, and its
// arguments, the first of which is parameter after+1; "" if nothing is within.
func (s *Scope) where(after int) (text string, args []any) {
	orgs := s.orgs()
	if orgs == 0 {
		return "", nil
	}
	if s.own() {
		args = append(args, s.Org)
	}
	for _, book := range s.Books {
		args = append(args, BookOrg(book))
	}
	text = ` AND o.name IN (` + parameters(after+1, orgs) + `)`
	if len(s.Objects) > 0 {
		text += ` AND r.object IN (` + parameters(after+1+orgs, len(s.Objects)) + `)`
	}
	for _, object := range s.Objects {
		args = append(args, object)
	}
	return text, args
}

// queryText runs a query of a shape, whose text is made at first use.
func (f *finder) queryText(ctx context.Context, sh shape, text func() string, args []any) (*sql.Rows, error) {
	f.mu.Lock()
	stmt, full := f.statements[sh], len(f.statements) >= maxStatements
	f.mu.Unlock()
	if stmt == nil && full {
		return f.db.QueryContext(ctx, text(), args...)
	}
	if stmt == nil {
		var err error
		if stmt, err = f.prepare(ctx, sh, text()); err != nil {
			return nil, err
		}
	}
	return stmt.QueryContext(ctx, args...)
}

func (f *finder) prepare(ctx context.Context, sh shape, text string) (*sql.Stmt, error) {
	stmt, err := f.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if first := f.statements[sh]; first != nil {
		return first, stmt.Close()
	}
	f.statements[sh] = stmt
	return stmt, nil
}

func (f *finder) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, stmt := range f.statements {
		_ = stmt.Close() // a read statement has nothing to lose
	}
}

// parameters is "$from, …", n of them.
func parameters(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(list, ", ")
}
