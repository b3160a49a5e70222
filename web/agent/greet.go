package agent

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
)

// authenticateWithin is how long a tab has for its first frame, and we for
// checking it.
const authenticateWithin = 5 * time.Second

// ServeHTTP upgrades a request to a connection. It refuses a foreign Origin with
// 403 and a missing subprotocol with 400; everything later is a close code.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !h.ring.Load().allows(r.Header.Get("Origin")):
		h.refuseOrigin(w, r)
		return
	case !slices.Contains(websocket.Subprotocols(r), Subprotocol):
		http.Error(w, "The subprotocol "+Subprotocol+" is missing. Update the Salesforce package.", http.StatusBadRequest)
		return
	case !h.begin():
		http.Error(w, "The bridge restarts. Try again in a moment.", http.StatusServiceUnavailable)
		return
	}
	conn, err := h.upgrader.Upgrade(&wiring{w, &h.buffers}, r, nil)
	if err != nil { // Upgrade has answered
		h.running.Done()
		return
	}
	s := h.greet(conn, clientAddress(r.RemoteAddr))
	if s == nil {
		h.running.Done()
		return
	}
	go func() { // its own small stack; the request and its buffers can go
		defer h.running.Done()
		s.run()
	}()
}

// How often a foreign origin is written to the log: so many at once, and one
// more every so often. Anybody can send any.
const (
	originBurst  = 10
	originRefill = 10 * time.Second
	maxOrigin    = 120 // bytes shown
	// failingEvery is how often failures are logged of addresses that fail
	// without end.
	failingEvery = time.Minute
)

// refuseOrigin says which page may not connect, to the page's developer tools
// and to the log, in the words that the org's setting wants.
func (h *Hub) refuseOrigin(w http.ResponseWriter, r *http.Request) {
	origin := canonicalOrigin(r.Header.Get("Origin"))
	if len(origin) > maxOrigin {
		origin = truncate(origin, maxOrigin) + "…"
	}
	if h.foreign.Allow() {
		h.log.Warn("connection from a page of no configured org refused; if it is one, add it to the org's origins", "cause", "origin", "object", origin)
	}
	text := "A page without an address of its own cannot connect."
	if origin != "" {
		text = "The page " + origin + " does not belong to a configured Salesforce org. Add this address to the org's origins."
	}
	http.Error(w, text, http.StatusForbidden)
}

// refusal ends a connection that has not signed in.
type refusal struct {
	closing
	err   error // for the log
	about []any // for the log, too: whom it is about
}

// greet reads the first frame, signs the tab in and registers it. It returns nil
// if the tab was refused; the connection is closed then.
func (h *Hub) greet(conn *websocket.Conn, from netip.Addr) *session {
	ctx, cancel := context.WithTimeout(h.ctx, authenticateWithin)
	defer cancel()
	conn.SetReadLimit(maxFrame)
	_ = conn.SetReadDeadline(time.Now().Add(authenticateWithin))
	cut := func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) }
	stop := context.AfterFunc(h.ctx, cut)
	defer stop()
	s, no := h.signIn(ctx, conn, h.failures.listen(from, time.Now(), cut))
	if no == nil {
		return s
	}
	if h.ctx.Err() != nil {
		no = &refusal{closing: closing{websocket.CloseServiceRestart, reasonRestart}}
	}
	h.logRefusal(no, from)
	h.refuse(conn, no)
	return nil
}

// logRefusal counts a failure against its address and logs it; of an address
// that fails without end, now and then.
func (h *Hub) logRefusal(no *refusal, from netip.Addr) {
	failed := no.code == CloseMalformed || no.code == CloseNotAuthenticated
	if !failed || !h.failures.add(from, time.Now()) {
		h.log.Warn("panel refused", append([]any{"cause", no.reason, "err", no.err}, no.about...)...)
		return
	}
	if h.failing.Allow() {
		h.log.Warn("panels refused, too many to log each; look at what connects from this address", "cause", no.reason, "err", no.err, "object", from)
	}
}

