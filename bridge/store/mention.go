package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/ctibridge/ctibridge/bridge"
)

// mentions are where calls with others name a subject's number: who handed a call
// over, to whom it went, and what agents wrote. They are looked for before the
// transaction of an erasure, which no other write waits for then.
type mentions struct {
	list       []bridge.Mention
	calls      []bridge.CallID // of the journal
	activities []string        // ids of rows
}

// mentionsOf finds them, but for those of calls that are the subject's own.
func mentionsOf(ctx context.Context, q querier, who *bridge.Subject) (m mentions, err error) {
	if len(who.Numbers) == 0 {
		return m, nil
	}
	if err = m.journal(ctx, q, who); err != nil {
		return m, err
	}
	live, err := entries(ctx, q, nil, notSecret(func(e *bridge.JournalEntry) bool { return !isOf(e, *who) }))
	for i := range live {
		m.list = append(m.list, who.Mentions(&live[i])...)
	}
	if err != nil {
		return m, err
	}
	return m, m.outbox(ctx, q, who)
}

func (m *mentions) journal(ctx context.Context, q querier, who *bridge.Subject) error {
	return each(ctx, q, func(r *sql.Rows) error {
		var e bridge.JournalEntry
		var started int64
		if err := r.Scan(&e.ID, &e.Agent, &e.Link, &e.Number, &started, &e.TransferredBy, &e.TransferredTo); err != nil {
			return err
		}
		e.Started = toTime(started)
		if found := who.Mentions(&e); len(found) > 0 && !isOf(&e, *who) {
			m.list, m.calls = append(m.list, found...), append(m.calls, e.ID)
		}
		return nil
	}, `SELECT j.id, j.agent, j.link, j.number, j.started, j.transferred_by, j.transferred_to
		FROM journal AS j WHERE j.transferred_by <> '' OR j.transferred_to <> ''`)
}

// outbox finds those in activities. What was sent is searched, too: a note may have
// been another one then.
func (m *mentions) outbox(ctx context.Context, q querier, who *bridge.Subject) error {
	clause, args := activityClause(*who)
	named := make(map[string]bool) // a follow-up has the note of its call
	return each(ctx, q, func(r *sql.Rows) error {
		row, err := scanStrikeable(r)
		if err != nil {
			return err
		}
		found := who.ActivityMentions(row.link, &row.activity)
		if len(found) == 0 && !strikeSent(who, &row.sent) {
			return nil
		}
		m.activities = append(m.activities, row.id)
		for _, one := range found {
			if one.Where == bridge.MentionNote && !named[string(one.Call)] { // the journal has the others
				m.list, named[string(one.Call)] = append(m.list, one), true
			}
		}
		return nil
	}, strikeable+` AND NOT (`+clause+`)`, args...)
}

// strikeable are the activities in which a number may be named.
const strikeable = `SELECT a.id, a.body, a.sent, COALESCE(j.link, '') FROM activities AS a LEFT JOIN journal AS j ON j.id = a.call_id
	WHERE NOT a.deleting AND (a.body LIKE '%"note":%' OR a.body LIKE '%"transferred%' OR a.sent LIKE '%"Description":"_%')`

// strikeRow is one of them.
type strikeRow struct {
	id, sent, link string
	activity       bridge.Activity
}

func scanStrikeable(r *sql.Rows) (row strikeRow, err error) {
	var body []byte
	if err = r.Scan(&row.id, &body, &row.sent, &row.link); err == nil {
		err = json.Unmarshal(body, &row.activity)
	}
	return row, err
}

// strike takes the number out of all that was found and of calls that live.
func (m *mentions) strike(ctx context.Context, tx *sql.Tx, c *change, who *bridge.Subject) error {
	if len(who.Numbers) == 0 {
		return nil
	}
	for _, id := range m.calls {
		if err := strikeCall(ctx, tx, id, who); err != nil {
			return err
		}
	}
	for _, id := range m.activities {
		if err := strikeActivity(ctx, tx, id, who); err != nil {
			return err
		}
	}
	live, err := entries(ctx, tx, c.text, notSecret(func(e *bridge.JournalEntry) bool { return !isOf(e, *who) }))
	for i := range live {
		if who.StrikeCall(&live[i]) {
			c.set(&live[i], c.lines[live[i].ID].calledBack)
		}
	}
	return err
}

func strikeCall(ctx context.Context, tx *sql.Tx, id bridge.CallID, who *bridge.Subject) error {
	e := bridge.JournalEntry{ID: id}
	err := tx.QueryRowContext(ctx, `SELECT link, transferred_by, transferred_to FROM journal WHERE id = $1`, string(id)).
		Scan(&e.Link, &e.TransferredBy, &e.TransferredTo)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it was the subject's, or has expired
		return nil
	case err != nil:
		return err
	case !who.StrikeCall(&e):
		return nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE journal SET transferred_by = $2, transferred_to = $3 WHERE id = $1`, string(id), e.TransferredBy, e.TransferredTo)
	return err
}

// strikeActivity takes the number out of what is wanted and of what was sent, so
// that the Task in Salesforce, which the erasure does not reach, is not written anew
// for it. One that is just being sent is: it has another version then.
func strikeActivity(ctx context.Context, tx *sql.Tx, id string, who *bridge.Subject) error {
	var rows []strikeRow
	err := each(ctx, tx, func(r *sql.Rows) error {
		row, err := scanStrikeable(r)
		rows = append(rows, row)
		return err
	}, strikeable+` AND a.id = $1`, id)
	if err != nil || len(rows) == 0 {
		return err
	}
	row := &rows[0]
	wanted, sent := who.StrikeActivity(row.link, &row.activity), strikeSent(who, &row.sent)
	if !wanted && !sent {
		return nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE activities SET body = $2, sent = $3, version = version + 1 WHERE id = $1`,
		id, string(appendActivity(nil, &row.activity)), row.sent)
	return err
}

// strikeSent takes the number out of the texts of the fields that were sent.
func strikeSent(who *bridge.Subject, sent *string) bool {
	fields := make(map[string]any)
	if *sent == "" || json.Unmarshal([]byte(*sent), &fields) != nil {
		return false
	}
	found := false
	for _, name := range []string{"Description", "CallDisposition"} {
		if text, ok := fields[name].(string); ok {
			if now, named := who.Strike(text); named {
				fields[name], found = now, true
			}
		}
	}
	if !found {
		return false
	}
	text, err := json.Marshal(fields)
	if err == nil {
		*sent = string(text)
	}
	return err == nil
}
