package store

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// withSecrets has every secret that it does not need to sign in.
func withSecrets() lookup.OrgConfig {
	o := lookup.OrgConfig{
		ID: orgA, Name: "Alpha", InstanceURL: "https://alpha.example.com", ClientID: "id", ClientSecret: "geheim-1",
		SignIn:     lookup.SignIn{RefreshToken: "geheim-2", Password: "geheim-3", SecurityToken: "geheim-4"},
		Connection: lookup.Connection{ProxyURL: "http://proxy.example.com:3128", ProxyPassword: "geheim-5"},
	}
	return o
}

// TestRemoveSecret: a secret goes if it is named, and only then; the trail says
// which, and what of it.
func TestRemoveSecret(t *testing.T) {
	for path := range strings.FieldsSeq("signIn.refreshToken signIn.password signIn.securityToken connection.proxyPassword") {
		for _, by := range []string{"panel", "import"} {
			s, ctx := newStore(t), t.Context()
			if err := s.SaveOrg(ctx, admin, withSecrets()); err != nil {
				t.Fatal(err)
			}
			save := func(remove ...string) {
				t.Helper()
				o := withSecrets().WithoutSecrets()
				o.RemoveSecrets = remove
				if by == "panel" {
					if err := s.SaveOrg(ctx, admin, o); err != nil {
						t.Fatal(err)
					}
					return
				}
				mustImport(t, s, bridge.Document{Version: 1, Orgs: []lookup.OrgConfig{o}}, false)
			}
			stored := func() []string {
				t.Helper()
				paths, err := s.OrgSecrets(ctx, orgA)
				if err != nil {
					t.Fatal(err)
				}
				return paths
			}
			all := stored()
			save()
			if got := stored(); len(all) != 5 || !slices.Equal(got, all) {
				t.Fatalf("%s: what is left out does not stay: %v of %v", by, got, all)
			}
			save(path)
			without := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == path })
			if got := stored(); !slices.Equal(got, without) {
				t.Errorf("%s %s: stored are %v, want %v", by, path, got, without)
			}
			trail, err := s.Audit(ctx, bridge.AuditFilter{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(trail, func(e bridge.AuditEntry) bool { return e.Action == "org.update" && e.Detail == path+": removed" }) {
				t.Errorf("%s %s: the trail is %v", by, path, trail)
			}
			noSecretInAudit(t, s)
			save(path) // it is gone: nothing changes
			if again, err := s.Audit(ctx, bridge.AuditFilter{}); err != nil || len(again) != len(trail) {
				t.Errorf("%s %s: removed twice, the trail grows: %v %v", by, path, again, err)
			}
			d, err := s.Document(ctx)
			if err != nil || d.Orgs[0].RemoveSecrets != nil {
				t.Errorf("%s: the order is stored: %v %v", by, d.Orgs[0].RemoveSecrets, err)
			}
		}
	}
}

// TestNeededSecretStays: a refused removal changes nothing.
func TestNeededSecretStays(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	if err := s.SaveOrg(ctx, admin, withSecrets()); err != nil {
		t.Fatal(err)
	}
	o := withSecrets().WithoutSecrets()
	o.Name, o.RemoveSecrets = "Aleph", []string{"signIn.password", "clientSecret"}
	var faults bridge.FieldErrors
	if err := s.SaveOrg(ctx, admin, o); !errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != "removeSecrets[1]" {
		t.Errorf("got %v, want a fault at removeSecrets[1]", err)
	}
	d, err := s.Document(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "org", d.Orgs[0], withSecrets())
	o.Disabled = true
	if err := s.SaveOrg(ctx, admin, o); err != nil {
		t.Errorf("an org that is switched off: %v", err)
	}
}
