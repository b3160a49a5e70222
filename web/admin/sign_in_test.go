package admin_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/admin"
)

func TestSignInIsRequired(t *testing.T) {
	f := sample()
	b := newBrowser(t, f)
	for _, p := range pages {
		w := b.get(p.path)
		mustStatus(t, w, http.StatusSeeOther)
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/admin/sign-in") {
			t.Errorf("%s: goes to %s", p.path, to)
		}
	}
	for _, path := range []string{"/admin/agents/a1", "/admin/agents/a1/delete", "/admin/agents/a1/enabled", "/admin/agents/a1/release", "/admin/groups/edit", "/admin/groups/delete", "/admin/orgs/" + orgID + "/sync", "/admin/password"} {
		mustStatus(t, b.post(path, nil), http.StatusSeeOther)
	}
	if len(f.agents) != 3 || len(f.synced) != 0 || len(f.audit) != 0 {
		t.Error("something was changed without a sign-in")
	}
	w := b.get("/admin/overview/live", htmx, func(r *http.Request) {
		r.Header.Set("HX-Current-URL", "http://bridge.example.com/admin/agents?q=x")
	})
	mustStatus(t, w, http.StatusUnauthorized)
	if to := w.Header().Get("HX-Redirect"); to != "/admin/sign-in?next=%2Fadmin%2Fagents%3Fq%3Dx" {
		t.Errorf("htmx is sent to %s", to)
	}
}

func TestNobodyYet(t *testing.T) {
	f := sample()
	b := newBrowser(t, f)
	f.admins = nil
	mustContain(t, b.get("/admin/sign-in").Body.String(), "ctibridge admin create-user NAME")
	b.lang = "de"
	mustContain(t, b.get("/admin/sign-in").Body.String(), "noch keinen Administrator", "ctibridge admin create-user NAME")
	mustStatus(t, b.trySignIn("", ""), http.StatusUnprocessableEntity)
}

func TestSignInGoesWhereItWasAsked(t *testing.T) {
	b := newBrowser(t, sample())
	for next, want := range map[string]string{
		"/admin/agents?q=x": "/admin/agents?q=x", "": "/admin/",
		"https://evil.example.com/admin/": "/admin/", "//evil.example.com/admin/x": "/admin/", "javascript:alert(1)": "/admin/", "/admin/sign-in": "/admin/",
	} {
		w := b.post("/admin/sign-in", url.Values{"name": {" " + adminName}, "password": {adminPassword}, "next": {next}})
		mustStatus(t, w, http.StatusSeeOther)
		if to := w.Header().Get("Location"); to != want {
			t.Errorf("next %q: goes to %s, want %s", next, to, want)
		}
	}
	mustStatus(t, b.get("/admin/sign-in"), http.StatusSeeOther) // is signed in already
}

func TestCookieFlags(t *testing.T) {
	for _, secure := range []bool{false, true} {
		b := newBrowser(t, sample(), func(o *admin.Options) { o.Secure = secure }).signIn()
		b.post("/admin/language", url.Values{"lang": {"de"}})
		for _, name := range []string{"ctibridge_admin", "ctibridge_lang"} {
			c := b.cookies[name]
			if c == nil {
				t.Fatalf("no cookie %s", name)
			}
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/admin/" || c.Secure != secure {
				t.Errorf("secure %v: cookie %v", secure, c)
			}
		}
		if c := b.cookies["ctibridge_admin"]; len(c.Value) < 32 || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("session cookie %v outlives the browser", c)
		}
	}
}

func TestSessionFixation(t *testing.T) {
	f, store := sample(), &sessions{}
	b := newBrowser(t, f, func(o *admin.Options) { o.Sessions = store })
	b.cookies["ctibridge_admin"] = &http.Cookie{Name: "ctibridge_admin", Value: "planted-by-an-attacker"}
	b.signIn()
	if b.cookies["ctibridge_admin"].Value == "planted-by-an-attacker" {
		t.Error("a planted token is kept at sign-in")
	}
	first := b.cookies["ctibridge_admin"].Value
	b.signIn()
	if b.cookies["ctibridge_admin"].Value == first {
		t.Error("the token is kept at a second sign-in")
	}
	b.cookies["ctibridge_admin"].Value = first
	mustStatus(t, b.get("/admin/"), http.StatusSeeOther)
	for token := range store.byID {
		if token == first || strings.Contains(token, b.cookies["ctibridge_admin"].Value) {
			t.Error("the token itself is in the store")
		}
	}
}

func TestNoSessionBeforeSignIn(t *testing.T) {
	store := &sessions{}
	b := newBrowser(t, sample(), func(o *admin.Options) { o.Sessions = store })
	b.get("/admin/sign-in")
	b.trySignIn(adminName, "wrong")
	if len(store.byID) != 0 || b.cookies["ctibridge_admin"] != nil {
		t.Error("strangers fill the session store")
	}
}

