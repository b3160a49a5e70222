package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/api"
)

// house is secrets and orgs in one.
type house struct {
	fault   error // of the secrets
	message error // what Message says
	sync    error
	asked   []string
	block   chan struct{} // holds SyncObject while open
	inside  chan struct{}
}

func (h *house) OutboundSecret(_ context.Context, org, secret string) (bool, error) {
	return org == "o" && secret == "right", h.fault
}

func (h *house) TokenName(_ context.Context, token string) (string, error) {
	if token != "good" {
		return "", bridge.ErrNotFound
	}
	return "books", h.fault
}

func (h *house) Message(_ context.Context, _ string, body []byte) (string, error) {
	return "<ack>" + string(body) + "</ack>", h.message
}

func (h *house) SyncObject(_ context.Context, org, object string, ids []string) (int, error) {
	if h.block != nil {
		h.inside <- struct{}{}
		<-h.block
	} else {
		h.asked = append(h.asked, org+" "+object+" "+strings.Join(ids, ","))
	}
	return 3, h.sync
}

func ask(t *testing.T, h *house, method, path, token, body string) (int, string, http.Header) {
	t.Helper()
	handler := api.New(api.Options{Secrets: h, Orgs: h, Logger: slog.New(slog.DiscardHandler)})
	return answer(t, handler, method, path, token, body)
}

func answer(t *testing.T, handler http.Handler, method, path, token, body string) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, strings.TrimSpace(string(text)), w.Header()
}

func TestAnswers(t *testing.T) {
	const message, sync, good = "/salesforce/outbound-message/o/right", "/api/v1/sync/o/Contact", "Bearer good"
	broken := errors.New("disk is full")
	for name, c := range map[string]struct {
		house                     house
		method, path, token, body string
		status                    int
		text                      string
	}{
		"a message":             {path: message, body: "x", status: 200, text: "<ack>x</ack>"},
		"a message that is not": {house: house{message: api.ErrMalformed}, path: message, status: 400, text: "malformed"},
		"a wrong secret":        {path: "/salesforce/outbound-message/o/wrong", status: 404, text: "not found"},
		"an org just deleted":   {house: house{message: bridge.ErrNotFound}, path: message, status: 404},
		"a fault of ours":       {house: house{fault: broken}, path: message, status: 500, text: "log says why"},
		"too much":              {path: message, body: strings.Repeat("x", 1<<20+1), status: 413},
		"read by GET":           {method: "GET", path: message, status: 405},

		"a sync":              {path: sync, token: good, status: 200, text: `{"synced":3}`},
		"some records":        {path: sync, token: good, body: `{"ids":["a","b"]}`, status: 200, text: `{"synced":3}`},
		"no token":            {path: sync, status: 401, text: "create-token"},
		"another scheme":      {path: sync, token: "Basic good", status: 401},
		"a wrong token":       {path: sync, token: "Bearer bad", status: 401, text: "not good"},
		"tokens unreadable":   {house: house{fault: broken}, path: sync, token: good, status: 500, text: "log says why"},
		"no org":              {house: house{sync: bridge.ErrNotFound}, path: sync, token: good, status: 404},
		"an org that refuses": {house: house{sync: errors.New("no permission")}, path: sync, token: good, status: 502, text: "no permission"},
		"a wrong body":        {path: sync, token: good, body: `{"id":"a"}`, status: 400, text: "2,000"},
		"too many ids":        {path: sync, token: good, body: `{"ids":["a"` + strings.Repeat(`,"a"`, 2000) + `]}`, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			if c.method == "" {
				c.method = "POST"
			}
			status, text, header := ask(t, &c.house, c.method, c.path, c.token, c.body)
			if status != c.status || !strings.Contains(text, c.text) {
				t.Errorf("answered %d %q, want %d %q", status, text, c.status, c.text)
			}
			if strings.Contains(text, "disk") {
				t.Errorf("the answer tells of our inside: %q", text)
			}
			if (status == http.StatusUnauthorized) != (header.Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate is %q", header.Get("WWW-Authenticate"))
			}
		})
	}
	h := house{}
	ask(t, &h, "POST", sync, good, `{"ids":["a","b"]}`)
	ask(t, &h, "POST", sync, good, " ")
	if got := strings.Join(h.asked, "; "); got != "o Contact a,b; o Contact " {
		t.Errorf("asked for %q", got)
	}
}

// A ninth request at a time is told to come back.
func TestAtOnce(t *testing.T) {
	h := &house{block: make(chan struct{}), inside: make(chan struct{})}
	handler := api.New(api.Options{Secrets: h, Orgs: h, Logger: slog.New(slog.DiscardHandler)})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if status, text, _ := answer(t, handler, "POST", "/api/v1/sync/o/Contact", "Bearer good", ""); status != http.StatusOK {
				t.Errorf("answered %d %s", status, text)
			}
		})
		<-h.inside
	}
	if status, _, header := answer(t, handler, "POST", "/api/v1/sync/o/Contact", "Bearer good", ""); status != http.StatusTooManyRequests || header.Get("Retry-After") != "1" {
		t.Errorf("the ninth was answered %d", status)
	}
	close(h.block)
	wg.Wait()
}
