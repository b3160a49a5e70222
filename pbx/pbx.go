// Package pbx holds the words in which ctibridge speaks of a telephone switch:
// those of CSTA (ECMA-269), whatever protocol the switch itself talks.
//
//	switch ──► Link.Run ──Event──► bridge
//	switch ◄── Dialer.MakeCall ◄── bridge
//
// A Link owns its connection to one switch, reconnects by itself and turns
// what it hears into Events. It sends them into the channel given to Run; when
// that channel is full the link's read loop waits, so that nothing is dropped
// and nothing piles up: over UDP the switch retransmits, over TCP its window
// closes.
package pbx

import (
	"context"
	"time"
)

// CallID is the switch's own key for a call, unique within one link only. It
// serves to correlate events; the bridge gives each call an id of its own.
type CallID string

// DeviceID names a device on one link, usually an extension such as "103".
type DeviceID string

// ConnectionID is one device's part in one call (ECMA-269 §6.1.5).
type ConnectionID struct {
	Call   CallID
	Device DeviceID
}

// ConnectionState is the state of one connection (ECMA-269 §6.1.5.2).
type ConnectionState uint8

// The connection states.
const (
	StateNull ConnectionState = iota
	StateInitiated
	StateAlerting
	StateConnected
	StateHeld
	StateQueued
	StateFailed
)

// Direction tells which way a call runs as seen from the connection's device.
type Direction uint8

// The directions. A switch that does not say leaves DirectionUnknown, as
// Asterisk does once a call is confirmed.
const (
	DirectionUnknown Direction = iota
	DirectionInbound
	DirectionOutbound
)

// Party is somebody in a call as the switch names them, not yet normalised.
type Party struct {
	// Number is what the switch wrote: digits, "+49…", an extension; empty
	// when it said nothing.
	Number string
	// Name is the display name, sanitised to UTF-8; hostile text all the same.
	Name string
	// Withheld says that the party restricted its identity. Number and Name
	// are then empty: a link never passes a withheld identity on.
	Withheld bool
	// Probable marks a party that the link inferred rather than read.
	Probable bool
}

// Known reports whether the switch named the party or said that it is withheld.
func (p Party) Known() bool { return p.Number != "" || p.Withheld }

// EventKind is what happened to a connection (ECMA-269 §17.2).
type EventKind uint8

// The event kinds. Snapshot and LinkDown are ours: Snapshot carries all live
// connections of one device, and what is missing in it has ended; LinkDown says
// that nothing more is known until the next Snapshot.
const (
	EventOriginated EventKind = iota + 1
	EventDelivered
	EventEstablished
	EventHeld
	EventRetrieved
	EventDiverted
	EventTransferred
	EventConferenced
	EventQueued
	EventFailed
	EventConnectionCleared
	EventSnapshot
	EventLinkDown
	// What an agent does at a device (ECMA-269 §20.2): Event.Agent is set, and
	// Event.Group where the agent serves one.
	EventAgentLoggedOn
	EventAgentLoggedOff
	EventAgentReady
	EventAgentNotReady
)

// Cause says why an event happened (ECMA-269 §12.2.5).
type Cause uint8

// The causes that change what an agent is told.
const (
	CauseNone Cause = iota
	CauseBusy
	CauseNoAnswer
	CauseCancelled
	CauseAnsweredElsewhere
	CauseRedirected
	CauseTransfer
	CausePickup
	CauseRejected
	CauseNotAllowed
	CauseUnallocatedNumber
	CauseUnreachable
)

// Event is one change of one connection, whatever protocol reported it.
type Event struct {
	Link       string
	Kind       EventKind
	Connection ConnectionID // for Snapshot only the Device is set
	State      ConnectionState
	Direction  Direction
	// Calling and Called are the parties of the call; on an inbound connection
	// the far end is Calling, on an outbound one Called.
	Calling         Party
	Called          Party
	LastRedirection Party
	Cause           Cause
	// Detail is the switch's own word on a failure, such as "486 Busy Here".
	Detail string
	// Time is when the link read the message.
	Time time.Time
	// Connections is set for Snapshot.
	Connections []Connection
	// Group is the hunt group or ACD queue the call came through, or that the
	// agent serves; empty where the switch does not say.
	Group DeviceID
	// Agent is the switch's own id of whoever logged on at the device.
	Agent string
}

// Remote is the far end as seen from the event's device.
func (e *Event) Remote() Party {
	if e.Direction == DirectionOutbound {
		return e.Called
	}
	return e.Calling
}

// Connection is a live connection in a Snapshot.
type Connection struct {
	ID        ConnectionID
	State     ConnectionState
	Direction Direction
	Calling   Party
	Called    Party
}

// Link is a connection to one switch.
type Link interface {
	// Name is the configured name, unique in the bridge; Events carry it.
	Name() string
	// Run connects, keeps connected and delivers events until ctx ends, when
	// it returns nil. It returns an error only where trying again is of no
	// use. It is called once.
	Run(ctx context.Context, events chan<- Event) error
	// Watch sets the whole list of devices to report on. It may be called at
	// any time, before Run as well, and only the difference costs anything.
	Watch(devices []DeviceID)
	// Status tells how the link is; it never blocks on the network.
	Status() Status
}
