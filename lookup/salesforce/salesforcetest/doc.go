// Package salesforcetest is a simulated Salesforce org on real HTTP, in the
// way of net/http/httptest, for tests, the demo and load tests.
//
//	NewOrg(Options) ─► Start ─► URL
//	   token endpoint (client credentials, JWT bearer, code with PKCE, refresh token), SOAP login()
//	   ─► session ─► describe, query, queryAll, search, sobjects (by external id too),
//	      collections, composite, batch, updated, deleted, Bulk API 2.0 queries, limits, identity
//	   Create, Update, Delete, Begin … ─► rows with SystemModstamp ─► SOQL ─► pages
//	   Inject(Fault) ─► 503, a locked row, a cut body, an expired session …
//	   AddOutbound(Outbound) ─► SOAP messages of changes, until they are acknowledged
//	   Ticket(user, audience) ─► what the org's Apex signs for the panel
//
// It answers as the real thing does where a client could tell: error bodies and
// codes, pages shorter than asked for, stamps to the second, fields that the
// run-as user may not see (missing from describe, INVALID_FIELD in a query),
// rows that become visible after a later stamp has been read. It sends no CORS
// headers, as Salesforce does not to strangers.
//
// It knows Lead, Contact, Account (person accounts too), Opportunity, Case, User,
// Task, custom objects and fields, and the SOQL of simple tools: no sub-queries, no
// aggregates but COUNT(). Clients that others wrote judge it: jsforce and
// go-salesforce.
package salesforcetest
