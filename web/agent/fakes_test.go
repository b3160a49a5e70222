package agent_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

const (
	orgID     = "00D000000000001EAA"
	otherOrg  = "00D000000000002EAA"
	userAda   = "005000000000001AAA"
	instance  = "https://example.my.salesforce.com"
	lightning = "https://example.lightning.force.com"
	publicURL = "https://bridge.example.com"
	ada       = bridge.AgentID("a-1")
	bob       = bridge.AgentID("a-2")
)

// keys are made once: making them is slow, and inside synctest the clock of
// 2000 is used, not the keys'.
var keys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	a, err := agenttest.NewIssuer(orgID, instance, publicURL)
	b, err2 := agenttest.NewIssuer(otherOrg, "", publicURL)
	if err := errors.Join(err, err2); err != nil {
		panic(err)
	}
	return [2]*rsa.PrivateKey{a.Key, b.Key}
})

func issuer() *agenttest.Issuer {
	return &agenttest.Issuer{Key: keys()[0], KID: "cti_ticket", Org: orgID, URL: instance, Audience: publicURL}
}

func otherIssuer() *agenttest.Issuer {
	return &agenttest.Issuer{Key: keys()[1], KID: "cti_ticket", Org: otherOrg, URL: "https://other.my.salesforce.com", Audience: publicURL}
}

// fakeBridge knows ada and bob of one org.
type fakeBridge struct {
	mu       sync.Mutex
	agents   map[bridge.AgentID]bridge.Agent
	calls    map[bridge.AgentID][]bridge.Call
	identify error
	dial     func(ctx context.Context, request string) (bridge.CallID, error)
	act      func(call bridge.CallID, action bridge.Action) error
	events   []string
	dialled  []string
	// recents are answered, sawRecent says who has seen them.
	recents   map[bridge.AgentID][]bridge.Recent
	recentErr error
	sawRecent []bridge.AgentID
	// identified runs, locked, once an agent was found.
	identified func()
	// onCalls runs when the snapshot is taken.
	onCalls func()
}

func newFakeBridge() *fakeBridge {
	return &fakeBridge{
		agents: map[bridge.AgentID]bridge.Agent{
			ada: {ID: ada, Email: "ada@example.com", Org: orgID, SalesforceUser: userAda, Devices: []bridge.Device{{Link: "toy", Extension: "1001"}}, Enabled: true},
			bob: {ID: bob, Email: "bob@example.com", Org: orgID, Enabled: true},
		},
		calls: make(map[bridge.AgentID][]bridge.Call),
	}
}

func (b *fakeBridge) Identify(_ context.Context, c bridge.Claims) (bridge.Agent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.identify != nil {
		return bridge.Agent{}, b.identify
	}
	for _, a := range b.agents {
		if a.Email == c.Email && a.Org == c.Org {
			if b.identified != nil {
				b.identified()
			}
			return a, nil
		}
	}
	return bridge.Agent{}, bridge.ErrNoAgent
}

func (b *fakeBridge) Agent(id bridge.AgentID) (bridge.Agent, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.agents[id]
	return a, ok
}

func (b *fakeBridge) Calls(id bridge.AgentID) []bridge.Call {
	b.mu.Lock()
	calls, hook := b.calls[id], b.onCalls
	b.mu.Unlock()
	if hook != nil {
		hook()
	}
	return calls
}

func (b *fakeBridge) Dial(ctx context.Context, _ bridge.AgentID, request, _ string, _ *bridge.RecordRef) (bridge.CallID, error) {
	b.mu.Lock()
	b.dialled = append(b.dialled, request)
	dial := b.dial
	b.mu.Unlock()
	if dial != nil {
		return dial(ctx, request)
	}
	return "c-7", nil
}

func (b *fakeBridge) Act(_ context.Context, _ bridge.AgentID, call bridge.CallID, action bridge.Action, _ string) error {
	if b.act != nil {
		return b.act(call, action)
	}
	return nil
}

func (b *fakeBridge) Recent(_ context.Context, id bridge.AgentID, seen bool) ([]bridge.Recent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.recentErr != nil {
		return nil, b.recentErr
	}
	list := b.recents[id]
	if seen {
		b.sawRecent = append(b.sawRecent, id)
	}
	return append([]bridge.Recent{}, list...), nil
}

func (b *fakeBridge) Choose(context.Context, bridge.AgentID, bridge.CallID, bridge.RecordRef) error {
	return bridge.ErrNotYourCall
}

func (b *fakeBridge) Note(_ context.Context, _ bridge.AgentID, call bridge.CallID, n bridge.Note) error {
	b.note("note on " + string(call) + ": " + n.Text)
	return nil
}

func (b *fakeBridge) Settings(bridge.AgentID) bridge.PanelSettings {
	return bridge.PanelSettings{PopOn: bridge.PopOnRinging, Sound: true, QuietInCall: true}
}

func (b *fakeBridge) ChooseDevice(_ context.Context, _ bridge.AgentID, device string) error {
	if device == "taken" {
		return bridge.RequestError{Code: "notYourDevice", Message: "You may not choose this telephone.", Cure: "Choose another one."}
	}
	b.note("device " + device)
	return nil
}

func (b *fakeBridge) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, s)
}

func (b *fakeBridge) TabChanged(id bridge.AgentID, t bridge.Tab) {
	state := "seen"
	if t.Focused {
		state = "focused"
	}
	b.note(string(id) + " " + string(t.ID) + " " + state)
}

