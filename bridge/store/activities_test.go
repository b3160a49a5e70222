package store

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

var _ bridge.Activities = (*Store)(nil)

// logged is an ended call with its activity.
func logged(id, agent string, change func(*bridge.Activity)) bridge.JournalEntry {
	e := missedCall(id, agent, "", "+493023125101", 1)
	e.Answered, e.Reason, e.Matches = at(1), bridge.EndHangup, []bridge.RecordRef{{Object: "Contact", ID: "003000000000001AAA"}}
	e.Activity = &bridge.Activity{
		Call: e.ID, Agent: e.Agent, Org: e.Org, Owner: userA, Direction: e.Direction, Number: e.Number,
		Started: e.Started, Answered: e.Answered, Ended: e.Ended, Reason: e.Reason, Match: &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"},
	}
	if change != nil {
		change(e.Activity)
	}
	return e
}

// due are the ids of what is to be written, with a mark for what is to be deleted.
func due(t *testing.T, s *Store) []string {
	t.Helper()
	found, err := s.DueActivities(t.Context(), orgA, time.Now(), 10)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, e := range found {
		if e.Deleting {
			e.ID = "-" + e.ID
		}
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

func wantDue(t *testing.T, s *Store, want ...string) {
	t.Helper()
	if got := due(t, s); !slices.Equal(got, want) {
		t.Errorf("due is %v, want %v", got, want)
	}
}

// writeAll is what a writer does when all goes well.
func writeAll(t *testing.T, s *Store, task string) {
	t.Helper()
	found, err := s.DueActivities(t.Context(), orgA, time.Now(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: e.ID, Version: e.Version, Task: task, Sent: `{"Subject":"x"}`, Gone: e.Deleting}}))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOutbox(t *testing.T) {
	s := newStore(t)
	e := logged("a", "a-1", nil)
	keep(t, s, e, e) // twice the same is once
	wantDue(t, s, "a")
	writeAll(t, s, "00T1")
	wantDue(t, s)
	keep(t, s, e)
	wantDue(t, s)

	must(t, s.Amend(t.Context(), "a-1", "a", bridge.Amendment{Note: &bridge.Note{Text: "x", FollowUp: "2026-12-01"}}))
	wantDue(t, s, "a", "a+f")
	must(t, s.Amend(t.Context(), "a-1", "a", bridge.Amendment{Note: &bridge.Note{Text: "x"}}))
	wantDue(t, s, "a") // the day was not written yet
	writeAll(t, s, "00T1")

	if err := s.Amend(t.Context(), "a-2", "a", bridge.Amendment{Note: &bridge.Note{Text: "not mine"}}); !errors.Is(err, bridge.ErrNotYourCall) {
		t.Errorf("another agent's note: %v", err)
	}
	e.Activity, e.NoActivity = nil, true
	keep(t, s, e)
	wantDue(t, s, "-a")
	writeAll(t, s, "")
	keep(t, s, e)
	wantDue(t, s)
}

// TestClaim: what changed or was erased after it was read is not sent.
func TestClaim(t *testing.T) {
	s := newStore(t)
	for _, id := range []string{"a", "b", "c"} {
		keep(t, s, logged(id, "a-1", nil))
	}
	must(t, s.Amend(t.Context(), "a-1", "b", bridge.Amendment{Note: &bridge.Note{Text: "x"}}))
	privately(t, s, "a-1", "c")
	claimed, err := s.ClaimActivities(t.Context(), []bridge.OutboxClaim{{ID: "a", Version: 1}, {ID: "b", Version: 1}, {ID: "c", Version: 1}}, time.Now())
	if err != nil || !slices.Equal(claimed, []string{"a"}) {
		t.Errorf("claimed %v, %v", claimed, err)
	}
	privately(t, s, "a-1", "a") // while it is sent
	must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: "a", Version: 1, Task: "00T1", Sent: "secret"}}))
	found, err := s.DueActivities(t.Context(), orgA, time.Now(), 10)
	must(t, err)
	i := slices.IndexFunc(found, func(e bridge.OutboxEntry) bool { return e.ID == "a" })
	if i < 0 || !found[i].Deleting || found[i].Task != "00T1" || found[i].Sent != "" || found[i].Activity.Number != "" {
		t.Errorf("of the private call there is %+v", found)
	}
}

