package admin

import (
	"crypto/subtle"
	"errors"
	"net/http"
)

// noticeView says one thing that went wrong, and what to do.
type noticeView struct {
	Problem, Cure said
	Back          string
	// Link leads on, where a form must not: our policy keeps forms at home.
	Link string
}

// orgSignIn sends the browser to Salesforce. The answer has to come back to this
// session.
func (p *panel) orgSignIn(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("org")
	address, state, err := p.signer.BeginSignIn(r.Context(), id)
	if refused, ok := errors.AsType[*OrgError](err); ok {
		return p.orgNotice(w, r, id, refused)
	}
	if err != nil {
		return err
	}
	p.sessions.Put(r.Context(), keyState, state)
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", address)
		return nil
	}
	return p.show(w, r, http.StatusOK, "org_notice", page{Title: "org.signIn", Nav: "orgs", Data: noticeView{Link: address, Back: "/admin/orgs/" + id}})
}

// orgSignedIn takes Salesforce's answer.
func (p *panel) orgSignedIn(w http.ResponseWriter, r *http.Request) error {
	answer := r.URL.Query()
	state := p.sessions.PopString(r.Context(), keyState)
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(answer.Get("state"))) != 1 {
		return p.orgNotice(w, r, "", &OrgError{
			Problem: "This sign-in is not known to the bridge, is used already, or has taken too long.",
			Cure:    "Begin the sign-in anew in the panel, in one browser window, and finish it within ten minutes.",
		})
	}
	id, err := p.signer.FinishSignIn(r.Context(), p.actor(r), answer)
	if refused, ok := errors.AsType[*OrgError](err); ok {
		return p.orgNotice(w, r, id, refused)
	}
	if err != nil {
		return err
	}
	return p.moveOn(w, r, "/admin/orgs/"+id, p.say(r)("org.signedIn"))
}

// orgNotice says why something did not work.
func (p *panel) orgNotice(w http.ResponseWriter, r *http.Request, org string, e *OrgError) error {
	say := p.sayer(r)
	if isHTMX(r) { // shown by panel.js
		http.Error(w, say.english(e.Problem).Text+" "+say.english(e.Cure).Text, http.StatusBadGateway)
		return nil
	}
	back := "/admin/orgs"
	if org != "" {
		back += "/" + org
	}
	return p.show(w, r, http.StatusOK, "org_notice", page{
		Title: "error.title", Nav: "orgs", Data: noticeView{Problem: say.english(e.Problem), Cure: say.english(e.Cure), Back: back},
	})
}
