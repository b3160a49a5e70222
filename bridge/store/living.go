package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"

	"github.com/ctibridge/ctibridge/bridge"
)

// living are the calls that have not ended. They stand in a log, the table
// living: a call that rings, or is answered, costs some hundred bytes of a row
// that it shares with all others of the same moment, and no index. The newest
// line of a call counts; one that has ended has a line that says so, until the
// log is written anew with what still lives. The lines themselves are in the log
// only: what is kept here of a call is small.
//
//	Keep ─► change ─► a row of the log, and lines; at the end a row of the journal
//	Open, Traces, rewrite ─► the log
type living struct {
	mu     sync.Mutex
	lines  map[bridge.CallID]line
	size   int // bytes of their lines
	logged int // bytes of the log
	// in is the transaction that lines have followed and that may still fail: then
	// they are read from the log again.
	in   *sql.Tx
	text []byte // of the present change; its memory serves the next one
}

// line is what is known of a call's line in the log.
type line struct {
	size int32
	// calledBack: the missed calls of its number were marked as done.
	calledBack bool
	secret     bool // as in bridge.JournalEntry
}

const (
	// logSlack is how much longer than what lives the log may grow before it is
	// written anew.
	logSlack = 256 << 10
	// keptText is how much memory for the text of a change is kept for the next.
	keptText = 1 << 20
)

// change is what one write changes: lines at once, and the log with write or
// rewrite.
type change struct {
	*living
	clean bool // the log has something that must go at once
}

// set notes the state of a call that lives.
func (c *change) set(e *bridge.JournalEntry, calledBack bool) {
	began := len(c.text)
	c.text = append(appendEntry(c.text, e), '\n')
	c.put(e.ID, line{int32(len(c.text) - began), calledBack, e.Secret}) //nolint:gosec // a note has 8000 bytes, the trace 64 steps
}

// gone ends the line of a call that lives no more.
const gone = ",\"gone\":true}\n"

// end notes that a call lives no more.
func (c *change) end(id bridge.CallID) {
	if _, lives := c.lines[id]; lives {
		c.text = append(appendString(append(c.text, `{"id":`...), string(id)), gone...)
		c.drop(id)
	}
}

func (l *living) put(id bridge.CallID, now line) {
	l.size += int(now.size) - int(l.lines[id].size)
	l.lines[id] = now
}

func (l *living) drop(id bridge.CallID) {
	l.size -= int(l.lines[id].size)
	delete(l.lines, id)
}

// write adds the change to the log, or writes the log anew where it has grown or
// nothing lives.
func (c *change) write(ctx context.Context, q querier) error {
	switch {
	case len(c.text) == 0:
		return nil
	case c.clean, c.logged+len(c.text) > 2*c.size+logSlack, len(c.lines) == 0:
		return c.rewrite(ctx, q)
	}
	c.logged += len(c.text)
	_, err := q.ExecContext(ctx, `INSERT INTO living (calls) VALUES ($1)`, string(c.text))
	return err
}