// TestActivityErased: no byte of a subject's activities, sent or not, is left.
func TestActivityErased(t *testing.T) {
	for name, who := range map[string]bridge.Subject{
		"number": {Numbers: []string{"+493023125101"}}, "agent": {Agent: "a-1"}, "record": {Record: "003000000000001AAA"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			s := open(t, path)
			keep(t, s, logged("a", "a-1", func(a *bridge.Activity) { a.Note = &bridge.Note{Text: "Merkmal-eins", FollowUp: "2026-12-01"} }))
			_, err := s.ClaimActivities(t.Context(), []bridge.OutboxClaim{{ID: "a", Version: 1, Sent: `{"WhoId":"003000000000001AAA","Description":"Merkmal-zwei"}`}}, time.Now())
			must(t, err)
			data, err := s.PersonalData(t.Context(), who)
			must(t, err)
			if len(data.Activities) != 2 || data.Activities[0].Note.Text != "Merkmal-eins" {
				t.Errorf("exported is %+v", data.Activities)
			}
			for _, mark := range []string{"Merkmal-eins", "Merkmal-zwei"} {
				if !onDisk(t, path, mark) {
					t.Fatalf("%q is nowhere before the erasure: the test would see nothing", mark)
				}
			}
			_, err = s.EraseSubject(t.Context(), admin, who)
			must(t, err)
			for _, mark := range []string{"Merkmal", "23125101"} {
				if onDisk(t, path, mark) {
					t.Errorf("%q is still there", mark)
				}
			}
			wantDue(t, s)
		})
	}
}

// TestActivitiesExpire: what is written goes with the recent calls, what cannot
// be written after 30 days.
func TestActivitiesExpire(t *testing.T) {
	s := newStore(t)
	keep(t, s, logged("written", "a-1", nil))
	writeAll(t, s, "00T1")
	keep(t, s, logged("waiting", "a-1", nil))
	rows := func() int64 {
		var n int64
		must(t, s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM activities`).Scan(&n))
		return n
	}
	for _, c := range []struct {
		days int
		want int64
	}{{13, 2}, {15, 1}, {29, 1}, {31, 0}} {
		_, err := s.Expire(t.Context(), at(1).AddDate(0, 0, c.days))
		must(t, err)
		if n := rows(); n != c.want {
			t.Errorf("after %d days %d are left, want %d", c.days, n, c.want)
		}
	}
}

func TestOutboxStatuses(t *testing.T) {
	s := newStore(t)
	mustImport(t, s, document(), false)
	keep(t, s, logged("a", "a-1", nil), logged("b", "a-1", nil), logged("c", "nobody", func(a *bridge.Activity) { a.Owner = "" }))
	must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: "a", Version: 1, Next: time.Now(), Attempts: 1, Problem: "no", Cure: "yes"}}))
	got, err := s.OutboxStatuses(t.Context())
	must(t, err)
	want := []bridge.OutboxStatus{{Org: orgA, Waiting: 3, Unowned: 1, Failing: 1, Oldest: at(1).Add(20 * time.Second), Problem: "no", Cure: "yes"}}
	same(t, "statuses", got, want)
	wantDue(t, s, "a", "b")
	// The agent signs in.
	agents, err := s.Agents(t.Context())
	must(t, err)
	i := slices.IndexFunc(agents, func(a bridge.Agent) bool { return a.SalesforceUser != "" })
	keep(t, s, logged("d", string(agents[i].ID), func(a *bridge.Activity) { a.Owner = "" }))
	wantDue(t, s, "a", "b", "d")
}

// TestRetryActivities: what was refused is told by reason, and becomes due when
// somebody has mended it; what waits for its agent goes on waiting.
func TestRetryActivities(t *testing.T) {
	s := newStore(t)
	keep(t, s, logged("a", "a-1", nil), logged("b", "a-1", nil), logged("c", "a-1", nil), logged("d", "a-1", func(a *bridge.Activity) {
		a.Match, a.Ended = nil, time.Now() // the agent may still choose
	}))
	later := time.Now().Add(time.Hour)
	for id, problem := range map[string]string{"a": "No access.", "b": "No access.", "c": "No such field."} {
		must(t, s.SettleActivities(t.Context(), []bridge.OutboxOutcome{{ID: id, Version: 1, Attempts: 1, Next: later, Problem: problem, Cure: "Mend it."}}))
	}
	wantDue(t, s)
	problems, err := s.ActivityProblems(t.Context())
	must(t, err)
	next := toTime(later.UnixMilli())
	same(t, "problems", problems, []bridge.OutboxProblem{
		{Org: orgA, Problem: "No access.", Cure: "Mend it.", Count: 2, Oldest: toTime(at(1).Add(20 * time.Second).UnixMilli()), Next: next},
		{Org: orgA, Problem: "No such field.", Cure: "Mend it.", Count: 1, Oldest: toTime(at(1).Add(20 * time.Second).UnixMilli()), Next: next},
	})
	if n, err := s.RetryActivities(t.Context(), orgB, time.Now()); n != 0 || err != nil {
		t.Errorf("another org's: %d, %v", n, err)
	}
	if n, err := s.RetryActivities(t.Context(), orgA, time.Now()); n != 3 || err != nil {
		t.Errorf("made due: %d, %v", n, err)
	}
	wantDue(t, s, "a", "b", "c")
}
