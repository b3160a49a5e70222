package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

func TestUsage(t *testing.T) {
	s := newShell(t)
	help := s.must("help")
	for _, command := range []string{"serve", "check", "sync", "lookup", "number", "config export", "config import", "admin create-user", "admin reset-password", "admin create-token", "admin delete-token", "admin tokens", "admin outbound-address", "why", "privacy export", "privacy erase", "version"} {
		if !strings.Contains(help, command) {
			t.Errorf("help does not list %q:\n%s", command, help)
		}
	}
	s.run("sync", "--help").expect(t, 0, "--dry-run", "--limit", "--full")
	if got := s.must("version"); got != "ctibridge "+version+"\n" {
		t.Errorf("version prints %q", got)
	}
	for _, wrong := range [][]string{
		{},
		{"nonsense"},
		{"serve", "--nonsense"},
		{"lookup"},
		{"config"},
		{"config", "import"},
		{"admin", "create-user"},
		{"sync", "--limit", "many"},
		{"number"},
	} {
		if got := s.run(wrong...); got.code != 2 || got.err == "" {
			t.Errorf("%q ended with %d and said %q, want 2", wrong, got.code, got.err)
		}
	}
	if _, err := os.Lstat(s.data); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a command that needs no data made a data folder")
	}
}

func TestNumber(t *testing.T) {
	s := newShell(t)
	batch := s.file("fields.txt", "030 23125-101\n\n030 23125-101 / 0221 4710 201\r\nnobody\n")
	want := `{"input":"030 23125-101","e164":["+493023125101"]}
{"input":"","e164":[]}
{"input":"030 23125-101 / 0221 4710 201","e164":["+493023125101","+492214710201"]}
{"input":"nobody","e164":[]}
`
	if got := s.must("number", "--batch", batch); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if got := s.pipe("01632 960001\n", "number", "--country", "GB", "--batch", "-"); got.out != `{"input":"01632 960001","e164":["+441632960001"]}`+"\n" {
		t.Errorf("from standard input: %+v", got)
	}
	if got := s.must("number", "--json", "--country", "United States", "(202) 555-0143"); got != `{"input":"(202) 555-0143","e164":["+12025550143"]}`+"\n" {
		t.Errorf("printed %q", got)
	}
	s.run("number", "030 23125-101").expect(t, 0, "+493023125101")
	s.run("number", "--country", "Nowhere", "1").expect(t, 2, "Nowhere", "DE")
	s.run("number", "--batch", filepath.Join(t.TempDir(), "missing")).expect(t, 1, "missing")
}

func TestConfig(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	s := newShell(t)
	s.env["SF_SECRET"] = x.org.ClientSecret()
	file := s.file("config.yaml", x.document())
	first := s.must("config", "import", file)
	second := s.must("config", "import", file)
	if !strings.Contains(first, "1 added") || strings.Contains(second, "1 added") || !strings.Contains(second, "1 unchanged") {
		t.Errorf("imports say\n%s%s", first, second)
	}

	exported := s.must("config", "export")
	for _, secret := range []string{x.org.ClientSecret(), "toy-pbx-password"} {
		if strings.Contains(exported, secret) {
			t.Error("the export holds a secret")
		}
	}
	s.pipe(exported, "config", "import", "-").expect(t, 0, "1 unchanged")
	if again := s.must("config", "export"); again != exported {
		t.Errorf("exported\n%s\nand after importing that\n%s", exported, again)
	}
	// Another folder takes the export; only the secrets are missing.
	other := newShell(t)
	other.pipe(exported, "config", "import", "-").expect(t, 0, "1 added")
	if got := other.must("config", "export"); got != exported {
		t.Errorf("in another folder:\n%s\nwant\n%s", got, exported)
	}

	s.run("config", "import", s.file("bad.yaml", x.document("profile:", "profil:"))).expect(t, 1, "line ", "profil")
	s.run("config", "import", filepath.Join(t.TempDir(), "missing.yaml")).expect(t, 1, "missing.yaml")
	s.run("config", "import", s.file("unset.yaml", x.document("SF_SECRET", "SF_UNSET"))).expect(t, 1, "SF_UNSET")
	if got := s.must("config", "export"); got != exported {
		t.Error("a refused import changed something")
	}
	s.pipe("version: 1\n", "config", "import", "--replace", "-").expect(t, 0, "1 removed")
	if got := s.must("config", "export"); strings.Contains(got, "ada@example.com") {
		t.Errorf("after a replacement the export still says\n%s", got)
	}
}

