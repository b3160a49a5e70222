package salesforce_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

const callback = "https://cti.example.com/admin/orgs/signed-in"

// browse does what the browser does: it goes to the login page, which sends it
// back, and gives what it carries then.
func browse(t *testing.T, address string) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	back, err := reply.Location()
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("the login page leads to %v (%v), status %d", back, err, reply.StatusCode)
	}
	return back.Query()
}

func authorize(t *testing.T, c salesforce.Config) *salesforce.Authorization {
	t.Helper()
	a, err := salesforce.NewAuthorization(c, callback)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAuthorization(t *testing.T) {
	for name, secret := range map[string]string{"with secret": salesforcetest.DefaultClientSecret, "by PKCE alone": ""} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			org.SetCallbacks(callback)
			c := configFor(org)
			c.ClientSecret = secret
			a := authorize(t, c)
			grant, err := a.Exchange(t.Context(), browse(t, a.URL()))
			if err != nil {
				t.Fatal(err)
			}
			if grant.Identity.OrgID != org.ID() || strings.Contains(grant.String(), grant.RefreshToken) {
				t.Errorf("grant is %v", grant)
			}
			c.SignIn = salesforce.SignIn{Kind: salesforce.WebServer, RefreshToken: grant.RefreshToken}
			if id, err := newClient(t, c).OrgID(t.Context()); err != nil || id != org.ID() {
				t.Errorf("signed in to %s: %v", id, err)
			}
		})
	}
}

func TestAuthorizationFailuresNameTheirCure(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(*salesforcetest.Org, url.Values)
		cure string
	}{
		"refused":       {func(_ *salesforcetest.Org, q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, "Allow"},
		"other state":   {func(_ *salesforcetest.Org, q url.Values) { q.Set("state", "x") }, "anew"},
		"no code":       {func(_ *salesforcetest.Org, q url.Values) { q.Del("code") }, "anew"},
		"expired code":  {func(_ *salesforcetest.Org, q url.Values) { q.Set("code", "x") }, "again"},
		"wrong secret":  {func(o *salesforcetest.Org, _ url.Values) { inject("invalid_client", "")(o, nil) }, "consumer secret"},
		"not the app's": {func(o *salesforcetest.Org, _ url.Values) { inject("redirect_uri_mismatch", "")(o, nil) }, "Callback URL"},
		"verifier":      {func(o *salesforcetest.Org, _ url.Values) { inject("invalid_grant", "invalid code verifier")(o, nil) }, "anew"},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			a := authorize(t, configFor(org))
			answer := browse(t, a.URL())
			tt.set(org, answer)
			_, err := a.Exchange(t.Context(), answer)
			if cure := salesforce.Cure(err); err == nil || !strings.Contains(cure, tt.cure) {
				t.Errorf("%v with cure %q, want %q", err, cure, tt.cure)
			}
		})
	}
}

// TestCodeBelongsToItsVerifier: who steals the code cannot use it.
func TestCodeBelongsToItsVerifier(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	a, thief := authorize(t, configFor(org)), authorize(t, configFor(org))
	stolen := browse(t, a.URL())
	stolen.Set("state", thief.State())
	if _, err := thief.Exchange(t.Context(), stolen); err == nil {
		t.Error("a code is taken with another verifier")
	}
}

func TestAuthorizationRefuses(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	if _, err := salesforce.NewAuthorization(configFor(org), "http://cti.example.com/back"); err == nil {
		t.Error("a redirect address without TLS is taken")
	}
	org.SignInAs("", false)
	a := authorize(t, configFor(org))
	if _, err := a.Exchange(t.Context(), browse(t, a.URL())); !strings.Contains(salesforce.Cure(err), "Allow") {
		t.Errorf("%v", err)
	}
}
