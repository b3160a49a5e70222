package salesforcetest

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// caller is a client as plain as can be.
type caller struct {
	t     *testing.T
	org   *Org
	token string
}

func call(t *testing.T, o Options) *caller {
	t.Helper()
	org := NewOrg(o)
	if err := org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := org.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &caller{t: t, org: org}
	reply, err := http.PostForm(org.URL()+tokenPath, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   *int   `json:"expires_in"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&token); err != nil || token.AccessToken == "" || token.ExpiresIn != nil {
		t.Fatalf("token reply %+v: %v", token, err)
	}
	c.token = token.AccessToken
	return c
}

// do sends a request and returns status and decoded body.
func (c *caller) do(method, path string, body any) (int, any) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.org.URL()+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Origin", "https://example.com")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer reply.Body.Close()
	for name := range reply.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			c.t.Errorf("%s %s answers with %s", method, path, name)
		}
	}
	answer, err := io.ReadAll(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var v any
	if len(answer) > 0 && json.Unmarshal(answer, &v) != nil {
		c.t.Fatalf("%s %s answers %q", method, path, answer)
	}
	return reply.StatusCode, v
}

// query returns the Names of the answer joined, or the error code.
func (c *caller) query(soql string) string {
	c.t.Helper()
	status, v := c.do("GET", "/services/data/v66.0/query?q="+url.QueryEscape(soql), nil)
	if status != 200 {
		return v.([]any)[0].(map[string]any)["errorCode"].(string)
	}
	var names []string
	for _, r := range v.(map[string]any)["records"].([]any) {
		names = append(names, fmt.Sprint(r.(map[string]any)["Name"]))
	}
	if names == nil {
		return fmt.Sprint(v.(map[string]any)["totalSize"])
	}
	return strings.Join(names, ", ")
}

func TestSOQL(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	c := call(t, Options{Now: func() time.Time { return now }})
	if _, err := c.org.Seed(); err != nil {
		t.Fatal(err)
	}
	c.org.HideFields("Contact", "Fax")
	for soql, want := range map[string]string{
		"SELECT Name FROM Contact WHERE Name = 'berta beispiel'":                                      "Berta Beispiel",
		"select name from contact where LastName='Muster' order by firstname desc":                    "Dieter Muster, Carla Muster",
		"SELECT Name FROM Contact WHERE LastName = 'Muster' AND (FirstName = 'Carla' OR Phone = 'x')": "Carla Muster",
		"SELECT Name FROM Contact WHERE NOT LastName LIKE '%u%' AND MailingCountry != null":           "Berta Beispiel, Oliver Example, Sally Sample",
		"SELECT Name FROM Contact WHERE Account.Name = 'Beispiel GmbH' ORDER BY Name LIMIT 1":         "Berta Beispiel",
		"SELECT Name FROM Contact ORDER BY Name LIMIT 1 OFFSET 2":                                     "Dieter Muster",
		"SELECT Name FROM Contact WHERE LastName IN ('Muster', 'Sample') ORDER BY Name":               "Carla Muster, Dieter Muster, Sally Sample",
		"SELECT Name FROM Lead WHERE IsConverted = false":                                             "Emil Entwurf, Frieda Fiktiv",
		"SELECT Name FROM Lead WHERE IsConverted = true":                                              "Berta Beispiel",
		"SELECT Name FROM Contact WHERE LastName LIKE 'Bei_piel'":                                     "Berta Beispiel",
		"SELECT Name FROM Contact WHERE SystemModstamp >= 2026-11-02T10:00:00Z ORDER BY Name LIMIT 1": "Berta Beispiel",
		"SELECT Name FROM Contact WHERE SystemModstamp > 2026-11-02T11:00:00.000+01:00":               "0",
		"SELECT COUNT() FROM Contact":                                                                 "6",
		"SELECT COUNT() FROM Contact WHERE CreatedDate = LAST_N_DAYS:2":                               "0",
		"SELECT Name FROM Account WHERE Name = 'Fiktiv & S\\u00f6hne KG'":                             "MALFORMED_QUERY",
		"SELECT Fax FROM Contact":                                                  "INVALID_FIELD",
		"SELECT Name FROM Contact WHERE Fax = 'x'":                                 "INVALID_FIELD",
		"SELECT Name FROM Contact ORDER BY Nothing":                                "INVALID_FIELD",
		"SELECT Parent.Name FROM Contact":                                          "INVALID_FIELD",
		"SELECT Name, Name FROM Contact":                                           "INVALID_FIELD",
		"SELECT Name FROM Nothing":                                                 "INVALID_TYPE",
		"SELECT Name FROM Contact WHERE Name = 'a' AND Name = 'b' OR Name = 'c'":   "MALFORMED_QUERY",
		"SELECT Name FROM Contact WHERE Name = 'a":                                 "MALFORMED_QUERY",
		"SELECT Name FROM Contact WHERE (Name = 'a'":                               "MALFORMED_QUERY",
		"SELECT FROM Contact":                                                      "MALFORMED_QUERY",
		"SELECT Name FROM Contact GROUP BY Name":                                   "MALFORMED_QUERY",
		"SELECT Name FROM Contact LIMIT -1":                                        "MALFORMED_QUERY",
		"SELECT Name FROM Contact OFFSET 2001":                                     "NUMBER_OUTSIDE_VALID_RANGE",
		"SELECT Name FROM Contact WHERE SystemModstamp >= '2026-11-02T10:00:00Z'":  "INVALID_FIELD",
		"SELECT Name FROM Contact WHERE Name = 5":                                  "INVALID_FIELD",
		"SELECT Name FROM Contact WHERE IsDeleted > true":                          "INVALID_QUERY_FILTER_OPERATOR",
		"SELECT Name FROM Contact WHERE Id = 'x'":                                  "INVALID_QUERY_FILTER_OPERATOR",
		"SELECT Name FROM Contact WHERE " + strings.Repeat("(", 60) + "Name = 'a'": "MALFORMED_QUERY",
		"": "MALFORMED_QUERY",
	} {
		if got := c.query(soql); got != want {
			t.Errorf("%s\n  answers %q, want %q", soql, got, want)
		}
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		text, pattern string
		want          bool
	}{
		{"", "", true},
		{"", "%", true},
		{"abc", "abc", true},
		{"abc", "a%", true},
		{"abc", "%c", true},
		{"abc", "%b%", true},
		{"abc", "a_c", true},
		{"abc", "_", false},
		{"abc", "%%%", true},
		{"abcabd", "%ab_", true},
		{"abc", "b%", false},
		{"äöü", "_ö_", true},
	} {
		if got := like([]rune(tt.text), []rune(tt.pattern)); got != tt.want {
			t.Errorf("%q like %q is %v", tt.text, tt.pattern, got)
		}
	}
}

func TestRecordsOverHTTP(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	c := call(t, Options{Now: func() time.Time { return now }})
	const contacts = "/services/data/v66.0/sobjects/Contact/"
	status, v := c.do("POST", contacts, Fields{"LastName": "Beispiel", "Phone": "030 23125-101"})
	if status != 201 {
		t.Fatalf("create answers %d %v", status, v)
	}
	id := v.(map[string]any)["id"].(string)
	now = now.Add(time.Minute)
	if status, v = c.do("PATCH", contacts+id, map[string]any{"Phone": nil, "FirstName": "Berta"}); status != 204 {
		t.Fatalf("update answers %d %v", status, v)
	}
	status, v = c.do("GET", contacts+id[:15], nil)
	record, _ := v.(map[string]any)
	if status != 200 || record["Name"] != "Berta Beispiel" || record["Phone"] != nil || record["SystemModstamp"] != "2026-11-02T10:01:00.000+0000" || record["IsDeleted"] != false {
		t.Errorf("record view answers %d %v", status, v)
	}
	if status, _ = c.do("DELETE", contacts+id, nil); status != 204 {
		t.Errorf("delete answers %d", status)
	}
	for name, tt := range map[string]struct {
		method, path string
		body         any
		status       int
		code         string
	}{
		"read deleted":     {"GET", contacts + id, nil, 404, "ENTITY_IS_DELETED"},
		"delete again":     {"DELETE", contacts + id, nil, 404, "ENTITY_IS_DELETED"},
		"unknown id":       {"GET", contacts + "003000000000001AAA", nil, 404, "NOT_FOUND"},
		"no id":            {"GET", contacts + "x", nil, 400, "MALFORMED_ID"},
		"required missing": {"POST", contacts, Fields{"FirstName": "Berta"}, 400, "REQUIRED_FIELD_MISSING"},
		"too long":         {"POST", contacts, Fields{"LastName": "B", "Phone": strings.Repeat("1", 41)}, 400, "STRING_TOO_LONG"},
		"unknown field":    {"POST", contacts, Fields{"LastName": "B", "Nothing": "1"}, 400, "INVALID_FIELD"},
		"read-only field":  {"POST", contacts, Fields{"LastName": "B", "SystemModstamp": "1"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		"not JSON's kind":  {"POST", contacts, []int{1}, 400, "JSON_PARSER_ERROR"},
		"unknown object":   {"GET", "/services/data/v66.0/sobjects/Nothing/describe", nil, 404, "NOT_FOUND"},
		"unknown version":  {"GET", "/services/data/vX/limits", nil, 404, "NOT_FOUND"},
		"unknown path":     {"GET", "/services/apexrest/x", nil, 404, "NOT_FOUND"},
		"unknown cursor":   {"GET", "/services/data/v66.0/query/01gx-0", nil, 400, "INVALID_QUERY_LOCATOR"},
	} {
		status, v := c.do(tt.method, tt.path, tt.body)
		list, _ := v.([]any)
		if status != tt.status || len(list) != 1 || list[0].(map[string]any)["errorCode"] != tt.code {
			t.Errorf("%s answers %d %v, want %d %s", name, status, v, tt.status, tt.code)
		}
	}
	c.token = "stolen"
	if status, _ := c.do("GET", contacts+id, nil); status != 401 {
		t.Errorf("a wrong token answers %d", status)
	}
}

func TestTicket(t *testing.T) {
	user := User{FirstName: "Anna", LastName: "Agentin", Username: "anna@example.com", Email: "anna.agentin@example.com"}
	c := call(t, Options{Users: []User{user}})
	anna := c.org.Users()[1]
	kid, certificate := c.org.TicketCertificate()
	block, _ := pem.Decode([]byte(certificate))
	if block == nil || block.Type != "CERTIFICATE" {
		t.Fatalf("certificate is %q", certificate)
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.org.Ticket(anna.ID, "https://bridge.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return parsed.PublicKey.(*rsa.PublicKey), nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience("https://bridge.example.com"), jwt.WithIssuer(c.org.URL()))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(token.Header) != fmt.Sprint(map[string]any{"alg": "RS256", "typ": "cti-ticket+jwt", "kid": kid}) {
		t.Errorf("header is %v", token.Header)
	}
	for name, want := range map[string]string{"sub": anna.ID, "org_id": c.org.ID(), "email": user.Email, "preferred_username": user.Username} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %s", name, claims[name], want)
		}
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life > 120 || claims["jti"] == "" || claims["nbf"] != claims["iat"] {
		t.Errorf("claims are %v", claims)
	}
	other, err := c.org.Ticket(anna.ID, "x", WithClaim("email", nil), WithHeader("kid", "other"))
	if err != nil || other == text {
		t.Errorf("a second ticket: %v", err)
	}
	if _, err := c.org.Ticket("005000000000009", "x"); err == nil {
		t.Error("a ticket for a user who does not exist")
	}
}

func TestPortTaken(t *testing.T) {
	c := call(t, Options{})
	second := NewOrg(Options{Addr: strings.TrimPrefix(c.org.URL(), "http://")})
	if err := second.Start(); err == nil {
		t.Error("two orgs listen on one port")
		second.Close()
	}
	if err := NewOrg(Options{ID: "nonsense"}).Start(); err == nil {
		t.Error("an org with a nonsense id starts")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("SELECT Id, Account.Name FROM Contact WHERE (SystemModstamp > 2026-11-02T10:00:00Z OR (Id > '003' AND Name LIKE 'a%')) ORDER BY Id DESC NULLS LAST LIMIT 5 OFFSET 1")
	f.Add("SELECT COUNT() FROM Lead WHERE NOT IsConverted = true AND LastName NOT IN ('x', 'y\\'z', null)")
	f.Add("SELECT Id FROM Task WHERE CreatedDate = LAST_N_DAYS:2")
	org := NewOrg(Options{})
	if _, err := org.Seed(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		q, err := parse(text)
		if err != nil {
			return
		}
		p, err := org.compile(q)
		if err != nil {
			return
		}
		for _, r := range p.run(true) {
			p.appendRecord(nil, r, "v66.0")
		}
	})
}
