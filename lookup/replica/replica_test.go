package replica_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// shelf is a directory in memory.
type shelf struct {
	mu        sync.Mutex
	records   map[string]lookup.Record
	runs      map[string]int64
	watermark map[string]time.Time
	reading   map[string]string
	applied   []lookup.Changes
	fail      error // of the next Apply
}

func newShelf() *shelf {
	return &shelf{records: map[string]lookup.Record{}, runs: map[string]int64{}, watermark: map[string]time.Time{}, reading: map[string]string{}}
}

func (s *shelf) Apply(_ context.Context, c lookup.Changes) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail; err != nil {
		s.fail = nil
		return err
	}
	s.applied = append(s.applied, c)
	for _, r := range c.Upsert {
		if c.Run != 0 {
			s.runs[r.ID] = c.Run
		}
		if !r.Stamp.Before(s.records[r.ID].Stamp) {
			s.records[r.ID] = r
		}
	}
	for _, id := range c.Delete {
		delete(s.records, id)
	}
	for _, d := range c.Gone {
		delete(s.records, d.ID)
	}
	for _, id := range c.Leave {
		delete(s.records, id)
	}
	if !c.Watermark.IsZero() {
		s.watermark[c.Object] = c.Watermark
	}
	return nil
}

func (s *shelf) Sweep(_ context.Context, _, object string, run int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	removed := 0
	for id, r := range s.records {
		if r.Object == object && s.runs[id] != run {
			delete(s.records, id)
			removed++
		}
	}
	return removed, nil
}

func (s *shelf) Watermark(_ context.Context, _, object string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watermark[object], nil
}

func (s *shelf) Reading(_ context.Context, _, object string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading[object], nil
}

func (s *shelf) SetReading(_ context.Context, _, object, reading string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading[object] = reading
	return nil
}

func (s *shelf) Count(_ context.Context, _, object string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.records {
		if r.Object == object {
			n++
		}
	}
	return n, nil
}

