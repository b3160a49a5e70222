package admin

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// signIn checks name and password. Whether the name exists shows neither in
// the answer nor in the time it takes.
func (p *panel) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := signInView{Name: strings.TrimSpace(r.PostForm.Get("name")), Next: r.PostForm.Get("next")}
	password := r.PostForm.Get("password")

	try, wait, err := p.attempt(r, v.Name)
	if err != nil {
		return err
	}
	if wait > 0 {
		return p.signInLater(w, r, v, wait)
	}
	admin, ok, err := p.checkAccount(r, v.Name, password)
	if err != nil {
		return err
	}
	if !ok {
		if err := p.auditFailure(r, admin.Name, "signIn.failed"); err != nil {
			return err
		}
		v.Problem = p.say(r)("signIn.wrong")
		return p.signInPage(w, r, http.StatusUnprocessableEntity, v)
	}
	try.succeeded()
	if err := p.startSession(r, admin); err != nil {
		return err
	}
	p.remember(w, admin)
	if err := p.audit(r, admin.Name, "signIn", admin.Name); err != nil {
		return err
	}
	http.Redirect(w, r, localPath(v.Next), http.StatusSeeOther)
	return nil
}

// checkAccount does the same work for a name that does not exist.
func (p *panel) checkAccount(r *http.Request, name, password string) (bridge.Administrator, bool, error) {
	a, err := p.accounts.Administrator(r.Context(), name)
	if err != nil && !errors.Is(err, bridge.ErrNotFound) {
		return a, false, err
	}
	if err != nil {
		a = bridge.Administrator{}
	}
	if len(password) > MaxPasswordLength {
		password = ""
	}
	ok, err := p.checker.verify(r.Context(), a.PasswordHash, password)
	return a, ok, err
}

func (p *panel) signInLater(w http.ResponseWriter, r *http.Request, v signInView, wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	v.Problem = p.say(r)("signIn.throttled", seconds)
	return p.signInPage(w, r, http.StatusTooManyRequests, v)
}

// auditFailure never writes down an unknown name: people type their password
// into that field. Anybody can fail without end, so failures are counted, not
// listed.
func (p *panel) auditFailure(r *http.Request, name, action string) error {
	if name == "" {
		name = "unknown account"
	}
	return noted(action, p.config.CountAudit(r.Context(), auditEntry(r, name, action, name)))
}

// audit appends a row for what no store method does by itself.
func (p *panel) audit(r *http.Request, actor, action, object string) error {
	return noted(action, p.config.AppendAudit(r.Context(), auditEntry(r, actor, action, object)))
}

func auditEntry(r *http.Request, actor, action, object string) bridge.AuditEntry {
	return bridge.AuditEntry{
		Time: time.Now().UTC(), Actor: actor, Action: action, Object: object,
		Detail: "from " + subnet(r.RemoteAddr),
	}
}

func noted(action string, err error) error {
	if err != nil {
		return fmt.Errorf("admin: audit %s: %w", action, err)
	}
	return nil
}
