package replica_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the directory's driver

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestReplicaFillsTheDirectory is the whole way: org, HTTP, SQL, look-up.
func TestReplicaFillsTheDirectory(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	demo, err := f.org.Seed()
	f.must(err)
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "directory.db")))
	f.must(err)
	defer db.Close()
	directory, err := lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	f.must(err)
	defer directory.Close()
	copying := replica.New(replica.Config{
		Org: lookup.OrgConfig{ID: f.org.ID()}, Client: f.client, Directory: directory,
	})
	sync := func(full bool) replica.SyncResult {
		t.Helper()
		result, err := copying.Sync(t.Context(), replica.SyncRequest{Full: full}, nil)
		f.must(err)
		if len(result.Warnings) != 0 {
			t.Errorf("warnings: %q", result.Warnings)
		}
		return result
	}
	find := func(number lookup.Number, want ...string) {
		t.Helper()
		matches, err := directory.Find(t.Context(), lookup.Scope{Org: f.org.ID()}, number)
		f.must(err)
		var got []string
		for _, m := range matches {
			if m.Match == lookup.MatchExact {
				got = append(got, m.ID)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s finds %v, want %v", number, got, want)
		}
	}
	sync(false)
	for object, field := range map[string]string{"Account": "Phone", "Contact": "MobilePhone", "Lead": "Company"} {
		reading, err := directory.Reading(t.Context(), f.org.ID(), object)
		if f.must(err); !strings.Contains(reading, " "+field) {
			t.Errorf("%s was read by %q", object, reading)
		}
	}
	if reading, err := directory.Reading(t.Context(), f.org.ID(), "Case"); reading != "" || err != nil {
		t.Errorf("what was never read was read by %q, %v", reading, err)
	}
	find("+493023125101", demo.Known)
	find("+493023125300", demo.Shared...)
	f.must(f.org.Update("Contact", demo.Known, salesforcetest.Fields{"Phone": "030 23125-109"}))
	f.must(f.org.Delete("Contact", demo.British))
	sync(false)
	find("+493023125101")
	find("+493023125109", demo.Known)
	find("+441632960001")
	f.must(f.org.Purge("Contact", demo.American))
	if result := sync(true); result.Removed != 1 {
		t.Errorf("%d removed, want 1", result.Removed)
	}
	find("+12025550143")
	f.org.HideFields("Contact", "Phone")
	f.sync(replica.SyncRequest{}) // another replica, which must not disturb
	if _, err := copying.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, nil); err != nil {
		t.Fatal(err)
	}
	find("+493023125109")
	f.org.ShowFields("Contact", "Phone")
	sync(true)
	find("+493023125109", demo.Known)
}
