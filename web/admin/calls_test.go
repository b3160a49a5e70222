package admin_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// shownCalls are the ids of a page's calls, in order.
func shownCalls(body string) []string {
	var ids []string
	for _, part := range strings.Split(body, `id="open-`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		ids = append(ids, id)
	}
	return ids
}

func TestCallSearch(t *testing.T) {
	for _, c := range []struct {
		name  string
		form  url.Values
		want  []string
		audit string // object and detail
	}{
		{"all", nil, []string{"c-4", "c-3", "c-2", "c-1"}, "all agents: from 192.0.2.1"},
		{"agent", url.Values{"agent": {" BERTA@"}}, []string{"c-1"}, `agents "BERTA@": from 192.0.2.1`},
		{"unknown agent", url.Values{"agent": {"nobody"}}, nil, `agents "nobody": from 192.0.2.1`},
		{"group", url.Values{"group": {"Sales"}}, []string{"c-2", "c-1"}, "group Sales: from 192.0.2.1"},
		{"both", url.Values{"group": {"Sales"}, "agent": {"anton"}}, []string{"c-2"}, `agents "anton" of group Sales: from 192.0.2.1`},
		{"number", url.Values{"number": {"+49 30 23125101"}}, []string{"c-1"}, "all agents: by number, from 192.0.2.1"},
		{"outcome", url.Values{"outcome": {"missed"}, "popped": {"no"}}, []string{"c-2"}, "all agents: by outcome, from 192.0.2.1"},
		{"live", url.Values{"outcome": {"live"}}, []string{"c-3"}, "all agents: by outcome, from 192.0.2.1"},
		{"no such outcome", url.Values{"outcome": {"x"}}, []string{"c-4", "c-3", "c-2", "c-1"}, "all agents: by outcome, from 192.0.2.1"},
		{"popped", url.Values{"popped": {"yes"}}, []string{"c-3", "c-1"}, "all agents: by outcome, from 192.0.2.1"},
		{"time of Berlin", url.Values{"from": {"2026-11-22T11:42"}, "to": {"2026-11-22T11:45"}, "zone": {"Europe/Berlin"}}, []string{"c-3", "c-2"}, "all agents: by time, from 192.0.2.1"},
		{"time of New York", url.Values{"from": {"2026-11-22T05:45:01"}, "zone": {"America/New_York"}}, []string{"c-4"}, "all agents: by time, from 192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := talked()
			b := newBrowser(t, f).signIn()
			w := b.post("/admin/calls", c.form)
			mustStatus(t, w, http.StatusOK)
			if got := shownCalls(w.Body.String()); !slices.Equal(got, c.want) {
				t.Errorf("shows %v, want %v", got, c.want)
			}
			last := f.audit[len(f.audit)-1]
			if got := last.Object + ": " + last.Detail; last.Action != "calls.list" || got != c.audit {
				t.Errorf("audited as %s %q, want %q", last.Action, got, c.audit)
			}
			if strings.Contains(fmt.Sprint(f.audit), "23125") {
				t.Error("the audit trail holds the number")
			}
		})
	}
}

func TestCallSearchRefusesTimes(t *testing.T) {
	f := talked()
	b := newBrowser(t, f).signIn()
	for _, v := range []url.Values{{"from": {"yesterday"}}, {"to": {"10:42"}}} {
		w := b.post("/admin/calls", v, htmx)
		mustStatus(t, w, http.StatusUnprocessableEntity)
		mustContain(t, w.Body.String(), "Write the time so", `role="alert"`)
	}
	if slices.Contains(f.actions(), "admin calls.list") {
		t.Error("a search that was not made is audited")
	}
	// A zone that nobody knows, or that is a path, does no harm.
	mustStatus(t, b.post("/admin/calls", url.Values{"from": {"2026-11-22T10:42"}, "zone": {"../../etc/passwd"}}), http.StatusOK)
}

func TestCallListMasksNumbers(t *testing.T) {
	b := newBrowser(t, talked()).signIn()
	body := html.UnescapeString(b.get("/admin/calls").Body.String())
	mustContain(t, body, "+49 30 23125xxx", "withheld", "not kept", "an agent since removed", "no agent", "berta@example.com",
		"003000000000001AAA", "internal, outgoing", "went elsewhere", "did not pop", "for 90 days", "for 7 days", `<strong>299</strong>`)
	if strings.Contains(body, "23125101") || strings.Contains(body, "23125 101") {
		t.Error("the list shows a whole number")
	}
	german := b.get("/admin/calls", func(r *http.Request) { r.Header.Set("Accept-Language", "de") }).Body.String()
	mustContain(t, german, "nicht angezeigt", "ging woandershin", "90 Tage", "Protokoll")
}

