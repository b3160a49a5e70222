package admin

import "net/http"

// syncStart starts a sync of one org; the overview shows its progress.
func (p *panel) syncStart(w http.ResponseWriter, r *http.Request) error {
	org := r.PathValue("org")
	if err := p.status.Sync(r.Context(), org); err != nil {
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
	if err := p.audit(r, p.actor(r), "sync.start", name); err != nil {
		return err
	}
	return p.done(w, r, "/admin/", p.say(r)("overview.syncStarted"))
}
