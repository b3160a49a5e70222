package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// Two addresses of an org are good at a time, and for no other org.
func TestOutboundSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	mustImport(t, s, document(), false)
	org := document().Orgs[0].ID
	var secrets []string
	for range 3 {
		secret, err := s.NewOutboundSecret(t.Context(), admin, org)
		if err != nil || len(secret) < 43 {
			t.Fatal(secret, err)
		}
		secrets = append(secrets, secret)
	}
	good := func(org, secret string, want bool) {
		t.Helper()
		if got, err := s.OutboundSecret(t.Context(), org, secret); got != want || err != nil {
			t.Errorf("of %s: %t, %v", org, got, err)
		}
	}
	good(org, secrets[0], false)
	good(org, secrets[1], true)
	good(org, secrets[2], true)
	good(org, "", false)
	good(org, secrets[2][1:], false)
	good("00D000000000009EAA", secrets[2], false)
	if _, err := s.NewOutboundSecret(t.Context(), admin, "00D000000000009EAA"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("of no org: %v", err)
	}
	keepsNone(t, s, path, secrets...)
}

func TestTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	token, err := s.NewToken(t.Context(), admin, " phone book ")
	if err != nil {
		t.Fatal(err)
	}
	if name, err := s.TokenName(t.Context(), token); name != "phone book" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if _, err := s.TokenName(t.Context(), token+"x"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("a wrong one: %v", err)
	}
	if _, err := s.NewToken(t.Context(), admin, "phone book"); !errors.Is(err, bridge.ErrConflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := s.NewToken(t.Context(), admin, " "); err == nil {
		t.Error("a token without a name")
	}
	if all, err := s.Tokens(t.Context()); err != nil || len(all) != 1 || all[0].Name != "phone book" || all[0].Created.IsZero() {
		t.Errorf("%v, %v", all, err)
	}
	if err := s.DeleteToken(t.Context(), admin, "phone book"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TokenName(t.Context(), token); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("a deleted one: %v", err)
	}
	if err := s.DeleteToken(t.Context(), admin, "phone book"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	keepsNone(t, s, path, token)
}

// keepsNone: what is shown to be let in stands in no file and no audit row.
func keepsNone(t *testing.T, s *Store, path string, secrets ...string) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds a secret", filepath.Base(file))
			}
		}
	}
}
