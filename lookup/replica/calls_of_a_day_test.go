package replica_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// inProcess asks a simulated org without a network, so that time can be a bubble's.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = io.NopCloser(http.NoBody)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// workday is a running replica of a simulated org in which agents are signed in.
type workday struct {
	t       *testing.T
	org     *salesforcetest.Org
	client  *salesforce.Client
	shelf   *peopleShelf
	replica *replica.Replica
	events  *telling // where change events are on

	contacts, accounts []string
	late               time.Duration // the latest that a change of a number was found
}

// startedOrg is an org that has an address, outside the bubble in which it is asked.
func startedOrg(t *testing.T) *salesforcetest.Org {
	t.Helper()
	org := salesforcetest.NewOrg(salesforcetest.Options{Now: time.Now})
	if err := org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = org.Close() })
	return org
}

// newWorkday starts it, with change events or without, until stop.
func newWorkday(t *testing.T, org *salesforcetest.Org, events bool) (w *workday, stop func()) {
	t.Helper()
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(),
		HTTPClient: &http.Client{Transport: inProcess{org.Handler()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w = &workday{t: t, org: org, client: client, shelf: &peopleShelf{shelf: newShelf()}}
	org.AddUser(salesforcetest.User{LastName: "Agent", Username: "ada@example.com", Email: "ada@example.com"})
	for i := range 100 {
		account := w.create("Account", salesforcetest.Fields{"Name": fmt.Sprintf("Beispiel %d GmbH", i), "Phone": "030 23125-0"})
		w.accounts = append(w.accounts, account)
		w.contacts = append(w.contacts, w.create("Contact", salesforcetest.Fields{"LastName": "Beispiel", "Phone": "030 23125101", "AccountId": account}))
		w.create("Lead", salesforcetest.Fields{"LastName": "Muster", "Company": "Muster AG", "Phone": "030 23125103"})
	}
	w.create("Case", salesforcetest.Fields{"AccountId": w.accounts[0], "ContactId": w.contacts[0]})
	config := replica.Config{Org: lookup.OrgConfig{ID: org.ID(), Schedule: lookup.Schedule{Full: lookup.Off}}, Client: client, Directory: w.shelf}
	if events {
		w.events = newTelling()
		config.Org.ChangeEvents, config.Events = true, w.events
	}
	w.replica = replica.New(config)
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = w.replica.Run(ctx) })
	run.Go(func() { w.watchUsers(ctx) })
	synctest.Wait()
	if events {
		w.events.alive()
	}
	time.Sleep(2 * time.Second)
	return w, func() { cancel(); run.Wait() }
}

func (w *workday) create(object string, f salesforcetest.Fields) string {
	w.t.Helper()
	id, err := w.org.Create(object, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// watchUsers asks for users as the daemon does while agents are signed in.
func (w *workday) watchUsers(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = w.replica.SyncUsers(ctx, replica.UsersFresh)
		}
	}
}

// tell has a change known as the org would, by an event or an outbound message.
func (w *workday) tell(object, id string) {
	if w.events == nil {
		w.replica.Hint(object, []string{id})
		return
	}
	topic := map[string]string{"Contact": contactTopic, "Account": accountTopic}[object]
	w.events.line(topic) <- told{Batch: pubsub.Batch{
		Events: []pubsub.Event{{Entity: object, IDs: []string{id}, Change: pubsub.Update}}, Replay: []byte(id),
	}}
}

// change changes the number of a contact or the name of an account, and tells what
// a look-up has to find.
func (w *workday) change(n int) (object, id string, there func() bool) {
	w.t.Helper()
	if i := n % len(w.accounts); n%3 == 0 {
		name := fmt.Sprintf("Muster %d GmbH", n)
		if err := w.org.Update("Account", w.accounts[i], salesforcetest.Fields{"Name": name}); err != nil {
			w.t.Fatal(err)
		}
		return "Account", w.accounts[i], func() bool {
			account, _ := w.shelf.get(w.accounts[i])
			contact, _ := w.shelf.get(w.contacts[i])
			return account.Name == name && contact.Company == name
		}
	}
	i := n % len(w.contacts)
	if err := w.org.Update("Contact", w.contacts[i], salesforcetest.Fields{"Phone": fmt.Sprintf("030 23125%03d", n%1000)}); err != nil {
		w.t.Fatal(err)
	}
	number := lookup.Number(fmt.Sprintf("+493023125%03d", n%1000))
	return "Contact", w.contacts[i], func() bool {
		r, _ := w.shelf.get(w.contacts[i])
		return len(r.Numbers) == 1 && r.Numbers[0] == number
	}
}

