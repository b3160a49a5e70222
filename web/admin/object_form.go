package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// objectForm is the form of one object of an org.
type objectForm struct {
	typed

	Org     lookup.OrgConfig // without secrets
	Object  string           // empty: a new one
	Version string
	Named   bool // the configuration names it, so it can go back to its defaults
	Usual   bool

	Targets  []targetView
	Fields   []ObjectField // that the run-as user sees
	Unknown  *findingView  // why these are not known
	Conflict bool
	Schedule scheduleView
}

// targetView is one row of the mapping.
type targetView struct {
	Target  string
	Input   string // the field's name
	Default string // what is read if it is left empty
	Detail  bool   // not looked up by
}

// FieldsPrefix begins the names of the mapping's fields.
const fieldsPrefix = "field-"

// objectNames are the fields from top to bottom.
func objectNames() []string {
	names := []string{"object", "enabled"}
	for _, t := range lookup.Targets() {
		names = append(names, fieldsPrefix+t)
	}
	return append(names, "account", "show", "where", "limit", "skipNames", "vanished", "urls", "interval", "sync", "full")
}

func formOfObject(org lookup.OrgConfig, c lookup.ObjectConfig, named bool) *objectForm {
	f := &objectForm{typed: newTyped("object"), Org: org, Object: c.Object, Version: fingerprint(org.Objects), Named: named}
	f.Values = map[string]string{
		"object": c.Object, "enabled": onOff(!c.Disabled), "account": c.Account, "show": strings.Join(c.Show, ", "), "where": c.Where,
		"limit": digits(c.Limit), "skipNames": strings.Join(c.SkipNames, ", "), "vanished": c.Vanished, "urls": strings.Join(c.URLs, "\n"),
		"interval": c.Schedule.Interval, "sync": c.Schedule.Sync, "full": c.Schedule.Full,
	}
	for target, sources := range c.Fields {
		f.Values[fieldsPrefix+target] = strings.Join(sources, ", ")
	}
	return f
}

func readObjectForm(v url.Values, org lookup.OrgConfig) *objectForm {
	f := &objectForm{typed: newTyped("object"), Org: org, Object: v.Get("was"), Version: v.Get("version")}
	f.read(v, objectNames()...)
	return f
}

// config is what the form says.
func (f *objectForm) config(say sayer) lookup.ObjectConfig {
	v := f.Values
	c := lookup.ObjectConfig{
		Object: v["object"], Disabled: v["enabled"] == "", Account: v["account"], Show: listed(v["show"]), Where: v["where"],
		Limit: f.number("limit", 0, 100_000_000, say), SkipNames: listed(v["skipNames"]), Vanished: v["vanished"], URLs: lines(v["urls"]),
		Schedule: f.schedule(say),
	}
	if c.Object == "" {
		f.problem("object", say.text("object.object.empty"))
	}
	for _, target := range lookup.Targets() {
		if sources := listed(v[fieldsPrefix+target]); len(sources) > 0 {
			if c.Fields == nil {
				c.Fields = map[string][]string{}
			}
			c.Fields[target] = sources
		}
	}
	return c
}

// lines parts a list by lines alone: addresses may hold commas.
func lines(text string) (list []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// objectField is the field that a path within an object's configuration belongs
// to, empty for none.
func objectField(path string) string {
	if i := strings.IndexByte(path, '['); i >= 0 {
		path = path[:i]
	}
	if target, ok := strings.CutPrefix(path, "fields."); ok {
		path = fieldsPrefix + target
	}
	path = strings.TrimPrefix(path, "schedule.")
	if slices.Contains(objectNames(), path) {
		return path
	}
	return ""
}

// objectPage shows the form with what the org tells of the object.
func (p *panel) objectPage(w http.ResponseWriter, r *http.Request, status int, f *objectForm) error {
	name := f.Values["object"]
	f.Usual = slices.Contains(usualObjects(), name)
	f.Schedule = scheduleView{lookup.Schedule{Interval: f.Values["interval"], Sync: f.Values["sync"], Full: f.Values["full"]}.Over(f.Org.Schedule)}
	say := p.sayer(r)
	suggested := lookup.SuggestedFields(name)
	for i, t := range lookup.Targets() {
		f.Targets = append(f.Targets, targetView{Target: t, Input: fieldsPrefix + t, Default: strings.Join(suggested[t], ", "), Detail: i > 6})
	}
	if objectPattern.MatchString(name) && !f.Org.Disabled {
		fields, err := p.orgs.ObjectFields(r.Context(), f.Org.ID, name)
		if refused := asOrgError(err); refused != nil {
			f.Unknown = &findingView{FindingWarning, say.english(refused.Problem), say.english(refused.Cure)}
		}
		f.Fields = sortedFields(fields)
	}
	if isHTMX(r) {
		return p.part(w, r, status, "object_form", "form", f)
	}
	return p.show(w, r, status, "object_form", page{Title: "object.title", Nav: "orgs", Data: f})
}

// sortedFields has telephone fields first.
func sortedFields(fields []ObjectField) []ObjectField {
	slices.SortFunc(fields, func(a, b ObjectField) int {
		if phone := (a.Type == "phone"); phone != (b.Type == "phone") {
			if phone {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return fields
}
