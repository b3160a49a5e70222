package admin

import "net/http"

// agentNew shows an empty form with one device to fill in.
func (p *panel) agentNew(w http.ResponseWriter, r *http.Request) error {
	f := &agentForm{Enabled: true, Devices: []deviceField{{}}, Focus: "email"}
	if err := p.agentChoices(r, f); err != nil {
		return err
	}
	if len(f.Orgs) == 1 {
		f.Org = f.Orgs[0].ID
	}
	return p.agentPage(w, r, http.StatusOK, f)
}
