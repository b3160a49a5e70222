package admin

import "net/http"

// agentNew shows an empty form with one telephone to fill in.
func (p *panel) agentNew(w http.ResponseWriter, r *http.Request) error {
	f := &agentForm{Enabled: true, Focus: "email"}
	if err := p.agentChoices(r, f); err != nil {
		return err
	}
	if len(f.Links) > 0 {
		f.Devices = []deviceField{{}}
	}
	if len(f.Orgs) == 1 {
		f.Org = f.Orgs[0].ID
	}
	return p.agentPage(w, r, http.StatusOK, f)
}
