package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

const (
	orgA = "00DA00000000001AAA"
	orgB = "00DB00000000001AAA"
)

func openDB(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", DirectoryDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openDirectory(t testing.TB, path string) *Directory {
	t.Helper()
	d, err := OpenDirectory(t.Context(), openDB(t, path), DirectoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func newDirectory(t testing.TB) *Directory {
	t.Helper()
	return openDirectory(t, filepath.Join(t.TempDir(), "directory.db"))
}

func apply(t testing.TB, d *Directory, c Changes) {
	t.Helper()
	if err := d.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// ids is what Find answers, twice, so that the cache is seen too.
func ids(t testing.TB, d *Directory, s Scope, n Number) string {
	t.Helper()
	var first string
	for i := range 2 {
		matches, err := d.Find(t.Context(), s, n)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, m := range matches {
			list = append(list, m.ID)
		}
		got := strings.Join(list, " ")
		if i == 1 && got != first {
			t.Errorf("second answer %q, first %q", got, first)
		}
		first = got
		d.cache.entries.Wait()
	}
	return first
}

const berta Number = "+493023125101"

func TestFindAfterApply(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	s := Scope{Org: orgA}
	if got := ids(t, d, s, berta); got != "" {
		t.Errorf("empty directory found %q", got)
	}
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{
		{ID: "003A", Name: "Berta Beispiel", Company: "Beispiel GmbH", Numbers: []Number{berta, "+491729925904"}},
	}})
	matches, err := d.Find(t.Context(), s, berta)
	want := Match{ID: "003A", Object: "Contact", Org: orgA, Name: "Berta Beispiel", Company: "Beispiel GmbH", Match: MatchExact}
	if err != nil || len(matches) != 1 || matches[0] != want {
		t.Fatalf("Find = %+v, %v; want %+v", matches, err, want)
	}
	matches[0].Name = "spoilt by the caller"
	if again, _ := d.Find(t.Context(), s, berta); again[0].Name != want.Name {
		t.Error("the caller's slice is the cache's own")
	}
	// A number goes, another comes.
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{
		{ID: "003A", Name: "Berta Beispiel", Numbers: []Number{berta, "+493023125102"}},
	}})
	for n, want := range map[Number]string{berta: "003A", "+493023125102": "003A", "+491729925904": ""} {
		if got := ids(t, d, s, n); got != want {
			t.Errorf("Find(%s) = %q, want %q", n, got, want)
		}
	}
	apply(t, d, Changes{Org: orgA, Object: "Contact", Delete: []string{"003A", "003unknown"}})
	if got := ids(t, d, s, berta); got != "" {
		t.Errorf("deleted record found: %q", got)
	}
	if n, err := d.Count(t.Context(), orgA, "Contact"); n != 0 || err != nil {
		t.Errorf("Count = %d, %v", n, err)
	}
}

func TestFindNoNumber(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Numbers: []Number{"", "+", "anonymous", "+0123"}}}})
	for _, n := range []Number{"", "+", "anonymous", "+0123", "03023125101", Number(strings.Repeat("9", 50)), "'; DROP TABLE record; --"} {
		if got, err := d.Find(t.Context(), Scope{Org: orgA}, n); got != nil || err != nil {
			t.Errorf("Find(%q) = %v, %v", n, got, err)
		}
	}
}

func TestOlderNeverOverwritesNewer(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	put := func(name string, stamp time.Time) {
		apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Name: name, Stamp: stamp, Numbers: []Number{berta}}}})
	}
	put("new", at)
	put("old", at.Add(-time.Second))
	put("undated", time.Time{})
	matches, err := d.Find(t.Context(), Scope{Org: orgA}, berta)
	if err != nil || matches[0].Name != "new" {
		t.Errorf("Find = %v, %v", matches, err)
	}
	put("same stamp", at)
	if matches, _ = d.Find(t.Context(), Scope{Org: orgA}, berta); matches[0].Name != "same stamp" {
		t.Errorf("Find = %v", matches)
	}
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{
		{ID: "003B", Name: "b new", Stamp: at, Numbers: []Number{"+493023125102"}},
		{ID: "003B", Name: "b old", Stamp: at.Add(-time.Hour), Numbers: []Number{"+493023125103"}},
	}})
	if matches, _ = d.Find(t.Context(), Scope{Org: orgA}, "+493023125102"); len(matches) != 1 || matches[0].Name != "b new" {
		t.Errorf("of two in one commit: %v", matches)
	}
}

