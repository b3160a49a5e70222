package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/bridge"
)

const maxTokenName = 100 // characters

// tokenForm is the form of a new token of the API.
type tokenForm struct {
	Name, Problem string
	InDialog      bool
}

func (p *panel) tokenPage(w http.ResponseWriter, r *http.Request, status int, f tokenForm) error {
	if f.InDialog = inDialog(r); f.InDialog {
		return p.part(w, r, status, "token_form", "form", f)
	}
	return p.show(w, r, status, "token_form", page{Title: "token.new", Nav: "orgs", Data: f})
}

// tokenNew shows the form of a new token.
func (p *panel) tokenNew(w http.ResponseWriter, r *http.Request) error {
	return p.tokenPage(w, r, http.StatusOK, tokenForm{})
}

// tokenMake makes a token and shows it this once.
func (p *panel) tokenMake(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	say, f := p.say(r), tokenForm{Name: strings.TrimSpace(r.PostForm.Get("name"))}
	if f.Name == "" || utf8.RuneCountInString(f.Name) > maxTokenName || len(f.Name) > maxTokenName {
		f.Problem = say("token.name.bad", maxTokenName)
		return p.tokenPage(w, r, http.StatusUnprocessableEntity, f)
	}
	secret, err := p.config.NewToken(r.Context(), p.actor(r), f.Name)
	if errors.Is(err, bridge.ErrConflict) {
		f.Problem = say("token.name.taken")
		return p.tokenPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return p.once(w, r, onceView{
		Title: say("token.made"), Text: say("token.once", f.Name), Label: say("token.token"), Secret: secret, Back: "/admin/orgs",
	})
}

// tokenDeleteAsk asks before a token is deleted.
func (p *panel) tokenDeleteAsk(w http.ResponseWriter, r *http.Request) error {
	name, say := r.URL.Query().Get("name"), p.say(r)
	return p.confirm(w, r, "orgs", confirmView{
		Title: say("token.delete.title"), Text: say("token.delete.text", name), Button: say("delete"),
		Action: "/admin/tokens/delete", Back: "/admin/orgs", Hidden: map[string]string{"name": name}, Destructive: true,
	})
}

// tokenDelete makes a token worthless at once.
func (p *panel) tokenDelete(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	name := r.PostForm.Get("name")
	if err := p.config.DeleteToken(r.Context(), p.actor(r), name); err != nil {
		return err
	}
	return p.done(w, r, "/admin/orgs", p.say(r)("token.deleted", name))
}

// tokenRow is a token in the list.
type tokenRow struct{ bridge.Token }

// Query names the token in an address.
func (t tokenRow) Query() string { return url.Values{"name": {t.Name}}.Encode() }
