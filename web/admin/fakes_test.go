package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/admin"
)

// fake is every interface of the panel, in memory.
type fake struct {
	mu       sync.Mutex
	nextID   int
	agents   []bridge.Agent
	groups   []bridge.Group
	links    []pbx.LinkConfig
	orgs     []lookup.OrgConfig
	admins   []bridge.Administrator
	audit    []bridge.AuditEntry
	refused  []bridge.Refusal
	statuses []admin.LinkStatus
	syncs    []lookup.SyncStatus

	orgStatuses []lookup.OrgStatus
	online      map[bridge.AgentID]int
	synced      []string
	journal     journal
	secrets     map[string][]string // paths, by org
	tokens      []bridge.Token
	tries       []lookup.OrgConfig
	findings    []admin.Finding
	tried       string // the id that the org tells
	objects     []*lookup.ObjectError
	fields      []admin.ObjectField
	askErr      error // of what asks an org
	err         error // returned by everything that can fail
}

func (f *fake) Agents(context.Context) ([]bridge.Agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.agents), f.err
}

func (f *fake) Agent(_ context.Context, id bridge.AgentID) (bridge.Agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.agentIndex(id); i >= 0 {
		return f.agents[i], f.err
	}
	return bridge.Agent{}, bridge.ErrNotFound
}

func (f *fake) agentIndex(id bridge.AgentID) int {
	return slices.IndexFunc(f.agents, func(a bridge.Agent) bool { return a.ID == id })
}

func (f *fake) SaveAgent(_ context.Context, actor string, a bridge.Agent) (bridge.Agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, other := range f.agents {
		if other.Email == a.Email && other.ID != a.ID {
			return a, bridge.ErrConflict
		}
	}
	if strings.HasSuffix(a.Email, "@refused.example.com") {
		return a, bridge.FieldErrors{{Path: "email", Text: "must be known"}, {Path: "salesforceUser", Text: "must be real"}}
	}
	if i := f.agentIndex(a.ID); i >= 0 {
		if a.SalesforceUser == "" && a.Org == f.agents[i].Org {
			a.SalesforceUser = f.agents[i].SalesforceUser
		}
		f.agents[i] = a
		f.note(actor, "agent.update", a.Email)
		return a, f.err
	}
	f.nextID++
	a.ID = bridge.AgentID(fmt.Sprintf("new%d", f.nextID))
	f.agents = append(f.agents, a)
	f.note(actor, "agent.create", a.Email)
	return a, f.err
}

func (f *fake) DeleteAgent(_ context.Context, actor string, id bridge.AgentID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.agents = slices.DeleteFunc(f.agents, func(a bridge.Agent) bool { return a.ID == id })
	f.note(actor, "agent.delete", string(id))
	return f.err
}

func (f *fake) Unbind(_ context.Context, actor string, id bridge.AgentID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.agents[f.agentIndex(id)].SalesforceUser = ""
	f.note(actor, "agent.unbind", string(id))
	return f.err
}

func (f *fake) Refusals(context.Context) ([]bridge.Refusal, error) { return f.refused, f.err }

func (f *fake) Groups(context.Context) ([]bridge.Group, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.groups), f.err
}

func (f *fake) SaveGroup(_ context.Context, actor, oldName string, g bridge.Group) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.groups {
		if f.groups[i].Name == g.Name && g.Name != oldName {
			return bridge.ErrConflict
		}
	}
	for i := range f.groups {
		if f.groups[i].Name == oldName {
			f.groups[i] = g
			f.note(actor, "group.update", g.Name)
			return f.err
		}
	}
	f.groups = append(f.groups, g)
	f.note(actor, "group.create", g.Name)
	return f.err
}

func (f *fake) DeleteGroup(_ context.Context, actor, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups = slices.DeleteFunc(f.groups, func(g bridge.Group) bool { return g.Name == name })
	f.note(actor, "group.delete", name)
	return f.err
}

