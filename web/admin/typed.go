package admin

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// typed is a form as typed: its values by the name of the field, and what is
// wrong with them.
type typed struct {
	Kind     string // begins the names of its texts: org, object
	Values   map[string]string
	Problems map[string]said
	Stored   map[string]bool // secrets that are stored, which no page shows
	Removed  map[string]bool // those of them that are to go
	Focus    string
}

func newTyped(kind string) typed {
	return typed{Kind: kind, Values: map[string]string{}, Problems: map[string]said{}, Stored: map[string]bool{}, Removed: map[string]bool{}}
}

// Typed is the form itself, for templates that show its fields.
func (f *typed) Typed() *typed { return f }

// read takes the named fields as posted, without blanks around them.
func (f *typed) read(v url.Values, names ...string) {
	for _, name := range names {
		f.Values[name] = strings.TrimSpace(strings.ReplaceAll(v.Get(name), "\r\n", "\n"))
	}
}

// Has tells whether one of the fields has a problem, for a folded part to open.
func (f *typed) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return f.Problems[n].Text != "" })
}

// Filled tells whether one of the fields has a value.
func (f *typed) Filled(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return f.Values[n] != "" || f.Stored[n] })
}

// number reads a whole number; empty is 0.
func (f *typed) number(name string, least, most int, say sayer) int {
	text := f.Values[name]
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		f.problem(name, say.text("form.number.bad", least, most))
		return 0
	}
	return n
}

// problem keeps the first one of a field.
func (f *typed) problem(name string, text said) {
	if _, there := f.Problems[name]; !there {
		f.Problems[name] = text
	}
}

// faults shows what the store or the org finds wrong, each at the field that
// place names; "other" collects what belongs to none.
func (f *typed) faults(faults bridge.FieldErrors, place func(path string) string, say sayer) {
	for _, fault := range faults {
		name := place(fault.Path)
		if name == "" {
			name, fault.Text = "other", strings.TrimSpace(fault.Path+" "+fault.Text)
		}
		text := say.english(fault.Text)
		if old := f.Problems[name]; old.Text != "" && old.Text != text.Text {
			text.Text = old.Text + " " + text.Text
		}
		f.Problems[name] = text
	}
}

// focusOn puts the focus on the first field that has a problem.
func (f *typed) focusOn(names ...string) {
	for _, name := range names {
		if f.Problems[name].Text != "" {
			f.Focus = name
			return
		}
	}
}

// sayer says texts and translates sentences.
type sayer struct {
	pages *renderer
	lang  lang
}

// text is a text of ours.
func (s sayer) text(key string, args ...any) said {
	return said{s.pages.text(s.lang, key, args...), s.lang}
}

// english is a sentence of another package, in the language if that is known.
func (s sayer) english(sentence string) said { return s.pages.links.say(s.lang, sentence) }

// about is a sentence before which a name may stand: "Contact: …."
func (s sayer) about(sentence string) said {
	whole := s.english(sentence)
	name, rest, named := strings.Cut(sentence, ": ")
	if named && whole.Lang != s.lang {
		if part := s.english(strings.TrimSuffix(rest, ".")); part.Lang == s.lang {
			return said{name + ": " + part.Text + ".", s.lang}
		}
	}
	return whole
}

// both are a problem and its cure as one text, in English unless both are known.
func (s sayer) both(problem, cure string) said {
	problem = strings.TrimRight(problem, ".")
	p, c := s.english(problem), s.english(cure)
	if cure != "" && p.Lang != c.Lang {
		p, c = said{problem, english}, said{cure, english}
	}
	return said{strings.TrimSpace(p.Text + ". " + c.Text), p.Lang}
}

// inputView is one field of a form.
type inputView struct {
	Name, Label, Hint, Value, Placeholder, Mode string
	Problem                                     said
	Required, Secret, Stored, Area, Mono, Focus bool
}

// removal is how a form names the box that removes a stored secret.
func removal(name string) string { return "remove-" + name }

// removalView is the box beside a stored secret.
type removalView struct {
	Name, Path    string
	Problem       said
	Remove, Focus bool
}

// newRemoval is nil for what is not stored: there is nothing to remove then.
func newRemoval(f *typed, name, path string) *removalView {
	if !f.Stored[name] {
		return nil
	}
	box := removal(name)
	return &removalView{Name: name, Path: path, Problem: f.Problems[box], Remove: f.Removed[name], Focus: f.Focus == box}
}

// Described tells whether there is a text below the field.
func (v inputView) Described() bool { return v.Problem.Text != "" || v.Hint != "" }

// newInput is a field for the template. Flags are required, secret, area, mono and
// number; anything else is the placeholder.
func newInput(r *renderer, l lang, f *typed, name string, flags []string) inputView {
	v := inputView{Name: name, Value: f.Values[name], Problem: f.Problems[name], Stored: f.Stored[name], Focus: f.Focus == name}
	v.Label = r.text(l, fmt.Sprintf("%s.%s", f.Kind, name))
	if _, there := r.texts[f.Kind+"."+name+".hint"]; there {
		v.Hint = r.text(l, f.Kind+"."+name+".hint")
	}
	for _, flag := range flags {
		switch flag {
		case "required":
			v.Required = true
		case "secret":
			v.Secret, v.Value = true, ""
		case "area":
			v.Area = true
		case "mono":
			v.Mono = true
		case "number":
			v.Mode = "numeric"
		default:
			v.Placeholder = cmp.Or(v.Placeholder, flag)
		}
	}
	return v
}

// listed parts a list by commas, semicolons or lines.
func listed(text string) (list []string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// digits is how a form shows a number that may be left open.
func digits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// onOff is how a form keeps a switch.
func onOff(on bool) string {
	if on {
		return "yes"
	}
	return ""
}
