package salesforce

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

const (
	// soapVersion is the last version of the SOAP API with login().
	soapVersion = "64.0"
	soapPath    = "/services/Soap/u/" + soapVersion
	soapLimit   = 1 << 20
)

// soapReply is an envelope with the answer of login() or a fault.
type soapReply struct {
	XMLName xml.Name   `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Result  *soapLogin `xml:"Body>loginResponse>result"`
	Fault   *soapFault `xml:"Body>Fault"`
}

type soapLogin struct {
	SessionID       string `xml:"sessionId"`
	ServerURL       string `xml:"serverUrl"`
	UserID          string `xml:"userId"`
	PasswordExpired bool   `xml:"passwordExpired"`
	OrgID           string `xml:"userInfo>organizationId"`
}

type soapFault struct {
	Code    string `xml:"faultcode"`
	Text    string `xml:"faultstring"`
	Details []struct {
		Code string `xml:"exceptionCode"`
	} `xml:"detail>LoginFault"`
	Unexpected []struct {
		Code string `xml:"exceptionCode"`
	} `xml:"detail>UnexpectedErrorFault"`
}

// soapSession signs in by login() of the partner API, which has no other use here.
func (c *Client) soapSession(ctx context.Context) (*session, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.loginURL()+soapPath, bytes.NewReader(c.soapRequest()))
	if err != nil {
		return nil, &Error{Op: opSignIn, Code: codeBadToken, Message: "the address cannot be used"}
	}
	request.Header.Set("Content-Type", "text/xml; charset=UTF-8")
	request.Header.Set("SOAPAction", `"login"`)
	request.Header.Set("User-Agent", c.config.UserAgent)
	reply, err := c.http.Do(request)
	if err != nil {
		return nil, c.transportError(opSignIn, err)
	}
	defer reply.Body.Close()
	body, err := readUpTo(opSignIn, reply, soapLimit)
	if err != nil {
		return nil, err
	}
	s, refused := decodeSOAP(reply, body)
	if refused != nil {
		return nil, c.redactError(refused)
	}
	return s, nil
}

// soapRequest is the envelope of login(); the security token stands behind the password.
func (c *Client) soapRequest() []byte {
	escape := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s)) // a Builder cannot fail
		return b.String()
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>`+
		`<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body><login xmlns="urn:partner.soap.sforce.com">`+
		`<username>%s</username><password>%s</password></login></env:Body></env:Envelope>`,
		escape(c.config.SignIn.Username), escape(c.config.SignIn.Password+c.config.SignIn.SecurityToken))
}

// decodeSOAP reads what login() answered. encoding/xml knows no document types
// and no entities but XML's own five, and body is bounded.
func decodeSOAP(reply *http.Response, body []byte) (*session, *Error) {
	refuse := func(code, message string) (*session, *Error) {
		return nil, &Error{
			Op: opSignIn, Status: reply.StatusCode, Code: clip(code), Message: message, RetryAfter: retryAfter(reply.Header), kind: Password,
		}
	}
	if reply.StatusCode >= 300 && reply.StatusCode < 400 {
		return refuse(codeRedirect, redirectMessage(reply))
	}
	var answer soapReply
	if err := xml.Unmarshal(body, &answer); err != nil {
		return refuse(codeNotJSON, "the reply is no SOAP")
	}
	switch r := answer.Result; {
	case answer.Fault != nil:
		return refuse(answer.Fault.code(), answer.Fault.Text)
	case r == nil || r.SessionID == "":
		return refuse(codeBadToken, "the reply has no session")
	case r.PasswordExpired:
		return refuse(codePasswordExpired, "the user's password has expired")
	default:
		id, err := newIdentity(r.OrgID, r.UserID, r.ServerURL)
		if err != nil {
			return refuse(codeBadToken, "the reply has no usable org, user or server")
		}
		return &session{token: &oauth2.Token{AccessToken: r.SessionID, TokenType: "Bearer"}, identity: id}, nil
	}
}

// code is the exception's name: of the detail, else of the faultcode behind its
// namespace, such as sf:INVALID_LOGIN.
func (f *soapFault) code() string {
	for _, d := range append(f.Details, f.Unexpected...) {
		if d.Code != "" {
			return d.Code
		}
	}
	if _, name, ok := strings.Cut(f.Code, ":"); ok {
		return name
	}
	return f.Code
}
