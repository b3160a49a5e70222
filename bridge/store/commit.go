package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

const (
	// queued bounds the writes that wait; the next caller waits with them.
	queued = 4096
	// batch bounds a transaction, and with it how long a reload of the
	// configuration waits for the connection.
	batch = 1024
	// tidyEvery is how often expired sessions are dropped, by the way.
	tidyEvery = time.Minute
)

// ErrClosed says that the store was closed before the write.
var ErrClosed = errors.New("the store is closed")

// write is a small write in the queue. It runs in a transaction with others.
type write struct {
	// do returns refused where it changed nothing and has said why; failed
	// undoes the transaction.
	do   func(ctx context.Context, tx *sql.Tx) (refused, failed error)
	then func()     // once it is on the disk, unless nil
	done chan error // buffered: the caller may have gone
}

// committer is the goroutine of the group commit.
type committer struct {
	db       *sql.DB
	queue    chan write
	stop     chan struct{}
	stopOnce sync.Once
	finished chan struct{}
	tidied   time.Time
}

func startCommitter(ctx context.Context, db *sql.DB) *committer {
	c := &committer{
		db: db, queue: make(chan write, queued),
		stop: make(chan struct{}), finished: make(chan struct{}),
	}
	go c.run(ctx)
	return c
}

// close lets the goroutine write what is queued and waits for its end.
func (c *committer) close() {
	c.stopOnce.Do(func() { close(c.stop) })
	<-c.finished
}

// do queues a write and waits until it is on the disk. If ctx ends first the
// write may still happen.
func (c *committer) do(ctx context.Context, fn func(context.Context, *sql.Tx) (refused, failed error)) error {
	return c.doThen(ctx, fn, nil)
}

// doThen is do, and calls then on the committer's goroutine once the write is on
// the disk.
func (c *committer) doThen(ctx context.Context, fn func(context.Context, *sql.Tx) (refused, failed error), then func()) error {
	w := write{fn, then, make(chan error, 1)}
	select {
	case <-c.stop: // a closed store takes nothing more, even where there is room
		return ErrClosed
	default:
	}
	select {
	case c.queue <- w:
	case <-c.finished:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-c.finished:
	}
	select { // it may have been answered in the last batch
	case err := <-w.done:
		return err
	default:
		return ErrClosed
	}
}

func (c *committer) run(ctx context.Context) {
	defer close(c.finished)
	for {
		select {
		case w := <-c.queue:
			c.commit(ctx, c.gather([]write{w}))
		case <-c.stop:
			for ws := c.gather(nil); len(ws) > 0; ws = c.gather(nil) {
				c.commit(ctx, ws)
			}
			return
		}
	}
}

// gather adds what waits already. While a commit flushes the disk the next
// batch collects by itself, so nobody is made to wait for company.
func (c *committer) gather(ws []write) []write {
	for len(ws) < batch {
		select {
		case w := <-c.queue:
			ws = append(ws, w)
		default:
			return ws
		}
	}
	return ws
}

// commit writes all in one transaction. If one fails, each gets a transaction
// of its own: a bad write does not spoil its neighbours.
func (c *committer) commit(ctx context.Context, ws []write) {
	answers := make([]error, len(ws))
	if err := c.try(ctx, ws, answers); err != nil {
		for i := range ws {
			answers[i] = nil
			if err := c.try(ctx, ws[i:i+1], answers[i:i+1]); err != nil {
				answers[i] = err
			}
		}
	}
	for i, w := range ws {
		if w.then != nil && answers[i] == nil {
			w.then()
		}
		w.done <- answers[i]
	}
}

// try fills in the refusals. An error means that nothing was written.
func (c *committer) try(ctx context.Context, ws []write, answers []error) error {
	return inTx(ctx, c.db, nil, func(tx *sql.Tx) error {
		for i, w := range ws {
			refused, failed := w.do(ctx, tx)
			if failed != nil {
				return failed
			}
			answers[i] = refused
		}
		return c.tidy(ctx, tx)
	})
}

// tidy drops what has expired, which nobody finds any more in any case. What is
// kept for days goes in Expire.
func (c *committer) tidy(ctx context.Context, tx *sql.Tx) error {
	now := time.Now()
	if now.Sub(c.tidied) < tidyEvery {
		return nil
	}
	c.tidied = now
	for _, table := range []string{"sessions", "panel_sessions", "used_tickets", "refusals", "desks"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE expires <= $1`, now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
