package admin_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/admin"
)

const orgPath = "/admin/orgs/" + orgID

// orgValues is an org's form as a browser posts it.
func orgValues(b *browser, more ...string) url.Values {
	v := url.Values{
		"version": {b.version(orgPath + "/edit")}, "name": {"Example AG"}, "instanceURL": {"https://example.my.salesforce.com"},
		"enabled": {"yes"}, "kind": {"clientCredentials"}, "clientID": {"3MVGkey"},
	}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestOrgRoundTrip(t *testing.T) {
	f := sample()
	f.secrets = map[string][]string{orgID: {"clientSecret"}}
	f.orgs[0].Objects = []lookup.ObjectConfig{{Object: "Case"}}
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get(orgPath+"/edit").Body.String(), `stored</span>`, "Leave empty to keep it")
	w := b.post(orgPath+"/edit", orgValues(
		b, "name", " Example SE ", "sandbox", "yes", "country", "Austria", "liveSearch", "yes", "clientSecret", "new-secret",
		"origins", "https://a.example.com\r\nhttps://b.example.com", "interval", "5m", "sync", "0 8 * * *", "full", "off",
		"apiVersion", "highest", "proxyURL", "http://proxy.example.com:3128", "proxyUsername", "cti", "proxyPassword", "pw",
		"proxyExceptions", "localhost, .example.com", "slowAt", "50", "stopAt", "70", "requests", "2", "bulkFrom", "-1",
	))
	mustStatus(t, w, http.StatusSeeOther)
	want := lookup.OrgConfig{
		ID: orgID, Name: "Example SE", InstanceURL: "https://example.my.salesforce.com", ClientID: "3MVGkey", ClientSecret: "new-secret",
		Sandbox: true, Country: "AT", LiveSearch: true, Origins: []string{"https://a.example.com", "https://b.example.com"},
		Objects: []lookup.ObjectConfig{{Object: "Case"}}, Schedule: lookup.Schedule{Interval: "5m", Sync: "0 8 * * *", Full: "off"},
		Connection: lookup.Connection{
			APIVersion: "highest", ProxyURL: "http://proxy.example.com:3128", ProxyUsername: "cti", ProxyPassword: "pw",
			ProxyExceptions: []string{"localhost", ".example.com"},
		},
		Usage: lookup.Usage{SlowAt: 50, StopAt: 70, Requests: 2, BulkFrom: -1},
	}
	if !reflect.DeepEqual(f.orgs[0], want) {
		t.Errorf("saved %+v,\nwant  %+v", f.orgs[0], want)
	}
	f.orgs[0] = f.orgs[0].WithoutSecrets()
	page := b.get(orgPath + "/edit").Body.String()
	mustContain(t, page, `value="50"`, `value="highest"`, "https://b.example.com</textarea>", `value="AT"`)
	if strings.Contains(page, "new-secret") {
		t.Error("the page shows a secret")
	}
}