// pending is a change that no look-up finds yet.
type pending struct {
	at    time.Time
	there func() bool
}

// A day of 10,000 scattered changes, among them renamed accounts of contacts, takes
// at most 1,500 of the org's calls while agents are signed in, whoever tells the
// changes. Half an hour uses up the early reads; a quarter of the day is counted
// then, and a full run.
func TestCallsOfADay(t *testing.T) {
	t.Parallel()
	const (
		between = 24 * time.Hour / 10_000
		part    = int(6 * time.Hour / between)
		warm    = int(30 * time.Minute / between)
		// Pages and polls of three Bulk jobs of a million records at night are not
		// seen here.
		unseen, most = 150, 1500
	)
	for name, c := range map[string]struct {
		events, tell bool
		late         time.Duration
	}{
		"polling":           {late: 2*lookup.DefaultSyncInterval + 2*time.Second},
		"change events":     {events: true, tell: true, late: replica.HintShare + 2*time.Second},
		"outbound messages": {tell: true, late: 2*lookup.DefaultSyncInterval + 2*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := startedOrg(t)
			synctest.Test(t, func(t *testing.T) {
				w, stop := newWorkday(t, org, c.events)
				defer stop()
				w.changes(0, warm, between, c.tell)
				before := w.used()
				w.changes(warm, part, between, c.tell)
				quarter := w.used() - before
				if _, err := w.replica.Sync(t.Context(), replica.SyncRequest{Full: true}, nil); err != nil {
					t.Fatal(err)
				}
				night := w.used() - before - quarter
				day := 4*quarter + replica.EarlyReads + night + unseen
				t.Logf("%d calls a day: 4 times %d, %d early reads at first, %d and %d at night; changes found within %v",
					day, quarter, replica.EarlyReads, night, unseen, w.late)
				if day > most {
					t.Errorf("%d calls a day, want at most %d", day, most)
				}
				if w.late > c.late {
					t.Errorf("a change was found after %v, want %v at most", w.late, c.late)
				}
			})
		})
	}
}

// A change now and then is found at once, also when it is of what contacts show of
// their account; and so is the one after a day of drizzle, once that is over.
func TestLoneChange(t *testing.T) {
	t.Parallel()
	for name, events := range map[string]bool{"change events": true, "outbound messages": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			org := startedOrg(t)
			synctest.Test(t, func(t *testing.T) {
				w, stop := newWorkday(t, org, events)
				defer stop()
				for n := range 40 {
					if !events && n%3 == 0 {
						n++ // a message does not say that an account was renamed
					}
					time.Sleep(17 * time.Minute)
					w.changes(n, 1, 2*time.Second, true)
				}
				if w.late > 2*time.Second || w.late == 0 {
					t.Errorf("a change was found after %v", w.late)
				}
				w.changes(100, 200, 8*time.Second, true)
				time.Sleep(20 * time.Minute)
				w.late = 0
				w.changes(301, 1, 2*time.Second, true)
				if w.late > 2*time.Second || w.late == 0 {
					t.Errorf("after a drizzle a change was found after %v", w.late)
				}
			})
		})
	}
}

func (w *workday) used() int { return w.client.Limits().Used }

// changes makes some changes, one after the other, and notes in w.late how long it
// took until a look-up found them; one that is not found before the record changes
// again, or four minutes after the last one, is a failure.
func (w *workday) changes(from, n int, between time.Duration, tell bool) {
	w.t.Helper()
	waiting, end := map[string]pending{}, from+n
	look := func() {
		for id, p := range waiting {
			if p.there() {
				w.late = max(w.late, time.Since(p.at))
				delete(waiting, id)
			}
		}
	}
	for n := from; n < end; n++ {
		object, id, there := w.change(n)
		if tell {
			w.tell(object, id)
		}
		if _, still := waiting[id]; still {
			w.t.Fatalf("%s was not found before it changed again: %+v", id, w.replica.Status())
		}
		waiting[id] = pending{time.Now(), there}
		for range 8 {
			time.Sleep(between / 8)
			look()
		}
	}
	for last := time.Now(); len(waiting) > 0 && time.Since(last) < 4*time.Minute; look() {
		time.Sleep(time.Second)
	}
	if len(waiting) > 0 {
		w.t.Fatalf("%d changes were not found", len(waiting))
	}
}
