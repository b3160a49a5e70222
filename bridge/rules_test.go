package bridge

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

const sandboxOrg = "00D000000000003EAA"

// shared gives ada's telephone to bob as well.
func shared(r *Roster) { r.Agents[1].Devices = append(r.Agents[1].Devices, Device{"toy", "1001"}) }

// sameSettings gives ada settings of her own.
func adaSettings(s Settings) func(*Roster) {
	return func(r *Roster) { r.Agents[0].Settings = s }
}

func excluding(list ...Exclusion) func(*Roster) {
	return func(r *Roster) { r.Exclusions = list }
}

// Who pops, and what an agent is told of calls that others take: one row a case.
func TestRules(t *testing.T) {
	council := Exclusion{Number: known, Reason: "works council"}
	doctor := Exclusion{Extension: "190"}
	tests := []struct {
		name   string
		roster func(*Roster)
		steps  string
		want   string
	}{
		{"a queue's call shows the queue", nil, `
			1001 a queued 03023125101 Sales
			1001 a established
			1001 a cleared`, `
			ada inbound ringing +493023125101 1 via Sales
			ada inbound connected +493023125101 1 via Sales
			ada inbound ended +493023125101 1 hangup via Sales`},
		{"a queue's withheld call, too", nil, `
			1001 a queued withheld Sales`, `
			ada inbound ringing withheld via Sales`},
		{"the queue is named late", nil, `
			1001 a delivered 03023125101
			1001 a queued 03023125101 Sales`, `
			ada inbound ringing +493023125101 1
			ada inbound ringing +493023125101 1 via Sales`},
		{"forwarded: the new telephone rings", nil, `
			1001 a delivered 03023125101
			1001 a diverted
			1002 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 diverted
			bob inbound ringing +493023125101 1`},
		{"elsewhere, said by the switch before the winner is known", nil, `
			1001 a delivered 03023125101
			1002 a delivered 03023125101
			1001 a elsewhere
			1002 a established`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"elsewhere, by nobody of ours", nil, `
			1001 a delivered 03023125101
			1001 a elsewhere`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere`},
		{"a shared line rings for both", shared, `
			1001 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1`},
		{"a shared line: who logged on has it", shared, `
			1001 - on 1002
			1001 a delivered 03023125101
			1001 a cleared
			1001 - off 1002
			1001 b delivered 03023125101`, `
			bob inbound ringing +493023125101 1
			bob inbound ended +493023125101 1 abandoned
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1`},
		{"a shared line: the later log-on wins, the earlier log-off ends nothing", func(r *Roster) {
			shared(r)
			r.Agents[0].SwitchAgent = "4711"
		}, `
			1001 - on 1002
			1001 - ready 1002
			1001 - on 4711
			1001 - off 1002
			1001 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1`},
		{"a stranger logs on: the line is shared as before", shared, `
			1001 - on 1002
			1001 - on 9999
			1001 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1`},
		{"who is neither of the line nor allowed there cannot log on to it", nil, `
			1001 - on 1002
			1001 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1`},
		{"a shared line, answered: both see it, and one item of it ends", shared, `
			1001 a delivered 03023125101
			1001 a established
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 hangup
			bob inbound ended +493023125101 1 hangup`},
		{"a queue's call that nobody takes goes to the next agent", nil, `
			1001 a queued 03023125101 Sales
			1001 a diverted
			1002 a queued 03023125101 Sales
			1002 a established`, `
			ada inbound ringing +493023125101 1 via Sales
			ada inbound ended +493023125101 1 diverted via Sales
			bob inbound ringing +493023125101 1 via Sales
			bob inbound connected +493023125101 1 via Sales`},
		{"forwarded to the agent's other telephone", nil, `
			1002 a delivered 03023125101
			1002 a diverted
			2002 b delivered 03023125101
			2002 b established`, `
			bob inbound ringing +493023125101 1
			bob inbound ended +493023125101 1 diverted
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1`},
		{"busy: the agent turns the call down", nil, `
			1001 a delivered 03023125101
			1001 a busy`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 busy`},
		{"call waiting is taken, the first call held", nil, `
			1001 a delivered 03023125101
			1001 a established
			1001 b delivered 03023125200
			1001 a held
			1001 b established
			1001 b cleared
			1001 a retrieved`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound ringing +493023125200 2
			ada inbound held +493023125101 1
			ada inbound connected +493023125200 2
			ada inbound ended +493023125200 2 hangup
			ada inbound connected +493023125101 1`},
		{"a group's call is picked up at one of its telephones", nil, `
			1001 a delivered 03023125101
			2002 b delivered 03023125101
			1002 c took 1001 03023125101
			1001 a cleared
			2002 b cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere by 1002
			bob inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"handed on while the colleague's telephone rings", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1002 a gone
			1001 b handed 1002 03023125101
			1001 b established`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 transferred
			ada inbound ringing +493023125101 1 probable by 1002
			bob inbound ended +493023125101 1 transferred to 1001
			ada inbound connected +493023125101 1 probable by 1002`},
		{"the caller leaves during a consultation: nothing is handed on", nil, `
			1002 a delivered 03023125101
			1002 a established
			1002 a held
			1001 b delivered 1002
			1001 b established 1002
			1002 a cleared
			1001 b cleared`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound held +493023125101 1
			bob inbound ended +493023125101 1 hangup`},
		{"a consultation without transfer: nothing is handed on", nil, `
			1002 a delivered 03023125101
			1002 a established
			1002 a held
			1001 b delivered 1002
			1001 b established 1002
			1001 b cleared
			1002 a retrieved
			- - wait 3s
			1002 a cleared`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound held +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 hangup`},
		{"two switches with the same extension", func(r *Roster) {
			r.Switches = append(r.Switches, Switch{Link: &dialer{name: "two"}, Plan: lookup.DialPlan{Country: "DE", AreaCode: "30"}})
			r.Agents[1].Devices = []Device{{"two", "1001"}}
		}, `
			toy/1001 a delivered 03023125101
			two/1001 a delivered 03023125200
			two/1001 a established
			toy/1001 a cleared
			two/1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125200 2
			bob inbound connected +493023125200 2
			ada inbound ended +493023125101 1 abandoned
			bob inbound ended +493023125200 2 hangup`},
		{"two switches are no ring group, whoever calls", func(r *Roster) {
			r.Switches = append(r.Switches, Switch{Link: &dialer{name: "two"}, Plan: lookup.DialPlan{Country: "DE", AreaCode: "30"}})
			r.Agents[1].Devices = []Device{{"two", "1001"}}
		}, `
			toy/1001 a delivered 03023125101
			two/1001 a delivered 03023125101
			two/1001 a established
			toy/1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 abandoned`},
		{"an agent's own settings win over the group's", func(r *Roster) {
			r.Groups = []Group{{Name: "g", Settings: Settings{InternalCalls: ptr(true), CreateObject: ptr("Contact")}}}
			r.Agents[0].Groups, r.Agents[0].Settings = []string{"g"}, Settings{CreateObject: ptr("none")}
		}, `
			1001 a delivered 1002
			1001 a cleared
			1001 b delivered +493023125999`, `
			ada internal ringing 1002
			ada internal ended 1002 abandoned
			ada inbound ringing +493023125999 0`},
		{"unknown outbound creates by a setting of its own", adaSettings(Settings{CreateOutbound: ptr("none")}), `
			1001 a originated 003023125999
			1001 a cleared
			1001 b delivered 03023125999`, `
			ada outbound dialing +493023125999 0
			ada outbound ended +493023125999 0 hangup
			ada inbound ringing +493023125999 0 create`},
		{"no create for inbound is none for outbound", adaSettings(Settings{CreateObject: ptr("none")}), `
			1001 a originated 003023125999`, `
			ada outbound dialing +493023125999 0`},
		{"by hand shows on ringing", adaSettings(Settings{PopOn: ptr(PopByHand)}), `
			1001 a delivered 03023125101`, `
			ada inbound ringing +493023125101 1`},
		{"an excluded number is nothing", excluding(council), `
			1001 a delivered 03023125101
			1001 a established 03023125101
			1001 a held
			1001 a retrieved
			1001 a cleared`, ``},
		{"an excluded number whose events lose it", excluding(council), `
			1001 a delivered 03023125101
			1001 a established
			1001 a cleared`, ``},
		{"an excluded beginning", excluding(Exclusion{Number: "+4930231251*"}), `
			1001 a delivered 03023125101
			1001 b delivered +493023125200`, `
			ada inbound ringing +493023125200 2`},
		{"excluded by the less likely reading", excluding(Exclusion{Number: himmelpforten}), `
			1001 a delivered 0041446681800`, ``},
		{"an excluded call from the telephone", excluding(council), `
			1001 a originated 003023125101
			1001 a reached 003023125101
			1001 a cleared`, ``},
		{"an excluded extension", func(r *Roster) {
			excluding(doctor)(r)
			r.Agents[0].Settings.InternalCalls = ptr(true)
		}, `
			1001 a delivered 190
			1001 a established 190
			1001 a cleared`, ``},
		{"the number comes late: the call is taken back", excluding(council), `
			1001 a established
			1001 a established 03023125101
			1001 a cleared`, `
			ada inbound connected
			ada inbound ended  private`},
		{"transferred by an excluded extension: nobody says by whom", excluding(doctor), `
			1001 a delivered 1002
			1001 a established 1002
			1001 a handed 190 03023125101`, `
			ada inbound connected +493023125101 1 probable`},
		{"an excluded caller is handed on, named", excluding(council), `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1002 a gone
			1001 b handed 1002 03023125101`, ``},
		{"an excluded caller is handed on, unnamed", excluding(council), `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1002 a gone
			1001 b handed 1002`, ``},
		{"an excluded caller is picked up", excluding(council), `
			1001 a delivered 03023125101
			1002 b pickup 1001
			1001 a cleared`, ``},
		{"an agent's own telephone is excluded", excluding(Exclusion{Extension: "1001"}), `
			1001 a delivered 03023125101`, ``},
		{"an agent of a sandbox at a telephone at work", func(r *Roster) {
			r.Sandboxes, r.Agents[0].Org = []string{org}, org
			r.Agents[1].Org = otherOrg
		}, `
			1001 a delivered 03023125101
			1002 b delivered 03023125101`, `
			bob inbound ringing +493023125101 1`},
		{"an agent of a sandbox at a test telephone", func(r *Roster) {
			r.Sandboxes = []string{org}
			r.Switches[0].TestExtensions = []string{"1xx1"}
		}, `
			1001 a delivered 03023125101
			1002 b delivered 03023125101`, `
			ada inbound ringing +493023125101 1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, tt.roster, func(r *rig) {
				for _, s := range lines(tt.steps) {
					r.step(s)
				}
				if got, want := r.takes(), lines(tt.want); !slices.Equal(got, want) {
					t.Errorf("screens were told\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
				}
			})
		})
	}
}

// The record opens by itself, or not, by the agent's settings.
func TestOpenBySettings(t *testing.T) {
	talking := []string{"1001 a delivered withheld", "1001 a established"}
	tests := []struct {
		name     string
		settings Settings
		before   []string
		opens    int
	}{
		{"one exact match", Settings{}, nil, 1},
		{"not by the agent's setting", Settings{OpenRecord: ptr(false)}, nil, 0},
		{"not by hand", Settings{PopOn: ptr(PopByHand)}, nil, 0},
		{"not on ringing where it comes with the answer", Settings{PopOn: ptr(PopOnAnswer)}, nil, 0},
		{"not over another conversation", Settings{}, talking, 0},
		{"over another conversation on request", Settings{QuietInCall: ptr(false)}, talking, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, adaSettings(tt.settings), func(r *rig) {
				r.TabChanged("ada", Tab{ID: "front", Visible: true, Focused: true})
				for _, s := range tt.before {
					r.step(s)
				}
				r.step("1001 b delivered 03023125101")
				if n := len(r.screens.navs); n != tt.opens {
					t.Errorf("%d records opened, want %d", n, tt.opens)
				}
			})
		})
	}
}

func TestExcludedIsNotDialled(t *testing.T) {
	list := []Exclusion{{Number: known}, {Extension: "190"}}
	in(t, excluding(list...), func(r *rig) {
		for _, number := range []string{"030 23125101", "+49 30 23125101", "190"} {
			_, err := r.Dial(r.t.Context(), "ada", "", number, nil)
			var e RequestError
			if !errors.As(err, &e) || e.Code != "excludedNumber" {
				t.Errorf("%s: %v", number, err)
			}
		}
		if len(r.link.dialled) > 0 || len(r.takes()) > 0 {
			t.Errorf("dialled %v", r.link.dialled)
		}
		if slices.Contains(r.link.watched, "190") {
			t.Error("an excluded extension is watched")
		}
	})
}

// Which agent a Salesforce user is. Nothing crosses between orgs.
func TestWhoIsWho(t *testing.T) {
	x := newRoster(Roster{
		Sandboxes: []string{sandboxOrg},
		Agents: []Agent{
			{ID: "ada", Email: " Ada@Example.com ", Org: org, Enabled: true},
			{ID: "plus", Email: "ada+phone@example.com", Org: org, Enabled: true},
			{ID: "bound", Email: "bea@example.com", Org: org, SalesforceUser: "005B", Enabled: true},
			{ID: "off", Email: "off@example.com", Org: org},
			{ID: "twin1", Email: "twin@example.com", Org: org, Enabled: true},
			{ID: "twin2", Email: "TWIN@example.com", Org: org, Enabled: true},
			{ID: "sand", Email: "ada@example.com", Org: sandboxOrg, Enabled: true},
			{ID: "sand2", Email: "bea@example.com.invalid", Org: sandboxOrg, Enabled: true},
			{ID: "other", Email: "cyd@example.com", Org: otherOrg, SalesforceUser: "005B", Enabled: true},
		},
	})
	tests := []struct {
		name, org, user, email string
		want                   AgentID
		bind                   bool
		err                    error
	}{
		{"case and blanks", org, "005A", "\tADA@example.COM ", "ada", true, nil},
		{"a plus address is another", org, "005A", "ada+phone@example.com", "plus", true, nil},
		{"a plus address that nobody has", org, "005A", "ada+x@example.com", "", false, ErrNoAgent},
		{"nobody", org, "005A", "zoe@example.com", "", false, ErrNoAgent},
		{"no address at all", org, "005A", "", "", false, ErrNoAgent},
		{"two agents", org, "005A", "twin@example.com", "", false, ErrAmbiguous},
		{"a second user of the same address", org, "005C", "bea@example.com", "", false, ErrBoundToOther},
		{"the mapping wins over the address", org, "005B", "ada@example.com", "bound", false, nil},
		{"the same user id in another org", otherOrg, "005B", "", "other", false, nil},
		{"the address of an agent of another org", otherOrg, "005A", "ada@example.com", "", false, ErrNoAgent},
		{"disabled", org, "005A", "off@example.com", "", false, ErrAgentDisabled},
		{".invalid of a sandbox", sandboxOrg, "005A", "Ada@example.com.invalid", "sand", true, nil},
		{"a sandbox user whose address was put right", sandboxOrg, "005A", "ada@example.com", "sand", true, nil},
		{"an agent written as the sandbox has it", sandboxOrg, "005A", "bea@example.com.invalid", "sand2", true, nil},
		{".invalid elsewhere is an address like any", org, "005A", "ada@example.com.invalid", "", false, ErrNoAgent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, bind, err := x.identify(Claims{Org: tt.org, User: tt.user, Email: tt.email})
			if !errors.Is(err, tt.err) || err == nil && (a.ID != tt.want || bind != tt.bind) {
				t.Errorf("got %+v, bind %v, %v", a, bind, err)
			}
		})
	}
}

// call is the agent's newest call as the screens were told last.
func (r *rig) call(agent AgentID) Call {
	synctest.Wait()
	r.screens.mu.Lock()
	defer r.screens.mu.Unlock()
	return r.screens.last[agent]
}

func (r *rig) writes(agent AgentID, n Note) {
	r.t.Helper()
	if err := r.Note(r.t.Context(), agent, r.call(agent).ID, n); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) chooses(agent AgentID, record RecordRef) {
	r.t.Helper()
	if err := r.Choose(r.t.Context(), agent, r.call(agent).ID, record); err != nil {
		r.t.Fatal(err)
	}
}

// What the first agent wrote and chose reaches the colleague, whatever comes
// first.
func TestTransferCarriesNotesAndChoice(t *testing.T) {
	first := []string{"1002 a delivered +493023125200", "1002 a established"}
	consult := []string{"1001 b delivered 1002", "1001 b established 1002"}
	tests := []struct {
		name   string
		caller string
		steps  []string
	}{
		{"blind, the first agent ends first", several, []string{"1002 a cleared", "1001 b delivered +493023125200"}},
		{"blind, the colleague rings first", several, []string{"1001 b delivered +493023125200", "1002 a gone"}},
		{"consultation, revealed before the end", several, append(slices.Clone(consult), "1001 b transferred +493023125200", "1002 a gone")},
		{"consultation, revealed after the end", several, append(slices.Clone(consult), "1002 a gone", "1001 b transferred +493023125200")},
		{"consultation, inferred", several, append(slices.Clone(consult), "1002 a gone", "1001 b handed 1002 +493023125200")},
		{"withheld caller", "withheld", append(slices.Clone(consult), "1002 a gone", "1001 b handed 1002 withheld")},
		{"nobody knows who", several, append(slices.Clone(consult), "1002 a gone", "1001 b handed 1002")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, nil, func(r *rig) {
				for _, s := range first {
					r.step(strings.Replace(s, several, tt.caller, 1))
				}
				r.chooses("bob", RecordRef{"Lead", "00QB"})
				r.writes("bob", Note{Text: " Wants the price list ", Disposition: "Call back", FollowUp: "2026-11-30"})
				for _, s := range tt.steps {
					r.step(s)
				}
				got, left := r.call("ada"), r.call("bob")
				want := Note{Text: "Wants the price list", Disposition: "Call back", FollowUp: "2026-11-30"}
				if got.Note == nil || *got.Note != want || got.Chosen == nil || got.Chosen.ID != "00QB" || got.TransferredBy != "1002" {
					t.Errorf("the colleague has %+v", got)
				}
				if left.EndReason != EndTransferred || left.TransferredTo != "1001" {
					t.Errorf("the first agent has %+v", left)
				}
				r.writes("bob", Note{Text: "Wants two"})
				r.chooses("bob", RecordRef{"Contact", "003B"})
				if got = r.call("ada"); got.Note.Text != "Wants two" || got.Chosen.ID != "003B" {
					t.Errorf("what was written afterwards: the colleague has %+v", got)
				}
				r.writes("ada", Note{Text: "Sent"})
				r.writes("bob", Note{Text: "Wants three"})
				if got = r.call("ada"); got.Note.Text != "Sent" {
					t.Errorf("the colleague's own note was replaced: %+v", got.Note)
				}
			})
		})
	}
}

func TestNotesStayInTheirOrg(t *testing.T) {
	other := func(r *Roster) { r.Agents[1].Org = otherOrg }
	in(t, other, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1001 a established")
		r.writes("ada", Note{Text: "x"})
		r.step("1001 a cleared")
		r.step("1002 b delivered 03023125101")
		if c := r.call("bob"); c.Note != nil {
			t.Errorf("an agent of another org was given %+v", c.Note)
		}
	})
}

// A consultation that ends without transfer hands nothing on.
func TestConsultationCarriesNothing(t *testing.T) {
	in(t, nil, func(r *rig) {
		for _, s := range []string{"1002 a delivered 03023125101", "1002 a established", "1002 a held", "1001 b delivered 1002", "1001 b established 1002"} {
			r.step(s)
		}
		r.writes("bob", Note{Text: "x"})
		for _, s := range []string{"1001 b cleared", "1002 a retrieved", "- - wait 3s", "1002 a cleared"} {
			r.step(s)
		}
		if c := r.call("bob"); c.TransferredTo != "" || c.EndReason != EndHangup || r.call("ada").ID != "" {
			t.Errorf("bob has %+v, ada %+v", c, r.call("ada"))
		}
	})
}

func TestBadNotes(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		id := r.call("ada").ID
		for name, n := range map[string]Note{
			"long": {Text: strings.Repeat("x", maxNote+1)}, "day": {FollowUp: "tomorrow"}, "bytes": {Text: "\xff"},
		} {
			if err := r.Note(r.t.Context(), "ada", id, n); !errors.Is(err, errNote) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := r.Note(r.t.Context(), "bob", id, Note{Text: "x"}); !errors.Is(err, ErrNotYourCall) {
			t.Errorf("another agent's call: %v", err)
		}
		r.writes("ada", Note{Text: "x"})
		r.writes("ada", Note{})
		if c := r.call("ada"); c.Note != nil {
			t.Errorf("an empty note left %+v", c.Note)
		}
	})
}

// A record that is none of the matches sticks as well, to the end.
func TestChoiceOfACreatedRecord(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered +493023125999")
		r.chooses("ada", RecordRef{"Lead", "00QNEW"})
		for _, s := range []string{"1001 a established", "1001 a held", "1001 a retrieved", "1001 a cleared"} {
			r.step(s)
			if c := r.call("ada"); c.Chosen == nil || c.Chosen.ID != "00QNEW" {
				t.Fatalf("after %s: %+v", s, c.Chosen)
			}
		}
	})
}

// A private call is gone at all who saw it ring, and stays so.
func TestPrivateCall(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1002 b delivered 03023125101")
		r.step("1001 a established")
		r.writes("ada", Note{Text: "secret"})
		r.chooses("ada", RecordRef{"Contact", "003A"})
		ada, bob := r.call("ada"), r.call("bob")
		if err := r.Act(r.t.Context(), "bob", ada.ID, ActionPrivate, ""); !errors.Is(err, ErrNotYourCall) {
			t.Errorf("another agent's call: %v", err)
		}
		if err := r.Act(r.t.Context(), "ada", ada.ID, ActionPrivate, ""); err != nil {
			t.Fatal(err)
		}
		for agent, before := range map[AgentID]Call{"ada": ada, "bob": bob} {
			c := r.call(agent)
			want := Call{
				ID: before.ID, Revision: before.Revision + 1, Direction: Inbound, State: Ended, Device: before.Device,
				StartedAt: before.StartedAt, EndedAt: c.EndedAt, EndReason: EndPrivate, Actions: []Action{},
			}
			if c.ID != want.ID || c.Party != want.Party || c.EndReason != EndPrivate || c.Note != nil || c.Chosen != nil || c.Matches != nil || c.Revision <= before.Revision {
				t.Errorf("%s is left with %+v", agent, c)
			}
		}
		r.takes()
		for _, s := range []string{"1001 a held", "1001 a retrieved", "1001 a cleared", "1002 b cleared"} {
			r.step(s)
		}
		if got := r.takes(); len(got) > 0 || len(r.Calls("ada")) > 0 {
			t.Errorf("screens were told %q of a private call", got)
		}
		if err := r.Note(r.t.Context(), "ada", ada.ID, Note{Text: "x"}); !errors.Is(err, ErrNotYourCall) {
			t.Errorf("a note on a private call: %v", err)
		}
	})
}

func TestEventKindsAreAllFolded(t *testing.T) {
	in(t, nil, func(r *rig) {
		for k := pbx.EventOriginated; k <= pbx.EventAgentNotReady; k++ {
			r.send(pbx.Event{Kind: k, Connection: pbx.ConnectionID{Call: "x", Device: "1001"}})
			r.send(pbx.Event{Kind: k, Connection: pbx.ConnectionID{Call: "x", Device: "9999"}, Agent: "1"})
		}
		r.step("1001 - idle")
		r.step("- - wait 61s")
		if n := r.LiveCalls(); n != 0 {
			t.Errorf("%d calls live", n)
		}
	})
}
