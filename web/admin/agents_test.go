package admin_test

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// version is the fingerprint that the form at path carries.
func (b *browser) version(path string) string {
	b.t.Helper()
	m := regexp.MustCompile(`name="version" value="([^"]*)"`).FindStringSubmatch(b.get(path).Body.String())
	if m == nil {
		b.t.Fatalf("%s has no version", path)
	}
	return m[1]
}

// agentValues is a good form, changed by pairs of field and value; an empty
// value removes the field.
func agentValues(pairs ...string) url.Values {
	v := url.Values{
		"email": {"dora@example.com"}, "org": {orgID}, "enabled": {"yes"},
		"link": {"berlin", "munich"}, "extension": {" 105 ", ""}, "group": {"Night shift", "", "Sales"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = strings.Split(pairs[i+1], "|")
	}
	return v
}

func TestAddAgent(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustStatus(t, b.post("/admin/agents/new", agentValues()), http.StatusSeeOther)
	want := bridge.Agent{
		ID: "new1", Email: "dora@example.com", Org: orgID, Enabled: true,
		Devices: []bridge.Device{{Link: "berlin", Extension: "105"}}, Groups: []string{"Night shift", "Sales"},
	}
	if got := f.agents[3]; !reflect.DeepEqual(got, want) {
		t.Errorf("saved %+v, want %+v", got, want)
	}
	mustContain(t, b.get("/admin/agents").Body.String(), "dora@example.com is saved.")
	if strings.Contains(b.get("/admin/agents").Body.String(), "is saved.") {
		t.Error("the message comes twice")
	}
	if got := f.actions(); !slices.Equal(got, []string{"admin signIn", "admin agent.create"}) {
		t.Errorf("audit %v", got)
	}
}

func TestAgentBadInput(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	before := slices.Clone(f.agents)
	for _, c := range []struct{ field, value, problem string }{
		{"email", "", "complete e-mail address"},
		{"email", "nope", "complete e-mail address"},
		{"email", "Dora <dora@example.com>", "complete e-mail address"},
		{"email", strings.Repeat("x", 250) + "@example.com", "complete e-mail address"},
		{"email", "berta@example.com", "Another agent has this e-mail address"},
		{"email", "x@refused.example.com", "must be known"},
		{"email", "x@refused.example.com", "salesforceUser must be real"},
		{"org", "", "Choose one of the orgs"},
		{"org", "00Dgone", "Choose one of the orgs"},
		{"link", "gone|munich", "Choose one of the telephone systems"},
		{"extension", "1 0 5|", "without spaces"},
		{"extension", "<105>|", "without spaces"},
		{"extension", strings.Repeat("1", 65) + "|", "without spaces"},
		{"group", "gone", "“gone” does not exist any more"},
		{"group", "Sales|Sales", "“Sales” is listed twice"},
	} {
		w := b.post("/admin/agents/new", agentValues(c.field, c.value), inDialog)
		mustStatus(t, w, http.StatusUnprocessableEntity)
		mustContain(t, w.Body.String(), c.problem, "Please correct")
		if strings.Contains(w.Body.String(), "<html") {
			t.Error("the dialog gets a whole page")
		}
	}
	v := agentValues()
	v["link"], v["extension"] = []string{"berlin", "berlin"}, []string{"7", "7"}
	mustContain(t, b.post("/admin/agents/new", v).Body.String(), "listed twice", "<html")
	for range 30 {
		v["link"], v["extension"] = append(v["link"], "berlin"), append(v["extension"], "8")
	}
	mustContain(t, b.post("/admin/agents/new", v).Body.String(), "No more than 20 telephones")
	if !reflect.DeepEqual(f.agents, before) {
		t.Error("bad input was saved")
	}
}

func TestMalformedForms(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	v := agentValues("email", strings.Repeat("x", 100_000))
	for _, path := range []string{"/admin/agents/new", "/admin/groups/edit", "/admin/password", "/admin/sign-in"} {
		w := b.post(path, v)
		mustStatus(t, w, http.StatusRequestEntityTooLarge)
		mustContain(t, w.Body.String(), "too large")
	}
	w := b.do(http.MethodPost, "/admin/agents/new", url.Values{}, func(r *http.Request) { r.URL.RawQuery = "%zz" })
	mustStatus(t, w, http.StatusBadRequest)
}

func TestAgentRows(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	count := func(body, name string) int { return strings.Count(body, `name="`+name+`"`) }
	for do, want := range map[string][2]int{ // devices, groups
		"add-device": {3, 3}, "remove-device-0": {1, 3}, "remove-device-9": {2, 3}, "add-group": {2, 4}, "remove-group-1": {2, 2}, "raise-group-2": {2, 3},
	} {
		v := agentValues("do", do, "email", "not yet complete")
		w := b.post("/admin/agents/new", v, inDialog)
		mustStatus(t, w, http.StatusOK)
		body := w.Body.String()
		if got := [2]int{count(body, "extension"), count(body, "group")}; got != want {
			t.Errorf("%s: %v rows, want %v", do, got, want)
		}
		mustContain(t, body, "not yet complete", "autofocus")
	}
}

func TestEditAgentKeepsBinding(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := agentValues("email", "berta.new@example.com", "version", b.version("/admin/agents/a1"))
	f.agents[0].SalesforceUser = "005bound-meanwhile" // no conflict: no administrator did that
	w := b.post("/admin/agents/a1", v, inDialog)
	mustStatus(t, w, http.StatusOK)
	if w.Header().Get("HX-Trigger") != "changed" || w.Header().Get("HX-Reswap") != "none" {
		t.Errorf("htmx is told %v", w.Header())
	}
	mustContain(t, w.Body.String(), `hx-swap-oob="innerHTML"`, "berta.new@example.com is saved.")
	if a := f.agents[0]; a.SalesforceUser != "005bound-meanwhile" || a.Email != "berta.new@example.com" {
		t.Errorf("saved %+v", a)
	}

	v = agentValues("email", "berta.new@example.com", "org", org2ID, "version", b.version("/admin/agents/a1"))
	mustStatus(t, b.post("/admin/agents/a1", v), http.StatusSeeOther)
	if a := f.agents[0]; a.SalesforceUser != "" {
		t.Error("the binding outlives a change of the org")
	}
}

func TestAgentConflict(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := agentValues("email", "berta@example.com", "version", b.version("/admin/agents/a1"))
	f.agents[0].Devices = []bridge.Device{{Link: "munich", Extension: "999"}}
	w := b.post("/admin/agents/a1", v, inDialog)
	mustStatus(t, w, http.StatusConflict)
	mustContain(t, w.Body.String(), "Somebody else has changed this agent", "Telephones: 999 (munich)", `value="105"`)
	if f.agents[0].Devices[0].Extension != "999" {
		t.Error("the other change is lost")
	}
	v.Set("version", regexp.MustCompile(`name="version" value="([^"]*)"`).FindStringSubmatch(w.Body.String())[1])
	mustStatus(t, b.post("/admin/agents/a1", v, inDialog), http.StatusOK)
	if f.agents[0].Devices[0].Extension != "105" {
		t.Error("saving again does not overwrite")
	}
	f.agents = nil
	mustStatus(t, b.post("/admin/agents/a1", v, inDialog), http.StatusNotFound)
}

func TestSharedExtensionIsMentioned(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	w := b.post("/admin/agents/new", agentValues("extension", "103|"), inDialog)
	mustContain(t, w.Body.String(), "Extension 103 is also berta@example.com’s")
}

func TestEnableReleaseDelete(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, want := range []string{"no", "no", "yes"} { // twice does no harm
		mustStatus(t, b.post("/admin/agents/a1/enabled", url.Values{"enabled": {want}}), http.StatusSeeOther)
		if f.agents[0].Enabled != (want == "yes") {
			t.Errorf("enabled=%s: %v", want, f.agents[0].Enabled)
		}
	}
	mustContain(t, b.get("/admin/agents/a1/release", inDialog).Body.String(), "005000000000001AAA", `hx-post="/admin/agents/a1/release"`)
	if f.agents[0].SalesforceUser == "" {
		t.Error("asking releases already")
	}
	mustStatus(t, b.post("/admin/agents/a1/release", nil), http.StatusSeeOther)
	if f.agents[0].SalesforceUser != "" {
		t.Error("the binding stays")
	}
	b.get("/admin/agents/a1/delete")
	if len(f.agents) != 3 {
		t.Error("asking deletes already")
	}
	mustStatus(t, b.post("/admin/agents/a1/delete", nil), http.StatusSeeOther)
	mustStatus(t, b.post("/admin/agents/a1/delete", nil), http.StatusNotFound)
	if len(f.agents) != 2 {
		t.Error("not deleted")
	}
	want := []string{"admin signIn", "admin agent.update", "admin agent.update", "admin agent.update", "admin agent.unbind", "admin agent.delete"}
	if got := f.actions(); !slices.Equal(got, want) {
		t.Errorf("audit %v", got)
	}
}

func TestSyncNow(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	w := b.post("/admin/orgs/"+orgID+"/sync", nil, htmx)
	mustStatus(t, w, http.StatusOK)
	mustContain(t, w.Body.String(), "The sync has started")
	if !slices.Equal(f.synced, []string{orgID}) {
		t.Errorf("synced %v", f.synced)
	}
}

// TestRefusedUsers: who was refused stands on the overview and the agents page,
// each with what to do about it.
func TestRefusedUsers(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, path := range []string{"/admin/", "/admin/agents"} {
		if strings.Contains(b.get(path).Body.String(), "refused in the last") {
			t.Errorf("%s: somebody was refused", path)
		}
	}
	const user = "005000000000009AAA"
	refusal := func(id bridge.AgentID, why error) bridge.Refusal {
		return bridge.Refusal{Org: orgID, User: user, Agent: id, Reason: why.Error(), Last: time.Now(), Times: 2}
	}
	for _, c := range []struct {
		refusal bridge.Refusal
		cure    string
	}{
		{refusal("a1", bridge.ErrBoundToOther), `berta@example.com is bound to another user, 005000000000001AAA`},
		{refusal("a1", bridge.ErrBoundToOther), `href="/admin/agents/a1/release"`},
		{refusal("", bridge.ErrNoAgent), "add an agent with that address"},
		{refusal("gone", bridge.ErrNoAgent), "add an agent with that address"},
		{refusal("", bridge.ErrAmbiguous), "Delete all but one"},
	} {
		f.refused = []bridge.Refusal{c.refusal}
		mustContain(t, b.get("/admin/").Body.String(), "refused in the last two weeks: 1", `href="/admin/agents"`)
		body := b.get("/admin/agents?q=nobody").Body.String()
		mustContain(t, body, "User "+user+" of Example AG", c.cure)
		checkPage(t, "/admin/agents", body)
	}
}
