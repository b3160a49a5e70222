package admin

import (
	"errors"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// orgDeleteAsk asks before an org is deleted. With agents it cannot be.
func (p *panel) orgDeleteAsk(w http.ResponseWriter, r *http.Request) error {
	c, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	return p.askOrgDelete(w, r, c)
}

func (p *panel) askOrgDelete(w http.ResponseWriter, r *http.Request, c lookup.OrgConfig) error {
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return err
	}
	members := 0
	for _, a := range agents {
		if a.Org == c.ID {
			members++
		}
	}
	say := p.say(r)
	v := confirmView{
		Title: say("org.delete.title"), Text: say("org.delete.text", c.Name),
		Button: say("delete"), Action: "/admin/orgs/" + c.ID + "/delete", Back: "/admin/orgs/" + c.ID, Destructive: true,
	}
	if members > 0 {
		v.Text, v.Button = say("org.delete.agents", c.Name, members), ""
	}
	return p.confirm(w, r, "orgs", v)
}

// orgDelete deletes an org and what the directory holds of it.
func (p *panel) orgDelete(w http.ResponseWriter, r *http.Request) error {
	c, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	err = p.config.DeleteOrg(r.Context(), p.actor(r), c.ID)
	if errors.Is(err, bridge.ErrConflict) {
		return p.askOrgDelete(w, r, c)
	}
	if err != nil {
		return err
	}
	return p.moveOn(w, r, "/admin/orgs", p.say(r)("org.deleted", c.Name))
}
