package replica_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// batching is an org of users alone that answers batches, slowly.
type batching struct {
	*clockwork
	took time.Duration
	err  error
}

func (b *batching) QueryAllEach(_ context.Context, soqls []string) ([]iter.Seq2[salesforce.Record, error], error) {
	time.Sleep(b.took)
	if b.err != nil {
		return nil, b.err
	}
	each := make([]iter.Seq2[salesforce.Record, error], len(soqls))
	for i := range each {
		each[i] = func(func(salesforce.Record, error) bool) {}
		if i == 0 {
			each[i] = func(yield func(salesforce.Record, error) bool) {
				yield(salesforce.NewRecord(map[string]any{"Id": "005000000000001AAA", "IsActive": true, "SystemModstamp": "2026-11-02T10:00:00.000+0000"}), nil)
			}
		}
	}
	return each, nil
}

// peopleShelf keeps users.
type peopleShelf struct {
	*shelf
	applied int
}

func (p *peopleShelf) ApplyUsers(context.Context, lookup.UserChanges) error {
	p.applied++
	return nil
}

// The day may be over while users are being asked for.
func TestUsersAtTheEndOfADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &batching{clockwork: &clockwork{start: time.Now()}, took: 2 * time.Second}, &peopleShelf{shelf: newShelf()}
		r := replica.New(replica.Config{Client: b, Directory: p})
		for _, pause := range []time.Duration{24*time.Hour - time.Second, 0} {
			if err := r.SyncUsers(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			time.Sleep(pause)
		}
		if p.applied != 2 {
			t.Errorf("users were written %d times", p.applied)
		}
	})
}

// An org that takes no batches tells its users one query at a time.
func TestUsersWithoutBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &batching{clockwork: &clockwork{start: time.Now()}}, &peopleShelf{shelf: newShelf()}
		b.err = &salesforce.Error{Op: "query batch", Status: 404, Code: "NOT_FOUND"}
		r := replica.New(replica.Config{Client: b, Directory: p})
		if err := r.SyncUsers(t.Context(), 0); err != nil || p.applied != 1 {
			t.Errorf("users were written %d times, err %v", p.applied, err)
		}
	})
}

// Accounts that wait for their contacts wait on where the turn ends before it
// comes to them.
func TestRenamedCompanyOfATurnThatEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	account := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "Phone": "030 23125-0"})
	id := f.create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": "030 23125101", "AccountId": account})
	f.must(f.replica.Poll(t.Context()))
	f.pass(time.Hour)
	f.create("Contact", contact("Neu", "030 23125-102")) // so that the other one is not read again
	f.must(f.replica.Poll(t.Context()))
	f.pass(time.Minute)
	f.must(f.org.Update("Account", account, salesforcetest.Fields{"Name": "Muster GmbH"}))
	f.must(f.replica.Poll(t.Context())) // notes the account
	f.org.Inject(salesforcetest.Fault{Path: "/services/data", Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Times: 3})
	if err := f.replica.Poll(t.Context()); err == nil {
		t.Fatal("the turn did not fail")
	}
	f.org.ClearFaults()
	f.pass(time.Hour)
	f.must(f.replica.Poll(t.Context()))
	if r, _ := f.shelf.get(id); r.Company != "Muster GmbH" {
		t.Errorf("the contact's company is %q", r.Company)
	}
}

// An account that is renamed in the very moment of another change, or in a
// transaction that becomes visible late, hands its name on as well; and only once.
func TestRenamedCompanyBehindTheWatermark(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	account := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "Phone": "030 23125-0"})
	other := f.create("Account", salesforcetest.Fields{"Name": "Andere GmbH", "Phone": "0221 4710-0"})
	id := f.create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": "030 23125101", "AccountId": account})
	f.must(f.replica.Poll(t.Context()))
	f.pass(time.Hour)
	f.create("Contact", contact("Neu", "030 23125-102")) // so that the other one is not read again
	f.must(f.replica.Poll(t.Context()))
	f.pass(time.Minute)
	f.must(f.org.Update("Account", other, salesforcetest.Fields{"Name": "Neue GmbH"}))
	f.must(f.replica.Poll(t.Context()))
	f.must(f.org.Update("Account", account, salesforcetest.Fields{"Name": "Muster GmbH"})) // with the same stamp
	f.must(f.replica.Poll(t.Context()))                                                    // notes the account
	f.must(f.replica.Poll(t.Context()))
	if r, _ := f.shelf.get(id); r.Company != "Muster GmbH" {
		t.Errorf("the contact's company is %q", r.Company)
	}
	before := f.shelf.written(id)
	f.must(f.replica.Poll(t.Context()))
	f.must(f.replica.Poll(t.Context()))
	if n := f.shelf.written(id) - before; n != 0 {
		t.Errorf("the contact was read %d times more", n)
	}
}

// Whoever has a token cannot spend the calls that Usage keeps for others.
func TestRefreshKeepsTheReserve(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	id := f.create("Contact", contact("Beispiel", "030 23125101"))
	f.sync(replica.SyncRequest{})
	f.org.SetLimit(960, 1000)
	if _, err := f.client.ReadLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := f.client.Limits().Used
	if _, err := f.replica.Refresh(t.Context(), "Contact", []string{id}); err == nil {
		t.Error("records are read although 96 per cent of the calls are used")
	}
	if n := f.client.Limits().Used - before; n != 0 {
		t.Errorf("%d calls were spent", n)
	}
}