func TestOrgBadInput(t *testing.T) {
	f := sample()
	f.orgs[0].ClientSecret = ""
	b := newBrowser(t, f).signIn()
	before := slices.Clone(f.orgs)
	for _, c := range []struct{ field, value, english, german string }{
		{"name", "", "is missing", ""},
		{"name", "Beispiel GmbH", "another org already has the name", ""},
		{"instanceURL", "example", "must be scheme and host only", ""},
		{"country", "Atlantis", "Enter a country such as", "Geben Sie ein Land wie"},
		{"kind", "magic", "Choose one of the values", "Wählen Sie einen"},
		{"interval", "1s", "Enter a pause from 10s to 24h", "Geben Sie eine Pause"},
		{"sync", "often", "Enter minute, hour, day", "Geben Sie Minute, Stunde"},
		{"full", "0 0 31 2 *", "Enter minute, hour, day", "Geben Sie Minute, Stunde"},
		{"apiVersion", "newest", "", ""},
		{"proxyURL", "ftp://proxy", "", ""},
		{"ca", "no certificate", "", ""},
		{"slowAt", "0", "whole number from 1 to 100", "ganze Zahl von 1 bis 100"},
		{"requests", "26", "whole number from 1 to 25", "ganze Zahl von 1 bis 25"},
		{"origins", "ftp://example.com", "must begin with https://", ""},
		{"kid", "CtiTicket", "Paste the certificate", "Fügen Sie das Zertifikat ein"},
	} {
		for lang, want := range map[string]string{"en": c.english, "de": c.german} {
			b.lang = lang
			for _, how := range []func(*http.Request){htmx, func(*http.Request) {}} {
				w := b.post(orgPath+"/edit", orgValues(b, c.field, c.value), how)
				if w.Code != http.StatusUnprocessableEntity {
					t.Fatalf("%s %q: status %d", c.field, c.value, w.Code)
				}
				mustContain(t, w.Body.String(), want, `aria-invalid="true"`, `id="`+c.field+`-help"`)
			}
		}
	}
	if !reflect.DeepEqual(f.orgs, before) {
		t.Error("bad input was saved")
	}
	b.lang = "en"
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "proxyUsername", "cti"), htmx).Body.String(), "the proxy that user name and exceptions are for", `id="proxyURL-help"`)
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "pem", "x"), htmx).Body.String(), "Give the certificate its unique name")
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "slowAt", "90", "stopAt", "70"), htmx).Body.String(), "must not be above stopAt")
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "kid", "CtiTicket", "pem", "rubbish"), htmx).Body.String(), "paste all of the certificate")
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "kind", "jwtBearer"), htmx).Body.String(), "the user whom the bridge signs in")
	mustContain(t, b.post(orgPath+"/edit", orgValues(b, "kind", "jwtBearer", "username", "u", "privateKey", "rubbish"), htmx).Body.String(), `id="privateKey-help"`)
}

// TestOrgKinds: only what belongs to the chosen kind is saved.
func TestOrgKinds(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for kind, want := range map[string]lookup.OrgConfig{
		"clientCredentials": {ClientID: "key", ClientSecret: "secret"},
		"webServer":         {ClientID: "key", ClientSecret: "secret", SignIn: lookup.SignIn{Kind: "webServer"}},
		"password":          {SignIn: lookup.SignIn{Kind: "password", Username: "user", Password: "word", SecurityToken: "token"}},
	} {
		f.orgs[0] = lookup.OrgConfig{ID: orgID, Name: "Example AG", InstanceURL: "https://example.my.salesforce.com"}
		v := orgValues(b, "kind", kind, "clientID", "key", "clientSecret", "secret", "username", "user", "password", "word", "securityToken", "token")
		mustStatus(t, b.post(orgPath+"/edit", v), http.StatusSeeOther)
		want.ID, want.Name, want.InstanceURL = orgID, "Example AG", "https://example.my.salesforce.com"
		if !reflect.DeepEqual(f.orgs[0], want) {
			t.Errorf("%s: saved %+v", kind, f.orgs[0])
		}
	}
}

// TestSecretsDoNotMove: a stored secret is not sent to another address unasked.
func TestSecretsDoNotMove(t *testing.T) {
	f := sample()
	f.secrets = map[string][]string{orgID: {"clientSecret"}}
	b := newBrowser(t, f).signIn()
	for _, path := range []string{orgPath + "/edit", "/admin/orgs/test"} {
		for field, value := range map[string]string{"instanceURL": "https://evil.example.com", "loginURL": "https://evil.example.com", "apiURL": "https://evil.example.com"} {
			w := b.post(path, orgValues(b, "org", orgID, field, value), htmx)
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), "The address has changed")
		}
	}
	if len(f.tries) != 0 || f.orgs[0].InstanceURL != "https://example.my.salesforce.com" {
		t.Error("a secret went to another address")
	}
}

