package lookup

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// firm is a record of a company as a Replica would feed it: its fields as
// typed, work lines first, private ones after a bar.
func firm(object, id, account, fields string) Record {
	r := Record{ID: id, Object: object, Name: id, Account: account, Country: "DE"}
	work, private, _ := strings.Cut(fields, "|")
	r.AddField(work, false)
	r.AddField(private, true)
	return r
}

func put(t testing.TB, d *Directory, org string, records ...Record) {
	t.Helper()
	for _, r := range records {
		apply(t, d, Changes{Org: org, Object: r.Object, Upsert: []Record{r}})
	}
}

func TestCompany(t *testing.T) {
	t.Parallel()
	const (
		unseen = Number("+493023125177")
		short  = Number("+49302312577")
	)
	d := newDirectory(t)
	for i, c := range []struct {
		name    string
		records []Record
		ask     Number
		want    string // ids, each with its way of matching
	}{
		{"-0", []Record{firm("Account", "A", "A", "030 23125-0")}, unseen, "A company"},
		{"-0, the switchboard itself", []Record{firm("Account", "A", "A", "030 23125-0")}, "+4930231250", "A exact"},
		{"-0, the stem itself", []Record{firm("Account", "A", "A", "030 23125-0")}, "+493023125", "A company"},
		{"-0 on a contact", []Record{firm("Account", "A", "A", ""), firm("Contact", "C", "A", "030/23125-0")}, unseen, "A company"},
		{"-0 with brackets", []Record{firm("Account", "A", "A", "+49 (0)30 23125-0")}, short, "A company"},
		{"a dash", []Record{firm("Account", "A", "A", ""), firm("Contact", "C", "A", "030 23125-29")}, unseen, "A company"},
		{"a dash, no account record", []Record{firm("Contact", "C", "A", "030 23125-29"), firm("Contact", "D", "A", "030 23125-30")}, unseen, "C company D company"},
		{"DW", []Record{firm("Contact", "C", "A", "030 23125 DW 29")}, unseen, "C company"},
		{"a dash that parts digits", []Record{firm("Contact", "C", "A", "030-2312-5101")}, "+493023125199", ""},
		{"dashes everywhere", []Record{firm("Contact", "C", "A", "030-23-12-51-01")}, "+493023125199", ""},
		{"a person's dash", []Record{firm("Contact", "C", "", "030 23125-29")}, unseen, ""},
		{"a private dash", []Record{firm("Contact", "C", "A", "|030 23125-29")}, unseen, ""},
		{"a private -0", []Record{firm("Contact", "C", "A", "|030 23125-0")}, unseen, ""},
		{"one number alone", []Record{firm("Account", "A", "A", "030 23125101")}, unseen, ""},
		{"one number alone that ends in 0", []Record{firm("Account", "A", "A", "+4930231250")}, unseen, ""},
		{"two direct dials", []Record{firm("Account", "A", "A", ""), firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "+49 30 23125 230")}, unseen, "A company"},
		{"two direct dials of one hundred", []Record{firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "030 23125117")}, "+493023125230", ""},
		{"within their hundred", []Record{firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "030 23125117")}, "+493023125130", "C company D company"},
		{"of two companies", []Record{firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "B", "030 23125230")}, unseen, ""},
		{"one of them private", []Record{firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "|030 23125230")}, unseen, ""},
		{"of people without company", []Record{firm("Contact", "C", "", "030 23125101"), firm("Contact", "D", "", "030 23125230")}, unseen, ""},
		{"switchboard without dash, and a direct dial", []Record{firm("Account", "A", "A", "+4930231250"), firm("Contact", "C", "A", "+493023125101")}, unseen, "A company"},
		{"different lengths", []Record{firm("Account", "A", "A", "+4930231250"), firm("Contact", "C", "A", "+493023125101")}, short, "A company"},
		{"mobile", []Record{firm("Account", "A", "A", "0172 9925904"), firm("Contact", "C", "A", "0172 9925945")}, "+491729925934", ""},
		{"freephone", []Record{firm("Account", "A", "A", "0800 5550123"), firm("Contact", "C", "A", "0800 5550145")}, "+498005550134", ""},
		{"the longer stem wins", []Record{firm("Account", "A", "A", "030 23125-0"), firm("Account", "B", "B", "030 231251-0")}, unseen, "B company"},
		{"exact first, company not at all", []Record{firm("Account", "A", "A", "030 23125-0"), firm("Contact", "C", "B", "030 23125177")}, unseen, "C exact"},
		{"two companies, one switchboard", []Record{firm("Account", "A", "A", "030 23125-0"), firm("Account", "B", "B", "030 23125-0")}, unseen, "A company B company"},
		{"Austria: dialled on", []Record{firm("Account", "A", "A", "+43 1 5123456")}, "+43151234561", "A company"},
		{"Austria: not a person's", []Record{firm("Contact", "C", "A", "+43 1 5123456")}, "+43151234561", ""},
		{"Zurich", []Record{firm("Account", "A", "A", "+41 44 668 18 00"), firm("Contact", "C", "A", "+41 44 668 18 17")}, "+41446681855", "A company"},
		{"New York, a hundred", []Record{firm("Contact", "C", "A", "+1 212 555 0101"), firm("Contact", "D", "A", "+1 212 555 0145")}, "+12125550177", "C company D company"},
		{"New York, a thousand", []Record{firm("Contact", "C", "A", "+1 212 555 0101"), firm("Contact", "D", "A", "+1 212 555 0945")}, "+12125550577", ""},
		{"a dash abroad", []Record{firm("Contact", "C", "A", "+1 212 555-0101")}, "+12125550177", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			org := fmt.Sprintf("00D%d", i) // each case an org: none may see another's
			put(t, d, org, c.records...)
			for range 2 { // from the database, and from the cache
				found, err := d.Find(t.Context(), Scope{Org: org}, c.ask)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, m := range found {
					got = append(got, m.ID, m.Match)
				}
				if strings.Join(got, " ") != c.want {
					t.Errorf("Find(%s) = %v, want %s", c.ask, got, c.want)
				}
				d.cache.entries.Wait()
			}
		})
	}
}