func (s *shelf) OpenIDs(_ context.Context, _, object string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, r := range s.records {
		if r.Object == object && r.Open {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// written is how often a record has been.
func (s *shelf) written(id string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.applied {
		if slices.ContainsFunc(c.Upsert, func(r lookup.Record) bool { return r.ID == id }) {
			n++
		}
	}
	return n
}

func (s *shelf) get(id string) (lookup.Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[id]
	return r, ok
}

// fixture is an org, a replica of it and the shelf that it fills. The org's
// clock stands still until the test moves it.
type fixture struct {
	t       *testing.T
	org     *salesforcetest.Org
	shelf   *shelf
	client  *salesforce.Client
	replica *replica.Replica

	mu  sync.Mutex
	now time.Time
}

func newFixture(t *testing.T, o salesforcetest.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, shelf: newShelf(), now: time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.now
	}
	f.org = salesforcetest.NewOrg(o)
	if err := f.org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.org.Close() })
	var err error
	f.client, err = salesforce.New(salesforce.Config{
		InstanceURL: f.org.URL(), ClientID: f.org.ClientID(), ClientSecret: f.org.ClientSecret(), Backoff: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.replica = replica.New(replica.Config{
		Org: lookup.OrgConfig{ID: f.org.ID(), Name: "Beispiel"}, Client: f.client, Directory: f.shelf,
	})
	return f
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fixture) sync(q replica.SyncRequest) replica.SyncResult {
	f.t.Helper()
	result, err := f.replica.Sync(f.t.Context(), q, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return result
}

func (f *fixture) create(object string, fields salesforcetest.Fields) string {
	f.t.Helper()
	id, err := f.org.Create(object, fields)
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// holds checks whether the shelf has a record.
func (f *fixture) holds(id string, want bool) {
	f.t.Helper()
	if _, ok := f.shelf.get(id); ok != want {
		f.t.Errorf("record %s held: %v, want %v", id, ok, want)
	}
}

func contact(name, phone string) salesforcetest.Fields {
	return salesforcetest.Fields{"LastName": name, "Phone": phone}
}

func TestFirstSyncCopiesWhatPops(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PersonAccounts: true})
	demo, err := f.org.Seed()
	f.must(err)
	result := f.sync(replica.SyncRequest{})
	if len(result.Warnings) != 0 {
		t.Errorf("warnings: %q", result.Warnings)
	}
	berta, _ := f.shelf.get(demo.Known)
	want := lookup.Record{
		ID: demo.Known, Org: f.org.ID(), Object: "Contact", Name: "Berta Beispiel", Company: "Beispiel GmbH", Account: demo.Company,
		Country: "DE", Owner: f.org.Users()[0].ID, Numbers: []lookup.Number{"+493023125101"}, Stems: []lookup.Number{"+493023125"}, Stamp: f.now,
	}
	if fmt.Sprint(berta) != fmt.Sprint(want) {
		t.Errorf("record is\n%+v, want\n%+v", berta, want)
	}
	for id, numbers := range map[string]string{
		demo.TwoNumbers: "[+496990009200 +492214710201]", demo.British: "[+441632960001]", demo.American: "[+12025550143]",
		demo.Lead: "[+492214710400]", demo.Person: "[+492214710500]", demo.Company: "[+493023125000]",
	} {
		r, ok := f.shelf.get(id)
		if got := fmt.Sprint(r.Numbers); !ok || got != numbers {
			t.Errorf("%s %q has numbers %s, want %s", r.Object, r.Name, got, numbers)
		}
	}
	for id, want := range map[string]lookup.Record{
		demo.Company: {Account: demo.Company}, demo.Person: {}, demo.Lead: {Company: "Fiktiv AG"},
	} {
		if r, _ := f.shelf.get(id); r.Company != want.Company || r.Account != want.Account {
			t.Errorf("%s %q is of company %q, account %q", r.Object, r.Name, r.Company, r.Account)
		}
	}
	f.holds(demo.Converted, false)
	f.holds(demo.Deleted, false)
	for _, s := range f.replica.Status() {
		if s.LastError != "" || s.Records == 0 || s.Running || s.LastRun.IsZero() {
			t.Errorf("status is %+v", s)
		}
	}
	for _, r := range f.shelf.records {
		if r.Object == "Contact" && r.Name == "Petra Privat" {
			t.Error("the contact that mirrors a person account is held")
		}
	}
}

func TestLaterSyncsReadChangesOnly(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 50})
	f.must(f.org.Generate(300, nil))
	f.pass(time.Hour)
	kept := f.create("Contact", contact("Kern", "030 23125-110"))
	f.sync(replica.SyncRequest{})
	f.pass(time.Minute)
	added := f.create("Contact", contact("Neu", "030 23125-111"))
	f.must(f.org.Update("Contact", kept, salesforcetest.Fields{"Phone": "030 23125-112"}))
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	if result.Read != 2 {
		t.Errorf("%d records read, want the 2 that changed", result.Read)
	}
	f.holds(added, true)
	if r, _ := f.shelf.get(kept); fmt.Sprint(r.Numbers) != "[+493023125112]" {
		t.Errorf("numbers are %v", r.Numbers)
	}
}

func TestDeletedConvertedMergedAndUndeleted(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	deleted := f.create("Contact", contact("Weg", "030 23125-120"))
	loser := f.create("Contact", contact("Doppelt", "030 23125-121"))
	winner := f.create("Contact", contact("Einzig", "030 23125-121"))
	lead := f.create("Lead", salesforcetest.Fields{"LastName": "Anfrage", "Company": "Fiktiv AG", "Phone": "030 23125-122"})
	f.sync(replica.SyncRequest{})
	f.holds(lead, true)
	f.pass(time.Minute)
	f.must(f.org.Delete("Contact", deleted))
	f.must(f.org.Merge("Contact", winner, loser))
	f.must(f.org.ConvertLead(lead, winner, ""))
	f.sync(replica.SyncRequest{})
	for _, id := range []string{deleted, loser, lead} {
		f.holds(id, false)
	}
	f.holds(winner, true)
	f.pass(time.Minute)
	f.must(f.org.Undelete("Contact", deleted))
	f.sync(replica.SyncRequest{})
	f.holds(deleted, true)
}

