package replica_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// bulkContacts are two batches and a half.
const (
	bulkContacts = 5000
	bulkBatch    = 2000
)

// errKilled is what a process that is gone would answer.
var errKilled = errors.New("killed")

// mortal is a directory whose process is killed before its next write but so many:
// nothing is written afterwards.
type mortal struct {
	*lookup.Directory
	left int
}

func (m *mortal) dies() error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return nil
}

func (m *mortal) Apply(ctx context.Context, c lookup.Changes) error {
	if err := m.dies(); err != nil {
		return err
	}
	return m.Directory.Apply(ctx, c)
}

func (m *mortal) Sweep(ctx context.Context, org, object string, run int64) (int, error) {
	if err := m.dies(); err != nil {
		return 0, err
	}
	return m.Directory.Sweep(ctx, org, object, run)
}

func (m *mortal) SetReading(ctx context.Context, org, object, reading string) error {
	if err := m.dies(); err != nil {
		return err
	}
	return m.Directory.SetReading(ctx, org, object, reading)
}

func (m *mortal) ForgetLoad(ctx context.Context, org, object string) error {
	if err := m.dies(); err != nil {
		return err
	}
	return m.Directory.ForgetLoad(ctx, org, object)
}

// loading is an org with many contacts and a directory that is to be filled.
type loading struct {
	*fixture
	directory *lookup.Directory
	config    lookup.OrgConfig
}

func newLoading(t *testing.T) *loading {
	t.Helper()
	l := &loading{fixture: newFixture(t, salesforcetest.Options{})}
	l.must(l.org.Generate(bulkContacts, func(i int) string { return fmt.Sprintf("030 23125-%03d", i%1000) }))
	l.org.SetBulkPage(1500)
	l.config = lookup.OrgConfig{ID: l.org.ID(), Name: "Beispiel", Usage: lookup.Usage{BulkFrom: bulkContacts}}
	l.open(t)
	return l
}

// open gives it another directory, which is empty.
func (l *loading) open(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "directory.db")))
	l.must(err)
	l.directory, err = lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	l.must(err)
	t.Cleanup(func() {
		l.directory.Close()
		db.Close()
	})
}

// process is a bridge that has just been started, and dies before a write.
func (l *loading) process(writes int) *replica.Replica {
	return replica.New(replica.Config{Org: l.config, Client: l.client, Directory: &mortal{l.directory, writes}, Batch: bulkBatch})
}

var immortal = 1 << 30

func (l *loading) contacts(r *replica.Replica) (replica.SyncResult, error) {
	return r.Sync(l.t.Context(), replica.SyncRequest{Object: "Contact"}, nil)
}

// whole checks that all contacts are there, and that the directory says so.
func (l *loading) whole() {
	l.t.Helper()
	held, err := l.directory.Count(l.t.Context(), l.org.ID(), "Contact")
	l.must(err)
	watermark, err := l.directory.Watermark(l.t.Context(), l.org.ID(), "Contact")
	l.must(err)
	load, err := l.directory.Load(l.t.Context(), l.org.ID(), "Contact")
	l.must(err)
	if held != l.org.Count("Contact") || watermark.IsZero() || load != "" {
		l.t.Errorf("the directory holds %d of %d contacts as of %v, and a load at %q", held, l.org.Count("Contact"), watermark, load)
	}
}

// asked is what the org was asked for since before.
func (l *loading) asked() (jobs, pages, queries int) {
	return l.org.Requests("/jobs/query") - l.org.Requests("/jobs/query/"), l.org.Requests("/results"), l.org.Requests("/query")
}

// TestLoadGoesOnAfterBeingKilled kills the first load before each of its writes:
// the next process reads what is not there yet, and asks for no more.
func TestLoadGoesOnAfterBeingKilled(t *testing.T) {
	l := newLoading(t)
	for _, test := range []struct {
		before      string
		writes      int
		read        int // by the next process
		jobs, pages int // that it asks for
	}{
		{"the job is noted", 0, 5000, 1, 4},
		{"the first batch", 1, 5000, 0, 4},
		{"the second batch", 2, 3000, 0, 3},
		{"the last batch", 3, 1000, 0, 2},
		{"removing", 4, 0, 0, 0},
		{"the watermark", 5, 0, 0, 0},
		{"the reading", 6, 5000, 1, 4}, // it cannot be told how the records were read
	} {
		l.open(t)
		if _, err := l.contacts(l.process(test.writes)); !errors.Is(err, errKilled) {
			t.Fatalf("before %s: %v", test.before, err)
		}
		jobs, pages, _ := l.asked()
		result, err := l.contacts(l.process(immortal))
		if err != nil {
			t.Fatalf("after %s: %v", test.before, err)
		}
		jobs2, pages2, _ := l.asked()
		if result.Read != test.read || jobs2-jobs != test.jobs || pages2-pages != test.pages || len(result.Warnings) != 0 {
			t.Errorf("killed before %s: the next process read %d records in %d jobs and %d pages, warnings %q; want %d, %d, %d",
				test.before, result.Read, jobs2-jobs, pages2-pages, result.Warnings, test.read, test.jobs, test.pages)
		}
		l.whole()
	}
}

