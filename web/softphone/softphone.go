// Package softphone serves the pages that the bridge itself hosts for agents:
// the phone as a page of its own and the page behind tel: links. The phone is
// the same component that runs in Salesforce, compiled for a plain browser by
// salesforce-package (npm run build) into dist, which is committed.
//
// Both need somebody who signs the visitor in (Options.TicketURL). Without, as
// under serve today, they say so and where to dial instead.
//
//	GET /softphone             the phone; only the configured orgs may frame it
//	GET /dial?to=tel:…         shows the number, waits for a click, dials through
//	                           a phone that is open in the same browser
//	GET /softphone-assets/…    the bundle: /softphone-assets/{checksum}/… never
//	                           changes and is kept for ever by browsers; without
//	                           the checksum it is revalidated by ETag
//
// The pages hold no inline script or style, so that the content security policy
// allows none. Nothing here dials or signs anybody in: that is the WebSocket's.
package softphone

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

//go:embed dist
var dist embed.FS

//go:embed pages/*.html
var pages embed.FS

// Options say what differs from one bridge to another.
type Options struct {
	// Origins gives the page origins that may frame the phone, such as
	// "https://example.lightning.force.com". It is asked on each request; nil or
	// empty: nobody may.
	Origins func() []string
	// TicketURL is a same-origin path to which the phone posts for a ticket. It
	// exists where this server can vouch for its visitor, as a demo can; empty:
	// the pages say that they cannot sign anybody in, and load no script.
	TicketURL string
}

// Assets holds the bundle: softphone.js with softphone.css, icons and NOTICE.txt.
func Assets() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// fs.Sub fails for an invalid path only, and "dist" is none.
		return dist
	}
	return sub
}

// Handler serves the pages and their assets. It expects the paths as they are
// in the package comment.
func Handler(opts Options) http.Handler {
	views := template.Must(template.ParseFS(pages, "pages/*.html"))
	files := newAssets(Assets())
	p := &pageHandler{opts: opts, views: views, assets: files.prefix()}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /softphone", p.softphone)
	mux.HandleFunc("GET /dial", p.dial)
	mux.Handle("GET "+assetsPath, files)
	return mux
}

type pageHandler struct {
	opts   Options
	views  *template.Template
	assets string // path of the bundle with its checksum
}

func (p *pageHandler) softphone(w http.ResponseWriter, _ *http.Request) {
	var origins []string
	if p.opts.Origins != nil {
		origins = p.opts.Origins()
	}
	p.render(w, p.view("softphone.html"), ancestors(origins), map[string]string{
		"Title":     "Phone",
		"Assets":    p.assets,
		"TicketURL": p.opts.TicketURL,
	})
}

func (p *pageHandler) dial(w http.ResponseWriter, r *http.Request) {
	data := map[string]string{"Title": "Call a number", "Assets": p.assets}
	if to := r.URL.Query().Get("to"); to != "" {
		tel, err := ParseTel(to)
		if err != nil {
			data["Problem"] = "This link holds no telephone number that can be called."
		}
		data["Number"], data["Extension"] = tel.Number, tel.Extension
	}
	// Never in a frame: a click on the button must be meant.
	p.render(w, p.view("dial.html"), "'none'", data)
}

// view is the page, or the one that says that it cannot work.
func (p *pageHandler) view(name string) string {
	if p.opts.TicketURL == "" {
		return "unavailable.html"
	}
	return name
}

func (p *pageHandler) render(w http.ResponseWriter, view, frameAncestors string, data any) {
	var page bytes.Buffer
	if err := p.views.ExecuteTemplate(&page, view, data); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
		"img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors "+frameAncestors)
	_, _ = page.WriteTo(w) // a browser that went away needs no page
}

// ancestors writes the sources of frame-ancestors. An origin that is no plain
// origin is left out: it could end the directive and begin another.
func ancestors(origins []string) string {
	var sources []string
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			continue
		}
		if plain := u.Scheme + "://" + u.Host; plain == origin && !strings.ContainsAny(plain, " ;,'") {
			sources = append(sources, plain)
		}
	}
	if len(sources) == 0 {
		return "'none'"
	}
	return strings.Join(sources, " ")
}
