package replica_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// hard is an org that a real directory is kept from, however it answers.
type hard struct {
	*fixture
	db        *sql.DB
	directory *lookup.Directory
	replica   *replica.Replica
	ids       []string
}

func newHard(t *testing.T, o salesforcetest.Options) *hard {
	t.Helper()
	h := &hard{fixture: newFixture(t, o)}
	h.db, h.directory = openDirectory(t)
	h.restart()
	return h
}

func openDirectory(t *testing.T) (*sql.DB, *lookup.Directory) {
	t.Helper()
	db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(t.TempDir(), "directory.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	directory, err := lookup.OpenDirectory(t.Context(), db, lookup.DirectoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	return db, directory
}

// restart is a new bridge with the directory of the last.
func (h *hard) restart() { h.replica = h.newReplica(h.directory) }

func (h *hard) newReplica(d replica.Target) *replica.Replica {
	org := lookup.OrgConfig{ID: h.org.ID(), Name: "Beispiel"}
	org.Usage.BulkFrom = -1
	return replica.New(replica.Config{Org: org, Client: h.client, Directory: d, Batch: 7})
}

// held is what a directory holds: each record's text by its id.
func (h *hard) held(db *sql.DB) map[string]string {
	h.t.Helper()
	rows, err := db.QueryContext(h.t.Context(), "SELECT id, object, name, company, numbers FROM record")
	h.must(err)
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var id, object, name, company, numbers string
		h.must(rows.Scan(&id, &object, &name, &company, &numbers))
		all[id] = strings.Join([]string{object, name, company, digits(numbers)}, "|")
	}
	h.must(rows.Err())
	return all
}

// digits are the one number that a record here has: the company's or the person's,
// behind which its stem stands.
func digits(numbers string) string {
	number, _, _ := strings.Cut(strings.TrimLeft(numbers, ";"), ";")
	return number
}

// anew is what a directory would hold that knew nothing and met no fault.
func (h *hard) anew() map[string]string {
	h.t.Helper()
	shelf := newShelf()
	if _, err := h.newReplica(shelf).Sync(h.t.Context(), replica.SyncRequest{Full: true}, nil); err != nil {
		h.t.Fatal(err)
	}
	all := map[string]string{}
	for id, r := range shelf.records {
		numbers := make([]string, len(r.Numbers))
		for i, n := range r.Numbers {
			numbers[i] = strings.TrimPrefix(string(n), "+")
		}
		all[id] = strings.Join([]string{r.Object, r.Name, r.Company, strings.Join(numbers, ",")}, "|")
	}
	return all
}

// wanted is what is to be held of what some has made, by the org's own word.
func (h *hard) wanted() map[string]string {
	all := map[string]string{}
	for _, id := range h.ids {
		object := objects[id[:3]]
		fields, err := h.org.Record(object, id)
		h.must(err)
		company := fields["Company"]
		if object == "Contact" {
			account, err := h.org.Record("Account", fields["AccountId"])
			h.must(err)
			company = account["Name"]
		}
		national := strings.NewReplacer(" ", "", "-", "").Replace(fields["Phone"])
		all[id] = strings.Join([]string{object, fields["Name"], company, "49" + national[1:]}, "|")
	}
	return all
}

// objects are the objects of records by how their ids begin.
var objects = map[string]string{"001": "Account", "003": "Contact", "00Q": "Lead"}

// there tells whether the org still has a record that is to be held.
func (h *hard) there(id string) bool {
	fields, err := h.org.Record(objects[id[:3]], id)
	return err == nil && fields["IsDeleted"] != "true" && fields["IsConverted"] != "true"
}

// lost are records that were held, are there, and are held no more.
func (h *hard) lost(before map[string]string) []string {
	now := h.held(h.db)
	var lost []string
	for id := range before {
		if _, held := now[id]; !held && h.there(id) {
			lost = append(lost, id)
		}
	}
	return lost
}

// differs describes how two directories differ, empty if they do not.
func differs(got, want map[string]string) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got[id] != want[id] {
			fmt.Fprintf(&b, "%s is %q, want %q\n", id, got[id], want[id])
		}
	}
	for id, text := range got {
		if _, ok := want[id]; !ok {
			fmt.Fprintf(&b, "%s is %q, and should not be held\n", id, text)
		}
	}
	return b.String()
}

// reported: what failed is told with its cure.
func (h *hard) reported(err error) {
	h.t.Helper()
	said := slices.ContainsFunc(h.replica.Status(), func(s lookup.SyncStatus) bool { return s.LastError != "" && s.Cure != "" })
	if err != nil && !said {
		h.t.Errorf("%v stands in no status with a cure", err)
	}
}

// some makes n records of every kind.
func (h *hard) some(n int) {
	for i := range n {
		account := h.create("Account", salesforcetest.Fields{"Name": fmt.Sprintf("Beispiel %d GmbH", i), "Phone": fmt.Sprintf("030 23125-%03d", i)})
		person := h.create("Contact", salesforcetest.Fields{"LastName": fmt.Sprint("Beispiel ", i), "AccountId": account, "Phone": fmt.Sprintf("069 90009-%03d", i)})
		lead := h.create("Lead", salesforcetest.Fields{"LastName": fmt.Sprint("Muster ", i), "Company": "Muster AG", "Phone": fmt.Sprintf("0221 4710-%03d", i)})
		h.ids = append(h.ids, account, person, lead)
	}
}

