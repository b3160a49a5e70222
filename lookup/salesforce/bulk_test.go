package salesforce_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

const contactsSOQL = "SELECT Id, Name, Account.Name, Phone, MailingStreet, SystemModstamp, IsDeleted FROM Contact"

// bulkOrg has 1,000 contacts, some with values that CSV has to quote.
func bulkOrg(t *testing.T) (*salesforcetest.Org, *salesforce.Client) {
	t.Helper()
	org := startOrg(t, salesforcetest.Options{})
	if err := org.Generate(997, nil); err != nil {
		t.Fatal(err)
	}
	for _, street := range []string{"Beispielweg 1\nHinterhaus", `Am "Markt", 2`, "Grüne Straße 3,\r\n\"4\""} {
		if _, err := org.Create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "MailingStreet": street}); err != nil {
			t.Fatal(err)
		}
	}
	c := configFor(org)
	c.Backoff = time.Millisecond
	return org, newClient(t, c)
}

// told is a record as one text, whatever way it came: CSV parts lines by LF.
func told(r salesforce.Record) string {
	return fmt.Sprint(r.ID(), r.String("Name"), r.String("Account.Name"), r.String("Phone"), strings.ReplaceAll(r.String("MailingStreet"), "\r\n", "\n"), r.Time("SystemModstamp"), r.Bool("IsDeleted"))
}

// TestBulkTellsWhatQueryTells reads through every kind of damage what the query
// resource tells, each record once.
func TestBulkTellsWhatQueryTells(t *testing.T) {
	fault := func(kind salesforcetest.FaultKind, path string, skip, times, bytes, status int) func(*salesforcetest.Org) {
		return func(o *salesforcetest.Org) {
			o.Inject(salesforcetest.Fault{Kind: kind, Path: path, Skip: skip, Times: times, Bytes: bytes, Status: status})
		}
	}
	const jobs, results = "/jobs/query", "/results"
	for name, damage := range map[string]func(*salesforcetest.Org){
		"none":                             func(*salesforcetest.Org) {},
		"slow job":                         func(o *salesforcetest.Org) { o.SlowJobs(5) },
		"session ends at the start":        fault(salesforcetest.FaultExpire, jobs, 0, 1, 0, 0),
		"session ends while the job runs":  fault(salesforcetest.FaultExpire, jobs, 1, 1, 0, 0),
		"session ends between two pages":   fault(salesforcetest.FaultExpire, results, 1, 1, 0, 0),
		"no reply to the start":            fault(salesforcetest.FaultDrop, jobs, 0, 1, 0, 0),
		"no reply to a poll":               fault(salesforcetest.FaultDrop, jobs, 1, 1, 0, 0),
		"no reply to a page":               fault(salesforcetest.FaultDrop, results, 1, 2, 0, 0),
		"a web page instead of the job":    fault(salesforcetest.FaultHTML, jobs, 0, 1, 0, 200),
		"a web page instead of its state":  fault(salesforcetest.FaultHTML, jobs, 1, 1, 0, 200),
		"a web page instead of results":    fault(salesforcetest.FaultHTML, results, 1, 2, 0, 200),
		"maintenance":                      fault(salesforcetest.FaultHTML, results, 0, 2, 0, 503),
		"a page cut within its header":     fault(salesforcetest.FaultCut, results, 0, 1, 20, 0),
		"a page cut within a row":          fault(salesforcetest.FaultCut, results, 1, 1, 5_000, 0),
		"a page cut to nothing":            fault(salesforcetest.FaultCut, results, 0, 1, 0, 0),
		"every page cut again and again":   fault(salesforcetest.FaultCut, results, 0, 4, 9_000, 0),
		"a connection broken in a page":    fault(salesforcetest.FaultBreak, results, 1, 1, 7_777, 0),
		"connections broken all the time":  fault(salesforcetest.FaultBreak, results, 0, 4, 20_000, 0),
		"a compressed page cut in halves":  fault(salesforcetest.FaultTruncate, results, 0, 1, 0, 0),
		"the state of the job in halves":   fault(salesforcetest.FaultTruncate, jobs, 1, 1, 0, 0),
		"everything at once, now and then": func(o *salesforcetest.Org) { o.SlowJobs(2); fault(salesforcetest.FaultBreak, results, 2, 3, 100, 0)(o) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, c := bulkOrg(t)
			org.SetBulkPage(300)
			want := map[string]bool{}
			for r, err := range c.Query(t.Context(), contactsSOQL) {
				if err != nil {
					t.Fatal(err)
				}
				want[told(r)] = true
			}
			damage(org)
			n := 0
			for r, err := range c.BulkQuery(t.Context(), contactsSOQL, salesforce.BulkQuery) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; !want[told(r)] {
					t.Fatalf("record %d is none that Query tells: %s", n, told(r))
				}
				delete(want, told(r))
			}
			if n != 1000 || len(want) != 0 {
				t.Errorf("%d records came, %d were left out", n, len(want))
			}
			if left := org.Jobs(); left > 1 || left == 1 && name != "no reply to the start" && !strings.HasPrefix(name, "a web page instead of the job") {
				t.Errorf("%d jobs are left at the org", left)
			}
		})
	}
}