// TestLateCommit: a row becomes visible after a younger one has been read.
func TestLateCommit(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.create("Contact", contact("Anfang", "030 23125-130"))
	f.sync(replica.SyncRequest{})
	f.pass(time.Minute)
	late, err := f.org.Begin("Contact", contact("Nachzügler", "030 23125-131"))
	f.must(err)
	f.pass(9 * time.Minute)
	f.create("Contact", contact("Schnell", "030 23125-132"))
	f.sync(replica.SyncRequest{})
	f.holds(late.ID, false)
	late.Commit()
	f.sync(replica.SyncRequest{})
	f.holds(late.ID, true)
}

// TestEqualStampsAtPageEdges: an import gives hundreds of rows one stamp, and
// cursors expire between their pages.
func TestEqualStampsAtPageEdges(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 7})
	f.create("Contact", contact("Anfang", "030 23125-140"))
	f.sync(replica.SyncRequest{})
	f.pass(time.Minute)
	f.must(f.org.Generate(100, nil))
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Code: "INVALID_QUERY_LOCATOR", Skip: 3, Times: 2})
	f.sync(replica.SyncRequest{Object: "Contact"})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 101 {
		t.Errorf("%d contacts held, want 101", n)
	}
}

func TestFullSyncGoesOnBehindAnExpiredCursor(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	f.must(f.org.Generate(95, nil))
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Code: "INVALID_QUERY_LOCATOR", Skip: 4})
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Kind: salesforcetest.FaultTruncate, Skip: 2})
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Kind: salesforcetest.FaultExpire, Skip: 6})
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 95 || len(result.Warnings) != 0 {
		t.Errorf("%d contacts held, want 95; warnings %q", n, result.Warnings)
	}
	if n := f.org.Requests("/token"); n != 2 {
		t.Errorf("%d sign-ins, want 2", n)
	}
}

func TestFullSyncRemovesWhatLeftNoTrace(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.must(f.org.Generate(10, nil))
	purged := f.create("Contact", contact("Spurlos", "030 23125-150"))
	f.sync(replica.SyncRequest{})
	f.must(f.org.Purge("Contact", purged))
	f.sync(replica.SyncRequest{})
	f.holds(purged, true)
	result := f.sync(replica.SyncRequest{Full: true})
	f.holds(purged, false)
	if result.Removed != 1 {
		t.Errorf("%d removed, want 1", result.Removed)
	}
}

func TestHiddenFieldsAreLeftOutWithAWarning(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.org.HideFields("Contact", "MobilePhone", "OwnerId")
	f.org.HideFields("Account", "Name")
	id := f.create("Contact", contact("Halb", "030 23125-160"))
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	f.holds(id, true)
	text := strings.Join(result.Warnings, "\n")
	for _, field := range []string{"Contact.MobilePhone", "Contact.OwnerId", "Account.Name"} {
		if !strings.Contains(text, field) {
			t.Errorf("no warning names %s: %s", field, text)
		}
	}
	if !strings.Contains(text, "Read Access") {
		t.Errorf("no warning names the permission: %s", text)
	}
}

