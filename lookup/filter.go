package lookup

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
	"time"
)

// filter keeps the partings of a directory: built in the background when the
// directory opens, given up while a load brings more lines than it is good for,
// built again when that is over. Without it look-ups take the long way.
//
// A build needs no snapshot. It begins while no commit is under way; from then
// on commits add to what is being built as well, so a line is either there when
// the build comes to it or added by its commit. Lines that go leave beginnings
// behind, which costs a search for nothing.
type filter struct {
	db      *sql.DB
	log     *slog.Logger
	traffic *traffic                 // a build rests for it
	writer  chan struct{}            // the directory's: who holds its token keeps commits off
	now     atomic.Pointer[partings] // nil: take the long way
	next    atomic.Pointer[partings] // being built
	lines   atomic.Int64             // that ever came, by which a load is known
	wake    chan struct{}            // room for one
}

const (
	// settle is how often a load is looked at; the build begins after a round
	// with no more than settled lines.
	settle  = 2 * time.Second
	settled = 1000
	// rebuildAfter is how long a filter that has become coarse stays at least,
	// and how long a build that failed is not tried again: a build reads all
	// numbers, ten million in some fifteen seconds of processor time.
	rebuildAfter = 10 * time.Minute
)

func (d *Directory) newFilter(ctx context.Context) (*filter, error) {
	f := &filter{db: d.db, log: d.log, traffic: d.traffic, writer: d.writer, wake: make(chan struct{}, 1)}
	records, err := f.records(ctx)
	if err != nil {
		return nil, err
	}
	if records == 0 {
		f.now.Store(newPartings(0)) // nothing to read
	} else {
		f.wake <- struct{}{}
	}
	return f, nil
}

func (f *filter) records(ctx context.Context) (n int64, err error) {
	err = f.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(records), 0) FROM sync`).Scan(&n)
	return n, err
}

// add notes the lines of rows before their commit, one commit at a time.
func (f *filter) add(rows []pair) {
	lines := int64(0)
	for i := range rows {
		if rows[i].site != 0 {
			lines++
		}
	}
	f.lines.Add(lines)
	for _, p := range []*atomic.Pointer[partings]{&f.now, &f.next} {
		to := p.Load()
		if to == nil {
			continue
		}
		switch added := to.added.Add(lines); {
		case added > to.worth():
			p.Store(nil)
			f.rouse()
			continue
		case added > to.coarse():
			f.rouse()
		}
		for i := range rows {
			if rows[i].site != 0 {
				to.line(rows[i].number)
			}
		}
	}
}

func (f *filter) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// run builds when woken, until ctx ends.
func (f *filter) run(ctx context.Context) {
	for {
		select {
		case <-f.wake:
		case <-ctx.Done():
			return
		}
		if p := f.now.Load(); p != nil && p.added.Load() <= p.coarse() {
			continue // built since it was asked for
		}
		if !f.spent(ctx) || !f.quiet(ctx) {
			return
		}
		switch err := f.build(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.log.Warn("unknown numbers take longer: the filter of companies could not be built, it is tried again", "err", err)
			if !pause(ctx, rebuildAfter) {
				return
			}
			f.rouse()
		}
	}
}

// spent waits until the filter is given up, or has been coarse for long enough.
func (f *filter) spent(ctx context.Context) bool {
	t := time.NewTimer(rebuildAfter)
	defer t.Stop()
	for f.now.Load() != nil {
		select {
		case <-f.wake:
		case <-t.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// quiet waits for the end of a load.
func (f *filter) quiet(ctx context.Context) bool {
	for before := int64(-settled - 1); ; {
		lines := f.lines.Load()
		if lines-before <= settled {
			return true
		}
		before = lines
		if !pause(ctx, settle) {
			return false
		}
	}
}

// pause waits; it reports false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// build reads all lines and puts the new filter in the place of the old. A load
// that begins meanwhile ends it; the next one follows.
func (f *filter) build(ctx context.Context) error {
	records, err := f.records(ctx)
	if err != nil {
		return err
	}
	next := newPartings(records)
	if err = f.alone(ctx, func() { f.next.Store(next) }); err != nil {
		return err
	}
	err = f.read(ctx, next)
	return errorsFirst(err, f.alone(ctx, func() {
		if f.next.Swap(nil) == next && err == nil {
			f.now.Store(next)
		}
	}))
}

func errorsFirst(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// alone runs do while no commit is under way.
func (f *filter) alone(ctx context.Context, do func()) error {
	select {
	case f.writer <- struct{}{}:
		do()
		<-f.writer
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// read puts all lines into next, or stops when that is given up.
func (f *filter) read(ctx context.Context, next *partings) (err error) {
	s, err := openSession(ctx, f.db)
	if err != nil {
		return err
	}
	defer func() { err = errorsFirst(err, s.close(err)) }()
	lines := newLineReader(s, Breath{traffic: f.traffic})
	for b := (partingsBuilder{to: next}); ; {
		p, digits, err := lines.next(ctx)
		if err != nil || p == nil || f.next.Load() != next {
			return err
		}
		if p.site != 0 {
			b.take(p.number, p.site, digits)
		}
	}
}
