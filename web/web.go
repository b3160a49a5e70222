// Package web is the bridge's HTTP side: one list of routes, and a server that
// speaks TLS from files and ends cleanly.
//
//	request ─► recover ─► log ─► headers ─► route ─► agent hub | admin | softphone | api | health
//
// The parts come in as handlers: this package knows none of them, so that each
// can be tested alone. An upgraded WebSocket leaves it at once: hub and browser
// have the connection to themselves.
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options are the parts that New puts together. A nil handler has no route.
type Options struct {
	// Agent is /agent/ws.
	Agent http.Handler
	// Admin is /admin/ and all below.
	Admin http.Handler
	// Softphone is /softphone, /softphone-assets/… and /dial.
	Softphone http.Handler
	// API is /api/v1/… and /salesforce/outbound-message/….
	API http.Handler
	// Metrics is what /metrics shows.
	Metrics prometheus.Gatherer
	// Ready says whether the bridge can do its work; the error's text is shown
	// to whoever asks /readyz.
	Ready func(ctx context.Context) error
	// Secure says that browsers come by TLS, here or at the proxy: they are
	// told to insist on it.
	Secure bool
	// BehindProxy takes the client's address from the last entry of
	// X-Forwarded-For, which the proxy itself wrote.
	BehindProxy bool
	Logger      *slog.Logger
}

// readyWithin bounds a readiness check.
const readyWithin = 2 * time.Second

// New is the whole HTTP side as one handler.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	for _, route := range []struct {
		pattern string
		handler http.Handler
	}{
		{"GET /healthz", http.HandlerFunc(healthy)},
		{"GET /readyz", ready(o.Ready)},
		{"GET /metrics", metrics(o.Metrics)},
		{"/agent/ws", o.Agent},
		{"/admin/", o.Admin},
		{"/softphone", o.Softphone},
		{"/softphone-assets/", compress(o.Softphone)},
		{"/dial", o.Softphone},
		{"/api/v1/", o.API},
		{"/salesforce/outbound-message/{org}/{secret}", o.API},
		{"GET /{$}", home(o.Admin)},
	} {
		if route.handler != nil {
			mux.Handle(route.pattern, route.handler)
		}
	}
	var h http.Handler = mux
	h = headers(h, o.Secure)
	h = logRequests(h, o.Logger)
	h = recoverPanics(h, o.Logger)
	if o.BehindProxy {
		h = forwarded(h)
	}
	return h
}

// healthy answers as long as the process lives.
func healthy(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusOK, "ok")
}

// ready answers 503 and the reason while the bridge cannot do its work.
func ready(check func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if check != nil {
			if err := check(ctx); err != nil {
				text(w, http.StatusServiceUnavailable, err.Error())
				return
			}
		}
		text(w, http.StatusOK, "ready")
	})
}

func metrics(g prometheus.Gatherer) http.Handler {
	if g == nil {
		return nil
	}
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// home sends whoever types the bare address to the panel.
func home(admin http.Handler) http.Handler {
	if admin == nil {
		return nil
	}
	return http.RedirectHandler("/admin/", http.StatusFound)
}

func text(w http.ResponseWriter, status int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, s+"\n")
}
