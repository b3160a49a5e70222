package replica_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// What is hinted at is read as it is now, whatever the hint was about.
func TestHint(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	stays := f.create("Contact", contact("Maria Beispiel", "030 23125101"))
	f.sync(replica.SyncRequest{})
	f.pass(time.Minute)
	added := f.create("Contact", contact("Berta Beispiel", "030 23125102"))
	gone := f.create("Contact", contact("Bernd Beispiel", "030 23125103"))
	lead := f.create("Lead", salesforcetest.Fields{"LastName": "Beispiel", "Company": "Beispiel GmbH", "Phone": "030 23125104"})
	hint := func(object string, ids ...string) {
		t.Helper()
		f.replica.Hint(object, ids)
		f.must(f.replica.ReadHints(t.Context()))
	}
	hint("Contact", added[:15], added, gone, "no id", lead)
	f.holds(added, true)
	f.holds(gone, true)
	f.holds(lead, false) // it is no contact
	hint("Lead", lead)
	f.holds(lead, true)
	f.pass(time.Second)
	f.must(f.org.Delete("Contact", gone))
	hint("Contact", gone, stays)
	f.holds(gone, false)
	f.holds(stays, true)
	if n, err := f.replica.Refresh(t.Context(), "Contact", []string{added[:15], stays}); n != 2 || err != nil {
		t.Errorf("refreshed %d, %v", n, err)
	}
	if _, err := f.replica.Refresh(t.Context(), "Beverage__c", []string{added}); err == nil {
		t.Error("an object that is not copied was refreshed")
	}
	if s := f.replica.HintStatus(); s.Records != 6 || s.Read != 6 || s.Left != 0 || s.Budget != replica.DefaultHintBudget-3 {
		t.Errorf("%+v", s)
	}
}

// Before the first sync there is nothing to add to.
func TestHintBeforeTheFirstSync(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", contact("Maria Beispiel", "030 23125101"))
	f.replica.Hint("Contact", []string{id})
	f.replica.Hint("Beverage__c", []string{id})
	f.must(f.replica.ReadHints(t.Context()))
	f.holds(id, false)
	if s := f.replica.HintStatus(); s.Records != 1 || s.Left != 1 {
		t.Errorf("%+v", s)
	}
}

// hinted is an org whose every record asked for by id is there, and whose full
// runs never end while held is open.
type hinted struct {
	searched
	mu      sync.Mutex
	queries []int // ids asked for, by query
	held    chan struct{}
}

func (h *hinted) QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return func(yield func(salesforce.Record, error) bool) {
		_, list, byID := strings.Cut(soql, "WHERE Id IN (")
		if !byID {
			if h.held != nil {
				select {
				case <-h.held:
				case <-ctx.Done():
					yield(salesforce.Record{}, ctx.Err())
				}
			}
			return
		}
		ids := strings.Split(strings.Trim(strings.SplitN(list, ")", 2)[0], "'"), "', '")
		h.mu.Lock()
		h.queries = append(h.queries, len(ids))
		h.mu.Unlock()
		for _, id := range ids {
			row := salesforce.NewRecord(map[string]any{"Id": id, "Phone": "030 23125101", "SystemModstamp": "2026-11-02T10:00:00.000+0000"})
			if !yield(row, nil) {
				return
			}
		}
	}
}

// asked are the sizes of the queries so far.
func (h *hinted) asked() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprint(h.queries)
}

func contactIDs(from, n int) (ids []string) {
	for i := range n {
		id, err := salesforce.NormalizeID(fmt.Sprintf("003%012d", from+i))
		if err != nil {
			panic(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// A burst is a query for each 200 records, read within two seconds, beside a
// full run; beyond the hour's budget all is left to the next sync.
func TestHintsOfRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &hinted{}
		r := replica.New(replica.Config{
			Org: lookup.OrgConfig{ID: "00D000000000001EAA"}, Client: source, Directory: newShelf(), Interval: 24 * time.Hour, HintBudget: 4,
		})
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = r.Run(ctx) })
		synctest.Wait()
		source.held = make(chan struct{})
		run.Go(func() {
			if _, err := r.Sync(ctx, replica.SyncRequest{Full: true}, nil); !errors.Is(err, context.Canceled) {
				t.Errorf("the full run ended with %v", err)
			}
		})
		synctest.Wait()
		for _, id := range contactIDs(0, 450) {
			r.Hint("Contact", []string{id, id})
		}
		time.Sleep(time.Second)
		if got := source.asked(); got != "[200 200 50]" {
			t.Errorf("asked for %s", got)
		}
		r.Hint("Contact", contactIDs(1000, 30_000))
		time.Sleep(time.Second)
		if s := r.HintStatus(); s.Read != 650 || s.Left != 30_000-200 || s.Budget != 0 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
		r.Hint("Contact", contactIDs(50_000, 1))
		time.Sleep(time.Second)
		if s := r.HintStatus(); s.Read != 651 || s.Budget != 3 {
			t.Errorf("in the next hour: %+v", s)
		}
		stop()
		run.Wait()
	})
}
