// Package admin is the panel in which an administrator sees how the bridge is
// doing and says who takes calls where.
//
//	browser ─► headers ─► same origin? ─► session ─► signed in? ─► one handler ─► template
//	                                                                   │
//	              ConfigStore, Accounts, StatusReporter ◄──────────────┘
//	              OrgConnector, SalesforceSignIn: what asks an org, 20 s at most
//
// Pages are plain HTML forms that work without a script; htmx swaps parts of
// them where that spares a page load, and static/panel.js opens dialogs, keeps
// the focus and refreshes the overview without flicker. Every handler is one
// file, routes.go lists them all, texts.go holds every word in German and
// English.
//
// Nothing in here starts a goroutine. What could grow without bound does not:
// the throttle has a fixed number of slots, a request body ends at 64 KiB, and
// only so many sign-ins wait for their password to be checked (the rest is told
// to try again).
//
// Styles and icons in static/ are cut out of the Salesforce Lightning Design
// System by _build, which the go tool does not see; see static/NOTICE.
package admin
