package admin

import "net/http"

// signInView is the sign-in page.
type signInView struct {
	Name, Next string
	Problem    string
	Expired    bool
	// Nobody says that no administrator exists yet.
	Nobody bool
}

// signInShow shows the sign-in page, or how to create the first account.
func (p *panel) signInShow(w http.ResponseWriter, r *http.Request) error {
	if ok, err := p.signedIn(r); err != nil {
		return err
	} else if ok {
		http.Redirect(w, r, localPath(r.URL.Query().Get("next")), http.StatusSeeOther)
		return nil
	}
	return p.signInPage(w, r, http.StatusOK, signInView{
		Next: r.URL.Query().Get("next"), Expired: r.URL.Query().Has("expired"),
	})
}

func (p *panel) signInPage(w http.ResponseWriter, r *http.Request, status int, v signInView) error {
	all, err := p.accounts.Administrators(r.Context())
	if err != nil {
		return err
	}
	v.Nobody = len(all) == 0
	return p.write(w, r, status, "sign_in", "layout", page{Title: "signIn.title", Data: v})
}