func TestNewOrg(t *testing.T) {
	const newID = "00D000000000003EAA"
	f := sample()
	b := newBrowser(t, f).signIn()
	v := url.Values{"name": {"New"}, "instanceURL": {"https://new.my.salesforce.com"}, "enabled": {"yes"}, "kind": {"clientCredentials"}, "clientID": {"k"}, "clientSecret": {"s"}}
	f.findings = []admin.Finding{{Level: admin.FindingProblem, Text: "It refuses.", Cure: "Do something."}}
	w := b.post("/admin/orgs/new", v)
	mustStatus(t, w, http.StatusUnprocessableEntity)
	mustContain(t, w.Body.String(), "could not sign in to ask for the id", "It refuses.", "Do something.")
	f.tried = newID
	mustStatus(t, b.post("/admin/orgs/new", v), http.StatusSeeOther)
	if got := f.orgs[2]; got.ID != newID || got.ClientSecret != "s" || got.Disabled {
		t.Errorf("saved %+v", got)
	}
	v.Set("id", newID[:15])
	mustContain(t, b.post("/admin/orgs/new", v, htmx).Body.String(), "This org is there already: New.")
}

func TestOrgConflict(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := orgValues(b)
	f.orgs[0].Country = "CH"
	w := b.post(orgPath+"/edit", v, htmx)
	mustStatus(t, w, http.StatusConflict)
	mustContain(t, w.Body.String(), "Somebody else has changed this org")
	mustStatus(t, b.post("/admin/orgs/00D000000000009EAA/edit", v), http.StatusNotFound)
}

func TestOrgTest(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	f.findings = []admin.Finding{
		{Level: admin.FindingOK, Text: "Contact can be read."},
		{Level: admin.FindingWarning, Text: "There is no ticket certificate, so the org's agents cannot sign in.", Cure: "Add the certificate that the org signs tickets with."},
	}
	before := slices.Clone(f.orgs)
	b.lang = "de"
	w := b.post("/admin/orgs/test", orgValues(b, "org", orgID, "clientSecret", "typed"), htmx)
	mustStatus(t, w, http.StatusOK)
	mustContain(t, w.Body.String(), "Contact ist lesbar.", "Es gibt kein Ticket-Zertifikat", "gespeichert ist noch nichts")
	if strings.Contains(w.Body.String(), `"typed"`) {
		t.Error("the page shows a secret")
	}
	if len(f.tries) != 1 || f.tries[0].ClientSecret != "typed" || f.tries[0].ID != orgID || !reflect.DeepEqual(before, f.orgs) {
		t.Errorf("tried %+v", f.tries)
	}
}

func TestDeleteOrg(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get(orgPath+"/delete", inDialog).Body.String(), "has agents (2)")
	mustContain(t, b.post(orgPath+"/delete", nil, inDialog).Body.String(), "has agents (2)")
	f.agents = nil
	mustContain(t, b.get(orgPath+"/delete", inDialog).Body.String(), "leave the directory", "slds-button_destructive")
	mustStatus(t, b.post(orgPath+"/delete", nil), http.StatusSeeOther)
	mustStatus(t, b.post(orgPath+"/delete", nil), http.StatusNotFound)
	if len(f.orgs) != 1 {
		t.Error("not deleted")
	}
}

func TestSalesforceSignIn(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	const back = "/admin/orgs/signed-in?state=s1&code=c1"
	mustContain(t, b.get(back).Body.String(), "Begin the sign-in anew") // nobody has begun one here
	w := b.post(orgPath+"/sign-in", nil, htmx)
	if to := w.Header().Get("HX-Redirect"); !strings.HasPrefix(to, "https://example.my.salesforce.com/services/oauth2/authorize") {
		t.Errorf("sent to %q", to)
	}
	mustContain(t, b.get("/admin/orgs/signed-in?state=other&code=c1").Body.String(), "Begin the sign-in anew")
	mustContain(t, b.get(back).Body.String(), "Begin the sign-in anew") // used up by the wrong one
	mustContain(t, b.post(orgPath+"/sign-in", nil).Body.String(), `href="https://example.my.salesforce.com/services/oauth2/authorize?state=s1"`)
	w = b.get(back)
	mustStatus(t, w, http.StatusSeeOther)
	if to := w.Header().Get("Location"); to != orgPath {
		t.Errorf("back to %s", to)
	}
	mustContain(t, b.get(orgPath).Body.String(), "The bridge is signed in to Salesforce.")
	mustContain(t, b.get(back).Body.String(), "Begin the sign-in anew") // once only

	f.askErr = &admin.OrgError{Problem: "It refuses.", Cure: "Do something."}
	mustContain(t, b.post(orgPath+"/sign-in", nil).Body.String(), "It refuses.", "Do something.")
	w = b.post(orgPath+"/sign-in", nil, htmx)
	mustStatus(t, w, http.StatusBadGateway)
	mustContain(t, w.Body.String(), "It refuses. Do something.")
	f.askErr = nil
	b.post(orgPath+"/sign-in", nil, htmx)
	f.askErr = &admin.OrgError{Problem: "It refuses.", Cure: "Do something."}
	mustContain(t, b.get(back).Body.String(), "It refuses.", "Do something.")
	mustStatus(t, newBrowser(t, sample()).get(back), http.StatusSeeOther) // to the sign-in page
}

