package admin

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// orgForm is the form of an org.
type orgForm struct {
	typed

	ID      string // empty: a new one
	Version string
	// Certificates are stored already; Remove are those that are to go.
	Certificates []certificateView
	Conflict     bool
	Callback     string
	Findings     []findingView // of a test
	Schedule     scheduleView
}

// certificateView shows a certificate by what people can compare.
type certificateView struct {
	KID, Sum string
	Remove   bool
}

// orgNames are the fields from top to bottom.
func orgNames() []string {
	return []string{
		"name", "instanceURL", "id", "enabled", "sandbox", "country", "liveSearch", "changeEvents",
		"kind", "clientID", "clientSecret", "username", "privateKey", "password", "securityToken",
		"kid", "pem", "origins", "interval", "sync", "full",
		"loginURL", "apiURL", "apiVersion", "proxyURL", "proxyUsername", "proxyPassword", "proxyExceptions", "ca", "pubSubURL",
		"slowAt", "stopAt", "requests", "bulkFrom",
	}
}

// orgSecrets are the fields that no page shows, by their path in the configuration.
func orgSecrets() map[string]string {
	return map[string]string{
		"clientSecret": "clientSecret", "signIn.privateKey": "privateKey", "signIn.password": "password",
		"signIn.securityToken": "securityToken", "connection.proxyPassword": "proxyPassword", "signIn.refreshToken": "refreshToken",
	}
}

// orgPlaces are where the focus goes to, in this order: a field, or the box that
// removes its secret.
func orgPlaces() (places []string) {
	for _, name := range orgNames() {
		places = append(places, name, removal(name))
	}
	return append(places, removal("refreshToken"))
}

// formOfOrg shows an org of whose secrets these are stored.
func formOfOrg(c lookup.OrgConfig, stored []string) *orgForm {
	f := &orgForm{typed: newTyped("org"), ID: c.ID, Version: fingerprint(c)}
	f.Values = map[string]string{
		"name": c.Name, "instanceURL": c.InstanceURL, "id": c.ID, "enabled": onOff(!c.Disabled), "sandbox": onOff(c.Sandbox),
		"country": c.Country, "liveSearch": onOff(c.LiveSearch), "changeEvents": onOff(c.ChangeEvents),
		"kind": cmp.Or(c.SignIn.Kind, lookup.SignInClientCredentials), "clientID": c.ClientID, "username": c.SignIn.Username, "loginURL": c.SignIn.LoginURL,
		"origins": strings.Join(c.Origins, "\n"), "interval": c.Schedule.Interval, "sync": c.Schedule.Sync, "full": c.Schedule.Full,
		"apiURL": c.Connection.APIURL, "apiVersion": c.Connection.APIVersion, "proxyURL": c.Connection.ProxyURL,
		"proxyUsername": c.Connection.ProxyUsername, "proxyExceptions": strings.Join(c.Connection.ProxyExceptions, ", "), "ca": c.Connection.CA,
		"pubSubURL": c.Connection.PubSubURL,
		"slowAt":    digits(c.Usage.SlowAt), "stopAt": digits(c.Usage.StopAt), "requests": digits(c.Usage.Requests), "bulkFrom": digits(c.Usage.BulkFrom),
	}
	f.stands(c, stored)
	return f
}

// stands notes what is stored beside the fields.
func (f *orgForm) stands(c lookup.OrgConfig, stored []string) {
	for _, path := range stored {
		f.Stored[orgSecrets()[path]] = true
	}
	removed := map[string]bool{}
	for _, old := range f.Certificates {
		removed[old.KID] = old.Remove
	}
	f.Certificates = nil
	for _, cert := range c.TicketCertificates {
		f.Certificates = append(f.Certificates, certificateView{cert.KID, certificateSum(cert.PEM), removed[cert.KID]})
	}
}

// certificateSum is the SHA-256 of the public key, in short.
func certificateSum(pem string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(pem)))
	return hex.EncodeToString(sum[:8])
}

func readOrgForm(v url.Values) *orgForm {
	f := &orgForm{typed: newTyped("org"), Version: v.Get("version")}
	f.read(v, orgNames()...)
	for _, kid := range v["remove"] {
		f.Certificates = append(f.Certificates, certificateView{KID: kid, Remove: true})
	}
	for _, path := range v["removeSecret"] {
		if name, ok := orgSecrets()[path]; ok {
			f.Removed[name] = true
		}
	}
	return f
}

