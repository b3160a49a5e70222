package sip

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// FuzzChallenge: whatever a switch asks for, answering it breaks nothing.
func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
	f.Add(`Digest realm="a\"b",nonce=,qop="auth-int,auth",algorithm=SHA-512-256-sess,stale=TRUE,userhash=true`)
	f.Add(`Basic realm=x`)
	f.Fuzz(func(t *testing.T, challenge string) {
		res := gosip.NewResponse(401, "Unauthorized")
		res.AppendHeader(gosip.NewHeader("WWW-Authenticate", challenge))
		_ = stale(res, "WWW-Authenticate")
		answer, err := answerTo(res, "WWW-Authenticate", gosip.NewRequest("SUBSCRIBE", gosip.Uri{Scheme: "sip", Host: "pbx"}), "cti", "secret")
		if err == nil && strings.ContainsAny(answer, "\r\n") && !strings.ContainsAny(challenge, "\r\n") {
			t.Errorf("the answer %q holds a line end", answer)
		}
	})
}