// rewrite leaves nothing in the log but the newest line of what lives.
func (c *change) rewrite(ctx context.Context, q querier) error {
	all := make([]byte, 0, c.size)
	if len(c.lines) > 0 {
		_, err := newest(ctx, q, c.text, func(id bridge.CallID, one []byte) bool {
			if _, lives := c.lines[id]; lives {
				all = append(all, one...)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM living`); err != nil {
		return err
	}
	c.text = c.text[:0]
	if c.logged = len(all); len(all) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `INSERT INTO living (calls) VALUES ($1)`, string(all))
	return err
}

// newest tells of the newest line of each call, in the log and in what is about
// to be added to it, as long as yield says to go on. A line is valid until yield
// returns. The number is the bytes of the log so far.
func newest(ctx context.Context, q querier, added []byte, yield func(bridge.CallID, []byte) bool) (logged int, err error) {
	seen := make(map[bridge.CallID]bool)
	read := func(text []byte) bool { // from its end
		for len(text) > 0 {
			at := 1 + bytes.LastIndexByte(text[:len(text)-1], '\n')
			one := text[at:]
			text = text[:at]
			id := idOf(one)
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			if !bytes.HasSuffix(one, []byte(gone)) && !yield(id, one) {
				return false
			}
		}
		return true
	}
	if !read(added) {
		return 0, nil
	}
	err = each(ctx, q, func(r *sql.Rows) error {
		var text sql.RawBytes
		if err := r.Scan(&text); err != nil {
			return err
		}
		if logged += len(text); !read(text) {
			return errFound
		}
		return nil
	}, `SELECT calls FROM living ORDER BY seq DESC`)
	if errors.Is(err, errFound) {
		err = nil
	}
	return logged, err
}

// errFound ends the reading of the log.
var errFound = errors.New("found")

// idOf is the call that a line is about, empty where that cannot be read: such a
// line costs its call the id. The id stands first, mostly as it is.
func idOf(one []byte) bridge.CallID {
	if rest, ok := bytes.CutPrefix(one, []byte(`{"id":"`)); ok {
		if id, _, ok := bytes.Cut(rest, []byte(`"`)); ok && bytes.IndexByte(id, '\\') < 0 {
			return bridge.CallID(id)
		}
	}
	var e struct {
		ID bridge.CallID `json:"id"`
	}
	_ = json.Unmarshal(one, &e)
	return e.ID
}

// entries are the calls of the log that live, those that fit. Secret ones are for
// nobody to read.
func entries(ctx context.Context, q querier, added []byte, fits func(*bridge.JournalEntry) bool) ([]bridge.JournalEntry, error) {
	out := []bridge.JournalEntry{}
	_, err := newest(ctx, q, added, func(_ bridge.CallID, one []byte) bool {
		var e bridge.JournalEntry
		if json.Unmarshal(one, &e) == nil && fits(&e) {
			out = append(out, e)
		}
		return true
	})
	return out, err
}

// notSecret lets only those through that are not secret.
func notSecret(fits func(*bridge.JournalEntry) bool) func(*bridge.JournalEntry) bool {
	return func(e *bridge.JournalEntry) bool { return !e.Secret && fits(e) }
}

// changeLog runs fn in the group commit with what it changes in the log. mu is
// held meanwhile.
func (s *Store) changeLog(ctx context.Context, fn func(context.Context, *sql.Tx, *change) error) error {
	l := &s.living
	var last *sql.Tx // it may be tried twice
	do := func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		last = tx
		if l.in != nil && l.in != tx { // that one failed
			if err := l.load(ctx, tx); err != nil {
				return nil, err
			}
		}
		l.in = tx
		return nil, fn(ctx, tx, l.begin())
	}
	return s.group.doThen(ctx, do, func() { l.settle(last) })
}

// begin begins a change.
func (l *living) begin() *change {
	if cap(l.text) > keptText {
		l.text = nil
	}
	l.text = l.text[:0]
	return &change{living: l}
}

// settle notes that a transaction is on the disk. Lines may have followed another
// one since, which failed.
func (l *living) settle(tx *sql.Tx) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.in == tx {
		l.in = nil
	}
}

// load reads the log. A line that cannot be read costs its call the id.
func (l *living) load(ctx context.Context, q querier) (err error) {
	l.lines, l.size = make(map[bridge.CallID]line), 0
	l.logged, err = newest(ctx, q, nil, func(id bridge.CallID, one []byte) bool {
		var e bridge.JournalEntry
		if json.Unmarshal(one, &e) == nil {
			l.put(id, line{size: int32(len(one)), secret: e.Secret}) //nolint:gosec // as in set
		}
		return true
	})
	return err
}

// openLog reads the log, and moves into it what an older ctibridge kept of
// living calls in the journal.
func (s *Store) openLog(ctx context.Context) error {
	l := &s.living
	if err := l.load(ctx, s.write); err != nil {
		return err
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		old, err := callsOf(ctx, tx, `SELECT `+callColumns+` FROM journal AS j WHERE j.ended = 0`)
		if err != nil || len(old) == 0 {
			return err
		}
		c := l.begin()
		for i := range old {
			c.set(&old[i], false)
		}
		if err := c.write(ctx, tx); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM journal WHERE ended = 0`)
		return err
	})
}