func TestSignOut(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	token := *b.cookies["ctibridge_admin"]
	mustStatus(t, b.post("/admin/sign-out", nil), http.StatusSeeOther)
	b.cookies["ctibridge_admin"] = &token
	w := b.get("/admin/")
	mustStatus(t, w, http.StatusSeeOther)
	if to := w.Header().Get("Location"); to != "/admin/sign-in?expired=1" {
		t.Errorf("goes to %s", to)
	}
}

func TestCrossOrigin(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	changes := map[string]func(*http.Request){
		"cross-site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"old browser": func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example.com")
		},
	}
	for name, change := range changes {
		for _, path := range []string{"/admin/agents/a1/delete", "/admin/sign-in", "/admin/sign-out", "/admin/language", "/admin/password", "/admin/groups/delete", "/admin/orgs/" + orgID + "/sync"} {
			w := b.post(path, url.Values{"name": {"Sales"}, "lang": {"de"}}, change)
			if w.Code != http.StatusForbidden {
				t.Errorf("%s %s: status %d", name, path, w.Code)
			}
		}
	}
	if len(f.agents) != 3 || len(f.groups) != 2 {
		t.Error("another origin changed something")
	}
	mustStatus(t, b.get("/admin/"), http.StatusOK) // still signed in
}

func TestSignInAudit(t *testing.T) {
	f := sample()
	b := newBrowser(t, f)
	b.trySignIn(adminName, "wrong-secret-1")
	b.trySignIn("my-password-typed-as-name", "wrong-secret-2")
	b.signIn()
	b.post("/admin/orgs/"+orgID+"/sync", nil)
	b.post("/admin/sign-out", nil)
	want := []string{"admin signIn.failed", "unknown account signIn.failed", "admin signIn", "admin sync.start", "admin signOut"}
	if got := f.actions(); !slices.Equal(got, want) {
		t.Errorf("audit %v, want %v", got, want)
	}
	for _, e := range f.audit {
		if s := e.Actor + e.Object + e.Detail; strings.Contains(s, "secret") || strings.Contains(s, "password") {
			t.Errorf("the audit holds %q", s)
		}
	}
	if d := f.audit[0].Detail; d != "from 192.0.2.1" {
		t.Errorf("detail %q", d)
	}
}

func TestUnknownNameLooksLikeWrongPassword(t *testing.T) {
	b := newBrowser(t, sample())
	known, unknown := b.trySignIn(adminName, "wrong"), b.trySignIn("nobody", "wrong")
	if known.Code != unknown.Code || strings.ReplaceAll(known.Body.String(), `value="admin"`, `value="nobody"`) != unknown.Body.String() {
		t.Error("the answers differ")
	}
}

func TestThrottleAccount(t *testing.T) {
	for _, name := range []string{adminName, "nobody"} { // the same whether it exists or not
		synctest.Test(t, func(t *testing.T) {
			b := newBrowser(t, sample())
			for i := range 5 {
				if w := b.trySignIn(name, "wrong"); w.Code != http.StatusUnprocessableEntity {
					t.Fatalf("attempt %d: status %d", i, w.Code)
				}
			}
			w := b.trySignIn(strings.ToUpper(name), adminPassword)
			mustStatus(t, w, http.StatusTooManyRequests)
			if after := w.Header().Get("Retry-After"); after != "30" {
				t.Errorf("Retry-After %s", after)
			}
			mustContain(t, w.Body.String(), "Try again in 30 seconds")
			time.Sleep(29 * time.Second)
			mustStatus(t, b.trySignIn(name, "wrong"), http.StatusTooManyRequests)
			time.Sleep(time.Second)
			mustStatus(t, b.trySignIn(name, "wrong"), http.StatusUnprocessableEntity)
			mustStatus(t, b.trySignIn(name, "wrong"), http.StatusTooManyRequests)
		})
	}
}

// TestStrangersCannotLockOut: whatever strangers try, from one address or from
// many, an administrator gets in by a browser that was in before, and can change
// the password.
func TestStrangersCannotLockOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sample()
		known := newBrowser(t, f).signIn()
		browser := func(addr string) *browser {
			return &browser{t: t, panel: known.panel, cookies: map[string]*http.Cookie{}, lang: "en", addr: addr}
		}
		guess := func(addr string, times int) {
			for range times {
				browser(addr).trySignIn(adminName, "wrong")
			}
		}
		guess("198.51.100.1:1", 50)
		mustStatus(t, browser("198.51.100.1:1").trySignIn(adminName, adminPassword), http.StatusTooManyRequests)
		mustStatus(t, browser("192.0.2.9:1").trySignIn(adminName, adminPassword), http.StatusSeeOther) // another address

		for i := range 45 {
			guess(fmt.Sprintf("198.51.100.%d:1", i), 5)
		}
		mustStatus(t, browser("192.0.2.9:1").trySignIn(adminName, adminPassword), http.StatusTooManyRequests)
		known.post("/admin/sign-out", nil)
		known.addr = "198.51.100.1:1" // where guessing goes on
		known.signIn()
		w := known.post("/admin/password", url.Values{"current": {adminPassword}, "new": {"four quite random words"}, "repeat": {"four quite random words"}})
		mustStatus(t, w, http.StatusSeeOther)

		// The cookie is of this account and password, and has its own limit.
		stolen := browser("192.0.2.9:1")
		stolen.cookies["ctibridge_known"] = known.cookies["ctibridge_known"]
		for range 5 {
			mustStatus(t, stolen.trySignIn(adminName, "wrong"), http.StatusUnprocessableEntity)
		}
		mustStatus(t, stolen.trySignIn(adminName, "wrong"), http.StatusTooManyRequests)
		f.admins[0].PasswordHash = cheapHash(adminPassword)
		known.cookies = map[string]*http.Cookie{"ctibridge_known": known.cookies["ctibridge_known"]}
		mustStatus(t, known.trySignIn(adminName, adminPassword), http.StatusTooManyRequests)
		for _, forged := range []string{"", ".", "9999999999.", "9999999999.AAAA", "x.y"} {
			known.cookies["ctibridge_known"].Value = forged
			mustStatus(t, known.trySignIn(adminName, adminPassword), http.StatusTooManyRequests)
		}
	})
}

func TestKnownBrowserIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, sample()).signIn()
		c := b.cookies["ctibridge_known"]
		if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/admin/sign-in" {
			t.Fatalf("cookie %v", c)
		}
		time.Sleep(180 * 24 * time.Hour)
		for range 5 {
			b.trySignIn(adminName, "wrong")
		}
		b.addr = "192.0.2.200:1" // not the one of the cookie's
		for range 5 {
			mustStatus(t, b.trySignIn(adminName, "wrong"), http.StatusUnprocessableEntity)
		}
	})
}

func TestThrottleForgivesSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, sample())
		for range 4 {
			for range 4 {
				b.trySignIn(adminName, "wrong")
			}
			b.signIn()
			time.Sleep(3 * time.Minute) // for the address
		}
	})
}

func TestIdleAndAbsoluteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, sample()).signIn()
		for range 10 { // polling is no activity
			time.Sleep(3 * time.Minute)
			mustStatus(t, b.get("/admin/overview/live", htmx), http.StatusOK)
		}
		time.Sleep(time.Minute)
		mustStatus(t, b.get("/admin/overview/live", htmx), http.StatusUnauthorized)

		b.signIn()
		signedIn := time.Now()
		for time.Since(signedIn) < 12*time.Hour-time.Minute {
			mustStatus(t, b.get("/admin/agents"), http.StatusOK)
			time.Sleep(20 * time.Minute)
		}
		time.Sleep(time.Second)
		mustStatus(t, b.get("/admin/agents"), http.StatusSeeOther)
	})
}

func TestSessionEndsWithAccountOrPassword(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	f.admins[0].PasswordHash = cheapHash("reset on the server")
	mustStatus(t, b.get("/admin/"), http.StatusSeeOther)

	b = newBrowser(t, f).signIn()
	f.admins = []bridge.Administrator{}
	mustStatus(t, b.get("/admin/"), http.StatusSeeOther)
}

func TestChangePassword(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	other := &browser{t: t, panel: b.panel, cookies: map[string]*http.Cookie{}, lang: "en", addr: b.addr}
	other.signIn()
	const fresh = "four quite random words"
	for _, c := range []struct{ current, fresh, repeat, problem string }{
		{"wrong", fresh, fresh, "not your present password"},
		{adminPassword, "zzyzx", "zzyzx", "at least 12 characters"},
		{adminPassword, strings.Repeat("x", 2000), strings.Repeat("x", 2000), "Too long"},
		{adminPassword, "the admin is me", "the admin is me", "contains your name"},
		{adminPassword, fresh, fresh + "!", "type the new password again"},
	} {
		w := b.post("/admin/password", url.Values{"current": {c.current}, "new": {c.fresh}, "repeat": {c.repeat}})
		mustStatus(t, w, http.StatusUnprocessableEntity)
		mustContain(t, w.Body.String(), c.problem, `aria-invalid="true"`)
		if strings.Contains(w.Body.String(), c.fresh) {
			t.Error("a password is sent back")
		}
	}
	if got := f.actions(); !slices.Equal(got, []string{"admin signIn", "admin signIn", "admin password.failed"}) {
		t.Errorf("audit %v", got) // somebody at an open panel tried
	}
	w := b.post("/admin/password", url.Values{"current": {adminPassword}, "new": {fresh}, "repeat": {fresh}})
	mustStatus(t, w, http.StatusSeeOther)
	mustContain(t, b.get("/admin/").Body.String(), "Your password is changed")
	mustStatus(t, other.get("/admin/"), http.StatusSeeOther)
	mustStatus(t, other.trySignIn(adminName, adminPassword), http.StatusUnprocessableEntity)
	mustStatus(t, other.trySignIn(adminName, fresh), http.StatusSeeOther)
}

func TestNoSecretInLogs(t *testing.T) {
	var log bytes.Buffer
	b := newBrowser(t, sample(), func(o *admin.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	b.trySignIn(adminName, "hush-hush")
	b.signIn()
	b.post("/admin/agents/a1/delete", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if s := log.String(); strings.Contains(s, "hush") || strings.Contains(s, adminPassword) || !strings.Contains(s, "another origin") {
		t.Errorf("log: %s", s)
	}
}
