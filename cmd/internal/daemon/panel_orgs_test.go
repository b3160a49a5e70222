package daemon_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/web/admin"
)

// ask sends a request as htmx does and gives the answer with its page.
func (p *panel) ask(method, path string, form url.Values) (*http.Response, string) {
	p.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = p.url + path
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", p.url)
		req.Header.Set("HX-Request", "true")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, string(page)
}

// TestPanelRunsAnOrg: an administrator tests an org, signs in to Salesforce for it,
// and has an object checked, saved and read in full, all in the browser.
func TestPanelRunsAnOrg(t *testing.T) {
	w := newWorld(t, "tcp")
	p := w.panel()
	org := "/admin/orgs/" + w.org.ID()
	version := func(path string) string {
		_, page := p.ask(http.MethodGet, path, nil)
		m := regexp.MustCompile(`name="version" value="(\w+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no form at %s:\n%s", path, page)
		}
		return m[1]
	}
	form := url.Values{
		"org": {w.org.ID()}, "version": {version(org + "/edit")}, "name": {"Example"}, "instanceURL": {w.org.URL()}, "enabled": {"yes"},
		"kind": {"clientCredentials"}, "clientID": {w.org.ClientID()},
	}
	if _, page := p.ask(http.MethodPost, "/admin/orgs/test", form); !strings.Contains(page, "Salesforce lets the bridge in") || !strings.Contains(page, "Contact can be read.") {
		t.Errorf("with the stored secret the test says\n%s", page)
	}
	form.Set("clientSecret", "wrong")
	if _, page := p.ask(http.MethodPost, "/admin/orgs/test", form); !strings.Contains(page, "The consumer secret is wrong") || strings.Contains(page, "lets the bridge in") {
		t.Errorf("with a wrong secret the test says\n%s", page)
	}

	form.Del("clientSecret")
	form.Set("kind", "webServer")
	if resp, page := p.ask(http.MethodPost, org+"/edit", form); resp.Header.Get("HX-Redirect") != org {
		t.Fatalf("saving ends with %d\n%s", resp.StatusCode, page)
	}
	w.org.SetCallbacks(w.url() + admin.SignedInPath)
	resp, _ := p.ask(http.MethodPost, org+"/sign-in", nil)
	resp, page := p.ask(http.MethodGet, resp.Header.Get("HX-Redirect"), nil)
	if resp.Request.URL.Path != org || !strings.Contains(page, "The bridge is signed in to Salesforce.") {
		t.Fatalf("the sign-in ends at %s\n%s", resp.Request.URL, page)
	}
	if text := w.orgFindings(); !strings.Contains(text, "ok signed in") {
		t.Errorf("after it check says\n%s", text)
	}
	w.synced()

	object := org + "/object"
	if _, page := p.ask(http.MethodGet, object+"?object=Contact", nil); !strings.Contains(page, `data-insert="MobilePhone"`) {
		t.Errorf("the fields are not offered:\n%s", page)
	}
	config := url.Values{"version": {version(object + "?object=Contact")}, "was": {"Contact"}, "object": {"Contact"}, "enabled": {"yes"}, "where": {"Nonsense__c = 1"}}
	if resp, page := p.ask(http.MethodPost, object, config); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "names a field that the run-as user cannot see") {
		t.Errorf("a wrong where-clause ends with %d", resp.StatusCode)
	}
	config.Set("where", "LastName != null")
	if resp, _ := p.ask(http.MethodPost, object, config); resp.Header.Get("HX-Redirect") != org {
		t.Errorf("a good one ends with %d", resp.StatusCode)
	}
	if resp, _ := p.ask(http.MethodPost, org+"/sync", url.Values{"object": {"Contact"}, "full": {"yes"}}); resp.StatusCode != http.StatusOK {
		t.Errorf("a full sync ends with %d", resp.StatusCode)
	}
	w.synced()

	form.Set("version", version(org+"/edit"))
	form.Set("removeSecret", "signIn.refreshToken")
	if _, page := p.ask(http.MethodPost, "/admin/orgs/test", form); !strings.Contains(page, "Nobody has signed in to Salesforce for the bridge yet.") {
		t.Errorf("without the refresh token the test says\n%s", page)
	}
	if text := w.orgFindings(); !strings.Contains(text, "ok signed in") {
		t.Errorf("a test has signed the bridge out:\n%s", text)
	}
	if resp, page := p.ask(http.MethodPost, org+"/edit", form); resp.Header.Get("HX-Redirect") != org {
		t.Fatalf("signing out ends with %d\n%s", resp.StatusCode, page)
	}
	if text := w.orgFindings(); strings.Contains(text, "ok signed in") {
		t.Errorf("after it check says\n%s", text)
	}
}
