// Package pubsubtest is a simulated Pub/Sub API (gRPC, on loopback) for a
// simulated org: what happens to its records comes as events of Change Data
// Capture, as Salesforce sends them.
//
//	salesforcetest.Org ─Watch─► log of events, numbered ─► streams, 100 events ahead at most
//	Select(objects) ─► topics /data/ContactChangeEvent …, and /data/ChangeEvents of all
//	Gap, Overflow, Garble ─► events that tell less ·  Forget ─► lost replay ids
//	Cut, Mute, Refuse ─► streams that end, say nothing, are refused
//
// Payloads are Avro by a schema that follows the object's fields and changes its
// id when these do; changedFields are bitmaps, with those of compound names behind
// a dash. A stream ends with UNAUTHENTICATED as soon as its session has ended.
package pubsubtest
