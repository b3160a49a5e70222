package agent

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ctibridge/ctibridge/lookup"
)

func FuzzDecodeFrame(f *testing.F) {
	for _, data := range frameFiles(f, "server.*.json") {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := DecodeFrame(data)
		if err != nil {
			return
		}
		again, err := encodeFrame(frame)
		if err != nil {
			return // a time past the year 9999, say
		}
		if _, err := DecodeFrame(again); err != nil {
			t.Fatalf("%s does not read back: %v", again, err)
		}
	})
}

// FuzzTicket: no token without the org's key gets in, and none makes us panic.
func FuzzTicket(f *testing.F) {
	ring, problems := newKeyring([]lookup.OrgConfig{{
		ID: "00D000000000001EAA", InstanceURL: "https://example.my.salesforce.com",
		TicketCertificates: []lookup.TicketCertificate{{KID: "k", PEM: fuzzKey}},
	}}, "")
	if len(problems) > 0 {
		f.Fatal(problems)
	}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodNone, jwt.SigningMethodHS256} {
		token := jwt.NewWithClaims(m, jwt.MapClaims{"org_id": "00D000000000001EAA", "iss": "https://example.my.salesforce.com"})
		token.Header["typ"], token.Header["kid"] = ticketType, "k"
		key := any([]byte(fuzzKey))
		if m == jwt.SigningMethodNone {
			key = jwt.UnsafeAllowNoneSignatureType
		}
		signed, err := token.SignedString(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(signed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		v := verifier{audience: "https://bridge.example.com"}
		if c, err := v.verify(token, ring, time.Unix(1_800_000_000, 0)); err == nil {
			t.Fatalf("%q lets %+v in", token, c)
		}
	})
}

func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://a.example.com", "HTTPS://A.example.com:443/", "null", "http://[2001:db8::1]:80", "https://user@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := canonicalOrigin(s)
		if once != "" && canonicalOrigin(once) != once {
			t.Errorf("%q becomes %q, then %q", s, once, canonicalOrigin(once))
		}
	})
}

func FuzzTruncate(f *testing.F) {
	f.Add("äöü", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 0 {
			return
		}
		if got := truncate(s, n); len(got) > n && len(got) > 0 || got != s[:len(got)] {
			t.Errorf("truncate(%q, %d) is %q", s, n, got)
		}
	})
}

// fuzzKey is a public key whose private half nobody has.
const fuzzKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAurdGe9KFj5b65tx51vcJ
SaCj46mrE2kZ6OOW0Y5L+5JAVeYJ3AD7kyC1N5CbZGc59C0o0GxIHf3NR6hGMrmF
tdr7UaE3y9DU+tBVDZU4SODKxzm1q0t963QhZ71atoQKSXk/yDwYy8krQ6Pfahjb
2IjgF4hcvc4WZlwJLpIhjavzL0Cp/hstBOPfQKacEIhue2vfzCiXKHEutj4fzM7+
6ixXQPD0D57QdFOSEuZwXAR5kL9msqP0JhVRY/QwUVmoYcVz96RgFuocQYjSH7Tp
N+z31q1ht5vUzquiTGfrNRv3RpVhKGmaso1v57oJvTo5GfqSRHNwnhgrDyD3OUCh
3QIDAQAB
-----END PUBLIC KEY-----`
