// Package bridge decides who gets which screen pop. It knows calls, agents and
// rules, and nothing of sockets, HTTP, XML or SQL.
//
//	pbx.Event ─► call table ─► number ─► Directory.Find ─► Screens.Show / Navigate
//	agent     ─► Dial, Act, Choose, Navigated ─► pbx.Dialer, call table
//
// One goroutine (Bridge.Run) takes the events of all links in order. What an
// agent does comes from the agent's own goroutine and shares the call table
// under a mutex that is never held over I/O. Nothing in here waits for a
// browser: Screens must not block.
package bridge
