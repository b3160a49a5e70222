package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// groupEdit shows the form of one group, or an empty one.
func (p *panel) groupEdit(w http.ResponseWriter, r *http.Request) error {
	f := &groupForm{}
	if name := r.URL.Query().Get("name"); name != "" {
		g, err := p.group(r, name)
		if err != nil {
			return err
		}
		f = formOfGroup(g)
	}
	f.Focus = "name"
	return p.groupPage(w, r, http.StatusOK, f)
}

func (p *panel) group(r *http.Request, name string) (bridge.Group, error) {
	groups, err := p.config.Groups(r.Context())
	if err != nil {
		return bridge.Group{}, err
	}
	for _, g := range groups {
		if g.Name == name {
			return g, nil
		}
	}
	return bridge.Group{}, bridge.ErrNotFound
}
