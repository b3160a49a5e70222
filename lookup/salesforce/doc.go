// Package salesforce is a small client of the Salesforce REST API: it signs
// in, describes objects and streams the answers of queries.
//
//	Config ─► New ─► Client ─► sign-in (client credentials, once, shared) ─► token
//	Query(soql) ─► page ─► nextRecordsUrl ─► page … ─► Record, Record, …
//	                 │
//	                 └ 401 ─► sign in once more   503, 429, row locked ─► wait and repeat
//	                   anything else ─► *Error with its Cure in plain words
//
// A Client may be used by several goroutines. It starts none of its own, keeps
// nothing on disk, and asks no more than it is asked to: every method of it
// that takes a context ends when the context does. Replies are read up to a
// bound and a page is held in memory as a whole, so a reply cut short is
// noticed and asked for again instead of losing records.
//
// Neither the client secret nor an access token appears in an error or a log
// line, and queries do not either, for they may hold personal data.
package salesforce
