// Package uacsta dials and answers on one desk telephone with uaCSTA: CSTA in
// XML (ECMA-323, edition 3) over a SIP dialog, as ECMA TR/87 describes it.
//
//	Run ─► INVITE RequestSystemStatus ──────► phone
//	       ◄────── 200 RequestSystemStatusResponse
//	       INFO MonitorStart ─► 200 MonitorStartResponse
//	MakeCall, AnswerCall, ClearConnection ─► INFO ─► 200 with the response
//	receive ◄─ INFO with an event ── phone   (answered 200; calls, Config.Events)
//	Run ─► re-INVITE before the session expires (RFC 4028); BYE at the end
//
// There are no invoke ids: the SIP transaction joins response and request. One
// request is under way at a time, because telephones take INFOs in the order of
// their CSeq; who else wants something waits, at most as long as its context
// lasts.
//
// # What is bounded
//
// The telephone's calls: 16, the oldest is forgotten for a further one. What is
// remembered of its requests, to know repeated ones: 32. Bodies: those of
// ecma323. No goroutine but those of the transport's sockets, which Run joins.
package uacsta
