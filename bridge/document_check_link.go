package bridge

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

func (c *checker) checkLinks(links []pbx.LinkConfig) {
	for i := range links {
		l, path := &links[i], fmt.Sprintf("links[%d].", i)
		c.name(path+"name", &l.Name)
		c.unique(path+"name", "links", l.Name, c.links)
		c.oneOf(path+"type", l.Type, "sip", "hep", "csta")
		if l.Profile != "" {
			c.oneOf(path+"profile", l.Profile, "asterisk", "freeswitch", "kamailio", "generic")
		}
		if l.DialBy != "" {
			c.oneOf(path+"dialBy", l.DialBy, "refer", "outOfDialogRefer", "3pcc", "uacsta")
		}
		if l.AnswerBy != "" {
			c.oneOf(path+"answerBy", l.AnswerBy, "talk", "uacsta")
		}
		if l.Transport != "" {
			c.oneOf(path+"transport", l.Transport, "udp", "tcp", "tls")
		}
		c.checkAddresses(path, l)
		c.checkLinkOptions(path, l)
		c.checkDialPlan(path+"dialPlan.", &l.DialPlan)
	}
}

// checkBeside: a mirror runs beside one SIP link, which has no other, and the
// agents' devices name that link. It may be configured already, and then need
// not be in the document.
func (c *checker) checkBeside(d *Document) {
	types, taken, within := map[string]string{}, map[string]string{}, map[string]string{}
	if c.known != nil {
		for i := range c.known.Links {
			types[c.known.Links[i].Name] = c.known.Links[i].Type
		}
	}
	for i := range d.Links {
		types[d.Links[i].Name] = d.Links[i].Type
	}
	for i := range d.Links {
		l, path := &d.Links[i], fmt.Sprintf("links[%d].beside", i)
		if l.Type != "hep" || l.Beside == "" || l.Beside == l.Name {
			continue
		}
		c.refers(path, "link", l.Beside, c.links)
		if kind := types[l.Beside]; kind != "" && kind != "sip" {
			c.add(path, "must name a link of type sip; %s is of type %s", l.Beside, kind)
		}
		if other := taken[l.Beside]; other != "" {
			c.add(path, "%s has the mirror %s beside it already", l.Beside, other)
		}
		taken[l.Beside], within[l.Name] = l.Name, l.Beside
	}
	for i := range d.Agents {
		for j, device := range d.Agents[i].Devices {
			if main := within[device.Link]; main != "" {
				c.add(fmt.Sprintf("agents[%d].devices[%d].link", i, j), "%s is a mirror beside %s; name that link", device.Link, main)
			}
		}
	}
}

func (c *checker) checkAddresses(path string, l *pbx.LinkConfig) {
	switch {
	case l.Type == "hep" && l.Listen == "":
		c.add(path+"listen", "is missing: a mirror needs an address to listen on, such as 0.0.0.0:9060")
	case l.Type != "hep" && l.Server == "":
		c.add(path+"server", "is missing: the address of the PBX, such as pbx.example.com:5060")
	}
	for server := range strings.SplitSeq(l.Server, ",") {
		if server = strings.TrimSpace(server); l.Server != "" && !hostPort(server, false) {
			c.add(path+"server", "%q must be host or host:port", server)
		}
	}
	if l.Listen != "" && !hostPort(l.Listen, true) {
		c.add(path+"listen", "%q must be host:port", l.Listen)
	}
	if l.Advertise != "" && !hostPort(l.Advertise, true) {
		c.add(path+"advertise", "%q must be host:port", l.Advertise)
	}
}

