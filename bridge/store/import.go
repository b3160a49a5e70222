package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Counts tells what became of the entries of one kind.
type Counts struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
}

func (c *Counts) count(o outcome) {
	switch o {
	case added:
		c.Added++
	case changed:
		c.Changed++
	default:
		c.Unchanged++
	}
}

// String is "3 added, 1 changed, 0 unchanged, 0 removed".
func (c Counts) String() string {
	return fmt.Sprintf("%d added, %d changed, %d unchanged, %d removed", c.Added, c.Changed, c.Unchanged, c.Removed)
}

// ImportReport tells what an import did.
type ImportReport struct {
	Orgs   Counts `json:"orgs"`
	Links  Counts `json:"links"`
	Groups Counts `json:"groups"`
	Agents Counts `json:"agents"`
	// Settings counts what holds for all: the retention.
	Settings Counts `json:"settings,omitzero"`
	// Exclusions are counted, never named.
	Exclusions Counts `json:"exclusions"`
}

// Changed reports whether the import changed anything.
func (r ImportReport) Changed() bool {
	for _, c := range []Counts{r.Orgs, r.Links, r.Groups, r.Agents, r.Settings, r.Exclusions} {
		if c.Added+c.Changed+c.Removed > 0 {
			return true
		}
	}
	return false
}

// String has a line for each kind.
func (r ImportReport) String() string {
	text := fmt.Sprintf("orgs: %v\nlinks: %v\ngroups: %v\nagents: %v", r.Orgs, r.Links, r.Groups, r.Agents)
	if r.Settings != (Counts{}) {
		text += fmt.Sprintf("\nsettings: %v", r.Settings)
	}
	if r.Exclusions != (Counts{}) {
		text += fmt.Sprintf("\nexclusions: %v", r.Exclusions)
	}
	return text
}

// Document returns the whole configuration of one moment, with its secrets: for
// the daemon, never for a page. Before it is shown or exported it goes through
// WithoutSecrets or bridge.MarshalDocument.
func (s *Store) Document(ctx context.Context) (bridge.Document, error) {
	var d bridge.Document
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		d, err = s.loadDocument(ctx, tx)
		return err
	})
	return d, inContext("document", err)
}

// Import brings the configuration to what d says, in one transaction: all of
// it or nothing. Orgs are found by id, links and groups by name, agents by
// e-mail address whatever its case. An empty secret or Salesforce user keeps
// the stored one, but for an org's RemoveSecrets; to import the same twice changes nothing. What d does not
// name stays, unless replace is set: then it is removed. The error is
// bridge.FieldErrors where d does not fit.
func (s *Store) Import(ctx context.Context, actor string, d bridge.Document, replace bool) (ImportReport, error) {
	d = cloneDocument(d) // Validate tidies in place
	var report ImportReport
	err := s.update(ctx, func(tx *sql.Tx) error {
		stored, err := s.loadDocument(ctx, tx)
		if err != nil {
			return err
		}
		known := stored
		if replace {
			known = bridge.Document{}
		}
		if err := d.Validate(known); err != nil {
			return err
		}
		q := prepared{tx, map[string]*sql.Stmt{}}
		i := importer{s, q, actor, stored, d, &report}
		if err := i.run(ctx, replace); err != nil {
			return err
		}
		if !report.Changed() {
			return nil
		}
		return appendAudit(ctx, tx, bridge.AuditEntry{
			Actor: actor, Action: "config.import",
			Detail: fmt.Sprintf("orgs %v; links %v; groups %v; agents %v; exclusions %v",
				report.Orgs, report.Links, report.Groups, report.Agents, report.Exclusions),
		})
	})
	if err != nil {
		return ImportReport{}, inContext("import", err)
	}
	return report, nil
}

// importer is one import at work.
type importer struct {
	s      *Store
	q      querier
	actor  string
	stored bridge.Document
	d      bridge.Document
	report *ImportReport
}

