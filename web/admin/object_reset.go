package admin

import (
	"net/http"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
)

// objectResetAsk asks before what is said of an object is forgotten.
func (p *panel) objectResetAsk(w http.ResponseWriter, r *http.Request) error {
	org, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	name, say := r.URL.Query().Get("object"), p.say(r)
	text := say("object.reset.text", name)
	if !slices.Contains(usualObjects(), name) {
		text = say("object.remove.text", name)
	}
	return p.confirm(w, r, "orgs", confirmView{
		Title: say("object.reset.title"), Text: text, Button: say("object.reset"), Destructive: true,
		Action: "/admin/orgs/" + org.ID + "/object/reset", Back: "/admin/orgs/" + org.ID, Hidden: map[string]string{"object": name},
	})
}

// objectReset takes an object back to its defaults; one that has none is no
// longer copied.
func (p *panel) objectReset(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	org, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	name := r.PostForm.Get("object")
	org.Objects = slices.DeleteFunc(slices.Clone(org.Objects), func(o lookup.ObjectConfig) bool { return o.Object == name })
	if err := p.config.SaveOrg(r.Context(), p.actor(r), org); err != nil {
		return err
	}
	return p.moveOn(w, r, "/admin/orgs/"+org.ID, p.say(r)("object.isReset", name))
}
