package admin

import (
	"errors"
	"math"
	"net/http"
)

// passwordSave changes the password of whoever is signed in and ends that
// account's other sessions. The present password is throttled as a sign-in is,
// but what strangers try at the sign-in does not count here.
func (p *panel) passwordSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	name, say := p.actor(r), p.say(r)
	try, wait := p.throttle.tryOwn(name)
	if wait > 0 {
		return p.passwordProblem(w, r, "current", say("signIn.throttled", int(math.Ceil(wait.Seconds()))))
	}
	a, ok, err := p.checkAccount(r, name, r.PostForm.Get("current"))
	if err != nil {
		return err
	}
	if !ok {
		if err := p.auditFailure(r, name, "password.failed"); err != nil {
			return err
		}
		return p.passwordProblem(w, r, "current", say("password.wrong"))
	}
	try.succeeded()
	chosen := r.PostForm.Get("new")
	if key := newPasswordProblem(name, chosen); key != "" {
		return p.passwordProblem(w, r, "new", say(key, MinPasswordLength))
	}
	if chosen != r.PostForm.Get("repeat") {
		return p.passwordProblem(w, r, "repeat", say("password.different"))
	}
	if a.PasswordHash, err = p.checker.hash(r.Context(), chosen); err != nil {
		return err
	}
	if err := p.accounts.SaveAdministrator(r.Context(), name, a); err != nil {
		return err
	}
	if err := p.startSession(r, a); err != nil {
		return err
	}
	p.remember(w, a)
	return p.done(w, r, "/admin/", say("password.done"))
}

// newPasswordProblem is the key of what CheckNewPassword says.
func newPasswordProblem(name, password string) string {
	switch err := CheckNewPassword(name, password); {
	case errors.Is(err, ErrPasswordShort):
		return "password.short"
	case errors.Is(err, ErrPasswordLong):
		return "password.long"
	case err != nil:
		return "password.isName"
	}
	return ""
}

func (p *panel) passwordProblem(w http.ResponseWriter, r *http.Request, field, problem string) error {
	return p.passwordPage(w, r, http.StatusUnprocessableEntity,
		passwordView{Problems: map[string]string{field: problem}, Focus: field})
}
