package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// pages are all pages of the panel with words that stand on them.
var pages = []struct{ path, english, german string }{
	{"/admin/", "Telephone systems", "Telefonanlagen"},
	{"/admin/", "Partly working", "Arbeitet teilweise"},
	{"/admin/", "sip · asterisk · pbx.example.com", "sip · asterisk · pbx.example.com"},   // as configured
	{"/admin/", "sip · freeswitch · hh.example.com", "sip · freeswitch · hh.example.com"}, // as recognised
	{"/admin/", "912,345", "912.345"},
	{"/admin/", "1 min ago", "vor 1 Min."},
	{"/admin/overview/live", "18,432 a second, 4:05 min left", "18.432 je Sekunde, noch 4:05 min"},
	{"/admin/overview/live", "41,200 of 120,000", "41.200 von 120.000"},
	{"/admin/agents", "Add agent", "Agent hinzufügen"},
	{"/admin/agents?q=nobody+at+all", "No agent matches", "Kein Agent passt"},
	{"/admin/agents/new", "Salesforce org", "Salesforce-Org"},
	{"/admin/agents/a1", "Where groups disagree", "Wo Gruppen sich widersprechen"},
	{"/admin/agents/a1/release", "Release binding?", "Bindung lösen?"},
	{"/admin/agents/a1/delete", "Delete agent?", "Agent löschen?"},
	{"/admin/groups", "when answered", "beim Annehmen"},
	{"/admin/groups/edit", "Open the record by itself", "Datensatz von selbst öffnen"},
	{"/admin/groups/edit?name=Sales", "Edit group", "Gruppe bearbeiten"},
	{"/admin/groups/delete?name=Sales", "has 2 members", "hat 2 Mitglieder"},
	{"/admin/orgs", "Tokens of the API", "Tokens der API"},
	{"/admin/orgs/new", "Add Salesforce org", "Salesforce-Org hinzufügen"},
	{orgPath, "Copied objects", "Kopierte Objekte"},
	{orgPath, "18,432 a second, 4:05 min left", "18.432 je Sekunde, noch 4:05 min"},
	{orgPath, "1,234 records, 1,200 read", "1.234 Datensätze, 1.200 gelesen"},
	{orgPath + "/live", "912,345", "912.345"},
	{orgPath + "/edit", "Settings of the org", "Einstellungen der Org"},
	{orgPath + "/delete", "Delete org?", "Org löschen?"},
	{orgPath + "/address", "Make a new address", "Neue Adresse erzeugen"},
	{orgPath + "/object", "Add object of Example AG", "Objekt von Example AG hinzufügen"},
	{orgPath + "/object?object=Contact", "Contact of Example AG", "Contact von Example AG"},
	{orgPath + "/object/reset?object=Contact", "Forget these settings?", "Diese Einstellungen verwerfen?"},
	{"/admin/tokens/new", "Make the token", "Token erzeugen"},
	{"/admin/tokens/delete?name=ERP", "Delete token?", "Token löschen?"},
	{"/admin/audit", "signed in", "angemeldet"},
	{"/admin/password", "Present password", "Bisheriges Passwort"},
}

func TestPagesInBothLanguages(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	for _, p := range pages {
		for lang, want := range map[string]string{"en-GB": p.english, "de-AT,de;q=0.9,en;q=0.5": p.german} {
			b.lang = lang
			w := b.get(p.path)
			mustStatus(t, w, http.StatusOK)
			mustContain(t, w.Body.String(), want, `<html lang="`+lang[:2]+`">`)
			checkPage(t, p.path, w.Body.String())
		}
	}
}

var inline = regexp.MustCompile(`(?i)<script(?:[^>]*[^e]>|>)[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|ZgotmplZ|%!`)

// checkPage finds what must be on no page.
func checkPage(t *testing.T, path, body string) {
	t.Helper()
	if bad := inline.FindString(body); bad != "" {
		t.Errorf("%s: has %q", path, bad)
	}
	for _, secret := range []string{"never-on-a-page", "argon2id"} {
		if strings.Contains(body, secret) {
			t.Errorf("%s: shows a secret", path)
		}
	}
	ids := make(map[string]bool)
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if ids[m[1]] {
			t.Errorf("%s: id %q twice", path, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:\sfor|aria-describedby|aria-labelledby)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !ids[m[1]] && m[1] != "dialog-title" {
			t.Errorf("%s: refers to %q, which is not there", path, m[1])
		}
	}
}

