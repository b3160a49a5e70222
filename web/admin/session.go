package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ctibridge/ctibridge/bridge"
)

// How long a session lasts at most, and without activity.
const (
	sessionLifetime = 12 * time.Hour
	sessionIdle     = 30 * time.Minute
	seenEvery       = time.Minute // how often activity is written down
)

const sessionCookie = "ctibridge_admin"

// What a session holds.
const (
	keyName  = "name"  // of the administrator
	keyProof = "proof" // fingerprint of the password hash at sign-in
	keySeen  = "seen"  // Unix seconds of the last activity
	keyFlash = "flash" // what to say on the next page
	keyState = "state" // of a sign-in at Salesforce under way
)

// newSessions does without scs.New, which starts a goroutine for a store we do
// not use, and without its IdleTimeout, which the overview's polling would
// keep from ever running out (and which writes at each request).
func newSessions(store scs.CtxStore, secure bool) *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime:         sessionLifetime,
		Store:            store,
		Codec:            scs.GobCodec{},
		HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name: sessionCookie, Path: "/admin/", HttpOnly: true,
			SameSite: http.SameSiteLaxMode, Secure: secure,
		},
	}
}

// startSession signs the administrator in under a new token, so that nobody
// who knew the old one comes along.
func (p *panel) startSession(r *http.Request, a bridge.Administrator) error {
	ctx := r.Context()
	if err := p.sessions.RenewToken(ctx); err != nil {
		return err
	}
	p.sessions.Put(ctx, keyName, a.Name)
	p.sessions.Put(ctx, keyProof, proof(a))
	p.sessions.Put(ctx, keySeen, time.Now().Unix())
	return nil
}

// proof changes with the password: a session of an older one is void.
func proof(a bridge.Administrator) []byte {
	sum := sha256.Sum256([]byte(a.PasswordHash))
	return sum[:16]
}

// requireSignIn lets only administrators through, others to the sign-in page.
func (p *panel) requireSignIn(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ok, err := p.signedIn(r)
		if err != nil {
			return err
		}
		if !ok {
			return p.toSignIn(w, r)
		}
		return next(w, r)
	}
}

// signedIn checks the session and ends it if it is void: idle for too long, or
// its account is gone or has another password.
func (p *panel) signedIn(r *http.Request) (bool, error) {
	ctx := r.Context()
	name := p.actor(r)
	if name == "" {
		return false, nil
	}
	seen := time.Unix(p.sessions.GetInt64(ctx, keySeen), 0)
	if time.Since(seen) > sessionIdle {
		return false, p.sessions.Destroy(ctx)
	}
	a, err := p.accounts.Administrator(ctx, name)
	if errors.Is(err, bridge.ErrNotFound) {
		return false, p.sessions.Destroy(ctx)
	}
	if err != nil {
		return false, err
	}
	if subtle.ConstantTimeCompare(proof(a), p.sessions.GetBytes(ctx, keyProof)) != 1 {
		return false, p.sessions.Destroy(ctx)
	}
	if time.Since(seen) > seenEvery && !strings.HasSuffix(r.URL.Path, "/live") {
		p.sessions.Put(ctx, keySeen, time.Now().Unix())
	}
	return true, nil
}

// actor is the administrator who is signed in, or empty.
func (p *panel) actor(r *http.Request) string { return p.sessions.GetString(r.Context(), keyName) }

// toSignIn sends the browser to the sign-in page and from there back here.
func (p *panel) toSignIn(w http.ResponseWriter, r *http.Request) error {
	to := "/admin/sign-in"
	if _, err := r.Cookie(sessionCookie); err == nil {
		to += "?expired=1"
	}
	back := r.URL.RequestURI()
	if isHTMX(r) {
		back = ""
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			back = u.RequestURI()
		}
	} else if r.Method != http.MethodGet {
		back = ""
	}
	if back = localPath(back); back != "/admin/" {
		sep := "?"
		if strings.Contains(to, "?") {
			sep = "&"
		}
		to += sep + "next=" + url.QueryEscape(back)
	}
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// localPath is path if it is a page of the panel, else the overview: nobody is
// sent elsewhere by a crafted link.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/admin/") ||
		strings.Contains(path, `\`) || strings.Contains(u.Path, "..") || u.Path == "/admin/sign-in" {
		return "/admin/"
	}
	return u.RequestURI()
}
