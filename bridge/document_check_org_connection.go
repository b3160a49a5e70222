package bridge

import (
	"fmt"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
)

// checkSignIn checks what can be told without the secrets: those left out may be
// stored already.
func (c *checker) checkSignIn(path string, o *lookup.OrgConfig) {
	s := &o.SignIn
	s.Username = strings.TrimSpace(s.Username)
	at := path + "signIn."
	if s.Kind != "" {
		c.oneOf(at+"kind", s.Kind, lookup.SignInClientCredentials, lookup.SignInJWTBearer, lookup.SignInWebServer, lookup.SignInPassword)
	}
	if s.LoginURL != "" {
		c.webURL(at+"loginURL", &s.LoginURL)
	}
	if s.PrivateKey != "" {
		c.addError(at+"privateKey", lookup.CheckPrivateKey(s.PrivateKey))
	}
	switch s.Kind {
	case lookup.SignInJWTBearer, lookup.SignInPassword:
		if s.Username == "" {
			c.add(at+"username", "is missing: the user whom the bridge signs in, as in Setup, Users")
		}
	}
	switch s.Kind {
	case lookup.SignInJWTBearer, lookup.SignInWebServer:
		if o.ClientID == "" {
			c.add(path+"clientID", "is missing: the consumer key of the external client app")
		}
	}
}

// checkRemovedSecrets refuses to remove what is given as well, and what the
// bridge cannot sign in without.
func (c *checker) checkRemovedSecrets(path string, o *lookup.OrgConfig) {
	given := map[string]*string{}
	for name, value := range o.Secrets() {
		given[name] = value
	}
	for i, name := range o.RemoveSecrets {
		at := fmt.Sprintf("%sremoveSecrets[%d]", path, i)
		switch value, known := given[name]; {
		case !known:
			c.add(at, "%q is not a secret of an org: name one of %s", name, strings.Join(lookup.SecretPaths(), ", "))
		case *value != "":
			c.add(at, "%s is given as well: leave one of the two out", name)
		case o.NeedsSecret(name):
			c.add(at, "the bridge signs in with %s: give a new one, choose another signIn, or disable the org", name)
		}
	}
}

func (c *checker) checkConnection(path string, n *lookup.Connection) {
	path += "connection."
	if n.APIURL != "" {
		c.webURL(path+"apiURL", &n.APIURL)
	}
	c.addError(path+"apiVersion", lookup.CheckAPIVersion(n.APIVersion))
	c.addError(path+"pubSubURL", lookup.CheckPubSubURL(n.PubSubURL))
	if n.CA != "" {
		c.addError(path+"ca", lookup.CheckCA(n.CA))
	}
	if n.ProxyURL != "" {
		c.addError(path+"proxyURL", lookup.CheckProxy(n.ProxyURL))
	} else if n.ProxyUsername != "" || len(n.ProxyExceptions) > 0 {
		c.add(path+"proxyURL", "is missing: the proxy that user name and exceptions are for, such as http://proxy.example.com:3128")
	}
	for i, e := range n.ProxyExceptions {
		c.addError(fmt.Sprintf("%sproxyExceptions[%d]", path, i), lookup.CheckProxyException(e))
	}
}

func (c *checker) checkUsage(path string, u *lookup.Usage) {
	path += "usage."
	for key, share := range map[string]int{"slowAt": u.SlowAt, "stopAt": u.StopAt} {
		if share < 0 || share > 100 {
			c.add(path+key, "must be from 1 to 100 per cent of the org's API calls; leave it out for the default")
		}
	}
	if u.SlowAt != 0 && u.StopAt != 0 && u.SlowAt > u.StopAt {
		c.add(path+"slowAt", "must not be above stopAt, which is %d", u.StopAt)
	}
	if u.Requests < 0 || u.Requests > 25 {
		c.add(path+"requests", "must be from 1 to 25 requests at once")
	}
	if u.BulkFrom < -1 {
		c.add(path+"bulkFrom", "must be a number of records, or -1 for never")
	}
}

// addError adds what a check of lookup has found, if anything.
func (c *checker) addError(path string, err error) {
	if err != nil {
		c.add(path, "%v", err)
	}
}
