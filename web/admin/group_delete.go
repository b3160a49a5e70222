package admin

import "net/http"

// groupDeleteAsk asks before a group is deleted.
func (p *panel) groupDeleteAsk(w http.ResponseWriter, r *http.Request) error {
	g, err := p.group(r, r.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return err
	}
	say := p.say(r)
	return p.confirm(w, r, "groups", confirmView{
		Title: say("group.delete.title"), Text: say("group.delete.text", g.Name, countMembers(agents)[g.Name]),
		Button: say("delete"), Action: "/admin/groups/delete", Back: "/admin/groups",
		Hidden: map[string]string{"name": g.Name}, Destructive: true,
	})
}

// groupDelete deletes a group; its members stay.
func (p *panel) groupDelete(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	g, err := p.group(r, r.PostForm.Get("name"))
	if err != nil {
		return err
	}
	if err := p.config.DeleteGroup(r.Context(), p.actor(r), g.Name); err != nil {
		return err
	}
	return p.done(w, r, "/admin/groups", p.say(r)("group.deleted", g.Name))
}
