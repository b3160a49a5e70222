package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// shownField is a field of the demo's record page.
type shownField struct {
	Label   string `json:"label"`
	APIName string `json:"apiName"`
	Value   string `json:"value"`
	Type    string `json:"type"`
}

// layouts are the fields of each object's record page, in order.
var layouts = map[string][]shownField{
	"Contact": {
		{Label: "Title", APIName: "Title", Type: "text"},
		{Label: "Account Name", APIName: "Account.Name", Type: "text"},
		{Label: "Phone", APIName: "Phone", Type: "phone"},
		{Label: "Mobile", APIName: "MobilePhone", Type: "phone"},
		{Label: "Home Phone", APIName: "HomePhone", Type: "phone"},
		{Label: "Email", APIName: "Email", Type: "email"},
		{Label: "Mailing Country", APIName: "MailingCountry", Type: "text"},
	},
	"Lead": {
		{Label: "Company", APIName: "Company", Type: "text"},
		{Label: "Phone", APIName: "Phone", Type: "phone"},
		{Label: "Mobile", APIName: "MobilePhone", Type: "phone"},
		{Label: "Email", APIName: "Email", Type: "email"},
		{Label: "Country", APIName: "Country", Type: "text"},
	},
	"Account": {
		{Label: "Phone", APIName: "Phone", Type: "phone"},
		{Label: "Billing City", APIName: "BillingCity", Type: "text"},
		{Label: "Billing Country", APIName: "BillingCountry", Type: "text"},
	},
}

type relatedRecord struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Name   string `json:"name"`
}

// record reads a record over the org's REST API, as Salesforce's own page
// reads it under the user's rights.
func (w *world) record(rw http.ResponseWriter, r *http.Request) {
	object := r.PathValue("object")
	layout, ok := layouts[object]
	id, err := salesforce.NormalizeID(r.PathValue("id"))
	if !ok || err != nil {
		http.NotFound(rw, r)
		return
	}
	names, fields := "Id, Name", slices.Clone(layout)
	for _, f := range layout {
		names += ", " + f.APIName
	}
	if object == "Contact" {
		names += ", AccountId"
	}
	found, err := w.query(r.Context(), fmt.Sprintf("SELECT %s FROM %s WHERE Id = %s", names, object, salesforce.QuoteString(id)))
	if err != nil || len(found) == 0 {
		http.Error(rw, "This record was not found.", http.StatusNotFound)
		return
	}
	rec := found[0]
	for i := range fields {
		fields[i].Value = rec.String(fields[i].APIName)
	}
	account := rec.String("AccountId")
	if object == "Account" {
		account = id
	}
	reply(rw, map[string]any{
		"id": id, "object": object, "name": rec.String("Name"), "fields": fields, "related": w.related(r.Context(), account, id),
	})
}

// related are the company and its people.
func (w *world) related(ctx context.Context, account, self string) []relatedRecord {
	out := []relatedRecord{}
	if account == "" {
		return out
	}
	add := func(object, soql string) {
		found, err := w.query(ctx, soql)
		if err != nil {
			return
		}
		for _, rec := range found {
			if id := rec.String("Id"); id != self {
				out = append(out, relatedRecord{ID: id, Object: object, Name: rec.String("Name")})
			}
		}
	}
	id := salesforce.QuoteString(account)
	add("Account", "SELECT Id, Name FROM Account WHERE Id = "+id)
	add("Contact", "SELECT Id, Name FROM Contact WHERE AccountId = "+id+" ORDER BY Name")
	return out
}

func (w *world) query(ctx context.Context, soql string) ([]salesforce.Record, error) {
	var out []salesforce.Record
	for rec, err := range w.client.Query(ctx, soql) {
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// create saves the new-record form.
func (w *world) create(rw http.ResponseWriter, r *http.Request) {
	var fields salesforcetest.Fields
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 64<<10)).Decode(&fields); err != nil {
		conflict(rw, "The form could not be read.")
		return
	}
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	id, err := w.org.Create(r.PathValue("object"), fields)
	if err != nil {
		conflict(rw, err.Error())
		return
	}
	reply(rw, map[string]string{"id": id})
}