// What a scope does not show is no evidence either.
func TestCompanyKeepsToTheScope(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	const unseen = Number("+493023125177")
	put(t, d, orgA, firm("Account", "A", "A", "030 23125-0"), firm("Contact", "C", "A", "030 23125-101"), firm("Lead", "L", "", "030 23125-0"))
	put(t, d, BookOrg("b"), firm("Account", "X", "X", "030 23125-0"))
	for _, c := range []struct {
		scope Scope
		want  string
	}{
		{Scope{Org: orgA}, "L A"},
		{Scope{Org: orgB}, ""},
		{Scope{Books: []string{"b"}}, "X"},
		{Scope{Books: []string{"c"}}, ""},
		{Scope{Org: orgA, Objects: []string{"Contact"}}, "C"},
		{Scope{Org: orgA, Objects: []string{"Account"}}, "A"},
		{Scope{Org: orgA, Objects: []string{"Case"}}, ""},
		{Scope{Org: orgB, Books: []string{"b"}}, "X"},
		{Scope{Org: BookOrg("b")}, ""},
	} {
		if got := ids(t, d, c.scope, unseen); got != c.want {
			t.Errorf("%+v: %q, want %q", c.scope, got, c.want)
		}
	}
}

// A company's answers end with what they stood on.
func TestCompanyIsNeverStale(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	s := Scope{Org: orgA}
	const unseen = Number("+493023125177")
	want := func(step, want string) {
		t.Helper()
		if got := ids(t, d, s, unseen); got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
	want("nobody", "")
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125-29"))
	want("a direct dial", "C")
	put(t, d, orgA, firm("Account", "A", "A", ""))
	want("its account", "A")
	renamed := firm("Account", "A", "A", "")
	renamed.Name = "new name"
	put(t, d, orgA, renamed)
	if m, _ := d.Find(t.Context(), s, unseen); len(m) != 1 || m[0].Name != "new name" {
		t.Errorf("renamed: %v", m)
	}
	put(t, d, orgA, firm("Contact", "D", "", "030 23125177"))
	want("somebody bears it", "D")
	apply(t, d, Changes{Org: orgA, Object: "Contact", Delete: []string{"D"}})
	want("no longer", "A")
	apply(t, d, Changes{Org: orgA, Object: "Account", Delete: []string{"A"}})
	want("without account", "C")
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125101"))
	want("without dash", "")
	put(t, d, orgA, firm("Contact", "E", "A", "030 23125230"))
	want("two direct dials", "C E")
	put(t, d, orgA, firm("Contact", "E", "B", "030 23125230"))
	want("of two companies", "")
}

// After Apply has returned, no Find that begins answers from before it, nor
// tells of a company by what has gone.
func TestNoCompanyOlderThanTheLastCommit(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	var reported, asked, stale atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				least := reported.Load()
				found, err := d.Find(ctx, Scope{Org: orgA}, "+493023125177")
				if err != nil {
					continue // the end of the test
				}
				var v int64
				if len(found) == 1 {
					_, _ = fmt.Sscan(found[0].Name, &v)
				}
				asked.Add(1)
				if v < least {
					stale.Add(1)
				}
			}
		})
	}
	put(t, d, orgA, firm("Contact", "C", "A", "030 23125-29"))
	for v := int64(1); v <= 300; v++ {
		r := firm("Account", "A", "A", "")
		r.Name, r.Stamp = fmt.Sprint(v), time.Unix(v, 0)
		put(t, d, orgA, r)
		reported.Store(v)
	}
	stop()
	wg.Wait()
	if s := d.Stats(); stale.Load() > 0 || s.Hits == 0 {
		t.Errorf("%d of %d answers were older than the last commit; %d from the cache", stale.Load(), asked.Load(), s.Hits)
	}
}

