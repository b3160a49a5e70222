package daemon_test

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
)

// findings are what check says about the orgs, one line each.
func (w *world) orgFindings() string {
	w.t.Helper()
	c := w.client()
	defer c.Close()
	all, err := c.Check(w.t.Context())
	w.must(err)
	var lines []string
	for _, f := range all {
		if strings.HasPrefix(f.Subject, "org ") {
			lines = append(lines, string(f.Level)+" "+f.Text+" "+f.Cure)
		}
	}
	return strings.Join(lines, "\n")
}

// TestDisabledOrgIsLeftAlone: nothing is asked of it, its agents are signed out,
// check says so; and it comes back.
func TestDisabledOrgIsLeftAlone(t *testing.T) {
	w := newWorld(t, "tcp")
	w.synced()
	ada := w.signIn(adaEmail, "ada-1", true)
	d := w.document()
	d.Orgs[0].Disabled = true
	w.load(d, false)
	if code, _ := ada.Closed(); code != 4403 {
		t.Errorf("the agent's session ends with %d", code)
	}
	refused(t, w.tab(adaEmail, "ada-1", true), 4403)
	before := w.org.Requests("")
	text := w.orgFindings()
	if !strings.Contains(text, string(daemon.LevelWarning)+" the org is switched off") {
		t.Errorf("check says\n%s", text)
	}
	if n := w.org.Requests("") - before; n != 0 {
		t.Errorf("%d requests to an org that is switched off", n)
	}
	d.Orgs[0].Disabled = false
	w.load(d, false)
	w.synced()
	w.signIn(adaEmail, "ada-1", true)
}

// TestRefreshTokenLastsThroughRotations: each sign-in replaces it, nobody is
// disturbed, and a restart comes in with the last one.
func TestRefreshTokenLastsThroughRotations(t *testing.T) {
	w := newWorld(t, "tcp")
	w.org.RotateRefreshTokens(true)
	d := w.document()
	d.Orgs[0].SignIn = lookup.SignIn{Kind: lookup.SignInWebServer, RefreshToken: w.org.NewRefreshToken(w.org.Users()[0].ID)}
	w.load(d, false)
	w.synced()
	d.Orgs[0].SignIn.RefreshToken = "" // keeps the stored one
	for range 2 {
		w.org.ExpireSessions()
		if text := w.orgFindings(); !strings.Contains(text, "ok signed in") || strings.Contains(text, "problem") {
			t.Fatalf("check says\n%s", text)
		}
		w.load(d, false)
	}
	w.stop()
	w.start()
	if text := w.orgFindings(); !strings.Contains(text, "ok signed in") {
		t.Errorf("after a restart check says\n%s", text)
	}
	if page := w.get("/metrics"); !strings.Contains(page, `ctibridge_salesforce_requests_total{endpoint="sign-in",org="`+w.org.ID()+`",status="2xx"}`) ||
		!strings.Contains(page, `ctibridge_salesforce_used{limit="api_calls",org="`+w.org.ID()+`"}`) {
		t.Error("the metrics do not tell of the org's calls")
	}
}
