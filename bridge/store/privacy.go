package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// PersonalData returns all that the state database keeps of a subject.
func (s *Store) PersonalData(ctx context.Context, who bridge.Subject) (bridge.PersonalData, error) {
	where, args := subjectClause(who)
	var d bridge.PersonalData
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		if d.Calls, err = callsOf(ctx, tx, `SELECT `+callColumns+` FROM journal AS j WHERE `+where+` ORDER BY j.started`, args...); err != nil {
			return err
		}
		live, err := entries(ctx, tx, nil, notSecret(func(e *bridge.JournalEntry) bool { return isOf(e, who) }))
		d.Calls = append(d.Calls, live...)
		if err != nil {
			return err
		}
		found, err := mentionsOf(ctx, tx, &who)
		d.Mentions = found.list
		return err
	})
	if err == nil {
		d.Activities, err = s.activitiesOf(ctx, who)
	}
	if err == nil && who.Agent != "" {
		err = s.agentData(ctx, who.Agent, &d)
	}
	return d, inContext("personal data", err)
}

func (s *Store) agentData(ctx context.Context, id bridge.AgentID, d *bridge.PersonalData) error {
	agents, err := loadAgents(ctx, s.read, "")
	if err != nil {
		return err
	}
	for i := range agents {
		if agents[i].ID == id {
			d.Agent = &agents[i]
		}
	}
	if d.Agent != nil {
		if d.Audit, err = s.Audit(ctx, bridge.AuditFilter{Words: []string{d.Agent.Email}}); err != nil {
			return err
		}
	}
	return errors.Join(
		s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sessions WHERE agent = $1`, string(id)).Scan(&d.Sessions),
		s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM refusals WHERE agent = $1`, string(id)).Scan(&d.Refusals),
	)
}

// subjectClause finds a subject's calls in the journal. A record's are those
// where it was chosen or only matched: who called is its person, perhaps.
func subjectClause(who bridge.Subject) (where string, args []any) {
	switch {
	case who.Agent != "":
		return "j.agent = $1", []any{string(who.Agent)}
	case who.Record != "":
		return `(j.chosen_id = $1 OR j.matches LIKE $2 ESCAPE '\')`, []any{who.Record, `%"` + likeText(who.Record) + `"%`}
	}
	for _, n := range who.Numbers {
		args = append(args, n)
	}
	return "j.number <> '' AND j.number IN (" + placeholders(0, len(args)) + ")", args
}

// isOf is subjectClause for a call that lives.
func isOf(e *bridge.JournalEntry, who bridge.Subject) bool {
	switch {
	case who.Agent != "":
		return e.Agent == who.Agent
	case who.Record != "":
		return e.Chosen != nil && e.Chosen.ID == who.Record ||
			slices.ContainsFunc(e.Matches, func(r bridge.RecordRef) bool { return r.ID == who.Record })
	}
	return e.Number != "" && slices.Contains(who.Numbers, e.Number)
}

// EraseSubject deletes a subject's calls with their traces and activities and, of an agent, its
// sessions; an agent's configuration stays. A number goes from what calls with others say
// of it (PersonalData.Mentions), these calls stay. When it returns no byte of it is in
// the database or its log. The audit trail says that something was erased,
// when and by whom, and nothing of what it was. It tells how many calls went.
func (s *Store) EraseSubject(ctx context.Context, actor string, who bridge.Subject) (calls int64, err error) {
	if len(who.Numbers) == 0 && who.Record == "" && who.Agent == "" {
		return 0, errors.New("store: erase: nobody is named")
	}
	where, args := subjectClause(who)
	named, err := mentionsOf(ctx, s.read, &who)
	if err != nil {
		return 0, inContext("erase", err)
	}
	err = s.changeLog(ctx, func(ctx context.Context, tx *sql.Tx, c *change) error {
		var err error
		if calls, err = affected(ctx, tx, `DELETE FROM journal AS j WHERE `+where, args...); err != nil {
			return err
		}
		live, err := entries(ctx, tx, nil, notSecret(func(e *bridge.JournalEntry) bool { return isOf(e, who) }))
		if err != nil {
			return err
		}
		for i := range live {
			c.end(live[i].ID)
		}
		calls += int64(len(live))
		if err := named.strike(ctx, tx, c, &who); err != nil {
			return err
		}
		if err := c.rewrite(ctx, tx); err != nil {
			return err
		}
		if err := eraseActivities(ctx, tx, who); err != nil {
			return err
		}
		if err := eraseAgent(ctx, tx, who.Agent); err != nil {
			return err
		}
		return appendAudit(ctx, tx, bridge.AuditEntry{
			Actor: actor, Action: "privacy.erase", Object: subjectKind(who), Detail: fmt.Sprintf("%d calls erased", calls),
		})
	})
	if err == nil {
		err = s.scrub(ctx)
	}
	return calls, inContext("erase", err)
}

