package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// agentEnable enables or disables an agent; it says which, so that pressing
// the button of an old page twice does no harm.
func (p *panel) agentEnable(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	a.SalesforceUser = "" // the store keeps it
	a.Enabled = r.PostForm.Get("enabled") == "yes"
	if _, err := p.config.SaveAgent(r.Context(), p.actor(r), a); err != nil {
		return err
	}
	key := "agents.nowDisabled"
	if a.Enabled {
		key = "agents.nowEnabled"
	}
	return p.done(w, r, "/admin/agents", p.say(r)(key, a.Email))
}