// TestFieldHiddenLater: the fields of the last hour are still believed in when
// one of them is taken away, and all records are read anew when it comes back.
func TestFieldHiddenLater(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", salesforcetest.Fields{"LastName": "Zwei", "Phone": "030 23125-170", "MobilePhone": "030 23125-171"})
	f.sync(replica.SyncRequest{})
	f.org.HideFields("Contact", "MobilePhone")
	if result := f.sync(replica.SyncRequest{Object: "Contact"}); len(result.Warnings) != 1 {
		t.Errorf("warnings are %q, want one", result.Warnings)
	}
	if r, _ := f.shelf.get(id); fmt.Sprint(r.Numbers) != "[+493023125170]" {
		t.Errorf("numbers are %v", r.Numbers)
	}
	f.org.ShowFields("Contact", "MobilePhone")
	f.sync(replica.SyncRequest{Object: "Contact", Full: true})
	if r, _ := f.shelf.get(id); len(r.Numbers) != 2 {
		t.Errorf("numbers are %v, want both again", r.Numbers)
	}
}

func TestDescribeIsNotAskedEachTime(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.must(f.org.Generate(10, nil))
	for range 5 {
		f.sync(replica.SyncRequest{Object: "Account"})
	}
	if n := f.org.Requests("/describe"); n != 1 {
		t.Errorf("%d descriptions asked, want 1", n)
	}
}

func TestHiddenObject(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.org.HideObject("Lead", true)
	id := f.create("Contact", contact("Sichtbar", "030 23125-180"))
	_, err := f.replica.Sync(t.Context(), replica.SyncRequest{}, nil)
	if !errors.Is(err, salesforce.ErrNotFound) {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
	f.holds(id, true)
	for _, s := range f.replica.Status() {
		if (s.Object == "Lead") != (s.LastError != "") {
			t.Errorf("status is %+v", s)
		}
		if s.Object == "Lead" && !strings.Contains(s.Cure, "Lead") {
			t.Errorf("the cure does not name the object: %s", s.Cure)
		}
	}
}

func TestFailureKeepsTheOldData(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	f.must(f.org.Generate(50, nil))
	f.sync(replica.SyncRequest{})
	before, _ := f.shelf.Count(t.Context(), "", "Contact")
	for name, fault := range map[string]salesforcetest.Fault{
		"limit":  {Path: "/query/", Code: "REQUEST_LIMIT_EXCEEDED", Times: -1},
		"cut":    {Path: "/query/", Kind: salesforcetest.FaultTruncate, Times: -1},
		"page":   {Path: "/query", Kind: salesforcetest.FaultHTML, Times: -1},
		"hidden": {Path: "/query/", Code: "INSUFFICIENT_ACCESS", Times: -1},
	} {
		f.org.Inject(fault)
		if _, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Contact", Full: true}, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
		f.org.ClearFaults()
		if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != before {
			t.Errorf("%s: %d contacts held, want %d", name, n, before)
		}
		if s := f.replica.Status()[1]; s.LastError == "" || s.Cure == "" || s.Running || s.Records != before {
			t.Errorf("%s: status is %+v", name, s)
		}
	}
}

// TestInterruptedFirstSync must not leave a watermark: the next one is full again.
func TestInterruptedFirstSync(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	f.must(f.org.Generate(50, nil))
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Code: "REQUEST_LIMIT_EXCEEDED", Skip: 2})
	if _, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, nil); !errors.Is(err, salesforce.ErrLimit) {
		t.Fatalf("error is %v, want ErrLimit", err)
	}
	if at, _ := f.shelf.Watermark(t.Context(), "", "Contact"); !at.IsZero() {
		t.Errorf("watermark is %v, want none", at)
	}
	f.sync(replica.SyncRequest{Object: "Contact"})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 50 {
		t.Errorf("%d contacts held, want 50", n)
	}
}

