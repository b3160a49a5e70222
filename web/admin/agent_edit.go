package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// agentEdit shows the form of one agent.
func (p *panel) agentEdit(w http.ResponseWriter, r *http.Request) error {
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f := formOfAgent(a)
	f.Focus = "email"
	if err := p.agentChoices(r, f); err != nil {
		return err
	}
	return p.agentPage(w, r, http.StatusOK, f)
}