// TestBulkGoesOn reads up to a place, forgets all else, and goes on from there.
func TestBulkGoesOn(t *testing.T) {
	org, c := bulkOrg(t)
	org.SetBulkPage(300)
	job, err := c.StartBulk(t.Context(), contactsSOQL, salesforce.BulkQuery)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitBulk(t.Context(), job.ID, nil); err != nil {
		t.Fatal(err)
	}
	for _, stop := range []int{1, 299, 300, 301, 650, 999, 1000} {
		at, n := salesforce.BulkPosition{Job: job.ID}, 0
		seen := map[string]bool{}
		for r, err := range c.BulkRecords(t.Context(), &at, "Id") {
			if err != nil {
				t.Fatal(err)
			}
			seen[r.ID()] = true
			if n++; n == stop {
				break
			}
		}
		before, kept := org.Requests("/results"), at
		other := newClient(t, configFor(org))
		for r, err := range other.BulkRecords(t.Context(), &kept, "Id") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; seen[r.ID()] {
				t.Fatalf("stopped after %d: record %s came twice", stop, r.ID())
			}
		}
		pages := 4 - min((stop-1)/300, 3)
		if n != 1000 || org.Requests("/results")-before != pages {
			t.Errorf("stopped after %d: %d records in all, %d pages asked for, want %d", stop, n, org.Requests("/results")-before, pages)
		}
	}
}

// TestBulkRefusals tells what a caller has to do: read by Query, start anew, or
// report.
func TestBulkRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(*salesforcetest.Org)
		want   error
		cure   string
	}{
		"no Bulk API": {func(o *salesforcetest.Org) { o.SetBulk(false) }, salesforce.ErrBulk, "API add-on"},
		"no more jobs today": {func(o *salesforcetest.Org) {
			o.Inject(salesforcetest.Fault{Path: "/jobs", Code: "LIMIT_EXCEEDED", Status: 400})
		}, salesforce.ErrBulk, "used up"},
		"job failed": {func(o *salesforcetest.Org) { o.FailJobs("InternalServerError") }, salesforce.ErrBulk, "Bulk Data Load Jobs"},
		"job failed for a field": {
			func(o *salesforcetest.Org) { o.FailJobs("INVALID_FIELD: No such column 'Phone' on entity 'Contact'") }, salesforce.ErrInvalidField, "permission set",
		},
		"field not visible": {func(o *salesforcetest.Org) { o.HideFields("Contact", "Phone") }, salesforce.ErrInvalidField, "permission set"},
		"calls used up":     {func(o *salesforcetest.Org) { o.SetLimit(100, 10) }, salesforce.ErrLimit, "24 hours"},
		"locator lost":      {func(o *salesforcetest.Org) { o.SetBulkPage(10); o.LoseLocators(true) }, salesforce.ErrBulkGone, ""},
		"job lost":          {func(o *salesforcetest.Org) { o.Inject(salesforcetest.Fault{Path: "/results", Code: "NOT_FOUND"}) }, salesforce.ErrBulkGone, ""},
		"version changed": {func(o *salesforcetest.Org) {
			o.Inject(salesforcetest.Fault{Path: "/results", Code: "API_ERROR", Status: 409})
		}, salesforce.ErrBulkGone, ""},
		"only web pages": {func(o *salesforcetest.Org) {
			o.Inject(salesforcetest.Fault{Path: "/results", Kind: salesforcetest.FaultHTML, Times: -1})
		}, nil, "web page"},
		"always cut at once": {func(o *salesforcetest.Org) {
			o.Inject(salesforcetest.Fault{Path: "/results", Kind: salesforcetest.FaultCut, Times: -1, Bytes: 3000})
		}, nil, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org, c := bulkOrg(t)
			test.damage(org)
			var failure error
			n := 0
			for _, err := range c.BulkQuery(t.Context(), contactsSOQL, salesforce.BulkQuery) {
				if failure = err; err == nil {
					n++
				}
			}
			if failure == nil || test.want != nil && !errors.Is(failure, test.want) {
				t.Errorf("after %d records: %v, want %v", n, failure, test.want)
			}
			for _, other := range []error{salesforce.ErrBulk, salesforce.ErrBulkGone} {
				if test.want != other && errors.Is(failure, other) { //nolint:errorlint // which of the two
					t.Errorf("%v is %v as well", failure, other)
				}
			}
			if cure := salesforce.Cure(failure); !strings.Contains(cure, test.cure) || cure == "" {
				t.Errorf("cure is %q, want %q in it", cure, test.cure)
			}
		})
	}
}

