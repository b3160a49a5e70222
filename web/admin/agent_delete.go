package admin

import (
	"net/http"
	"net/url"

	"github.com/ctibridge/ctibridge/bridge"
)

// agentDeleteAsk asks before an agent is deleted.
func (p *panel) agentDeleteAsk(w http.ResponseWriter, r *http.Request) error {
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	say := p.say(r)
	return p.confirm(w, r, "agents", confirmView{
		Title: say("agent.delete.title"), Text: say("agent.delete.text", a.Email), Button: say("delete"),
		Action: agentPath(a.ID, "/delete"), Back: "/admin/agents", Destructive: true,
	})
}

// agentDelete deletes an agent.
func (p *panel) agentDelete(w http.ResponseWriter, r *http.Request) error {
	p.change.Lock()
	defer p.change.Unlock()
	a, err := p.config.Agent(r.Context(), bridge.AgentID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if err := p.config.DeleteAgent(r.Context(), p.actor(r), a.ID); err != nil {
		return err
	}
	return p.done(w, r, "/admin/agents", p.say(r)("agent.deleted", a.Email))
}

func agentPath(id bridge.AgentID, what string) string {
	return "/admin/agents/" + url.PathEscape(string(id)) + what
}
