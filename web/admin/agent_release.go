package admin

import (
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

// agentReleaseAsk asks before an agent's binding to a Salesforce user ends.
func (p *panel) agentReleaseAsk(w http.ResponseWriter, r *http.Request) error {
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	say := p.say(r)
	return p.confirm(w, r, "agents", confirmView{
		Title: say("agent.release.title"), Text: say("agent.release.text", a.Email, a.SalesforceUser),
		Button: say("agent.release"), Action: agentPath(a.ID, "/release"), Back: "/admin/agents",
	})
}

// agentRelease ends the binding.
func (p *panel) agentRelease(w http.ResponseWriter, r *http.Request) error {
	p.change.Lock()
	defer p.change.Unlock()
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := p.config.Unbind(r.Context(), p.actor(r), a.ID); err != nil {
		return err
	}
	return p.done(w, r, "/admin/agents", p.say(r)("agent.released", a.Email))
}
