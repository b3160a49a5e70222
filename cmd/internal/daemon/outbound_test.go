package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// hinted counts what reading what the org told of has cost it so far, where there is
// no polling and nobody is signed in.
func (w *world) hinted() int { return w.org.Requests("/queryAll") + w.org.Requests("/composite") }

// unpolled takes the timetable away.
func (w *world) unpolled() {
	w.t.Helper()
	d := w.document()
	d.Orgs[0].Schedule = lookup.Schedule{Interval: lookup.Off, Full: lookup.Off}
	w.load(d, false)
	await(w.t, "the new timetable holds and nothing is polled", func() bool {
		return w.org.Requests("/composite") > 0 && w.metric("ctibridge_sync_age_seconds") > 0.5
	})
}

// TestOutboundMessages lets the org itself post its changes: one is found at once,
// duplicates cost one read, and what changes while the bridge is away is posted
// again until it is back.
func TestOutboundMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tcp")
	w.unpolled()
	client := w.client()
	path, err := client.NewOutboundAddress(t.Context(), w.org.ID())
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	w.must(w.org.AddOutbound(salesforcetest.Outbound{
		Object: "Contact", Endpoint: w.url() + path, Fields: []string{"LastName", "Phone"},
		Retry: 100 * time.Millisecond, Repeat: 100, Shuffle: true,
	}))
	settled := func() bool { return w.org.OutboundStatus().Waiting == 0 }

	before, begun := w.hinted(), time.Now()
	w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"Phone": "0172 9968532"}))
	w.known("0172 9968532")
	took := time.Since(begun)
	t.Logf("found %v after the change", took.Round(time.Millisecond))
	if took > waitFor/2 {
		t.Errorf("found %v after the change, by polling as it seems", took)
	}
	await(t, "the message has been posted twice", settled)
	if s := w.org.OutboundStatus(); s.Messages != 2 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
	w.must(w.org.Update("Contact", w.seed.TwoNumbers, salesforcetest.Fields{"Phone": "0172 9973185"}))
	w.known("0172 9973185") // whatever the duplicate asked for has been asked for by now
	if n := w.hinted() - before; n != 2 {
		t.Errorf("two changes and a duplicate of one cost %d calls", n)
	}

	await(t, "nothing waits", settled)
	failed := w.org.OutboundStatus().Failed
	w.stop()
	w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"Phone": "0172 9925904"}))
	await(t, "the org has posted in vain, and again", func() bool { return w.org.OutboundStatus().Failed >= failed+2 })
	w.start()
	await(t, "what was posted in vain has come", settled)
	w.known("0172 9925904")
}

// known waits until a number is found.
func (w *world) known(number string) {
	w.t.Helper()
	client := w.client()
	defer client.Close()
	await(w.t, "a number is found", func() bool {
		found, err := client.Lookup(w.t.Context(), "", []string{number})
		return err == nil && len(found) > 0 && len(found[0].Matches) > 0
	})
}

// TestLeakedOutboundAddress: whoever has learned the address can spend the budget
// of hints in calls that are shared, and nothing beyond it.
func TestLeakedOutboundAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tcp")
	w.unpolled()
	client := w.client()
	defer client.Close()
	path, err := client.NewOutboundAddress(t.Context(), w.org.ID())
	if err != nil {
		t.Fatal(err)
	}
	const chunk = 200 // records a query
	before, used := w.hinted(), w.org.Requests("/services/data/")
	// More than the budget pays for, some 20,000 at a time, which is what waits.
	record, message := 0, 0
	for message < 2*replica.DefaultHintBudget*chunk/100 {
		var b strings.Builder
		for range 100 {
			record++
			fmt.Fprintf(&b, `<Notification><Id>04l%012d</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>003%012d</sf:Id></sObject></Notification>`, record, record)
		}
		one := notification(w.org.ID(), "1", "Contact", "003000000000000AAA")
		at, end := strings.Index(one, "<Notification>"), strings.Index(one, "</notifications>")
		if status, reply := w.post(path, "", one[:at]+b.String()+one[end:]); status != http.StatusOK {
			t.Fatalf("answered %d: %s", status, reply)
		}
		message++
	}
	spent := w.hinted() - before
	t.Logf("%d records in %d messages cost %d calls", record, message, spent)
	for range 50 { // and on
		record++
		w.post(path, "", notification(w.org.ID(), fmt.Sprint("more", record), "Contact", fmt.Sprintf("003%012d", record)))
	}
	// A query for each 200, five of them a call, in as many reads as do not wait for
	// others.
	if n := w.org.Requests("/services/data/") - used; n < 5 || n > replica.DefaultHintBudget/4 {
		t.Errorf("%d calls of the org, of a budget of %d queries", n, replica.DefaultHintBudget)
	}
	// Who has a token still reads what has changed.
	w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"Phone": "0172 9968532"}))
	token, err := client.NewToken(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if status, reply := w.post("/api/v1/sync/"+w.org.ID()+"/Contact", token, `{"ids": ["`+w.seed.Known+`"]}`); status != http.StatusOK || reply != "{\"synced\":1}\n" {
		t.Errorf("answered %d: %s", status, reply)
	}
	w.known("0172 9968532")
}
