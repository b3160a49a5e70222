package admin

import "net/http"

// passwordView is the page on which administrators change their own password.
type passwordView struct {
	Problems map[string]string
	Focus    string
	Min      int
}

// passwordEdit shows the form, always empty.
func (p *panel) passwordEdit(w http.ResponseWriter, r *http.Request) error {
	return p.passwordPage(w, r, http.StatusOK, passwordView{Focus: "current"})
}

func (p *panel) passwordPage(w http.ResponseWriter, r *http.Request, status int, v passwordView) error {
	v.Min = MinPasswordLength
	return p.show(w, r, status, "password", page{Title: "password.title", Nav: "password", Data: v})
}
