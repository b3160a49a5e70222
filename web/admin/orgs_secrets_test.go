package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

// allSecrets is an org of which every secret is stored.
func allSecrets() *fake {
	f := sample()
	f.secrets = map[string][]string{orgID: lookup.SecretPaths()}
	return f
}

// TestRemovalBoxes: beside each stored secret there is a box, which says what
// comes of it; beside others there is none.
func TestRemovalBoxes(t *testing.T) {
	f := allSecrets()
	b := newBrowser(t, f).signIn()
	for lang, words := range map[string][]string{
		"en": {"Remove the stored refresh token", "signed out: it copies and writes nothing", "The chosen sign-in needs it."},
		"de": {"Gespeichertes Refresh-Token entfernen", "Die Bridge ist dann abgemeldet", "Die gewählte Anmeldung ist darauf angewiesen."},
	} {
		b.lang = lang
		page := b.get(orgPath + "/edit").Body.String()
		mustContain(t, page, words...)
		for _, path := range lookup.SecretPaths() {
			name := path[strings.LastIndexByte(path, '.')+1:]
			mustContain(t, page, `id="remove-`+name+`" name="removeSecret" value="`+path+`" aria-describedby="remove-`+name+`-help"`, `id="remove-`+name+`-help"`)
		}
	}
	f.secrets = nil
	if strings.Contains(b.get(orgPath+"/edit").Body.String(), "removeSecret") {
		t.Error("what is not stored can be removed")
	}
}

func TestRemoveSecrets(t *testing.T) {
	for _, c := range []struct {
		path, english, german string // refused so; saved if empty
		values                []string
	}{
		{path: "signIn.privateKey"},
		{path: "signIn.password"},
		{path: "connection.proxyPassword"},
		{path: "signIn.refreshToken", values: []string{"kind", "webServer"}},
		{path: "clientSecret", values: []string{"kind", "webServer"}},
		{path: "clientSecret", values: []string{"enabled", ""}},
		{path: "clientSecret", values: []string{"clientID", ""}},
		{path: "signIn.securityToken", values: []string{"kind", "password", "username", "u"}},
		{"clientSecret", "cannot do without it", "ist darauf angewiesen. Geben Sie", nil},
		{"signIn.privateKey", "cannot do without it", "ist darauf angewiesen. Geben Sie", []string{"kind", "jwtBearer", "username", "u"}},
		{"signIn.password", "cannot do without it", "ist darauf angewiesen. Geben Sie", []string{"kind", "password", "username", "u"}},
		{"clientSecret", "a new one as well", "auch einen neuen Wert", []string{"clientSecret", "new"}},
	} {
		name := c.path[strings.LastIndexByte(c.path, '.')+1:]
		f := allSecrets()
		b := newBrowser(t, f).signIn()
		v := orgValues(b, append(c.values, "removeSecret", c.path, "org", orgID)...)
		if c.english == "" {
			mustStatus(t, b.post("/admin/orgs/test", v, htmx), http.StatusOK)
			if len(f.tries) != 1 || !slices.Equal(f.tries[0].RemoveSecrets, []string{c.path}) {
				t.Errorf("%v: tried with %+v", c, f.tries)
			}
			mustStatus(t, b.post(orgPath+"/edit", v), http.StatusSeeOther)
			if got := f.actions(); !slices.Contains(got, adminName+" org.remove_secret "+c.path) {
				t.Errorf("%v: audit has %v", c, got)
			}
			continue
		}
		for lang, want := range map[string]string{"en": c.english, "de": c.german} {
			b.lang = lang
			w := b.post(orgPath+"/edit", v, htmx)
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), want, `value="`+c.path+`" checked aria-describedby="remove-`+name+`-help" aria-invalid="true" autofocus`)
		}
		if f.orgs[0].Name != "Example AG" || slices.ContainsFunc(f.actions(), func(a string) bool { return strings.Contains(a, "remove_secret") }) {
			t.Errorf("%v was saved: %v", c, f.actions())
		}
	}
}

// TestRemoveNothingElse: what is gone already and what is made up are no orders.
func TestRemoveNothingElse(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := orgValues(b)
	v["removeSecret"] = []string{"clientSecret", "name", "signIn.kind", ""}
	mustStatus(t, b.post(orgPath+"/edit", v), http.StatusSeeOther)
	if slices.ContainsFunc(f.actions(), func(a string) bool { return strings.Contains(a, "remove_secret") }) {
		t.Error(f.actions())
	}
}

// TestMovedSecretsMayGo: of what would go to another address, each is entered
// again or removed.
func TestMovedSecretsMayGo(t *testing.T) {
	for _, c := range []struct {
		values []string
		remove []string
		want   string // saved if empty
	}{
		{[]string{"kind", "webServer", "instanceURL", "https://evil.example.com"}, []string{"clientSecret"}, `id="remove-refreshToken-help">The address has changed`},
		{[]string{"kind", "webServer", "instanceURL", "https://evil.example.com"}, []string{"signIn.refreshToken"}, `id="clientSecret-help" lang="en">The address has changed`},
		{[]string{"kind", "webServer", "instanceURL", "https://new.example.com"}, []string{"clientSecret", "signIn.refreshToken"}, ""},
		{[]string{"proxyURL", "http://evil.example.com:3128"}, nil, `id="proxyPassword-help" lang="en">The address has changed`},
		{[]string{"proxyURL", "http://proxy.example.com:3128", "proxyPassword", "again"}, nil, ""},
		{[]string{"proxyURL", "http://proxy.example.com:3128"}, []string{"connection.proxyPassword"}, ""},
		{[]string{"proxyURL", ""}, nil, ""},
	} {
		f := allSecrets()
		b := newBrowser(t, f).signIn()
		v := orgValues(b, append(c.values, "org", orgID)...)
		v["removeSecret"] = c.remove
		for _, path := range []string{"/admin/orgs/test", orgPath + "/edit"} {
			w := b.post(path, v, htmx)
			if c.want == "" {
				mustStatus(t, w, http.StatusOK)
				continue
			}
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), c.want)
		}
		if saved := len(f.tries); (saved == 1) != (c.want == "") {
			t.Errorf("%v: %d tries", c, saved)
		}
	}
}
