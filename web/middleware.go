package web

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// policy is what pages get that ask for nothing else: own scripts only, framed
// by nobody. The softphone page sets its own, with the orgs as ancestors.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// headers sets what each answer carries unless its handler says otherwise.
// Addresses of pages hold telephone numbers (/dial?to=…), so they are sent
// nowhere as a referrer.
func headers(next http.Handler, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// logRequests writes a line for each request, without query and without what in
// a path may be a secret, a person or a number. Probes and assets are for
// debugging only.
func logRequests(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		path := r.URL.Path // inner handlers may strip it
		seen := &recorder{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		level := slog.LevelInfo
		switch {
		case seen.status >= http.StatusInternalServerError:
			level = slog.LevelWarn
		case r.Method == http.MethodGet && seen.status < http.StatusBadRequest:
			level = slog.LevelDebug
		}
		log.LogAttrs(r.Context(), level, "request", slog.String("method", r.Method), slog.String("path", maskPath(r.Pattern, path)),
			slog.Int("status", seen.status), slog.Duration("took", time.Since(start)))
	})
}

// maxSegment is how long a part of a path may be to be logged; secrets and
// tokens are longer.
const maxSegment = 24

// maskPath is a path for the log: the route's pattern where that has wildcards,
// else the path without what looks like a secret, an address or a number.
func maskPath(pattern, path string) string {
	if strings.Contains(pattern, "{") && !strings.Contains(pattern, "{$}") {
		_, route, found := strings.Cut(pattern, " ")
		if !found {
			route = pattern
		}
		return route
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > maxSegment || strings.ContainsAny(p, "@:+%") || digits(p) > 5 {
			parts[i] = "***"
		}
	}
	if len(parts) > 8 {
		parts = append(parts[:8], "***")
	}
	return strings.Join(parts, "/")
}

func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// recoverPanics keeps a broken handler from more than its own request.
func recoverPanics(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the handler's own way to cut a connection
				panic(p)
			}
			log.Error("handler panicked", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			http.Error(w, "Something went wrong here. Try again; the log says more.", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// forwarded puts the client's address as the proxy saw it in place of the
// proxy's own. Earlier entries are what the client wrote and prove nothing.
func forwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		last := strings.TrimSpace(chain[len(chain)-1])
		if net.ParseIP(last) != nil {
			r.RemoteAddr = net.JoinHostPort(last, "0")
		}
		next.ServeHTTP(w, r)
	})
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 || r.status < http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Hijack implements http.Hijacker, which the WebSocket upgrade asks for.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
