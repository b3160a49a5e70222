package admin

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/bridge"
)

const (
	maxGroupName = 80 // characters
	maxObjects   = 20
)

// groupForm is the form of one group as typed. A choice left empty takes the
// default, or what another of the agent's groups says.
type groupForm struct {
	OldName string // empty: a new one
	Version string
	Name    string

	settingsFields

	DialClass, DialSharedCost, DialBlocked, DialsPerMinute, DialsPerTenSeconds string

	Objects []string

	Problems   map[string]string
	Conflict   bool
	Focus      string
	InDialog   bool
	AllObjects []string
}

func formOfGroup(g bridge.Group) *groupForm {
	s := g.Settings
	f := &groupForm{
		OldName: g.Name, Version: fingerprint(g), Name: g.Name, settingsFields: showSettings(&s), Objects: slices.Clone(s.Objects),
	}
	f.showDialling(&s)
	return f
}

func readGroupForm(v url.Values) *groupForm {
	f := &groupForm{
		OldName: v.Get("oldName"), Version: v.Get("version"), Name: strings.TrimSpace(v.Get("name")),
		settingsFields: readSettings(v), Objects: v["object"],
	}
	f.readDialling(v)
	return f
}

// edit does what a button inside the form asks for; false if the form was
// submitted as a whole.
func (f *groupForm) edit(do string) bool {
	switch what, index := splitRowAction(do); what {
	case "add-object":
		f.Objects = append(f.Objects, "")
		f.Focus = "object-last"
	case "remove-object":
		f.Objects = removeRow(f.Objects, index)
		f.Focus = "add-object"
	case "raise-object":
		raiseRow(f.Objects, index)
		f.Focus = "add-object"
	default:
		return false
	}
	return true
}

// objectPattern is what an object's API name looks like.
var objectPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)

func (f *groupForm) validate(say func(string, ...any) string) bool {
	f.Problems = make(map[string]string)
	switch {
	case f.Name == "":
		f.Problems["name"] = say("group.name.empty")
	case utf8.RuneCountInString(f.Name) > maxGroupName || strings.ContainsFunc(f.Name, unicode.IsControl) || !utf8.ValidString(f.Name):
		f.Problems["name"] = say("group.name.bad", maxGroupName)
	}
	f.settingsFields.validate(f.Problems, say)
	f.validateObjects(say)
	f.validateDialling(say)
	f.Focus = firstProblem(f.Problems, groupFields()...)
	return len(f.Problems) == 0
}

func (f *groupForm) validateObjects(say func(string, ...any) string) {
	f.Objects = slices.DeleteFunc(f.Objects, func(o string) bool { return o == "" })
	seen := make(map[string]bool)
	for _, o := range f.Objects {
		if seen[o] {
			f.Problems["objects"] = say("group.objects.twice", o)
		}
		if !objectPattern.MatchString(o) {
			f.Problems["objects"] = say("group.choice.bad")
		}
		seen[o] = true
	}
	if len(f.Objects) > maxObjects {
		f.Problems["objects"] = say("group.objects.many", maxObjects)
	}
}

// groupFields are the form's, from top to bottom.
func groupFields() []string {
	return slices.Concat([]string{"name"}, settingsNames(), []string{
		"objects", "dialClass", "dialSharedCost", "dialBlocked", "dialsPerMinute", "dialsPerTenSeconds",
	})
}

func (f *groupForm) group() bridge.Group {
	g := bridge.Group{Name: f.Name, Settings: bridge.Settings{Objects: f.Objects}}
	f.apply(&g.Settings)
	f.setDialling(&g.Settings)
	return g
}

// groupPage shows the form, in the dialog or as a page of its own.
func (p *panel) groupPage(w http.ResponseWriter, r *http.Request, status int, f *groupForm) error {
	f.AllObjects = p.objects(f.Objects)
	if f.InDialog = inDialog(r); f.InDialog {
		return p.part(w, r, status, "group_form", "form", f)
	}
	title := "group.edit"
	if f.OldName == "" {
		title = "group.new"
	}
	return p.show(w, r, status, "group_form", page{Title: title, Nav: "groups", Data: f})
}

// objects are those that can be searched: the usual ones, those that are
// synced, and those chosen already.
func (p *panel) objects(chosen []string) []string {
	all := []string{"Contact", "Lead", "Account"}
	add := func(o string) {
		if o != "" && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	for _, s := range p.status.SyncStatuses() {
		add(s.Object)
	}
	for _, o := range chosen {
		add(o)
	}
	return all
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func ref(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

func flag(s string) *bool {
	if s == "" {
		return nil
	}
	return new(s == "yes")
}