func TestEmptyBridge(t *testing.T) {
	b := newBrowser(t, &fake{}).signIn()
	mustContain(t, b.get("/admin/").Body.String(), "No telephone system is set up", "No Salesforce org is set up", "ctibridge config import FILE", `href="/admin/orgs/new"`)
	mustContain(t, b.get("/admin/orgs").Body.String(), "No Salesforce org is set up", "There are none.")
	mustContain(t, b.get("/admin/agents").Body.String(), "There are no agents yet")
	mustContain(t, b.get("/admin/groups").Body.String(), "There are no groups yet")
	mustContain(t, b.get("/admin/agents/new").Body.String(), "No Salesforce org is set up", "No telephone system is set up")
}

func TestLanguageSwitch(t *testing.T) {
	b := newBrowser(t, sample())
	w := b.post("/admin/language", map[string][]string{"lang": {"de"}, "back": {"/admin/agents?q=x"}})
	mustStatus(t, w, http.StatusSeeOther)
	if to := w.Header().Get("Location"); to != "/admin/agents?q=x" {
		t.Errorf("went to %s", to)
	}
	b.signIn()
	mustContain(t, b.get("/admin/agents").Body.String(), "Agent hinzufügen") // although the browser prefers English
	mustStatus(t, b.post("/admin/language", map[string][]string{"lang": {"xx"}}), http.StatusBadRequest)
	for _, evil := range []string{"https://evil.example.com/admin/", "//evil.example.com/admin/", "/admin/../x", `/admin/\evil.example.com`, "/other"} {
		w := b.post("/admin/language", map[string][]string{"lang": {"en"}, "back": {evil}})
		if to := w.Header().Get("Location"); to != "/admin/" {
			t.Errorf("%s: went to %s", evil, to)
		}
	}
}

func TestHeaders(t *testing.T) {
	b := newBrowser(t, sample())
	for _, path := range []string{"/admin/sign-in", "/admin/", "/admin/no/such/page"} {
		h := b.get(path).Header()
		for key, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", path, key, got, want)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	b := newBrowser(t, sample())
	found := regexp.MustCompile(`(?:href|src)="(/admin/static/[^"#]+)`).FindAllStringSubmatch(b.get("/admin/sign-in").Body.String(), -1)
	if len(found) < 5 {
		t.Fatalf("only %d assets on the page", len(found))
	}
	for _, m := range found {
		w := b.get(m[1])
		mustStatus(t, w, http.StatusOK)
		if cc := w.Header().Get("Cache-Control"); !strings.Contains(cc, "immutable") {
			t.Errorf("%s: Cache-Control %q", m[1], cc)
		}
		w = b.get(m[1], func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
		if w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: not compressed", m[1])
		}
		if strings.HasSuffix(m[1], ".css") && strings.Contains(w.Body.String(), "url(") {
			t.Errorf("%s: refers to another file", m[1])
		}
	}
	mustStatus(t, b.get("/admin/static/000000000000/panel.css"), http.StatusNotFound)
	mustStatus(t, b.get("/admin/static/000000000000/NOTICE"), http.StatusNotFound)
}

func TestHostileNames(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	f := sample()
	f.agents[0].Email, f.agents[0].Devices[0].Extension, f.agents[0].Groups = evil, evil, []string{evil}
	f.groups[0].Name, f.links[0].Name, f.orgs[0].Name = evil, evil, evil
	f.statuses[1].Problem, f.syncs[2].LastError, f.syncs[0].Warnings = evil, evil, []string{evil}
	f.note(evil, evil, evil)
	ref := bridge.RecordRef{Object: evil, ID: evil}
	f.journal.calls = []bridge.JournalEntry{{
		ID: "c-1", Agent: "a1", Link: evil, Device: evil, Group: evil, Number: evil, Matches: []bridge.RecordRef{ref}, Chosen: &ref,
		Reason: evil, TransferredBy: evil, TransferredTo: evil, Direction: evil, Steps: []bridge.Step{{Code: bridge.StepEnded, Arg: evil}},
	}}
	f.journal.exclusions = []bridge.Exclusion{{Extension: evil, Reason: evil}}
	f.journal.outbox = []bridge.OutboxStatus{{Org: orgID, Waiting: 1, Failing: 1, Problem: evil + " x", Cure: evil, Warnings: []string{evil}}}
	f.journal.problems = []bridge.OutboxProblem{{Org: orgID, Problem: evil, Cure: evil, Count: 1}}
	b := newBrowser(t, f).signIn()
	group := "name=" + strings.NewReplacer(`"`, "%22", "<", "%3C", ">", "%3E", "/", "%2F").Replace(evil)
	for _, path := range []string{
		"/admin/", "/admin/agents", "/admin/agents?q=" + group[5:], "/admin/agents/a1", "/admin/agents/a1/delete", "/admin/agents/a1/release",
		"/admin/groups", "/admin/groups/edit?" + group, "/admin/groups/delete?" + group, "/admin/audit", "/admin/audit?q=" + group[5:], "/admin/" + group[5:],
		"/admin/calls", "/admin/calls?agent=" + group[5:], "/admin/calls/c-1", "/admin/calls/salesforce", "/admin/calls/exclusions", "/admin/calls/privacy",
	} {
		body := b.get(path).Body.String()
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s: lets a name through unescaped", path)
		}
	}
	w := b.post("/admin/agents/a1/enabled", map[string][]string{"enabled": {"no"}}, htmx)
	mustContain(t, w.Body.String(), "&lt;script&gt;")
}

