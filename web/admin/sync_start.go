package admin

import (
	"errors"
	"net/http"
	"strings"
)

// syncStart starts a sync of an org, or of one of its objects, of what has changed
// or of all; the page that asked shows its progress.
func (p *panel) syncStart(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	org, object, full := r.PathValue("org"), r.PostForm.Get("object"), r.PostForm.Get("full") != ""
	err := p.status.Sync(r.Context(), org, object, full)
	if refused, ok := errors.AsType[*OrgError](err); ok {
		return p.orgNotice(w, r, org, refused)
	}
	if err != nil {
		return err
	}
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return err
	}
	name := org
	for _, o := range orgs {
		if o.ID == org {
			name = o.Name
		}
	}
	if err := p.audit(r, p.actor(r), "sync.start", strings.TrimSpace(name+" "+object)); err != nil {
		return err
	}
	back := "/admin/"
	if r.PostForm.Get("back") == "org" {
		back = "/admin/orgs/" + org
	}
	return p.done(w, r, back, p.say(r)("overview.syncStarted"))
}
