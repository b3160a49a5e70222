package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func page(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Header().Set("ETag", `"1"`)
		}
		_, _ = io.WriteString(w, s+" "+r.URL.Path)
	})
}

func options() Options {
	return Options{
		Agent: page("agent"), Admin: page("admin"), Softphone: page("softphone"), Metrics: prometheus.NewRegistry(), Logger: quiet(),
	}
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRoutes(t *testing.T) {
	h := New(options())
	for path, want := range map[string]string{
		"/healthz":                  "200 ok\n",
		"/readyz":                   "200 ready\n",
		"/metrics":                  "200 ",
		"/agent/ws":                 "200 agent /agent/ws",
		"/admin/":                   "200 admin /admin/",
		"/admin/agents":             "200 admin /admin/agents",
		"/softphone":                "200 softphone /softphone",
		"/dial":                     "200 softphone /dial",
		"/softphone-assets/1/x.css": "200 softphone /softphone-assets/1/x.css",
		"/elsewhere":                "404 404 page not found\n",
	} {
		r := get(t, h, path)
		if got := r.Status[:4] + body(t, r); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if r := get(t, h, "/"); r.StatusCode != http.StatusFound || r.Header.Get("Location") != "/admin/" {
		t.Errorf("/: %d %s", r.StatusCode, r.Header.Get("Location"))
	}
}

// TestMissingParts: what is not given has no route.
func TestMissingParts(t *testing.T) {
	h := New(Options{Logger: quiet()})
	for _, path := range []string{"/", "/metrics", "/agent/ws", "/admin/", "/softphone", "/dial"} {
		if r := get(t, h, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, r.StatusCode)
		}
	}
}

func TestReady(t *testing.T) {
	o := options()
	o.Ready = func(context.Context) error { return errors.New("the directory is being loaded") }
	r := get(t, New(o), "/readyz")
	if got := body(t, r); r.StatusCode != http.StatusServiceUnavailable || got != "the directory is being loaded\n" {
		t.Errorf("%d %q", r.StatusCode, got)
	}
}

func TestHeaders(t *testing.T) {
	o := options()
	o.Secure = true
	o.Softphone = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "frame-ancestors https://example.lightning.force.com")
	})
	h := New(o)
	r := get(t, h, "/admin/")
	for name, want := range map[string]string{
		"Content-Security-Policy":   policy,
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "no-referrer",
		"Cache-Control":             "no-store",
		"Strict-Transport-Security": "max-age=31536000",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := get(t, h, "/softphone").Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "frame-ancestors https") {
		t.Errorf("the softphone's own policy is lost: %q", got)
	}
	if got := get(t, New(options()), "/healthz").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("plain HTTP insists on TLS: %q", got)
	}
}

func TestRequestLog(t *testing.T) {
	var out bytes.Buffer
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := New(o)
	get(t, h, "/dial?to=tel:%2B493023125101")
	get(t, h, "/admin/agents/ada@example.com/493023125101")
	get(t, h, "/softphone-assets/0123456789abcdef0123456789abcdef")
	log := out.String()
	for _, secret := range []string{"493023125101", "ada@", "abcdef"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log tells %s:\n%s", secret, log)
		}
	}
	for _, want := range []string{"path=/dial ", "path=/admin/agents/***/***", "path=/softphone-assets/***", "status=200", "method=GET"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if got := maskPath("POST /salesforce/outbound-message/{org}/{secret}", "/salesforce/outbound-message/a/b"); got != "/salesforce/outbound-message/{org}/{secret}" {
		t.Errorf("masked as %q", got)
	}
}

func TestPanic(t *testing.T) {
	var out bytes.Buffer
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&out, nil))
	o.Admin = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	if r := get(t, New(o), "/admin/"); r.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", r.StatusCode)
	}
	if !strings.Contains(out.String(), "broken") {
		t.Error("the log does not say why")
	}
}

func TestForwarded(t *testing.T) {
	o := options()
	o.Agent = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
	for _, c := range []struct {
		behind       bool
		header, want string
	}{
		{true, "203.0.113.9, 198.51.100.7", "198.51.100.7:0"},
		{true, "2001:db8::1", "[2001:db8::1]:0"},
		{true, "unknown", "192.0.2.1:1234"},
		{true, "", "192.0.2.1:1234"},
		{false, "198.51.100.7", "192.0.2.1:1234"},
	} {
		o.BehindProxy = c.behind
		if got := body(t, get(t, New(o), "/agent/ws", "X-Forwarded-For", c.header)); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestCompression(t *testing.T) {
	h := New(options())
	r := get(t, h, "/softphone-assets/app.js", "Accept-Encoding", "br, gzip")
	if r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("ETag") != `W/"1"` || r.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("headers %v", r.Header)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != "softphone /softphone-assets/app.js" {
		t.Errorf("%q %v", got, err)
	}
	for _, c := range [][2]string{{"/softphone-assets/app.js", ""}, {"/softphone-assets/app.js", "gzip;q=0"}, {"/softphone", "gzip"}, {"/admin/agents.js", "gzip"}} {
		if r := get(t, h, c[0], "Accept-Encoding", c[1]); r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%v is compressed", c)
		}
	}
}
