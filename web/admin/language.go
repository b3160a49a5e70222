package admin

import "net/http"

// language keeps the chosen language in a cookie and goes back to the page.
func (p *panel) language(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	chosen := r.PostForm.Get("lang")
	if chosen != string(english) && chosen != string(german) {
		return errBadRequest
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: chosen, Path: "/admin/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
	back := r.PostForm.Get("back")
	if back != "/admin/sign-in" {
		back = localPath(back)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