// TestCallPages: with a page's button every call is shown once; the search stays.
func TestCallPages(t *testing.T) {
	f := talked()
	for i := range 120 {
		f.journal.calls = append(f.journal.calls, bridge.JournalEntry{
			ID: bridge.CallID(fmt.Sprintf("n-%03d", i)), Agent: "a1", Link: "berlin", Device: "103", Direction: bridge.Inbound,
			Started: time.Date(2026, 11, 21, 9, 0, i/2, 0, time.UTC), Ended: time.Date(2026, 11, 21, 9, 5, 0, 0, time.UTC),
		})
	}
	b := newBrowser(t, f).signIn()
	form, seen, pages := url.Values{"agent": {"berta"}}, map[string]int{}, 0
	for more := true; more; pages++ {
		body := b.post("/admin/calls", form, htmx).Body.String()
		if strings.Contains(body, "<html") {
			t.Fatal("htmx gets a whole page")
		}
		for _, id := range shownCalls(body) {
			seen[id]++
		}
		var after string
		_, after, more = strings.Cut(body, `name="after" value="`)
		after, _, _ = strings.Cut(after, `"`)
		form.Set("after", after)
	}
	if len(seen) != 121 || pages != 3 {
		t.Errorf("%d calls on %d pages", len(seen), pages)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", id, n)
		}
	}
	mustStatus(t, b.post("/admin/calls", url.Values{"after": {"rubbish"}}), http.StatusOK)
}

func TestCallPage(t *testing.T) {
	for _, c := range []struct {
		id, lang string
		wants    []string
	}{
		{"c-1", "en", []string{
			"+49 30 23125101", "berta@example.com", "103 on berlin", "Service", "the telephone rang", "the directory answered: several records",
			"no record opened by itself: several have the number", "the call ended: transferred", `datetime="2026-11-22T10:40:00.012Z"`,
			`href="https://example.my.salesforce.com/003000000000001AAA"`, "(chosen)", "local-7", "104",
		}},
		{"c-1", "de", []string{"das Telefon klingelte", "das Verzeichnis antwortete: mehrere Datensätze", "der Anruf endete: übergeben", "Übergeben an", "103 an berlin"}},
		{"c-2", "en", []string{"withheld", "is not kept any more: that is for 7 days", "missed", "did not pop"}},
		{"c-3", "en", []string{"still going on", "an agent since removed"}},
		{"c-4", "en", []string{"not kept", "no agent", "no pop: no agent has this extension; add it to one"}},
		{"c-4", "de", []string{"nicht angezeigt: kein Agent hat diese Nebenstelle"}},
	} {
		f := talked()
		b := newBrowser(t, f).signIn()
		b.lang = c.lang
		w := b.get("/admin/calls/" + c.id)
		mustStatus(t, w, http.StatusOK)
		mustContain(t, html.UnescapeString(w.Body.String()), c.wants...)
		if n := strings.Count(w.Body.String(), "<li>"); c.id == "c-1" && n != 4 {
			t.Errorf("%d steps, with one of a newer ctibridge", n)
		}
		whose := map[string]string{"c-1": "berta@example.com", "c-2": "anton@example.com", "c-3": "an agent since removed", "c-4": "no agent"}[c.id]
		if last := f.audit[len(f.audit)-1]; last.Action != "call.open" || last.Object != whose || !strings.HasPrefix(last.Detail, "call "+c.id) {
			t.Errorf("audited as %+v", last)
		}
	}
	b := newBrowser(t, talked()).signIn()
	mustStatus(t, b.get("/admin/calls/none"), http.StatusNotFound)
	if body := b.get("/admin/calls/c-1", inDialog).Body.String(); strings.Contains(body, "<html") {
		t.Error("the dialog gets a whole page")
	}
}

