package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

const (
	orgA  = "00D000000000001EAA"
	orgB  = "00D000000000002EAA"
	userA = "005000000000001AAA"
	userB = "005000000000002AAA"
	admin = "anton"
)

var _ bridge.Bindings = (*Store)(nil)

func testKey() []byte { return bytes.Repeat([]byte{42}, 32) }

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state.db"))
}

func document() bridge.Document {
	onAnswer, open := bridge.PopOnAnswer, false
	return bridge.Document{
		Version: 1,
		Orgs: []lookup.OrgConfig{
			{ID: orgA, Name: "Alpha", InstanceURL: "https://alpha.example.com", ClientID: "id", ClientSecret: "geheim-alpha", Origins: []string{"https://alpha.lightning.example.com"}},
			{ID: orgB, Name: "Beta", InstanceURL: "https://beta.example.com", Sandbox: true},
		},
		Links: []pbx.LinkConfig{
			{Name: "main", Type: "sip", Server: "pbx.example.com", Username: "cti", Password: "geheim-main", DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "030"}, TestExtensions: []string{"103", "0104", "15x"}},
			{Name: "mirror", Type: "hep", Listen: "0.0.0.0:9060", Sources: []string{"192.0.2.10"}, TestExtensions: []string{"x"}},
		},
		Groups: []bridge.Group{{Name: "Night"}, {Name: "Sales", Settings: bridge.Settings{PopOn: &onAnswer, OpenRecord: &open, Objects: []string{"Contact"}}}},
		Agents: []bridge.Agent{
			{Email: "anton.anders@example.com", Org: orgB},
			{
				Email: "Berta.Beispiel@example.com", Org: orgA, SalesforceUser: userA, Enabled: true,
				Devices: []bridge.Device{{Link: "main", Extension: "103"}, {Link: "main", Extension: "0104"}}, Groups: []string{"Sales", "Night"},
				SwitchAgent: "4711", Settings: bridge.Settings{PopOn: &onAnswer, AllowedDevices: []bridge.Device{{Link: "main", Extension: "150"}}},
			},
		},
		Exclusions: []bridge.Exclusion{
			{Number: "+493023125500*", Reason: "works council"},
			{Extension: "190", Reason: "company doctor"},
		},
	}
}

func mustImport(t testing.TB, s *Store, d bridge.Document, replace bool) ImportReport {
	t.Helper()
	r, err := s.Import(t.Context(), admin, d, replace)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stored is the document without the agents' ids, which nobody can foretell.
func stored(t testing.TB, s *Store) bridge.Document {
	t.Helper()
	d, err := s.Document(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Agents {
		if d.Agents[i].ID == "" {
			t.Errorf("agent %s has no id", d.Agents[i].Email)
		}
		d.Agents[i].ID = ""
	}
	return d
}

func agentByEmail(t testing.TB, s *Store, email string) bridge.Agent {
	t.Helper()
	agents, err := s.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		if emailKey(a.Email) == emailKey(email) {
			return a
		}
	}
	t.Fatalf("no agent %s", email)
	return bridge.Agent{}
}

// actions are the audit rows, the oldest first, as "actor action object".
func actions(t testing.TB, s *Store) []string {
	t.Helper()
	entries, err := s.Audit(t.Context(), bridge.AuditFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[len(out)-1-i] = e.Actor + " " + e.Action + " " + e.Object
	}
	return out
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n got %+v\nwant %+v", what, got, want)
	}
}

func wantIs(t testing.TB, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

func TestOpenTwiceKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	for i := range 2 {
		s, err := Open(t.Context(), path, testKey())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			mustImport(t, s, document(), false)
		}
		same(t, "document", stored(t, s), document())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	mustImport(t, s, document(), false)
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func TestOddPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%41ä&_pragma=x")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, filepath.Join(dir, "state.db"))
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("nothing in the folder: %v, %v", entries, err)
	}
	info, err := os.Stat(filepath.Join(dir, "state.db"))
	if err != nil || info.Size() == 0 {
		t.Fatalf("not the file it opened: %v, %v", info, err)
	}
}

func TestEachCommitReachesTheDisk(t *testing.T) {
	s := newStore(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		if err := s.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s, %v", pragma, got, want, err)
		}
	}
	if _, err := s.read.Exec(`DELETE FROM audit`); err == nil {
		t.Error("a reading connection can write")
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testKey()); err == nil || !strings.Contains(err.Error(), "newer ctibridge") {
		t.Fatalf("got %v", err)
	}
}

func TestNotADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testKey()); err == nil {
		t.Fatal("opened")
	}
}

func TestWrongKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path, make([]byte, 32))
	wantIs(t, "another key", err, ErrWrongKey)
	if err == nil || !strings.Contains(err.Error(), "CTIBRIDGE_SECRET_KEY") {
		t.Errorf("%v does not tell the cure", err)
	}
	if _, err := Open(t.Context(), path, []byte("short")); err == nil || !strings.Contains(err.Error(), "32 bytes") {
		t.Errorf("short key: %v", err)
	}
	open(t, path)
}

