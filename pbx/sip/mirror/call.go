package mirror

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// session is what is known under one Call-ID: through a proxy all parts of a
// call, through a back-to-back user agent one leg of it.
type session struct {
	id          string
	hops        []hop
	connections []*connection
	heard       time.Time
	ended       time.Time // when the last connection ended; zero while one lives
}

// hop is one INVITE transaction: a request on its way between two neighbours.
// Its responses carry the same branch in their topmost Via (RFC 3261 §17.1.3),
// so that each hop through a proxy is told from the next.
type hop struct {
	branch     string
	connection *connection // nil: it is nobody's whom we watch
	over       bool        // it has a final response, or was cancelled
	offer      *offer      // it is not clear yet whose it is
}

// connection is one watched device's part in a session.
type connection struct {
	session   *session
	id        pbx.ConnectionID
	direction pbx.Direction
	state     pbx.ConnectionState // StateNull while it only has an INVITE
	told      bool                // an event told of it
	over      bool
	began     time.Time
	answered  time.Time

	// caller and callee are the tags of the dialog; callee is empty until a
	// response names it (RFC 3261 §12).
	caller, callee string

	party    pbx.Party // the far end
	called   pbx.Party // inbound: the number that the caller dialled
	by       pbx.Party // who redirected or transferred the call here
	how      pbx.Cause // … and by what
	own      bool      // the bridge's own INVITE to the agent
	proven   bool      // outbound: the switch has asked for a password and got it
	pickedUp bool      // somebody took the call at another device
	guessed  bool      // the party is inferred from a pick-up

	// peer is the colleague's connection at the other end of an internal call.
	peer *connection
	// referral is the REFER that the device sent here.
	referral *referral
	replaces dialogID // what its INVITE takes the place of
	moved    bool     // its far end was handed on: the end of it is a transfer
}

// deviceTag is the tag of the device's side of the dialog; empty if that is not
// known yet.
func (c *connection) deviceTag() string {
	if c.direction == pbx.DirectionOutbound {
		return c.caller
	}
	return c.callee
}

// sentBySwitch tells whether a request within the dialog came from the switch.
func (c *connection) sentBySwitch(fromTag []byte) bool {
	if tag := c.deviceTag(); tag != "" {
		return string(fromTag) != tag
	}
	return string(fromTag) == c.caller // the device is the callee, whose tag we missed
}

// of reports whether a request with these tags belongs to the connection's
// dialog. A callee's tag that was missed is learned.
func (c *connection) of(from, to []byte) bool {
	other := to
	switch c.caller {
	case string(from):
	case string(to):
		other = from
	default:
		return false
	}
	if c.callee == "" && len(other) > 0 {
		c.callee = string(other)
	}
	return c.callee == string(other)
}

// hop finds the transaction with a branch.
func (s *session) hop(branch []byte) *hop {
	for i := range s.hops {
		if s.hops[i].branch == string(branch) {
			return &s.hops[i]
		}
	}
	return nil
}

// at finds a device's connection.
func (s *session) at(d pbx.DeviceID) *connection {
	for _, c := range s.connections {
		if c.id.Device == d {
			return c
		}
	}
	return nil
}

// dialog finds the live connection that a request with these tags belongs to
// and whose device sent it, or if there is none, one that it was sent to.
func (s *session) dialog(from, to []byte) *connection {
	var found *connection
	for _, c := range s.connections {
		if c.over || !c.of(from, to) {
			continue
		}
		if found == nil || !c.sentBySwitch(from) {
			found = c
		}
	}
	return found
}