// TestScope asks every scope about every number and checks each answer
// against the records themselves.
func TestScope(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	type row struct{ org, object, id string }
	var all []row
	for _, org := range []string{orgA, orgB, BookOrg("suppliers"), BookOrg("doctors")} {
		for _, object := range []string{"Contact", "Lead", "Account"} {
			id := org[len(org)-6:] + object
			all = append(all, row{org, object, id})
			apply(t, d, Changes{Org: org, Object: object, Upsert: []Record{{ID: id, Company: "X", Numbers: []Number{berta}}}})
		}
	}
	for _, s := range []Scope{
		{},
		{Org: orgA},
		{Org: orgB},
		{Org: "00DC"},
		{Org: BookOrg("doctors")},
		{Books: []string{"doctors"}},
		{Org: orgA, Books: []string{"suppliers"}},
		{Org: orgA, Books: []string{"suppliers", "doctors"}},
		{Org: orgA, Objects: []string{"Lead"}},
		{Org: orgB, Objects: []string{"Lead", "Contact"}},
		{Org: orgA, Books: []string{"Lead"}},
		{Org: orgA, Books: []string{orgB}},
		{Org: "%"},
		{Org: orgA, Objects: []string{"%"}},
	} {
		var want []string
		for _, r := range all {
			book, isBook := strings.CutPrefix(r.org, BookOrg(""))
			inOrg := !isBook && r.org == s.Org || isBook && slices.Contains(s.Books, book)
			if inOrg && (len(s.Objects) == 0 || slices.Contains(s.Objects, r.object)) {
				want = append(want, r.id)
			}
		}
		got := strings.Fields(ids(t, d, s, berta))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", s, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	put := func(org, object, id, name, company string) {
		apply(t, d, Changes{Org: org, Object: object, Upsert: []Record{{ID: id, Name: name, Company: company, Numbers: []Number{berta}}}})
	}
	put(orgA, "Asset", "5", "Asset", "")
	put(orgA, "Account", "4", "Beispiel GmbH", "Beispiel GmbH")
	put(orgA, "Lead", "3", "Berta Beispiel", "Beispiel GmbH")
	put(orgA, "Account", "2", "Berta Beispiel", "")
	put(orgA, "Contact", "1", "Berta Beispiel", "Beispiel GmbH")
	put(orgA, "Contact", "0", "Anna Beispiel", "")
	put(BookOrg("b"), "Contact", "6", "Anna Beispiel", "")
	for _, c := range []struct {
		scope Scope
		want  string
	}{
		{Scope{Org: orgA}, "0 1 2 3 4 5"},
		{Scope{Org: orgA, Books: []string{"b"}}, "0 1 6 2 3 4 5"},
		{Scope{Org: orgA, Objects: []string{"Lead", "Contact"}}, "3 0 1"},
	} {
		if got := ids(t, d, c.scope, berta); got != c.want {
			t.Errorf("%+v: %s, want %s", c.scope, got, c.want)
		}
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	var records []Record
	for i := range 2500 {
		records = append(records, Record{ID: fmt.Sprintf("003%05d", i), Stamp: time.Unix(int64(i), 0), Numbers: []Number{number(i)}})
	}
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: records})
	apply(t, d, Changes{Org: orgA, Object: "Lead", Upsert: []Record{{ID: "00QA", Numbers: []Number{berta}}}})
	apply(t, d, Changes{Org: orgB, Object: "Contact", Upsert: []Record{{ID: "003B", Numbers: []Number{berta}}}})
	stale := records[0]
	stale.Stamp = time.Time{} // older than what is held: seen all the same
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{stale, records[1]}, Run: 7})
	// While the run goes on one comes again by itself, unchanged, and a new one arrives.
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{records[2], {ID: "003new", Numbers: []Number{"+493023125102"}}}})
	removed, err := d.Sweep(t.Context(), orgA, "Contact", 7)
	if err != nil || removed != 2497 {
		t.Fatalf("Sweep = %d, %v", removed, err)
	}
	for n, want := range map[Number]string{number(0): "0030000" + "0", number(1): "00300001", number(2): "00300002", number(3): "", number(2499): "", berta: "00QA", "+493023125102": "003new"} {
		if got := ids(t, d, Scope{Org: orgA}, n); got != want {
			t.Errorf("Find(%s) = %q, want %q", n, got, want)
		}
	}
	if n, _ := d.Count(t.Context(), orgA, "Contact"); n != 4 {
		t.Errorf("Count = %d, want 4", n)
	}
	if got := ids(t, d, Scope{Org: orgB}, berta); got != "003B" {
		t.Errorf("the other org lost its record: %q", got)
	}
}