// answers are how an org, or what stands before it, can answer; passing ones are
// to be got over without anybody's noticing.
var answers = map[string]struct {
	fault   salesforcetest.Fault
	passing bool
	once    bool // an org that keeps saying so is believed
}{
	"half a reply":        {salesforcetest.Fault{Kind: salesforcetest.FaultTruncate}, true, false},
	"a cut reply":         {salesforcetest.Fault{Kind: salesforcetest.FaultCut, Bytes: 40}, true, false},
	"a broken connection": {salesforcetest.Fault{Kind: salesforcetest.FaultBreak, Bytes: 40}, true, false},
	"no connection":       {salesforcetest.Fault{Kind: salesforcetest.FaultDrop}, true, false},
	"a lost reply":        {salesforcetest.Fault{Kind: salesforcetest.FaultLost}, true, false},
	"a page with 200":     {salesforcetest.Fault{Kind: salesforcetest.FaultHTML}, true, false},
	"a page with 503":     {salesforcetest.Fault{Kind: salesforcetest.FaultHTML, Status: 503}, true, false},
	"nothing with 200":    {salesforcetest.Fault{Kind: salesforcetest.FaultBody, ContentType: "application/json"}, true, false},
	"null":                {salesforcetest.Fault{Kind: salesforcetest.FaultBody, Body: "null", ContentType: "application/json"}, false, false},
	"an empty object":     {salesforcetest.Fault{Kind: salesforcetest.FaultBody, Body: "{}", ContentType: "application/json"}, false, false},
	"another's JSON":      {salesforcetest.Fault{Kind: salesforcetest.FaultBody, Body: `{"ok":true,"records":3}`, ContentType: "application/json"}, false, false},
	"CSV":                 {salesforcetest.Fault{Kind: salesforcetest.FaultBody, Body: "Id,Name\n003,Beispiel\n", ContentType: "text/csv"}, true, false},
	"an expired session":  {salesforcetest.Fault{Kind: salesforcetest.FaultExpire}, true, false},
	"a locked row":        {salesforcetest.Fault{Code: "UNABLE_TO_LOCK_ROW"}, true, false},
	"maintenance":         {salesforcetest.Fault{Code: "SERVER_UNAVAILABLE"}, true, false},
	"no access":           {salesforcetest.Fault{Code: "INSUFFICIENT_ACCESS"}, false, false},
	"not found":           {salesforcetest.Fault{Code: "NOT_FOUND"}, false, false},
	"no such field":       {salesforcetest.Fault{Code: "INVALID_FIELD"}, false, false},
	"a lost cursor":       {salesforcetest.Fault{Code: "INVALID_QUERY_LOCATOR"}, false, false},
	"an empty list":       {salesforcetest.Fault{Kind: salesforcetest.FaultBody, Body: `{"totalSize":0,"done":true,"records":[]}`, ContentType: "application/json"}, false, true},
	"no calls left":       {salesforcetest.Fault{Code: "REQUEST_LIMIT_EXCEEDED"}, false, false},
}

// TestBadAnswers gives every request of a full run and of a turn of polling every
// bad answer, once and from then on: what passes is got over, the rest is
// reported, no record is lost, and once the org is well all is as it should be.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for what, answer := range answers {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHard(t, salesforcetest.Options{PageSize: 2})
			h.some(3)
			_, err := h.replica.Sync(t.Context(), replica.SyncRequest{Full: true}, nil)
			h.must(err)
			full := func() error {
				_, err := h.replica.Sync(t.Context(), replica.SyncRequest{Full: true}, nil)
				return err
			}
			poll := func() error {
				h.pass(time.Minute)
				return h.replica.Poll(t.Context())
			}
			for name, run := range map[string]func() error{"full run": full, "polling": poll} {
				h.meet(name, answer.fault, 1, answer.passing, run)
				if !answer.once {
					h.meet(name, answer.fault, -1, false, run)
				}
			}
		})
	}
}

// meet lets the n-th request of run, for all n, meet a fault, so many times; a
// passing one is got over.
func (h *hard) meet(name string, fault salesforcetest.Fault, times int, passing bool, run func() error) {
	h.t.Helper()
	fault.Path, fault.Times = "/services/data/", times
	stride := 1
	if times < 0 {
		stride = 5 // or it takes too long
	}
	for n := 0; ; n += stride {
		i := n % 3
		h.must(h.org.Update("Contact", h.ids[3*i+1], salesforcetest.Fields{"Phone": fmt.Sprintf("030 23125-%03d", n)}))
		h.must(h.org.Update("Account", h.ids[3*i], salesforcetest.Fields{"Name": fmt.Sprintf("Muster %d GmbH", n)}))
		before, requests := h.held(h.db), h.org.Requests("/services/data/")
		fault.Skip = n
		h.org.Inject(fault)
		err := run()
		met := h.org.Requests("/services/data/")-requests > n
		h.org.ClearFaults()
		where := fmt.Sprintf("%s, request %d, %d times", name, n, times)
		if passing && err != nil {
			h.t.Errorf("%s: %v", where, err)
		}
		h.reported(err)
		if lost := h.lost(before); len(lost) > 0 {
			h.t.Fatalf("%s: lost %v", where, lost)
		}
		if err != nil || !passing {
			h.must(run()) // the org is well again
		}
		if got, want := h.held(h.db), h.wanted(); differs(got, want) != "" {
			h.t.Fatalf("%s: %s", where, differs(got, want))
		}
		if !met {
			return
		}
	}
}

