// Package calls turns the CSTA events of all monitored devices of one link into
// pbx.Events: who calls, what became of it, and who the outside caller is after
// a transfer.
//
//	CallEvent of a monitor ─► Apply ─► the device's connection ─► pbx.Event
//	                             └──► the call it belongs to ◄── all its callIDs, UCID, correlator
//
// It is pure: no sockets, no clock, no goroutine; the time is passed to it. A
// Table is not safe for concurrent use.
//
// # Connections and calls
//
// A connection is what one monitored device has of a call. Its key,
// pbx.ConnectionID, is the callID that it had first and stays so when a transfer
// gives the call another one; Connection tells what the switch calls it now.
// A call is what its connections share: every callID it has had, and who is
// outside. Two calls that a transfer or conference joins become one. Only the
// monitored device decides whose event it is, never the callID: two parties of
// one call that are both monitored are told twice, each its own side.
//
// # Who the far end is
//
// Of an outgoing call, the number dialled. Of an incoming one the first that is
// there, is a number and is outside: Avaya's originalCallInfo,
// networkCallingDevice, callingDevice, what the call's other devices know of it,
// and what a call of the same linkage, correlator or uid knows; else the
// colleague who calls. Where any of them is restricted the caller is withheld,
// and stays so for the whole call.
//
// A device that gets a call by transfer is told Transferred with the new far
// end, LastRedirection being who handed it over; the transferring device is told
// ConnectionCleared with CauseTransfer. Whichever of the two devices is told
// first by the switch, both follow from it. Where the switch names nobody and
// the call is not known, the far end is open (an unknown party) until it is.
//
// # Bounds
//
// A device has at most 32 connections; the 33rd pushes the oldest out, which is
// told as its end. Of all devices together there are at most 65,536; past that
// new ones are not told. Calls that have ended are remembered for 10 s and up to
// 4,096 of them, because the events of the two ends of a transfer arrive in any
// order.
package calls
