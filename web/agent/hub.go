package agent

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// Subprotocol is what a panel asks for in its upgrade request.
const Subprotocol = "ctibridge.v1"

// Options are what a Hub works with. All but Refusals, OwnOrigin, Version and
// Metrics must be set.
type Options struct {
	Bridge   Bridge
	Sessions Sessions
	// Refusals is told of users who are no agents; nil: they are only logged.
	Refusals Refusals
	// Orgs gives the configured orgs; it is read by NewHub and OrgsChanged.
	Orgs func() []lookup.OrgConfig
	// Audience is what tickets must be made for: the bridge's public URL. A
	// trailing slash does not count.
	Audience string
	// OwnOrigin is where the bridge's own pages come from.
	OwnOrigin string
	Logger    *slog.Logger
	Version   string
	Metrics   prometheus.Registerer
}

// Hub holds the connections of all browser tabs. It is the handler of /agent/ws
// and the bridge's Screens.
type Hub struct {
	bridge   Bridge
	sessions Sessions
	refusals Refusals
	orgs     func() []lookup.OrgConfig
	own      string
	version  string
	log      *slog.Logger
	metrics  *metrics
	upgrader websocket.Upgrader
	ring     atomic.Pointer[keyring]
	buffers  buffers
	tickets  verifier
	failures failures
	foreign  *rate.Limiter // of log lines about foreign origins
	failing  *rate.Limiter // of those about addresses that fail without end
	numbers  atomic.Uint64

	// ctx ends with Shutdown: it interrupts greetings and requests.
	ctx    context.Context
	cancel context.CancelFunc
	// running counts greetings and sessions.
	running sync.WaitGroup

	mu    sync.RWMutex
	down  bool
	desks map[bridge.AgentID]*desk
	// resting are desks without tabs, in the order in which they can go.
	resting []*desk
	tabs    int
}

var (
	_ bridge.Screens        = (*Hub)(nil)
	_ bridge.SettingsScreen = (*Hub)(nil)
)

// NewHub makes a hub. It starts nothing; each connection runs by itself until
// its tab, Disconnect or Shutdown ends it.
func NewHub(o Options) *Hub {
	h := &Hub{
		bridge: o.Bridge, sessions: o.Sessions, refusals: o.Refusals, orgs: o.Orgs, own: o.OwnOrigin, version: o.Version, log: o.Logger,
		upgrader: websocket.Upgrader{
			Subprotocols:     []string{Subprotocol},
			HandshakeTimeout: writeWithin,
			ReadBufferSize:   512,
			WriteBufferSize:  writeBuffer,
			WriteBufferPool:  &sync.Pool{},
			CheckOrigin:      func(*http.Request) bool { return true }, // ServeHTTP has checked it
		},
		tickets: verifier{audience: strings.TrimRight(o.Audience, "/")},
		foreign: rate.NewLimiter(rate.Every(originRefill), originBurst),
		failing: rate.NewLimiter(rate.Every(failingEvery), 1),
		desks:   make(map[bridge.AgentID]*desk),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.metrics = newMetrics(o.Metrics, h.Count)
	h.readOrgs()
	return h
}

// OrgsChanged reads the orgs again and ends the connections whose org, or whose
// certificate, is no longer there. Resume tokens of such a certificate are void.
func (h *Hub) OrgsChanged() {
	ring := h.readOrgs()
	h.each(func(s *session) {
		if no := ring.trusts(s.org, s.key); no != nil {
			h.log.Warn("panel ended", "agent", s.desk.agent, "session", s.number, "org", s.org, "cause", no.reason, "object", s.kid)
			s.out.close(closing{CloseNotAuthenticated, no.reason})
		}
	})
}

func (h *Hub) readOrgs() *keyring {
	ring, problems := newKeyring(h.orgs(), h.own)
	for _, err := range problems {
		h.log.Error("ticket certificate not used", "err", err)
	}
	h.ring.Store(ring)
	return ring
}

// Show sends a call to all tabs of an agent. It encodes once, or once a language,
// and never waits.
func (h *Hub) Show(id bridge.AgentID, c bridge.Call) {
	d := h.desk(id)
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tabs) == 0 {
		return
	}
	frame := encodeCall(&c)
	var inGerman []byte // few calls have words in them
	for _, s := range d.tabs {
		frame := frame
		if s.german && c.Detail != "" {
			if inGerman == nil {
				de := germanCall(c)
				inGerman = encodeCall(&de)
			}
			frame = inGerman
		}
		if !s.out.putCall(c.ID, c.Revision, frame) {
			h.metrics.overflows.Inc()
		}
	}
}

// Navigate asks one tab to go somewhere; it does nothing if that tab has gone.
func (h *Hub) Navigate(id bridge.AgentID, tab bridge.TabID, n bridge.Navigation) {
	d := h.desk(id)
	if d == nil {
		return
	}
	frame, err := encodeNavigation(&n)
	if err != nil {
		h.log.Error("navigation not sent", "agent", id, "call_id", n.Call, "err", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.tab(tab); s != nil {
		s.send(kindNavigate, frame)
	}
}

// ShowSettings sends an agent's settings to all its tabs, and what they ought to
// be told about the change.
func (h *Hub) ShowSettings(id bridge.AgentID, now bridge.PanelSettings, problem *bridge.RequestError) {
	d := h.desk(id)
	if d == nil {
		return
	}
	frame, err := encode("settings", Settings{now})
	if err != nil {
		h.log.Error("settings not sent", "agent", id, "err", err)
		return
	}
	for _, s := range d.sessions() {
		s.send(kindSettings, frame)
		if problem != nil {
			s.sendProblem(Problem{problem.Code, problem.Message, problem.Cure})
		}
	}
}

// Disconnect ends all connections of an agent, as when it is disabled or
// deleted: code CloseNoAgent and a reason in plain words.
func (h *Hub) Disconnect(id bridge.AgentID, code int, reason string) {
	d := h.desk(id)
	if d == nil {
		return
	}
	for _, s := range d.sessions() {
		s.out.close(closing{code, reason})
	}
}

// Count is how many tabs are connected.
func (h *Hub) Count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.tabs
}

// Sessions counts the open tabs of each agent who has any.
func (h *Hub) Sessions() map[bridge.AgentID]int {
	open := make(map[bridge.AgentID]int)
	h.each(func(s *session) { open[s.desk.agent]++ })
	return open
}

// Shutdown tells all tabs that the bridge restarts (1012), lets nobody in any
// more and waits for all connections to end. When ctx ends first it cuts those
// that are left.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.down = true
	h.mu.Unlock()
	h.cancel()
	h.each(func(s *session) { s.out.close(closing{websocket.CloseServiceRestart, reasonRestart}) })
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		h.each(func(s *session) { _ = s.wire.Close() })
		<-done
		return ctx.Err()
	}
}

// begin counts a connection in, unless the hub is going down.
func (h *Hub) begin() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.down {
		h.running.Add(1)
	}
	return !h.down
}

func (h *Hub) each(f func(*session)) {
	for _, d := range h.allDesks() {
		for _, s := range d.sessions() {
			f(s)
		}
	}
}