func TestExclusionPage(t *testing.T) {
	f := sample()
	f.links = f.links[:1]
	f.links[0].DialPlan.Country, f.links[0].DialPlan.AreaCode, f.links[0].DialPlan.OutsideLinePrefix = "DE", "30", "0"
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/calls/exclusions").Body.String(), "Nothing is kept out yet", "works council")
	for _, c := range []struct {
		number, problem string
		want            bridge.Exclusion
	}{
		{"", "Enter a number or an extension", bridge.Exclusion{}},
		{"nobody", "no number that can call", bridge.Exclusion{}},
		{"112", "no number that can call", bridge.Exclusion{}},
		{"+49 30 23*", "", bridge.Exclusion{Number: "+493023*"}},
		{"030*", "no number that can call", bridge.Exclusion{}},
		{"030 23125500", "", bridge.Exclusion{Number: "+493023125500"}},
		{"0030 23125501", "", bridge.Exclusion{Number: "+493023125501"}},
		{"+49 (69) 90009-110", "", bridge.Exclusion{Number: "+496990009110"}},
		{"190", "", bridge.Exclusion{Extension: "190"}},
	} {
		had := len(f.journal.exclusions)
		w := b.post("/admin/calls/exclusions", url.Values{"number": {c.number}, "reason": {"works council"}})
		if c.problem != "" {
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), c.problem, `aria-invalid="true"`, "works council")
			continue
		}
		mustStatus(t, w, http.StatusSeeOther)
		c.want.Reason = "works council"
		if len(f.journal.exclusions) != had+1 || f.journal.exclusions[had] != c.want {
			t.Errorf("%s: list is %v", c.number, f.journal.exclusions)
		}
	}
	w := b.post("/admin/calls/exclusions", url.Values{"number": {"191"}, "reason": {strings.Repeat("x", 300)}})
	mustContain(t, w.Body.String(), "Shorten it to 200 characters")
	mustContain(t, html.UnescapeString(b.get("/admin/calls/exclusions").Body.String()), "+49 69 90009110", "+493023*", "works council")

	key := url.Values{"key": {"+493023125500"}}
	ask := b.post("/admin/calls/exclusions/delete", key, inDialog)
	mustContain(t, html.UnescapeString(ask.Body.String()), "Take it off the list?", "+49 30 23125500", `value="yes"`)
	if len(f.journal.exclusions) != 5 {
		t.Fatal("deleted without confirmation")
	}
	key.Set("confirmed", "yes")
	mustStatus(t, b.post("/admin/calls/exclusions/delete", key), http.StatusSeeOther)
	mustStatus(t, b.post("/admin/calls/exclusions/delete", key), http.StatusNotFound)
	told := slices.ContainsFunc(f.audit, func(e bridge.AuditEntry) bool { return strings.Contains(e.Object+e.Detail, "23125") })
	if len(f.journal.exclusions) != 4 || told {
		t.Errorf("left: %v; audited: %v", f.journal.exclusions, f.audit)
	}
}

// TestExclusionOfSeveralPlans: what two telephone systems read differently has to
// be written in international form.
func TestExclusionOfSeveralPlans(t *testing.T) {
	f := sample()
	f.links = f.links[:2]
	f.links[0].DialPlan.Country, f.links[1].DialPlan.Country = "DE", "GB"
	b := newBrowser(t, f).signIn()
	w := b.post("/admin/calls/exclusions", url.Values{"number": {"01632 960123"}})
	if w.Code != http.StatusSeeOther { // Germany has no such number, or another one
		mustContain(t, w.Body.String(), "read this as different numbers")
	}
	mustStatus(t, b.post("/admin/calls/exclusions", url.Values{"number": {"+44 1632 960123"}}), http.StatusSeeOther)
}

func TestActivityPage(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/calls/salesforce").Body.String(), "No Salesforce org is set up yet")
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	f.journal.outbox = []bridge.OutboxStatus{
		{Org: orgID, Waiting: 12, Unowned: 2, Failing: 3, Oldest: at, Problem: "No access to <b>Task</b>", Cure: "Give it."},
		{Org: org2ID, Waiting: 1, Problem: "Salesforce does not answer.", Cure: "Wait.", Warnings: []string{"Task.WhoId"}},
		{Org: "00D000000000009EAA", GivenUp: 1200},
	}
	f.journal.problems = []bridge.OutboxProblem{{Org: orgID, Problem: "No access to <b>Task</b>", Cure: "Give it.", Count: 3, Oldest: at, Next: at.Add(time.Hour)}}
	body := b.get("/admin/calls/salesforce").Body.String()
	mustContain(t, body, "Example AG", "Waiting: 12", "Refused at least once: 3", "never signed in: 2", "&lt;b&gt;Task", "Give it.", "Try again now",
		"Beispiel GmbH", "Salesforce does not answer.", "Task.WhoId", "Given up: 1,200", "had waited for 30 days", "the journal has the calls", "None waits.")
	if strings.Count(body, "Given up") != 1 || strings.Contains(body, "Everything is written") {
		t.Error("orgs that gave nothing up say so, or the one that did says that all is written")
	}
	if strings.Count(body, "No access") != 1 {
		t.Error("a reason is told twice")
	}
	mustStatus(t, b.post("/admin/calls/salesforce/"+orgID+"/retry", nil), http.StatusSeeOther)
	mustStatus(t, b.post("/admin/calls/salesforce/gone/retry", nil), http.StatusNotFound)
	if !slices.Equal(f.journal.retried, []string{orgID}) || !slices.Contains(f.actions(), "admin activities.retry") {
		t.Errorf("retried %v, audited %v", f.journal.retried, f.actions())
	}
	b.lang = "de"
	mustContain(t, b.get("/admin/calls/salesforce").Body.String(), "Jetzt erneut versuchen", "Warten: 12", "Aufgegeben: 1.200", "stehen im Journal")
}