func (f *fake) Links(context.Context) ([]pbx.LinkConfig, error)  { return f.links, f.err }
func (f *fake) Orgs(context.Context) ([]lookup.OrgConfig, error) { return f.orgs, f.err }
func (f *fake) LinkStatuses() []admin.LinkStatus                 { return f.statuses }
func (f *fake) SyncStatuses() []lookup.SyncStatus                { return f.syncs }
func (f *fake) OrgStatuses() []lookup.OrgStatus                  { return f.orgStatuses }
func (f *fake) Sessions() map[bridge.AgentID]int                 { return f.online }

func (f *fake) HintStatus(org string) lookup.HintStatus {
	return lookup.HintStatus{Org: org, Records: 1234, Read: 1200, Left: 34, Budget: 588}
}

func (f *fake) LiveStatus(org string) lookup.LiveStatus {
	return lookup.LiveStatus{Org: org, Asked: 77, Found: 5, Failed: 1, Left: 423}
}

func (f *fake) Sync(_ context.Context, org, object string, full bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.ContainsFunc(f.orgs, func(o lookup.OrgConfig) bool { return o.ID == org }) {
		return bridge.ErrNotFound
	}
	if object != "" {
		org += "/" + object
	}
	if full {
		org += " in full"
	}
	f.synced = append(f.synced, org)
	return errors.Join(f.err, f.askErr)
}

func (f *fake) Administrators(context.Context) ([]bridge.Administrator, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.admins), f.err
}

func (f *fake) Administrator(_ context.Context, name string) (bridge.Administrator, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.admins {
		if a.Name == name {
			return a, f.err
		}
	}
	return bridge.Administrator{}, fmt.Errorf("store: administrator: %w", bridge.ErrNotFound)
}

func (f *fake) SaveAdministrator(_ context.Context, actor string, a bridge.Administrator) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.admins = slices.DeleteFunc(f.admins, func(b bridge.Administrator) bool { return b.Name == a.Name })
	f.admins = append(f.admins, a)
	f.note(actor, "administrator.update", a.Name)
	return f.err
}

// Audit knows words of objects only.
func (f *fake) Audit(_ context.Context, filter bridge.AuditFilter) ([]bridge.AuditEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []bridge.AuditEntry
	for i, e := range slices.Backward(f.audit) {
		e.ID = int64(i + 1)
		if (filter.Before == 0 || e.ID < filter.Before) && !slices.Contains(filter.Without, e.Action) && len(out) < filter.Limit &&
			!slices.ContainsFunc(filter.Words, func(w string) bool { return !strings.Contains(e.Object, w) }) {
			out = append(out, e)
		}
	}
	return out, f.err
}

func (f *fake) AppendAudit(_ context.Context, e bridge.AuditEntry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.audit = append(f.audit, e)
	return f.err
}

func (f *fake) CountAudit(_ context.Context, e bridge.AuditEntry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, old := range f.audit {
		if old.Times > 0 && old.Actor == e.Actor && old.Action == e.Action && old.Object == e.Object {
			f.audit[i].Times++
			return f.err
		}
	}
	e.Times = 1
	f.audit = append(f.audit, e)
	return f.err
}

func (f *fake) note(actor, action, object string) {
	f.audit = append(f.audit, bridge.AuditEntry{Time: time.Now(), Actor: actor, Action: action, Object: object})
}

// sessions is an scs.CtxStore that starts no goroutine.
type sessions struct {
	mu   sync.Mutex
	byID map[string]session
}

type session struct {
	data    []byte
	expires time.Time
}

func (s *sessions) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.byID[token]
	if !ok || time.Now().After(x.expires) {
		return nil, false, nil
	}
	return x.data, true, nil
}

func (s *sessions) CommitCtx(_ context.Context, token string, b []byte, expires time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = make(map[string]session)
	}
	s.byID[token] = session{b, expires}
	return nil
}

func (s *sessions) DeleteCtx(_ context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, token)
	return nil
}

func (s *sessions) Find(t string) ([]byte, bool, error) { return s.FindCtx(context.Background(), t) }

func (s *sessions) Delete(t string) error { return s.DeleteCtx(context.Background(), t) }

