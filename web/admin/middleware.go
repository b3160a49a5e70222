package admin

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
)

const maxBody = 64 << 10 // bytes of a form

// contentPolicy lets nothing in but our own files: no inline script, no inline
// style, no frame around us.
const contentPolicy = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"

// middleware is what every request goes through, outermost first.
func (p *panel) middleware(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(p.refuseCrossOrigin))

	next = p.sessions.LoadAndSave(next)
	next = http.MaxBytesHandler(next, maxBody)
	next = crossOrigin.Handler(next)
	return headers(next)
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// Not no-referrer: with that, browsers send "Origin: null" on our own forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (p *panel) refuseCrossOrigin(w http.ResponseWriter, r *http.Request) {
	p.log.Warn("admin: refused a request from another origin", "event", "cross_origin", "cause", r.Header.Get("Origin"))
	// No page: there is no session yet at this point.
	http.Error(w, p.pages.text(p.lang(r), "error.crossOrigin"), http.StatusForbidden)
}

// handle turns a handler's error into the error page.
func (p *panel) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.fail(w, r, err)
		}
	})
}

// fail shows what went wrong: plainly if the administrator can do something
// about it, else under a number that stands in the log.
func (p *panel) fail(w http.ResponseWriter, r *http.Request, err error) {
	var tooBig *http.MaxBytesError
	switch {
	case errors.Is(err, bridge.ErrNotFound):
		p.errorPage(w, r, http.StatusNotFound, "error.notFound")
	case errors.As(err, &tooBig):
		p.errorPage(w, r, http.StatusRequestEntityTooLarge, "error.tooLarge")
	case errors.Is(err, errBadRequest):
		p.errorPage(w, r, http.StatusBadRequest, "error.badRequest")
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		p.errorPage(w, r, http.StatusServiceUnavailable, "error.busy")
	case r.Context().Err() != nil: // the browser is gone
	default:
		id := rand.Text()[:8]
		p.log.Error("admin: request failed", "event", id, "object", r.Pattern, "err", err)
		p.errorPage(w, r, http.StatusInternalServerError, "error.internal", id)
	}
}

var errBadRequest = errors.New("malformed request")

// parseForm reads a posted form; only a malformed or oversized one is an error.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	var tooBig *http.MaxBytesError
	if err == nil || errors.As(err, &tooBig) {
		return err
	}
	return errBadRequest
}

// isHTMX tells whether htmx asks and wants a part of a page.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// inDialog tells whether the answer goes into the dialog.
func inDialog(r *http.Request) bool { return isHTMX(r) && r.Header.Get("HX-Target") == "dialog-body" }