// TestWatermarkIsNeverAhead checks each commit: its watermark is the org's own
// stamp, of a record of that commit or one before.
func TestWatermarkIsNeverAhead(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	f.create("Contact", contact("Anfang", "030 23125-190"))
	f.sync(replica.SyncRequest{Object: "Contact"})
	for range 5 {
		f.pass(time.Minute)
		f.must(f.org.Generate(30, nil))
	}
	f.shelf.fail = errors.New("disk full")
	if _, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, nil); err == nil {
		t.Fatal("no error")
	}
	f.sync(replica.SyncRequest{Object: "Contact"})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 151 {
		t.Errorf("%d contacts held, want 151", n)
	}
	var newest time.Time
	for _, c := range f.shelf.applied {
		for _, r := range c.Upsert {
			if r.Stamp.After(newest) {
				newest = r.Stamp
			}
		}
		if c.Watermark.After(newest) {
			t.Errorf("watermark %v is ahead of %v", c.Watermark, newest)
		}
		if len(c.Upsert)+len(c.Delete) > 2000 {
			t.Errorf("%d records in one commit", len(c.Upsert)+len(c.Delete))
		}
	}
}

func TestDryRunAndLimit(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	f.must(f.org.Generate(50, nil))
	if result := f.sync(replica.SyncRequest{DryRun: true}); result.Read != 51 || len(f.shelf.applied) != 0 {
		t.Errorf("%d read, %d commits; want 51 and none", result.Read, len(f.shelf.applied))
	}
	if result := f.sync(replica.SyncRequest{Object: "Contact", Limit: 25}); result.Read != 25 {
		t.Errorf("%d read, want 25", result.Read)
	}
	if at, _ := f.shelf.Watermark(t.Context(), "", "Contact"); !at.IsZero() {
		t.Error("a limited sync set the watermark")
	}
}

func TestEmptiedObjectIsKept(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", contact("Noch da", "030 23125-200"))
	f.sync(replica.SyncRequest{})
	f.must(f.org.Purge("Contact", id))
	result := f.sync(replica.SyncRequest{Object: "Contact", Full: true})
	f.holds(id, true)
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "View All Records") {
		t.Errorf("warnings are %q", result.Warnings)
	}
}

func TestKeysOfAnotherOrg(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	other := replica.New(replica.Config{
		Org: lookup.OrgConfig{ID: "00D7Q0000000002"}, Client: f.client, Directory: f.shelf,
	})
	_, err := other.Sync(t.Context(), replica.SyncRequest{}, nil)
	if err == nil || len(f.shelf.applied) != 0 {
		t.Fatalf("error is %v after %d commits; the orgs mix", err, len(f.shelf.applied))
	}
	for _, s := range other.Status() {
		if s.LastError == "" || s.Cure == "" {
			t.Errorf("status is %+v", s)
		}
	}
}

func TestUnknownObject(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	if _, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Case"}, nil); err == nil {
		t.Error("no error")
	}
}

func TestProgress(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.must(f.org.Generate(5000, nil))
	var done []int
	_, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, func(s lookup.SyncStatus) {
		if s.Total == 5000 {
			done = append(done, s.Done)
		}
	})
	f.must(err)
	done = slices.Compact(done) // a new phase tells the same number again
	if !slices.Equal(done, []int{0, 2000, 4000, 5000}) {
		t.Errorf("progress is %v", done)
	}
}

// TestRenamedCompany: an account's new name reaches its contacts, whose own
// stamps do not move.
func TestRenamedCompany(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	company := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH"})
	var staff []string
	for i := range 25 {
		staff = append(staff, f.create("Contact", salesforcetest.Fields{"LastName": fmt.Sprint("Muster", i), "AccountId": company}))
	}
	f.pass(time.Hour)
	f.create("Contact", contact("Neu", "030 23125-201")) // moves the watermark on
	f.sync(replica.SyncRequest{})
	f.pass(time.Hour)
	f.must(f.org.Update("Account", company, salesforcetest.Fields{"Name": "Beispiel AG"}))
	f.sync(replica.SyncRequest{Object: "Account"})
	f.org.Inject(salesforcetest.Fault{Path: "/query/", Code: "REQUEST_LIMIT_EXCEEDED"})
	if _, err := f.replica.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, nil); err == nil {
		t.Fatal("no error")
	}
	f.sync(replica.SyncRequest{Object: "Contact"})
	for _, id := range staff {
		if r, _ := f.shelf.get(id); r.Company != "Beispiel AG" {
			t.Fatalf("%s works for %s", r.Name, r.Company)
		}
	}
}

