package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// TestCheck lets `check` find each thing that is wrong, with its cure.
func TestCheck(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, c := range []struct {
		name    string
		pairs   []string // what is wrong in the document
		subject string
		says    []string
	}{
		{"PBX password", []string{"toy-pbx-password", "wrong"}, "link main", []string{"password"}},
		{"unknown extension", []string{`"1001"`, `"4711"`}, "link main, extension 4711", nil},
		{"PBX that does not answer", []string{x.pbx.Addr(), "127.0.0.1:9"}, "link main", nil},
		{"client secret", []string{"env:SF_SECRET", "wrong"}, "org Toy org", []string{"secret is wrong"}},
		{"no client", []string{"clientSecret: env:SF_SECRET", ""}, "org Toy org", []string{"secret"}},
		{"agent without telephone", []string{`[{link: main, extension: "1001"}]`, "[]"}, "agent ada@example.com", []string{"telephone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := x.configured(t, c.pairs...)
			found, code := s.check()
			wantCode := 1
			if c.name == "agent without telephone" {
				wantCode = 0
			}
			expectFinding(t, found, c.subject, c.says...)
			if code != wantCode {
				t.Errorf("check ended with %d, want %d: %+v", code, wantCode, found)
			}
			s.run("check").expect(t, wantCode, c.subject, "→")
		})
	}
	t.Run("no ticket certificate", func(t *testing.T) {
		document := x.document()
		from, to := strings.Index(document, "    ticketCertificates:"), strings.Index(document, "links:")
		s := newShell(t)
		s.env["SF_SECRET"] = x.org.ClientSecret()
		s.pipe(document[:from]+document[to:], "config", "import", "-").expect(t, 0)
		found, code := s.check()
		expectFinding(t, found, "org Toy org", "certificate")
		if code != 1 {
			t.Errorf("check ended with %d", code)
		}
	})
	t.Run("nothing configured", func(t *testing.T) {
		s := newShell(t)
		found, code := s.check()
		for _, subject := range []string{"links", "orgs", "agents", "panel"} {
			expectFinding(t, found, subject)
		}
		if code != 1 {
			t.Errorf("check ended with %d", code)
		}
	})
	t.Run("all is well", func(t *testing.T) {
		s := x.configured(t)
		s.pipe("correct horse battery\n", "admin", "create-user", "admin").expect(t, 0)
		s.serve()
		s.must("sync")
		found, code := s.check()
		if code != 0 {
			t.Errorf("check ended with %d: %+v", code, found)
		}
		for _, f := range found {
			if f.Level == daemon.LevelProblem {
				t.Errorf("check says %+v", f)
			}
		}
		// The bridge serves on with what is corrected at once.
		s.run("config", "import", s.file("wrong.yaml", x.document("toy-pbx-password", "wrong"))).expect(t, 0, "1 changed")
		found, _ = s.check()
		expectFinding(t, found, "link main", "password")
		s.run("config", "import", s.file("right.yaml", x.document())).expect(t, 0, "1 changed")
		if found, code = s.check(); code != 0 {
			t.Errorf("after the correction check ended with %d: %+v", code, found)
		}
	})
}

func (s *shell) check() (found []daemon.Finding, code int) {
	s.t.Helper()
	got := s.run("check", "--json")
	if err := json.Unmarshal([]byte(got.out), &found); err != nil {
		s.t.Fatalf("%v: %s%s", err, got.out, got.err)
	}
	return found, got.code
}

// expectFinding looks for a finding that is not ok, and has a text and a cure.
func expectFinding(t *testing.T, found []daemon.Finding, subject string, says ...string) {
	t.Helper()
	for _, f := range found {
		if f.Subject != subject || f.Level == daemon.LevelOK {
			continue
		}
		all := true
		for _, text := range says {
			all = all && strings.Contains(strings.ToLower(f.Text+f.Cure), text)
		}
		if all && f.Text != "" && f.Cure != "" {
			return
		}
	}
	t.Errorf("nothing of %q with %q and a cure in %+v", subject, says, found)
}
