package bridge

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
)

func (c *checker) checkGroups(groups []Group) {
	for i := range groups {
		g, path := &groups[i], fmt.Sprintf("groups[%d].", i)
		c.name(path+"name", &g.Name)
		c.unique(path+"name", "groups", g.Name, c.groups)
		c.checkSettings(path+"settings.", &g.Settings)
	}
}

func (c *checker) checkSettings(path string, s *Settings) {
	if s.PopOn != nil {
		c.oneOf(path+"popOn", *s.PopOn, PopOnRinging, PopOnAnswer, PopByHand)
	}
	for key, object := range map[string]*string{"createObject": s.CreateObject, "createOutbound": s.CreateOutbound} {
		if object != nil {
			c.oneOf(path+key, *object, "Lead", "Contact", "Account", none)
		}
	}
	for j, object := range s.Objects {
		if object == "" || strings.ContainsFunc(object, notAPIName) {
			c.add(fmt.Sprintf("%sobjects[%d]", path, j), "%q must be the API name of an object, such as Contact", object)
		}
	}
	if h := s.ShiftHours; h != nil && (*h < 1 || *h > MaxShift) {
		c.add(path+"shiftHours", "must be 1 to %d", MaxShift)
	}
	c.checkDispositions(path, s)
	c.checkDialRights(path, s)
}

// MaxDispositions bounds Settings.Dispositions: a panel shows them as one list.
const MaxDispositions = 20

func (c *checker) checkDispositions(path string, s *Settings) {
	for j, d := range s.Dispositions {
		if strings.TrimSpace(d) != d || d == "" || len(d) > MaxDisposition || strings.Contains(d, ",") {
			c.add(fmt.Sprintf("%sdispositions[%d]", path, j), "must be 1 to %d bytes without commas and without blanks around them", MaxDisposition)
		}
	}
	if len(s.Dispositions) > MaxDispositions {
		c.add(path+"dispositions", "must not hold more than %d", MaxDispositions)
	}
}

// checkAllowed is called once the links are known.
func (c *checker) checkAllowed(path string, s *Settings) {
	c.checkDevices(path+"allowedDevices", s.AllowedDevices)
	if len(s.AllowedDevices) > maxAllowed {
		c.add(path+"allowedDevices", "must not hold more than %d telephones", maxAllowed)
	}
}

// maxAllowed bounds the devices that an agent may choose from: a panel shows
// them as one list.
const maxAllowed = 500

// maxBlocked bounds the blocked prefixes of a group.
const maxBlocked = 100

func (c *checker) checkDialRights(path string, s *Settings) {
	if s.DialClass != nil {
		c.oneOf(path+"dialClass", *s.DialClass, DialInternal, DialNational, DialInternational)
	}
	for j := range s.DialBlocked {
		prefix, ok := DialPrefix(s.DialBlocked[j])
		if !ok {
			c.add(fmt.Sprintf("%sdialBlocked[%d]", path, j), "%q must be the beginning of a number in international form, such as +49137", s.DialBlocked[j])
			continue
		}
		s.DialBlocked[j] = prefix
	}
	if len(s.DialBlocked) > maxBlocked {
		c.add(path+"dialBlocked", "must not hold more than %d beginnings", maxBlocked)
	}
	c.rate(path+"dialsPerMinute", s.DialsPerMinute)
	c.rate(path+"dialsPerTenSeconds", s.DialsPerTenSeconds)
}

func (c *checker) rate(path string, n *int) {
	if n != nil && (*n < 1 || *n > MaxDials) {
		c.add(path, "must be 1 to %d", MaxDials)
	}
}

// DialPrefix tidies the beginning of a number in international form: a plus,
// then 1 to 15 digits; blanks and hyphens are left out.
func DialPrefix(text string) (string, bool) {
	text = strings.NewReplacer(" ", "", "-", "").Replace(text)
	digits, plus := strings.CutPrefix(text, "+")
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	ok := plus && len(digits) >= 1 && len(digits) <= 15 && digits[0] != '0' && !strings.ContainsFunc(digits, notDigit)
	return text, ok
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
			// The same id in another org is another person.
			c.unique(path+"salesforceUser", "agents bound to the user", a.SalesforceUser+" of org "+a.Org, users)
		}
		for j, name := range a.Groups {
			c.refers(fmt.Sprintf("%sgroups[%d]", path, j), "group", name, c.groups)
			if slices.Contains(a.Groups[:j], name) {
				c.add(fmt.Sprintf("%sgroups[%d]", path, j), "the group %s is named twice", name)
			}
		}
		c.checkDevices(path+"devices", a.Devices)
		c.checkSettings(path+"settings.", &a.Settings)
		c.checkAllowed(path+"settings.", &a.Settings)
		a.SwitchAgent = strings.TrimSpace(a.SwitchAgent)
		if len(a.SwitchAgent) > 64 || strings.ContainsFunc(a.SwitchAgent, notExtension) {
			c.add(path+"switchAgent", "%q must be what the agent logs on with at the telephone, such as 4711", a.SwitchAgent)
		}
		c.onlyTests(path+"devices", a.Org, a.Devices)
		c.onlyTests(path+"settings.allowedDevices", a.Org, a.Settings.AllowedDevices)
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
		d, path := &devices[j], fmt.Sprintf("%s[%d].", path, j)
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
	return r > unicode.MaxASCII || !isAlnum(byte(r)) && !strings.ContainsRune("-_.!~*'()&=+$,;?/", r)
}
