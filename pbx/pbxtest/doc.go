// Package pbxtest holds simulated switches, in the manner of net/http/httptest,
// and the conformance suite that every pbx.Link has to pass. Tests, cmd/demo
// and cmd/loadtest use it; the daemon never does.
//
//	script (Ring, Answer, …) ──► exchange ──► documents ──► NOTIFY ──► link under test
//	toy phone in the demo   ──►    │
//	                               └── calls and dialogs, one mutex
//
// SIPSwitch is a toy PBX that speaks real SIP over UDP and TCP on one port
// and, with a Certificate, over TLS on another. Its
// dialog-info documents are those of FreeSWITCH 1.10.12, mistakes included:
// one dialog a call, named by a UUID; state="full" although only the changed
// dialog is inside; identities in early and confirmed, none in terminated; no
// XML escaping of names; a CSeq that grows in leaps.
//
// CSTASwitch is a toy PBX that speaks CSTA in XML (ECMA-323) over TCP or TLS, in
// six dialects: how a session begins, how device ids and callIDs look. It plays
// the flows of a call centre (queue, pick-up, forwarding, transfers, conference,
// agents logging on), answers the services, and misbehaves as real ones do.
// What it writes round-trips with messages that were checked against the schema.
//
// Memory is a switch without sockets: it is the pbx.Link itself, for tests of
// what lies behind a link and for load that must not measure SIP.
//
// RunLinkTests is the suite. It sees a link and its switch as a Peer; what a
// peer cannot do it leaves out by not implementing the optional interface
// (HoldPeer, DialPeer, …).
//
// # Queues
//
// A SIPSwitch writes to UDP at once and repeats what is not answered (RFC 3261
// §17.1.2.2). What goes to TCP or TLS waits in one queue of 65,536 messages; when that
// is full, a message is lost and logged. No more than 65,536 requests wait for an
// answer. A CSTASwitch has one queue of 65,536 messages for each connection; when
// that is full, a message is lost and logged. Memory has no queue of its own: when
// the events channel is full, Emit and the script wait.
package pbxtest

// CallHandle names one call at a simulated switch. A ring group has one handle,
// a blind transfer keeps it, and after a completed consultation the caller goes
// on under the consultation's. The empty handle is no call; where a method takes a device beside it, it
// means the call there that fits best (the oldest one ringing, for Answer).
type CallHandle string

// Caller is the far end of a call as the switch knows it.
type Caller struct {
	// Number is what the switch would write: "+493023125001", "1002".
	Number string
	// Name is the display name, written as it is: FreeSWITCH escapes nothing.
	Name string
	// Withheld hides number and name in everything the switch sends.
	Withheld bool
}