// signIn takes a connection from its first frame, which it tells heard of, to
// the welcome.
func (h *Hub) signIn(ctx context.Context, conn *websocket.Conn, heard func()) (*session, *refusal) {
	a, no := h.readFirst(conn)
	heard()
	if no != nil {
		return nil, no
	}
	now := time.Now()
	who, no := h.authenticate(ctx, a, now)
	if no != nil {
		return nil, no
	}
	d := h.enter(who.agent.ID, now)
	if d == nil {
		return nil, &refusal{closing: closing{websocket.CloseServiceRestart, reasonRestart}}
	}
	s := newSession(h, d, conn, who, a)
	if no := h.join(ctx, s, who, now); no != nil {
		d.dismiss(s, h.bridge)
		h.exit(d, time.Now())
		return nil, no
	}
	d.changed(s, h.bridge, a.Tab)
	h.log.Info("panel connected", "agent", who.agent.ID, "session", s.number, "client", truncate(a.Client.Name, 40), "version", truncate(a.Client.Version, 40))
	return s, nil
}

// join registers a session and welcomes its tab. Whether there is room for one
// more tab comes first: a tab that is refused must leave no resume token behind
// and spend none, and a token that does not serve must not cost the connected
// tab its place.
func (h *Hub) join(ctx context.Context, s *session, who bearer, now time.Time) *refusal {
	tooMany := &refusal{closing: closing{CloseTooFast, reasonTooMany}}
	if !s.desk.room(s.tab) {
		return tooMany
	}
	token, no := h.nextToken(ctx, who, s.tab, now)
	if no != nil {
		return no
	}
	s.token = token.hash
	if !s.desk.admit(s) { // others came in between
		return tooMany
	}
	no = h.welcome(s, token.text)
	if h.ctx.Err() != nil { // Shutdown may have looked before the session was there
		no = &refusal{closing: closing{websocket.CloseServiceRestart, reasonRestart}}
	}
	return no
}

// readFirst reads the authenticate frame.
func (h *Hub) readFirst(conn *websocket.Conn) (*Authenticate, *refusal) {
	kind, data, err := conn.ReadMessage()
	if err != nil {
		return nil, &refusal{closing: readClosing(err, closing{CloseNotAuthenticated, ReasonExpired}), err: err}
	}
	frame, name, err := decodeClient(data)
	a, ok := frame.(*Authenticate)
	switch {
	case kind != websocket.TextMessage:
		return nil, &refusal{closing: closing{CloseMalformed, reasonMalformed}, err: errors.New("not a text frame")}
	case err != nil && !errors.Is(err, errUnsupported):
		return nil, &refusal{closing: closing{CloseMalformed, reasonMalformed}, err: err}
	case !ok:
		return nil, &refusal{closing: closing{CloseMalformed, reasonFirst}, err: errUnsupported}
	}
	h.metrics.received[name].Inc()
	return a, nil
}

// bearer is who opens a connection, proven by a ticket or by a resume token that
// is not taken yet.
type bearer struct {
	agent  bridge.Agent
	signed time.Time // when the ticket came that all this goes back to
	kid    string    // the certificate that it was signed with
	key    [32]byte  // and the hash of the key
	ticket bridge.UsedTicket
	resume *bridge.Session // of the resume token; nil where it was a ticket
}

// authenticate finds out whose tab it is, by ticket or by resume token.
func (h *Hub) authenticate(ctx context.Context, a *Authenticate, now time.Time) (bearer, *refusal) {
	ring := h.ring.Load()
	if a.Resume != "" {
		who, err := h.recall(ctx, a, now)
		if err != nil {
			return bearer{}, notAuthenticated(err)
		}
		if no := ring.trusts(who.agent.Org, who.key); no != nil {
			if no.reason == ReasonSignature { // of this token only: a ticket may be good
				no.reason = ReasonExpired
			}
			return bearer{}, notAuthenticated(no)
		}
		return who, nil
	}
	t, err := h.tickets.verify(a.Ticket, ring, now)
	if err != nil {
		return bearer{}, notAuthenticated(err)
	}
	agent, err := h.bridge.Identify(ctx, t.Claims)
	if err == nil && agent.Org != t.Org { // orgs never mix
		err = bridge.ErrNoAgent
	}
	if err != nil {
		return bearer{}, h.notAnAgent(ctx, t.Claims, err)
	}
	return bearer{agent: agent, signed: now, kid: t.key.kid, key: t.key.hash, ticket: t.used}, nil
}

