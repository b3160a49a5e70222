// Package uacsta dials and answers on one desk telephone with uaCSTA: CSTA in
// XML (ECMA-323, edition 3) over a SIP dialog, as ECMA TR/87 describes it.
//
//	Run ─► INVITE RequestSystemStatus ──────► phone
//	       ◄────── 200 RequestSystemStatusResponse
//	       INFO MonitorStart ─► 200 MonitorStartResponse
//	MakeCall, AnswerCall, HoldCall … ─► INFO ─► 200 with the response
//	Carrier.Receive ◄─ INFO with an event ── phone   (answered 200; calls, Config.Events)
//	Run ─► re-INVITE before the session expires (RFC 4028); BYE at the end
//
// The sockets are those of whoever owns the Carrier, such as the SIP link, which
// hands on what telephones send. When they break, the association stays at the
// telephone, and the next Run goes on with it by a re-INVITE.
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
// ecma323. No goroutine and no socket of its own.
package uacsta
