package admin

import "net/http"

// signOut ends the session at both ends.
func (p *panel) signOut(w http.ResponseWriter, r *http.Request) error {
	name := p.actor(r)
	if err := p.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if err := p.audit(r, name, "signOut", name); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/sign-in", http.StatusSeeOther)
	return nil
}
