package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// ringing is a call that lives.
func ringing(id, agent, number string, minute int) bridge.JournalEntry {
	e := missedCall(id, agent, "", number, minute)
	e.Ended, e.Reason = time.Time{}, ""
	return e
}

// ids are the ids of calls, in their order.
func ids(list []bridge.JournalEntry) string {
	var out []string
	for _, e := range list {
		out = append(out, string(e.ID))
	}
	return strings.Join(out, " ")
}

func livingIDs(t *testing.T, s *Store) string {
	t.Helper()
	list, err := s.Living(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids(list)
}

// reopened is the store as the next life of the bridge finds it.
func reopened(t *testing.T, s *Store, path string) *Store {
	t.Helper()
	if s != nil {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, path)
}

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestLine: what is put together by hand reads as encoding/json would write it.
func TestLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		return []string{"", "plain", "a \"quoted\" one", "back\\slash", "line\nend", "Ünïcode", "\x01\x7f", "<&>", "\xff"}[rng.IntN(9)]
	}
	flag := func() bool { return rng.IntN(2) == 0 }
	when := func() time.Time {
		if flag() {
			return time.Time{}
		}
		return at(rng.IntN(60))
	}
	for range 500 {
		e := bridge.JournalEntry{
			ID: bridge.CallID("c" + text()), Kept: flag(), Popped: flag(), Agent: bridge.AgentID(text()), Org: text(), Link: text(), Key: text(), Device: text(),
			Group: text(), Ring: bridge.CallID(text()), Direction: bridge.Direction(text()), Outgoing: flag(), Number: text(), Withheld: flag(),
			Started: at(rng.IntN(60)), Answered: when(), Ended: when(), Reason: bridge.EndReason(text()),
			TransferredBy: text(), TransferredTo: text(), Revision: rng.Uint64N(3), AnsweredBy: text(), Probable: flag(), Secret: flag(),
		}
		for range rng.IntN(3) {
			e.Matches = append(e.Matches, bridge.RecordRef{Object: text(), ID: text()})
			e.Steps = append(e.Steps, bridge.Step{After: rng.Uint32(), Code: bridge.StepCode(1 + rng.IntN(int(bridge.StepMore))), Arg: text()})
		}
		if flag() {
			e.Chosen = &bridge.RecordRef{Object: text(), ID: text()}
			e.Note = &bridge.Note{Text: text(), Disposition: text()}
		}
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var ours, theirs bridge.JournalEntry
		if err := errors.Join(json.Unmarshal(appendEntry(nil, &e), &ours), json.Unmarshal(want, &theirs)); err != nil {
			t.Fatal(err)
		}
		same(t, string(want), ours, theirs)
	}
}

// TestLivingOverLives: what lives is found after a restart in its newest state,
// what has ended is in the journal only, and an end that was taken back lives.
func TestLivingOverLives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	a, b, c := ringing("a", "a-1", "+493023125101", 1), ringing("b", "a-2", "+493023125102", 2), ringing("c", "a-1", "+493023125103", 3)
	keep(t, s, a, b, c)
	a.Answered, a.Revision = at(4), 7
	keep(t, s, a)
	b.Ended, b.Reason = at(5), bridge.EndAbandoned
	keep(t, s, b)
	for range 2 {
		if got := livingIDs(t, s); got != "a c" {
			t.Errorf("%q live", got)
		}
		found, err := s.Traces(t.Context(), bridge.TraceFilter{})
		if err != nil || ids(found) != "c b a" || found[2].Revision != 7 || !found[2].Answered.Equal(at(4)) {
			t.Errorf("traces: %+v, %v", found, err)
		}
		if found, _ = s.Traces(t.Context(), bridge.TraceFilter{Agent: "a-1", Limit: 1}); ids(found) != "c" {
			t.Errorf("the newest of an agent is %q", ids(found))
		}
		s = reopened(t, s, path)
	}
	b.Ended, b.Reason, b.Answered, b.Reopened = time.Time{}, "", at(5), true
	keep(t, s, b)
	if got := livingIDs(t, s); got != "a b c" || rows(t, s, "journal") != 0 {
		t.Errorf("after an end was taken back %q live, the journal has %d", got, rows(t, s, "journal"))
	}
	for _, e := range []*bridge.JournalEntry{&a, &b, &c} {
		e.Ended, e.Reason = at(6), bridge.EndHangup
	}
	keep(t, s, a, b, c)
	if livingIDs(t, s) != "" || rows(t, s, "living") != 0 || rows(t, s, "journal") != 3 {
		t.Errorf("at the end %q live, %d rows of the log, %d of the journal", livingIDs(t, s), rows(t, s, "living"), rows(t, s, "journal"))
	}
}

func rows(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLogIsBounded: a day of calls beside a long one leaves a short log.
func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	keep(t, s, ringing("long", "a-1", "+493023125101", 0))
	for i := range 50 {
		var list []bridge.JournalEntry
		for j := range 100 {
			list = append(list, ringing(fmt.Sprintf("%d-%d", i, j), "a-2", "+493023125102", 1))
		}
		keep(t, s, list...)
		for j := range list {
			list[j].Ended, list[j].Reason = at(2), bridge.EndHangup
		}
		keep(t, s, list...)
		var size int
		if err := s.read.QueryRowContext(t.Context(), `SELECT SUM(LENGTH(calls)) FROM living`).Scan(&size); err != nil || size > 2*logSlack {
			t.Fatalf("the log has %d bytes, %v", size, err)
		}
	}
	if s = reopened(t, s, path); livingIDs(t, s) != "long" || s.living.size >= 1000 {
		t.Errorf("%q live, in %d bytes", livingIDs(t, s), s.living.size)
	}
}