// TestDirectory syncs and looks up, without a running bridge and with one.
func TestDirectory(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	s := x.configured(t)
	s.run("sync", "--dry-run", "--full").expect(t, 0, "Toy org Contact: ", "nothing was written")
	s.run("lookup", "--json", "+493023125101").expect(t, 0, `"matches":[]`)
	s.run("sync", "--object", "Contact", "--limit", "1").expect(t, 0, "Toy org", "Contact")
	s.run("sync", "--org", "No org").expect(t, 1, "No org")
	s.run("sync", "--object", "Nonsense").expect(t, 1, "Nonsense")
	s.run("sync").expect(t, 0, "Contact", "Account", "Lead")

	t.Run("without a running bridge", func(t *testing.T) { looksUp(t, x, s) })
	s.serve()
	t.Run("with a running bridge", func(t *testing.T) {
		looksUp(t, x, s)
		// A record that is new in the org is found after a sync.
		if _, err := x.org.Create("Contact", salesforcetest.Fields{"LastName": "Neu", "Phone": "030 23125-555"}); err != nil {
			t.Fatal(err)
		}
		s.run("sync", "--org", "Toy org").expect(t, 0, "Contact")
		s.run("lookup", "030 23125555").expect(t, 0, "Neu")
	})
}

func looksUp(t *testing.T, x *site, s *shell) {
	t.Helper()
	s.run("lookup", "03023125101", "+441632960555").expect(t, 0, "Berta Beispiel", "Beispiel GmbH", x.seed.Known, "nobody")
	var found struct {
		Input, E164, Kind string
		Matches           []struct{ ID, Object, Name, Company, Org, Match string }
	}
	out := s.must("lookup", "--json", "--org", "Toy org", "23125101")
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if found.Input != "23125101" || found.E164 != "+493023125101" || found.Kind != "public" || len(found.Matches) != 1 {
		t.Fatalf("found %+v", found)
	}
	if m := found.Matches[0]; m.ID != x.seed.Known || m.Object != "Contact" || m.Match != "exact" {
		t.Errorf("found %+v", m)
	}
	for input, kind := range map[string]string{"anonymous": "withheld", "": "invalid", "110": "invalid", "1001": "internal"} {
		s.run("lookup", "--json", input).expect(t, 0, `"kind":"`+kind+`"`, `"matches":[]`)
	}
	s.run("lookup", "--org", "No org", "1").expect(t, 1, "No org")
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.pipe("correct horse battery\n", "admin", "create-user", "admin").expect(t, 0, "admin")
	s.pipe("correct horse battery\n", "admin", "create-user", "admin").expect(t, 1, "already exists")
	s.pipe("another good password", "admin", "reset-password", "admin").expect(t, 0, "admin")
	s.pipe("another good password\n", "admin", "reset-password", "nobody").expect(t, 1, "nobody", "create-user")
	s.pipe("short\n", "admin", "create-user", "other").expect(t, 1, "password")
	s.pipe("", "admin", "create-user", "other").expect(t, 1, "password")
	s.serve()
	s.pipe("correct horse battery\n", "admin", "create-user", "other").expect(t, 0, "other")
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	v := s.serve()
	if url := v.url(); !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("it says that it serves %q", url)
	}
	// A second one on the same folder, and one on the same port.
	s.run("serve").expect(t, 1, "in use", "--data")
	other := newShell(t)
	other.env["CTIBRIDGE_LISTEN"] = strings.TrimPrefix(v.url(), "http://")
	other.run("serve").expect(t, 1, "taken", "--listen")
	other.run("serve", "--listen", ":0", "--public-url", "https://cti.example.com").expect(t, 1, "TLS", "behind_proxy")

	began := time.Now()
	if code := v.stop(); code != 0 || time.Since(began) > stopWithin {
		t.Errorf("ended with %d after %v", code, time.Since(began))
	}
	s.run("config", "export").expect(t, 0, "version: 1")
}

