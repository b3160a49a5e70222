package bridge

import (
	"fmt"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// rememberTests notes which orgs are sandboxes and which extensions are for
// tests, as they will be.
func (c *checker) rememberTests(d *Document) {
	documents := []*Document{d}
	if c.known != nil {
		documents = []*Document{c.known, d}
	}
	for _, d := range documents {
		for i := range d.Orgs {
			c.sandboxes[d.Orgs[i].ID] = d.Orgs[i].Sandbox
		}
		for i := range d.Links {
			c.tests[d.Links[i].Name] = d.Links[i].TestExtensions
		}
	}
}

// onlyTests refuses a sandbox's agents the telephones of people at work: what is
// tried out there must not ring, dial or hang up for them.
func (c *checker) onlyTests(path, org string, devices []Device) {
	if c.known == nil || !c.sandboxes[org] {
		return
	}
	for i, d := range devices {
		fits := func(pattern string) bool { return lookup.FitsPattern(pattern, d.Extension) }
		if !slices.ContainsFunc(c.tests[d.Link], fits) {
			c.add(fmt.Sprintf("%s[%d].extension", path, i),
				"%s is not for tests, and the agent is of a sandbox: choose a test telephone, or add %s to testExtensions of the link %s",
				d.Extension, d.Extension, d.Link)
		}
	}
}

// NotForTests are the telephones that an agent of a sandbox has and that are not
// marked for tests: the bridge does not use them.
func (d *Document) NotForTests(a Agent) []Device {
	sandbox := slices.ContainsFunc(d.Orgs, func(o lookup.OrgConfig) bool { return o.ID == a.Org && o.Sandbox })
	if !sandbox {
		return nil
	}
	var out []Device
	for _, device := range a.Devices {
		fits := func(pattern string) bool { return lookup.FitsPattern(pattern, device.Extension) }
		i := slices.IndexFunc(d.Links, func(l pbx.LinkConfig) bool { return l.Name == device.Link })
		if i < 0 || !slices.ContainsFunc(d.Links[i].TestExtensions, fits) {
			out = append(out, device)
		}
	}
	return out
}
