package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// A turn of polling costs one call, whatever it brings; an org that takes no
// batches is polled all the same.
func TestPollingCostsOneCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t, salesforcetest.Options{})
	var ids []string
	for i := range 3 {
		ids = append(ids, f.create("Contact", contact(fmt.Sprintf("Beispiel %d", i), "030 23125101")))
	}
	account := f.create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH", "Phone": "030 23125-0"})
	f.must(f.org.Update("Contact", ids[0], salesforcetest.Fields{"AccountId": account}))
	poll := func(what string, want int) {
		t.Helper()
		before := f.client.Limits().Used
		f.must(f.replica.Poll(t.Context()))
		if n := f.client.Limits().Used - before; n != want {
			t.Errorf("%s cost %d calls, want %d", what, n, want)
		}
	}
	f.must(f.replica.Poll(t.Context())) // describes and reads all
	f.pass(time.Hour)
	poll("nothing new", 1)
	f.must(f.org.Update("Contact", ids[1], salesforcetest.Fields{"Phone": "030 23125102"}))
	f.must(f.org.Delete("Contact", ids[2]))
	f.create("Lead", salesforcetest.Fields{"LastName": "Muster", "Company": "Muster AG", "Phone": "030 23125103"})
	f.must(f.org.Update("Account", account, salesforcetest.Fields{"Name": "Muster GmbH"}))
	poll("changes of all kinds, the first lead among them", 4)
	if r, _ := f.shelf.get(ids[1]); len(r.Numbers) != 1 || r.Numbers[0] != "+493023125102" {
		t.Errorf("the contact has %v", r.Numbers)
	}
	f.holds(ids[2], false)
	f.pass(time.Minute)
	poll("the company's new name", 1)
	if r, _ := f.shelf.get(ids[0]); r.Company != "Muster GmbH" {
		t.Errorf("the contact's company is %q", r.Company)
	}

	f.org.Inject(salesforcetest.Fault{Path: "/composite", Status: 404, Code: "NOT_FOUND", Times: -1})
	f.must(f.org.Update("Contact", ids[1], salesforcetest.Fields{"Phone": "030 23125104"}))
	f.pass(time.Minute)
	poll("without batches", 3)
	poll("without batches", 3)
	if r, _ := f.shelf.get(ids[1]); len(r.Numbers) != 1 || r.Numbers[0] != "+493023125104" {
		t.Errorf("without batches the contact has %v", r.Numbers)
	}
}
