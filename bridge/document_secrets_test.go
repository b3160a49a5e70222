package bridge

import (
	"errors"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

// TestRemoveSecrets: what the bridge signs in with stays, unless the org rests.
func TestRemoveSecrets(t *testing.T) {
	const fault = "orgs[0].removeSecrets[0]"
	for _, c := range []struct {
		org, path string
		refused   string // part of the error; none if empty
	}{
		{"clientID: key", "clientSecret", "signs in with clientSecret"},
		{"clientID: key, disabled: true", "clientSecret", ""},
		{"", "clientSecret", ""}, // it never signs in
		{"clientID: key, signIn: {kind: webServer}", "clientSecret", ""},
		{"clientID: key, signIn: {kind: webServer}", "signIn.refreshToken", ""},
		{"clientID: key, signIn: {kind: jwtBearer, username: bridge@example.com}", "signIn.privateKey", "signs in with signIn.privateKey"},
		{"clientID: key, signIn: {kind: jwtBearer, username: bridge@example.com}", "clientSecret", ""},
		{"clientID: key", "signIn.privateKey", ""},
		{"signIn: {kind: password, username: bridge@example.com}", "signIn.password", "signs in with signIn.password"},
		{"signIn: {kind: password, username: bridge@example.com}", "signIn.securityToken", ""},
		{"clientID: key", "connection.proxyPassword", ""},
		{"connection: {proxyPassword: geheim}", "connection.proxyPassword", "given as well"},
		{"", "clientID", "is not a secret of an org: name one of clientSecret, signIn.privateKey"},
	} {
		text := "version: 1\norgs:\n  - {id: 00D000000000001, name: Example, instanceURL: https://example.my.salesforce.com, removeSecrets: [" + c.path + "]"
		if c.org != "" {
			text += ", " + c.org
		}
		d, err := ParseDocument(strings.NewReader(text+"}\n"), func(string) string { return "" })
		if c.refused == "" {
			if err != nil || len(d.Orgs[0].RemoveSecrets) != 1 {
				t.Errorf("%s of {%s}: %v", c.path, c.org, err)
			}
			continue
		}
		var faults FieldErrors
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != fault || faults[0].Line != 3 || !strings.Contains(faults[0].Text, c.refused) {
			t.Errorf("%s of {%s}: got %v, want %q at %s", c.path, c.org, err, c.refused, fault)
		}
	}
	if n := len(lookup.SecretPaths()); n != 6 {
		t.Errorf("%d secrets: the documentation, the panel and this test know six", n)
	}
}
