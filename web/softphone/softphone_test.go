package softphone

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestSoftphonePageIsFramedByConfiguredOrgsOnly(t *testing.T) {
	tests := []struct {
		name    string
		origins func() []string
		want    string
	}{
		{"none set", nil, "frame-ancestors 'none'"},
		{"no org", func() []string { return nil }, "frame-ancestors 'none'"},
		{
			"two orgs",
			func() []string { return []string{"https://a.lightning.force.com", "https://b.my.salesforce.com"} },
			"frame-ancestors https://a.lightning.force.com https://b.my.salesforce.com",
		},
		{
			"an origin that would end the directive",
			func() []string { return []string{"https://a.example.com; script-src *", "https://b.example.com"} },
			"frame-ancestors https://b.example.com",
		},
		{"not an origin", func() []string { return []string{"*", "javascript:x", "https://a.example.com/path"} }, "frame-ancestors 'none'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := get(t, Handler(Options{Origins: test.origins}), "/softphone")
			policy := w.Header().Get("Content-Security-Policy")
			if w.Code != http.StatusOK || !strings.HasSuffix(policy, test.want) {
				t.Errorf("status %d, policy %q, want it to end in %q", w.Code, policy, test.want)
			}
			if strings.Contains(policy, "unsafe") {
				t.Errorf("the policy allows inline content: %q", policy)
			}
		})
	}
}

func TestPagesHoldNoInlineScriptOrStyle(t *testing.T) {
	h := Handler(Options{TicketURL: "/demo/ticket"})
	inline := regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\son\w+=|\sstyle=`)
	for _, target := range []string{"/softphone", "/dial", "/dial?to=tel:%2B493023125101"} {
		if found := inline.FindString(get(t, h, target).Body.String()); found != "" {
			t.Errorf("%s holds %q, which its policy forbids", target, found)
		}
	}
}

// TestWithoutSignInThePagesSaySo: a phone that looks finished and never connects
// would be worse than none.
func TestWithoutSignInThePagesSaySo(t *testing.T) {
	h := Handler(Options{})
	for _, target := range []string{"/softphone", "/dial", "/dial?to=tel:%2B493023125101", "/dial?to=tel:x"} {
		body := get(t, h, target).Body.String()
		if !strings.Contains(body, "cannot sign you in yet") || !strings.Contains(body, "utility bar") {
			t.Errorf("%s does not say what to do instead", target)
		}
		for _, part := range []string{"<script", "<button", "No phone is open"} {
			if strings.Contains(body, part) {
				t.Errorf("%s: has %s, which can do nothing", target, part)
			}
		}
	}
	if body := get(t, h, "/dial?to=tel:%2B493023125101").Body.String(); !strings.Contains(body, "&#43;493023125101") {
		t.Error("the number to dial elsewhere is missing")
	}
}

func TestTicketURLIsGivenToThePage(t *testing.T) {
	with := get(t, Handler(Options{TicketURL: "/demo/ticket"}), "/softphone").Body.String()
	without := get(t, Handler(Options{}), "/softphone").Body.String()
	if !strings.Contains(with, `<meta name="ticket-url" content="/demo/ticket"`) {
		t.Error("the page does not say where a ticket is given")
	}
	if strings.Contains(without, "ticket-url") {
		t.Error("the page names a place for tickets that does not exist")
	}
}

func TestEveryAssetOfAPageExistsAndIsKept(t *testing.T) {
	h := Handler(Options{TicketURL: "/demo/ticket"})
	for _, page := range []string{"/softphone", "/dial"} {
		body := get(t, h, page).Body.String()
		links := regexp.MustCompile(`"(/softphone-assets/[^"]+)"`).FindAllStringSubmatch(body, -1)
		if len(links) < 3 {
			t.Fatalf("%s has %d assets", page, len(links))
		}
		for _, link := range links {
			w := get(t, h, link[1])
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != immutable {
				t.Errorf("%s: status %d, caching %q", link[1], w.Code, w.Header().Get("Cache-Control"))
			}
		}
	}
}

func TestAssetsWithoutChecksumAreRevalidated(t *testing.T) {
	h := Handler(Options{})
	first := get(t, h, "/softphone-assets/softphone.js")
	if first.Code != http.StatusOK || first.Header().Get("Cache-Control") != revalidate {
		t.Fatalf("status %d, caching %q", first.Code, first.Header().Get("Cache-Control"))
	}
	if got := first.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("a module must be served as text/javascript, not %q", got)
	}
	again := get(t, h, "/softphone-assets/softphone.js", "If-None-Match", first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified {
		t.Errorf("status %d for an unchanged file, want 304", again.Code)
	}
	for _, missing := range []string{"/softphone-assets/", "/softphone-assets/icons/", "/softphone-assets/000000000000/softphone.js", "/softphone-assets/../tel.go"} {
		if w := get(t, h, missing); w.Code == http.StatusOK {
			t.Errorf("%s is served", missing)
		}
	}
}

func TestBundleFitsItsBudget(t *testing.T) {
	js, err := fs.ReadFile(Assets(), "softphone.js")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, _ = z.Write(js)
	_ = z.Close()
	if packed.Len() > 60_000 {
		t.Errorf("softphone.js is %d bytes gzipped, the budget is 60,000", packed.Len())
	}
}

func TestDialPageNeverHoldsForeignMarkup(t *testing.T) {
	h := Handler(Options{})
	w := get(t, h, "/dial?to=tel:%3Cscript%3Ealert(1)%3C/script%3E")
	if strings.Contains(w.Body.String(), "alert(1)") {
		t.Error("the page repeats what the link holds")
	}
	if !strings.Contains(w.Body.String(), "no telephone number") {
		t.Error("the page does not say what is wrong with the link")
	}
	if !strings.HasSuffix(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the dial page can be framed")
	}
}

func TestDialPageShowsTheNumber(t *testing.T) {
	body := get(t, Handler(Options{TicketURL: "/demo/ticket"}), "/dial?to=tel%3A%2B49-30-23125-101%3Bext%3D12").Body.String()
	for _, want := range []string{`data-number="&#43;493023125101"`, "Extension 12"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestOnlyGetIsServed(t *testing.T) {
	h := Handler(Options{})
	for _, target := range []string{"/softphone", "/dial", "/softphone-assets/softphone.js"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: status %d", target, w.Code)
		}
	}
}
