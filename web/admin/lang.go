package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/text/language"
)

// lang is a language of the panel.
type lang string

const (
	english lang = "en"
	german  lang = "de"
)

// langs are the languages; the first one is for browsers that want neither.
var langs = []lang{english, german}

const langCookie = "ctibridge_lang"

// lang is what the administrator chose, else what the browser prefers.
func (p *panel) lang(r *http.Request) lang {
	if c, err := r.Cookie(langCookie); err == nil {
		for _, l := range langs {
			if c.Value == string(l) {
				return l
			}
		}
	}
	_, i := language.MatchStrings(language.NewMatcher([]language.Tag{language.English, language.German}),
		r.Header.Get("Accept-Language"))
	return langs[i]
}

// text is the text in the language; the key itself if there is none, which a
// test rules out.
func (r *renderer) text(l lang, key string, args ...any) string {
	t, ok := r.texts[key]
	if !ok {
		return key
	}
	s := t.en
	if l == german {
		s = t.de
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// say returns the texts in the request's language.
func (p *panel) say(r *http.Request) func(key string, args ...any) string {
	return p.pages.in(p.lang(r))
}

// in returns the texts in a language.
func (r *renderer) in(l lang) func(key string, args ...any) string {
	return func(key string, args ...any) string { return r.text(l, key, args...) }
}

// timeLayout is for browsers without script; panel.js writes times in the
// browser's own zone.
func (l lang) timeLayout() string {
	if l == german {
		return "02.01.2006, 15:04:05 MST"
	}
	return "2 Jan 2006, 15:04:05 MST"
}

// count writes a number with separators.
func (l lang) count(n int) string {
	sep := ","
	if l == german {
		sep = "."
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

// age says how long ago something was, in its largest unit.
func (r *renderer) age(l lang, d time.Duration) string {
	switch {
	case d < time.Minute:
		return r.text(l, "age.now")
	case d < time.Hour:
		return r.text(l, "age.minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return r.text(l, "age.hours", int(d.Hours()))
	}
	return r.text(l, "age.days", int(d.Hours()/24))
}