// TestLoadGoesOnByID is the same where there is no Bulk API.
func TestLoadGoesOnByID(t *testing.T) {
	l := newLoading(t)
	l.config.Usage.BulkFrom = -1
	for writes, want := range []int{5000, 3000, 1000, 0} {
		l.open(t)
		if _, err := l.contacts(l.process(writes)); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		result, err := l.contacts(l.process(immortal))
		l.must(err)
		if result.Read != want || len(result.Warnings) != 0 {
			t.Errorf("after %d writes the next process read %d records, want %d; warnings %q", writes, result.Read, want, result.Warnings)
		}
		l.whole()
	}
	if jobs, _, _ := l.asked(); jobs != 0 {
		t.Errorf("%d jobs although they are switched off", jobs)
	}
}

// TestLoadBeginsAnew where going on would leave something out.
func TestLoadBeginsAnew(t *testing.T) {
	for name, change := range map[string]func(*loading){
		"the job is gone":      func(l *loading) { l.org.ExpireJobs() },
		"a field is hidden":    func(l *loading) { l.org.HideFields("Contact", "MobilePhone") },
		"no Bulk API any more": func(l *loading) { l.config.Usage.BulkFrom = -1 },
		"another full run meanwhile": func(l *loading) {
			_, err := l.process(immortal).Sync(l.t.Context(), replica.SyncRequest{Object: "Contact", Limit: 100}, nil)
			l.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoading(t)
			if _, err := l.contacts(l.process(2)); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			change(l)
			result, err := l.contacts(l.process(immortal))
			l.must(err)
			if result.Read != bulkContacts {
				t.Errorf("%d records were read, want all", result.Read)
			}
			l.whole()
		})
	}
}

// TestLoadLosesNothing changes the org while the bridge is down in the midst of a
// load: what went is gone, what came is there.
func TestLoadLosesNothing(t *testing.T) {
	l := newLoading(t)
	if _, err := l.contacts(l.process(2)); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	l.pass(time.Hour)
	var read, unread string // a contact of those that have been read, and one of the others
	n := 0
	for row, err := range l.client.Query(t.Context(), "SELECT Id FROM Contact ORDER BY Id") {
		l.must(err)
		switch n++; n {
		case 100:
			read = row.ID()
		case 4500:
			unread = row.ID()
		}
	}
	l.must(l.org.Delete("Contact", read))
	l.must(l.org.Update("Contact", unread, salesforcetest.Fields{"Phone": "0221 4710-001"}))
	fresh := l.create("Contact", contact("Neu", "0221 4710-002"))
	next := l.process(immortal)
	for range 2 { // the load, and the first sync of changes
		_, err := l.contacts(next)
		l.must(err)
	}
	l.whole()
	for number, want := range map[lookup.Number]string{"+492214710001": unread, "+492214710002": fresh} {
		found, err := l.directory.Find(t.Context(), lookup.Scope{Org: l.org.ID()}, number)
		if l.must(err); len(found) != 1 || found[0].ID != want {
			t.Errorf("%s finds %v, want %s", number, found, want)
		}
	}
}

// TestBulkIsNotToBeHad falls back to single queries, says why and what to do.
func TestBulkIsNotToBeHad(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(*loading)
		want   string // of the warning
	}{
		"switched off": {func(l *loading) { l.org.SetBulk(false) }, "API add-on"},
		"no more jobs today": {func(l *loading) {
			l.org.Inject(salesforcetest.Fault{Path: "/jobs/query", Code: "LIMIT_EXCEEDED", Status: 400})
		}, "used up"},
		"job failed":    {func(l *loading) { l.org.FailJobs("Out of memory") }, "Bulk Data Load Jobs"},
		"locators lost": {func(l *loading) { l.org.LoseLocators(true) }, "by itself"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoading(t)
			test.damage(l)
			result, err := l.contacts(l.process(immortal))
			l.must(err)
			if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], test.want) {
				t.Errorf("warnings are %q, want %q", result.Warnings, test.want)
			}
			l.whole()
		})
	}
}

// TestBulkPhases tells what a person sees of a load.
func TestBulkPhases(t *testing.T) {
	l := newLoading(t)
	l.org.SlowJobs(3)
	var phases []string
	_, err := l.process(immortal).Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, func(s lookup.SyncStatus) {
		if n := len(phases); n == 0 || phases[n-1] != s.Phase {
			phases = append(phases, s.Phase)
		}
	})
	l.must(err)
	if got := strings.Join(phases, " "); got != " waiting reading removing" {
		t.Errorf("phases are %q", got)
	}
}
