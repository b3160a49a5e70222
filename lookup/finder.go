package lookup

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
)

// finder asks the database. A miss costs one statement, for exact and company
// alike: a statement costs more than all rows that it reads. Its parts come one
// after the other, and what is behind the part that answers is never run.
type finder struct {
	db     *sql.DB
	filter *filter
	mu     sync.RWMutex
	// statements are prepared, by shape.
	statements map[shape]*sql.Stmt
	// keys and names of orgs and books. An org once known keeps its key.
	keys  map[string]int64
	names map[int64]string
}

func newFinder(db *sql.DB, f *filter) finder {
	return finder{db: db, filter: f, statements: map[shape]*sql.Stmt{}, keys: map[string]int64{}, names: map[int64]string{}}
}

// shape is what the text of a query depends on.
type shape struct{ what, orgs, objects int }

// What queries ask.
const (
	askExact   = iota // who bears a number
	askShown          // the same, and whose direct dial a field shows it to be
	askNumber         // the same, and what stands near
	askRecords        // records by key
	askAccount        // a company's own record
)

// maxStatements bounds what is kept prepared; scopes take few shapes.
const maxStatements = 64

// view is a scope in the database's words.
type view struct {
	orgs    []int64
	objects []string
}

// view finds the keys of the scope's org and books; those never heard of hold
// nothing to be found.
func (f *finder) view(ctx context.Context, s *Scope) (view, error) {
	v := view{objects: s.Objects}
	names := make([]string, 0, 1+len(s.Books))
	if s.own() {
		names = append(names, s.Org)
	}
	for _, book := range s.Books {
		names = append(names, BookOrg(book))
	}
	for _, name := range names {
		key, err := f.org(ctx, name)
		if err != nil {
			return v, err
		}
		if key != 0 {
			v.orgs = append(v.orgs, key)
		}
	}
	return v, nil
}

// org is the key of an org or book, 0 if nothing of it was ever committed.
func (f *finder) org(ctx context.Context, name string) (int64, error) {
	f.mu.RLock()
	key := f.keys[name]
	f.mu.RUnlock()
	if key != 0 {
		return key, nil
	}
	err := f.db.QueryRowContext(ctx, `SELECT key FROM org WHERE name = $1`, name).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		f.mu.Lock()
		f.keys[name], f.names[key] = key, name
		f.mu.Unlock()
	}
	return key, err
}

// own: the scope names an org that is one, and no address book by its back door.
func (s *Scope) own() bool { return s.Org != "" && !strings.HasPrefix(s.Org, BookOrg("")) }

// where is the condition that keeps a query within the view; its parameters
// begin behind the first after ones.
func (v *view) where(after int) string {
	text := ` AND r.org IN (` + parameters(after+1, len(v.orgs)) + `)`
	if len(v.objects) > 0 {
		text += ` AND r.object IN (` + parameters(after+1+len(v.orgs), len(v.objects)) + `)`
	}
	return text
}

// params are how many parameters where takes, args those.
func (v *view) params() int { return len(v.orgs) + len(v.objects) }

func (v *view) args(list []any) []any {
	for _, key := range v.orgs {
		list = append(list, key)
	}
	for _, object := range v.objects {
		list = append(list, object)
	}
	return list
}

func (v *view) shape(what int) shape { return shape{what, len(v.orgs), len(v.objects)} }

// query runs a query of a shape, whose text is made at first use.
func (f *finder) query(ctx context.Context, sh shape, text func() string, args []any) (*sql.Rows, error) {
	f.mu.RLock()
	stmt, full := f.statements[sh], len(f.statements) >= maxStatements
	f.mu.RUnlock()
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
	stmt, err := f.db.PrepareContext(ctx, unnamed(text))
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
