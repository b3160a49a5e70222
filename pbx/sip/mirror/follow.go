package mirror

import (
	"hash/maphash"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// Bounds of what is remembered, and for how long.
const (
	maxSessions    = 16384
	maxHops        = 64 // of a session: forks and retries
	maxAllHops     = 4 * maxSessions
	maxConnections = 32 // of a session: watched devices in one call
	maxCalls       = 64 // live ones of a device
	// Bytes of what is kept of a message: real switches stay far below.
	maxIdentifier = 256 // Call-ID, branch, tag, host
	maxAddress    = 1024
	// linger is how long an ended session is kept, so that a late copy of a
	// message does not begin it anew (timer D, RFC 3261 §17.1.1.2).
	linger = 32 * time.Second
	// halfOpen ends a call that rings and of which nothing is heard: its end
	// was lost. RFC 3261 §16.8 gives proxies three minutes to let it ring.
	halfOpen = 5 * time.Minute
	// longest is when an established call without a sign of life is forgotten,
	// silently, as the bridge does.
	longest = 12 * time.Hour
)

// reason is why a message made no event.
type reason uint8

const (
	effective reason = iota
	dropSource
	dropKey
	dropVersion
	dropMalformed
	dropProtocol
	dropMethod
	dropUnwatched
	dropUnknown
	dropRepeated
	dropNothing
	dropFull
	reasons
)

// reasonNames are the words of pbx.Drop.
var reasonNames = [reasons]string{
	dropSource:    "from an address that is not allowed",
	dropKey:       "wrong key",
	dropVersion:   "HEP version 1 or 2",
	dropMalformed: "malformed",
	dropProtocol:  "not SIP",
	dropMethod:    "not about calls",
	dropUnwatched: "nobody watches these parties",
	dropUnknown:   "about an unknown call",
	dropRepeated:  "duplicate",
	dropNothing:   "nothing new",
	dropFull:      "too many calls at once",
}

// follower follows the calls of the watched devices through mirrored SIP and
// tells their events. It is pure: no sockets, no clock; its owner locks.
type follower struct {
	link, domain string
	user         string            // as whom the bridge itself calls
	devices      map[string]string // the watched, by name
	sessions     map[string]*session
	live         map[string][]*connection // by device
	sides        sides
	hops         int // of all sessions
	arrivals     arrivals
	contacts     contacts
	gone         gone // ends that came before their beginning
	seen         gone // INVITEs
	seed         maphash.Seed
	now          time.Time
	out          []pbx.Event
}

func newFollower(cfg *pbx.LinkConfig, own []string) *follower {
	f := &follower{
		link: cfg.Name, domain: cfg.Domain, user: cfg.Username,
		devices: map[string]string{}, sessions: map[string]*session{}, live: map[string][]*connection{},
		sides: newSides(own), seed: maphash.MakeSeed(),
	}
	return f
}

// apply follows one message. The events are in f.out until the next call.
func (f *follower) apply(m *message.Message, now time.Time) reason {
	f.now, f.out = now, f.out[:0]
	if outsized(m) {
		return dropMalformed
	}
	var why reason
	if m.IsRequest() {
		why = f.request(m)
	} else {
		why = f.response(m)
	}
	if len(f.out) > 0 {
		return effective
	}
	return why
}

// outsized tells a message that nobody sends in earnest: parts of it are kept
// as long as the call lives, so what is kept of many has to be bounded.
func outsized(m *message.Message) bool {
	return len(m.CallID) > maxIdentifier || len(message.Param(m.Via(), "branch")) > maxIdentifier ||
		len(message.Param(m.From, "tag")) > maxIdentifier || len(message.Param(m.To, "tag")) > maxIdentifier ||
		len(m.URI) > maxAddress || len(m.From) > maxAddress || len(m.To) > maxAddress
}

// aboutCalls tells by the first line alone whether a message may be about a
// call, or about where a telephone is. What a response answers stands further down.
func aboutCalls(payload []byte) bool {
	for _, method := range [...]string{"SIP/2.0 ", "INVITE ", "ACK ", "BYE ", "CANCEL ", "UPDATE ", "REFER ", "REGISTER "} {
		if len(payload) >= len(method) && string(payload[:len(method)]) == method {
			return true
		}
	}
	return false
}

func (f *follower) request(m *message.Message) reason {
	method := string(m.Method)
	if method == "INVITE" && message.Param(m.To, "tag") == nil {
		return f.invite(m)
	}
	if method == "REGISTER" {
		return f.register(m)
	}
	s := f.sessions[string(m.CallID)]
	if s == nil {
		f.missed(m, method)
		return dropUnknown
	}
	s.heard = f.now
	switch method {
	case "ACK":
		return f.ack(s, m)
	case "CANCEL":
		return f.cancelled(s, m)
	case "BYE":
		return f.bye(s, m)
	case "UPDATE", "INVITE":
		return f.update(s, m)
	case "REFER":
		return f.refer(s, m)
	}
	return dropMethod
}

// missed remembers the end of a call whose beginning has not come yet.
func (f *follower) missed(m *message.Message, method string) {
	switch method {
	case "CANCEL":
		f.gone.add(f.hash(m.CallID, message.Param(m.Via(), "branch")))
	case "BYE":
		f.gone.add(f.hash(m.CallID, nil))
	}
}

func (f *follower) response(m *message.Message) reason {
	if string(m.CSeqMethod) == "REGISTER" {
		return f.registered(m)
	}
	s := f.sessions[string(m.CallID)]
	if s == nil {
		return dropUnknown
	}
	s.heard = f.now
	switch string(m.CSeqMethod) {
	case "INVITE":
		return f.answer(s, m)
	case "REFER":
		return f.referAnswered(s, m)
	}
	return dropNothing
}

// hash stands for a call in what is remembered of calls nobody watches.
func (f *follower) hash(callID, branch []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(f.seed)
	_, _ = h.Write(callID) // never fails
	_ = h.WriteByte(0)
	_, _ = h.Write(branch)
	return h.Sum64()
}

// session finds or begins the session of a message; nil when there are too
// many.
func (f *follower) session(callID []byte) *session {
	s := f.sessions[string(callID)]
	if s == nil && len(f.sessions) < maxSessions {
		s = &session{id: string(callID)}
		f.sessions[s.id] = s
	}
	if s != nil {
		s.heard = f.now
	}
	return s
}

// add makes a connection live.
func (f *follower) add(s *session, c *connection) {
	c.session, c.began = s, f.now
	s.ended = time.Time{}
	for i, old := range s.connections {
		if old.id == c.id { // it rings there once more
			s.connections[i] = c
			f.live[string(c.id.Device)] = append(f.live[string(c.id.Device)], c)
			return
		}
	}
	s.connections = append(s.connections, c)
	f.live[string(c.id.Device)] = append(f.live[string(c.id.Device)], c)
}

// end ends a connection and tells so, if anything was told of it.
func (f *follower) end(c *connection, kind pbx.EventKind, why pbx.Cause, detail string) {
	if c.over {
		return
	}
	if c.moved {
		kind, why, detail = pbx.EventConnectionCleared, pbx.CauseTransfer, ""
	}
	c.over, c.state = true, pbx.StateNull
	if c.told {
		e := f.event(c, kind, why)
		e.Detail = detail
		if kind == pbx.EventFailed {
			e.State = pbx.StateFailed
		}
		f.out = append(f.out, e)
	}
	f.retire(c)
}

// retire takes a connection out of the live ones.
func (f *follower) retire(c *connection) {
	device := string(c.id.Device)
	list := f.live[device]
	for i, o := range list {
		if o == c {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if f.live[device] = list; len(list) == 0 {
		delete(f.live, device)
	}
	for _, o := range c.session.connections {
		if !o.over {
			return
		}
	}
	c.session.ended = f.now
}

// tell sends an event of a connection.
func (f *follower) tell(c *connection, kind pbx.EventKind, why pbx.Cause) {
	if c.own || c.over {
		return
	}
	c.told = true
	f.out = append(f.out, f.event(c, kind, why))
}

func (f *follower) event(c *connection, kind pbx.EventKind, why pbx.Cause) pbx.Event {
	e := pbx.Event{
		Link: f.link, Kind: kind, Connection: c.id, State: c.state, Direction: c.direction,
		Cause: why, Time: f.now, LastRedirection: c.by,
	}
	if c.direction == pbx.DirectionOutbound {
		e.Called = c.party
	} else {
		e.Calling, e.Called = c.party, c.called
	}
	return e
}

// snapshot is the Snapshot of a device.
func (f *follower) snapshot(device string, now time.Time) pbx.Event {
	e := pbx.Event{
		Link: f.link, Kind: pbx.EventSnapshot, Time: now,
		Connection: pbx.ConnectionID{Device: pbx.DeviceID(device)},
	}
	for _, c := range f.live[device] {
		if !c.told {
			continue
		}
		as := f.event(c, 0, 0)
		e.Connections = append(e.Connections, pbx.Connection{
			ID: c.id, State: c.state, Direction: c.direction, Calling: as.Calling, Called: as.Called,
		})
	}
	return e
}

// coming are the calls of a device that have only an INVITE.
func (f *follower) coming(device string) []pbx.Event {
	var out []pbx.Event
	for _, c := range f.live[device] {
		if c.state == pbx.StateNull && c.direction == pbx.DirectionInbound && !c.own {
			e := f.event(c, pbx.EventDelivered, c.how)
			e.State, e.Time = pbx.StateAlerting, c.began
			out = append(out, e)
		}
	}
	return out
}

// watch sets the devices and returns those that are new. What is known of the
// others is forgotten.
func (f *follower) watch(devices []pbx.DeviceID) (added []string) {
	before := f.devices
	f.devices = make(map[string]string, len(devices))
	for _, d := range devices {
		name := string(d)
		if _, known := before[name]; !known && f.devices[name] == "" {
			added = append(added, name)
		}
		f.devices[name] = name
	}
	for name := range before {
		if f.devices[name] == "" {
			f.forget(name)
		}
	}
	return added
}

func (f *follower) forget(device string) {
	f.contacts.forget(device)
	for _, c := range append([]*connection(nil), f.live[device]...) {
		c.over = true
		f.retire(c)
		c.party, c.called, c.by = pbx.Party{}, pbx.Party{}, pbx.Party{}
	}
}

// sweep ends what was lost and forgets what is over. The events are in f.out.
func (f *follower) sweep(now time.Time) {
	f.now, f.out = now, f.out[:0]
	f.arrivals.sweep(now)
	f.contacts.sweep(now)
	for id, s := range f.sessions {
		if !s.ended.IsZero() {
			if now.Sub(s.ended) > linger {
				f.drop(id)
			}
			continue
		}
		f.age(s)
		if len(s.connections) == 0 && now.Sub(s.heard) > linger {
			f.drop(id)
		}
	}
}

// drop forgets a session.
func (f *follower) drop(id string) {
	f.hops -= len(f.sessions[id].hops)
	delete(f.sessions, id)
}

// age ends a session's connections of which nothing is heard any more.
func (f *follower) age(s *session) {
	silent := f.now.Sub(s.heard)
	for _, c := range s.connections {
		switch {
		case c.over:
		case c.state == pbx.StateConnected && silent > longest:
			c.over = true
			f.retire(c)
		case c.state != pbx.StateConnected && silent > halfOpen:
			f.end(c, pbx.EventConnectionCleared, pbx.CauseNone, "")
		}
	}
}