// eraseAgent takes an agent out of what is kept of others, and its sessions.
func eraseAgent(ctx context.Context, q querier, id bridge.AgentID) error {
	if id == "" {
		return nil
	}
	for _, query := range []string{
		`UPDATE journal SET done_by = '' WHERE done_by = $1`,
		`DELETE FROM sessions WHERE agent = $1`,
		`DELETE FROM refusals WHERE agent = $1`,
	} {
		if _, err := q.ExecContext(ctx, query, string(id)); err != nil {
			return err
		}
	}
	return nil
}

// subjectKind says what kind of subject it was.
func subjectKind(who bridge.Subject) string {
	switch {
	case who.Agent != "":
		return "agent " + string(who.Agent)
	case who.Record != "":
		return "a record"
	}
	return "a number"
}

// AuditExport notes that a subject's data was handed out.
func (s *Store) AuditExport(ctx context.Context, actor string, who bridge.Subject) error {
	return s.AppendAudit(ctx, bridge.AuditEntry{Actor: actor, Action: "privacy.export", Object: subjectKind(who)})
}

// scrubWithin is how long readers may hold up the emptying of the log.
const scrubWithin = 10 * time.Second

// scrub moves the log into the database and cuts it to nothing: what was
// deleted is overwritten there (secure_delete), but old pages of it may stand
// in the log.
func (s *Store) scrub(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scrubWithin)
	defer cancel()
	for {
		var busy, pages, moved int
		if err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
			return fmt.Errorf("empty the log of the database: %w", err)
		}
		if busy == 0 {
			return nil
		}
	}
}

// activityClause finds a subject's activities: see subjectClause.
func activityClause(who bridge.Subject) (where string, args []any) {
	switch {
	case who.Agent != "":
		return "a.agent = $1", []any{string(who.Agent)}
	case who.Record != "":
		return `(a.body LIKE $1 ESCAPE '\' OR a.sent LIKE $1 ESCAPE '\')`, []any{`%"` + likeText(who.Record) + `"%`}
	}
	for _, n := range who.Numbers {
		args = append(args, n)
	}
	return "a.number <> '' AND a.number IN (" + placeholders(0, len(args)) + ")", args
}

func (s *Store) activitiesOf(ctx context.Context, who bridge.Subject) ([]bridge.KeptActivity, error) {
	where, args := activityClause(who)
	kept, err := s.activities(ctx, "WHERE NOT a.deleting AND "+where+" ORDER BY a.ended, a.id", args...)
	var out []bridge.KeptActivity
	for i := range kept {
		out = append(out, bridge.KeptActivity{Activity: kept[i].Activity, Task: kept[i].Task, FollowUp: kept[i].FollowUp})
	}
	return out, err
}

// eraseActivities forgets what calls of the subject were to become. What is in
// Salesforce stays there: the erasure says so. The Tasks of private calls go all
// the same, by what is left of them: their ids.
func eraseActivities(ctx context.Context, q querier, who bridge.Subject) error {
	where, args := activityClause(who)
	if _, err := q.ExecContext(ctx, `DELETE FROM activities AS a WHERE NOT a.deleting AND `+where, args...); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE activities AS a SET agent = '', owner = '' WHERE `+where, args...)
	return err
}
