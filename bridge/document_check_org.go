package bridge

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
)

func (c *checker) checkOrgs(orgs []lookup.OrgConfig) {
	names := map[string]bool{}
	for i := range orgs {
		o, path := &orgs[i], fmt.Sprintf("orgs[%d].", i)
		c.id(path+"id", orgPrefix, "an org", &o.ID)
		c.unique(path+"id", "orgs", o.ID, c.orgs)
		c.name(path+"name", &o.Name)
		c.unique(path+"name", "orgs with the name", o.Name, names)
		c.webURL(path+"instanceURL", &o.InstanceURL)
		if o.LiveSearch && o.ClientID == "" && o.SignIn.Kind != lookup.SignInPassword {
			c.add(path+"liveSearch", "the bridge signs in to the org to search it: give clientID and clientSecret, or leave liveSearch out")
		}
		c.checkSignIn(path, o)
		c.checkRemovedSecrets(path, o)
		c.checkConnection(path, &o.Connection)
		c.checkUsage(path, &o.Usage)
		c.checkSchedule(path, o.Schedule)
		c.checkObjects(path, o.Objects)
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