func TestMixedIsRefused(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	for _, c := range []Changes{
		{},
		{Org: orgA},
		{Object: "Contact"},
		{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Org: orgB}}},
		{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Object: "Lead"}}},
		{Org: orgA, Object: "Contact", Upsert: []Record{{}}},
	} {
		if err := d.Apply(t.Context(), c); !errors.Is(err, ErrMixed) {
			t.Errorf("Apply(%+v) = %v, want ErrMixed", c, err)
		}
	}
}

func TestRestartKeepsData(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "100 %23 sure? yes&no=#1.db")
	mark := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	for i := range 3 { // and the migrations run three times
		d := openDirectory(t, path)
		if i == 0 {
			apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Numbers: []Number{berta}}}, Watermark: mark})
		} else {
			apply(t, d, Changes{Org: orgA, Object: "Contact"}) // zero leaves it
		}
		if got := ids(t, d, Scope{Org: orgA}, berta); got != "003A" {
			t.Errorf("opening %d: %q", i, got)
		}
		if got, err := d.Watermark(t.Context(), orgA, "Contact"); !got.Equal(mark) || err != nil {
			t.Errorf("Watermark = %v, %v", got, err)
		}
		if got, err := d.Watermark(t.Context(), orgA, "Lead"); !got.IsZero() || err != nil {
			t.Errorf("Watermark of nothing = %v, %v", got, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		if _, err := d.Find(t.Context(), Scope{Org: orgA}, berta); !errors.Is(err, ErrClosed) {
			t.Errorf("Find after Close: %v", err)
		}
		if err := d.Apply(t.Context(), Changes{Org: orgA, Object: "Contact"}); !errors.Is(err, ErrClosed) {
			t.Errorf("Apply after Close: %v", err)
		}
	}
}

// A number's answers while its record is rewritten: after Apply has returned
// version v, no Find that begins may answer less than v.
func TestNoAnswerOlderThanTheLastCommit(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	const readers, commits = 8, 400
	var reported atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	version := func(m []Match) int64 {
		var v int64
		if len(m) == 1 {
			_, _ = fmt.Sscan(m[0].Name, &v)
		}
		return v
	}
	var asked, stale atomic.Int64
	for range readers {
		wg.Go(func() {
			for ctx.Err() == nil {
				least := reported.Load()
				matches, err := d.Find(ctx, Scope{Org: orgA}, berta)
				if err != nil {
					continue // the end of the test
				}
				asked.Add(1)
				if version(matches) < least {
					stale.Add(1)
				}
			}
		})
	}
	for v := int64(1); v <= commits; v++ {
		apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{
			{ID: "003A", Name: fmt.Sprint(v), Stamp: time.Unix(v, 0), Numbers: []Number{berta}},
		}})
		reported.Store(v)
	}
	stop()
	wg.Wait()
	if s := d.Stats(); stale.Load() > 0 || s.Hits == 0 {
		t.Errorf("%d of %d answers were older than the last commit; %d from the cache", stale.Load(), asked.Load(), s.Hits)
	}
}

// The race of plain cache-aside, step by step: an answer read before a commit
// is stored after it.
func TestAnswerStoredAfterACommitIsAMiss(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	s := Scope{Org: orgA}
	key, _ := berta.key()
	hash, before := d.cache.hash(&s, key), d.cache.epoch(key).Load()
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Numbers: []Number{berta}}}})
	d.cache.put(hash, &entry{scope: s, key: key, epoch: before})
	d.cache.entries.Wait()
	if got := ids(t, d, s, berta); got != "003A" {
		t.Errorf("Find = %q", got)
	}
}

func TestUnchangedRecordsStayCached(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	c := Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Name: "Berta", Numbers: []Number{berta}, Stamp: time.Unix(1, 0)}}}
	apply(t, d, c)
	ids(t, d, Scope{Org: orgA}, berta)
	misses := d.Stats().Misses
	c.Upsert[0].Stamp = time.Unix(2, 0)
	apply(t, d, c)
	ids(t, d, Scope{Org: orgA}, berta)
	if got := d.Stats().Misses; got != misses {
		t.Errorf("a commit that changes nothing cost %d misses", got-misses)
	}
}

// A hash that two questions share must not carry an answer from one to the other.
func TestSharedHash(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	key, _ := berta.key()
	s := Scope{Org: orgA}
	d.cache.put(d.cache.hash(&s, key), &entry{scope: Scope{Org: orgB}, key: key, epoch: d.cache.epoch(key).Load(), found: []candidate{{Match: Match{ID: "003B"}}}})
	d.cache.entries.Wait()
	if got := ids(t, d, s, berta); got != "" {
		t.Errorf("Find = %q", got)
	}
}