// checkLinkOptions checks what only some links have.
func (c *checker) checkLinkOptions(path string, l *pbx.LinkConfig) {
	for j, source := range l.Sources {
		if _, err := netip.ParsePrefix(source); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(source); err != nil {
			c.add(fmt.Sprintf("%ssources[%d]", path, j), "%q must be an address or a prefix, such as 192.0.2.10 or 192.0.2.0/24", source)
		}
	}
	switch {
	case l.Type == "hep" && l.Listen != "" && len(l.Sources) == 0:
		c.add(path+"sources", "is missing: the addresses of the PBX that the mirror takes packets from")
	case l.Type != "hep" && l.Beside != "":
		c.add(path+"beside", "is only for links of type hep")
	case l.Beside != "" && l.Beside == l.Name:
		c.add(path+"beside", "must name another link")
	}
	for j, pattern := range l.TestExtensions {
		if !lookup.ValidPattern(pattern) {
			c.add(fmt.Sprintf("%stestExtensions[%d]", path, j), "%q must be digits with x for any digit, such as 90xx, or a range such as 9000-9099", pattern)
		}
	}
	if l.TLS.Pin != "" {
		if sum, err := base64.StdEncoding.DecodeString(l.TLS.Pin); err != nil || len(sum) != sha256.Size {
			c.add(path+"tls.pin", "must be the SHA-256 of the certificate's public key in base64, 44 characters")
		}
	}
	c.checkCSTA(path, l)
	c.checkUACSTA(path, l)
}

// checkUACSTA checks how desk telephones are controlled: by a link that does, and
// directly where the switch does not pass CSTA on.
func (c *checker) checkUACSTA(path string, l *pbx.LinkConfig) {
	if l.DialBy != "uacsta" && l.AnswerBy != "uacsta" {
		if l.UACSTA.SIPDevices || len(l.UACSTA.Phones) > 0 {
			c.add(path+"uacsta", "is only for links that set dialBy or answerBy to uacsta")
		}
		return
	}
	if l.Type != "sip" {
		key := "dialBy"
		if l.DialBy != "uacsta" {
			key = "answerBy"
		}
		c.add(path+key, "uacsta is only for links of type sip")
	}
	direct := len(l.UACSTA.Phones) > 0
	if (l.Profile == "asterisk" || l.Profile == "freeswitch") && !direct {
		c.add(path+"uacsta.phones", "is missing: %s keeps CSTA to itself, so the telephones' own addresses are needed, such as {device: 103, address: 192.0.2.103}", l.Profile)
	}
	if direct && l.Transport != "" && l.Transport != "udp" {
		c.add(path+"transport", "must be udp, by which uacsta.phones are asked")
	}
	c.checkPhones(path+"uacsta.", l.UACSTA.Phones)
}

// checkPhones: each telephone is one device and has an address.
func (c *checker) checkPhones(path string, phones []pbx.UACSTAPhone) {
	seen := map[pbx.DeviceID]bool{}
	for i, p := range phones {
		at := fmt.Sprintf("%sphones[%d].", path, i)
		switch {
		case p.Device == "" || strings.ContainsAny(string(p.Device), " \t\r\n"):
			c.add(at+"device", "must be the telephone's extension")
		case seen[p.Device]:
			c.add(at+"device", "%s is there twice", p.Device)
		}
		seen[p.Device] = true
		if _, err := netip.ParseAddr(strings.Trim(p.Address, "[]")); err == nil {
			continue
		}
		if _, err := netip.ParseAddrPort(p.Address); err != nil {
			c.add(at+"address", "%q must be the telephone's IP address, such as 192.0.2.103 or 192.0.2.103:5060", p.Address)
		}
	}
}

// checkCSTA checks how a CSTA link speaks, and that others do not say.
func (c *checker) checkCSTA(path string, l *pbx.LinkConfig) {
	path += "csta."
	if l.Type != "csta" {
		if !reflect.ValueOf(l.CSTA).IsZero() {
			c.add(strings.TrimSuffix(path, "."), "is only for links of type csta")
		}
		return
	}
	if l.Transport == "udp" {
		c.add(strings.TrimSuffix(path, "csta.")+"transport", "must be tcp or tls for CSTA")
	}
	if l.CSTA.Dialect != "" {
		c.oneOf(path+"dialect", l.CSTA.Dialect, "session", "register", "status", "none", "zultys", "avaya")
	}
	if !knownEdition(l.CSTA.Edition) {
		c.add(path+"edition", "%q must be ed2, ed3, ed4, ed5, ed6 or, for Avaya, ed3/priv5 to ed3/privA", l.CSTA.Edition)
	}
	if l.CSTA.Pace < 0 || l.CSTA.Pace > 1000 {
		c.add(path+"pace", "must be monitors a second, up to 1000")
	}
	c.checkCSTAPorts(strings.TrimSuffix(path, "csta."), l)
	c.checkCSTAGroups(path, l.CSTA.Groups)
}

