package salesforce_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

func writable(t *testing.T) (*salesforcetest.Org, *salesforce.Client) {
	t.Helper()
	org := salesforcetest.NewOrg(salesforcetest.Options{})
	if err := org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = org.Close() })
	c, err := salesforce.New(salesforce.Config{InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	return org, c
}

func TestWrite(t *testing.T) {
	org, c := writable(t)
	rows := []map[string]any{
		{"Subject": "one", "CallObject": "c-1", "CallDurationInSeconds": 7},
		{"Subject": strings.Repeat("x", 256)},
		{"Subject": "three", "Nonsense": "y"},
		{"Subject": "four", "WhoId": nil},
	}
	got, err := c.Create(t.Context(), "Task", rows)
	if err != nil || len(got) != 4 {
		t.Fatal(got, err)
	}
	for i, want := range []string{"", "STRING_TOO_LONG", "INVALID_FIELD", ""} {
		if code := codeOf(got[i].Err); code != want || (got[i].ID == "") != (want != "") {
			t.Errorf("row %d became %+v, want the refusal %q", i, got[i], want)
		}
	}
	if e := got[1].Err; strings.Contains(e.Error(), "xxx") || e.Fields[0] != "Subject" || e.Cure() == "" {
		t.Errorf("the refusal is %v of %v, cure %q", e, e.Fields, e.Cure())
	}
	got, err = c.Update(t.Context(), "Task", []map[string]any{{"Id": got[0].ID, "Description": "x"}, {"Id": got[3].ID, "TaskSubtype": "Call"}})
	if err != nil || got[0].Err != nil || codeOf(got[1].Err) != "INVALID_FIELD_FOR_INSERT_UPDATE" {
		t.Fatal(got, err)
	}
	if f := org.Tasks()[0]; f["Description"] != "x" || f["CallDurationInSeconds"] != "7" {
		t.Errorf("the Task is %v", f)
	}
	ids := []string{org.Tasks()[0]["Id"], org.Tasks()[0]["Id"]}
	got, err = c.Delete(t.Context(), "Task", ids)
	if err != nil || got[0].Err != nil || got[1].Err == nil || got[1].Err.Remedy() != salesforce.RemedyGone {
		t.Fatal(got, err)
	}
	if _, err := c.Create(t.Context(), "Task", make([]map[string]any, salesforce.MaxRows+1)); err == nil {
		t.Error("more rows than a request takes were sent")
	}
}

func codeOf(e *salesforce.Error) string {
	if e == nil {
		return ""
	}
	return e.Code
}

// TestTaskRules: what the simulated org holds Tasks to, as Salesforce does.
func TestTaskRules(t *testing.T) {
	org, c := writable(t)
	seed, err := org.Seed()
	if err != nil {
		t.Fatal(err)
	}
	gone := org.AddUser(salesforcetest.User{LastName: "Gone", Username: "gone@example.com", Inactive: true}).ID
	for _, tt := range []struct {
		name   string
		row    map[string]any
		code   string
		remedy salesforce.Remedy
	}{
		{"contact and company", map[string]any{"WhoId": seed.Known, "WhatId": seed.Company}, "", 0},
		{"lead alone", map[string]any{"WhoId": seed.Lead}, "", 0},
		{"lead and company", map[string]any{"WhoId": seed.Lead, "WhatId": seed.Company}, "FIELD_INTEGRITY_EXCEPTION", salesforce.RemedyDropLink},
		{"deleted contact", map[string]any{"WhoId": seed.Deleted}, "ENTITY_IS_DELETED", salesforce.RemedyDropLink},
		{"nobody", map[string]any{"WhoId": "003000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", salesforce.RemedyDropLink},
		{"a company as a person", map[string]any{"WhoId": seed.Company}, "MALFORMED_ID", salesforce.RemedyDropLink},
		{"inactive owner", map[string]any{"OwnerId": gone}, "INACTIVE_OWNER_OR_USER", salesforce.RemedyDropLink},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Create(t.Context(), "Task", []map[string]any{tt.row})
			if err != nil || codeOf(got[0].Err) != tt.code {
				t.Fatalf("became %+v, %v, want %q", got, err, tt.code)
			}
			if e := got[0].Err; e != nil && (e.Remedy() != tt.remedy || len(e.BlamedFields("WhoId", "WhatId", "OwnerId")) != 1) {
				t.Errorf("remedy %v, fields %v", e.Remedy(), e.Fields)
			}
		})
	}
}

// TestAmbiguous: after which failures it is not known whether a record was made.
func TestAmbiguous(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault salesforcetest.Fault
		want  bool
	}{
		{"lost", salesforcetest.Fault{Kind: salesforcetest.FaultLost}, true},
		{"dropped", salesforcetest.Fault{Kind: salesforcetest.FaultDrop}, true},
		{"503", salesforcetest.Fault{Kind: salesforcetest.FaultAfter, Code: "SERVER_UNAVAILABLE"}, true},
		{"500", salesforcetest.Fault{Code: "UNKNOWN_EXCEPTION"}, true},
		{"cut", salesforcetest.Fault{Kind: salesforcetest.FaultTruncate}, true},
		{"page", salesforcetest.Fault{Kind: salesforcetest.FaultHTML}, true},
		{"limit", salesforcetest.Fault{Code: "REQUEST_LIMIT_EXCEEDED"}, false},
		{"refused", salesforcetest.Fault{Code: "MALFORMED_QUERY"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			org, c := writable(t)
			tt.fault.Path = "composite"
			org.Inject(tt.fault)
			_, err := c.Create(t.Context(), "Task", []map[string]any{{"Subject": "x"}})
			if err == nil || salesforce.Ambiguous(err) != tt.want {
				t.Errorf("%v is ambiguous: %v, want %v", err, !tt.want, tt.want)
			}
			if n := org.Requests("composite"); n != 1 {
				t.Errorf("it was sent %d times", n)
			}
		})
	}
	if salesforce.Ambiguous(nil) || !salesforce.Ambiguous(context.Canceled) {
		t.Error("no error is clear, an end on the way is not")
	}
	// No connection: nothing was sent.
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := salesforce.New(salesforce.Config{InstanceURL: server.URL, ClientID: "id", ClientSecret: "secret-of-the-test", Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Create(t.Context(), "Task", []map[string]any{{"Subject": "x"}})
	var e *salesforce.Error
	if !errors.As(err, &e) || salesforce.Ambiguous(err) {
		t.Errorf("%v is ambiguous", err)
	}
}
