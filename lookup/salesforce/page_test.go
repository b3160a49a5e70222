package salesforce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// pageOf is the reply to a query that selects records.
func pageOf(records ...string) string {
	return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[%s]}`, len(records), strings.Join(records, ","))
}

// asked is what a query yields where the org replies with body.
func asked(t testing.TB, body string, status int) ([]salesforce.Record, error) {
	t.Helper()
	c := wiredWith(t, func(*http.Request) (*http.Response, error) { return reply(status, body), nil }, -1)
	var rows []salesforce.Record
	for r, err := range c.Query(t.Context(), "SELECT Id FROM Contact") {
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// refusal is the code of err.
func refusal(err error) string {
	if e, ok := errors.AsType[*salesforce.Error](err); ok {
		return e.Code
	}
	return ""
}

// A record has its own values and no others', whatever columns come first in it and
// which it lacks.
func TestPageOfUnlikeRecords(t *testing.T) {
	t.Parallel()
	rows, err := asked(t, pageOf(
		`{"attributes":{"type":"Contact","url":"/x"},"Id":"a","Account":null,"Phone":"030 \"23125\"\n101","Open":true}`,
		`{"attributes":{"type":"Lead"},"Id":"b","Account":{"Name":"Grüne \u00c4pfel","Owner":{"Alias":"x"}},"Phone":null,"Open":false,"Rank":12.0}`,
		`{"Id":"c","Contacts":{"records":[{"Id":"nested"}]},"Phones":["1"],"Rank":1.5E1,"Phone":""}`,
	), http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"attributes.type", "Id", "Account", "Account.Name", "Account.Owner.Alias", "Phone", "Open", "Rank", "Phones", "Contacts.records", "Nothing"}
	want := [][]string{
		{"Contact", "a", "", "", "", "030 \"23125\"\n101", "true", "", "", "", ""},
		{"Lead", "b", "", "Grüne Äpfel", "x", "", "false", "12", "", "", ""},
		{"", "c", "", "", "", "", "", "15", "", "", ""},
	}
	for i, row := range rows {
		for j, path := range paths {
			if got := row.Text(path); got != want[i][j] {
				t.Errorf("%s of record %d is %q, want %q", path, i, got, want[i][j])
			}
		}
	}
	if len(rows) != 3 || !rows[0].Bool("Open") || rows[1].Bool("Open") || rows[2].Bool("Open") {
		t.Errorf("records are %+v", rows)
	}
}

// A page yields nothing unless it is whole.
func TestPageDamaged(t *testing.T) {
	t.Parallel()
	whole := pageOf(`{"Id":"a","Account":{"Name":"x"}}`, `{"Id":"b"}`)
	for body, code := range map[string]string{
		"":                        "TRUNCATED",
		" \r\n":                   "TRUNCATED",
		"<html>":                  "NOT_JSON",
		" \t<html>":               "NOT_JSON",
		"true":                    "NOT_JSON",
		"[]":                      "TRUNCATED",
		`{"records":{}}`:          "TRUNCATED",
		`{"records":[null]}`:      "TRUNCATED",
		`{"records":["a"]}`:       "TRUNCATED",
		`{"done":1}`:              "TRUNCATED",
		`{"totalSize":"many"}`:    "TRUNCATED",
		`{"nextRecordsUrl":[]}`:   "TRUNCATED",
		`{"records":[{"Id":}]}`:   "TRUNCATED",
		`{"records":[{"Id":"a"}}`: "TRUNCATED",

		`{"totalSize":2,"done":true}`:                "TRUNCATED",
		`{"totalSize":2,"done":true,"records":null}`: "TRUNCATED",
		`{"totalSize":2,"done":true,"records":[]}`:   "TRUNCATED",
	} {
		if rows, err := asked(t, body, http.StatusOK); refusal(err) != code || len(rows) > 0 {
			t.Errorf("%q yields %d records and %v, want %s", body, len(rows), err, code)
		}
	}
	for _, behind := range []string{"<html>", whole, `[{"errorCode":"QUERY_TIMEOUT"}]`, "}"} {
		if rows, err := asked(t, whole+behind, http.StatusOK); refusal(err) != "TRUNCATED" || len(rows) > 0 {
			t.Errorf("with %q behind it a page yields %d records and %v", behind, len(rows), err)
		}
	}
	if rows, err := asked(t, whole+" \r\n", http.StatusOK); len(rows) != 2 || err != nil {
		t.Errorf("with an empty line behind it a page yields %d records and %v", len(rows), err)
	}
	for n := 1; n < len(whole); n++ {
		if rows, err := asked(t, whole[:n], http.StatusOK); refusal(err) != "TRUNCATED" || len(rows) > 0 {
			t.Fatalf("%q yields %d records and %v", whole[:n], len(rows), err)
		}
	}
}

// Decoding rests after each record, and knows an answer from its end.
func TestPageRests(t *testing.T) {
	t.Parallel()
	c := wiredWith(t, func(*http.Request) (*http.Response, error) {
		return reply(http.StatusOK, pageOf(`{"Id":"a"}`, `{"Id":"b"}`, `{"Id":"c"}`)), nil
	}, -1)
	rests := 0
	ctx := salesforce.WithRest(t.Context(), func() { rests++ })
	for _, err := range c.Query(ctx, "SELECT Id FROM Contact") {
		if err != nil || rests != 3 {
			t.Errorf("%d rests before the first record, %v", rests, err)
		}
	}
}

// FuzzPage: a record of a page tells what one decoded by itself does.
func FuzzPage(f *testing.F) {
	f.Add(`{"Id":"003000000000001AAA","Account":{"Name":"x"},"SystemModstamp":"2026-11-02T10:11:12.000+0000"}`)
	f.Add(`{"Account":{"Account":{"Account":null}},"n":-0.0,"b":true,"":"\ud800"}`)
	f.Add(`{"A.B":"x","A":{"B":"y"}},{"A":[{}]}`)
	f.Add(`]}`)
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := asked(t, pageOf(text), http.StatusOK)
		var want map[string]any
		if !jsontext.Value(text).IsValid() || json.Unmarshal([]byte(text), &want) != nil || want == nil {
			return // several records, or none
		}
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d records, %v", len(rows), err)
		}
		for name := range want {
			if strings.Contains(name, ".") {
				continue // a path
			}
			if got, want := rows[0].Text(name), salesforce.NewRecord(want).Text(name); got != want && !strings.Contains(text, ".") {
				t.Errorf("%q is %q, want %q", name, got, want)
			}
		}
	})
}

// BenchmarkQueryPage decodes a page as the org sends it.
func BenchmarkQueryPage(b *testing.B) {
	records := make([]string, 2000)
	for i := range records {
		records[i] = fmt.Sprintf(`{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/003%012dAAA"},"Id":"003%012dAAA","Name":"Berta Beispiel %d","Account":{"attributes":{"type":"Account","url":"/x"},"Name":"Beispiel GmbH"},"Phone":"+49 30 23125-%03d","MobilePhone":null,"HomePhone":null,"Fax":null,"MailingCountryCode":"DE","OwnerId":"005000000000001AAA","SystemModstamp":"2026-11-02T10:11:12.000+0000","IsDeleted":false}`, i, i, i, i%1000)
	}
	body := pageOf(records...)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := asked(b, body, http.StatusOK); len(rows) != len(records) || err != nil {
			b.Fatal(len(rows), err)
		}
	}
}
