package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestOutboxBound: never more wait than may; the oldest go, and it is told for a week.
// Tasks that are to be deleted stay.
func TestOutboxBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.outbox.bound.most = 10
		keep(t, s, logged("private", "a-1", nil))
		_, err := s.ClaimActivities(t.Context(), []bridge.OutboxClaim{{ID: "private", Version: 1}}, time.Now())
		must(t, err)
		privately(t, s, "a-1", "private")
		for i := range 25 {
			keep(t, s, logged(fmt.Sprint(i), "a-1", nil))
			if n := rows(t, s, "activities"); n > 10 {
				t.Fatalf("%d wait", n)
			}
		}
		status := func() bridge.OutboxStatus {
			t.Helper()
			all, err := s.OutboxStatuses(t.Context())
			must(t, err)
			if len(all) != 1 {
				t.Fatalf("statuses: %+v", all)
			}
			return all[0]
		}
		if st := status(); st.Waiting != 10 || st.GivenUp != 16 {
			t.Errorf("%+v", st)
		}
		found, err := s.activities(t.Context(), "ORDER BY a.rowid")
		must(t, err)
		if !found[0].Deleting || found[1].ID != "16" || found[9].ID != "24" {
			t.Errorf("left are %+v", found)
		}
		time.Sleep(givenUpTold + time.Minute)
		if st := status(); st.GivenUp != 0 {
			t.Errorf("after a week it is told of %d", st.GivenUp)
		}
	})
}

// TestGivenUpByAge: what could not be written in 30 days is told of, too.
func TestGivenUpByAge(t *testing.T) {
	s := newStore(t)
	keep(t, s, logged("a", "a-1", nil), logged("b", "a-1", func(a *bridge.Activity) { a.Org = orgB }), logged("c", "a-1", nil))
	_, err := s.Expire(t.Context(), at(1).AddDate(0, 0, unwrittenDays+1))
	must(t, err)
	got, err := s.OutboxStatuses(t.Context())
	must(t, err)
	same(t, "statuses", got, []bridge.OutboxStatus{{Org: orgA, GivenUp: 2}, {Org: orgB, GivenUp: 1}})
}

// TestBulk: whatever is new, there already, or twice in one piece, the last state
// stays, once, and a day to follow up goes where it was taken back.
func TestBulk(t *testing.T) {
	s := newStore(t)
	noted := func(id, day string) bridge.JournalEntry {
		return logged(id, "a-1", func(a *bridge.Activity) { a.Note = &bridge.Note{Text: "x", FollowUp: day} })
	}
	keep(t, s, noted("3", "2026-12-01"), noted("20", "2026-12-01"), logged("7", "a-1", nil))
	var all []bridge.JournalEntry
	for i := range 2*atOnce + 3 {
		all = append(all, logged(fmt.Sprint(i), "a-1", nil))
	}
	all[5] = noted("5", "2026-12-02")
	last := all[9]
	last.Revision = 99
	all = append(all, last)
	keep(t, s, all...)
	if n, want := rows(t, s, "journal"), 2*atOnce+3; n != want {
		t.Errorf("%d calls, want %d", n, want)
	}
	if n, want := rows(t, s, "activities"), 2*atOnce+4; n != want {
		t.Errorf("%d activities, want %d", n, want)
	}
	found, err := s.Traces(t.Context(), bridge.TraceFilter{Call: "9"})
	must(t, err)
	if len(found) != 1 || found[0].Revision != 99 {
		t.Errorf("the later state is lost: %+v", found)
	}
	entries, err := s.activities(t.Context(), "WHERE a.follow_up OR a.id = '20' ORDER BY a.id")
	must(t, err)
	if len(entries) != 2 || entries[0].ID != "20" || entries[0].Activity.Note != nil || entries[0].Version != 2 || entries[1].ID != "5+f" {
		t.Errorf("activities: %+v", entries)
	}
}

// TestMissedOnce: a missed call of several agents is one Task, also in one piece;
// an agent's own one follows what the agent says of it.
func TestMissedOnce(t *testing.T) {
	s := newStore(t)
	missed := func(id, agent string, n *bridge.Note) bridge.JournalEntry {
		return logged(id, agent, func(a *bridge.Activity) {
			a.Answered, a.Reason, a.Ring, a.Note = time.Time{}, bridge.EndAbandoned, "r", n
		})
	}
	keep(t, s, missed("a", "a-1", nil), missed("b", "a-2", nil), logged("z", "a-3", nil))
	keep(t, s, missed("c", "a-3", nil))
	wantDue(t, s, "a", "z")
	keep(t, s, missed("b", "a-2", &bridge.Note{Text: "called back"}))
	wantDue(t, s, "a", "b", "z")
	keep(t, s, missed("b", "a-2", nil))
	found, err := s.activities(t.Context(), "WHERE a.id = 'b'")
	must(t, err)
	if len(found) != 1 || found[0].Activity.Note != nil || found[0].Version != 2 {
		t.Errorf("a note taken back left %+v", found)
	}
}