// knownEdition tells an edition of ECMA-323, or one of Avaya's.
func knownEdition(name string) bool {
	switch name {
	case "", "ed2", "ed3", "ed4", "ed5", "ed6":
		return true
	}
	base, private, _ := strings.Cut(name, "/")
	release, found := strings.CutPrefix(private, "priv")
	return (base == "ed2" || base == "ed3") && found && len(release) == 1 && allIn(release, "123456789ABCDEFabcdef")
}

// checkCSTAPorts: of two dialects nobody knows a usual port.
func (c *checker) checkCSTAPorts(path string, l *pbx.LinkConfig) {
	if l.CSTA.Dialect != "status" && l.CSTA.Dialect != "none" {
		return
	}
	for server := range strings.SplitSeq(l.Server, ",") {
		if server = strings.TrimSpace(server); server != "" && hostPort(server, false) && !hostPort(server, true) {
			c.add(path+"server", "%q needs the port of the PBX's CSTA interface, because the dialect %s has no usual one", server, l.CSTA.Dialect)
		}
	}
}

// checkCSTAGroups: a device is behind one group number only.
func (c *checker) checkCSTAGroups(path string, groups []pbx.CSTAGroup) {
	behind, numbers := map[pbx.DeviceID]string{}, map[string]bool{}
	for i, g := range groups {
		at := fmt.Sprintf("%sgroups[%d].", path, i)
		switch {
		case g.Number == "" || strings.ContainsAny(g.Number, " \t\r\n"):
			c.add(at+"number", "must be the group's number")
		case numbers[g.Number]:
			c.add(at+"number", "%s is there twice", g.Number)
		}
		numbers[g.Number] = true
		if len(g.Devices) == 0 {
			c.add(at+"devices", "is missing: the extensions behind the number")
		}
		for j, d := range g.Devices {
			if other, taken := behind[d]; taken {
				c.add(fmt.Sprintf("%sdevices[%d]", at, j), "%s is behind %s already", d, other)
			}
			behind[d] = g.Number
		}
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
	for i, pattern := range p.InternalPatterns {
		if !lookup.ValidPattern(pattern) {
			c.add(fmt.Sprintf("%sinternalPatterns[%d]", path, i), "%q must be digits with x for any digit, such as 1xx, or a range such as 2000-2999", pattern)
		}
	}
	for i := range p.MainNumbers {
		c.checkMainNumber(fmt.Sprintf("%smainNumbers[%d].", path, i), &p.MainNumbers[i])
	}
	for key, prefix := range map[string]string{"nationalPrefix": p.NationalPrefix, "internationalPrefix": p.InternationalPrefix} {
		if !allIn(prefix, "0123456789") || len(prefix) > 8 {
			c.add(path+key, "%q must be up to 8 digits; leave it out where the country's own is dialled", prefix)
		}
	}
	if p.LocalNumbers && p.AreaCode == "" {
		c.add(path+"localNumbers", "needs areaCode, which is left out of numbers dialled")
	}
}

func (c *checker) checkMainNumber(path string, m *pbx.MainNumber) {
	m.Number = strings.NewReplacer(" ", "", "-", "", "/", "", "(", "", ")", "").Replace(m.Number)
	digits, ok := strings.CutPrefix(m.Number, "+")
	if !ok || digits == "" || digits[0] == '0' || !allIn(digits, "0123456789") || len(digits) < 5 {
		c.add(path+"number", "%q must be the main number with + and country code, without its direct dials, such as +49 30 23125", m.Number)
	}
	if m.DDIDigits < 0 || m.DDIDigits > 8 || len(digits)+m.DDIDigits > 15 {
		c.add(path+"ddiDigits", "must be how many digits a direct dial has, up to 8 and 15 with the main number")
	}
}

func allIn(text, allowed string) bool { return strings.Trim(text, allowed) == "" }
