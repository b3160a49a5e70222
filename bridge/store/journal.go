package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// journalColumns are in the order of journalRow.
const journalColumns = `id, kept, popped, agent, org, link, call_key, device, group_name, ring, direction,
	outgoing, number, withheld, started, answered, ended, reason, matches, chosen_object, chosen_id,
	transferred_by, transferred_to, revision, steps`

// changeCall writes what is new of a call that was kept before, by the same row. What an agent or a colleague did with it since, seen and done, stays,
// and so does whose it was.
const changeCall = `UPDATE journal SET kept = $2, popped = $3, call_key = $7, device = $8, ring = $10, direction = $11, number = $13,
		withheld = $14, answered = $16, ended = $17, reason = $18, matches = $19, chosen_object = $20, chosen_id = $21,
		transferred_by = $22, transferred_to = $23, revision = $24, steps = $25
	WHERE id = $1`

// callColumns are in the order in which scanCall reads them.
const callColumns = `j.id, j.kept, j.popped, j.agent, j.org, j.link, j.call_key, j.device, j.group_name, j.ring, j.direction,
	j.outgoing, j.number, j.withheld, j.started, j.answered, j.ended, j.reason, j.matches, j.chosen_object, j.chosen_id,
	j.transferred_by, j.transferred_to, j.revision, j.steps`

// missed is a call that rang for an agent and that nobody took.
const missed = `j.kept AND NOT j.outgoing AND j.answered = 0 AND j.ended > 0 AND j.reason IN ('abandoned', 'busy')`

// callBack marks as done, for all whom they rang for, the missed calls of a
// number that an agent has just spoken with: the agent's own ones and those
// that rang at several of the org.
const callBack = `UPDATE journal AS j SET done_by = $1, done_at = $2
	WHERE j.number = $3 AND j.number <> '' AND j.org = $4 AND j.done_at = 0 AND j.started < $5 AND ` + missed + `
		AND (j.agent = $1 OR EXISTS (SELECT 1 FROM journal AS o WHERE ` + sameRing + `))`

// sameRing finds the row of another agent that was rung together with j. SQLite
// uses the index on numbers only where a question says that they are not empty.
const sameRing = `o.number = j.number AND o.number <> '' AND o.ring = j.ring AND o.ring <> '' AND o.agent <> j.agent`

// Keep writes the state of calls, all or none. A later state of a call replaces
// an earlier one: those that live stand in the log, those that have ended in the
// journal. It implements bridge.Journal.
func (s *Store) Keep(ctx context.Context, entries []bridge.JournalEntry) error {
	secret, err := s.secretParts(ctx, entries)
	if err != nil {
		return inContext("keep calls", err)
	}
	err = s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		k := keeping{s: s, tx: tx, c: c, calls: s.journal.in(ctx, tx), activities: s.outbox.in(ctx, tx)}
		for i := range entries {
			if err := k.keep(ctx, &entries[i]); err != nil {
				return err
			}
		}
		if err := k.flush(ctx); err != nil {
			return err
		}
		for i := range secret {
			if err := s.erasePart(ctx, tx, &secret[i]); err != nil {
				return err
			}
		}
		if err := s.callBacks(ctx, tx, k.back); err != nil {
			return err
		}
		return c.write(ctx, tx)
	})
	return inContext("keep calls", err)
}

// keeping is one run of Keep.
type keeping struct {
	s          *Store
	tx         *sql.Tx
	c          *change
	calls      *bulk
	activities *outboxTx
	back       []*bridge.JournalEntry // whose missed calls may be done
}

// keep puts a call where it belongs.
func (k *keeping) keep(ctx context.Context, e *bridge.JournalEntry) error {
	talked := e.Kept && !e.Secret && e.Number != "" && !e.Answered.IsZero()
	if talked && !k.c.lines[e.ID].calledBack {
		k.back = append(k.back, e)
	}
	if e.Secret || e.Reopened || e.NoActivity { // rare, and about rows that may wait here
		if err := k.flush(ctx); err != nil {
			return err
		}
	}
	if err := k.keepCall(ctx, e, talked); err != nil {
		return err
	}
	return k.activities.keep(ctx, e)
}