func (s *sessions) Commit(t string, b []byte, e time.Time) error {
	return s.CommitCtx(context.Background(), t, b, e)
}

const (
	orgID  = "00D000000000001EAA"
	org2ID = "00D000000000002EAA"
)

// sample is a bridge with a bit of everything.
func sample() *fake {
	yes, no, answer, none := true, false, bridge.PopOnAnswer, "none"
	return &fake{
		agents: []bridge.Agent{
			{
				ID: "a1", Email: "berta@example.com", Org: orgID, SalesforceUser: "005000000000001AAA", Enabled: true, Groups: []string{"Sales", "Night shift"},
				Devices: []bridge.Device{{Link: "berlin", Extension: "103"}, {Link: "munich", Extension: "203"}},
			},
			{ID: "a2", Email: "anton@example.com", Org: orgID, Enabled: true, Groups: []string{"Sales"}, Devices: []bridge.Device{{Link: "berlin", Extension: "104"}}},
			{ID: "a3", Email: "clara@example.com", Org: org2ID, Enabled: false},
		},
		groups: []bridge.Group{
			{Name: "Sales", Settings: bridge.Settings{PopOn: &answer, OpenRecord: &no, InternalCalls: &yes, ShowDetails: &no, CreateObject: &none, Objects: []string{"Account", "Contact"}}},
			{Name: "Night shift"},
		},
		links: []pbx.LinkConfig{
			{Name: "berlin", Type: "sip", Profile: "asterisk", Server: "pbx.example.com"},
			{Name: "munich", Type: "csta", Server: "switch.example.com:4400"},
			{Name: "hamburg", Type: "sip", Server: "hh.example.com"},
			{Name: "cologne", Type: "sip", Server: "k.example.com"},
		},
		orgs: []lookup.OrgConfig{
			{ID: orgID, Name: "Example AG", InstanceURL: "https://example.my.salesforce.com", ClientSecret: "never-on-a-page"},
			{ID: org2ID, Name: "Beispiel GmbH", InstanceURL: "https://beispiel.sandbox.my.salesforce.com", Sandbox: true},
		},
		statuses: []admin.LinkStatus{
			{Name: "berlin", Status: pbx.Status{State: pbx.LinkConnected, Since: time.Now().Add(-time.Hour), Watched: 212, Active: 212, Events: 48213, LastEvent: time.Now()}},
			{Name: "munich", Status: pbx.Status{
				State: pbx.LinkDegraded, Since: time.Now().Add(-time.Minute), Watched: 40, Active: 38, Events: 12, LastEvent: time.Now(),
				Problem: "The switch does not report on 2 of 40 extensions.", Cure: "Allow monitoring for them in the switch.",
				Refused: []pbx.DeviceProblem{{Device: "207", Problem: "Monitoring is not allowed.", Cure: "Add it to the monitored group."}, {Device: "208", Problem: "No such extension.", Cure: "Correct the agent's extension."}},
			}},
			{Name: "hamburg", Status: pbx.Status{State: pbx.LinkRejected, Profile: "freeswitch", Since: time.Now(), Watched: 3, Problem: "The PBX refuses our user name or password (403).", Cure: "Correct them and import the configuration again."}},
		},
		syncs: []lookup.SyncStatus{
			{Org: orgID, Object: "Contact", Records: 912345, LastRun: time.Now().Add(-time.Minute), Warnings: []string{"Contact.AssistantPhone is left out: the run-as user cannot read it."}},
			{Org: orgID, Object: "Account", Running: true, Done: 41200, Total: 120000, Phase: lookup.PhaseReading, Rate: 18432.7, Left: 245 * time.Second, Records: 118000, LastRun: time.Now().Add(-time.Hour)},
			{Org: orgID, Object: "Lead", Records: 0, LastError: "Salesforce refuses the login: invalid client credentials.", Cure: "Check client id and secret of the connected app.", LastRun: time.Now().Add(-time.Hour)},
		},
		online: map[bridge.AgentID]int{"a1": 2},
	}
}
