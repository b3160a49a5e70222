package bridge

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

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
