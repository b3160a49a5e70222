package salesforcetest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// TicketKeyID is the developer name of the org's certificate.
const TicketKeyID = "CTI_Bridge"

// ticketLife is how long a ticket is valid.
const ticketLife = 2 * time.Minute

// signing is the org's key and certificate, made when first needed.
type signing struct {
	once sync.Once
	key  *rsa.PrivateKey
	cert string
	err  error
}

func (o *Org) ensureKey() error {
	o.signing.once.Do(func() {
		o.signing.key, o.signing.cert, o.signing.err = newCertificate(o.options.Now())
	})
	return o.signing.err
}

// newCertificate is what Setup, Certificate and Key Management makes: RSA with
// 2048 bit, self-signed.
func newCertificate(now time.Time) (*rsa.PrivateKey, string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, "", fmt.Errorf("salesforcetest: make key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: TicketKeyID},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, "", fmt.Errorf("salesforcetest: make certificate: %w", err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

// TicketCertificate is the certificate that checks the org's tickets, as an
// administrator downloads it; pem is empty only if the machine has no randomness.
func (o *Org) TicketCertificate() (kid, pem string) {
	if o.ensureKey() != nil {
		return TicketKeyID, ""
	}
	return TicketKeyID, o.signing.cert
}

// TicketOption makes a ticket other than it should be.
type TicketOption func(*ticket)

type ticket struct {
	claims jwt.MapClaims
	header map[string]any
	key    *rsa.PrivateKey
}

// WithClaim sets a claim; nil takes it away.
func WithClaim(name string, value any) TicketOption {
	return func(t *ticket) {
		if t.claims[name] = value; value == nil {
			delete(t.claims, name)
		}
	}
}

// WithHeader sets a field of the JOSE header; nil takes it away.
func WithHeader(name string, value any) TicketOption {
	return func(t *ticket) {
		if t.header[name] = value; value == nil {
			delete(t.header, name)
		}
	}
}

// WithIssuedAt moves iat, nbf and exp.
func WithIssuedAt(at time.Time) TicketOption {
	return func(t *ticket) { t.setTimes(at) }
}

// WithKey signs with another key.
func WithKey(key *rsa.PrivateKey) TicketOption {
	return func(t *ticket) { t.key = key }
}

func (t *ticket) setTimes(at time.Time) {
	t.claims["iat"], t.claims["nbf"], t.claims["exp"] = at.Unix(), at.Unix(), at.Add(ticketLife).Unix()
}

// Ticket signs what the org's Apex signs for a user's panel: an RS256 JWT of
// type cti-ticket+jwt, valid for two minutes, for one use.
func (o *Org) Ticket(userID, audience string, options ...TicketOption) (string, error) {
	if err := o.ensureKey(); err != nil {
		return "", err
	}
	u, err := o.user(userID)
	if err != nil {
		return "", err
	}
	t := &ticket{
		key:    o.signing.key,
		header: map[string]any{"typ": "cti-ticket+jwt", "kid": TicketKeyID},
		claims: jwt.MapClaims{
			"iss": o.URL(), "aud": strings.TrimRight(audience, "/"), "sub": u.ID, "org_id": o.id,
			"email": u.Email, "preferred_username": u.Username, "jti": rand.Text(),
		},
	}
	t.setTimes(o.options.Now())
	for _, option := range options {
		option(t)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, t.claims)
	delete(token.Header, "typ")
	for name, value := range t.header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(t.key)
	if err != nil {
		return "", fmt.Errorf("salesforcetest: sign ticket: %w", err)
	}
	return signed, nil
}

func (o *Org) user(id string) (User, error) {
	full, err := salesforce.NormalizeID(id)
	if err != nil {
		return User{}, fmt.Errorf("salesforcetest: user: %w", err)
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := o.tables["user"]
	r, ok := t.byID[full]
	if !ok {
		return User{}, fmt.Errorf("salesforcetest: the org has no user %s", full)
	}
	return t.user(r), nil
}
