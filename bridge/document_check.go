package bridge

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// Validate tidies d in place (15-character ids become 18, addresses lose blanks
// and trailing slashes) and tells all that is wrong with it as Faults. An
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
	Faults
	known               *Document
	orgs, links, groups map[string]bool
}

// check with known nil leaves references open.
func (d *Document) check(known *Document) Faults {
	c := &checker{known: known, orgs: map[string]bool{}, links: map[string]bool{}, groups: map[string]bool{}}
	if d.Version != DocumentVersion {
		c.add("version", "must be %d", DocumentVersion)
	}
	c.checkOrgs(d.Orgs)
	c.checkLinks(d.Links)
	c.checkGroups(d.Groups)
	if known != nil {
		c.rememberKnown()
	}
	c.checkAgents(d.Agents)
	return c.Faults
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
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		c.add(path, "must begin with https://")
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

func (c *checker) checkOrgs(orgs []lookup.OrgConfig) {
	names := map[string]bool{}
	for i := range orgs {
		o, path := &orgs[i], fmt.Sprintf("orgs[%d].", i)
		c.id(path+"id", orgPrefix, "an org", &o.ID)
		c.unique(path+"id", "orgs", o.ID, c.orgs)
		c.name(path+"name", &o.Name)
		c.unique(path+"name", "orgs with the name", o.Name, names)
		c.webURL(path+"instanceURL", &o.InstanceURL)
		for j := range o.Origins {
			c.webURL(fmt.Sprintf("%sorigins[%d]", path, j), &o.Origins[j])
		}
	}
	c.checkStayingNames(orgs)
	c.checkTicketKeys(orgs)
}

// checkStayingNames finds names that an org which stays as it is already has.
func (c *checker) checkStayingNames(orgs []lookup.OrgConfig) {
	for _, o := range c.stayingOrgs() {
		for i := range orgs {
			if orgs[i].Name == o.Name {
				c.add(fmt.Sprintf("orgs[%d].name", i), "another org already has the name %s; choose another one", o.Name)
			}
		}
	}
}

// checkTicketKeys refuses a key under two orgs: the key alone tells which org
// vouches for a ticket.
func (c *checker) checkTicketKeys(orgs []lookup.OrgConfig) {
	owner := map[[32]byte]string{}
	for _, o := range c.stayingOrgs() {
		for _, cert := range o.TicketCertificates {
			if sum, err := keySum(cert.PEM); err == nil {
				owner[sum] = o.ID
			}
		}
	}
	for i, o := range orgs {
		kids := map[string]bool{}
		for j := range o.TicketCertificates {
			path := fmt.Sprintf("orgs[%d].ticketCertificates[%d].", i, j)
			cert := &o.TicketCertificates[j]
			c.name(path+"kid", &cert.KID)
			c.unique(path+"kid", "certificates with the kid", cert.KID, kids)
			sum, err := keySum(cert.PEM)
			if err != nil {
				c.add(path+"pem", "%v", err)
				continue
			}
			if other, taken := owner[sum]; taken && other != o.ID {
				c.add(path+"pem", "org %s has the same key; create a certificate of its own in each org", other)
			}
			owner[sum] = o.ID
		}
	}
}

// stayingOrgs are those in known that the document does not replace. It is
// called before known is remembered, so c.orgs holds the document's own.
func (c *checker) stayingOrgs() []lookup.OrgConfig {
	if c.known == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.known.Orgs), func(o lookup.OrgConfig) bool { return c.orgs[o.ID] })
}

func keySum(text string) ([32]byte, error) {
	key, err := ParseTicketKey(text)
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(x509.MarshalPKCS1PublicKey(key)), nil
}

func (c *checker) checkLinks(links []pbx.LinkConfig) {
	for i := range links {
		l, path := &links[i], fmt.Sprintf("links[%d].", i)
		c.name(path+"name", &l.Name)
		c.unique(path+"name", "links", l.Name, c.links)
		c.oneOf(path+"type", l.Type, "sip", "hep", "csta")
		if l.Profile != "" {
			c.oneOf(path+"profile", l.Profile, "asterisk", "freeswitch", "kamailio", "generic")
		}
		if l.Transport != "" {
			c.oneOf(path+"transport", l.Transport, "udp", "tcp", "tls")
		}
		c.checkAddresses(path, l)
		c.checkDialPlan(path+"dialPlan.", &l.DialPlan)
	}
}

func (c *checker) checkAddresses(path string, l *pbx.LinkConfig) {
	switch {
	case l.Type == "hep" && l.Listen == "":
		c.add(path+"listen", "is missing: a mirror needs an address to listen on, such as 0.0.0.0:9060")
	case l.Type != "hep" && l.Server == "":
		c.add(path+"server", "is missing: the address of the PBX, such as pbx.example.com:5060")
	}
	if l.Server != "" && !hostPort(l.Server, false) {
		c.add(path+"server", "%q must be host or host:port", l.Server)
	}
	if l.Listen != "" && !hostPort(l.Listen, true) {
		c.add(path+"listen", "%q must be host:port", l.Listen)
	}
	if l.Advertise != "" && !hostPort(l.Advertise, true) {
		c.add(path+"advertise", "%q must be host:port", l.Advertise)
	}
}