func TestNotFoundAndFailure(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, path := range []string{"/admin/nothing", "/admin/agents/gone", "/admin/agents/gone/delete", "/admin/agents/gone/release", "/admin/groups/edit?name=gone", "/admin/groups/delete?name=gone"} {
		w := b.get(path)
		mustStatus(t, w, http.StatusNotFound)
		mustContain(t, w.Body.String(), "somebody has deleted it")
	}
	mustStatus(t, b.post("/admin/orgs/gone/sync", nil), http.StatusNotFound)

	f.err = errors.New("disk on fire at /secret/place")
	for _, path := range []string{"/admin/", "/admin/agents", "/admin/groups", "/admin/audit"} {
		w := b.get(path)
		mustStatus(t, w, http.StatusInternalServerError)
		if strings.Contains(w.Body.String(), "secret/place") {
			t.Error("an internal error is shown to the browser")
		}
	}
	w := b.get("/admin/overview/live", htmx)
	mustStatus(t, w, http.StatusInternalServerError)
	if ct := w.Header().Get("Content-Type"); !strings.HasPrefix(ct, "text/plain") {
		t.Errorf("htmx gets %s", ct)
	}
}

func TestAgentListPagesAndFilters(t *testing.T) {
	f := sample()
	for i := range 2000 {
		f.agents = append(f.agents, bridge.Agent{ID: bridge.AgentID(fmt.Sprint("n", i)), Email: fmt.Sprintf("z%04d@example.com", i), Org: orgID, Enabled: true})
	}
	b := newBrowser(t, f).signIn()
	for _, c := range []struct {
		path  string
		wants []string
	}{
		{"/admin/agents", []string{"1–50 of 2,003", "Page 1 of 41", `href="/admin/agents?page=2"`}},
		{"/admin/agents?page=41", []string{"2,001–2,003 of 2,003", "z1999@example.com"}},
		{"/admin/agents?page=9999", []string{"Page 41 of 41"}},
		{"/admin/agents?page=-3", []string{"Page 1 of 41"}},
		{"/admin/agents?q=BERTA+103", []string{"1–1 of 1", "berta@example.com"}},
		{"/admin/agents?q=z00&page=2", []string{"51–100 of 100", `href="/admin/agents?q=z00"`}},
		{"/admin/agents?group=Night+shift", []string{"1–1 of 1", "berta@example.com"}},
		{"/admin/agents?state=disabled", []string{"1–1 of 1", "clara@example.com"}},
		{"/admin/agents?state=unbound&q=anton", []string{"1–1 of 1", "not yet bound"}},
	} {
		mustContain(t, b.get(c.path).Body.String(), c.wants...)
	}
	w := b.get("/admin/agents?q=berta&group=&state=&page=7", htmx)
	mustContain(t, w.Body.String(), `hx-swap-oob="innerHTML"`, "berta@example.com")
	if strings.Contains(w.Body.String(), "<html") {
		t.Error("htmx gets a whole page")
	}
	if to := w.Header().Get("HX-Replace-Url"); to != "/admin/agents?q=berta" {
		t.Errorf("address becomes %s", to)
	}
}

