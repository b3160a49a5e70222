package lookup

import (
	"context"
	"fmt"
	"time"
)

// queryTimeout is how long a look-up waits for a connection of its own. Of the
// query itself it bounds nothing: see session.query.
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

// FindFirst is the function FindFirst of this directory.
func (d *Directory) FindFirst(ctx context.Context, s Scope, readings []Number) (Number, []Match, error) {
	return FindFirst(ctx, d, s, readings)
}

// Finder is what FindFirst asks: a Directory, or what stands for one.
type Finder interface {
	Find(ctx context.Context, s Scope, n Number) ([]Match, error)
}

// FindFirst asks for several readings of one number, the likeliest first (see
// DialPlan.Readings), and answers with the one that somebody bears, else with
// the first that is a company's, else with the first.
func FindFirst(ctx context.Context, d Finder, s Scope, readings []Number) (Number, []Match, error) {
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
	var places []dependency
	found, current, err := d.read.find(ctx, &q.scope, q.number, func(place int64) { places = append(places, d.cache.depend(place)) })
	if err != nil {
		return answer{err: fmt.Errorf("lookup: find: %w", err)}
	}
	everybody := q.scope
	everybody.User = ""
	found = rank(&everybody, found)
	if current {
		d.cache.put(q.hash, &entry{scope: everybody, key: q.key, epoch: q.epoch, places: places, found: found})
	}
	return answer{found: found}
}
