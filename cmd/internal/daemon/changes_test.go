package daemon_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/web/admin"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

const panelPassword = "correct horse battery"

// panel is an administrator's browser, signed in to the admin panel.
type panel struct {
	t    *testing.T
	url  string
	http *http.Client
}

func (w *world) panel() *panel {
	w.t.Helper()
	hash, err := admin.HashPassword(panelPassword)
	w.must(err)
	c := w.client()
	defer c.Close()
	w.must(c.SaveAdministrator(w.t.Context(), daemon.AdministratorRequest{Name: "admin", PasswordHash: hash, Create: true}))
	jar, err := cookiejar.New(nil)
	w.must(err)
	p := &panel{w.t, w.url(), &http.Client{Jar: jar}}
	p.post("/admin/sign-in", url.Values{"name": {"admin"}, "password": {panelPassword}})
	return p
}

// post sends a form as the panel's pages do, and follows the answer to a page.
func (p *panel) post(path string, form url.Values) (page string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.url)
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || strings.HasSuffix(resp.Request.URL.Path, "/sign-in") {
		p.t.Fatalf("POST %s ended at %s with status %d, %v", path, resp.Request.URL, resp.StatusCode, err)
	}
	return string(body)
}

// TestChangesActAtOnce changes the configuration while agents are signed in.
func TestChangesActAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	p := w.panel()
	ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)
	parent := t
	run := func(name string, f func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			w.t, p.t, ada.t, bob.t = t, t, t, t
			f(t)
		})
	}

	run("disabled in the panel", func(t *testing.T) {
		path := "/admin/agents/" + string(ada.Welcome.Agent.ID) + "/enabled"
		p.post(path, url.Values{"enabled": {"no"}})
		if code, reason := ada.Closed(); code != agent.CloseNoAgent || reason == "" {
			t.Errorf("the tab was closed with %d %q, want %d and a reason", code, reason, agent.CloseNoAgent)
		}
		w.watching(1)
		refused(t, w.tab(adaEmail, "ada-1", true), agent.CloseNoAgent)
		resume := w.tab(adaEmail, "ada-1", true)
		resume.Ticket, resume.Resume = "", ada.Welcome.Resume
		refused(t, resume, agent.CloseNotAuthenticated)

		p.post(path, url.Values{"enabled": {"yes"}})
		w.watching(2)
		w.t = parent
		ada = w.signIn(adaEmail, "ada-1", true)
		w.t = t
		w.rings(adaExt, ada)
	})

	run("added in the panel", func(t *testing.T) {
		refused(t, w.tab("carla@example.com", "carla-1", true), agent.CloseNoAgent)
		p.post("/admin/agents/new", url.Values{
			"email": {"carla@example.com"}, "org": {w.org.ID()}, "enabled": {"yes"}, "link": {"toy"}, "extension": {newExt},
		})
		w.watching(3)
		w.rings(newExt, w.signIn("carla@example.com", "carla-1", true))
	})

	run("extension changed by import", func(t *testing.T) {
		d := w.document()
		d.Agents = d.Agents[:1]
		d.Agents[0].Devices[0].Extension = spareExt
		if report := w.load(d, false); report.Agents.Changed != 1 || report.Links.Changed+report.Orgs.Changed != 0 {
			t.Errorf("the import reports %v", report)
		}
		w.watching(3)
		ada.forget()
		w.pbx.Ring(adaExt, stranger) // nobody's now
		w.rings(spareExt, ada)       // so this is the first to pop
		w.must(w.pbx.HangUp(adaExt, ""))
		w.rings(bobExt, bob) // and Bob was not disturbed
	})

	run("the same import changes nothing", func(t *testing.T) {
		d := w.document()
		d.Agents[0].Devices[0].Extension = spareExt
		if report := w.load(d, false); report.Changed() {
			t.Errorf("the import reports %v", report)
		}
	})

	run("all others removed by import", func(t *testing.T) {
		d := w.document()
		d.Agents = d.Agents[1:]
		w.load(d, true)
		if code, _ := ada.Closed(); code != agent.CloseNoAgent {
			t.Errorf("the removed agent's tab was closed with %d", code)
		}
		w.rings(bobExt, bob)
	})

	run("PBX password corrected by import", func(t *testing.T) {
		d := w.document()
		d.Agents = d.Agents[1:]
		d.Links[0].Password = "wrong"
		w.load(d, false)
		await(t, "the link says that it is refused", func() bool {
			s := w.status()
			return s.Active == 0 && (s.Problem != "" || len(s.Refused) > 0)
		})
		w.load(w.document(), false)
		w.watching(2)
		w.rings(bobExt, bob)
	})
}

// rings lets a known caller ring, sees the pop, and hangs up.
func (w *world) rings(ext string, at *screen) {
	w.t.Helper()
	h := w.pbx.Ring(ext, berta)
	c := at.finds(bridge.Ringing)
	if c.Device != ext || len(c.Matches) != 1 || c.Matches[0].ID != w.seed.Known {
		w.t.Errorf("a known caller at %s pops as %+v", ext, c)
	}
	w.must(w.pbx.CallerHangsUp(h))
	at.ends(c.ID, bridge.EndAbandoned)
}

// refused signs in and expects to be sent away.
func refused(t *testing.T, o agenttest.Options, code int) {
	t.Helper()
	if got, reason := connect(t, o).Closed(); got != code {
		t.Errorf("closed with %d %q, want %d", got, reason, code)
	}
}

// TestBridgeRestarts ends the bridge and starts it on the same data folder: the
// tabs come back by themselves, without Salesforce.
func TestBridgeRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	w.rings(adaExt, ada)
	h := w.pbx.Ring(adaExt, stranger)
	ada.pops(bridge.Ringing)
	w.must(w.pbx.Answer(adaExt, h))

	w.stop()
	if code, _ := ada.Closed(); code != 1012 {
		t.Errorf("the tab was closed with %d, want 1012", code)
	}
	w.must(w.org.Close())
	w.start()
	w.watching(2)
	o := w.tab(adaEmail, "ada-1", true)
	o.Ticket, o.Resume = "", ada.Welcome.Resume
	back := open(t, o)
	if back.Welcome.Agent.ID != ada.Welcome.Agent.ID {
		t.Errorf("resumed as %+v", back.Welcome.Agent)
	}
	w.must(w.pbx.CallerHangsUp(h))
	w.rings(adaExt, back)
	refused(t, o, agent.CloseNotAuthenticated) // the token was for once
}

// TestPBXRestarts kills the PBX and starts another one in its place, which
// knows nobody.
func TestPBXRestarts(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, transport)
			ada := w.signIn(adaEmail, "ada-1", true)
			h := w.pbx.Ring(adaExt, berta)
			c := ada.finds(bridge.Ringing)
			w.must(w.pbx.Answer(adaExt, h))
			ada.becomes(c.ID, bridge.Connected)

			addr := w.pbx.Addr()
			w.pbx.Close()
			w.startPBX(addr)
			w.watching(2)
			ada.becomes(c.ID, bridge.Ended) // the new one knows of no call
			w.rings(adaExt, ada)

			w.pbx.Restart() // forgets, and says nothing
			await(t, "the bridge has subscribed anew", func() bool { return w.pbx.Subscriptions() == 2 })
			w.watching(2)
			w.rings(adaExt, ada)
		})
	}
}