// While the database hangs, a cached answer comes, and the rest ends with ctx.
func TestFindWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	db, hang := hangingDB(t, filepath.Join(t.TempDir(), "directory.db"))
	d, err := OpenDirectory(t.Context(), db, DirectoryOptions{Queries: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "003A", Numbers: []Number{berta}}}})
	ids(t, d, Scope{Org: orgA}, berta)
	hang.Lock()
	ended, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for i := range 5 { // more than there are queries
		if _, err := d.Find(ended, Scope{Org: orgA}, number(i)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Find = %v", err)
		}
	}
	if got, err := d.Find(ended, Scope{Org: orgA}, berta); err != nil || len(got) != 1 {
		t.Errorf("cached: %v, %v", got, err)
	}
	hang.Unlock()
	if got, err := d.Find(t.Context(), Scope{Org: orgA}, number(0)); err != nil || len(got) != 0 {
		t.Errorf("afterwards: %v, %v; an error must not be cached", got, err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	d, err := OpenDirectory(t.Context(), openDB(t, filepath.Join(t.TempDir(), "d.db")), DirectoryOptions{CacheBytes: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range 5000 {
		if _, err := d.Find(t.Context(), Scope{Org: orgA}, number(i)); err != nil {
			t.Fatal(err)
		}
	}
	d.cache.entries.Wait()
	if s := d.Stats(); s.Bytes > 100_000 || s.Entries == 0 || s.Entries > 1000 || s.MaxBytes != 100_000 {
		t.Errorf("%+v", s)
	}
}

func TestFindUsesIndexes(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	v := view{orgs: []int64{1, 2, 3}, objects: []string{"d", "e"}}
	rows, err := d.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+v.numberSQL(), v.args([]any{493023125101})...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	steps := 0
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps++
		if strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "CONSTANT ROW") && !strings.Contains(detail, "VALUES CLAUSE") && !strings.HasSuffix(detail, "part") && !strings.HasSuffix(detail, "near") ||
			strings.Contains(detail, "TEMP") || strings.Contains(detail, "MATERIALIZE") {
			t.Errorf("query plan: %s", detail)
		}
	}
	if steps < 10 {
		t.Errorf("only %d steps", steps)
	}
}

func TestOpenIDs(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	apply(t, d, Changes{Org: orgA, Object: "Contact", Upsert: []Record{{ID: "1", Open: true, LastActivity: time.Unix(86400, 0)}, {ID: "2", LastActivity: time.Unix(86400, 0)}, {ID: "3", Open: true}}})
	apply(t, d, Changes{Org: orgA, Object: "Account", Upsert: []Record{{ID: "4", Open: true}}})
	apply(t, d, Changes{Org: orgB, Object: "Contact", Upsert: []Record{{ID: "5", Open: true}}})
	got, err := d.OpenIDs(t.Context(), orgA, "Contact")
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("open are %q, %v", got, err)
	}
}

// number is the i-th number of a made-up plan; for tests of size only.
func number(i int) Number { return Number(fmt.Sprintf("+4930%08d", uint32(i)*2654435761%100_000_000)) }

// Records above and below those held, of two orgs with the same ids: what is
// known is found in either case.
func TestApplyInAnyOrderOfIDs(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	load := func(org string, from, to int, stamp int64) {
		c := Changes{Org: org, Object: "Contact"}
		for i := from; i < to; i++ {
			c.Upsert = append(c.Upsert, Record{ID: fmt.Sprintf("003%05d", i), Name: fmt.Sprint(stamp), Stamp: time.Unix(stamp, 0), Numbers: []Number{number(i)}})
		}
		apply(t, d, c)
	}
	load(orgA, 1000, 1200, 2)
	load(orgA, 1200, 1400, 2) // all beyond
	load(orgA, 1300, 1500, 3) // some known
	load(orgA, 900, 1100, 1)  // below, and older
	load(orgB, 1000, 1600, 1)
	load(orgB, 1600, 1700, 1)
	for i, want := range map[int]string{950: "1", 1050: "2", 1150: "2", 1250: "2", 1350: "3", 1450: "3", 1550: ""} {
		matches, err := d.Find(t.Context(), Scope{Org: orgA}, number(i))
		got := ""
		if len(matches) == 1 {
			got = matches[0].Name
		}
		if err != nil || got != want || len(matches) > 1 {
			t.Errorf("record %d is of version %q (%d, %v), want %q", i, got, len(matches), err, want)
		}
	}
	for org, want := range map[string]int{orgA: 600, orgB: 700} {
		if n, err := d.Count(t.Context(), org, "Contact"); n != want || err != nil {
			t.Errorf("%s holds %d (%v), want %d", org, n, err, want)
		}
	}
}