// org is c with what is typed; what cannot be read is a problem of its field.
func (f *orgForm) org(c lookup.OrgConfig, say sayer) lookup.OrgConfig {
	v := f.Values
	c.ID, c.Name, c.InstanceURL = v["id"], v["name"], v["instanceURL"]
	c.Disabled, c.Sandbox, c.LiveSearch, c.ChangeEvents = v["enabled"] == "", v["sandbox"] != "", v["liveSearch"] != "", v["changeEvents"] != ""
	c.Country = ""
	if v["country"] != "" {
		code, ok := lookup.Country(v["country"])
		if !ok {
			f.problem("country", say.text("org.country.bad"))
		}
		c.Country = code
	}
	c.Origins = listed(v["origins"])
	c.Schedule = f.schedule(say)
	f.signIn(&c, say)
	c.Connection = lookup.Connection{
		APIURL: v["apiURL"], APIVersion: v["apiVersion"], ProxyURL: v["proxyURL"], ProxyUsername: v["proxyUsername"],
		ProxyPassword: v["proxyPassword"], ProxyExceptions: listed(v["proxyExceptions"]), CA: v["ca"], PubSubURL: v["pubSubURL"],
	}
	c.Usage = lookup.Usage{
		SlowAt: f.number("slowAt", 1, 100, say), StopAt: f.number("stopAt", 1, 100, say),
		Requests: f.number("requests", 1, 25, say), BulkFrom: f.number("bulkFrom", -1, 100_000_000, say),
	}
	f.certificates(&c, say)
	return c
}

// signIn takes the fields of the chosen kind; the others keep what is stored.
func (f *orgForm) signIn(c *lookup.OrgConfig, say sayer) {
	v := f.Values
	s := lookup.SignIn{Kind: v["kind"], LoginURL: v["loginURL"]}
	switch s.Kind {
	case lookup.SignInClientCredentials:
		s.Kind, c.ClientID, c.ClientSecret = "", v["clientID"], v["clientSecret"]
	case lookup.SignInWebServer:
		c.ClientID, c.ClientSecret = v["clientID"], v["clientSecret"]
	case lookup.SignInJWTBearer:
		c.ClientID, s.Username, s.PrivateKey = v["clientID"], v["username"], v["privateKey"]
	case lookup.SignInPassword:
		s.Username, s.Password, s.SecurityToken = v["username"], v["password"], v["securityToken"]
	default:
		f.problem("kind", say.text("group.choice.bad"))
	}
	c.SignIn = s
}

// schedule reads the three parts.
func (f *typed) schedule(say sayer) lookup.Schedule {
	s := lookup.Schedule{Interval: f.Values["interval"], Sync: f.Values["sync"], Full: f.Values["full"]}
	faults := s.Validate()
	for _, part := range slices.Sorted(maps.Keys(faults)) {
		if part == "interval" {
			f.problem(part, say.text("schedule.interval.bad"))
		} else {
			f.problem(part, say.text("schedule.cron.bad"))
		}
	}
	return s
}

// certificates leaves out what is to go and adds the new one.
func (f *orgForm) certificates(c *lookup.OrgConfig, say sayer) {
	gone := map[string]bool{}
	for _, old := range f.Certificates {
		gone[old.KID] = old.Remove
	}
	c.TicketCertificates = slices.DeleteFunc(slices.Clone(c.TicketCertificates), func(t lookup.TicketCertificate) bool { return gone[t.KID] })
	kid, pem := f.Values["kid"], f.Values["pem"]
	switch {
	case kid == "" && pem == "":
	case kid == "":
		f.problem("kid", say.text("org.kid.empty"))
	case pem == "":
		f.problem("pem", say.text("org.pem.empty"))
	default:
		c.TicketCertificates = append(c.TicketCertificates, lookup.TicketCertificate{KID: kid, PEM: pem + "\n"})
	}
}

// orgField is the field that a path in the configuration of an org belongs to,
// empty for none.
func orgField(path string) string {
	if i := strings.IndexByte(path, '['); i >= 0 {
		rest := path[i:]
		path = path[:i]
		if path == "ticketCertificates" {
			path = rest[strings.IndexByte(rest, ']')+1:]
		}
	}
	for _, part := range []string{".", "signIn.", "connection.", "usage.", "schedule."} {
		path = strings.TrimPrefix(path, part)
	}
	if slices.Contains(orgNames(), path) {
		return path
	}
	return ""
}

// storedOrg is an org without its secrets, and which of them are stored.
func (p *panel) storedOrg(r *http.Request, id string) (c lookup.OrgConfig, secrets []string, err error) {
	orgs, err := p.config.Orgs(r.Context())
	if err != nil {
		return c, nil, err
	}
	i := slices.IndexFunc(orgs, func(o lookup.OrgConfig) bool { return o.ID == id })
	if i < 0 {
		return c, nil, bridge.ErrNotFound
	}
	secrets, err = p.config.OrgSecrets(r.Context(), id)
	return orgs[i], secrets, err
}

// orgFormPage shows the form: to htmx the form alone, which is altered in place
// and so keeps what is typed into secrets.
func (p *panel) orgFormPage(w http.ResponseWriter, r *http.Request, status int, f *orgForm) error {
	f.Callback = p.public + SignedInPath
	f.Schedule = scheduleView{lookup.Schedule{Interval: f.Values["interval"], Sync: f.Values["sync"], Full: f.Values["full"]}}
	if isHTMX(r) {
		return p.part(w, r, status, "org_form", "form", f)
	}
	title := "org.edit"
	if f.ID == "" {
		title = "org.new"
	}
	return p.show(w, r, status, "org_form", page{Title: title, Nav: "orgs", Data: f})
}