// TestMassUpdateIsNotReadForever: the overlap shrinks as the org's clock goes
// on, although no newer stamp moves the watermark.
func TestMassUpdateIsNotReadForever(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.pass(time.Since(f.now) - 15*time.Minute)
	f.must(f.org.Generate(100, nil))
	f.pass(15 * time.Minute)
	f.sync(replica.SyncRequest{Object: "Contact"})
	if again := f.sync(replica.SyncRequest{Object: "Contact"}); again.Read != 0 {
		t.Errorf("%d records read again after a full run, want none", again.Read)
	}
	restarted := replica.New(replica.Config{Org: lookup.OrgConfig{ID: f.org.ID()}, Client: f.client, Directory: f.shelf})
	for _, want := range []int{100, 0} {
		result, err := restarted.Sync(t.Context(), replica.SyncRequest{Object: "Contact"}, nil)
		if f.must(err); result.Read != want {
			t.Errorf("%d records read again after a restart, want %d", result.Read, want)
		}
	}
}

// TestWrongClockIsNotBelieved: with a clock hours ahead in the replies, nothing
// must count as settled.
func TestWrongClockIsNotBelieved(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", contact("Alt", "030 23125-210"))
	f.pass(time.Since(f.now) + 3*time.Hour)
	f.must(f.org.Update("Contact", id, salesforcetest.Fields{"Title": "x"}))
	for range 3 {
		if result := f.sync(replica.SyncRequest{Object: "Contact"}); result.Read != 1 {
			t.Errorf("%d records read, want 1", result.Read)
		}
	}
}

// TestRenamedCompanyOfAFailedSync: the sync of accounts that saw the new name
// failed afterwards, and the full one of contacts that should show it as well.
func TestRenamedCompanyOfAFailedSync(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{PageSize: 10})
	var companies, staff []string
	for i := range 25 {
		companies = append(companies, f.create("Account", salesforcetest.Fields{"Name": fmt.Sprint("Beispiel ", i)}))
		staff = append(staff, f.create("Contact", salesforcetest.Fields{"LastName": fmt.Sprint("Muster ", i), "AccountId": companies[i]}))
	}
	f.pass(time.Hour)
	f.create("Contact", contact("Neu", "030 23125-201")) // moves the watermark on
	f.sync(replica.SyncRequest{})
	fails := func(q replica.SyncRequest, skip int) {
		t.Helper()
		f.org.Inject(salesforcetest.Fault{Path: "/query", Code: "REQUEST_LIMIT_EXCEEDED", Skip: skip})
		if _, err := f.replica.Sync(t.Context(), q, nil); err == nil {
			t.Fatal("no error")
		}
		f.org.ClearFaults()
	}
	renamed := func(name string) {
		t.Helper()
		for _, id := range staff {
			if r, _ := f.shelf.get(id); r.Company != name {
				t.Fatalf("%s works for %s, want %s", r.Name, r.Company, name)
			}
		}
	}
	rename := func(name string) {
		for _, id := range companies {
			f.pass(replica.DefaultSyncOverlap + time.Minute)
			f.must(f.org.Update("Account", id, salesforcetest.Fields{"Name": name}))
		}
	}
	rename("Beispiel AG")
	fails(replica.SyncRequest{Object: "Account"}, 1) // after its first page
	f.pass(time.Hour)
	f.sync(replica.SyncRequest{Object: "Account"})
	fails(replica.SyncRequest{Object: "Contact", Full: true}, 3)
	f.sync(replica.SyncRequest{Object: "Contact"})
	renamed("Beispiel AG")
	rename("Beispiel SE")
	f.sync(replica.SyncRequest{Object: "Account", Full: true})
	f.sync(replica.SyncRequest{Object: "Contact"})
	renamed("Beispiel SE")
}
