package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

func TestSaveAgent(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	before := len(actions(t, s))

	a, err := s.SaveAgent(ctx, admin, bridge.Agent{
		Email: " Carla@example.com ", Org: orgA[:15], SalesforceUser: userB[:15], Enabled: true,
		Devices: []bridge.Device{{Link: "main", Extension: "105"}}, Groups: []string{"Sales"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.ID == "" || a.Email != "Carla@example.com" || a.Org != orgA || a.SalesforceUser != userB {
		t.Errorf("not tidied: %+v", a)
	}
	got, err := s.Agent(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "agent", got, a)

	// The panel's form does not hold the binding; to save it is not to unbind.
	form := a
	form.SalesforceUser = ""
	form.Devices = []bridge.Device{{Link: "main", Extension: "106"}}
	saved, err := s.SaveAgent(ctx, admin, form)
	if err != nil {
		t.Fatal(err)
	}
	if saved.SalesforceUser != userB || saved.ID != a.ID {
		t.Errorf("binding lost: %+v", saved)
	}
	if _, err := s.SaveAgent(ctx, admin, saved); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteAgent(ctx, admin, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Agent(ctx, a.ID)
	wantIs(t, "deleted", err, bridge.ErrNotFound)
	wantIs(t, "deleted twice", s.DeleteAgent(ctx, admin, a.ID), bridge.ErrNotFound)
	_, err = s.SaveAgent(ctx, admin, saved)
	wantIs(t, "saved after it was deleted", err, bridge.ErrNotFound)
	same(t, "audit", actions(t, s)[before:], []string{
		admin + " agent.create Carla@example.com", admin + " agent.update Carla@example.com", admin + " agent.delete Carla@example.com",
	})
	entries, err := s.Audit(ctx, bridge.AuditFilter{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "detail", entries[1].Detail, "devices: main/105 → main/106")
}

func TestSaveAgentRefuses(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	before := len(actions(t, s))
	good := bridge.Agent{Email: "carla@example.com", Org: orgA}
	with := func(change func(*bridge.Agent)) bridge.Agent {
		a := good
		change(&a)
		return a
	}
	for what, c := range map[string]struct {
		a    bridge.Agent
		path string // of the fault; a conflict if empty
	}{
		"no address":      {with(func(a *bridge.Agent) { a.Email = "" }), "email"},
		"unknown org":     {with(func(a *bridge.Agent) { a.Org = "00D000000000003EAA" }), "org"},
		"unknown link":    {with(func(a *bridge.Agent) { a.Devices = []bridge.Device{{Link: "x", Extension: "1"}} }), "devices[0].link"},
		"unknown group":   {with(func(a *bridge.Agent) { a.Groups = []string{"x"} }), "groups[0]"},
		"address taken":   {with(func(a *bridge.Agent) { a.Email = "BERTA.beispiel@example.com" }), ""},
		"user taken":      {with(func(a *bridge.Agent) { a.SalesforceUser = userA }), ""},
		"mistyped user":   {with(func(a *bridge.Agent) { a.SalesforceUser = "005" }), "salesforceUser"},
		"device is empty": {with(func(a *bridge.Agent) { a.Devices = []bridge.Device{{Link: "main"}} }), "devices[0].extension"},
	} {
		_, err := s.SaveAgent(ctx, admin, c.a)
		var faults bridge.FieldErrors
		if c.path == "" {
			wantIs(t, what, err, bridge.ErrConflict)
			if err != nil && strings.Contains(err.Error(), "store:") {
				t.Errorf("%s: %q is not for a form", what, err)
			}
		} else if !errors.As(err, &faults) || faults[0].Path != c.path {
			t.Errorf("%s: got %v, want a fault at %q", what, err, c.path)
		}
	}
	// The same user id in another org is another person.
	if _, err := s.SaveAgent(ctx, admin, with(func(a *bridge.Agent) { a.Org, a.SalesforceUser = orgB, userA })); err != nil {
		t.Error(err)
	}
	if n := len(actions(t, s)) - before; n != 1 {
		t.Errorf("%d audit rows, want only the one of the good change", n)
	}
}

func TestWhatEndsSessions(t *testing.T) {
	for what, change := range map[string]func(*bridge.Agent){
		"disabled":      func(a *bridge.Agent) { a.Enabled = false },
		"other org":     func(a *bridge.Agent) { a.Org = orgB },
		"other user":    func(a *bridge.Agent) { a.SalesforceUser = userB },
		"other devices": func(a *bridge.Agent) { a.Devices = nil },
	} {
		for _, by := range []string{"panel", "import"} {
			s, a := withAgent(t)
			mustSave(t, s, session(a, 1))
			change(&a)
			if by == "panel" {
				if _, err := s.SaveAgent(t.Context(), admin, a); err != nil {
					t.Fatal(err)
				}
			} else {
				mustImport(t, s, bridge.Document{Version: 1, Agents: []bridge.Agent{a}}, false)
			}
			_, err := s.SessionByToken(t.Context(), token(1))
			if ended := errors.Is(err, bridge.ErrNotFound); ended != (what != "other devices") {
				t.Errorf("%s by %s: session ended %v", what, by, ended)
			}
		}
	}
	s, a := withAgent(t)
	mustSave(t, s, session(a, 1))
	if err := s.DeleteAgent(t.Context(), admin, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.SessionByToken(t.Context(), token(1))
	wantIs(t, "deleted agent", err, bridge.ErrNotFound)
}

func TestMovedAgentLosesItsBinding(t *testing.T) {
	s, a := withAgent(t)
	a.Org, a.SalesforceUser = orgB, ""
	got, err := s.SaveAgent(t.Context(), admin, a)
	if err != nil {
		t.Fatal(err)
	}
	if got.SalesforceUser != "" {
		t.Errorf("a user of the old org stays bound in the new one: %+v", got)
	}
}

func TestConcurrentSaveAgent(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	const each, addresses = 8, 10
	made := make([]int, addresses)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for n := range each * addresses {
		wg.Go(func() {
			_, err := s.SaveAgent(ctx, admin, bridge.Agent{Email: fmt.Sprintf("a%d@example.com", n%addresses), Org: orgA, Enabled: true})
			if err != nil && !errors.Is(err, bridge.ErrConflict) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				made[n%addresses]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for n, count := range made {
		if count != 1 {
			t.Errorf("a%d@example.com was made %d times", n, count)
		}
	}
	agents, err := s.Agents(ctx)
	if err != nil || len(agents) != addresses+2 {
		t.Errorf("%d agents, %v", len(agents), err)
	}
}

func TestGroups(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	before := len(actions(t, s))
	show := true
	renamed := bridge.Group{Name: "Sales team", Settings: bridge.Settings{ShowDetails: &show}}
	for _, err := range []error{
		s.SaveGroup(ctx, admin, "", bridge.Group{Name: "Support"}),
		s.SaveGroup(ctx, admin, "Support", bridge.Group{Name: "Support"}), // changes nothing
		s.SaveGroup(ctx, admin, "Sales", renamed),
		s.DeleteGroup(ctx, admin, "Night"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	groups, err := s.Groups(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "groups", groups, []bridge.Group{renamed, {Name: "Support"}})
	same(t, "memberships follow", agentByEmail(t, s, "berta.beispiel@example.com").Groups, []string{"Sales team"})
	wantIs(t, "taken", s.SaveGroup(ctx, admin, "", bridge.Group{Name: "Support"}), bridge.ErrConflict)
	wantIs(t, "renamed to a taken one", s.SaveGroup(ctx, admin, "Sales team", bridge.Group{Name: "Support"}), bridge.ErrConflict)
	wantIs(t, "unknown", s.SaveGroup(ctx, admin, "x", bridge.Group{Name: "y"}), bridge.ErrNotFound)
	wantIs(t, "unknown", s.DeleteGroup(ctx, admin, "x"), bridge.ErrNotFound)
	var faults bridge.FieldErrors
	if err := s.SaveGroup(ctx, admin, "", bridge.Group{}); !errors.As(err, &faults) || faults[0].Path != "name" {
		t.Errorf("no name: %v", err)
	}
	same(t, "audit", actions(t, s)[before:], []string{
		admin + " group.create Support", admin + " group.update Sales team", admin + " group.delete Night",
	})
}

func TestLinks(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	before := len(actions(t, s))
	l := document().Links[0]
	l.Server, l.Password = "other.example.com", ""
	if err := s.SaveLink(ctx, admin, l); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveLink(ctx, admin, l); err != nil { // changes nothing
		t.Fatal(err)
	}
	shown, err := s.Links(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "shown", shown, []pbx.LinkConfig{l, document().Links[1]})
	d := stored(t, s)
	same(t, "kept password", d.Links[0].Password, "geheim-main")
	l.Password = "geheim-neu"
	if err := s.SaveLink(ctx, admin, l); err != nil {
		t.Fatal(err)
	}
	same(t, "new password", stored(t, s).Links[0].Password, "geheim-neu")
	err = s.DeleteLink(ctx, admin, "main")
	wantIs(t, "in use", err, bridge.ErrConflict)
	if err := s.DeleteLink(ctx, admin, "mirror"); err != nil {
		t.Error(err)
	}
	wantIs(t, "unknown", s.DeleteLink(ctx, admin, "mirror"), bridge.ErrNotFound)
	var faults bridge.FieldErrors
	if err := s.SaveLink(ctx, admin, pbx.LinkConfig{Name: "x", Type: "sip"}); !errors.As(err, &faults) || faults[0].Path != "server" {
		t.Errorf("no server: %v", err)
	}
	same(t, "audit", actions(t, s)[before:], []string{admin + " link.update main", admin + " link.update main", admin + " link.delete mirror"})
	noSecretInAudit(t, s)
}

func TestOrgs(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	mustImport(t, s, document(), false)
	before := len(actions(t, s))
	o := document().Orgs[0]
	o.Name, o.ClientSecret, o.ID = "Aleph", "", orgA[:15]
	for range 2 { // the second changes nothing
		if err := s.SaveOrg(ctx, admin, o); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := s.Orgs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	o.ID = orgA
	same(t, "shown", shown, []lookup.OrgConfig{o, document().Orgs[1]})
	same(t, "kept secret", stored(t, s).Orgs[0].ClientSecret, "geheim-alpha")
	var faults bridge.FieldErrors
	if err := s.SaveOrg(ctx, admin, lookup.OrgConfig{ID: "00D000000000003", Name: "Beta", InstanceURL: "https://c.example.com"}); !errors.As(err, &faults) || faults[0].Path != "name" {
		t.Errorf("taken name: %v", err)
	}
	wantIs(t, "in use", s.DeleteOrg(ctx, admin, orgB), bridge.ErrConflict)
	wantIs(t, "unknown", s.DeleteOrg(ctx, admin, "x"), bridge.ErrNotFound)
	if err := s.DeleteAgent(ctx, admin, agentByEmail(t, s, "anton.anders@example.com").ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteOrg(ctx, admin, orgB); err != nil {
		t.Error(err)
	}
	same(t, "audit", actions(t, s)[before:], []string{
		admin + " org.update " + orgA, admin + " agent.delete anton.anders@example.com", admin + " org.delete " + orgB,
	})
	noSecretInAudit(t, s)
}

func noSecretInAudit(t *testing.T, s *Store) {
	t.Helper()
	entries, err := s.Audit(t.Context(), bridge.AuditFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(fmt.Sprint(e), "geheim") {
			t.Errorf("the audit trail tells a secret: %+v", e)
		}
	}
}
