package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"sync"

	"github.com/ctibridge/ctibridge/bridge"
)

// living are the calls that have not ended. They stand in a log, the table
// living: a call that rings, or is answered, costs some hundred bytes of a row
// that it shares with all others of the same moment, and no index. The newest
// line of a call counts; one that has ended has a line that says so, until the
// log is written anew with what still lives.
//
//	Keep ─► change ─► a row of the log, and lines; at the end a row of the journal
//	Open ─► the log ─► lines
type living struct {
	mu     sync.Mutex
	lines  map[bridge.CallID]line
	size   int // bytes of lines
	logged int // bytes of the log
	// in is the transaction that lines have followed and that may still fail.
	in *sql.Tx
}

// line is what the log has of a call.
type line struct {
	text []byte // JSON and the end of the line
	// calledBack: the missed calls of its number were marked as done.
	calledBack bool
	secret     bool // as in bridge.JournalEntry
}

// logSlack is how much longer than what lives the log may grow before it is
// written anew.
const logSlack = 256 << 10

// change is what one write changes in the log, and then in lines.
type change struct {
	text    []byte
	lines   map[bridge.CallID]line
	gone    map[bridge.CallID]bool
	rewrote int  // bytes of a log that was written anew
	clean   bool // the log has something that must go at once
}

func newChange() *change {
	return &change{lines: make(map[bridge.CallID]line), gone: make(map[bridge.CallID]bool)}
}

// set notes the state of a call that lives.
func (c *change) set(e *bridge.JournalEntry, calledBack bool) {
	text := append(appendEntry(make([]byte, 0, 384), e), '\n')
	c.text = append(c.text, text...)
	c.lines[e.ID] = line{text, calledBack, e.Secret}
	delete(c.gone, e.ID)
}

// end notes that a call lives no more.
func (c *change) end(l *living, id bridge.CallID) {
	_, fresh := c.lines[id]
	if _, logged := l.lines[id]; !logged && !fresh {
		return
	}
	c.text = append(appendString(append(c.text, `{"id":`...), string(id)), ",\"gone\":true}\n"...)
	c.gone[id] = true
	delete(c.lines, id)
}

// left counts what lives after the change.
func (l *living) left(c *change) int {
	n := len(l.lines)
	for id := range c.lines {
		if _, ok := l.lines[id]; !ok {
			n++
		}
	}
	for id := range c.gone {
		if _, ok := l.lines[id]; ok {
			n--
		}
	}
	return n
}

// write adds the change to the log, or writes the log anew where it has grown or
// nothing lives.
func (l *living) write(ctx context.Context, q querier, c *change) error {
	switch {
	case len(c.text) == 0:
		return nil
	case c.clean, l.logged+len(c.text) > 2*l.size+logSlack, l.left(c) == 0:
		return l.rewrite(ctx, q, c)
	}
	_, err := q.ExecContext(ctx, `INSERT INTO living (calls) VALUES ($1)`, string(c.text))
	return err
}

// rewrite leaves nothing in the log but the newest line of what lives.
func (l *living) rewrite(ctx context.Context, q querier, c *change) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM living`); err != nil {
		return err
	}
	all := make([]byte, 0, l.size+len(c.text))
	for id, old := range l.lines {
		if _, newer := c.lines[id]; !newer && !c.gone[id] {
			all = append(all, old.text...)
		}
	}
	for _, line := range c.lines {
		all = append(all, line.text...)
	}
	if c.rewrote = max(1, len(all)); len(all) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `INSERT INTO living (calls) VALUES ($1)`, string(all))
	return err
}

// apply lets lines follow a change.
func (l *living) apply(c *change) {
	for id := range c.gone {
		l.size -= len(l.lines[id].text)
		delete(l.lines, id)
	}
	for id, now := range c.lines {
		l.size += len(now.text) - len(l.lines[id].text)
		l.lines[id] = now
	}
	if l.logged += len(c.text); c.rewrote > 0 {
		l.logged = c.rewrote
	}
}

// loggedLine is a line as it is read.
type loggedLine struct {
	bridge.JournalEntry
	Gone bool `json:"gone"`
}

// read takes up a piece of the log. A line that cannot be read costs its call
// the id.
func (l *living) read(text []byte) {
	l.logged += len(text)
	for one := range bytes.Lines(text) {
		var e loggedLine
		if json.Unmarshal(one, &e) != nil || e.ID == "" {
			continue
		}
		l.size -= len(l.lines[e.ID].text)
		delete(l.lines, e.ID)
		if !e.Gone {
			l.lines[e.ID] = line{text: bytes.Clone(one), secret: e.Secret}
			l.size += len(one)
		}
	}
}

// entries are the calls that live, those that fit; secret ones are for nobody to
// read.
func (l *living) entries(fits func(*bridge.JournalEntry) bool) []bridge.JournalEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(fits)
}

// all are the calls that live, secret ones too.
func (l *living) all() []bridge.JournalEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.find(func(*bridge.JournalEntry) bool { return true })
	for id, line := range l.lines {
		var e bridge.JournalEntry
		if line.secret && json.Unmarshal(line.text, &e) == nil && e.ID == id {
			out = append(out, e)
		}
	}
	return out
}

// find is entries; mu is held.
func (l *living) find(fits func(*bridge.JournalEntry) bool) []bridge.JournalEntry {
	out := []bridge.JournalEntry{}
	for _, line := range l.lines {
		var e bridge.JournalEntry
		if !line.secret && json.Unmarshal(line.text, &e) == nil && fits(&e) {
			out = append(out, e)
		}
	}
	return out
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
		c := newChange()
		if err := fn(ctx, tx, c); err != nil {
			return nil, err
		}
		l.apply(c)
		return nil, nil
	}
	return s.group.doThen(ctx, do, func() { l.settle(last) })
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

// load reads the log.
func (l *living) load(ctx context.Context, q querier) error {
	l.lines, l.size, l.logged = make(map[bridge.CallID]line), 0, 0
	return each(ctx, q, func(r *sql.Rows) error {
		var text []byte
		err := r.Scan(&text)
		l.read(text)
		return err
	}, `SELECT calls FROM living ORDER BY seq`)
}

// openLog reads the log, and moves into it what an older ctibridge kept of
// living calls in the journal.
func (s *Store) openLog(ctx context.Context) error {
	l := &s.living
	if err := l.load(ctx, s.write); err != nil {
		return err
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		c := newChange()
		old, err := callsOf(ctx, tx, `SELECT `+callColumns+` FROM journal AS j WHERE j.ended = 0`)
		if err != nil || len(old) == 0 {
			return err
		}
		for i := range old {
			c.set(&old[i], false)
		}
		if err := l.write(ctx, tx, c); err != nil {
			return err
		}
		l.apply(c)
		_, err = tx.ExecContext(ctx, `DELETE FROM journal WHERE ended = 0`)
		return err
	})
}