// TestExpireShortensTheLog: what has ended does not stand in the log for days.
func TestExpireShortensTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	long, over := ringing("long", "a-1", "+493023125101", 0), ringing("over", "a-1", "+493023125102", 0)
	over.Key = "key-of-the-log"
	keep(t, s, long, over)
	over.Key, over.Ended = "k", at(1)
	keep(t, s, over)
	if !onDisk(t, path, "key-of-the-log") {
		t.Fatal("the log was written anew before")
	}
	_, err := s.Expire(t.Context(), at(1))
	if err := errors.Join(err, s.scrub(t.Context())); err != nil || onDisk(t, path, "key-of-the-log") || livingIDs(t, s) != "long" {
		t.Errorf("%v; %q live", err, livingIDs(t, s))
	}
}

// TestFailedChange: what the disk did not take is not in memory either.
func TestFailedChange(t *testing.T) {
	s := newStore(t)
	keep(t, s, ringing("a", "a-1", "+493023125101", 1))
	full := errors.New("disk full")
	err := s.changeLog(t.Context(), func(ctx context.Context, tx *sql.Tx, c *change) error {
		e := ringing("b", "a-1", "+493023125102", 2)
		c.set(&e, false)
		c.end("a")
		return errors.Join(c.write(ctx, tx), full)
	})
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	keep(t, s, ringing("c", "a-1", "+493023125103", 3))
	if got := livingIDs(t, s); got != "a c" {
		t.Errorf("%q live", got)
	}
}

// TestLivingIsErased: a call that lives can be exported and erased like others.
func TestLivingIsErased(t *testing.T) {
	const number = "+493023125101"
	for name, who := range map[string]bridge.Subject{
		"number": {Numbers: []string{"+493023125999", number}}, "agent": {Agent: "a-1"}, "record": {Record: "003000000000001AAA"}, "chosen": {Record: "003000000000002AAA"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			s := openAt(t, path)
			e := ringing("a", "a-1", number, 1)
			e.Matches = []bridge.RecordRef{{Object: "Contact", ID: "003000000000001AAA"}}
			e.Chosen = &bridge.RecordRef{Object: "Contact", ID: "003000000000002AAA"}
			keep(t, s, e, ringing("b", "a-2", "+493023125102", 2))
			d, err := s.PersonalData(t.Context(), who)
			if err != nil || ids(d.Calls) != "a" {
				t.Errorf("export: %+v, %v", d, err)
			}
			n, err := s.EraseSubject(t.Context(), admin, who)
			if err != nil || n != 1 || livingIDs(t, s) != "b" || onDisk(t, path, number) {
				t.Errorf("%d erased, %v; %q live", n, err, livingIDs(t, s))
			}
			if s = reopened(t, s, path); livingIDs(t, s) != "b" {
				t.Errorf("after a restart %q live", livingIDs(t, s))
			}
		})
	}
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	keep(t, s, ringing("a", "a-1", number, 1), ringing("b", "a-2", "+493023125102", 2))
	if err := s.Erase(t.Context(), []bridge.CallID{"a", "nobody's"}); err != nil || livingIDs(t, s) != "b" || onDisk(t, path, number) {
		t.Errorf("erase: %v, %q live", err, livingIDs(t, s))
	}
}

// TestSecretCall: a call that becomes secret leaves the journal at once and is a
// mark that nobody reads, until it ends without a trace.
func TestSecretCall(t *testing.T) {
	const number = "+493023125101"
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	e := ringing("a", "a-1", number, 1)
	over := e
	over.Ended, over.Reason = at(2), bridge.EndAnsweredElsewhere
	keep(t, s, over)
	e.Reopened = true
	keep(t, s, e)
	mark := bridge.JournalEntry{ID: "a", Secret: true, Link: e.Link, Key: e.Key, Device: e.Device, Started: e.Started}
	keep(t, s, mark)
	if err := s.Erase(t.Context(), []bridge.CallID{"a"}); err != nil || onDisk(t, path, number) {
		t.Errorf("erase: %v", err)
	}
	s = reopened(t, s, path)
	list, err := s.Living(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	same(t, "mark", list[0], mark)
	found, err := s.Traces(t.Context(), bridge.TraceFilter{})
	if err != nil || len(found) > 0 {
		t.Errorf("traces: %+v, %v", found, err)
	}
	mark.Ended = at(3)
	keep(t, s, mark)
	if livingIDs(t, s) != "" || rows(t, s, "journal")+rows(t, s, "living") != 0 {
		t.Errorf("its end left %q and %d rows", livingIDs(t, s), rows(t, s, "journal"))
	}
}

// TestOlderJournal: calls that an older ctibridge kept as living in the journal go on.
func TestOlderJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := openAt(t, path)
	e := ringing("a", "a-1", "+493023125101", 1)
	err := s.update(t.Context(), func(tx *sql.Tx) error {
		return s.journal.in(t.Context(), tx).write(t.Context(), bulkRow{args: journalRow(&e)})
	})
	if err != nil {
		t.Fatal(err)
	}
	s = reopened(t, s, path)
	list, err := s.Living(t.Context())
	if err != nil || len(list) != 1 || rows(t, s, "journal") != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	same(t, "living", list[0], e)
}

// onDisk reports whether a text stands in the database or beside it.
func onDisk(t *testing.T, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}
