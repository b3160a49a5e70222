package admin_test

import (
	"net/http"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// TestSyncProblemsInGerman: what a sync warns of is German on every German page
// that shows it, and marked as English on none of them.
func TestSyncProblemsInGerman(t *testing.T) {
	f := sample()
	f.syncs[0].Warnings = []string{"The run-as user cannot see Contact.Fax, so callers are not found by it. Give “Read Access” to the field in a permission set (field permissions)."}
	f.syncs[0].Org = orgID
	f.syncs[2].Org, f.syncs[2].LastError, f.syncs[2].Cure = orgID, "replica: sync: the keys belong to org A, not to B", "Enter the consumer key and secret of this org's own app, or correct the org's id."
	f.journal.outbox = []bridge.OutboxStatus{{
		Org: orgID, Waiting: 1, Failing: 1, Problem: "Salesforce did not say whether the activity was written.", Cure: "The bridge asks for it in a minute.",
		Warnings: []string{"Call activities are written without CallType: the run-as user may not write it. Give edit access to these fields of activities in a permission set."},
	}}
	b := newBrowser(t, f).signIn()
	b.lang = "de"
	sync := []string{
		`<span lang="de">Der „Ausführen als“-Benutzer sieht Contact.Fax nicht; deshalb werden Anrufer darüber nicht gefunden. Geben Sie`,
		`<span lang="de">die Schlüssel gehören zur Org A, nicht zu B</span>`, `<span lang="de">Tragen Sie Consumer-Schlüssel`,
	}
	for path, wants := range map[string][]string{
		"/admin/": sync, orgPath: sync,
		"/admin/calls/salesforce": {`<span lang="de">Anrufe werden ohne CallType geschrieben`, `<span lang="de">Salesforce hat nicht gesagt`, `<span lang="de">Die Bridge fragt`},
	} {
		w := b.get(path)
		mustStatus(t, w, http.StatusOK)
		mustContain(t, w.Body.String(), wants...)
	}
	b.lang = "en"
	mustContain(t, b.get("/admin/").Body.String(), `<span lang="en">The run-as user cannot see Contact.Fax`)
}
