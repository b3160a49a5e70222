package admin_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/admin"
)

const (
	adminName     = "admin"
	adminPassword = "correct horse battery"
)

// browser talks to a panel without a network and keeps cookies.
type browser struct {
	t       *testing.T
	panel   http.Handler
	cookies map[string]*http.Cookie
	lang    string
	addr    string
}

// cheapHash is a hash that takes microseconds to check.
func cheapHash(password string) string {
	salt, b64 := []byte("somesalt"), base64.RawStdEncoding
	return "$argon2id$v=19$m=64,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))
}

// newBrowser builds a panel around f, whose administrator it adds.
func newBrowser(t *testing.T, f *fake, change ...func(*admin.Options)) *browser {
	t.Helper()
	f.admins = []bridge.Administrator{{Name: adminName, PasswordHash: cheapHash(adminPassword)}}
	o := admin.Options{Config: f, Accounts: f, Sessions: &sessions{}, Status: f, Journal: f, Orgs: f, SignIn: f, PublicURL: "https://cti.example.com", Version: "1.2.3"}
	for _, c := range change {
		c(&o)
	}
	h, err := admin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, panel: h, cookies: map[string]*http.Cookie{}, lang: "en", addr: "192.0.2.1:1234"}
}

// do sends a request as this browser; change may alter it.
func (b *browser) do(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://bridge.example.com"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.addr
	r.Header.Set("Accept-Language", b.lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	b.panel.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *browser) get(path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, change...)
}

func (b *browser) post(path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.do(http.MethodPost, path, form, change...)
}

func (b *browser) trySignIn(name, password string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.post("/admin/sign-in", url.Values{"name": {name}, "password": {password}})
}

// signIn signs the browser in as the administrator.
func (b *browser) signIn() *browser {
	b.t.Helper()
	if w := b.trySignIn(adminName, adminPassword); w.Code != http.StatusSeeOther {
		b.t.Fatalf("sign-in: status %d: %s", w.Code, w.Body)
	}
	return b
}

func htmx(r *http.Request)     { r.Header.Set("HX-Request", "true") }
func inDialog(r *http.Request) { htmx(r); r.Header.Set("HX-Target", "dialog-body") }

func mustStatus(t *testing.T, w *httptest.ResponseRecorder, want int) {
	t.Helper()
	if w.Code != want {
		t.Fatalf("status %d, want %d: %s", w.Code, want, w.Body)
	}
}

func mustContain(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q:\n%s", want, body)
		}
	}
}

// actions are the audit rows so far, by action.
func (f *fake) actions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, e := range f.audit {
		out = append(out, e.Actor+" "+e.Action)
	}
	return out
}

func TestNewRefusesMissingParts(t *testing.T) {
	if _, err := admin.New(admin.Options{}); err == nil {
		t.Error("a panel without parts was built")
	}
}
