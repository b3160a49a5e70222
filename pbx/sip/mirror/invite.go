package mirror

import (
	"net/netip"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/identity"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// consultWithin is how soon the switch rings the colleague whom an agent calls;
// 3 to 5 ms were seen.
const consultWithin = 2 * time.Second

// offer is an INVITE of which it is not clear yet whether the switch sent or
// received it. Its answer decides, as by then more is known.
type offer struct {
	sender, receiver, from string // hosts
	callee, caller         string // watched devices, as far as there are any
	in, out                *connection
}

// invite follows a request that begins a call, or goes on through a proxy.
func (f *follower) invite(m *message.Message) reason {
	user, host := splitURI(m.URI)
	branch := message.Param(m.Via(), "branch")
	s := f.sessions[string(m.CallID)]
	if s != nil && s.hop(branch) != nil {
		s.heard = f.now
		return dropRepeated
	}
	_, from := splitURI(m.From)
	o := offer{sender: sentBy(m.Via()), receiver: hostPort(host), from: hostPort(from)}
	if len(o.sender) > maxIdentifier || len(o.receiver) > maxIdentifier {
		return dropMalformed
	}
	f.sides.learn(o.sender, o.receiver)
	o.callee, o.caller = f.calleeOf(m, user), f.callerOf(m)
	way := f.sides.of(o.sender, o.receiver, o.from)
	if f.forwarded(m, branch) {
		way = fromSwitch
	}
	if o.callee == "" && way != toSwitch {
		o.caller = "" // a leg on its way out
	}
	switch {
	case way == toSwitch && o.caller == "":
		f.arrive(m)
		return dropUnwatched
	case o.callee == "" && o.caller == "" && s == nil, way == fromSwitch && o.callee == "":
		if way == sideUnknown {
			f.arrive(m)
		}
		return dropUnwatched
	case f.gone.has(f.hash(m.CallID, nil)), f.gone.has(f.hash(m.CallID, branch)):
		return dropRepeated
	case len(f.live[o.callee]) >= maxCalls, len(f.live[o.caller]) >= maxCalls:
		return dropFull
	}
	if s = f.session(m.CallID); s == nil || len(s.hops) >= maxHops || f.hops >= maxAllHops || len(s.connections) >= maxConnections {
		return dropFull
	}
	s.hops = append(s.hops, hop{branch: string(branch)})
	f.hops++
	h := &s.hops[len(s.hops)-1]
	f.offered(s, h, m, &o, string(user), way)
	return dropNothing
}

// forwarded tells whether an INVITE is one that was seen before, on its way on:
// the sender of that is in the second Via, so the switch is a proxy and sent
// this one (RFC 3261 §16.6). Of each INVITE a keyed hash is kept for it.
func (f *follower) forwarded(m *message.Message, branch []byte) bool {
	f.seen.add(f.hash(m.CallID, branch))
	n := 0
	for via := range m.Values(message.Via) {
		if n++; n == 2 {
			return f.seen.has(f.hash(m.CallID, message.Param(via, "branch")))
		}
	}
	return false
}

// offered puts an INVITE where it belongs, or keeps it until that is clear.
func (f *follower) offered(s *session, h *hop, m *message.Message, o *offer, dialled string, way side) {
	if o.callee != "" && way != toSwitch {
		o.in = f.inbound(s, m, o.callee)
	}
	if o.caller != "" && way != fromSwitch {
		o.out = f.outbound(s, m, o.caller, dialled)
	}
	switch way {
	case fromSwitch:
		f.settle(s, h, o.in)
	case toSwitch:
		f.settle(s, h, o.out)
	default:
		if o.callee != "" {
			f.arrive(m)
		}
		h.offer = o
	}
}

// settle makes a hop a connection's.
func (f *follower) settle(s *session, h *hop, c *connection) {
	h.offer = nil
	known := s.at(c.id.Device)
	switch {
	case known == nil || known.over:
		f.add(s, c)
		h.connection = c
		f.meet(c)
	case known.direction == c.direction:
		h.connection = known
		if known.proven && !known.told {
			f.originate(known)
		}
	}
}

// decide settles an offer when its answer comes.
func (f *follower) decide(s *session, h *hop) {
	o := h.offer
	if o == nil {
		return
	}
	way := f.sides.of(o.sender, o.receiver, o.from)
	if way == sideUnknown {
		way = f.guess(o)
	}
	c := o.in
	if way == toSwitch {
		c = o.out
	}
	if h.offer = nil; c != nil {
		f.settle(s, h, c)
	}
}

// guess tells the side of an offer by the other calls of its devices: of two
// that are alike, the one nearer to the telephone is answered first.
func (f *follower) guess(o *offer) side {
	if o.out != nil {
		for _, c := range f.live[o.caller] {
			if c.direction == pbx.DirectionOutbound && f.now.Sub(c.began) < consultWithin && sameParty(c.party, o.out.party) {
				return fromSwitch // the agent's own INVITE is known already
			}
		}
		return toSwitch
	}
	for _, c := range f.live[o.callee] {
		if c.direction == pbx.DirectionInbound && f.now.Sub(c.began) < consultWithin && sameParty(c.party, o.in.party) {
			return toSwitch // the telephone rings already: this is how the call came in
		}
	}
	return fromSwitch
}

// calleeOf is the watched device that an INVITE is for: by where it is
// registered, by the request line's user, by To, or by what a proxy says it was called as (RFC 7315 §4.2).
func (f *follower) calleeOf(m *message.Message, user []byte) string {
	if d := f.contacts.device(m.URI, f.now); d != "" {
		return d
	}
	if !f.inDomain(m.To) {
		return ""
	}
	if d := f.devices[string(user)]; d != "" {
		return d
	}
	to, _ := splitURI(m.To)
	if d := f.devices[string(to)]; d != "" {
		return d
	}
	if value := m.Get(message.PCalledPartyID); value != nil {
		called, _ := splitURI(value)
		return f.devices[string(called)]
	}
	return ""
}

// callerOf is the watched device that an INVITE is of: by From or by Contact.
func (f *follower) callerOf(m *message.Message) string {
	if !f.inDomain(m.From) {
		return ""
	}
	user, _ := splitURI(m.From)
	if d := f.devices[string(user)]; d != "" {
		return d
	}
	contact := m.Get(message.Contact)
	if d := f.contacts.device(contact, f.now); d != "" {
		return d
	}
	user, _ = splitURI(contact)
	return f.devices[string(user)]
}

// inDomain tells whether an address may be of the configured domain. One with
// an IP address for a host may: a back-to-back user agent writes those.
func (f *follower) inDomain(value []byte) bool {
	if f.domain == "" {
		return true
	}
	_, host := splitURI(value)
	name, _, _ := strings.Cut(string(host), ":")
	if _, err := netip.ParseAddr(name); err == nil || name == "" || host[0] == '[' {
		return true
	}
	return strings.EqualFold(name, f.domain)
}

// inbound is the connection of a device that is to ring.
func (f *follower) inbound(s *session, m *message.Message, device string) *connection {
	id := identity.Read(m, believed)
	c := &connection{
		session: s, id: pbx.ConnectionID{Call: pbx.CallID(s.id), Device: pbx.DeviceID(device)},
		direction: pbx.DirectionInbound, caller: string(message.Param(m.From, "tag")),
		party: f.callingParty(&id, device), replaces: replacedDialog(m),
	}
	from, _ := splitURI(m.From)
	c.own = f.user != "" && string(from) == f.user
	c.by, c.how = f.redirectedBy(m, &id)
	c.called = f.calledParty(&id, device, c.party)
	return c
}

// outbound is the connection of a device that dials.
func (f *follower) outbound(s *session, m *message.Message, device, dialled string) *connection {
	id := identity.Read(m, believed)
	if id.Called.Number != "" {
		dialled = id.Called.Number
	}
	return &connection{
		session: s, id: pbx.ConnectionID{Call: pbx.CallID(s.id), Device: pbx.DeviceID(device)},
		direction: pbx.DirectionOutbound, caller: string(message.Param(m.From, "tag")),
		party: pbx.Party{Number: dialled}, replaces: replacedDialog(m),
	}
}

// meet ties a new call to those it comes of: to the consultation that a
// colleague began, or to the call that was handed on.
func (f *follower) meet(c *connection) {
	if c.direction != pbx.DirectionInbound {
		return
	}
	if s := f.consulting(c); s != nil {
		c.peer, s.peer = s, c
	}
	f.handedTo(c)
	f.announced(c)
}

// consulting finds the outgoing call of a colleague that makes c ring.
func (f *follower) consulting(c *connection) *connection {
	var found *connection
	for _, o := range f.live[c.party.Number] {
		if o.direction != pbx.DirectionOutbound || o.peer != nil && !o.peer.over || o.id.Device == c.id.Device {
			continue
		}
		if o.session == c.session { // the same call, through a proxy
			return o
		}
		if o.state == pbx.StateConnected || f.now.Sub(o.began) > consultWithin {
			continue
		}
		if found == nil || o.party.Number == string(c.id.Device) || found.party.Number != string(c.id.Device) {
			found = o
		}
	}
	return found
}
