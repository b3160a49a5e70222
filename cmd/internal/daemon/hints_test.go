package daemon_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// post sends body as a program would.
func (w *world) post(path, token, body string) (status int, reply string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// notification is an outbound message about one record.
func notification(org, id, object, record string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
		xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
		<OrganizationId>%s</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/>
		<Notification><Id>%s</Id><sObject xsi:type="sf:%s" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>%s</sf:Id></sObject></Notification>
		</notifications></soapenv:Body></soapenv:Envelope>`, org, id, object, record)
}

// TestHints: what an org posts, or a program with a token asks for, is looked up
// at once, although the next sync is a minute away; strangers are told nothing.
func TestHints(t *testing.T) {
	w := newWorld(t, "tcp")
	client := w.client()
	defer client.Close()
	known := func(number string) bool {
		t.Helper()
		found, err := client.Lookup(t.Context(), "", []string{number})
		if err != nil {
			t.Fatal(err)
		}
		return len(found[0].Matches) > 0
	}
	create := func(name, phone string) string {
		t.Helper()
		id, err := w.org.Create("Contact", salesforcetest.Fields{"LastName": name, "Phone": phone})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	path, err := client.NewOutboundAddress(t.Context(), w.org.ID())
	if err != nil {
		t.Fatal(err)
	}
	id := create("Beispiel", "0172 9968532")
	for what, c := range map[string]struct {
		path, body string
		want       int
	}{
		"a wrong secret":    {path[:len(path)-1] + "x", notification(w.org.ID(), "1", "Contact", id), http.StatusNotFound},
		"another org's":     {path, notification("00D000000000009EAA", "2", "Contact", id), http.StatusBadRequest},
		"a page":            {path, "<html>", http.StatusBadRequest},
		"more than a MB":    {path, strings.Repeat(" ", 1<<20+1), http.StatusRequestEntityTooLarge},
		"a GET in disguise": {path + "/more", "", http.StatusNotFound},
	} {
		if status, reply := w.post(c.path, "", c.body); status != c.want {
			t.Errorf("%s was answered %d: %s", what, status, reply)
		}
	}
	if known("01729968532") {
		t.Fatal("known before any hint")
	}
	status, reply := w.post(path, "", notification(w.org.ID(), "04l000000000001AAA", "Contact", id))
	if status != http.StatusOK || !strings.Contains(reply, "<Ack>true</Ack>") {
		t.Errorf("answered %d: %s", status, reply)
	}
	await(t, "the contact hinted at", func() bool { return known("01729968532") })

	token, err := client.NewToken(t.Context(), "address book")
	if err != nil {
		t.Fatal(err)
	}
	id = create("Beispiel", "0172 9973185")
	sync := "/api/v1/sync/" + w.org.ID() + "/Contact"
	for what, c := range map[string]struct {
		path, token, body string
		want              int
	}{
		"no token":            {sync, "", "", http.StatusUnauthorized},
		"a wrong one":         {sync, token + "x", "", http.StatusUnauthorized},
		"an org that is none": {"/api/v1/sync/00D000000000009EAA/Contact", token, "", http.StatusNotFound},
		"no JSON":             {sync, token, "ids", http.StatusBadRequest},
	} {
		if status, reply := w.post(c.path, c.token, c.body); status != c.want {
			t.Errorf("%s was answered %d: %s", what, status, reply)
		}
	}
	if status, reply := w.post(sync, token, ""); status != http.StatusOK || strings.TrimSpace(reply) == `{"synced":0}` || !known("01729973185") {
		t.Errorf("sync of the object answered %d: %s", status, reply)
	}
	if err := w.org.Delete("Contact", id); err != nil {
		t.Fatal(err)
	}
	if status, reply := w.post(sync, token, `{"ids": ["`+id+`"]}`); status != http.StatusOK || reply != `{"synced":1}`+"\n" || known("01729973185") {
		t.Errorf("sync of a record answered %d: %s", status, reply)
	}
	if err := client.DeleteToken(t.Context(), "address book"); err != nil {
		t.Fatal(err)
	}
	if status, _ := w.post(sync, token, ""); status != http.StatusUnauthorized {
		t.Errorf("a deleted token was answered %d", status)
	}
	w.logMu.Lock()
	defer w.logMu.Unlock()
	if log := w.log.String(); strings.Contains(log, token) || strings.Contains(log, path) {
		t.Error("the log holds a secret")
	}
}
