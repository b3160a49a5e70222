package admin

import "net/http"

// confirmView asks before something that cannot be undone.
type confirmView struct {
	Title, Text, Button string // texts, not keys
	Action              string // where to post
	Back                string
	Hidden              map[string]string
	Destructive         bool
	InDialog            bool
}

func (p *panel) confirm(w http.ResponseWriter, r *http.Request, nav string, v confirmView) error {
	if v.InDialog = inDialog(r); v.InDialog {
		return p.part(w, r, http.StatusOK, "confirm", "form", v)
	}
	return p.show(w, r, http.StatusOK, "confirm", page{Title: nav + ".title", Nav: nav, Data: v})
}
