package salesforce

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// The sign-in pages of all orgs, which are also the audiences of JWT bearer.
const (
	productionLogin = "https://login.salesforce.com"
	sandboxLogin    = "https://test.salesforce.com"
)

// leastKeyBits is the shortest RSA key that Salesforce takes.
const leastKeyBits = 2048

// clean puts right what people paste, and refuses what lacks something.
func (s *SignIn) clean(clientID, clientSecret string) (err error) {
	s.Username = strings.TrimSpace(s.Username)
	s.RefreshToken, s.SecurityToken = cleanKey(s.RefreshToken), cleanKey(s.SecurityToken)
	if s.LoginURL != "" {
		if s.LoginURL, err = cleanInstanceURL(s.LoginURL); err != nil {
			return fmt.Errorf("%w (the address to sign in at)", err)
		}
	}
	switch s.Kind {
	case "", ClientCredentials:
		s.Kind = ClientCredentials
		if clientID == "" || clientSecret == "" {
			return errors.New("salesforce: the consumer key or the consumer secret is empty; copy both from the external client app's OAuth settings")
		}
	case JWTBearer:
		return s.cleanJWT(clientID)
	case WebServer:
		return s.cleanWebServer(clientID)
	case Password:
		if s.Username == "" || s.Password == "" {
			return errors.New("salesforce: the user name or the password is empty; enter both, with the security token that Salesforce mails after each change of the password")
		}
	default:
		return fmt.Errorf("salesforce: %q is no kind of sign-in; choose %s, %s, %s or %s", s.Kind, ClientCredentials, JWTBearer, WebServer, Password)
	}
	return nil
}

func (s *SignIn) cleanJWT(clientID string) error {
	switch {
	case clientID == "":
		return errors.New("salesforce: the consumer key is empty; copy it from the external client app's OAuth settings")
	case s.Username == "":
		return errors.New("salesforce: the user name of the run-as user is empty; JWT bearer needs it as it stands in Setup, Users")
	}
	_, err := ParsePrivateKey(s.PrivateKey)
	return err
}

func (s *SignIn) cleanWebServer(clientID string) error {
	switch {
	case clientID == "":
		return errors.New("salesforce: the consumer key is empty; copy it from the external client app's OAuth settings")
	case s.RefreshToken == "":
		return errors.New("salesforce: nobody has signed in to Salesforce for the bridge yet; do so in the panel")
	}
	return nil
}

// loginURL is where the sign-in is sent.
func (c *Config) loginURL() string {
	if c.SignIn.LoginURL != "" {
		return c.SignIn.LoginURL
	}
	return c.InstanceURL
}

// ParsePrivateKey reads an RSA key of 2,048 bits or more from PEM (PKCS #1 or
// PKCS #8), also where line ends have become \n on the way through an
// environment. Its errors say what was pasted instead, never what is in it.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n")
	if text == "" {
		return nil, errors.New("salesforce: the private key is empty; paste the key that belongs to the app's certificate (PEM)")
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("salesforce: the private key is not PEM; it begins with -----BEGIN PRIVATE KEY----- and is pasted whole")
	}
	switch {
	case strings.HasPrefix(block.Type, "ENCRYPTED"), block.Headers["DEK-Info"] != "":
		return nil, errors.New("salesforce: the private key is protected by a passphrase; take that off with openssl rsa -in KEY -out NEWKEY, the bridge encrypts it by itself")
	case strings.Contains(block.Type, "CERTIFICATE"), strings.Contains(block.Type, "PUBLIC"):
		return nil, errors.New("salesforce: this is the certificate, not the private key; the certificate goes into the app, the private key here")
	}
	key, err := parseKey(block.Bytes)
	switch {
	case err != nil:
		return nil, errors.New("salesforce: the private key is damaged or not an RSA key; Salesforce takes RSA with 2048 or 4096 bits")
	case key.N.BitLen() < leastKeyBits:
		return nil, fmt.Errorf("salesforce: the private key has %d bits; Salesforce takes RSA with 2048 or 4096", key.N.BitLen())
	}
	return key, nil
}

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("not RSA")
	}
	return key, nil
}
