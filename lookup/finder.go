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
	sessions
	filter *filter
	mu     sync.RWMutex
	// keys and names of orgs and books. An org once known keeps its key.
	keys  map[string]int64
	names map[int64]string
}

func newFinder(db *sql.DB, f *filter) *finder {
	return &finder{sessions: sessions{db: db}, filter: f, keys: map[string]int64{}, names: map[int64]string{}}
}

// shape is what the text of a query depends on.
type shape struct{ what, orgs, objects int }

// What queries ask.
const (
	askExact   = iota // who bears a number
	askShown          // the same, and whose direct dial a field shows it to be
	askNumber         // the same, and what stands near
	askRecord         // a record by key
	askAccount        // a company's own record
	askLines          // all numbers, one after the other
)

// view is a scope in the database's words.
type view struct {
	orgs    []int64
	objects []string
}

// view finds the keys of the scope's org and books; those never heard of hold
// nothing to be found.
func (f *finder) view(ctx context.Context, s *Scope) (view, error) {
	v := view{objects: s.Objects, orgs: make([]int64, 0, 1+len(s.Books))}
	if s.own() {
		if err := f.see(ctx, &v, s.Org); err != nil {
			return v, err
		}
	}
	for _, book := range s.Books {
		if err := f.see(ctx, &v, BookOrg(book)); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (f *finder) see(ctx context.Context, v *view, name string) error {
	key, err := f.org(ctx, name)
	if key != 0 {
		v.orgs = append(v.orgs, key)
	}
	return err
}

// org is the key of an org or book, 0 if nothing of it was ever committed.
func (f *finder) org(ctx context.Context, name string) (int64, error) {
	f.mu.RLock()
	key := f.keys[name]
	f.mu.RUnlock()
	if key != 0 {
		return key, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
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

// name is that of the org or book of a key that view found.
func (f *finder) name(key int64) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.names[key]
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

// args are the parameters of where.
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