func TestSecretsAreSealed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	mustImport(t, s, document(), false)
	d := document()
	d.Orgs[0].ClientSecret, d.Links[0].Password = "geheim-neu", "geheim-neu"
	mustImport(t, s, d, false)
	for _, when := range []string{"open", "closed"} {
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil || bytes.Contains(raw, []byte("geheim")) {
				t.Errorf("%s: %s holds a secret in plain, %v", when, filepath.Base(f), err)
			}
		}
		if when == "open" {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSealedSecretIsBoundToItsPlace(t *testing.T) {
	s := newStore(t)
	d := document()
	d.Links[1].Password = "geheim-mirror"
	mustImport(t, s, d, false)
	if _, err := s.write.Exec(`UPDATE links SET password = (SELECT password FROM links WHERE name = 'main') WHERE name = 'mirror'`); err != nil {
		t.Fatal(err)
	}
	_, err := s.Document(t.Context())
	wantIs(t, "moved", err, errDamaged)
	if err == nil || !strings.Contains(err.Error(), "password of links mirror") {
		t.Errorf("%v does not say which", err)
	}
}

func TestSealedDiffersEachTime(t *testing.T) {
	b, err := newBox(testKey())
	if err != nil {
		t.Fatal(err)
	}
	one, two := b.seal("t", "r", "c", "geheim"), b.seal("t", "r", "c", "geheim")
	if bytes.Equal(one, two) {
		t.Error("a nonce was used twice")
	}
	for i := range one {
		broken := bytes.Clone(one)
		broken[i] ^= 1
		if _, err := b.unseal("t", "r", "c", broken); err == nil {
			t.Errorf("byte %d changed and nobody saw it", i)
		}
	}
	if _, err := b.unseal("t", "r", "c", one[:10]); err == nil {
		t.Error("cut off and nobody saw it")
	}
}

func TestLockData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	first, err := LockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockData(dir); err == nil || !strings.Contains(err.Error(), "in use by another ctibridge (process ") {
		t.Fatalf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := LockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v", info, err)
	}
}

func TestCancelledContextWritesNothing(t *testing.T) {
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Import(ctx, admin, document(), false); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	same(t, "document", stored(t, s), bridge.Document{Version: 1})
}

func TestAdministrators(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	created := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	want := bridge.Administrator{Name: "Berta", PasswordHash: "$argon2id$geheim", CreatedAt: created}
	if err := s.SaveAdministrator(ctx, "command line", want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Administrator(ctx, " BERTA ")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "administrator", got, want)
	wantIs(t, "last one", s.DeleteAdministrator(ctx, "Berta", "berta"), bridge.ErrConflict)
	if err := s.SaveAdministrator(ctx, "Berta", bridge.Administrator{Name: "anton", PasswordHash: "x"}); err != nil {
		t.Fatal(err)
	}
	want.PasswordHash = "$argon2id$neu"
	if err := s.SaveAdministrator(ctx, "anton", bridge.Administrator{Name: "Berta", PasswordHash: want.PasswordHash}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Administrators(ctx)
	if err != nil || len(all) != 2 || all[0].Name != "anton" {
		t.Fatalf("got %+v, %v", all, err)
	}
	same(t, "after a new password", all[1], want)
	if err := s.DeleteAdministrator(ctx, "anton", "Berta"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Administrator(ctx, "Berta")
	wantIs(t, "deleted", err, bridge.ErrNotFound)
	wantIs(t, "deleted twice", s.DeleteAdministrator(ctx, "anton", "Berta"), bridge.ErrNotFound)
	var faults bridge.FieldErrors
	if err := s.SaveAdministrator(ctx, admin, bridge.Administrator{PasswordHash: "x"}); !errors.As(err, &faults) {
		t.Errorf("no name: %v", err)
	}
	same(t, "audit", actions(t, s), []string{
		"command line administrator.create Berta", "Berta administrator.create anton",
		"anton administrator.update Berta", "anton administrator.delete Berta",
	})
	entries, err := s.Audit(ctx, bridge.AuditFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Detail, "argon2id") {
			t.Errorf("the audit trail tells a hash: %+v", e)
		}
	}
}

func TestAuditLimitAndOrder(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	at := time.Date(2026, 11, 21, 8, 0, 0, 5e6, time.UTC)
	for _, name := range []string{"one", "two", "three"} {
		if err := s.AppendAudit(ctx, bridge.AuditEntry{Time: at, Actor: admin, Action: "panel.signIn", Object: name, Detail: "d"}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Audit(ctx, bridge.AuditFilter{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "audit", got, []bridge.AuditEntry{
		{ID: 3, Time: at, Actor: admin, Action: "panel.signIn", Object: "three", Detail: "d", Times: 1},
		{ID: 2, Time: at, Actor: admin, Action: "panel.signIn", Object: "two", Detail: "d", Times: 1},
	})
}
