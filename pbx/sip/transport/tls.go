package transport

import (
	"crypto/x509"

	"github.com/ctibridge/ctibridge/pbx/internal/trust"
)

// TLS says how the switch proves who it is; see package trust.
type TLS = trust.TLS

// PlainError is an error in plain words: what a person has to know about it.
type PlainError = trust.PlainError

// PinOf is the SHA-256 of a certificate's SubjectPublicKeyInfo in base64, as RFC
// 7469 §2.4 writes it.
func PinOf(cert *x509.Certificate) string { return trust.PinOf(cert) }

// CheckPin tells whether a pin can be one.
func CheckPin(pin string) error { return trust.CheckPin(pin) }
