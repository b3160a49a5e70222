package lookup

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// awaitFilter waits for a filter without lines added since it was built.
func awaitFilter(t testing.TB, d *Directory) {
	t.Helper()
	for {
		if p := d.filter.now.Load(); p != nil && p.added.Load() == 0 {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("no filter")
		}
		time.Sleep(10 * time.Millisecond) // a load is over when nothing came for a while: in true time
	}
}

// rebuild builds the filter now.
func rebuild(t testing.TB, d *Directory) {
	t.Helper()
	if err := d.filter.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := d.filter.now.Load(); p == nil || p.added.Load() != 0 {
		t.Fatal("the filter was not built")
	}
}

// direct is a caller's number, as find makes it.
func direct(t testing.TB, n Number) *caller {
	t.Helper()
	key, ok := n.key()
	c := &caller{key: key, text: string(n[1:])}
	if p, national := plans().split(c.text); ok && p != nil && p.sited(national) {
		c.plan = p
		return c
	}
	t.Fatalf("%s has no site", n)
	return nil
}

// The filter says no to most numbers, and spares them the search.
func TestFilterRulesOut(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	put(t, d, orgA,
		firm("Contact", "C", "A", "030 23125101"), firm("Contact", "D", "A", "030 23125230"),
		firm("Contact", "E", "B", "069 90009101"), firm("Contact", "F", "C", "069 90009230"),
		firm("Contact", "G", "D", "0221 4710101"), firm("Contact", "H", "D", "0221 4710101"),
		firm("Account", "I", "I", "+43 1 5123456"))
	rebuild(t, d)
	for n, want := range map[Number]int{
		"+493023125177": askNumber, // parts from both lines of A
		"+493023125301": askNumber,
		"+493023126177": askShown, // nothing begins so
		"+496990009177": askShown, // two companies
		"+492214710177": askShown, // one number on two records
		"+43151234561":  askShown, // the company's number begins it: the database says so
	} {
		if got := d.read.search(direct(t, n)); got != want {
			t.Errorf("%s is searched by %d, want %d", n, got, want)
		}
	}
	if got := ids(t, d, Scope{Org: orgA}, "+43151234561"); got != "I" {
		t.Errorf("dialled on: %q", got)
	}
}

// crowd is a world of few numbers and many companies, so that lines of every
// length part everywhere.
func crowd(r *rand.Rand, n int) []Record {
	starts := []string{"+4930231", "+4969900", "+431512", "+1212555", "+4144668"}
	digits := func(n int) string {
		text := ""
		for range n {
			text += fmt.Sprint(r.IntN(10) * r.IntN(2)) // zeros end switchboards
		}
		return text
	}
	records := make([]Record, n)
	for i := range records {
		account := fmt.Sprintf("001%03d", r.IntN(n/4+1))
		records[i] = Record{ID: fmt.Sprintf("003%05d", r.IntN(n)), Object: "Contact", Account: account, Country: "DE"}
		if r.IntN(5) == 0 {
			records[i].ID, records[i].Object = account, "Account"
		}
		for range 1 + r.IntN(2) {
			records[i].Numbers = append(records[i].Numbers, Number(starts[r.IntN(len(starts))]+digits(1+r.IntN(6))))
		}
	}
	return records
}

