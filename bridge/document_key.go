package bridge

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

// minTicketKey is the smallest RSA modulus that tickets may be signed with, in
// bits (RFC 7518 §3.3).
const minTicketKey = 2048

// ParseTicketKey reads the public key of a pinned ticket certificate: one PEM
// block, CERTIFICATE or PUBLIC KEY, with an RSA key of 2048 bits or more. The
// errors say what to do and never quote the block.
func ParseTicketKey(text string) (*rsa.PublicKey, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("is not PEM; paste all of the certificate, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, errors.New("holds several PEM blocks; give each certificate an entry of its own")
	}
	public, err := publicKey(block)
	if err != nil {
		return nil, err
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("is not an RSA key; tickets are signed with RS256, so use an RSA certificate")
	}
	if key.N.BitLen() < minTicketKey {
		return nil, errors.New("is shorter than 2048 bits; create a certificate with 2048 bits or more")
	}
	return key, nil
}

func publicKey(block *pem.Block) (any, error) {
	switch {
	case block.Type == "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("is not a certificate that can be read; download it from the org again")
		}
		return cert.PublicKey, nil
	case block.Type == "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("is not a public key that can be read; download the certificate from the org again")
		}
		return key, nil
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("is a private key, which must never leave its org; give the certificate instead and replace the key")
	}
	return nil, errors.New("must be a CERTIFICATE or a PUBLIC KEY block")
}
