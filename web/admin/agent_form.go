package admin

import (
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// What an agent may have at most, so that a form stays a form.
const (
	maxDevices     = 20
	maxMemberships = 50
)

// agentForm is the form of one agent as typed.
type agentForm struct {
	ID      bridge.AgentID // empty: a new one
	Version string         // fingerprint of what the form was made from
	Email   string
	Org     string
	Enabled bool
	Devices []deviceField
	Groups  []string // first one first: its settings win

	settingsFields // the agent's own

	SalesforceUser string
	Problems       map[string]string // by field
	Conflict       []string          // what somebody else changed meanwhile
	Focus          string
	InDialog       bool

	// What can be chosen.
	Links     []string
	Orgs      []lookup.OrgConfig
	AllGroups []string
}

type deviceField struct {
	bridge.Device
	Problem string
}

func formOfAgent(a bridge.Agent) *agentForm {
	f := &agentForm{
		ID: a.ID, Version: fingerprint(agentContent(a)), Email: a.Email, Org: a.Org, Enabled: a.Enabled,
		Groups: slices.Clone(a.Groups), SalesforceUser: a.SalesforceUser, settingsFields: showSettings(&a.Settings),
	}
	for _, d := range a.Devices {
		f.Devices = append(f.Devices, deviceField{Device: d})
	}
	return f
}

// agentContent leaves out what an administrator does not edit here: the id,
// and the binding, which a sign-in may set while the form is open.
func agentContent(a bridge.Agent) bridge.Agent {
	a.ID, a.SalesforceUser = "", ""
	return a
}

// readAgentForm takes the form as posted. Rows that are wholly empty are kept:
// whether they count is decided by validate.
func readAgentForm(id bridge.AgentID, v url.Values) *agentForm {
	f := &agentForm{
		ID: id, Version: v.Get("version"), Email: strings.TrimSpace(v.Get("email")),
		Org: v.Get("org"), Enabled: v.Get("enabled") != "", Groups: v["group"], settingsFields: readSettings(v),
	}
	links, extensions := v["link"], v["extension"]
	for i := range min(len(links), len(extensions)) {
		f.Devices = append(f.Devices, deviceField{Device: bridge.Device{
			Link: links[i], Extension: strings.TrimSpace(extensions[i]),
		}})
	}
	return f
}

// edit does what a button inside the form asks for, such as a further device;
// false if the form was submitted as a whole.
func (f *agentForm) edit(do string) bool {
	switch what, index := splitRowAction(do); what {
	case "add-device":
		f.Devices = append(f.Devices, deviceField{})
		f.Focus = "extension-last"
	case "remove-device":
		f.Devices = removeRow(f.Devices, index)
		f.Focus = "add-device"
	case "add-group":
		f.Groups = append(f.Groups, "")
		f.Focus = "group-last"
	case "remove-group":
		f.Groups = removeRow(f.Groups, index)
		f.Focus = "add-group"
	case "raise-group":
		raiseRow(f.Groups, index)
		f.Focus = "add-group"
	default:
		return false
	}
	return true
}

var extensionPattern = regexp.MustCompile(`^[0-9A-Za-z+*#_.-]{1,64}$`)

// validate drops empty rows and notes what is wrong at the field.
func (f *agentForm) validate(say func(string, ...any) string) bool {
	f.Problems = make(map[string]string)
	addr, err := mail.ParseAddress(f.Email)
	if err != nil || addr.Address != f.Email || len(f.Email) > 254 {
		f.Problems["email"] = say("agent.email.bad")
	}
	switch known := slices.ContainsFunc(f.Orgs, func(o lookup.OrgConfig) bool { return o.ID == f.Org }); {
	case len(f.Orgs) == 0:
		f.Problems["org"] = say("agent.org.none")
	case !known:
		f.Problems["org"] = say("agent.org.bad")
	}
	f.validateDevices(say)
	f.validateGroups(say)
	f.settingsFields.validate(f.Problems, say)
	f.Focus = firstProblem(f.Problems, agentFields()...)
	return len(f.Problems) == 0
}

// agentFields are the form's, from top to bottom.
func agentFields() []string {
	return append([]string{"email", "org", "devices", "groups"}, settingsNames()...)
}

func (f *agentForm) validateDevices(say func(string, ...any) string) {
	f.Devices = slices.DeleteFunc(f.Devices, func(d deviceField) bool { return d.Extension == "" })
	if len(f.Devices) > maxDevices {
		f.Problems["devices"] = say("agent.devices.many", maxDevices)
		return
	}
	seen := make(map[bridge.Device]bool)
	for i := range f.Devices {
		d := &f.Devices[i]
		switch {
		case !slices.Contains(f.Links, d.Link):
			d.Problem = say("agent.device.link")
		case !extensionPattern.MatchString(d.Extension):
			d.Problem = say("agent.device.extension")
		case seen[d.Device]:
			d.Problem = say("agent.device.twice")
		}
		seen[d.Device] = true
		if d.Problem != "" {
			f.Problems["devices"] = say("agent.devices.bad")
		}
	}
}

func (f *agentForm) validateGroups(say func(string, ...any) string) {
	f.Groups = slices.DeleteFunc(f.Groups, func(g string) bool { return g == "" })
	seen := make(map[string]bool)
	for _, g := range f.Groups {
		switch {
		case !slices.Contains(f.AllGroups, g):
			f.Problems["groups"] = say("agent.group.gone", g)
		case seen[g]:
			f.Problems["groups"] = say("agent.group.twice", g)
		}
		seen[g] = true
	}
	if len(f.Groups) > maxMemberships {
		f.Problems["groups"] = say("agent.groups.many", maxMemberships)
	}
}

// apply writes the form into the agent. It leaves the binding to the store,
// since a sign-in may bind the agent at this very moment.
func (f *agentForm) apply(a bridge.Agent) bridge.Agent {
	a.SalesforceUser = ""
	a.Email, a.Org, a.Enabled, a.Groups = f.Email, f.Org, f.Enabled, f.Groups
	f.settingsFields.apply(&a.Settings)
	a.Devices = make([]bridge.Device, len(f.Devices))
	for i, d := range f.Devices {
		a.Devices[i] = d.Device
	}
	return a
}

// agentChoices fills in what the form offers.
func (p *panel) agentChoices(r *http.Request, f *agentForm) error {
	links, err := p.config.Links(r.Context())
	if err != nil {
		return err
	}
	for _, l := range links {
		f.Links = append(f.Links, l.Name)
	}
	for _, s := range p.status.LinkStatuses() { // injected ones too
		if !slices.Contains(f.Links, s.Name) {
			f.Links = append(f.Links, s.Name)
		}
	}
	slices.Sort(f.Links)
	if f.Orgs, err = p.config.Orgs(r.Context()); err != nil {
		return err
	}
	groups, err := p.config.Groups(r.Context())
	if err != nil {
		return err
	}
	for _, g := range groups {
		f.AllGroups = append(f.AllGroups, g.Name)
	}
	slices.Sort(f.AllGroups)
	return nil
}

// agentPage shows the form, in the dialog or as a page of its own.
func (p *panel) agentPage(w http.ResponseWriter, r *http.Request, status int, f *agentForm) error {
	if f.InDialog = inDialog(r); f.InDialog {
		return p.part(w, r, status, "agent_form", "form", f)
	}
	title := "agent.edit"
	if f.ID == "" {
		title = "agent.new"
	}
	return p.show(w, r, status, "agent_form", page{Title: title, Nav: "agents", Data: f})
}