// Whatever came and went, answers are the same with and without the filter, and
// whether it was built or added to.
func TestFilterChangesNoAnswer(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := newDirectory(t)
		spared, companies := 0, 0
		compare := func(step string) {
			t.Helper()
			for _, w := range crowd(r, 300) {
				n := w.Numbers[0]
				s := Scope{Org: orgA}
				if r.IntN(3) == 0 {
					s.Objects = []string{"Contact"}
				}
				with := found(t, d, &s, n)
				p := d.filter.now.Swap(nil)
				without := found(t, d, &s, n)
				d.filter.now.Store(p)
				if with != without {
					t.Fatalf("seed %d, %s: %s of %v finds %s with the filter, %s without", seed, step, n, s.Objects, with, without)
				}
				if key, _ := n.key(); key > 0 && d.read.search(direct(t, n)) == askShown {
					spared++
				}
				if with != "[]" && !p.has(0, 0) {
					companies++
				}
			}
		}
		put(t, d, orgA, crowd(r, 60)...)
		compare("added to an empty one")
		rebuild(t, d)
		compare("built")
		put(t, d, orgA, crowd(r, 30)...)
		compare("added to a built one")
		apply(t, d, Changes{Org: orgA, Object: "Contact", Delete: []string{"00300001", "00300007", "00300011", "00300013"}})
		compare("some gone")
		rebuild(t, d)
		compare("built again")
		if spared == 0 || companies == 0 {
			t.Errorf("seed %d: %d spared, %d found: nothing is shown by that", seed, spared, companies)
		}
	}
}

// found is an answer of the database.
func found(t testing.TB, d *Directory, s *Scope, n Number) string {
	t.Helper()
	list, _, err := d.read.find(t.Context(), s, n, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, m := range rank(s, list) {
		out = append(out, m.ID+" "+m.Match.Match)
	}
	return fmt.Sprint(out)
}

// A load ends the filter; when it is over, or after a restart, there is one again.
func TestFilterComesBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "directory.db")
	d := openDirectory(t, path)
	if d.filter.now.Load() == nil {
		t.Error("an empty directory needs no build")
	}
	for from := 0; from < 6000; from += 1000 {
		c := Changes{Org: orgA, Object: "Contact"}
		for i := from; i < from+1000; i++ {
			c.Upsert = append(c.Upsert, Record{ID: fmt.Sprint(i), Account: fmt.Sprint("A", i/5), Numbers: []Number{number(i)}})
		}
		apply(t, d, c)
	}
	if d.filter.now.Load() != nil {
		t.Error("the filter outlived a load")
	}
	awaitFilter(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDirectory(t, path)
	if d.filter.now.Load() != nil {
		t.Error("a filter of nothing after a restart")
	}
	awaitFilter(t, d)
	if n := number(3); ids(t, d, Scope{Org: orgA}, n) != "3" {
		t.Errorf("%s is lost", n)
	}
}

// Companies come by a line at a time, and go, while others ask and the filter
// is built over and over: no answer is older than the last commit.
func TestNoAnswerOlderThanTheLastCommitWhileTheFilterIsBuilt(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	const firms = 150
	var reported, asked, stale atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	unseen := func(i int64) Number { return Number(fmt.Sprintf("+4930%05d177", 20000+i)) }
	for range 6 {
		wg.Go(func() {
			for i := int64(0); ctx.Err() == nil; i++ {
				last := reported.Load()
				if last == 0 {
					continue
				}
				which := last - i%min(last, 5)
				found, err := d.Find(ctx, Scope{Org: orgA}, unseen(which))
				if err != nil {
					continue // the end of the test
				}
				asked.Add(1)
				if len(found) == 0 {
					stale.Add(1)
				}
				_, _ = d.Find(ctx, Scope{Org: orgA}, unseen(last+1)) // a miss that must not stay
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			_ = d.filter.build(ctx) // ends with ctx
		}
	})
	for i := int64(1); i <= firms; i++ {
		account := fmt.Sprint("A", i)
		put(t, d, orgA, firm("Contact", fmt.Sprint("C", i), account, fmt.Sprintf("+4930%05d101", 20000+i)))
		put(t, d, orgA, firm("Contact", fmt.Sprint("D", i), account, fmt.Sprintf("+4930%05d230", 20000+i)))
		reported.Store(i)
	}
	stop()
	wg.Wait()
	if stale.Load() > 0 || asked.Load() == 0 {
		t.Errorf("%d of %d answers were older than the last commit", stale.Load(), asked.Load())
	}
}
