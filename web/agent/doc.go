// Package agent is the bridge's side of the panels: one WebSocket for each
// browser tab an agent has open (PROTOCOL.md explains the frames).
//
//	bridge ─Show, Navigate─► Hub ─► desk (one agent) ─► outbox ⇒ session writer ─► wire ─► tab
//	bridge ◄─Dial, Act, Choose, TabChanged─ session reader ◄─────────────────────────── tab
//
// The hand-over to the writer (⇒) is the only one: Show encodes a call once and
// puts the same bytes into the outbox of each of the agent's tabs, without ever
// waiting. What waits together leaves in one write, of up to eight frames.
// An outbox keeps the newest frame of each call and a few others; a tab
// that does not read fills it, or holds a write for five seconds, and is closed
// with 4413. Nothing is lost by that, since a new connection begins with a
// snapshot of all live calls.
//
// A connection is greeted on its request's goroutine: Origin, subprotocol, then
// the first frame with a ticket signed by the org or a resume token. After that
// it has two goroutines with small stacks, a reader that starts, joins and
// cleans up, and a writer. Shutdown ends and joins them all.
package agent