func TestPrivacyPage(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/calls/privacy").Body.String(), "Calls: 90 days", "Browsers: an open panel", "retention")
	for _, c := range []struct{ kind, value, problem string }{
		{"number", "nobody", "Enter a telephone number"},
		{"record", " ", "Enter the record"},
		{"agent", "nobody@example.com", "There is no agent"},
	} {
		for _, what := range []string{"export", "erase"} {
			w := b.post("/admin/calls/privacy/"+what, url.Values{"kind": {c.kind}, "value": {c.value}, "confirmed": {"yes"}})
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), c.problem)
		}
	}
	mustStatus(t, b.post("/admin/calls/privacy/export", url.Values{"kind": {"x"}, "value": {"1"}}), http.StatusBadRequest)

	who := url.Values{"kind": {"number"}, "value": {"030 23125101"}}
	w := b.post("/admin/calls/privacy/export", who)
	mustStatus(t, w, http.StatusOK)
	if h := w.Header(); h.Get("Content-Disposition") != `attachment; filename="personal-data.json"` || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		t.Errorf("handed out as %v", h)
	}
	mustContain(t, w.Body.String(), "030 23125101")

	mustContain(t, b.post("/admin/calls/privacy/erase", who).Body.String(), "Erase for good?", "030 23125101", "cannot be taken back")
	if len(f.journal.erased) != 0 {
		t.Fatal("erased without confirmation")
	}
	who.Set("confirmed", "yes")
	mustStatus(t, b.post("/admin/calls/privacy/erase", who), http.StatusSeeOther)
	mustContain(t, b.get("/admin/calls/privacy").Body.String(), "Erased: calls 1,200, copies of records 2")
	agent := url.Values{"kind": {"agent"}, "value": {"BERTA@example.com"}}
	b.lang = "de"
	mustContain(t, b.post("/admin/calls/privacy/erase", agent).Body.String(), "Alle Anrufe des Agenten BERTA@example.com", "Endgültig löschen?")
	if got := fmt.Sprint(f.journal.erased); got != "[{number 030 23125101}]" {
		t.Errorf("erased %s", got)
	}
}

// TestJournalPagesAreGuarded: nobody gets in without a session, and no other site
// can post.
func TestJournalPagesAreGuarded(t *testing.T) {
	f := talked()
	stranger, b := newBrowser(t, f), newBrowser(t, f)
	for _, path := range []string{"/admin/calls", "/admin/calls/c-1", "/admin/calls/salesforce", "/admin/calls/exclusions", "/admin/calls/privacy"} {
		mustStatus(t, stranger.get(path), http.StatusSeeOther)
	}
	b.signIn()
	foreign := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	for _, path := range []string{
		"/admin/calls", "/admin/calls/salesforce/" + orgID + "/retry", "/admin/calls/exclusions", "/admin/calls/exclusions/delete",
		"/admin/calls/privacy/export", "/admin/calls/privacy/erase",
	} {
		form := url.Values{"kind": {"number"}, "value": {"103"}, "number": {"103"}, "key": {"103"}, "confirmed": {"yes"}}
		mustStatus(t, stranger.post(path, form), http.StatusSeeOther)
		mustStatus(t, b.post(path, form, foreign), http.StatusForbidden)
	}
	if len(f.journal.erased)+len(f.journal.exclusions)+len(f.journal.retried) != 0 {
		t.Error("something was done")
	}
}
