package agent

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// keyring is what the configured orgs are trusted for; it never changes, a new
// configuration makes a new one.
type keyring struct {
	orgs    map[string]*trustedOrg
	origins map[string]bool
}

// trustedOrg is one org: who issues its tickets, and with which keys, by kid.
type trustedOrg struct {
	issuer string
	keys   map[string]ticketKey
}

// ticketKey is the key of a ticket certificate.
type ticketKey struct {
	public *rsa.PublicKey
	kid    string
	hash   [32]byte // SHA-256 of its SubjectPublicKeyInfo (RFC 5280 §4.1.2.7)
}

func newTicketKey(c lookup.TicketCertificate) (ticketKey, error) {
	public, err := bridge.ParseTicketKey(c.PEM)
	if err != nil {
		return ticketKey{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return ticketKey{}, err
	}
	return ticketKey{public, c.KID, sha256.Sum256(der)}, nil
}

// has reports whether the org still has a key, under whichever name.
func (o *trustedOrg) has(hash [32]byte) bool {
	for _, k := range o.keys {
		if k.hash == hash {
			return true
		}
	}
	return false
}

// newKeyring reads the orgs' certificates and origins. What cannot be used is
// left out and returned as problems, so that one bad certificate does not lock
// out the other orgs.
func newKeyring(orgs []lookup.OrgConfig, ownOrigin string) (*keyring, []error) {
	var problems []error
	k := &keyring{orgs: make(map[string]*trustedOrg, len(orgs)), origins: make(map[string]bool)}
	k.allow(ownOrigin)
	owners := make(map[[32]byte]string)
	for _, org := range orgs {
		t := &trustedOrg{issuer: canonicalURL(org.InstanceURL), keys: make(map[string]ticketKey)}
		for _, c := range org.TicketCertificates {
			key, err := newTicketKey(c)
			if err != nil {
				problems = append(problems, fmt.Errorf("agent: certificate %s of org %s: %w", c.KID, org.ID, err))
				continue
			}
			if owner, taken := owners[key.hash]; taken && owner != org.ID {
				problems = append(problems, fmt.Errorf("agent: certificate %s of org %s: the key belongs to org %s already", c.KID, org.ID, owner))
				continue
			}
			owners[key.hash] = org.ID
			t.keys[c.KID] = key
		}
		k.orgs[org.ID] = t
		for _, o := range Origins(org) {
			k.allow(o)
		}
	}
	return k, problems
}

// trusts says why sessions that a key of an org began must end, or nothing.
func (k *keyring) trusts(org string, hash [32]byte) *ticketError {
	switch o := k.orgs[org]; {
	case o == nil:
		return &ticketError{ReasonOrg, errTicketOrg}
	case !o.has(hash):
		return &ticketError{ReasonSignature, errTicketKey}
	}
	return nil
}

// allow adds an origin; what is none is left out.
func (k *keyring) allow(origin string) {
	if o := canonicalOrigin(origin); o != "" {
		k.origins[o] = true
	}
}

// allows reports whether a page of that Origin header may connect.
func (k *keyring) allows(origin string) bool {
	o := canonicalOrigin(origin)
	return o != "" && k.origins[o]
}

// Origins are where an org's pages come from: those configured, that of its My
// Domain, and the Lightning host that belongs to it
// (https://x.my.salesforce.com shows its pages at https://x.lightning.force.com,
// sandboxes and developer orgs likewise). The softphone page may be framed by
// the same.
func Origins(org lookup.OrgConfig) []string {
	var out []string
	for _, o := range org.Origins {
		if o = canonicalOrigin(o); o != "" {
			out = append(out, o)
		}
	}
	if own := canonicalOrigin(org.InstanceURL); own != "" {
		out = append(out, own)
		if host, ok := strings.CutSuffix(own, ".my.salesforce.com"); ok {
			out = append(out, host+".lightning.force.com")
		}
	}
	return out
}

// canonicalURL is a URL as claims are compared: no trailing slash, host in
// lower case.
func canonicalURL(s string) string {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	if err != nil {
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	return u.String()
}

// canonicalOrigin is scheme, host and port (RFC 6454 §6.1) without a default
// port, or empty where s is no such thing, as with "null".
func canonicalOrigin(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	switch port := u.Port(); {
	case scheme != "http" && scheme != "https":
		return ""
	case port == "", scheme == "http" && port == "80", scheme == "https" && port == "443":
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	default:
		return scheme + "://" + net.JoinHostPort(host, port)
	}
}