func (k *keeping) keepCall(ctx context.Context, e *bridge.JournalEntry, talked bool) error {
	if e.Secret {
		k.back = slices.DeleteFunc(k.back, func(o *bridge.JournalEntry) bool { return o.ID == e.ID })
		if err := k.s.eraseRow(ctx, k.tx, e.ID); err != nil {
			return err
		}
	}
	if line, ok := k.c.lines[e.ID]; e.Secret && ok && !line.secret {
		k.c.clean = true // not only its newest line: the erasure may be cut short
	}
	if !e.Ended.IsZero() {
		if k.c.end(e.ID); e.Secret {
			return nil
		}
		return k.calls.add(ctx, bulkRow{args: journalRow(e)})
	}
	k.c.set(e, talked)
	if !e.Reopened {
		return nil
	}
	_, err := k.tx.ExecContext(ctx, `DELETE FROM journal WHERE id = $1`, string(e.ID))
	return err
}

// flush writes the rows that wait for company.
func (k *keeping) flush(ctx context.Context) error {
	if err := k.calls.flush(ctx); err != nil {
		return err
	}
	return k.activities.rows.flush(ctx)
}

// journalRow is a call in the order of journalColumns.
func journalRow(e *bridge.JournalEntry) []any {
	var matches, steps []byte
	if len(e.Matches) > 0 {
		matches = appendRecords(nil, e.Matches)
	}
	if len(e.Steps) > 0 {
		steps = appendSteps(make([]byte, 0, 48*len(e.Steps)), e.Steps)
	}
	object, id := chosenColumns(e.Chosen)
	return []any{
		string(e.ID), e.Kept, e.Popped, string(e.Agent), e.Org, e.Link, e.Key, e.Device, e.Group,
		string(e.Ring), string(e.Direction), e.Outgoing, e.Number, e.Withheld, fromTime(e.Started), fromTime(e.Answered),
		fromTime(e.Ended), string(e.Reason), string(matches), object, id, e.TransferredBy, e.TransferredTo,
		int64(e.Revision), string(steps), //nolint:gosec // far below 2^63
	}
}

// choseNone stands for the object where an agent said that a call belongs to no
// record. No object is called so.
const choseNone = "-"

// chosenColumns are an agent's choice as it is stored.
func chosenColumns(r *bridge.RecordRef) (object, id string) {
	switch {
	case r == nil:
		return "", ""
	case *r == bridge.RecordRef{}:
		return choseNone, ""
	}
	return r.Object, r.ID
}

func chosenFrom(r bridge.RecordRef) *bridge.RecordRef {
	switch {
	case r.Object == choseNone:
		return new(bridge.RecordRef)
	case r.ID == "":
		return nil
	}
	return &r
}

// probes is how many numbers are looked for at once among missed calls.
const probes = 32

// missedOf finds which of some numbers have missed calls that wait to be called
// back: few have.
func missedOf() string {
	return `SELECT DISTINCT j.number FROM journal AS j WHERE j.number <> '' AND j.number IN (?` + strings.Repeat(", ?", probes-1) + `)
		AND j.done_at = 0 AND ` + missed
}