func TestAuditSearch(t *testing.T) {
	f := sample()
	for i := range 150 {
		f.note("admin", "agent.update", fmt.Sprintf("n%d@example.com", i))
	}
	b := newBrowser(t, f).signIn()
	b.trySignIn("nobody", "x")
	b.trySignIn("nobody", "y")
	first := b.get("/admin/audit").Body.String()
	mustContain(t, first, "n149@example.com", "failed to sign in", "2 times within a minute", `href="/admin/audit?before=53"`)
	older := b.get("/admin/audit?before=53").Body.String()
	mustContain(t, older, "n51@example.com", "n0@example.com", `href="/admin/audit"`)
	if strings.Contains(older, "n52@") || strings.Contains(older, "Older entries") {
		t.Error("the second page begins or ends in the wrong place")
	}
	changes := b.get("/admin/audit?show=changes&q=example").Body.String()
	mustContain(t, changes, "n149@", `href="/admin/audit?before=51&amp;q=example&amp;show=changes"`)
	if strings.Contains(changes, "failed to sign in") {
		t.Error("failed sign-ins are shown among the changes")
	}
	if body := b.get("/admin/audit?q=n7@", htmx).Body.String(); strings.Contains(body, "n8@") || !strings.Contains(body, "n7@example.com") {
		t.Errorf("search shows %s", body)
	}
	mustContain(t, b.get("/admin/audit?q=nothing").Body.String(), "Nothing in the log matches")
}

// TestLimitsAreTranslated: what a telephone system cannot tell stands folded
// under its link, in the administrator's language.
func TestLimitsAreTranslated(t *testing.T) {
	f := sample()
	f.statuses[0].Limits = []pbx.Limit{
		{Text: "Kamailio names callers by the From header field only, without a name and without P-Asserted-Identity.", Cure: "Let the trunk put the caller's number into From."},
		{Text: "A sentence without a German text.", Cure: "<b>none</b>"},
	}
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/").Body.String(), "What this telephone system cannot tell: 2", `<span lang="en">Let the trunk put`)
	b.lang = "de"
	mustContain(t, b.get("/admin/").Body.String(), "Was diese Anlage nicht sagen kann: 2", `<span lang="de">Lassen Sie den Trunk`,
		`<span lang="en">A sentence without a German text.</span>`, "&lt;b&gt;none&lt;/b&gt;")
}

// TestOverviewShowsTheOrgsUse: calls, storage and advice, in German as well.
func TestOverviewShowsTheOrgsUse(t *testing.T) {
	f := sample()
	s := lookup.OrgStatus{Org: orgID, Pace: lookup.PaceStopped, Advice: []lookup.Advice{{
		Problem: "85 per cent of the org's API calls for 24 hours are used, so it is not polled now: changes come by hints and by “Sync now”.",
		Cure:    "<b>more</b>",
	}}}
	s.Usage.Calls.Used, s.Usage.Calls.Max = 85_000, 100_000
	s.Usage.StorageMB.Used, s.Usage.StorageMB.Max = 900, 10_240
	f.orgStatuses, f.orgs[1].Disabled = []lookup.OrgStatus{s}, true
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/").Body.String(), "API calls in 24 hours: 85,000 of 100,000", "Data storage: 900 of 10,240 MB", "85 per cent of the org", "&lt;b&gt;more", "Switched off")
	german := b.get("/admin/", func(r *http.Request) { r.Header.Set("Accept-Language", "de") }).Body.String()
	mustContain(t, german, "API-Aufrufe in 24 Stunden", "85 Prozent der API-Aufrufe", "Ausgeschaltet")
}

// TestOrgPageListsEvents: state, delay, last event and last gap of each stream of
// change events, and the cure of one that does not come, in German as well.
func TestOrgPageListsEvents(t *testing.T) {
	f := sample()
	f.orgStatuses = []lookup.OrgStatus{{Org: orgID, Events: []lookup.EventStatus{
		{
			Object: "Contact", Topic: "/data/ContactChangeEvent", Up: true, Since: time.Now().Add(-time.Hour), Events: 1234, Gaps: 2,
			Last: time.Now().Add(-time.Minute), Lag: 3 * time.Second, LastGap: time.Now().Add(-2 * time.Minute),
		},
		{Object: "Lead", Topic: "/data/LeadChangeEvent", LastError: "pubsub: no such topic <b>", Cure: "Nothing is to be done: polling brings what has happened meanwhile."},
	}}}
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/orgs/"+orgID).Body.String(), "Change events", "1,234", "Last event", ">3 s<", "does not come", "no such topic &lt;b&gt;", "Nothing is to be done")
	b.lang = "de"
	mustContain(t, b.get("/admin/orgs/"+orgID).Body.String(), "Änderungsereignisse", "1.234", "Verzug", "kommt nicht", "Es ist nichts zu tun")
	f.orgStatuses = nil
	if text := b.get("/admin/orgs/" + orgID).Body.String(); strings.Contains(text, "events-title") {
		t.Error("an org without change events lists them")
	}
}
