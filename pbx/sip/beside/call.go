package beside

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/address"
)

// source is one of the two links.
type source uint8

const (
	dialogs source = iota // dialog events: the SIP link
	mirror
)

// call is one connection of one device, as either source knows it.
type call struct {
	id        pbx.ConnectionID // under which it is told: that of the source that came first
	known     [2]pbx.CallID    // each source's own key; empty: it has not spoken of it
	mirrored  bool             // the mirror has told of it; else, if known there, only its INVITE was seen
	state     pbx.ConnectionState
	direction pbx.Direction
	calling   pbx.Party
	called    pbx.Party
	by        pbx.Party
	began     time.Time
	changed   time.Time // when its state last did
	over      bool
	ended     time.Time
	endAt     time.Time  // when the end that dialog events told of is believed; zero: none did
	end       *pbx.Event // … and that event
	// dialled: placed by MakeCall, so the SIP link tells of it.
	dialled string
	heard   [3]bool // … and which ways its legs ran that the mirror told of, by pbx.Direction
	// unsure: the mirror alone told of it, and it may be what is left of a dialled
	// call that has ended. Nobody hears of it until dialog events do, too.
	unsure bool
}

// far is the other end.
func (c *call) far() pbx.Party {
	if c.direction == pbx.DirectionOutbound {
		return c.called
	}
	return c.calling
}

// learn takes over what an event of the mirror says.
func (c *call) learn(e *pbx.Event) {
	c.direction, c.calling, c.called, c.by = e.Direction, e.Calling, e.Called, e.LastRedirection
	c.reach(e.State, e.Time)
}

func (c *call) reach(s pbx.ConnectionState, at time.Time) {
	if c.state != s {
		c.state, c.changed = s, at
	}
}

// event is an event of the call in the words of the richer source.
func (c *call) event(e *pbx.Event) pbx.Event {
	out := *e
	out.Connection = c.id
	if c.known[mirror] != "" || c.dialled != "" {
		out.Direction, out.Calling, out.Called = c.direction, c.calling, c.called
		if c.by.Known() {
			out.LastRedirection = c.by
		}
	}
	return out
}

// connection is how a Snapshot lists the call.
func (c *call) connection() pbx.Connection {
	return pbx.Connection{ID: c.id, State: c.state, Direction: c.direction, Calling: c.calling, Called: c.called}
}

// rank orders states by how far a call has come; held is connected.
func rank(s pbx.ConnectionState) int {
	switch s {
	case pbx.StateInitiated, pbx.StateQueued:
		return 1
	case pbx.StateAlerting:
		return 2
	case pbx.StateConnected, pbx.StateHeld:
		return 3
	default: // there is none, or none any more
		return 0
	}
}

// fits tells whether an event of one source may be about a call that only the
// other has spoken of: within the time, with the same or an unknown far end, in
// a direction that does not contradict.
func (c *call) fits(e *pbx.Event) bool {
	within := pairWithin
	if c.sameFar(e) {
		within = behind
	}
	if d := e.Time.Sub(c.began); d > within || d < -within {
		if d := e.Time.Sub(c.changed); d > within || d < -within {
			return false
		}
	}
	if c.over && e.Time.Sub(c.ended) > within {
		return false
	}
	return c.agrees(e.Direction, e.Remote(), e.Cause == pbx.CausePickup)
}

// sameFar tells whether a call and an event name the same far end.
func (c *call) sameFar(e *pbx.Event) bool {
	mine, theirs := c.far().Number, e.Remote().Number
	return mine != "" && address.SameNumber(mine, theirs)
}

func (c *call) agrees(d pbx.Direction, far pbx.Party, pickup bool) bool {
	if pickup {
		return rank(c.state) == 3 // whatever the code was that was dialled
	}
	if d != pbx.DirectionUnknown && c.direction != pbx.DirectionUnknown && d != c.direction {
		return false
	}
	mine := c.far()
	return !far.Known() || !mine.Known() || far.Withheld || mine.Withheld || address.SameNumber(far.Number, mine.Number)
}