// TestBulkChangedResults: a page that is not what was read before is not gone on in.
func TestBulkChangedResults(t *testing.T) {
	_, c := bulkOrg(t)
	job, err := c.StartBulk(t.Context(), contactsSOQL, salesforce.BulkQuery)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitBulk(t.Context(), job.ID, nil); err != nil {
		t.Fatal(err)
	}
	at := salesforce.BulkPosition{Job: job.ID, Row: 7, Last: "0037Q000000000zAAA"}
	for _, err = range c.BulkRecords(t.Context(), &at) {
		break
	}
	if !errors.Is(err, salesforce.ErrBulkGone) {
		t.Errorf("%v, want %v", err, salesforce.ErrBulkGone)
	}
}

// TestBulkAnswers is about replies as an org or a proxy may write them.
func TestBulkAnswers(t *testing.T) {
	const complete = `{"id":"7507Q0000000001","state":"JobComplete"}`
	csv := func(body string, header ...string) *http.Response {
		return reply(200, body, append([]string{"Content-Type", "text/csv; charset=UTF-8", "Sforce-Locator", "null"}, header...)...)
	}
	for name, test := range map[string]struct {
		page *http.Response
		want string
	}{
		"other order, a mark, CRLF": {csv("\ufeff\"Phone\",\"Id\"\r\n\"1\",\"a\"\r\n\"2\",\"b\"\r\n"), "a=1 b=2"},
		"nothing quoted":            {csv("Id,Phone\na,1\n"), "a=1"},
		"no end of the last line":   {csv("\"Id\",\"Phone\"\n\"a\",\"1\""), "a=1"},
		"empty":                     {csv("Id,Phone\n", "Sforce-NumberOfRecords", "0"), ""},
		"right number":              {csv("Id,Phone\na,1\n", "Sforce-NumberOfRecords", "1"), "a=1"},
		"too few":                   {csv("Id,Phone\na,1\n", "Sforce-NumberOfRecords", "2"), "a=1 TRUNCATED"},
		"number that cannot be":     {csv("Id,Phone\na,1\n", "Sforce-NumberOfRecords", "-2"), "TRUNCATED"},
		"last value cut":            {csv("Id,Phone\na,1\nb,030231"), "a=1 TRUNCATED"},
		"column missing":            {csv("Id\na\n"), "TRUNCATED"},
		"cell missing":              {csv("Id,Phone\na\n"), "TRUNCATED"},
		"a quote that never ends":   {csv("Id,Phone\na,\"1\n"), "TRUNCATED"},
		"nothing at all":            {csv(""), "TRUNCATED"},
		"no locator":                {csv("Id,Phone\na,1\n", "Sforce-Locator", ""), "TRUNCATED"},
		"JSON instead":              {reply(200, "{}"), "NOT_JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			whole, err := io.ReadAll(test.page.Body)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				c := wiredWith(t, func(r *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(r.URL.Path, "/results") {
						return reply(200, complete), nil
					}
					again := *test.page
					again.Body = io.NopCloser(strings.NewReader(string(whole)))
					return &again, nil
				}, 2)
				var got []string
				at := salesforce.BulkPosition{Job: "7507Q0000000001"}
				for r, err := range c.BulkRecords(t.Context(), &at, "Id", "Phone") {
					var e *salesforce.Error
					if errors.As(err, &e) {
						got = append(got, e.Code)
						continue
					}
					got = append(got, r.ID()+"="+r.String("Phone"))
				}
				if strings.Join(got, " ") != test.want {
					t.Errorf("got %q, want %q", strings.Join(got, " "), test.want)
				}
			})
		})
	}
}

// FuzzBulkPage: whatever a page holds, rows that are yielded are whole and none
// comes twice.
func FuzzBulkPage(f *testing.F) {
	f.Add("Id,Phone\na,1\nb,2\n", 2)
	f.Add("\"Phone\",\"Id\"\n\"1\n2\",\"a\"\n", 1)
	f.Add("Id,Phone\na,\"1", -1)
	f.Fuzz(func(t *testing.T, body string, count int) {
		c := wiredWith(t, func(*http.Request) (*http.Response, error) {
			return reply(200, body, "Content-Type", "text/csv", "Sforce-Locator", "null", "Sforce-NumberOfRecords", fmt.Sprint(count)), nil
		}, -1)
		at, n := salesforce.BulkPosition{Job: "7507Q0000000001"}, 0
		var failure error
		for r, err := range c.BulkRecords(t.Context(), &at, "Id", "Phone") {
			if failure = err; err != nil {
				break
			}
			_ = r.String("Phone")
			if n++; at.Row != n {
				t.Fatalf("row %d is counted as %d", n, at.Row)
			}
		}
		if failure == nil && n != count {
			t.Fatalf("%d rows of %d, and no error", n, count)
		}
	})
}
