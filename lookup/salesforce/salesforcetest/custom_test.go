package salesforcetest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestCustomObjects: fields of one's own, paths of several steps, and what is
// hidden on the way.
func TestCustomObjects(t *testing.T) {
	org := salesforcetest.NewOrg(salesforcetest.Options{})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(org.AddObject("Branch__c", "a01", salesforcetest.Field{Name: "Account__c", Type: "reference", RefersTo: "Account"}, salesforcetest.Field{Name: "Hotline__c", Type: "phone"}))
	parent, err := org.Create("Account", salesforcetest.Fields{"Name": "Beispiel Holding"})
	must(err)
	account, err := org.Create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "ParentId": parent})
	must(err)
	_, err = org.Create("Branch__c", salesforcetest.Fields{"Name": "Berlin", "Account__c": account, "Hotline__c": "030 23125-100"})
	must(err)
	for _, c := range []struct{ hide, soql, want string }{
		{"", "SELECT Name, Account__r.Name, Account__r.Parent.Name, Account__r.Owner.Email FROM Branch__c WHERE Account__r.Parent.Name LIKE 'beispiel h%'", `"Parent":{"Name":"Beispiel Holding"}`},
		{"", "SELECT Account.Name FROM Account WHERE ParentId != null", "Beispiel GmbH"},
		{"", "SELECT Branch__c.Name FROM Branch__c", "Berlin"},
		{"", "SELECT Account__r.Name, Account__r.Name FROM Branch__c", "duplicate field selected"},
		{"", "SELECT Account__c.Name FROM Branch__c", "Didn't understand relationship 'Account__c'"},
		{"Account.ParentId", "SELECT Account__r.Parent.Name FROM Branch__c", "Didn't understand relationship 'Parent'"},
		{"Branch__c.Hotline__c", "SELECT Id FROM Branch__c WHERE Hotline__c != null", "No such column 'Hotline__c' on entity 'Branch__c'"},
	} {
		object, field, _ := strings.Cut(c.hide, ".")
		org.HideFields(object, field)
		body := ask(t, org, c.soql)
		org.ShowFields(object, field)
		if !strings.Contains(withoutAttributes(body), c.want) {
			t.Errorf("%s\nanswers %s, want %s", c.soql, body, c.want)
		}
	}
}

// ask runs a query as the run-as user.
func ask(t *testing.T, org *salesforcetest.Org, soql string) string {
	t.Helper()
	reply := httptest.NewRecorder()
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "client_id": {org.ClientID()}, "client_secret": {org.ClientSecret()}}.Encode())
	request := httptest.NewRequest(http.MethodPost, "/services/oauth2/token", form)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	org.Handler().ServeHTTP(reply, request)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	reply = httptest.NewRecorder()
	request = httptest.NewRequest(http.MethodGet, "/services/data/v66.0/query?q="+url.QueryEscape(soql), http.NoBody)
	request.Header.Set("Authorization", "Bearer "+token.Access)
	org.Handler().ServeHTTP(reply, request)
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// withoutAttributes is the body with the attributes of records taken out.
func withoutAttributes(body string) string {
	var reply any
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		return body
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "attributes")
			for _, below := range v {
				strip(below)
			}
		case []any:
			for _, below := range v {
				strip(below)
			}
		}
	}
	strip(reply)
	out, err := json.Marshal(reply)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(out)
}