// TestMissedOwner: the one Task of a ring is of the first agent who can own it, and
// it stays the one when that agent writes something on it.
func TestMissedOwner(t *testing.T) {
	s := newStore(t)
	missed := func(id, agent, owner string, n *bridge.Note) bridge.JournalEntry {
		return logged(id, agent, func(a *bridge.Activity) {
			a.Answered, a.Reason, a.Ring, a.Owner, a.Note = time.Time{}, bridge.EndAbandoned, "r", owner, n
		})
	}
	wants := func(when string, want ...string) {
		t.Helper()
		got, err := s.idsOf(t.Context(), `SELECT id FROM activities WHERE NOT deleting ORDER BY id`)
		must(t, err)
		ids := make([]string, len(got))
		for i := range got {
			ids[i] = string(got[i])
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %v, want %v", when, ids, want)
		}
	}
	keep(t, s, missed("a", "a-1", "", nil))
	wants("nobody can own it", "a")
	keep(t, s, missed("b", "a-2", "", nil))
	wants("nor can the second", "a")
	keep(t, s, missed("c", "a-3", userA, nil))
	wants("the third can", "c")
	keep(t, s, missed("d", "a-4", userB, nil), missed("a", "a-1", "", nil))
	wants("the others do not come back", "c")
	keep(t, s, missed("c", "a-3", userA, &bridge.Note{Text: "called back"}))
	keep(t, s, missed("d", "a-4", userB, nil), missed("a", "a-1", "", nil))
	wants("noted", "c")
	wantDue(t, s, "c")
	// What an agent wrote stays, also where it cannot be written yet.
	must(t, s.Amend(t.Context(), "a-3", "c", bridge.Amendment{Note: &bridge.Note{}}))
	wants("the note taken back", "c")
}

// TestMissedUnownedNote: what an agent who has never signed in wrote waits, beside
// the Task of the one who has.
func TestMissedUnownedNote(t *testing.T) {
	s := newStore(t)
	missed := func(id, agent, owner string, n *bridge.Note) bridge.JournalEntry {
		return logged(id, agent, func(a *bridge.Activity) {
			a.Answered, a.Reason, a.Ring, a.Owner, a.Note = time.Time{}, bridge.EndAbandoned, "r", owner, n
		})
	}
	keep(t, s, missed("a", "a-1", "", &bridge.Note{Text: "x"}), missed("b", "a-2", userA, nil))
	if n := rows(t, s, "activities"); n != 2 {
		t.Errorf("%d activities, want the noted one and the one that can be written", n)
	}
	wantDue(t, s, "b")
}

// TestActivityLine: what is put together by hand is what encoding/json reads.
func TestActivityLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	text := func() string { return []string{"", "plain", "Ümläut \"q\" \\ \n", "+493023125101"}[rng.IntN(4)] }
	flag := func() bool { return rng.IntN(2) == 0 }
	record := func() *bridge.RecordRef {
		if flag() {
			return nil
		}
		if flag() {
			return &bridge.RecordRef{} // no record, as the agent said
		}
		return &bridge.RecordRef{Object: text(), ID: text()}
	}
	for range 500 {
		a := bridge.Activity{
			Call: bridge.CallID(text()), Agent: bridge.AgentID(text()), Org: text(), Owner: text(), Ring: bridge.CallID(text()),
			Direction: bridge.Direction(text()), Outgoing: flag(), Number: text(), Withheld: flag(), Started: at(rng.IntN(60)),
			Ended: at(rng.IntN(60)), EndUnknown: flag(), Reason: bridge.EndReason(text()), TransferredBy: text(), TransferredTo: text(),
			Match: record(), Chosen: record(),
		}
		if flag() {
			a.Answered, a.Note = at(3), &bridge.Note{Text: text(), Disposition: text(), FollowUp: text()}
		}
		want, err := json.Marshal(a)
		must(t, err)
		var ours, theirs bridge.Activity
		must(t, errors.Join(json.Unmarshal(appendActivity(nil, &a), &ours), json.Unmarshal(want, &theirs)))
		same(t, string(want), ours, theirs)
	}
}
