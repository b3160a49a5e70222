// Package trust opens TLS to a switch: whom to believe (the machine's
// authorities, a CA file, a pinned key), and what went wrong in plain words.
//
//	net.Conn ─► Client (handshake, TLS) ─► net.Conn, or a *PlainError
package trust

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// TLS says how the switch proves who it is. The zero value trusts the machine's
// authorities.
type TLS struct {
	// CAFile holds the authorities' certificates (PEM) to trust instead. It is
	// read at each connect, so that a renewed one needs no restart.
	CAFile string
	// Pin is the key that the switch's certificate must have, as PinOf writes
	// it. Alone it is all that is asked for: neither issuer nor name nor date
	// count (as RFC 7671 §5.1 has it). With CAFile both have to fit.
	Pin string
}

// PinOf is the SHA-256 of a certificate's SubjectPublicKeyInfo in base64, as RFC
// 7469 §2.4 writes it.
func PinOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// CheckPin tells whether a pin can be one.
func CheckPin(pin string) error {
	if raw, err := base64.StdEncoding.DecodeString(pin); err != nil || len(raw) != sha256.Size {
		return errors.New("a pin is the SHA-256 of the public key in base64, 44 characters that end in =")
	}
	return nil
}

// Client makes a TLS connection of conn, to the host of that name. What a person
// can mend is a *PlainError.
func Client(ctx context.Context, conn net.Conn, host string, t TLS) (net.Conn, error) {
	config, err := t.config(host)
	if err != nil {
		return nil, err
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, Explain(err, host)
	}
	return client, nil
}

// config is what the handshake checks (RFC 5922 §7: the name is the configured
// one, also where SRV records lead elsewhere).
func (t TLS) config(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pool, err := authorities(t.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if t.Pin == "" {
		return config, nil
	}
	config.VerifyConnection = t.checkPin
	// The pin alone says whom to trust: PBXs come with certificates that they
	// signed themselves.
	config.InsecureSkipVerify = t.CAFile == ""
	return config, nil
}

// authorities reads a file of certificates.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the administrator's own file
	if err != nil {
		return nil, &PlainError{
			Problem: fmt.Sprintf("the CA file %s cannot be read: %s", file, innermost(err)),
			Cure:    "Check the file's name, and that this program may read it.", Err: err,
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &PlainError{
			Problem: fmt.Sprintf("the CA file %s holds no certificate", file),
			Cure:    "It must hold the authority's certificate in PEM format, which begins with -----BEGIN CERTIFICATE-----.",
		}
	}
	return pool, nil
}

// checkPin compares the key that the switch has shown that it holds.
func (t TLS) checkPin(state tls.ConnectionState) error {
	presented := state.PeerCertificates[0]
	pin := PinOf(presented)
	if subtle.ConstantTimeCompare([]byte(pin), []byte(t.Pin)) == 1 {
		return nil
	}
	return &PlainError{
		Problem: fmt.Sprintf("its key is not the pinned one; the certificate that it presented (%s) has the pin %s", describe(presented), pin),
		Cure:    "If the PBX was given a new certificate, check on the PBX that it is this one and enter its pin. If not, somebody may stand between this machine and the PBX.",
		Err:     errPin,
	}
}

var errPin = errors.New("wrong pin")

// describe names a certificate.
func describe(cert *x509.Certificate) string {
	subject := cert.Subject.CommonName
	if subject == "" {
		subject = strings.Join(namesOf(cert), ", ")
	}
	if subject == "" {
		subject = "without a name"
	}
	return clip(subject) + ", valid until " + cert.NotAfter.UTC().Format(time.DateOnly)
}

// namesOf lists whom a certificate is for.
func namesOf(cert *x509.Certificate) []string {
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// clip keeps what a certificate says short and on one line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}

// Explain puts what went wrong in a handshake into words: a *PlainError, or err itself
// where nothing more is known.
func Explain(err error, host string) error {
	var fault *PlainError
	if errors.As(err, &fault) {
		return fault
	}
	var verification *tls.CertificateVerificationError
	if errors.As(err, &verification) && len(verification.UnverifiedCertificates) > 0 {
		return untrusted(verification, host)
	}
	problem, cure := handshakeProblem(err)
	if problem == "" {
		return err
	}
	return &PlainError{Problem: problem, Cure: cure, Err: err}
}

// untrusted says why a certificate is not trusted, and what would make it so.
func untrusted(err *tls.CertificateVerificationError, host string) *PlainError {
	cert := err.UnverifiedCertificates[0]
	pin := "pin this certificate's key, after checking on the PBX that it is its own: " + PinOf(cert)
	f := &PlainError{Err: err, Problem: "its certificate (" + describe(cert) + ") is not valid: " + innermost(err), Cure: "Have a new certificate made, or " + pin}
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &name):
		names := clip(strings.Join(namesOf(cert), ", "))
		if names == "" {
			names = "no server at all"
		}
		f.Problem = fmt.Sprintf("its certificate is for %s and not for %s", names, host)
		f.Cure = "Enter the server by a name that the certificate holds, have it made for this name as well, or " + pin
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		f.Problem, f.Cure = outOfDate(invalid.Cert, time.Now())
	case errors.As(err, &authority) && bytes.Equal(cert.RawIssuer, cert.RawSubject):
		f.Problem = "its certificate (" + describe(cert) + ") is signed by itself, which proves nothing"
		f.Cure = "P" + pin[1:]
	case errors.As(err, &authority):
		f.Problem = fmt.Sprintf("its certificate (%s) is signed by an authority that is not trusted (%s)", describe(cert), clip(cert.Issuer.String()))
		f.Cure = "Enter the file with that authority's certificate as the CA file, or " + pin
	}
	return f
}

// outOfDate says when a certificate is valid.
func outOfDate(cert *x509.Certificate, now time.Time) (problem, cure string) {
	if now.Before(cert.NotBefore) {
		return fmt.Sprintf("its certificate is valid only from %s on", cert.NotBefore.UTC().Format(time.DateOnly)),
			"Check this machine's clock and the PBX's."
	}
	return fmt.Sprintf("its certificate ran out on %s (%s)", cert.NotAfter.UTC().Format(time.DateOnly), describe(cert)),
		"Renew the certificate of the PBX, or of the authority that signed it. The link connects by itself then."
}

// handshakeProblem explains what is wrong beside certificates; empty: nothing
// that we know.
func handshakeProblem(err error) (problem, cure string) {
	var record tls.RecordHeaderError
	text := err.Error()
	switch {
	case errors.As(err, &record):
		return "it does not speak TLS at this port", "Check the port: TLS is at 5061 as a rule. Else choose TCP as the transport."
	case strings.Contains(text, "protocol version"):
		return "it offers no TLS 1.2 or newer", "Switch TLS 1.2 or 1.3 on at the PBX."
	case strings.Contains(text, "certificate required"):
		return "it asks for a certificate of this bridge, which has none", "Switch the check of client certificates off at the PBX for this bridge; its user name and password are asked for anyway."
	case strings.Contains(text, "handshake failure"):
		return "it offers no cipher that is safe", "Allow ECDHE with AES-GCM or CHACHA20 at the PBX."
	case errors.Is(err, io.EOF):
		return "it hung up during the TLS handshake", "Check that TLS is switched on at this port of the PBX, and see its log."
	}
	return "", ""
}

// innermost is the deepest cause's text, which is what says something.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
