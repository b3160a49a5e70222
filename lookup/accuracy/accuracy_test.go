package accuracy

import (
	"bytes"
	"database/sql"
	"flag"
	"path/filepath"
	"slices"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/addressbook"
)

var (
	size = flag.Int("size", 2000, "records of the world; five calls each")
	seed = flag.Uint64("seed", 1, "which world")
)

const book = "accuracy"

func directory(t *testing.T, rows []Row) *lookup.Directory {
	t.Helper()
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "d.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d, err := lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	var file bytes.Buffer
	if err := (&World{Rows: rows}).CSV(&file); err != nil {
		t.Fatal(err)
	}
	records, err := addressbook.ReadCSV(&file, "DE", func(addressbook.Problem) {})
	if err != nil || len(records) != len(rows) {
		t.Fatalf("%d of %d records, %v", len(records), len(rows), err)
	}
	byObject := map[string][]lookup.Record{}
	for _, r := range records {
		byObject[r.Object] = append(byObject[r.Object], r)
	}
	for object, all := range byObject {
		if err := d.Apply(t.Context(), lookup.Changes{Org: lookup.BookOrg(book), Object: object, Upsert: all}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// compare runs all rules and prints the table under -v.
func compare(t *testing.T, title string, rows []Row, calls []Call) Report {
	t.Helper()
	ours := &Ours{Directory: directory(t, rows), Book: book}
	reports := []Report{Run(ours, calls)}
	if ours.Failed != nil {
		t.Fatal(ours.Failed)
	}
	for _, r := range []Rule{EqualDigits(rows), LastDigits(rows, 7), LastDigits(rows, 9), Libphonenumber(rows)} {
		reports = append(reports, Run(r, calls))
	}
	if testing.Verbose() {
		var table bytes.Buffer
		if err := Table(&table, reports); err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d records\n%s", title, len(rows), table.String())
	}
	for _, miss := range reports[0].Misses {
		t.Log(miss)
	}
	return reports[0]
}

// What the product promises, on a world of our own.
func TestAccuracy(t *testing.T) {
	w := Generate(*seed, *size, 5**size)
	got := compare(t, "generated", w.Rows, w.Calls).Total
	if got.Precision() < 0.999 || got.Recall() < 0.998 || got.WrongPops() > 0.0005 {
		t.Errorf("precision %.4f, recall %.4f, wrong pops %.5f", got.Precision(), got.Recall(), got.WrongPops())
	}
}

// By hand there are no misses.
func TestCases(t *testing.T) {
	if got := compare(t, "by hand", CaseRows(), Cases()).Total; got.Wrong+got.Missing > 0 {
		t.Errorf("%d wrong, %d missing", got.Wrong, got.Missing)
	}
}

func TestFields(t *testing.T) {
	w := Generate(*seed, *size, 0)
	wrong := 0
	for _, f := range w.Fields {
		var got []string
		for _, n := range lookup.ParseField(f.Text, f.Country) {
			got = append(got, string(n))
		}
		if !slices.Equal(got, f.Want) {
			wrong++
			if wrong <= 50 {
				t.Logf("%s: %q (%s) is %v, want %v", f.Way, f.Text, f.Country, got, f.Want)
			}
		}
	}
	if float64(wrong) > 0.001*float64(len(w.Fields)) {
		t.Errorf("%d of %d fields read wrong", wrong, len(w.Fields))
	}
	for _, text := range Junk() {
		if got := lookup.ParseField(text, "DE"); got != nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
