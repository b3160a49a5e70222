package admin

import (
	"net/http"
)

// orgListView is the list of orgs, and the tokens of the API below it.
type orgListView struct {
	Orgs   []orgView
	Tokens []tokenRow
}

// orgList shows the orgs and the tokens; to htmx without the page around them.
func (p *panel) orgList(w http.ResponseWriter, r *http.Request) error {
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return err
	}
	tokens, err := p.config.Tokens(r.Context())
	if err != nil {
		return err
	}
	v := orgListView{Orgs: orgViews(orgs, p.status.SyncStatuses(), p.status.OrgStatuses())}
	for _, t := range tokens {
		v.Tokens = append(v.Tokens, tokenRow{t})
	}
	if isHTMX(r) {
		return p.part(w, r, http.StatusOK, "orgs", "list", v)
	}
	return p.show(w, r, http.StatusOK, "orgs", page{Title: "orgs.title", Nav: "orgs", Data: v})
}

// Records are those of all objects together.
func (v orgView) Records() (n int) {
	for _, s := range v.Objects {
		n += s.Records
	}
	return n
}

// Failed tells whether an object's last sync failed.
func (v orgView) Failed() bool {
	for _, s := range v.Objects {
		if s.LastError != "" {
			return true
		}
	}
	return false
}
