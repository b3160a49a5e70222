package replica_test

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// liveFixture is an org, its replica with live search and a true directory.
type liveFixture struct {
	*fixture
	directory *lookup.Directory
	replica   *replica.Replica
}

func newLiveFixture(t *testing.T, c replica.Config) *liveFixture {
	t.Helper()
	f := &liveFixture{fixture: newFixture(t, salesforcetest.Options{})}
	_, err := f.org.Seed()
	f.must(err)
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "directory.db")))
	f.must(err)
	t.Cleanup(func() { _ = db.Close() })
	f.directory, err = lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	f.must(err)
	t.Cleanup(func() { _ = f.directory.Close() })
	c.Org = lookup.OrgConfig{ID: f.org.ID(), LiveSearch: true}
	c.Client, c.Directory = f.client, f.directory
	f.replica = replica.New(c)
	_, err = f.replica.Sync(t.Context(), replica.SyncRequest{}, nil)
	f.must(err)
	return f
}

func (f *liveFixture) found(n lookup.Number) string {
	f.t.Helper()
	matches, err := f.directory.Find(f.t.Context(), lookup.Scope{Org: f.org.ID()}, n)
	f.must(err)
	var names []string
	for _, m := range matches {
		if m.Match == lookup.MatchExact {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}

// Whoever was entered a moment ago is found in every usual notation, and is in
// the directory from then on.
func TestLiveSearch(t *testing.T) {
	t.Parallel()
	f := newLiveFixture(t, replica.Config{})
	for i, c := range []struct {
		field string
		ask   lookup.Number
	}{
		{"+493023125901", "+493023125901"},
		{"+49 30 23125902", "+493023125902"},
		{"030 23125903", "+493023125903"},
		{"(030) 23125904", "+493023125904"},
		{"030/23125905", "+493023125905"},
		{"03023125906", "+493023125906"},
		{"+49 (0)30 23125907", "+493023125907"},
		{"0049 30 23125908", "+493023125908"},
		{"00493023125909", "+493023125909"},
		{"493023125910", "+493023125910"},
		{"Tel. 030-23125911", "+493023125911"},
	} {
		if got := f.found(c.ask); got != "" {
			t.Fatalf("%s is known as %s", c.ask, got)
		}
		object, fields := "Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": c.field}
		if i%2 == 1 {
			object, fields["Company"] = "Lead", "Beispiel GmbH"
		}
		_, err := f.org.Create(object, fields)
		f.must(err)
		found, err := f.replica.Search(t.Context(), c.ask)
		if got := f.found(c.ask); !found || err != nil || got != "Beispiel" {
			t.Errorf("%q: Search = %t, %v; the directory knows %q", c.field, found, err, got)
		}
	}
	if found, err := f.replica.Search(t.Context(), "+493023125999"); found || err != nil {
		t.Errorf("nobody: %t, %v", found, err)
	}
	s := f.replica.LiveStatus()
	if s.Asked != 12 || s.Found != 11 || s.Failed != 0 || s.Left != replica.DefaultLiveBudget-12 || !s.On || s.Org != f.org.ID() {
		t.Errorf("%+v", s)
	}
}

// An error is no answer, and the next search asks again.
func TestLiveSearchFails(t *testing.T) {
	t.Parallel()
	f := newLiveFixture(t, replica.Config{})
	const number = "+493023125901"
	_, err := f.org.Create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": number})
	f.must(err)
	f.org.Inject(salesforcetest.Fault{Path: "/search", Status: 503, Code: "SERVER_UNAVAILABLE"})
	if found, err := f.replica.Search(t.Context(), number); found || err == nil || strings.Contains(err.Error(), "23125901") {
		t.Errorf("an org in trouble: %t, %v", found, err)
	}
	f.org.Inject(salesforcetest.Fault{Path: "/search", Kind: salesforcetest.FaultHang})
	began := time.Now()
	if found, err := f.replica.Search(t.Context(), number); found || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an org that hangs: %t, %v", found, err)
	}
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("given up after %v", took)
	}
	if got := f.found(number); got != "" {
		t.Errorf("found %s without an answer", got)
	}
	if found, err := f.replica.Search(t.Context(), number); !found || err != nil || f.found(number) != "Beispiel" {
		t.Errorf("when it is well again: %t, %v", found, err)
	}
	if s := f.replica.LiveStatus(); s.Failed != 2 || s.Found != 1 {
		t.Errorf("%+v", s)
	}
}

// searched is an org that answers searches after a while.
type searched struct {
	replica.Source
	asked atomic.Int64
	err   error
}

func (s *searched) Search(context.Context, string) ([]salesforce.Record, error) {
	s.asked.Add(1)
	time.Sleep(100 * time.Millisecond)
	return nil, s.err
}

func (*searched) OrgID(context.Context) (string, error) { return "00D000000000001EAA", nil }
func (*searched) Describe(_ context.Context, object string) (*salesforce.Object, error) {
	o := &salesforce.Object{Name: object, Searchable: true}
	for _, name := range []string{"Id", "SystemModstamp", "IsDeleted", "Phone"} {
		o.Fields = append(o.Fields, salesforce.Field{Name: name, Type: "phone"})
	}
	return o, nil
}
func (*searched) Count(context.Context, string) (int, error) { return 0, nil }
func (*searched) Query(context.Context, string) iter.Seq2[salesforce.Record, error] {
	return func(func(salesforce.Record, error) bool) {}
}

func (s *searched) QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return s.Query(ctx, soql)
}

// Telephones that ring together ask once; so do those that ring a little later;
// the budget ends the asking until its hour is over.
func TestLiveSearchAsksOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &searched{}
		r := replica.New(replica.Config{
			Org: lookup.OrgConfig{ID: "00D000000000001EAA", LiveSearch: true}, Client: source, Directory: newShelf(), LiveBudget: 3,
		})
		if _, err := r.Search(t.Context(), "+493023125901"); !errors.Is(err, lookup.ErrNoLiveSearch) {
			t.Errorf("before any sync: %v", err)
		}
		if _, err := r.Sync(t.Context(), replica.SyncRequest{}, nil); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if found, err := r.Search(t.Context(), "+493023125902"); found || err != nil {
					t.Errorf("%t, %v", found, err)
				}
			})
		}
		wg.Wait()
		if n := source.asked.Load(); n != 1 {
			t.Errorf("ten telephones asked %d times", n)
		}
		want := func(step string, n lookup.Number, wantErr error, asked int64) {
			t.Helper()
			if _, err := r.Search(t.Context(), n); !errors.Is(err, wantErr) || source.asked.Load() != asked {
				t.Errorf("%s: %v, asked %d times, want %d", step, err, source.asked.Load(), asked)
			}
		}
		want("at once again", "+493023125902", nil, 1)
		time.Sleep(time.Minute)
		want("a minute later", "+493023125902", nil, 2)
		want("used up", "+493023125903", replica.ErrLiveBudget, 2)
		if s := r.LiveStatus(); s.Left != 0 || s.Refused != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
		want("the next hour", "+493023125903", nil, 3)
		off := replica.New(replica.Config{Org: lookup.OrgConfig{ID: "00D000000000001EAA"}, Client: source, Directory: newShelf()})
		if _, err := off.Search(t.Context(), "+493023125904"); !errors.Is(err, lookup.ErrNoLiveSearch) || source.asked.Load() != 3 {
			t.Errorf("off: %v", err)
		}
	})
}
