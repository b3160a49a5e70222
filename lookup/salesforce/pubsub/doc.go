// Package pubsub is a small client of Salesforce's Pub/Sub API: it reads the
// events of Change Data Capture, of which it understands who has changed and how.
//
//	New ─► Client ─► one connection (HTTP/2), for all topics
//	Subscribe(topic, replay id) ─► GetTopic ─► FetchRequest ─► FetchResponse … ─► Batch ─► handle
//	                                               ▲                 └ Avro by schema id (GetSchema, cached)
//	                                               └─────── handled: so many more
//
// A stream asks for 100 events at most ahead of what has been handled, so what
// waits in memory is bounded by that, and a slow handler slows the stream down,
// not the bridge. The org says something at least every 270 seconds; a stream
// that has been silent for longer is dead and ends with ErrSilent.
//
// A Client starts no goroutine of its own but those of gRPC, which Close ends.
// What Subscribe begins has ended when it returns. Nothing of an event is kept or
// logged but its header: field values are skipped undecoded.
package pubsub
