package admin

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// pageFiles are the pages: each is templates/<name>.html, which defines
// "content", beside the parts that all share.
var pageFiles = []string{
	"error", "sign_in", "overview", "agents", "agent_form", "groups", "group_form", "confirm", "password", "audit",
	"calls", "call", "exclusions", "activities", "privacy",
	"orgs", "org", "org_form", "object_form", "org_notice", "once", "token_form",
}

// renderer has every page in every language. A page is parsed when it is first
// asked for: all of them take 14 MB, and most bridges show few to anybody.
type renderer struct {
	pages   map[lang]map[string]func() (*template.Template, error)
	texts   map[string]text
	links   *sentences
	version string
}

// page is what the layout needs beside the page's own data.
type page struct {
	Title string // key of a text
	Nav   string // the tab to mark
	User  string // who is signed in; empty: no tabs
	Flash string // what the last action did
	Path  string // of this page, to come back after a change of language
	Data  any
	// Version is the program's.
	Version string
}

func newRenderer(a *assets, version string) *renderer {
	r := &renderer{
		pages: make(map[lang]map[string]func() (*template.Template, error)),
		texts: allTexts(), links: newSentences(linkTexts()), version: version,
	}
	for _, l := range langs {
		r.pages[l] = make(map[string]func() (*template.Template, error), len(pageFiles))
		for _, name := range pageFiles {
			r.pages[l][name] = sync.OnceValues(func() (*template.Template, error) {
				return template.New("").Option("missingkey=zero").Funcs(r.funcs(l, a)).
					ParseFS(embedded, "templates/layout.html", "templates/parts.html", "templates/org_parts.html", "templates/"+name+".html")
			})
		}
	}
	return r
}

func (r *renderer) funcs(l lang, a *assets) template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, args ...any) string { return r.text(l, key, args...) },
		"lang":    func() string { return string(l) },
		"said":    func(english string) said { return r.links.say(l, english) },
		"asset":   a.url,
		"count":   func(n int) string { return l.count(n) },
		"count64": func(n uint64) string { return l.count(int(min(n, math.MaxInt))) },
		"stamp":   func(t time.Time) string { return t.Format(l.timeLayout()) },
		"age":     func(t time.Time) string { return r.age(l, time.Since(t)) },
		"exact":   func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") },
		"clock":   func(t time.Time) string { return t.Format("15:04:05.000") },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"icon":    func(sprite, name string) iconView { return iconView{sprite, name} },
		"field":   newFieldView,
		"words":   func(v scheduleView) []string { return scheduleWords(sayer{r, l}, v.Schedule) },
		"times":   func(v scheduleView) scheduleTimes { return timesOf(v.Schedule, time.Now()) },
		"remove":  newRemoval,
		"input":   func(f *typed, name string, flags ...string) inputView { return newInput(r, l, f, name, flags) },
		"pace":    func(rate float64) int { return int(rate) },
		"left":    minutes,
		"span":    span,

		"settingDefault": settingDefault,
		"inc":            func(i int) int { return i + 1 },
		"action": func(code string) string {
			if _, ok := r.texts["action."+code]; ok {
				return r.text(l, "action."+code)
			}
			return code
		},
	}
}

// minutes is a time still to go, in minutes and seconds of any language.
func minutes(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d min", s/60, s%60)
}

// iconView names a symbol in one of the sprites.
type iconView struct{ Sprite, Name string }

// fieldView is one labelled choice of a form.
type fieldView struct {
	Name, Value, Problem string
	Default              string // key of the text of what an empty choice means
	Focus                bool
}

func newFieldView(name, value string, problems map[string]string, focus string, more ...string) fieldView {
	v := fieldView{Name: name, Value: value, Problem: problems[name], Focus: focus == name}
	if len(more) > 0 {
		v.Default = more[0]
	}
	return v
}

// show writes a whole page.
func (p *panel) show(w http.ResponseWriter, r *http.Request, status int, name string, pg page) error {
	if pg.User = p.actor(r); pg.User != "" {
		pg.Flash = p.sessions.PopString(r.Context(), keyFlash)
	}
	return p.write(w, r, status, name, "layout", pg)
}

// part writes one named part of a page.
func (p *panel) part(w http.ResponseWriter, r *http.Request, status int, name, block string, data any) error {
	return p.write(w, r, status, name, block, data)
}

func (p *panel) write(w http.ResponseWriter, r *http.Request, status int, name, block string, data any) error {
	if pg, ok := data.(page); ok {
		pg.Version, pg.Path = p.pages.version, "/admin/"
		if r.Method == http.MethodGet {
			pg.Path = r.URL.RequestURI()
		}
		data = pg
	}
	t, err := p.pages.pages[p.lang(r)][name]()
	if err != nil {
		return fmt.Errorf("admin: parse page %s: %w", name, err)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, block, data); err != nil {
		return fmt.Errorf("admin: render %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Add("Vary", "Accept-Language, Cookie, HX-Request, HX-Target")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // the browser may be gone
	return nil
}

// done ends an action that succeeded: it says so, and the page behind is drawn
// anew. htmx shows the message at once, else it comes with the page at back.
func (p *panel) done(w http.ResponseWriter, r *http.Request, back, message string) error {
	if !isHTMX(r) {
		p.sessions.Put(r.Context(), keyFlash, message)
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("HX-Reswap", "none")
	w.Header().Set("HX-Trigger", "changed")
	return p.part(w, r, http.StatusOK, "error", "toast-oob", message)
}

// errorPage says what is wrong. It uses nothing of the session, which may be
// what failed.
func (p *panel) errorPage(w http.ResponseWriter, r *http.Request, status int, key string, args ...any) {
	message := p.pages.text(p.lang(r), key, args...)
	if isHTMX(r) {
		http.Error(w, message, status) // shown by panel.js
		return
	}
	err := p.write(w, r, status, "error", "layout", page{Title: "error.title", Data: message})
	if err != nil {
		http.Error(w, message, status)
	}
}
