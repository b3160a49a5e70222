package daemon_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest/pubsubtest"
)

// tells has the toy org tell changes, but for leads.
func (w *world) tells() *pubsubtest.Server {
	w.t.Helper()
	server := pubsubtest.New(w.org, pubsubtest.Options{First: 10 * time.Millisecond})
	server.Select("Account", "Contact")
	w.must(server.Start())
	w.t.Cleanup(server.Stop)
	d := w.document()
	d.Orgs[0].ChangeEvents = true
	d.Orgs[0].Connection.PubSubURL = server.URL()
	d.Orgs[0].Schedule = lookup.Schedule{Interval: "off", Full: "off"}
	w.load(d, false)
	return server
}

// metric is the value of a metric of contacts.
func (w *world) metric(name string) float64 {
	w.t.Helper()
	found := regexp.MustCompile(name + `\{object="Contact",org="[^"]*"\} (\S+)`).FindStringSubmatch(w.get("/metrics"))
	if found == nil {
		return -1
	}
	v, err := strconv.ParseFloat(found[1], 64)
	w.must(err)
	return v
}

// TestChangeEvents: what somebody enters in Salesforce pops two seconds later,
// without any polling, also after the stream has been cut, the session has expired
// and the bridge has been restarted; an object that is not selected is named.
func TestChangeEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tcp")
	server := w.tells()
	stands := func() {
		t.Helper()
		await(t, "the stream of contacts stands and nothing is polled", func() bool {
			return w.metric("ctibridge_change_stream_up") == 1 && w.metric("ctibridge_sync_age_seconds") > 0.3
		})
	}
	stands()
	client := w.client()
	defer func() { client.Close() }()
	rename := func(last string) (took time.Duration) {
		t.Helper()
		begun := time.Now()
		w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"LastName": last}))
		await(t, "the new name is found", func() bool {
			found, err := client.Lookup(t.Context(), "", []string{berta.Number})
			w.must(err)
			return len(found[0].Matches) == 1 && found[0].Matches[0].Name == "Berta "+last
		})
		return time.Since(begun)
	}
	took := rename("Umbenannt")
	if age := w.metric("ctibridge_sync_age_seconds"); age < took.Seconds() {
		t.Errorf("contacts were polled %.3f s ago, after the change %s ago", age, took)
	}
	t.Logf("a change is found after %s", took)
	if took > 2*time.Second {
		t.Errorf("a change was found after %s, want 2 s at most", took)
	}
	ada := w.signIn(adaEmail, "ada-1", true)
	w.pbx.Ring(adaExt, berta)
	if c := ada.finds(bridge.Ringing); len(c.Matches) != 1 || c.Matches[0].Name != "Berta Umbenannt" {
		t.Errorf("popped %+v", c.Matches)
	}
	if n := w.metric("ctibridge_change_events_total"); n != 1 {
		t.Errorf("%v events were counted", n)
	}

	findings, err := client.Check(t.Context())
	w.must(err)
	if all := fmt.Sprintf("%+v", findings); !strings.Contains(all, "tell changes of Lead") || !strings.Contains(all, "Setup, Change Data Capture") || strings.Contains(all, "changes of Contact") {
		t.Errorf("check says\n%s", all)
	}

	w.org.ExpireSessions()
	rename("Abgelaufen")
	server.Stop()
	w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"LastName": "Unterwegs"}))
	w.must(server.Start())
	rename("Wiederda")
	stands()
	w.stop()
	w.must(w.org.Update("Contact", w.seed.Known, salesforcetest.Fields{"LastName": "Nachts"}))
	w.start()
	client.Close()
	client = w.client()
	rename("Morgens")
	stands()
}
