package salesforce_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// Several queries are one call; each has its own records, pages and errors.
func TestQueryAllEach(t *testing.T) {
	t.Parallel()
	org := startOrg(t, salesforcetest.Options{PageSize: 3})
	var last string
	for i := range 8 {
		var err error
		if last, err = org.Create("Contact", salesforcetest.Fields{"LastName": fmt.Sprintf("Beispiel %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := org.Delete("Contact", last); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, configFor(org))
	if _, err := client.OrgID(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := func() int { return client.Limits().Used }
	if _, err := client.Count(t.Context(), "SELECT COUNT() FROM Lead"); err != nil {
		t.Fatal(err)
	}
	before := calls()
	streams, err := client.QueryAllEach(t.Context(), []string{
		"SELECT Id, LastName FROM Contact ORDER BY Id", "SELECT Id, Nonsense__c FROM Lead", "SELECT Id FROM Lead",
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := calls() - before; n != 1 {
		t.Errorf("three queries were %d calls", n)
	}
	names, err := read(streams[0])
	if err != nil || len(names) != 8 || names[0] != "Beispiel 0" || names[7] != "Beispiel 7" {
		t.Errorf("contacts: %q, %v", names, err)
	}
	if n := calls() - before; n != 3 {
		t.Errorf("with two further pages %d calls", n)
	}
	if _, err := read(streams[1]); !errors.Is(err, salesforce.ErrInvalidField) {
		t.Errorf("a field that is none: %v", err)
	}
	if names, err := read(streams[2]); len(names) != 0 || err != nil {
		t.Errorf("leads: %q, %v", names, err)
	}
	before = calls()
	streams, err = client.QueryAllEach(t.Context(), slices.Repeat([]string{"SELECT Id FROM Lead"}, 6))
	if n := calls() - before; err != nil || len(streams) != 6 || n != 2 {
		t.Errorf("six queries were %d calls with %d answers, %v", n, len(streams), err)
	}
	org.Inject(salesforcetest.Fault{Path: "/composite", Status: 403, Code: "API_DISABLED_FOR_ORG", Times: 1})
	if _, err := client.QueryAllEach(t.Context(), []string{"SELECT Id FROM Lead"}); err == nil {
		t.Error("a batch that is refused went well")
	}
	if _, err := client.QueryAllEach(t.Context(), make([]string, salesforce.MaxBatch+1)); err == nil || !strings.Contains(err.Error(), "25") {
		t.Errorf("a batch too long: %v", err)
	}
}

// Answers belong to queries by name: Salesforce runs subrequests that do not depend
// on one another in an order of its own.
func TestQueryAllEachInAnotherOrder(t *testing.T) {
	t.Parallel()
	const part = `{"body":{"totalSize":1,"done":true,"records":[{"LastName":%q}]},"httpStatusCode":200,"referenceId":%q}`
	for _, c := range []struct {
		name    string
		answers [][2]string
		want    string
	}{
		{"another order", [][2]string{{"Muster", "query1"}, {"Beispiel", "query0"}}, "Beispiel Muster"},
		{"twice the same", [][2]string{{"Beispiel", "query0"}, {"Beispiel", "query0"}}, ""},
		{"one of nobody", [][2]string{{"Beispiel", "query0"}, {"Muster", "query2"}}, ""},
		{"too few", [][2]string{{"Beispiel", "query0"}}, ""},
	} {
		var parts []string
		for _, a := range c.answers {
			parts = append(parts, fmt.Sprintf(part, a[0], a[1]))
		}
		client := wiredWith(t, func(*http.Request) (*http.Response, error) {
			return reply(http.StatusOK, `{"compositeResponse":[`+strings.Join(parts, ",")+`]}`), nil
		}, -1)
		streams, err := client.QueryAllEach(t.Context(), []string{"SELECT LastName FROM Contact", "SELECT LastName FROM Lead"})
		var got []string
		for _, rows := range streams {
			names, err := read(rows)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			got = append(got, names...)
		}
		if strings.Join(got, " ") != c.want || (c.want == "") != (refusal(err) == "TRUNCATED") {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// What an org says has ended is read once: a second reading is no empty answer.
func TestQueryAllEachReadTwice(t *testing.T) {
	t.Parallel()
	org := startOrg(t, salesforcetest.Options{})
	client := newClient(t, configFor(org))
	streams, err := client.QueryAllEach(t.Context(), []string{"SELECT Id FROM Lead", "SELECT Id FROM Contact"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(streams[0]); err != nil {
		t.Error(err)
	}
	if _, err := read(streams[0]); err == nil {
		t.Error("a stream was read twice")
	}
}

func read(rows iter.Seq2[salesforce.Record, error]) (names []string, err error) {
	for row, err := range rows {
		if err != nil {
			return names, err
		}
		names = append(names, row.String("LastName"))
	}
	return names, nil
}

// A reply without a count is none, and not zero: a count of zero would say that
// an org has lost its records.
func TestCountOfNothing(t *testing.T) {
	t.Parallel()
	org := startOrg(t, salesforcetest.Options{})
	client := newClient(t, configFor(org))
	org.Inject(salesforcetest.Fault{Path: "/query", Kind: salesforcetest.FaultBody, Body: `{}`, ContentType: "application/json", Times: -1})
	if n, err := client.Count(t.Context(), "SELECT COUNT() FROM Lead"); err == nil {
		t.Errorf("counted %d", n)
	}
}
