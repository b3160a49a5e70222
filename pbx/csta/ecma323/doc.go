// Package ecma323 reads and writes CSTA messages as XML: ECMA-323, the XML form
// of ECMA-269 (CSTA phase III), with the application sessions of ECMA-354 and
// the framing over TCP without SOAP. It is pure: no sockets, no clock, no state
// but what the caller holds.
//
//	TCP ─► Reader.Next ─► Frame{InvokeID, Body} ─► Decoder.Decode ─► Message
//	TCP ◄─ AppendFrame(dst, id, Message, Edition)  ◄── link, Invokes.Add
//
// # Reading
//
// Switches disagree on namespaces, prefixes, order and case, so elements are
// found by local name wherever they stand among their siblings, and nothing is
// mandatory: an element that is missing leaves its field empty. Elements that
// nobody knows are skipped. Entities other than XML's own five are never
// expanded. Limits: a message has 64 KiB, 48 levels and 16,384 elements.
//
// # Writing
//
// Each message has one description of its elements (its fields method), in the
// order of the schema, that serves both ways. What is empty is left out. The
// Edition gives the namespace and what else differs.
//
// # What a link does with it
//
//	frame, err := reader.Next()               // *ProtocolError, ErrLostSync: give the connection up
//	m, err := decoder.Decode(frame.Body)      // an error costs this message only
//	switch m := m.(type) {
//	case ecma323.CallEvent:                   // m.Data(), m.Subject(), or the event's own type
//	case ecma323.AgentEvent:                  // m.Agent()
//	case *ecma323.CSTAErrorCode:              // m.Explain() in plain words; pending.Take(frame.InvokeID)
//	}
//	out, err = ecma323.AppendFrame(out[:0], id, &ecma323.MonitorStart{…}, edition)
//
// # Invoke ids
//
// An invoke id joins a response to its request. There are two spaces: ours
// (Invokes hands them out) and the switch's, whose ids are only echoed. Events
// carry EventInvokeID. Whether a message is an event, a response or a request
// is decided by its name (KindOf), never by the id.
package ecma323