func TestOutboundAddress(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get(orgPath+"/address", inDialog).Body.String(), "shown once")
	w := b.post(orgPath+"/address", nil, inDialog)
	mustContain(t, w.Body.String(), "https://cti.example.com/salesforce/outbound-message/"+orgID+"/shown-this-once")
	mustContain(t, b.post(orgPath+"/address", nil).Body.String(), "shown-this-once")
	if strings.Contains(b.get(orgPath).Body.String(), "shown-this-once") {
		t.Error("the address is shown again")
	}
	if got := f.actions(); !slices.Contains(got, adminName+" org.outbound_address") {
		t.Errorf("audit has %v", got)
	}
}

func TestTokens(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, bad := range []string{"", "  ", strings.Repeat("x", 101)} {
		w := b.post("/admin/tokens/new", url.Values{"name": {bad}}, inDialog)
		mustStatus(t, w, http.StatusUnprocessableEntity)
		mustContain(t, w.Body.String(), "Give it a name", `aria-invalid="true"`)
	}
	w := b.post("/admin/tokens/new", url.Values{"name": {" ERP & Co "}}, inDialog)
	mustStatus(t, w, http.StatusOK)
	mustContain(t, w.Body.String(), "a-token-shown-once", "not shown again")
	if w.Header().Get("HX-Trigger") != "made" {
		t.Error("the list is not drawn anew")
	}
	mustContain(t, b.post("/admin/tokens/new", url.Values{"name": {"ERP & Co"}}).Body.String(), "Another token has this name")
	page := b.get("/admin/orgs", htmx).Body.String()
	mustContain(t, page, "ERP &amp; Co", "/admin/tokens/delete?name=ERP&#43;%26&#43;Co")
	if strings.Contains(page, "shown-once") {
		t.Error("the token is shown again")
	}
	mustContain(t, b.get("/admin/tokens/delete?name=ERP+%26+Co", inDialog).Body.String(), "refused at once", `value="ERP &amp; Co"`)
	mustStatus(t, b.post("/admin/tokens/delete", url.Values{"name": {"ERP & Co"}}), http.StatusSeeOther)
	mustStatus(t, b.post("/admin/tokens/delete", url.Values{"name": {"ERP & Co"}}), http.StatusNotFound)
}

func TestSyncFromOrgPage(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for want, v := range map[string]url.Values{
		orgID:                      {},
		orgID + "/Contact":         {"object": {"Contact"}, "back": {"org"}},
		orgID + "/Contact in full": {"object": {"Contact"}, "full": {"yes"}, "back": {"org"}},
	} {
		w := b.post(orgPath+"/sync", v)
		mustStatus(t, w, http.StatusSeeOther)
		if !slices.Contains(f.synced, want) {
			t.Errorf("synced %v, not %s", f.synced, want)
		}
		if to := w.Header().Get("Location"); (to == orgPath) != v.Has("back") {
			t.Errorf("%s leads to %s", want, to)
		}
	}
	f.askErr = &admin.OrgError{Problem: "It is off.", Cure: "Switch it on."}
	mustContain(t, b.post(orgPath+"/sync", nil).Body.String(), "It is off.", "Switch it on.")
}
