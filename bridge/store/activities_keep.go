package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// newActivity are the columns of a new row, in the order of activityRow.
const newActivity = `id, call_id, follow_up, org, agent, owner, number, ring, body, ended, next, version`

// changeActivity takes over what has changed, by the same row; what is the same as
// before changes nothing. A Task that was to go and is wanted again may be gone or
// not: the org is asked.
const changeActivity = `UPDATE activities SET owner = $6, number = $7, ring = $8, body = $9, ended = $10, version = version + 1, next = $11,
		without = '', attempts = 0, task = CASE WHEN deleting THEN '' ELSE task END,
		tried = CASE WHEN deleting THEN $13 ELSE tried END, deleting = FALSE
	WHERE id = $1 AND body <> $9`

// ringTaken says whether a missed call of a ring has its Task already, another
// agent's, and the call in question has none of its own: ringOwned, or ringUnowned
// where all others' agents have never signed in, so that no Task can be theirs.
const ringTaken = `SELECT COALESCE(MAX(1 + (a.owner <> '' OR a.task <> '' OR a.tried > 0 OR EXISTS (
		SELECT 1 FROM agents AS g WHERE g.id = a.agent AND g.org = a.org AND g.salesforce_user <> ''))), 0)
	FROM activities AS a WHERE a.ring = $1 AND a.ring <> '' AND a.org = $2 AND a.call_id <> $3 AND NOT a.deleting
		AND NOT EXISTS (SELECT 1 FROM activities WHERE id = $3 AND NOT deleting)`

// What ringTaken says.
const (
	ringUnowned = iota + 1
	ringOwned
)

// withdrawn is what is left of a row whose Task may have been written already:
// enough to delete that.
const withdrawn = `UPDATE activities SET deleting = TRUE, body = '', sent = '', number = '', ring = '', without = '', problem = '', cure = '',
		attempts = 0, version = version + 1, next = $2 WHERE (task <> '' OR tried > 0) AND NOT deleting AND id = $1`

// unwritten is a row of which nothing can have been written.
const unwritten = `DELETE FROM activities WHERE task = '' AND tried = 0 AND id = $1`

// outbox writes what calls become.
type outbox struct {
	rows                        bulkStatements
	taken, unwritten, withdrawn *sql.Stmt
	bound                       *outboxBound
}

// outboxTx is the outbox in a transaction.
type outboxTx struct {
	tx   *sql.Tx
	rows *bulk
	outbox
}

func (o *outbox) in(ctx context.Context, tx *sql.Tx) *outboxTx {
	return &outboxTx{tx, o.rows.in(ctx, tx), outbox{
		taken: tx.StmtContext(ctx, o.taken), bound: o.bound,
		unwritten: tx.StmtContext(ctx, o.unwritten), withdrawn: tx.StmtContext(ctx, o.withdrawn),
	}}
}

// keep follows the journal, in its transaction.
func (o *outboxTx) keep(ctx context.Context, e *bridge.JournalEntry) error {
	switch a := e.Activity; {
	case a != nil:
		return o.put(ctx, a)
	case e.NoActivity:
		return o.withdrawCall(ctx, e.ID)
	}
	return nil
}

// put writes the rows of one call: its own, and that for following it up where the
// note names a day. A missed call of a ring that has its Task already gets none,
// unless the agent wrote something on it.
func (o *outboxTx) put(ctx context.Context, a *bridge.Activity) error {
	ring := ""
	if a.Missed() {
		ring = string(a.Ring)
	}
	if ring != "" && a.Note == nil {
		if taken, err := o.ringTaken(ctx, ring, a); err != nil || taken {
			return err
		}
	}
	body := string(appendActivity(make([]byte, 0, 640), a))
	followUp := bridge.FollowUpID(a.Call)
	call := bulkRow{args: activityRow(a, string(a.Call), false, ring, body)}
	if a.Note == nil || a.Note.FollowUp == "" { // if there was a day to follow it up it has been taken back
		call.changed = func(ctx context.Context) error { return o.withdraw(ctx, followUp) }
		return o.add(ctx, call)
	}
	if err := o.add(ctx, call); err != nil {
		return err
	}
	return o.add(ctx, bulkRow{args: activityRow(a, followUp, true, "", body)})
}

func (o *outboxTx) add(ctx context.Context, row bulkRow) error {
	if err := o.bound.admit(ctx, o.tx); err != nil {
		return err
	}
	return o.rows.add(ctx, row)
}

// ringTaken asks what the statement says, of the rows that wait here, too. The Task
// goes to the first agent who can own it: others' rows make room.
func (o *outboxTx) ringTaken(ctx context.Context, ring string, a *bridge.Activity) (taken bool, err error) {
	if len(o.rows.rows) > 0 {
		if err := o.rows.flush(ctx); err != nil {
			return false, err
		}
	}
	var others int
	if err := o.taken.QueryRowContext(ctx, ring, a.Org, string(a.Call)).Scan(&others); err != nil || others == 0 {
		return false, err
	}
	if others == ringOwned || a.Owner == "" {
		return true, nil
	}
	return false, o.makeRoom(ctx, ring, a)
}

// makeRoom takes back what others of the ring have, but for what they wrote.
func (o *outboxTx) makeRoom(ctx context.Context, ring string, a *bridge.Activity) error {
	var calls []bridge.CallID
	err := each(ctx, o.tx, func(r *sql.Rows) error {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return err
		}
		var other bridge.Activity
		err := json.Unmarshal(body, &other)
		if err == nil && other.Note == nil {
			calls = append(calls, other.Call)
		}
		return err
	}, `SELECT body FROM activities WHERE ring = $1 AND ring <> '' AND org = $2 AND call_id <> $3 AND NOT follow_up AND NOT deleting`,
		ring, a.Org, string(a.Call))
	for _, call := range calls {
		err = errors.Join(err, o.withdrawCall(ctx, call))
	}
	return err
}

// activityRow is a row in the order of newActivity.
func activityRow(a *bridge.Activity, id string, followUp bool, ring, body string) []any {
	return []any{id, string(a.Call), followUp, a.Org, string(a.Agent), a.Owner, a.Number, ring, body, fromTime(a.Ended), fromTime(a.Due()), 1}
}

// withdrawCall takes both activities of a call back.
func (o *outboxTx) withdrawCall(ctx context.Context, call bridge.CallID) error {
	if err := o.withdraw(ctx, string(call)); err != nil {
		return err
	}
	return o.withdraw(ctx, bridge.FollowUpID(call))
}

// withdraw takes an activity back: one not written goes, the Task of another is
// deleted.
func (o *outboxTx) withdraw(ctx context.Context, id string) error {
	if _, err := o.unwritten.ExecContext(ctx, id); err != nil {
		return err
	}
	_, err := o.withdrawn.ExecContext(ctx, id, time.Now().UnixMilli())
	return err
}