// An older version that arrives after the deletion stays out.
func TestDeletedStaysDeleted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	version := func(id string, age time.Duration) Changes {
		return Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: id, Stamp: at.Add(-age), Numbers: []Number{berta}}}}
	}
	for name, c := range map[string]struct {
		steps []Changes
		want  string
	}{
		"older":              {[]Changes{version("A", 0), {Org: orgA, Object: "Contact", Delete: []string{"A"}}, version("A", time.Hour)}, ""},
		"the same":           {[]Changes{version("A", 0), {Org: orgA, Object: "Contact", Delete: []string{"A", "A"}}, version("A", 0)}, ""},
		"newer: undeleted":   {[]Changes{version("A", time.Hour), {Org: orgA, Object: "Contact", Delete: []string{"A"}}, version("A", 0)}, "A"},
		"unknown, dated":     {[]Changes{{Org: orgA, Object: "Contact", Gone: []Deletion{{"A", at}}}, version("A", time.Hour)}, ""},
		"late deletion":      {[]Changes{version("A", 0), {Org: orgA, Object: "Contact", Gone: []Deletion{{"A", at.Add(-time.Hour)}}}}, "A"},
		"another org's":      {[]Changes{{Org: orgB, Object: "Contact", Gone: []Deletion{{"A", at}}}, version("A", time.Hour)}, "A"},
		"its neighbour":      {[]Changes{version("A", 0), {Org: orgA, Object: "Contact", Delete: []string{"A"}}, version("B", time.Hour)}, "B"},
		"undated come again": {[]Changes{{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "A", Numbers: []Number{berta}}}}, {Org: orgA, Object: "Contact", Delete: []string{"A"}}, {Org: orgA, Object: "Contact", Upsert: []Record{{ID: "A", Numbers: []Number{berta}}}}}, "A"},
	} {
		d := newDirectory(t)
		for _, step := range c.steps {
			apply(t, d, step)
		}
		if got := ids(t, d, Scope{Org: orgA}, berta); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	for _, r := range []Record{
		{ID: "1", Name: "Anna", Owner: "005A"},
		{ID: "2", Name: "Berta", Owner: "005B", LastActivity: day(1)},
		{ID: "3", Name: "Carla", Owner: "005A", LastActivity: day(2)},
		{ID: "4", Name: "Dora", Open: true},
	} {
		r.Numbers, r.Object = []Number{berta}, "Contact"
		put(t, d, orgA, r)
	}
	put(t, d, orgA, Record{ID: "5", Object: "Account", Name: "Aal GmbH", Account: "5", Open: true, Numbers: []Number{berta}})
	for user, want := range map[string]string{"": "4 3 2 1 5", "005B": "4 2 3 1 5", "005A": "4 3 1 2 5", "005X": "4 3 2 1 5"} {
		if got := ids(t, d, Scope{Org: orgA, User: user}, berta); got != want {
			t.Errorf("user %q: %s, want %s", user, got, want)
		}
	}
}