// hostPort reports whether text is host:port, or where the port may be missing
// a host alone.
func hostPort(text string, needPort bool) bool {
	if strings.ContainsAny(text, " \t\r\n/@<>\"") {
		return false
	}
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		_, v6 := netip.ParseAddr(strings.Trim(text, "[]"))
		return !needPort && (v6 == nil || !strings.Contains(text, ":"))
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func (c *checker) checkDialPlan(path string, p *pbx.DialPlan) {
	p.Country = strings.ToUpper(p.Country)
	if p.Country != "" && (len(p.Country) != 2 || !allIn(p.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
		c.add(path+"country", "%q must be a country code of two letters, such as DE", p.Country)
	}
	if !allIn(p.AreaCode, "0123456789") {
		c.add(path+"areaCode", "%q must be digits only", p.AreaCode)
	}
	if !allIn(p.OutsideLinePrefix, "0123456789*#") {
		c.add(path+"outsideLinePrefix", "%q must be what is dialled for a line, such as 0", p.OutsideLinePrefix)
	}
	if p.InternalDigits < 0 || p.InternalDigits > 15 {
		c.add(path+"internalDigits", "must be from 1 to 15")
	}
}

func allIn(text, allowed string) bool { return strings.Trim(text, allowed) == "" }

func (c *checker) checkGroups(groups []Group) {
	for i := range groups {
		g, path := &groups[i], fmt.Sprintf("groups[%d].", i)
		c.name(path+"name", &g.Name)
		c.unique(path+"name", "groups", g.Name, c.groups)
		if p := g.Settings.PopOn; p != nil {
			c.oneOf(path+"settings.popOn", *p, PopOnRinging, PopOnAnswer)
		}
		if o := g.Settings.CreateObject; o != nil {
			c.oneOf(path+"settings.createObject", *o, "Lead", "Contact", "Account", "none")
		}
		for j, object := range g.Settings.Objects {
			if object == "" || strings.ContainsFunc(object, notAPIName) {
				c.add(fmt.Sprintf("%ssettings.objects[%d]", path, j), "%q must be the API name of an object, such as Contact", object)
			}
		}
	}
}

func notAPIName(r rune) bool { return r != '_' && (r > unicode.MaxASCII || !isAlnum(byte(r))) }

func (c *checker) checkAgents(agents []Agent) {
	emails, users := map[string]bool{}, map[string]bool{}
	for i := range agents {
		a, path := &agents[i], fmt.Sprintf("agents[%d].", i)
		c.email(path+"email", &a.Email)
		c.unique(path+"email", "agents with the address", foldEmail(a.Email), emails)
		c.id(path+"org", orgPrefix, "an org", &a.Org)
		c.refers(path+"org", "org", a.Org, c.orgs)
		if a.SalesforceUser != "" {
			c.id(path+"salesforceUser", userPrefix, "a user", &a.SalesforceUser)
			c.unique(path+"salesforceUser", "agents bound to the user", a.SalesforceUser, users)
		}
		for j, name := range a.Groups {
			c.refers(fmt.Sprintf("%sgroups[%d]", path, j), "group", name, c.groups)
			if slices.Contains(a.Groups[:j], name) {
				c.add(fmt.Sprintf("%sgroups[%d]", path, j), "the group %s is named twice", name)
			}
		}
		c.checkDevices(path, a.Devices)
	}
}

// email checks one bare address (RFC 5322 §3.4.1 addr-spec).
func (c *checker) email(path string, email *string) {
	*email = strings.TrimSpace(*email)
	if *email == "" {
		c.add(path, "is missing")
		return
	}
	addr, err := mail.ParseAddress(*email)
	if err != nil || addr.Address != *email || len(*email) > 254 {
		c.add(path, "%q is not an e-mail address", *email)
	}
}

// refers checks that something of that name exists, unless references are
// left open.
func (c *checker) refers(path, what, name string, have map[string]bool) {
	if c.known != nil && name != "" && !have[name] {
		c.add(path, "there is no %s %s; add it first", what, name)
	}
}

func (c *checker) checkDevices(path string, devices []Device) {
	for j := range devices {
		d, path := &devices[j], fmt.Sprintf("%sdevices[%d].", path, j)
		d.Extension = strings.TrimSpace(d.Extension)
		if d.Link == "" {
			c.add(path+"link", "is missing")
		}
		c.refers(path+"link", "link", d.Link, c.links)
		if d.Extension == "" || len(d.Extension) > 64 || strings.ContainsFunc(d.Extension, notExtension) {
			c.add(path+"extension", "%q must be an extension such as 103", d.Extension)
		}
		if slices.Contains(devices[:j], *d) {
			c.add(path+"extension", "extension %s is named twice", d.Extension)
		}
	}
}

// notExtension refuses what would break out of a SIP URI's user part
// (RFC 3261 §25.1).
func notExtension(r rune) bool {
	return r > unicode.MaxASCII || !isAlnum(byte(r)) && !strings.ContainsRune("-_.!~*'()&=+$,;?/#", r)
}