// TestNothingIsLost lets an org change and fail at random, and a bridge crash and
// come back: never is a record lost that the org still has, and once the org is
// well, one turn of polling and one full run make it what a new one would be.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			h := newHard(t, salesforcetest.Options{PageSize: 9})
			c := &chaos{hard: h, rand: rand.New(rand.NewPCG(seed, 7))}
			h.some(8)
			for range 120 {
				c.step()
			}
			h.org.ClearFaults()
			c.commit()
			h.pass(time.Second)
			h.must(h.replica.Poll(t.Context()))
			_, err := h.replica.Sync(t.Context(), replica.SyncRequest{Full: true}, nil)
			h.must(err)
			if got, want := h.held(h.db), h.anew(); differs(got, want) != "" {
				t.Error(differs(got, want))
			}
			t.Logf("%d records held, %d syncs of %d failed", len(h.held(h.db)), c.failed, c.syncs)
		})
	}
}

// chaos is what happens to an org and its copy.
type chaos struct {
	*hard
	rand          *rand.Rand
	pending       []*salesforcetest.Pending
	syncs, failed int
	serial        int
}

func (c *chaos) any() string { return c.ids[c.rand.IntN(len(c.ids))] }

func (c *chaos) number() string { return fmt.Sprintf("030 23125-%03d", c.rand.IntN(1000)) }

func (c *chaos) step() {
	c.t.Helper()
	c.pass(time.Duration(c.rand.IntN(90)) * time.Second)
	for range c.rand.IntN(4) {
		c.change()
	}
	if c.rand.IntN(3) > 0 {
		c.fault()
	}
	before := c.held(c.db)
	err := c.sync()
	c.syncs++
	if err != nil {
		c.failed++
	}
	if lost := c.lost(before); len(lost) > 0 {
		c.t.Fatalf("lost %v, where a sync ended with %v", lost, err)
	}
	if c.rand.IntN(3) == 0 {
		c.org.ClearFaults()
	}
	if c.rand.IntN(12) == 0 {
		c.restart()
	}
}

// change does something to a record; what cannot be done is left.
func (c *chaos) change() {
	id := c.any()
	object := objects[id[:3]]
	c.serial++
	switch c.rand.IntN(10) {
	case 0, 1:
		c.some(1)
	case 2, 3, 4:
		_ = c.org.Update(object, id, salesforcetest.Fields{"Phone": c.number()})
	case 5:
		_ = c.org.Delete(object, id)
	case 6:
		_ = c.org.Undelete(object, id)
	case 7:
		_ = c.org.Merge("Contact", c.ids[1], id)
	case 8:
		_ = c.org.ConvertLead(id, c.ids[1], c.ids[0])
	case 9:
		c.commit()
		p, err := c.org.Begin("Contact", contact(fmt.Sprint("Spät ", c.serial), c.number()))
		c.must(err)
		c.pending = append(c.pending, p)
	}
}

// commit ends transactions that have been open for a few minutes.
func (c *chaos) commit() {
	for _, p := range c.pending {
		p.Commit()
		c.ids = append(c.ids, p.ID)
	}
	c.pending = nil
}

func (c *chaos) fault() {
	names := slices.Sorted(maps.Keys(answers))
	names = slices.DeleteFunc(names, func(name string) bool { return answers[name].once })
	f := answers[names[c.rand.IntN(len(names))]].fault
	f.Path, f.Skip, f.Times = "/services/data/", c.rand.IntN(12), 1+c.rand.IntN(4)
	c.org.Inject(f)
	switch c.rand.IntN(6) {
	case 0:
		c.org.ExpireCursors()
	case 1:
		c.org.SetPageSize(1 + c.rand.IntN(20))
	}
}

// sync does what a bridge does now and then, or dies in the midst of it.
func (c *chaos) sync() error {
	ctx := c.t.Context()
	if c.rand.IntN(8) == 0 {
		var end context.CancelFunc
		ctx, end = context.WithTimeoutCause(ctx, time.Duration(c.rand.IntN(15))*time.Millisecond, errors.New("crash"))
		defer end()
	}
	switch c.rand.IntN(6) {
	case 0:
		_, err := c.replica.Sync(ctx, replica.SyncRequest{Full: true}, nil)
		return err
	case 1:
		id := c.any()
		c.replica.Hint(objects[id[:3]], []string{id})
		return c.replica.ReadHints(ctx)
	}
	return c.replica.Poll(ctx)
}
