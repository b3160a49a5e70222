package replica_test

import (
	"fmt"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestFieldShownAcrossARestart: the replica that finds the field is not the one
// that missed it.
func TestFieldShownAcrossARestart(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", salesforcetest.Fields{"LastName": "Zwei", "Phone": "030 23125-170", "MobilePhone": "030 23125-171"})
	f.org.HideFields("Contact", "MobilePhone")
	f.sync(replica.SyncRequest{})
	f.org.ShowFields("Contact", "MobilePhone")
	f.pass(replica.DefaultSyncOverlap * 2)
	f.create("Contact", contact("Neu", "030 23125-172")) // moves the watermark on
	f.sync(replica.SyncRequest{})
	f.restart()
	f.sync(replica.SyncRequest{})
	if r, _ := f.shelf.get(id); len(r.Numbers) != 2 {
		t.Errorf("numbers are %v, want both", r.Numbers)
	}
	f.restart()
	if result := f.sync(replica.SyncRequest{Object: "Contact"}); result.Read > 1 {
		t.Errorf("%d records read by a restart without news", result.Read)
	}
}

// TestBetterParserReadsAll: numbers that an older program read are read again,
// also where another country reads them now.
func TestBetterParserReadsAll(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", contact("Alt", "01632 960001"))
	f.sync(replica.SyncRequest{})
	f.pass(replica.DefaultSyncOverlap * 2)
	f.create("Contact", contact("Neu", "030 23125-172"))
	f.sync(replica.SyncRequest{})
	f.replica = replica.New(replica.Config{
		Org: lookup.OrgConfig{ID: f.org.ID()}, Client: f.client, Directory: f.shelf, Country: "GB",
	})
	f.sync(replica.SyncRequest{})
	if r, _ := f.shelf.get(id); fmt.Sprint(r.Numbers) != "[+441632960001]" {
		t.Errorf("numbers are %v", r.Numbers)
	}
	f.must(f.shelf.SetReading(t.Context(), f.org.ID(), "Contact", "an older parser"))
	f.restart()
	if result := f.sync(replica.SyncRequest{Object: "Contact"}); result.Read != 2 {
		t.Errorf("%d records read, want both", result.Read)
	}
}
