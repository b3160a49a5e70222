package admin

import "net/http"

// handler answers one request; an error it returns becomes the error page.
type handler func(http.ResponseWriter, *http.Request) error

// routes lists every page and every action of the panel.
func (p *panel) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h handler) { mux.Handle(pattern, p.handle(h)) }
	signedIn := func(pattern string, h handler) { mux.Handle(pattern, p.handle(p.requireSignIn(h))) }

	// For everyone.
	mux.HandleFunc("GET /admin/static/{sum}/{name}", p.assets.serve)
	open("GET /admin/sign-in", p.signInShow)
	open("POST /admin/sign-in", p.signIn)
	open("POST /admin/language", p.language)

	// The administrator's own account.
	signedIn("POST /admin/sign-out", p.signOut)
	signedIn("GET /admin/password", p.passwordEdit)
	signedIn("POST /admin/password", p.passwordSave)

	// How the bridge is doing.
	signedIn("GET /admin/{$}", p.overview)
	signedIn("GET "+livePath, p.overview) // polled: does not count as activity

	// Who takes calls where.
	signedIn("GET /admin/agents", p.agentList)
	signedIn("GET /admin/agents/new", p.agentNew)
	signedIn("POST /admin/agents/new", p.agentSave)
	signedIn("GET /admin/agents/{id}", p.agentEdit)
	signedIn("POST /admin/agents/{id}", p.agentSave)
	signedIn("POST /admin/agents/{id}/enabled", p.agentEnable)
	signedIn("GET /admin/agents/{id}/release", p.agentReleaseAsk)
	signedIn("POST /admin/agents/{id}/release", p.agentRelease)
	signedIn("GET /admin/agents/{id}/delete", p.agentDeleteAsk)
	signedIn("POST /admin/agents/{id}/delete", p.agentDelete)

	// What they share. A group may have any name, so names are in the query.
	signedIn("GET /admin/groups", p.groupList)
	signedIn("GET /admin/groups/edit", p.groupEdit)
	signedIn("POST /admin/groups/edit", p.groupSave)
	signedIn("GET /admin/groups/delete", p.groupDeleteAsk)
	signedIn("POST /admin/groups/delete", p.groupDelete)

	// What became of calls. Numbers are posted: addresses end up in histories.
	signedIn("GET /admin/calls", p.callList)
	signedIn("POST /admin/calls", p.callList)
	signedIn("GET /admin/calls/{id}", p.callShow)
	signedIn("GET /admin/calls/salesforce", p.activityList)
	signedIn("POST /admin/calls/salesforce/{org}/retry", p.activityRetry)
	signedIn("GET /admin/calls/exclusions", p.exclusionList)
	signedIn("POST /admin/calls/exclusions", p.exclusionSave)
	signedIn("POST /admin/calls/exclusions/delete", p.exclusionDelete)
	signedIn("GET /admin/calls/privacy", p.privacyShow)
	signedIn("POST /admin/calls/privacy/export", p.privacyExport)
	signedIn("POST /admin/calls/privacy/erase", p.privacyErase)
	// What is copied of Salesforce. Polling (…/live) does not count as activity.
	signedIn("GET /admin/orgs", p.orgList)
	signedIn("GET /admin/orgs/new", p.orgEdit)
	signedIn("POST /admin/orgs/new", p.orgSave)
	signedIn("POST /admin/orgs/test", p.orgTest)
	signedIn("GET /admin/orgs/schedule", p.schedulePreview)
	signedIn("GET "+SignedInPath, p.orgSignedIn)
	signedIn("GET /admin/orgs/{org}", p.orgShow)
	signedIn("GET /admin/orgs/{org}/live", p.orgShow)
	signedIn("GET /admin/orgs/{org}/edit", p.orgEdit)
	signedIn("POST /admin/orgs/{org}/edit", p.orgSave)
	signedIn("GET /admin/orgs/{org}/delete", p.orgDeleteAsk)
	signedIn("POST /admin/orgs/{org}/delete", p.orgDelete)
	signedIn("POST /admin/orgs/{org}/sign-in", p.orgSignIn)
	signedIn("GET /admin/orgs/{org}/address", p.orgAddressAsk)
	signedIn("POST /admin/orgs/{org}/address", p.orgAddress)
	signedIn("POST /admin/orgs/{org}/sync", p.syncStart)
	signedIn("GET /admin/orgs/{org}/object", p.objectEdit)
	signedIn("POST /admin/orgs/{org}/object", p.objectSave)
	signedIn("GET /admin/orgs/{org}/object/reset", p.objectResetAsk)
	signedIn("POST /admin/orgs/{org}/object/reset", p.objectReset)
	signedIn("GET /admin/tokens/new", p.tokenNew)
	signedIn("POST /admin/tokens/new", p.tokenMake)
	signedIn("GET /admin/tokens/delete", p.tokenDeleteAsk)
	signedIn("POST /admin/tokens/delete", p.tokenDelete)

	// Who did what.
	signedIn("GET /admin/audit", p.auditList)

	open("/admin/", p.notFound)
	return mux
}
