package bridge

import (
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

// The directory says which of several readings is meant.
func TestAmbiguousNumber(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered " + ambiguous)
		c := r.screens.last["ada"]
		if c.Party.Number != himmelpforten || c.Party.Display != "+49 4144 6681800" || len(c.Matches) != 1 {
			t.Errorf("shown %+v", c)
		}
	})
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 0041446681801")
		if c := r.screens.last["ada"]; c.Party.Number != "+41446681801" || c.Create == "" {
			t.Errorf("nobody bears it, so the likeliest is shown: %+v", c)
		}
	})
}

// Each agent's own records come first, for those who share a telephone too.
func TestScopeNamesTheAgent(t *testing.T) {
	share := func(r *Roster) {
		r.Agents[0].SalesforceUser = "005A"
		r.Agents[1].Devices = append(r.Agents[1].Devices, Device{"toy", "1001"})
	}
	in(t, share, func(r *rig) {
		if _, err := r.Identify(t.Context(), Claims{Org: org, User: "005B", Email: "bob@example.com"}); err != nil {
			t.Fatal(err)
		}
		r.step("1001 a delivered " + ambiguous)
		for agent, want := range map[AgentID]string{"ada": "003-of-005A", "bob": "003-of-005B"} {
			if c := r.screens.last[agent]; len(c.Matches) != 1 || c.Matches[0].ID != want {
				t.Errorf("%s sees %+v", agent, c.Matches)
			}
		}
	})
}

// What calls from one of our own direct dials is a colleague.
func TestOwnDirectDial(t *testing.T) {
	plan := func(r *Roster) {
		r.Switches[0].Plan.InternalPatterns = []string{"1xxx"}
		r.Switches[0].Plan.MainNumbers = []lookup.MainNumber{{Number: "+493023125", DDIDigits: 4}}
	}
	in(t, plan, func(r *rig) {
		r.step("1001 a delivered 030231251002")
		if c := r.screens.last["ada"]; c.Party.Number != "" {
			t.Errorf("a colleague popped: %+v", c)
		}
		for text, want := range map[string]string{"030 23125-1002": "1002", "1003": "1003", "030 23125-2002": "0030231252002"} {
			x := r.roster.Load()
			if _, dialled, err := x.target(x.members["ada"], x.switches["toy"], text); err != nil || dialled != want {
				t.Errorf("%s is dialled as %q (%v), want %q", text, dialled, err, want)
			}
		}
	})
}
