package salesforcetest

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	soapPath = "/services/Soap/u/"
	// lastLogin is the last version of the SOAP API with login().
	lastLogin = 64
)

type soapLogin struct {
	XMLName  xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Username string   `xml:"Body>login>username"`
	Password string   `xml:"Body>login>password"`
}

// serveSOAP is the partner API, of which it knows login() alone.
func (o *Org) serveSOAP(w http.ResponseWriter, r *http.Request) {
	var login soapLogin
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = xml.Unmarshal(body, &login)
	}
	if err != nil || r.Header.Get("SOAPAction") == "" {
		writeSOAPFault(w, "UNKNOWN_EXCEPTION", "Unable to parse the request")
		return
	}
	version, err := strconv.ParseFloat(r.PathValue("version"), 64)
	if err != nil || version > lastLogin {
		writeSOAPFault(w, "UNSUPPORTED_API_VERSION", "login() is not available in this version of the API")
		return
	}
	user, code, message := o.passwordUser(login.Username, login.Password, o.admitted(r))
	if code != "" {
		writeSOAPFault(w, code, message)
		return
	}
	server := o.base(r) + soapPath + r.PathValue("version") + "/" + o.id[:15]
	writeXML(w, http.StatusOK, fmt.Sprintf(`<loginResponse><result><metadataServerUrl>%[1]s</metadataServerUrl><passwordExpired>false</passwordExpired>`+
		`<sandbox>%[2]t</sandbox><serverUrl>%[1]s</serverUrl><sessionId>%[3]s</sessionId><userId>%[4]s</userId><userInfo>`+
		`<organizationId>%[5]s</organizationId><organizationName>Example</organizationName><sessionSecondsValid>7200</sessionSecondsValid>`+
		`<userId>%[4]s</userId><userName>%[6]s</userName></userInfo></result></loginResponse>`,
		server, o.options.Sandbox, o.startSession(user.ID), user.ID, o.id, escapeXML(user.Username)))
}

// passwordUser checks a user name and a password with the security token behind it.
func (o *Org) passwordUser(username, given string, admitted bool) (user User, code, message string) {
	const wrong = "Invalid username, password, security token; or user locked out."
	o.mu.Lock()
	defer o.mu.Unlock()
	name := strings.ToLower(username)
	p, ok := o.door.passwords[name]
	user, known := o.byName(username)
	switch {
	case o.door.noSOAP:
		return user, "INVALID_OPERATION", "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login()."
	case !ok || !known || user.Inactive:
		return user, "INVALID_LOGIN", wrong
	case p.failed < lockAfter && given == p.word && p.token != "":
		return user, "LOGIN_MUST_USE_SECURITY_TOKEN", "Invalid username, password, security token; or user locked out. Are you at a new location? When accessing Salesforce--either via a desktop client or the API--from outside of your company’s trusted networks, you must add a security token to your password to log in."
	case p.failed >= lockAfter || given != p.word+p.token:
		p.failed++
		o.door.passwords[name] = p
		return user, "INVALID_LOGIN", wrong
	case !admitted:
		return user, "LOGIN_DURING_RESTRICTED_DOMAIN", "Login attempted from a restricted IP address"
	}
	p.failed = 0
	o.door.passwords[name] = p
	return user, "", ""
}

// LockedOut says whether wrong passwords have locked a user.
func (o *Org) LockedOut(username string) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.door.passwords[strings.ToLower(username)].failed >= lockAfter
}

func writeSOAPFault(w http.ResponseWriter, code, message string) {
	writeXML(w, http.StatusInternalServerError, fmt.Sprintf(`<soapenv:Fault><faultcode>sf:%[1]s</faultcode><faultstring>%[1]s: %[2]s</faultstring>`+
		`<detail><sf:LoginFault xmlns:sf="urn:fault.partner.soap.sforce.com" xsi:type="sf:LoginFault"><sf:exceptionCode>%[1]s</sf:exceptionCode>`+
		`<sf:exceptionMessage>%[2]s</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>`, escapeXML(code), escapeXML(message)))
}

func writeXML(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	// Fails only if the client has gone, and then nobody is left to tell.
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"`+
		` xmlns="urn:partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>`+body+`</soapenv:Body></soapenv:Envelope>`)
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder cannot fail
	return b.String()
}
