package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// Amend implements bridge.Activities.
func (s *Store) Amend(ctx context.Context, agent bridge.AgentID, call bridge.CallID, by bridge.Amendment) error {
	days, err := s.Retention(ctx)
	if err != nil {
		return inContext("amend activity", err)
	}
	am := amending{agent: agent, call: call, by: by, recent: time.Now().AddDate(0, 0, -days.Days().Recents)}
	err = s.group.do(ctx, func(ctx context.Context, tx *sql.Tx) (refused, failed error) {
		am.outboxTx = s.outbox.in(ctx, tx)
		err := am.amend(ctx)
		if refusesAgent(err) {
			return err, nil
		}
		return nil, err
	})
	if refusesAgent(err) {
		return err
	}
	return inContext("amend activity", err)
}

// refusesAgent: the error is for the agent to read, and nothing is broken.
func refusesAgent(err error) bool {
	_, words := errors.AsType[bridge.RequestError](err)
	return words || errors.Is(err, bridge.ErrNotYourCall)
}

// amending is one amendment in its transaction.
type amending struct {
	*outboxTx
	agent  bridge.AgentID
	call   bridge.CallID
	by     bridge.Amendment
	recent time.Time // what began before is among the recent calls no more
}

// amend changes the activity that there is, else makes one.
func (a *amending) amend(ctx context.Context) error {
	there, err := a.activity(ctx)
	if err != nil {
		return err
	}
	e, err := a.entry(ctx)
	switch {
	case err != nil:
		return err
	case there == nil && (e == nil || !e.Kept || e.Started.Before(a.recent)):
		return bridge.ErrCallGone
	}
	if err := a.choose(ctx); err != nil {
		return err
	}
	if there == nil {
		return a.begin(ctx, e)
	}
	there.Amend(a.by)
	return a.write(ctx, there)
}

// begin makes the activity of a call that has none. It may have had one that was
// given up when it had been sent: the org is asked before anything is written.
func (a *amending) begin(ctx context.Context, e *bridge.JournalEntry) error {
	made := a.by.Anew(e)
	if made == nil {
		if n := a.by.Note; n != nil && *n != (bridge.Note{}) {
			return bridge.ErrNotLogged
		}
		return nil // the choice stands in the journal
	}
	made.Amend(a.by)
	if !made.Logged() {
		return nil
	}
	if err := a.write(ctx, made); err != nil {
		return err
	}
	_, err := a.tx.ExecContext(ctx, `UPDATE activities SET tried = $3 WHERE id IN ($1, $2) AND task = '' AND tried = 0`,
		string(a.call), bridge.FollowUpID(a.call), fromTime(e.Ended))
	return err
}

func (a *amending) write(ctx context.Context, activity *bridge.Activity) error {
	return errors.Join(a.put(ctx, activity), a.rows.flush(ctx))
}

// choose notes the agent's choice in the journal.
func (a *amending) choose(ctx context.Context) error {
	if a.by.Record == nil {
		return nil
	}
	object, id := chosenColumns(a.by.Record)
	_, err := a.tx.ExecContext(ctx, `UPDATE journal SET chosen_object = $2, chosen_id = $3 WHERE id = $1`, string(a.call), object, id)
	return err
}

// activity is what is kept of the call's activity, nil for nothing.
func (a *amending) activity(ctx context.Context) (*bridge.Activity, error) {
	var agent bridge.AgentID
	var body string
	err := a.tx.QueryRowContext(ctx, `SELECT agent, body FROM activities WHERE id = $1 AND NOT deleting`, string(a.call)).Scan(&agent, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case agent != a.agent:
		return nil, bridge.ErrNotYourCall
	}
	there := new(bridge.Activity)
	return there, json.Unmarshal([]byte(body), there)
}

// entry is what the journal has of the call, nil for nothing.
func (a *amending) entry(ctx context.Context) (*bridge.JournalEntry, error) {
	found, err := callsOf(ctx, a.tx, `SELECT `+callColumns+` FROM journal AS j WHERE j.id = $1`, string(a.call))
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case found[0].Agent != a.agent:
		return nil, bridge.ErrNotYourCall
	}
	return &found[0], nil
}
