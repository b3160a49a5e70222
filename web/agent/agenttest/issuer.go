package agenttest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ctibridge/ctibridge/lookup"
)

// Issuer is a Salesforce org as far as tickets go: its key and its names.
type Issuer struct {
	Key *rsa.PrivateKey
	KID string
	// Org is the 18-character org id, URL its My Domain URL.
	Org, URL string
	// Audience is the bridge's public URL.
	Audience string
}

// NewIssuer makes an org with a key of its own.
func NewIssuer(org, url, audience string) (*Issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("agenttest: make key: %w", err)
	}
	return &Issuer{Key: key, KID: "cti_ticket", Org: org, URL: url, Audience: audience}, nil
}

// Config is the org as an administrator would configure it.
func (i *Issuer) Config() lookup.OrgConfig {
	return lookup.OrgConfig{
		ID: i.Org, Name: i.Org, InstanceURL: i.URL,
		TicketCertificates: []lookup.TicketCertificate{{KID: i.KID, PEM: i.PublicKey()}},
	}
}

// PublicKey is the key as a PUBLIC KEY block.
func (i *Issuer) PublicKey() string {
	der, err := x509.MarshalPKIXPublicKey(&i.Key.PublicKey)
	if err != nil {
		panic(err) // an RSA key always can be written
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Claims are those of a good ticket for a user, to be spoilt by tests.
func (i *Issuer) Claims(user, email string) jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss": i.URL, "aud": i.Audience, "sub": user, "org_id": i.Org, "email": email, "preferred_username": email,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
	}
}

// Ticket is a good ticket, valid for two minutes and for one use.
func (i *Issuer) Ticket(user, email string) string { return i.Sign(i.Claims(user, email)) }

// Sign signs claims as the org does.
func (i *Issuer) Sign(claims jwt.MapClaims) string {
	return i.SignHeader(claims, jwt.SigningMethodRS256, i.Key, nil)
}

// SignHeader signs by another method or key, or with other header fields; nil
// removes one.
func (i *Issuer) SignHeader(claims jwt.MapClaims, m jwt.SigningMethod, key any, header map[string]any) string {
	token := jwt.NewWithClaims(m, claims)
	token.Header["typ"], token.Header["kid"] = "cti-ticket+jwt", i.KID
	for k, v := range header {
		if token.Header[k] = v; v == nil {
			delete(token.Header, k)
		}
	}
	signed, err := token.SignedString(key)
	if err != nil {
		panic(err) // the key fits the method, or the test is wrong
	}
	return signed
}
