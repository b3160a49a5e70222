package salesforce

import (
	"net/http"
	"strings"
	"testing"
)

const goodSOAP = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body>` +
	`<loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>https://acme.my.salesforce.com/services/Soap/u/64.0/00D7Q0000000001</serverUrl>` +
	`<sessionId>00D7Q0000000001!AQ.abc</sessionId><userId>0057Q0000000001AAA</userId><userInfo><organizationId>00D7Q0000000001UAA</organizationId></userInfo></result></loginResponse>` +
	`</soapenv:Body></soapenv:Envelope>`

func soapAnswer(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}}
}

func TestDecodeSOAP(t *testing.T) {
	fault := func(inner string) string {
		return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>` + inner + `</e:Fault></e:Body></e:Envelope>`
	}
	for name, tt := range map[string]struct{ body, code string }{
		"good":            {goodSOAP, ""},
		"detail":          {fault(`<faultcode>INVALID_LOGIN</faultcode><faultstring>no</faultstring><detail><f:LoginFault xmlns:f="urn:f"><f:exceptionCode>ORG_LOCKED</f:exceptionCode></f:LoginFault></detail>`), "ORG_LOCKED"},
		"unexpected":      {fault(`<faultcode>x</faultcode><detail><f:UnexpectedErrorFault xmlns:f="urn:f"><f:exceptionCode>INVALID_OPERATION</f:exceptionCode></f:UnexpectedErrorFault></detail>`), "INVALID_OPERATION"},
		"code alone":      {fault(`<faultcode>sf:INVALID_LOGIN</faultcode><faultstring>no</faultstring>`), "INVALID_LOGIN"},
		"bare code":       {fault(`<faultcode>INVALID_LOGIN</faultcode>`), "INVALID_LOGIN"},
		"expired":         {strings.Replace(goodSOAP, "passwordExpired>false", "passwordExpired>true", 1), codePasswordExpired},
		"no session":      {strings.Replace(goodSOAP, "00D7Q0000000001!AQ.abc", "", 1), codeBadToken},
		"bad org":         {strings.Replace(goodSOAP, "00D7Q0000000001UAA", "hello", 1), codeBadToken},
		"server in clear": {strings.Replace(goodSOAP, "https://acme", "http://acme", 1), codeBadToken},
		"cut":             {goodSOAP[:200], codeNotJSON},
		"empty":           {"", codeNotJSON},
		"other element":   {"<html><body/></html>", codeNotJSON},
		"external entity": {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]>` + strings.Replace(goodSOAP[21:], "00D7Q0000000001!AQ.abc", "&a;", 1), codeNotJSON},
		"deep":            {strings.Repeat("<a>", 100_000), codeNotJSON},
	} {
		s, err := decodeSOAP(soapAnswer(500), []byte(tt.body))
		switch {
		case tt.code == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.code == "" && (s.token.AccessToken != "00D7Q0000000001!AQ.abc" || s.identity.InstanceURL != "https://acme.my.salesforce.com"):
			t.Errorf("%s: session %+v", name, s)
		case tt.code != "" && (err == nil || err.Code != tt.code):
			t.Errorf("%s: %v, want code %s", name, err, tt.code)
		}
	}
}

// FuzzSOAP: whatever answers login(), there is either a whole session or an
// error of one printable line.
func FuzzSOAP(f *testing.F) {
	f.Add(200, goodSOAP)
	f.Add(500, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:X</faultcode></e:Fault></e:Body></e:Envelope>`)
	f.Add(302, "")
	c := &Client{}
	f.Fuzz(func(t *testing.T, status int, body string) {
		s, refused := decodeSOAP(soapAnswer(status), []byte(body))
		if (s == nil) == (refused == nil) {
			t.Fatalf("session %v and error %v", s, refused)
		}
		if refused != nil {
			if text := c.redactError(refused).Error(); strings.ContainsAny(text, "\n\r\x00") || len(text) > 4*2*messageLimit+100 || refused.Cure() == "" {
				t.Errorf("error %q with cure %q", text, refused.Cure())
			}
			return
		}
		id := s.identity
		if s.token.AccessToken == "" || len(id.OrgID) != 18 || len(id.UserID) != 18 || !strings.HasPrefix(id.InstanceURL, "http") {
			t.Errorf("session %+v", s)
		}
	})
}
