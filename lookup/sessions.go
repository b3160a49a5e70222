package lookup

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"sync/atomic"
)

// sessions are the connections of the look-ups: as many as have been busy at
// once lately, each with pages of its own in memory.
//
// Between two commits nothing changes, so a session keeps its snapshot from one
// look-up to the next. It must be neither older than the last commit that was
// reported, nor in the way of the write-ahead log, which is copied back and begun
// anew only where nobody reads it. So a commit first ends the snapshots of idle
// sessions, and until it has ended nobody begins one; busy ones end theirs with
// their look-up.
type sessions struct {
	db    *sql.DB
	ended atomic.Uint64 // commits, counted after COMMIT and before they are reported

	mu      sync.Mutex
	idle    []*session // the one used last is taken first, as it has the pages
	commits int        // under way
	taken   int        // since spare was begun
	spare   int        // sessions that nobody needed since then
}

// trimAfter is after how many look-ups sessions that none of them needed are closed.
const trimAfter = 10_000

// take is a session for one look-up; give takes it back.
func (p *sessions) take(ctx context.Context) (*session, error) {
	p.mu.Lock()
	n := len(p.idle) - 1
	if n < 0 {
		p.spare = 0
		p.mu.Unlock()
		return openSession(ctx, p.db)
	}
	s := p.idle[n]
	p.idle = p.idle[:n]
	p.spare = min(p.spare, n)
	p.taken++
	var trimmed []*session
	if p.taken >= trimAfter {
		trimmed = append(trimmed, p.idle[:p.spare]...)
		p.idle = append(p.idle[:0], p.idle[p.spare:]...)
		p.taken, p.spare = 0, len(p.idle)
	}
	p.mu.Unlock()
	for _, old := range trimmed {
		_ = old.close(nil) // it has answered all it was asked
	}
	return s, nil
}

// give takes a session back; err says that it is no good any more.
func (p *sessions) give(s *session, err error) {
	for err == nil {
		p.mu.Lock()
		if p.commits == 0 || s.snapshot == nil {
			p.idle = append(p.idle, s)
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		err = s.use(s.end)
	}
	_ = s.close(err) // err is known to who asked
}

// fresh makes what s reads from now on no older than the last commit that was
// reported.
func (p *sessions) fresh(s *session) error {
	ended := p.ended.Load()
	if s.snapshot != nil && s.seen == ended {
		return nil
	}
	if err := s.end(); err != nil {
		return err
	}
	s.seen = ended
	p.mu.Lock()
	quiet := p.commits == 0
	p.mu.Unlock()
	if !quiet {
		return nil
	}
	return s.begin()
}

// ask runs a look-up. current says that no commit has ended since what it read:
// only then may the answer be kept, as the look-up may have seen the epoch of a
// place after such a commit and the place before it.
func (p *sessions) ask(ctx context.Context, do func(*session) error) (current bool, err error) {
	s, err := p.take(ctx)
	if err != nil {
		return false, err
	}
	err = s.use(func() error {
		if err := p.fresh(s); err != nil {
			return err
		}
		return do(s)
	})
	current = p.ended.Load() == s.seen
	p.give(s, err)
	return current, err
}

// withoutSnapshots runs do, a commit, while no snapshot is held. What it wrote is
// seen by all look-ups that begin when it returns.
func (p *sessions) withoutSnapshots(do func()) {
	p.release()
	defer func() {
		p.ended.Add(1)
		p.mu.Lock()
		p.commits--
		p.mu.Unlock()
	}()
	do()
}

// release ends the snapshots of idle sessions, and lets nobody begin one.
func (p *sessions) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits++
	p.idle = slices.DeleteFunc(p.idle, func(s *session) bool {
		if s.snapshot == nil {
			return false
		}
		err := s.use(s.end)
		if err != nil {
			_ = s.close(err) // the look-ups ask another one
		}
		return err != nil
	})
}

// close closes all of them, when nobody asks any more.
func (p *sessions) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.idle {
		_ = s.close(nil)
	}
	p.idle = nil
}
