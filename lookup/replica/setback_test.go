package replica_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// stubborn is an org that has one record of each object and refuses some queries.
type stubborn struct {
	*clockwork
	refuse func(soql string) error
	seen   map[string][]time.Duration // changes asked, by object
}

func newStubborn() *stubborn {
	return &stubborn{clockwork: &clockwork{start: time.Now()}, seen: map[string][]time.Duration{}}
}

func (s *stubborn) answer(soql string) iter.Seq2[salesforce.Record, error] {
	return func(yield func(salesforce.Record, error) bool) {
		s.mu.Lock()
		_, object, _ := strings.Cut(soql, " FROM ")
		object, _, _ = strings.Cut(object, " ")
		if strings.Contains(soql, "SystemModstamp >=") {
			s.seen[object] = append(s.seen[object], time.Since(s.start))
		}
		var err error
		if s.refuse != nil {
			err = s.refuse(soql)
		}
		s.mu.Unlock()
		if err != nil {
			yield(salesforce.Record{}, err)
			return
		}
		id := map[string]string{"Account": "001000000000001AAA", "Contact": "003000000000001AAA", "Lead": "00Q000000000001AAA"}[object]
		if id != "" {
			yield(salesforce.NewRecord(map[string]any{"Id": id, "Name": "Beispiel", "SystemModstamp": "2026-11-02T10:00:00.000+0000"}), nil)
		}
	}
}

func (s *stubborn) Count(context.Context, string) (int, error) { return 1, nil }

func (s *stubborn) Query(_ context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return s.answer(soql)
}

func (s *stubborn) QueryAll(_ context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return s.answer(soql)
}

func (s *stubborn) set(refuse func(string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *stubborn) changes(object string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen[object])
}

var errHidden = &salesforce.Error{Op: "query Lead", Code: "INVALID_TYPE", Status: 400, Message: "sObject type 'Lead' is not supported"}

// An object that fails does not make the others late.
func TestOneObjectFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStubborn()
		s.set(func(soql string) error {
			if strings.Contains(soql, "FROM Lead") {
				return errHidden
			}
			return nil
		})
		stop := running(t, replica.New(replica.Config{Client: s, Directory: newShelf(), Interval: time.Minute}))
		time.Sleep(time.Hour + time.Second)
		stop()
		if n := s.changes("Contact"); n != 60 {
			t.Errorf("contacts were polled %d times in an hour, want 60", n)
		}
	})
}

// What fails at the start is tried again, also where the timetable is empty.
func TestFirstSyncFailsWithoutTimetable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shelf := newStubborn(), newShelf()
		s.fail = &salesforce.Error{Op: "sign in", Code: "NETWORK"}
		r := replica.New(replica.Config{
			Org:    lookup.OrgConfig{Schedule: lookup.Schedule{Interval: lookup.Off, Full: lookup.Off}},
			Client: s, Directory: shelf,
		})
		stop := running(t, r)
		time.Sleep(time.Minute)
		s.mu.Lock()
		s.fail = nil
		s.mu.Unlock()
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if _, ok := shelf.get("003000000000001AAA"); !ok {
			t.Error("the first load was never tried again")
		}
		before := len(s.times())
		time.Sleep(48 * time.Hour)
		if n := len(s.times()) - before; n != 0 {
			t.Errorf("the org was asked %d times although all is off", n)
		}
		stop()
	})
}

// A full run that fails night after night does not keep changes away.
func TestFullRunFailsAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStubborn()
		r := replica.New(replica.Config{Client: s, Directory: newShelf(), Interval: time.Minute})
		stop := running(t, r)
		time.Sleep(2 * time.Minute)
		full := 0
		s.set(func(soql string) error {
			if strings.Contains(soql, "FROM Contact ORDER BY Id") {
				full++
				return &salesforce.Error{Op: "query Contact", Code: "QUERY_TIMEOUT", Status: 400, Message: "too complicated"}
			}
			return nil
		})
		before := s.changes("Contact")
		time.Sleep(24 * time.Hour)
		if n := s.changes("Contact") - before; n < 23*60 {
			t.Errorf("changes were read %d times in a day", n)
		}
		s.mu.Lock()
		if full < 2 || full > 10 {
			t.Errorf("the full run was tried %d times", full)
		}
		s.mu.Unlock()
		warned := func() bool {
			for _, o := range r.Status() {
				if o.Object == "Contact" && strings.Contains(strings.Join(o.Warnings, " "), "too complicated") {
					return true
				}
			}
			return false
		}
		if !warned() {
			t.Error("the status does not tell of it")
		}
		s.set(nil)
		time.Sleep(7 * time.Hour)
		if warned() {
			t.Error("the status tells of it although it is over")
		}
		stop()
	})
}

// Hints that are left over are made up for, also where nothing is polled.
func TestHintsLeftOverWithoutPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStubborn()
		r := replica.New(replica.Config{
			Org:    lookup.OrgConfig{Schedule: lookup.Schedule{Interval: lookup.Off, Full: lookup.Off}},
			Client: s, Directory: newShelf(),
		})
		stop := running(t, r)
		time.Sleep(time.Minute)
		s.set(func(string) error { return errors.New("connection reset") })
		r.Hint("Contact", []string{"003000000000001AAA"})
		time.Sleep(time.Second)
		s.set(nil)
		time.Sleep(10 * time.Minute)
		if n := s.changes("Contact"); n != 1 {
			t.Errorf("changes were read %d times after a hint that failed, want once", n)
		}
		stop()
	})
}

// Where nothing meets the where-clause any more, nothing is kept and nobody is
// told to give permissions; so with leads that have all been converted.
func TestNothingInScope(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{})
	who := m.create("Contact", contact("Geht", "030 23125-210"))
	lead := m.create("Lead", salesforcetest.Fields{"LastName": "Kunde", "Company": "Kunde AG", "Phone": "030 23125-211"})
	m.sync(replica.SyncRequest{})
	m.finds("+493023125210", "Contact Geht")
	m.must(m.fixture.org.ConvertLead(lead, who, ""))
	m.configure(lookup.ObjectConfig{Object: "Contact", Where: "LastName = 'Nirgends'"})
	result := m.sync(replica.SyncRequest{})
	m.finds("+493023125210")
	if len(result.Warnings) > 0 {
		t.Errorf("warnings are %q", result.Warnings)
	}
	m.configure() // the converted lead is left
	m.must(m.replica.Poll(t.Context()))
	before := m.client.Limits().Used
	m.must(m.replica.Poll(t.Context()))
	if n := m.client.Limits().Used - before; n != 1 {
		t.Errorf("a turn costs %d calls, want 1", n)
	}
}

// An org of which nothing is copied is no fault, and keeps nothing.
func TestAllObjectsOff(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{})
	m.create("Contact", contact("Geht", "030 23125-212"))
	m.sync(replica.SyncRequest{})
	m.finds("+493023125212", "Contact Geht")
	off := []lookup.ObjectConfig{{Object: "Account", Disabled: true}, {Object: "Contact", Disabled: true}, {Object: "Lead", Disabled: true}}
	m.configure(off...)
	m.sync(replica.SyncRequest{})
	m.finds("+493023125212")
}

// What is not copied any more goes with the first sync of whatever object.
func TestObjectLeavesWithAnySync(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{})
	m.create("Contact", contact("Geht", "030 23125-213"))
	m.sync(replica.SyncRequest{})
	m.configure(lookup.ObjectConfig{Object: "Contact", Disabled: true})
	m.sync(replica.SyncRequest{Object: "Lead"})
	m.finds("+493023125213")
}
