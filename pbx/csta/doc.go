// Package csta is the link to a telephone system over CSTA: it monitors the
// agents' devices and controls their calls in XML over TCP or TLS (ECMA-269,
// ECMA-323, ECMA-354).
//
//	       ┌ read ─► Reader ─► Decoder ─► inbox ─► apply ─► calls.Table ─► Event ─► events
//	PBX ◄──┤          └► heartbeat answered      └► answers ─► monitors, services
//	       └ write ◄─ queue ◄─ requests ◄─ apply: MonitorStart, snapshots ◄─ Watch
//	                            ▲   ▲───── beat: session timer, probes
//	                            └───────── services: MakeCall, AnswerCall …
//
// Four goroutines live as long as a connection: read, write, beat, and apply,
// which is Run's own. All state of monitors and calls changes in apply, in the
// order of the wire.
//
// # Order and load
//
// Frames are decoded as they come and wait in an inbox of 256 messages for
// apply. While the events channel is full, apply waits; then the inbox fills,
// then the connection is not read any more and the PBX's own window closes.
// Until the inbox is full, heartbeats of the PBX between those messages are
// answered all the same, and so are its session's timers, which beat prolongs:
// a bridge that is slow for a moment loses no session. Time in which nothing is
// read does not count as the PBX's silence. What we write waits in a queue of
// 1,024 messages; a PBX that does not read for 5 s, or lets the queue fill,
// loses its connection.
//
// # Monitors
//
// Each device, or the group number that stands for it, is monitored at the
// configured pace, at most 32 at a time, and then asked for its calls; its
// Snapshot is its first event. Events that come meanwhile are held back: 256 for
// each device, 8,192 in all; if more come, the device is asked anew. Events of a
// reference that is not known yet wait 2 s, 1,024 of them, while a monitor is
// being started. What is refused for one device is shown in Status and asked for
// again, with a growing pause; it never costs the connection.
//
// # Audit
//
// Calls of which nothing was heard for two minutes are asked about: audit.go. An
// end that the PBX has lost is told then, and who is there after a transfer that
// named nobody.
//
// # Dialects
//
// How a session begins, lives and ends differs from PBX to PBX: see Dialects and
// the table in dialect.go.
package csta