// callBacks marks as done the missed calls of those who were spoken with.
func (s *Store) callBacks(ctx context.Context, tx *sql.Tx, talked []*bridge.JournalEntry) error {
	find, back := tx.StmtContext(ctx, s.missedOf), tx.StmtContext(ctx, s.callBack)
	for some := range slices.Chunk(talked, probes) {
		waiting, err := numbersOf(ctx, find, some)
		if err != nil {
			return err
		}
		for _, e := range some {
			if !waiting[e.Number] {
				continue
			}
			if _, err := back.ExecContext(ctx, string(e.Agent), e.Answered.UnixMilli(), e.Number, e.Org, e.Started.UnixMilli()); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbersOf are the numbers of the entries for which the statement finds something.
func numbersOf(ctx context.Context, find *sql.Stmt, entries []*bridge.JournalEntry) (found map[string]bool, err error) {
	args := make([]any, probes)
	for i := range args {
		args[i] = entries[min(i, len(entries)-1)].Number
	}
	rows, err := find.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	found = make(map[string]bool)
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		found[n] = true
	}
	return found, errors.Join(rows.Err(), rows.Close())
}

// fromTime is a time in milliseconds, 0 for none.
func fromTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func toOptionalTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return toTime(ms)
}

// Living are the calls whose end was not kept, oldest first.
func (s *Store) Living(ctx context.Context) ([]bridge.JournalEntry, error) {
	out, err := entries(ctx, s.read, nil, func(*bridge.JournalEntry) bool { return true })
	slices.SortFunc(out, func(a, b bridge.JournalEntry) int { return a.Started.Compare(b.Started) })
	return out, inContext("living calls", err)
}

// callsOf reads the calls that a query over callColumns finds.
func callsOf(ctx context.Context, q querier, query string, args ...any) ([]bridge.JournalEntry, error) {
	out := []bridge.JournalEntry{}
	err := each(ctx, q, func(r *sql.Rows) error {
		var e bridge.JournalEntry
		if err := scanCall(r, &e); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	}, query, args...)
	return out, err
}

// scanCall reads callColumns, and what is selected after them into more.
func scanCall(r *sql.Rows, e *bridge.JournalEntry, more ...any) error {
	var started, answered, ended int64
	var matches, steps string
	var chosen bridge.RecordRef
	err := r.Scan(append([]any{
		&e.ID, &e.Kept, &e.Popped, &e.Agent, &e.Org, &e.Link, &e.Key, &e.Device, &e.Group, &e.Ring, &e.Direction,
		&e.Outgoing, &e.Number, &e.Withheld, &started, &answered, &ended, &e.Reason, &matches, &chosen.Object, &chosen.ID,
		&e.TransferredBy, &e.TransferredTo, &e.Revision, &steps,
	}, more...)...)
	if err != nil {
		return err
	}
	e.Started, e.Answered, e.Ended = toTime(started), toOptionalTime(answered), toOptionalTime(ended)
	e.Chosen = chosenFrom(chosen)
	if matches != "" {
		if err := json.Unmarshal([]byte(matches), &e.Matches); err != nil {
			return err
		}
	}
	if steps == "" {
		return nil
	}
	return json.Unmarshal([]byte(steps), &e.Steps)
}

// maxRecent is how many calls a list of recent ones has, beside those missed
// and not yet seen.
const maxRecent = 50

// Recent are an agent's kept calls, newest first. See bridge.Journal.
func (s *Store) Recent(ctx context.Context, agent bridge.AgentID, seen bool) ([]bridge.RecentEntry, error) {
	days, err := s.Retention(ctx)
	if err != nil {
		return nil, err
	}
	since := time.Now().AddDate(0, 0, -days.Days().Recents).UnixMilli()
	// The oldest of the last 50, and after them only what is still new.
	query := `SELECT ` + callColumns + `, ` + missed + `, j.seen, EXISTS (SELECT 1 FROM journal AS o WHERE ` + sameRing + `),
			COALESCE(a.email, j.done_by), j.done_at
		FROM journal AS j LEFT JOIN agents AS a ON a.id = j.done_by
		WHERE j.agent = $1 AND j.kept AND j.ended > 0 AND j.started > $2 AND (j.id IN (
				SELECT id FROM journal WHERE agent = $1 AND kept AND ended > 0 AND started > $2 ORDER BY started DESC LIMIT $3)
			OR (NOT j.seen AND j.done_at = 0 AND ` + missed + `))
		ORDER BY j.started DESC LIMIT $4`
	out := []bridge.RecentEntry{}
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var e bridge.RecentEntry
		var done int64
		if err := scanCall(r, &e.JournalEntry, &e.Missed, &e.Seen, &e.Shared, &e.DoneBy, &done); err != nil {
			return err
		}
		e.DoneAt, e.Steps = toOptionalTime(done), nil
		out = append(out, e)
		return nil
	}, query, string(agent), since, maxRecent, 2*maxRecent)
	if err != nil || !seen {
		return out, inContext("recent calls", err)
	}
	return out, inContext("recent calls", s.see(ctx, agent, out))
}

// see marks the missed calls of a list as seen by its agent.
func (s *Store) see(ctx context.Context, agent bridge.AgentID, list []bridge.RecentEntry) error {
	newest := int64(0)
	for _, e := range list {
		if e.Missed && !e.Seen {
			newest = max(newest, e.Started.UnixMilli())
		}
	}
	if newest == 0 {
		return nil
	}
	return s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		_, err := tx.ExecContext(ctx, `UPDATE journal AS j SET seen = TRUE WHERE j.agent = $1 AND NOT j.seen AND j.started <= $2 AND `+missed,
			string(agent), newest)
		return nil, err
	})
}
