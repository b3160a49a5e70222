package admin

import (
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// removals orders what is ticked to be removed; what the sign-in needs stays.
func (f *orgForm) removals(c *lookup.OrgConfig, say sayer) {
	for path, value := range c.Secrets() {
		name := orgSecrets()[path]
		switch {
		case !f.Removed[name] || !f.Stored[name]: // somebody else may have removed it meanwhile
		case *value != "":
			f.problem(removal(name), say.text("org.remove.both"))
		case c.NeedsSecret(path):
			f.problem(removal(name), say.text("org.remove.needed"))
		default:
			c.RemoveSecrets = append(c.RemoveSecrets, path)
		}
	}
}

// movedSecrets demands the secrets anew where the address has changed: whoever
// may edit the org is not to have its secrets sent elsewhere. A sign-in in the
// browser cannot be typed again: it has to go.
func (f *orgForm) movedSecrets(was, is lookup.OrgConfig, say sayer) {
	for _, name := range movedSecrets(was, is) {
		switch {
		case !f.Stored[name] || f.Removed[name] || f.Values[name] != "":
		case name == "refreshToken":
			f.problem(removal(name), say.text("org.refresh.moved"))
		default:
			f.problem(name, say.text("org.secret.moved"))
		}
	}
}

// movedSecrets are the fields of those that would be sent to another address.
func movedSecrets(was, is lookup.OrgConfig) (names []string) {
	moved := func(addresses ...string) bool {
		for pair := range slices.Chunk(addresses, 2) {
			if strings.TrimRight(pair[0], "/") != strings.TrimRight(pair[1], "/") {
				return true
			}
		}
		return false
	}
	if moved(was.InstanceURL, is.InstanceURL, was.SignIn.LoginURL, is.SignIn.LoginURL, was.Connection.APIURL, is.Connection.APIURL) {
		names = append(names, map[string][]string{
			"":                     {"clientSecret"},
			lookup.SignInWebServer: {"clientSecret", "refreshToken"},
			lookup.SignInPassword:  {"password", "securityToken"},
		}[is.SignIn.Kind]...)
	}
	if is.Connection.ProxyURL != "" && moved(was.Connection.ProxyURL, is.Connection.ProxyURL) {
		names = append(names, "proxyPassword")
	}
	return names
}
