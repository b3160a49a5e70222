package replica_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// opened compares which of the records something open belongs to.
func (f *fixture) opened(want map[string]bool) {
	f.t.Helper()
	for id, open := range want {
		if r, ok := f.shelf.get(id); !ok || r.Open != open {
			f.t.Errorf("%s: held %v, open %v, want %v", id, ok, r.Open, open)
		}
	}
}

// askAgain forgets when the org was last asked for what is open.
func (f *fixture) askAgain() { f.sync(replica.SyncRequest{Full: true}) }

func TestOpenWork(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	company := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "Phone": "030 23125-0"})
	berta := f.create("Contact", contact("Beispiel", "030 23125-101"))
	other := f.create("Contact", contact("Anders", "030 23125-102"))
	deal := f.create("Opportunity", salesforcetest.Fields{"Name": "Angebot", "AccountId": company})
	f.create("Case", salesforcetest.Fields{"Subject": "Frage", "ContactId": berta, "IsClosed": "false"})
	f.create("Case", salesforcetest.Fields{"Subject": "Erledigt", "ContactId": other, "IsClosed": "true"})
	if result := f.sync(replica.SyncRequest{}); len(result.Warnings) != 0 {
		t.Errorf("warnings %q", result.Warnings)
	}
	f.opened(map[string]bool{company: true, berta: true, other: false})

	f.pass(time.Minute)
	f.must(f.org.Update("Opportunity", deal, salesforcetest.Fields{"IsClosed": "true"}))
	f.create("Case", salesforcetest.Fields{"Subject": "Neu", "ContactId": other})
	f.askAgain()
	f.opened(map[string]bool{company: false, berta: true, other: true})
}

// TestOpenWorkMovesNoStamps: the records themselves have not changed, and those
// that it concerns are read again all the same, but no others.
func TestOpenWorkMovesNoStamps(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.pass(time.Since(f.now))
	company := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "Phone": "030 23125-0"})
	berta := f.create("Contact", contact("Beispiel", "030 23125-101"))
	deal := f.create("Opportunity", salesforcetest.Fields{"Name": "Angebot", "AccountId": company})
	f.pass(time.Hour)
	f.create("Account", salesforcetest.Fields{"Name": "Muster AG", "Phone": "030 23126-0"})
	f.create("Contact", contact("Muster", "030 23126-101"))
	f.sync(replica.SyncRequest{})
	f.opened(map[string]bool{company: true, berta: false})
	f.pass(time.Hour)
	f.must(f.org.Update("Opportunity", deal, salesforcetest.Fields{"IsClosed": "true"}))
	f.create("Case", salesforcetest.Fields{"Subject": "Neu", "ContactId": berta})
	f.restart() // asks at once; a running one asks every five minutes
	f.shelf.applied = nil
	f.sync(replica.SyncRequest{})
	f.opened(map[string]bool{company: false, berta: true})
	read := map[string]bool{}
	for _, c := range f.shelf.applied {
		for _, r := range c.Upsert {
			read[r.ID] = true
		}
	}
	if len(read) != 4 { // the two youngest by the overlap
		t.Errorf("read again: %v", read)
	}
}

func TestOpenWorkHidden(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	berta := f.create("Contact", contact("Beispiel", "030 23125-101"))
	f.create("Case", salesforcetest.Fields{"Subject": "Frage", "ContactId": berta})
	f.org.HideObject("Opportunity", true)
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "Opportunity") {
		t.Errorf("warnings %q", result.Warnings)
	}
	f.opened(map[string]bool{berta: true})
}

func TestLastActivity(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": "030 23125-101", "LastActivityDate": "2026-11-20"})
	f.sync(replica.SyncRequest{})
	if r, _ := f.shelf.get(id); !r.LastActivity.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("last activity %v", r.LastActivity)
	}
}
