package store

import (
	"errors"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

func TestReplaceRefreshToken(t *testing.T) {
	s := newStore(t)
	d := document()
	d.Orgs[0].SignIn = lookup.SignIn{Kind: lookup.SignInWebServer, RefreshToken: "first-token"}
	mustImport(t, s, d, false)
	id := d.Orgs[0].ID
	before := len(actions(t, s))
	token := func() string {
		full, err := s.Document(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range full.Orgs {
			if o.ID == id {
				if o.ClientSecret != d.Orgs[0].ClientSecret {
					t.Errorf("the client secret has become %q", o.ClientSecret)
				}
				return o.SignIn.RefreshToken
			}
		}
		return "no org"
	}
	replace := func(old, next string, want error, kept string) {
		t.Helper()
		if err := s.ReplaceRefreshToken(t.Context(), id, old, next); !errors.Is(err, want) {
			t.Errorf("%s by %s: %v, want %v", old, next, err, want)
		}
		if got := token(); got != kept {
			t.Errorf("%q is stored, want %q", got, kept)
		}
	}
	replace("first-token", "second-token", nil, "second-token")
	replace("first-token", "second-token", nil, "second-token") // told twice
	replace("first-token", "third-token", bridge.ErrConflict, "second-token")
	if err := s.ReplaceRefreshToken(t.Context(), "00D00000000000XEAA", "a", "b"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("an org that is not there: %v", err)
	}
	if n := len(actions(t, s)); n != before {
		t.Errorf("%d lines of audit for what nobody did", n-before)
	}
}
