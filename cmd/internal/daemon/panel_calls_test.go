package daemon_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
)

// TestPanelOfCalls: what an administrator does on the pages about calls acts on the
// running bridge: a call that rings is found with its trace, an exclusion keeps the
// next one out at once, and what is kept is handed out and erased.
func TestPanelOfCalls(t *testing.T) {
	w := newWorld(t, "tcp")
	p := w.panel()
	ada := w.signIn(adaEmail, "ada-1", true)
	rings := func(from string) (over func()) {
		caller := berta
		caller.Number = from
		h := w.pbx.Ring(adaExt, caller)
		return func() { w.must(w.pbx.CallerHangsUp(h)) }
	}

	over := rings("+493023125101")
	c := ada.finds(bridge.Ringing)
	page := p.post("/admin/calls", url.Values{"number": {"030 23125-101"}, "outcome": {"live"}})
	if !strings.Contains(page, `id="open-`+string(c.ID)) || strings.Contains(page, "23125101") {
		t.Errorf("the search for a call that rings shows %s", page)
	}
	page = p.post("/admin/calls", url.Values{"number": {"030 23125-102"}})
	if strings.Contains(page, `id="open-`) {
		t.Error("another number finds the call")
	}
	if _, page := fetch(t, p.http, w.url()+"/admin/calls/"+string(c.ID)); !strings.Contains(page, "popped: shown to the agent") {
		t.Errorf("the call's page is %s", page)
	}
	over()
	ada.ends(c.ID, bridge.EndAbandoned)

	p.post("/admin/calls/exclusions", url.Values{"number": {"030 23125-101"}, "reason": {"works council"}})
	over = rings("+493023125101")
	over()
	over = rings(stranger.Number) // what comes after it is shown: it was not
	if next := ada.finds(bridge.Ringing); next.Party.Number != stranger.Number {
		t.Errorf("an excluded call is shown: %+v", next.Party)
	}
	over()
	if got := w.why(daemon.WhyRequest{Number: "+493023125101"}); len(got) != 1 {
		t.Errorf("%d calls are kept, want the one before the exclusion", len(got))
	}
	p.post("/admin/calls/exclusions/delete", url.Values{"key": {"+493023125101"}, "confirmed": {"yes"}})

	who := url.Values{"kind": {"number"}, "value": {"030 23125-101"}, "confirmed": {"yes"}}
	var data daemon.PersonalData
	if err := json.Unmarshal([]byte(p.post("/admin/calls/privacy/export", who)), &data); err != nil || len(data.Calls) != 1 {
		t.Errorf("handed out %+v, %v", data, err)
	}
	p.post("/admin/calls/privacy/erase", who)
	if got := w.why(daemon.WhyRequest{Number: "+493023125101"}); len(got) != 0 {
		t.Errorf("left after the erasure: %+v", got)
	}
	p.post("/admin/calls/salesforce/"+w.org.ID()+"/retry", url.Values{})
	_, trail := fetch(t, p.http, w.url()+"/admin/audit")
	for _, want := range []string{"looked at calls", "opened a call", "added to the exclusions", "took off the exclusions", "handed out personal data", "erased personal data", "written to Salesforce again"} {
		if !strings.Contains(trail, want) {
			t.Errorf("the audit trail lacks %q", want)
		}
	}
	if strings.Contains(trail, "23125") || strings.Contains(trail, "works council") {
		t.Error("the audit trail says who was excluded or erased")
	}
}
