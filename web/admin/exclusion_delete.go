package admin

import (
	"net/http"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
)

// exclusionDelete asks, and takes one off the list once it is confirmed. The
// number stands in the form and in no address.
func (p *panel) exclusionDelete(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	key, say := r.PostForm.Get("key"), p.say(r)
	list, err := p.journal.Exclusions(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(e bridge.Exclusion) bool { return e.Key() == key })
	if i < 0 {
		return bridge.ErrNotFound
	}
	what := exclusionRow{list[i]}.Display()
	if r.PostForm.Get("confirmed") != "yes" {
		return p.confirm(w, r, "calls", confirmView{
			Title: say("exclusion.delete.title"), Text: say("exclusion.delete.text", what), Button: say("delete"),
			Action: "/admin/calls/exclusions/delete", Back: "/admin/calls/exclusions", Destructive: true,
			Hidden: map[string]string{"key": key, "confirmed": "yes"},
		})
	}
	if err := p.journal.DeleteExclusion(r.Context(), p.actor(r), key); err != nil {
		return err
	}
	return p.done(w, r, "/admin/calls/exclusions", say("exclusion.deleted", what))
}
