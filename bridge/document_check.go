package bridge

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Validate tidies d in place (15-character ids become 18, addresses lose blanks
// and trailing slashes) and tells all that is wrong with it as FieldErrors. An
// entry may refer to what is in d or in known, and must not clash with what d
// leaves as it is in known.
func (d *Document) Validate(known Document) error {
	if faults := d.check(&known); len(faults) > 0 {
		return faults
	}
	return nil
}

// checker collects faults and what there is to refer to.
type checker struct {
	faults              FieldErrors
	known               *Document
	orgs, links, groups map[string]bool
	sandboxes           map[string]bool     // org ids
	tests               map[string][]string // patterns of test extensions by link
}

// check with known nil leaves references open.
func (d *Document) check(known *Document) FieldErrors {
	c := &checker{known: known, orgs: map[string]bool{}, links: map[string]bool{}, groups: map[string]bool{}, sandboxes: map[string]bool{}, tests: map[string][]string{}}
	if d.Version != DocumentVersion {
		c.add("version", "must be %d", DocumentVersion)
	}
	c.checkOrgs(d.Orgs)
	c.checkLinks(d.Links)
	c.checkGroups(d.Groups)
	d.Retention.check(c)
	if known != nil {
		c.rememberKnown()
	}
	c.checkBeside(d)
	c.rememberTests(d)
	for i := range d.Groups {
		c.checkAllowed(fmt.Sprintf("groups[%d].settings.", i), &d.Groups[i].Settings)
	}
	c.checkAgents(d.Agents)
	c.checkExclusions(d.Exclusions)
	return c.faults
}

func (c *checker) rememberKnown() {
	for _, o := range c.known.Orgs {
		c.orgs[o.ID] = true
	}
	for _, l := range c.known.Links {
		c.links[l.Name] = true
	}
	for _, g := range c.known.Groups {
		c.groups[g.Name] = true
	}
}

func (c *checker) add(path, text string, args ...any) { c.faults.add(path, text, args...) }

// unique adds key to seen, a fault if it is there.
func (c *checker) unique(path, what, key string, seen map[string]bool) {
	if seen[key] && key != "" {
		c.add(path, "there are two %s %s; keep one", what, key)
	}
	seen[key] = true
}

// name checks what people call a thing: it stands in logs and file names of
// exports, so it is one short line.
func (c *checker) name(path string, name *string) {
	*name = strings.TrimSpace(*name)
	switch {
	case *name == "":
		c.add(path, "is missing")
	case len(*name) > 80:
		c.add(path, "must not be longer than 80 characters")
	case strings.ContainsFunc(*name, func(r rune) bool { return !unicode.IsPrint(r) }):
		c.add(path, "must not contain control characters")
	}
}

// id checks a Salesforce id and makes it one of 18 characters.
func (c *checker) id(path, prefix, what string, id *string) {
	*id = strings.TrimSpace(*id)
	if *id == "" {
		c.add(path, "is missing")
		return
	}
	full, ok := SalesforceID(*id)
	switch {
	case !ok:
		c.add(path, "%q is not a Salesforce id of 15 or 18 characters; one may be mistyped", *id)
	case !strings.HasPrefix(full, prefix):
		c.add(path, "%q is not the id of %s, which begins with %s", *id, what, prefix)
	default:
		*id = full
	}
}

func (c *checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(path, "%q is unknown; use %s", value, strings.Join(allowed, ", "))
	}
}

// webURL checks an https URL without path and cuts its trailing slash; http is
// allowed to this machine, for the demo.
func (c *checker) webURL(path string, text *string) {
	*text = strings.TrimRight(strings.TrimSpace(*text), "/")
	if *text == "" {
		c.add(path, "is missing")
		return
	}
	u, err := url.Parse(*text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		c.add(path, "must be scheme and host only, such as https://example.my.salesforce.com")
		return
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		c.add(path, "must begin with https://")
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
