package admin

import "net/http"

// onceView shows a secret that is not shown again.
type onceView struct {
	Title, Text, Label, Secret string
	Back                       string
	InDialog                   bool
}

// once shows a new secret; the list behind the dialog is drawn anew.
func (p *panel) once(w http.ResponseWriter, r *http.Request, v onceView) error {
	if v.InDialog = inDialog(r); v.InDialog {
		w.Header().Set("HX-Trigger", "made")
		return p.part(w, r, http.StatusOK, "once", "form", v)
	}
	return p.show(w, r, http.StatusOK, "once", page{Title: "orgs.title", Nav: "orgs", Data: v})
}