// TestServeAfterKill finds what a process leaves behind that was killed: a
// socket that nobody listens on, and the lock file of nobody.
func TestServeAfterKill(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(s.data, "control.sock")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	if err := os.WriteFile(filepath.Join(s.data, "lock"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("config", "export").expect(t, 0, "version: 1")

	if err := os.WriteFile(socket, nil, 0o600); err != nil { // not even a socket
		t.Fatal(err)
	}
	v := s.serve()
	s.run("config", "export").expect(t, 0, "version: 1")
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the control socket: %v, %v", info, err)
	}
	v.stop()
}

// TestWhyAndPrivacy: both work on a data folder whose bridge does not run.
func TestWhyAndPrivacy(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	s := newShell(t)
	s.env["SF_SECRET"] = x.org.ClientSecret()
	s.must("config", "import", s.file("config.yaml", x.document()))
	if got := s.must("why", "--since", "24h"); !strings.Contains(got, "No call like that") || !strings.Contains(got, "check") {
		t.Errorf("of no calls why says %q", got)
	}
	s.run("why", "--agent", "nobody@example.com").expect(t, 1, "nobody@example.com")
	s.run("why", "--at", "noon").expect(t, 2, "noon", "10:42")
	s.run("why", "--at", "10:42", "--since", "1h").expect(t, 2, "--at")
	s.pipe("no\n", "privacy", "erase", "030 23125101").expect(t, 1, "nothing was erased", "--yes")
	s.pipe("yes\n", "privacy", "erase", "030 23125101").expect(t, 0, "Erased", "Salesforce", "Backups")
	if got := s.must("privacy", "export", "030 23125101"); !strings.Contains(got, `"calls": []`) || !strings.Contains(got, "elsewhere") {
		t.Errorf("the export is %s", got)
	}
	s.run("privacy", "export", "nobody@example.com").expect(t, 1, "nobody@example.com")
	s.run("privacy", "erase", "--as", "person", "x").expect(t, 2, "number")
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]string{
		"ada@example.com": "agent", "003000000000001AAA": "record", "0037Q0000000001": "record",
		"+49 30 23125-101": "number", "493023125101222": "number", "1001": "number", "anna": "record",
	} {
		if got := kindOf(text); got != want {
			t.Errorf("%s is read as %s, want %s", text, got, want)
		}
	}
}

func TestParseAt(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 50, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"10:42": "2026-11-22 10:42:00", "10:42:30": "2026-11-22 10:42:30", "11:00": "2026-11-21 11:00:00",
		"2026-11-20 09:01": "2026-11-20 09:01:00", "2026-11-20T09:01:05Z": "2026-11-20 09:01:05",
	} {
		if got, err := parseAt(text, now); err != nil || got.Format(time.DateTime) != want {
			t.Errorf("%s is %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestTokens(t *testing.T) {
	s := newShell(t)
	made := s.run("admin", "create-token", "phone book")
	token := strings.TrimSpace(made.out)
	if made.code != 0 || len(token) != 43 || !strings.Contains(made.err, "shown this once") {
		t.Fatalf("%+v", made)
	}
	if got := s.must("admin", "tokens"); !strings.Contains(got, "phone book") || strings.Contains(got, token) {
		t.Errorf("listed %q", got)
	}
	s.run("admin", "create-token", "phone book").expect(t, 1, "already")
	s.must("admin", "delete-token", "phone book")
	s.run("admin", "delete-token", "phone book").expect(t, 1, "not found")
	if got := s.must("admin", "tokens"); got != "" {
		t.Errorf("still listed: %q", got)
	}
	s.run("admin", "outbound-address", "nobody").expect(t, 1, "org")
}
