package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/lookup"
)

// orgEdit shows the form of an org, or an empty one.
func (p *panel) orgEdit(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("org")
	if id == "" {
		f := formOfOrg(lookup.OrgConfig{}, nil)
		f.Focus = "name"
		return p.orgFormPage(w, r, http.StatusOK, f)
	}
	c, secrets, err := p.storedOrg(r, id)
	if err != nil {
		return err
	}
	return p.orgFormPage(w, r, http.StatusOK, formOfOrg(c, secrets))
}