func (b *fakeBridge) TabClosed(id bridge.AgentID, t bridge.TabID) {
	b.note(string(id) + " " + string(t) + " closed")
}

func (b *fakeBridge) Navigated(id bridge.AgentID, tab bridge.TabID, pop bridge.PopID) {
	b.note(string(id) + " " + string(tab) + " navigated " + string(pop))
}

func (b *fakeBridge) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.events...)
}

// fakeSessions keeps sessions in memory; broken makes it fail.
type fakeSessions struct {
	mu     sync.Mutex
	all    map[[32]byte]bridge.Session
	used   map[[32]byte]bool
	broken error
	// refused are the users who were refused.
	refused []string
}

func newFakeSessions() *fakeSessions {
	return &fakeSessions{all: make(map[[32]byte]bridge.Session), used: make(map[[32]byte]bool)}
}

func (f *fakeSessions) SaveSession(_ context.Context, s bridge.Session, replaces [32]byte, ticket bridge.UsedTicket) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used[ticket.Hash] {
		return bridge.ErrTicketUsed
	}
	f.used[ticket.Hash] = ticket.Hash != [32]byte{}
	if f.broken == nil {
		delete(f.all, replaces)
		f.all[s.TokenHash] = s
	}
	return f.broken
}

func (f *fakeSessions) AgentRefused(_ context.Context, c bridge.Claims, why error) (bridge.AgentID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = append(f.refused, c.Org+" "+c.User+" "+why.Error())
	return bob, nil
}

func (f *fakeSessions) SessionByToken(_ context.Context, hash [32]byte) (bridge.Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.all[hash]
	if f.broken != nil {
		return s, f.broken
	}
	if !ok {
		return s, bridge.ErrNotFound
	}
	return s, nil
}

func (f *fakeSessions) TakeSession(_ context.Context, hash [32]byte, next bridge.Session) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return f.broken
	}
	if _, ok := f.all[hash]; !ok {
		return bridge.ErrNotFound
	}
	delete(f.all, hash)
	f.all[next.TokenHash] = next
	return nil
}

// stage is a hub behind a real HTTP server, in memory.
type stage struct {
	t        *testing.T
	hub      *agent.Hub
	bridge   *fakeBridge
	sessions *fakeSessions
	pipe     *agenttest.Pipe
	metrics  *prometheus.Registry
	orgs     []lookup.OrgConfig
	log      bytes.Buffer // read it after synctest.Wait
	logger   *slog.Logger // writes to log
}

func newStage(t *testing.T, spoil ...func(*stage)) *stage {
	t.Helper()
	s := &stage{
		t: t, bridge: newFakeBridge(), sessions: newFakeSessions(), pipe: agenttest.NewPipe(), metrics: prometheus.NewRegistry(),
		orgs: []lookup.OrgConfig{issuer().Config()},
	}
	s.logger = slog.New(slog.NewTextHandler(&s.log, nil))
	for _, f := range spoil {
		f(s)
	}
	s.start()
	return s
}

func (s *stage) start() {
	s.hub = agent.NewHub(agent.Options{
		Bridge: s.bridge, Sessions: s.sessions, Refusals: s.sessions, Orgs: func() []lookup.OrgConfig { return s.orgs },
		Audience: publicURL + "/", OwnOrigin: publicURL, Version: "0.1.0", Metrics: s.metrics,
		Logger: s.logger,
	})
	hub := s.hub
	server := &http.Server{Handler: hub}
	pipe := s.pipe
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(pipe) })
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := hub.Shutdown(ctx); err != nil {
			s.t.Errorf("shutdown: %v", err)
		}
		_ = server.Close()
		serving.Wait()
	})
}

// options sign ada in by a ticket.
func (s *stage) options(tab string) agenttest.Options {
	return agenttest.Options{
		URL: "ws://bridge.example.com/agent/ws", Origin: lightning, Dial: s.pipe.Dial,
		Ticket: issuer().Ticket(userAda, "ada@example.com"), Tab: bridge.Tab{ID: bridge.TabID(tab), Visible: true},
	}
}

// signIn opens a tab of ada.
func (s *stage) signIn(tab string) *agenttest.Tab {
	s.t.Helper()
	return agenttest.Dial(s.t, s.options(tab))
}

// inBubble runs a test in memory and in its own time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	keys() // outside the bubble
	synctest.Test(t, f)
}

func call(id string, revision uint64, state bridge.State) bridge.Call {
	return bridge.Call{
		ID: bridge.CallID(id), Revision: revision, Direction: bridge.Inbound, State: state, Device: "1001",
		Party: bridge.Party{Number: "+493023125101", Display: "+49 30 23125101", Label: "Berta Beispiel"},
		Matches: []bridge.Match{{
			ID: "003000000000001AAA", Object: "Contact", Org: orgID, Name: "Berta Beispiel", Company: "Example GmbH", Match: lookup.MatchExact,
		}},
		StartedAt: bridge.Time{Time: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)},
		Actions:   []bridge.Action{},
	}
}

// serve serves the hub on a real listener until stop is called.
func serve(t testing.TB, hub *agent.Hub, l net.Listener) (stop func()) {
	t.Helper()
	server := &http.Server{Handler: hub}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := hub.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		_ = server.Close()
		serving.Wait()
	}
}
