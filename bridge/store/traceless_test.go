package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// privately makes a kept call private.
func privately(t *testing.T, s *Store, agent bridge.AgentID, call bridge.CallID) []bridge.PrivatePart {
	t.Helper()
	parts, err := s.MakePrivate(t.Context(), agent, call)
	must(t, err)
	return parts
}

// TestPrivateBeforeTheCrash: as soon as a call is known to be private the log has
// nothing else of it, whether or not it has ended and whether or not the erasure came.
func TestPrivateBeforeTheCrash(t *testing.T) {
	for name, ended := range map[string]time.Time{"lives": {}, "has ended": at(2)} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			e := ringing("a", "a-1", "+493023125101", 1)
			keep(t, s, e, ringing("b", "a-2", "+493023125102", 1))
			keep(t, s, bridge.JournalEntry{ID: "a", Secret: true, Link: e.Link, Key: e.Key, Device: e.Device, Started: e.Started, Ended: ended})
			tables, err := s.Dump(t.Context())
			must(t, err)
			if log := tables["living"]; strings.Contains(log, "23125101") || !strings.Contains(log, "23125102") {
				t.Errorf("the log has %s", log)
			}
		})
	}
}

// TestPrivateLongAfter: a call that is made private from the recent ones goes at
// the colleague, too, to whom it was transferred.
func TestPrivateLongAfter(t *testing.T) {
	s := newStore(t)
	first, other := logged("a", "a-1", nil), logged("other", "a-1", nil)
	heir := logged("heir", "a-2", nil)
	heir.Started, heir.Ended = first.Ended, first.Ended.Add(time.Minute)
	other.Started, other.Ended = heir.Ended.Add(time.Hour), heir.Ended.Add(2*time.Hour)
	keep(t, s, first, heir, other)
	writeAll(t, s, "00T1")
	privately(t, s, "a-1", "a")
	wantDue(t, s, "-a", "-heir")
	left, err := s.Traces(t.Context(), bridge.TraceFilter{})
	must(t, err)
	if got := ids(left); got != "other" {
		t.Errorf("the journal has %q", got)
	}
}

// TestPrivateCallBack: that a missed call was called back stays, and neither when nor
// by whom, if the call back is private.
func TestPrivateCallBack(t *testing.T) {
	s := newStore(t)
	back := logged("back", "a-1", nil)
	back.Started, back.Answered, back.Ended = at(10), at(11), at(12)
	keep(t, s, missedCall("m", "a-1", "", back.Number, 1))
	keep(t, s, back)
	missed := func() bridge.RecentEntry {
		var e bridge.RecentEntry
		var done int64
		must(t, s.read.QueryRowContext(t.Context(), `SELECT done_by, done_at FROM journal WHERE id = 'm'`).Scan(&e.DoneBy, &done))
		e.DoneAt = toOptionalTime(done)
		return e
	}
	if e := missed(); e.DoneBy != "a-1" || !e.DoneAt.Equal(at(11)) {
		t.Fatalf("before it is %+v", e)
	}
	privately(t, s, "a-1", "back")
	if e := missed(); e.DoneBy != "" || !e.DoneAt.Equal(at(1).Add(20*time.Second)) {
		t.Errorf("afterwards it is %+v", e)
	}
}

// TestErasedAgentsPrivateCall: the Task of a private call is deleted although its
// agent is erased before Salesforce took that.
func TestErasedAgentsPrivateCall(t *testing.T) {
	s := newStore(t)
	keep(t, s, logged("a", "a-1", nil))
	writeAll(t, s, "00T1")
	privately(t, s, "a-1", "a")
	_, err := s.EraseSubject(t.Context(), admin, bridge.Subject{Agent: "a-1"})
	must(t, err)
	wantDue(t, s, "-a")
	tables, err := s.Dump(t.Context())
	must(t, err)
	if strings.Contains(tables["activities"], "a-1") {
		t.Errorf("the agent is in %s", tables["activities"])
	}
}

// TestLogAfterFailedCommit: what a failed commit took along is not believed, also
// where another write of the same batch succeeded.
func TestLogAfterFailedCommit(t *testing.T) {
	s := newStore(t)
	keep(t, s, ringing("a", "a-1", "+493023125101", 1))
	end := func(ctx context.Context, tx *sql.Tx, c *change) error {
		c.end("a")
		if err := c.write(ctx, tx); err != nil {
			return err
		}
		for _, query := range []string{`PRAGMA defer_foreign_keys = ON`, `INSERT INTO agent_devices (agent, position, link, extension) VALUES ('nobody', 0, 'x', '1')`} {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return err
			}
		}
		return nil
	}
	// Both in one batch: the first write holds up the committer until they wait.
	hold, held := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.group.do(t.Context(), func(context.Context, *sql.Tx) (refused, failed error) {
			close(held)
			<-hold
			return nil, nil
		})
	}()
	<-held
	answers := make(chan error, 2)
	go func() { answers <- s.Keep(t.Context(), []bridge.JournalEntry{ringing("b", "a-1", "+493023125102", 1)}) }()
	for len(s.group.queue) < 1 {
		time.Sleep(time.Millisecond)
	}
	go func() { answers <- s.changeLog(t.Context(), end) }()
	for len(s.group.queue) < 2 {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	if err := errors.Join(<-answers, <-answers); err == nil {
		t.Fatal("the commit did not fail")
	}
	keep(t, s, ringing("c", "a-1", "+493023125103", 1)) // which looks what is there
	if got := livingIDs(t, s); len(strings.Fields(got)) != 3 {
		t.Errorf("living are %q", got)
	}
}

// TestExcludedWhileWaiting: what waits to be written of a number is not, once the
// number is excluded; what others became, or this one did, stays.
func TestExcludedWhileWaiting(t *testing.T) {
	for name, e := range map[string]bridge.Exclusion{
		"number": {Number: "+493023125101"}, "beginning": {Number: "+4930231251*"}, "extension": {Extension: "190"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			of := func(id, number string) bridge.JournalEntry {
				return logged(id, "a-1", func(a *bridge.Activity) { a.Number = number })
			}
			keep(t, s, of("written", "+493023125101"))
			writeAll(t, s, "00T1")
			number := "+493023125101"
			if e.Extension != "" {
				number = e.Extension
			}
			keep(t, s, of("a", number), of("b", "+493023125999"), of("c", ""))
			must(t, s.SaveExclusion(t.Context(), admin, e))
			wantDue(t, s, "b", "c")
			kept, err := s.activities(t.Context(), "WHERE a.id = $1", "written")
			must(t, err)
			if len(kept) != 1 || kept[0].Task != "00T1" {
				t.Errorf("of the written one there is %+v", kept)
			}
		})
	}
}