// welcome puts the snapshot first into the outbox of a session that is already
// registered, so that no change in between is missed.
func (h *Hub) welcome(s *session, token string) *refusal {
	agent, known := h.bridge.Agent(s.desk.agent)
	switch { // who was looked up before may have changed while nobody could see the session
	case !known:
		return noAgent(bridge.ErrNoAgent)
	case !agent.Enabled:
		return noAgent(bridge.ErrAgentDisabled)
	case agent.Org != s.org: // orgs never mix
		return notAuthenticated(&ticketError{ReasonOrg, errTicketOrg})
	}
	if no := h.ring.Load().trusts(s.org, s.key); no != nil {
		return notAuthenticated(no)
	}
	calls := h.bridge.Calls(agent.ID)
	if calls == nil {
		calls = []bridge.Call{}
	}
	for i := range calls { // always lists in the contract
		if calls[i].Actions == nil {
			calls[i].Actions = []bridge.Action{}
		}
		if s.german {
			calls[i] = germanCall(calls[i])
		}
	}
	frame, err := encode("welcome", Welcome{
		Agent:    Profile{ID: agent.ID, Email: agent.Email, Devices: append([]bridge.Device{}, agent.Devices...)},
		Settings: h.bridge.Settings(agent.ID),
		Calls:    calls,
		Resume:   token,
		Server:   Server{Version: h.version, Time: bridge.Time{Time: time.Now()}},
	})
	if err != nil {
		return &refusal{closing: closing{websocket.CloseInternalServerErr, reasonInternal}, err: err}
	}
	s.out.open(frame, calls)
	return nil
}

func notAuthenticated(err error) *refusal {
	reason := ReasonMalformed
	if t, ok := errors.AsType[*ticketError](err); ok {
		reason = t.reason
	}
	return &refusal{closing: closing{CloseNotAuthenticated, reason}, err: err}
}

// noAgent refuses a user whose identity is proven but who may not have a panel
// here. The panel shows the reason, and knows the cure.
func noAgent(err error) *refusal {
	for _, known := range []error{bridge.ErrNoAgent, bridge.ErrAgentDisabled, bridge.ErrUserInactive, bridge.ErrAmbiguous, bridge.ErrBoundToOther} {
		if errors.Is(err, known) {
			return &refusal{closing: closing{CloseNoAgent, known.Error()}, err: err}
		}
	}
	return &refusal{closing: closing{websocket.CloseInternalServerErr, reasonInternal}, err: err}
}

// notAnAgent is noAgent for a user whose ticket was good. Somebody has to release
// a binding or add an agent, so it is noted for administrators.
func (h *Hub) notAnAgent(ctx context.Context, c bridge.Claims, err error) *refusal {
	no := noAgent(err)
	var id bridge.AgentID
	for _, why := range []error{bridge.ErrNoAgent, bridge.ErrAmbiguous, bridge.ErrBoundToOther} {
		if h.refusals == nil || !errors.Is(err, why) {
			continue
		}
		var failed error
		if id, failed = h.refusals.AgentRefused(ctx, c, why); failed != nil {
			h.log.Error("refused sign-in not noted", "org", c.Org, "object", c.User, "err", failed)
		}
	}
	no.about = []any{"org", c.Org, "object", c.User, "agent", id}
	return no
}

// refuse says why and closes a connection that has no session.
func (h *Hub) refuse(conn *websocket.Conn, no *refusal) {
	defer conn.Close()
	h.metrics.closes.WithLabelValues(no.label()).Inc()
	if no.code == websocket.CloseAbnormalClosure {
		return
	}
	_ = conn.WriteControl(websocket.CloseMessage, no.message(), time.Now().Add(closeWithin))
	drain(conn)
}
