package bridge

import (
	"slices"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

const otherOrg = "00D000000000002EAA"

// configure replaces the rig's roster, with the same link.
func (r *rig) configure(agents ...Agent) {
	r.Configure(Roster{Agents: agents, Switches: []Switch{{Link: r.link}}})
}

func TestAnotherOrgSeesNothingOfTheOld(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.takes()
		r.configure(Agent{ID: "ada", Email: "ada@example.com", Org: otherOrg, Devices: []Device{{"toy", "1001"}}, Enabled: true})
		if calls := r.Calls("ada"); len(calls) > 0 {
			t.Errorf("the agent of another org still has %+v", calls)
		}
		r.step("1001 a established")
		if got := r.takes(); len(got) > 0 {
			t.Errorf("screens were told %q", got)
		}
	})
}

func TestChosenRecordStaysInItsOrg(t *testing.T) {
	other := func(r *Roster) { r.Agents[1].Org = otherOrg }
	in(t, other, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1001 a established")
		if err := r.Choose(r.t.Context(), "ada", r.screens.last["ada"].ID, RecordRef{"Contact", "003A"}); err != nil {
			t.Fatal(err)
		}
		r.step("1001 a cleared")
		r.step("1002 b delivered 03023125101")
		if c := r.screens.last["bob"]; c.Chosen != nil {
			t.Errorf("an agent of another org was given %+v", c.Chosen)
		}
	})
}

func TestTransferCarriesTheChosenRecord(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered +493023125200")
		r.step("1001 a established")
		if err := r.Choose(r.t.Context(), "ada", r.screens.last["ada"].ID, RecordRef{"Lead", "00QB"}); err != nil {
			t.Fatal(err)
		}
		r.step("1001 a cleared")
		r.step("1002 b delivered +493023125200")
		if c := r.screens.last["bob"]; c.Chosen == nil || c.Chosen.ID != "00QB" {
			t.Errorf("the colleague was given %+v, want the lead", c.Chosen)
		}
	})
}

func TestExtensionTakenAwayEndsItsCalls(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1001 a established")
		r.takes()
		r.configure(Agent{ID: "ada", Email: "ada@example.com", Org: org, Devices: []Device{{"toy", "1009"}}, Enabled: true})
		want := []string{"ada inbound ended +493023125101 1 hangup"}
		if got := r.takes(); !slices.Equal(got, want) || len(r.Calls("ada")) > 0 {
			t.Errorf("screens were told %q, want %q", got, want)
		}
	})
}

func TestLinkTakenAwayEndsItsCalls(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.takes()
		r.Configure(Roster{Agents: []Agent{{ID: "ada", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true}}})
		if got := r.takes(); len(got) != 1 || len(r.Calls("ada")) > 0 {
			t.Errorf("screens were told %q", got)
		}
	})
}

func TestOverdueTabIsForgottenWithTheCall(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.TabChanged("ada", Tab{ID: "front", Visible: true, Focused: true})
		r.TabChanged("ada", Tab{ID: "back"})
		r.step("1001 a delivered 03023125101")
		r.step("1001 a cleared")
		r.step("- - wait 5s")
		r.TabClosed("ada", "front")
		if n := len(r.screens.navs); n != 1 {
			t.Errorf("%d tabs were asked to open the record, want only the first", n)
		}
	})
}

func TestLateIdentity(t *testing.T) {
	in(t, nil, func(r *rig) {
		ev := pbx.Event{
			Kind: pbx.EventEstablished, Direction: pbx.DirectionInbound, Time: time.Now(),
			Connection: pbx.ConnectionID{Call: "a", Device: "1001"},
		}
		r.send(ev)
		ev.Calling.Number = known
		r.send(ev)
		want := []string{"ada inbound connected", "ada inbound connected +493023125101 1"}
		got := r.takes()
		if len(got) != 2 || got[1] != want[1] {
			t.Errorf("screens were told %q, want %q", got, want)
		}
	})
}

// A binding that races with a new configuration holds only where the agent is
// still there, unbound and of the same org.
func TestBindMeetsTheRosterOfToday(t *testing.T) {
	x := newRoster(Roster{Agents: []Agent{{ID: "ada", Email: "ada@example.com", Org: org, Enabled: true}}})
	x.bind(Agent{ID: "ada", Org: otherOrg, SalesforceUser: "005A"})
	x.bind(Agent{ID: "bob", Org: org, SalesforceUser: "005A"})
	if len(x.byUser) > 0 {
		t.Errorf("bound %v", x.byUser)
	}
	x.bind(Agent{ID: "ada", Org: org, SalesforceUser: "005A"})
	x.bind(Agent{ID: "ada", Org: org, SalesforceUser: "005B"})
	if a := x.byUser[orgKey{org, "005A"}]; len(x.byUser) != 1 || a == nil || a.SalesforceUser != "005A" {
		t.Errorf("bound %v", x.byUser)
	}
}
