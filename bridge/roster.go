package bridge

import (
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Switch is a link with the dial plan of its numbers.
type Switch struct {
	Link pbx.Link
	Plan lookup.DialPlan
	// TestExtensions are patterns of the extensions that agents of sandboxes may
	// have (lookup.FitsPattern).
	TestExtensions []string
}

// test reports whether agents of sandboxes may have the extension.
func (s Switch) test(extension string) bool {
	return slices.ContainsFunc(s.TestExtensions, func(p string) bool { return lookup.FitsPattern(p, extension) })
}

// Roster is who takes calls where: all that configuration tells the bridge. It
// is replaced as a whole and never changed in place.
type Roster struct {
	Agents   []Agent
	Groups   []Group
	Switches []Switch
	// Sandboxes are the ids of orgs marked as sandboxes: Salesforce appends
	// ".invalid" to their users' e-mail addresses.
	Sandboxes  []string
	Exclusions []Exclusion
	// Shown are further fields that panels show of records, by org and object.
	Shown map[string]map[string][]string
}

// member is an enabled agent with what the hot path needs of it.
type member struct {
	*Agent
	rules rules
	scope lookup.Scope
}

// roster indexes a Roster. All of it is fixed but the agents' SalesforceUser
// and byUser, which a first sign-in sets under Bridge.mu.
type roster struct {
	byUser   map[orgKey]*Agent   // bound agents by Salesforce user
	byEmail  map[orgKey][]*Agent // all agents by folded e-mail address
	members  map[AgentID]*member // enabled
	devices  map[Device][]*member
	allowed  map[Device][]*member // who may choose it for the day
	switches map[string]Switch
	sandbox  map[string]bool
	resting  map[Device]bool // devices of disabled agents
	shown    map[string]map[string][]string
	excluded exclusions
}

// orgKey is something that is unique only within an org.
type orgKey struct{ org, key string }

func newRoster(r Roster) *roster {
	x := &roster{
		byUser:   make(map[orgKey]*Agent, len(r.Agents)),
		byEmail:  make(map[orgKey][]*Agent, len(r.Agents)),
		members:  make(map[AgentID]*member, len(r.Agents)),
		devices:  make(map[Device][]*member, len(r.Agents)),
		allowed:  make(map[Device][]*member),
		excluded: newExclusions(r.Exclusions),
		shown:    r.Shown,
		switches: make(map[string]Switch, len(r.Switches)),
		sandbox:  make(map[string]bool),
		resting:  make(map[Device]bool),
	}
	for _, s := range r.Switches {
		x.switches[s.Link.Name()] = s
	}
	for _, org := range r.Sandboxes {
		x.sandbox[org] = true
	}
	settings := make(map[string]Settings, len(r.Groups))
	for _, g := range r.Groups {
		settings[g.Name] = g.Settings
	}
	for _, a := range r.Agents {
		x.add(a, settings)
	}
	return x
}

func (x *roster) add(a Agent, groups map[string]Settings) {
	email := orgKey{a.Org, x.email(a.Org, a.Email)}
	x.byEmail[email] = append(x.byEmail[email], &a)
	if a.SalesforceUser != "" {
		x.byUser[orgKey{a.Org, a.SalesforceUser}] = &a
	}
	if !a.Enabled {
		for _, d := range a.Devices {
			x.resting[d] = true
		}
		return
	}
	own := []Settings{a.Settings}
	for _, name := range a.Groups {
		own = append(own, groups[name])
	}
	m := &member{Agent: &a, rules: resolve(own)}
	m.scope = lookup.Scope{Org: a.Org, Objects: m.rules.objects, User: a.SalesforceUser}
	x.members[a.ID] = m
	for _, d := range a.Devices {
		if x.usable(m, d) {
			x.devices[d] = append(x.devices[d], m)
		}
	}
	for _, d := range m.rules.allowed {
		if x.usable(m, d) {
			x.allowed[d] = append(x.allowed[d], m)
		}
	}
}

// usable reports whether the agent may have the device at all: excluded
// extensions are nobody's, and agents of a sandbox get those for tests only.
func (x *roster) usable(m *member, d Device) bool {
	return !x.excluded.extensions[d.Extension] && (!x.sandbox[m.Org] || x.switches[d.Link].test(d.Extension))
}

// ours reports whether an agent has the device, or may choose it.
func (x *roster) ours(d Device) bool { return len(x.devices[d])+len(x.allowed[d]) > 0 }

// watchLists gives each link the extensions of enabled agents, and those that
// they may choose.
func (x *roster) watchLists() map[string][]pbx.DeviceID {
	lists := make(map[string][]pbx.DeviceID, len(x.switches))
	for name := range x.switches {
		lists[name] = nil
	}
	watch := func(d Device) {
		if _, ok := lists[d.Link]; ok {
			lists[d.Link] = append(lists[d.Link], pbx.DeviceID(d.Extension))
		}
	}
	for d := range x.devices {
		watch(d)
	}
	for d := range x.allowed {
		if len(x.devices[d]) == 0 {
			watch(d)
		}
	}
	return lists
}

// identify finds the agent a ticket's bearer is, and whether it has yet to be
// bound to the Salesforce user. E-mail finds an unbound agent of the bearer's
// own org and nobody else: it is for matching, never proof.
func (x *roster) identify(c Claims) (agent *Agent, bind bool, err error) {
	if a := x.byUser[orgKey{c.Org, c.User}]; a != nil {
		return enabled(a, false)
	}
	found := x.byEmail[orgKey{c.Org, x.email(c.Org, c.Email)}]
	switch {
	case c.Email == "" || len(found) == 0:
		return nil, false, ErrNoAgent
	case len(found) > 1:
		return nil, false, ErrAmbiguous
	case found[0].SalesforceUser != "":
		return nil, false, ErrBoundToOther
	}
	return enabled(found[0], true)
}

// bind notes a first sign-in. The roster may be another than the one that
// identified the agent: then the agent must still be there, and unbound.
func (x *roster) bind(bound Agent) {
	m := x.members[bound.ID]
	if m == nil || m.Org != bound.Org || m.SalesforceUser != "" {
		return
	}
	m.SalesforceUser = bound.SalesforceUser
	m.scope.User = bound.SalesforceUser
	x.byUser[orgKey{m.Org, m.SalesforceUser}] = m.Agent
}

func enabled(a *Agent, bind bool) (*Agent, bool, error) {
	if !a.Enabled {
		return nil, false, ErrAgentDisabled
	}
	return a, bind, nil
}

// email is an address as it is compared: in any case, without blanks around it,
// and in a sandbox without what Salesforce appends to it there. What stands
// after a plus belongs to the address.
func (x *roster) email(org, address string) string {
	e := foldEmail(address)
	if x.sandbox[org] {
		e = strings.TrimSuffix(e, ".invalid")
	}
	return e
}

func foldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