// run goes from what is referred to, to what refers; removal goes the other way.
func (i importer) run(ctx context.Context, replace bool) error {
	steps := []func(context.Context) error{i.orgs, i.links, i.groups, i.agents, i.exclusions, i.retention(replace)}
	if replace {
		steps = append([]func(context.Context) error{i.removeAgents}, append(steps, i.removeRest, i.removeExclusions)...)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (i importer) orgs(ctx context.Context) error {
	stored := byKey(i.stored.Orgs, orgID)
	for _, o := range i.d.Orgs {
		result, err := i.s.putOrg(ctx, i.q, i.actor, stored, o)
		if err != nil {
			return err
		}
		i.report.Orgs.count(result)
	}
	return nil
}

func (i importer) links(ctx context.Context) error {
	stored := byKey(i.stored.Links, linkName)
	for _, l := range i.d.Links {
		result, err := i.s.putLink(ctx, i.q, i.actor, stored, l)
		if err != nil {
			return err
		}
		i.report.Links.count(result)
	}
	return nil
}

func (i importer) groups(ctx context.Context) error {
	for _, g := range i.d.Groups {
		result, err := putGroup(ctx, i.q, i.actor, findGroup(i.stored.Groups, g.Name), g)
		if err != nil {
			return err
		}
		i.report.Groups.count(result)
	}
	return nil
}

func (i importer) agents(ctx context.Context) error {
	stored := byKey(i.stored.Agents, agentKey)
	if err := i.freeUsers(ctx, stored); err != nil {
		return err
	}
	for n := range i.d.Agents {
		a := &i.d.Agents[n]
		var old *bridge.Agent
		if found, ok := stored[agentKey(*a)]; ok {
			old = &found
			if a.KeepEnabled {
				a.Enabled = old.Enabled
			}
		}
		a.KeepEnabled = false
		if a.SalesforceUser != "" {
			if err := userTaken(ctx, i.q, old, *a); err != nil {
				return err
			}
		}
		result, err := putAgent(ctx, i.q, i.actor, old, a)
		if err != nil {
			return err
		}
		i.report.Agents.count(result)
	}
	return nil
}

// freeUsers lets two agents swap their Salesforce users in one import: those
// that get another one let go of theirs first.
func (i importer) freeUsers(ctx context.Context, stored map[string]bridge.Agent) error {
	for _, a := range i.d.Agents {
		old := stored[agentKey(a)]
		if old.SalesforceUser == "" || a.SalesforceUser == "" || a.SalesforceUser == old.SalesforceUser {
			continue
		}
		if _, err := i.q.ExecContext(ctx, `UPDATE agents SET salesforce_user = '' WHERE id = $1`, string(old.ID)); err != nil {
			return err
		}
	}
	return nil
}

func userTaken(ctx context.Context, q querier, old *bridge.Agent, a bridge.Agent) error {
	if old != nil {
		a.ID = old.ID
	}
	return agentTaken(ctx, q, a)
}

// retention takes what the document says of it; with replace what it leaves out
// goes back to the default.
func (i importer) retention(replace bool) func(context.Context) error {
	return func(ctx context.Context) error {
		next := i.d.Retention
		if !replace {
			next = next.Or(i.stored.Retention)
		}
		if err := next.Validate(); err != nil { // what is stored counts as well
			return err
		}
		switch {
		case next == (bridge.Retention{}) && i.stored.Retention == next:
			return nil
		case next == i.stored.Retention:
			i.report.Settings.Unchanged++
			return nil
		}
		i.report.Settings.Changed++
		var d diff
		d.add("retention in days", i.stored.Retention.Days(), next.Days())
		if err := saveRetention(ctx, i.q, next); err != nil {
			return err
		}
		return appendAudit(ctx, i.q, bridge.AuditEntry{Actor: i.actor, Action: "retention.update", Detail: d.String()})
	}
}

func (i importer) removeAgents(ctx context.Context) error {
	keep := byKey(i.d.Agents, agentKey)
	for _, a := range i.stored.Agents {
		if _, ok := keep[agentKey(a)]; ok {
			continue
		}
		if err := deleteAgent(ctx, i.q, i.actor, a); err != nil {
			return err
		}
		i.report.Agents.Removed++
	}
	return nil
}

func (i importer) removeRest(ctx context.Context) error {
	groupName := func(g bridge.Group) string { return g.Name }
	for _, kind := range []struct {
		what, query  string
		stored, kept []string
		counts       *Counts
	}{
		{"group", `DELETE FROM agent_groups WHERE name = $1`, keys(i.stored.Groups, groupName), keys(i.d.Groups, groupName), &i.report.Groups},
		{"link", `DELETE FROM links WHERE name = $1`, keys(i.stored.Links, linkName), keys(i.d.Links, linkName), &i.report.Links},
		{"org", `DELETE FROM orgs WHERE id = $1`, keys(i.stored.Orgs, orgID), keys(i.d.Orgs, orgID), &i.report.Orgs},
	} {
		for _, key := range kind.stored {
			if slices.Contains(kind.kept, key) {
				continue
			}
			if err := deleteNamed(ctx, i.q, i.actor, kind.what, kind.query, key); err != nil {
				return err
			}
			kind.counts.Removed++
		}
	}
	return nil
}

func keys[T any](list []T, key func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = key(v)
	}
	return out
}

func agentKey(a bridge.Agent) string { return emailKey(a.Email) }

// loadDocument loads everything, with secrets.
func (s *Store) loadDocument(ctx context.Context, q querier) (d bridge.Document, err error) {
	d.Version = bridge.DocumentVersion
	if d.Orgs, err = s.loadOrgs(ctx, q); err != nil {
		return d, err
	}
	if d.Links, err = s.loadLinks(ctx, q); err != nil {
		return d, err
	}
	if d.Groups, err = loadGroups(ctx, q); err != nil {
		return d, err
	}
	if d.Agents, err = loadAgents(ctx, q, ""); err != nil {
		return d, err
	}
	if d.Exclusions, err = loadExclusions(ctx, q); err != nil {
		return d, err
	}
	d.Retention, err = loadRetention(ctx, q)
	return d, err
}

// loadReferences loads only the names that an agent may refer to, and which of
// them are for tests.
func loadReferences(ctx context.Context, q querier) (d bridge.Document, err error) {
	err = each(ctx, q, func(r *sql.Rows) error {
		var kind, name, config string
		if err := r.Scan(&kind, &name, &config); err != nil {
			return err
		}
		var org lookup.OrgConfig
		var link pbx.LinkConfig
		switch kind {
		case "org":
			if err := json.Unmarshal([]byte(config), &org); err != nil {
				return err
			}
			d.Orgs = append(d.Orgs, lookup.OrgConfig{ID: name, Sandbox: org.Sandbox})
		case "link":
			if err := json.Unmarshal([]byte(config), &link); err != nil {
				return err
			}
			d.Links = append(d.Links, pbx.LinkConfig{Name: name, TestExtensions: link.TestExtensions})
		case "group":
			d.Groups = append(d.Groups, bridge.Group{Name: name})
		}
		return nil
	}, `SELECT 'org', id, config FROM orgs UNION ALL SELECT 'link', name, config FROM links
		UNION ALL SELECT 'group', name, '' FROM agent_groups`)
	return d, err
}

func cloneDocument(d bridge.Document) bridge.Document {
	d.Orgs = slices.Clone(d.Orgs)
	for i := range d.Orgs {
		d.Orgs[i] = cloneOrg(d.Orgs[i])
	}
	d.Links = slices.Clone(d.Links)
	d.Exclusions = slices.Clone(d.Exclusions)
	d.Groups = slices.Clone(d.Groups)
	for i := range d.Groups {
		d.Groups[i].Settings = cloneSettings(d.Groups[i].Settings)
	}
	d.Agents = slices.Clone(d.Agents)
	for i := range d.Agents {
		d.Agents[i] = cloneAgent(d.Agents[i])
	}
	return d
}
