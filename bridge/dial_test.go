package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// A call that the agent dials is one call with one id from the first frame to
// the last, whichever of event and answer comes first.
func TestDial(t *testing.T) {
	want := []string{
		"ada outbound dialing +493023125101 1 chosen=003A",
		"ada outbound connected +493023125101 1 chosen=003A",
		"ada outbound ended +493023125101 1 chosen=003A hangup",
	}
	for _, overtaken := range []bool{false, true} {
		in(t, nil, func(r *rig) {
			if overtaken {
				r.link.early = func(id pbx.ConnectionID) {
					r.send(pbx.Event{Kind: pbx.EventOriginated, Connection: id, Direction: pbx.DirectionOutbound})
				}
			}
			id, err := r.Dial(r.t.Context(), "ada", "r1", "030 23125-101", &RecordRef{"Contact", "003A"})
			if err != nil {
				t.Fatal(err)
			}
			r.step("1001 dial-1 originated")
			r.step("1001 dial-1 reached")
			r.step("1001 dial-1 cleared")
			if got := r.takes(); !slices.Equal(got, want) {
				t.Errorf("overtaken %v: screens were told\n%q\nwant\n%q", overtaken, got, want)
			}
			if r.screens.last["ada"].ID != id {
				t.Errorf("the call changed its id from %s to %s", id, r.screens.last["ada"].ID)
			}
			if want := []string{"003023125101"}; !slices.Equal(r.link.dialled, want) {
				t.Errorf("dialled %q, want %q", r.link.dialled, want)
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		number string
		want   RequestError
	}{
		{"not a number", nil, "hello", errInvalidNumber},
		{"emergency", nil, "112", errEmergency},
		{"emergency behind the outside line", nil, "0112", errEmergency},
		{"emergency with country code", nil, "+49 112", errEmergency},
		{"service", nil, "11833", errServiceNumber},
		{"premium rate", nil, "0900 1234567", errPremium},
		{"a second line", nil, "03023125101\r\nX: y", errInvalidNumber},
		{"NUL", nil, "0302312\x005101", errInvalidNumber},
		{"ten kilobytes", nil, strings.Repeat("1", 10_000), errInvalidNumber},
		{"link down", pbx.ErrLinkDown, "03023125101", errLinkDown},
		{"the first call still talks", pbx.ErrDialling, "03023125101", errDialled},
		{"device not watched", pbx.ErrUnknownDevice, "03023125101", errNoDevice},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, nil, func(r *rig) {
				r.link.err = tt.err
				_, err := r.Dial(r.t.Context(), "ada", "r1", tt.number, nil)
				if !errors.Is(err, tt.want) {
					t.Errorf("Dial says %v, want %v", err, tt.want)
				}
				if len(r.link.dialled) > 0 {
					t.Errorf("dialled %q", r.link.dialled)
				}
				if _, err = r.Dial(r.t.Context(), "ada", "r2", tt.number, nil); errors.Is(err, errDialing) {
					t.Error("the refused call still blocks the next one")
				}
			})
		})
	}
}

func TestDialOneAtATime(t *testing.T) {
	in(t, nil, func(r *rig) {
		if _, err := r.Dial(r.t.Context(), "ada", "r1", "03023125101", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Dial(r.t.Context(), "ada", "r2", "03023125200", nil); !errors.Is(err, errDialing) {
			t.Errorf("a second call while dialling: %v, want %v", err, errDialing)
		}
	})
}

// A dialled call of which the switch knows nothing ends by itself, and does not
// block the next one.
func TestDialLost(t *testing.T) {
	in(t, nil, func(r *rig) {
		if _, err := r.Dial(r.t.Context(), "ada", "r1", "03023125101", nil); err != nil {
			t.Fatal(err)
		}
		r.step("1001 - idle")
		if len(r.Calls("ada")) != 1 {
			t.Error("a snapshot right after dialling ended the call")
		}
		r.step("- - wait 11s")
		r.step("1001 - idle")
		if calls := r.Calls("ada"); len(calls) != 0 {
			t.Errorf("still dialling: %+v", calls)
		}
		if _, err := r.Dial(r.t.Context(), "ada", "r2", "03023125200", nil); err != nil {
			t.Errorf("the lost call blocks the next: %v", err)
		}
	})
}

// A call that comes in while one is dialled has nothing to do with it.
func TestDialWhileACallComesIn(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.link.early = func(pbx.ConnectionID) {
			r.step("1001 x delivered +493023125200")
			r.step("1001 x established")
			r.step("1001 x cleared")
		}
		id, err := r.Dial(r.t.Context(), "ada", "r1", "03023125101", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.step("1001 dial-1 originated")
		r.step("1001 dial-1 reached")
		if calls := r.Calls("ada"); len(calls) != 1 || calls[0].ID != id || calls[0].State != Connected {
			t.Errorf("the agent has %+v, want the one dialled call, connected", calls)
		}
	})
}

func TestActAndChoose(t *testing.T) {
	in(t, nil, func(r *rig) {
		ctx := context.Background()
		dialled, _ := r.Dial(ctx, "ada", "r1", "03023125101", nil)
		if err := r.Act(ctx, "bob", dialled, ActionHangup, ""); !errors.Is(err, ErrNotYourCall) {
			t.Errorf("another agent's call: %v, want %v", err, ErrNotYourCall)
		}
		if err := r.Act(ctx, "ada", dialled, ActionHold, ""); !errors.Is(err, errNotPossible) {
			t.Errorf("hold: %v, want %v", err, errNotPossible)
		}
		if err := r.Act(ctx, "ada", dialled, ActionHangup, ""); err != nil || len(r.link.cleared) != 1 {
			t.Errorf("hang up: %v, cleared %v", err, r.link.cleared)
		}
		r.step("1001 dial-1 cleared")
		if err := r.Act(ctx, "ada", dialled, ActionHangup, ""); !errors.Is(err, errEnded) {
			t.Errorf("hang up twice: %v, want %v", err, errEnded)
		}
		r.step("1001 a delivered +493023125200")
		call := r.screens.last["ada"].ID
		r.takes()
		if err := r.Choose(ctx, "bob", call, RecordRef{"Lead", "00QB"}); !errors.Is(err, ErrNotYourCall) {
			t.Errorf("choose for another agent: %v", err)
		}
		if err := r.Choose(ctx, "ada", call, RecordRef{"Lead", "00QB"}); err != nil {
			t.Error(err)
		}
		want := []string{"ada inbound ringing +493023125200 2 chosen=00QB"}
		if got := r.takes(); !slices.Equal(got, want) {
			t.Errorf("screens were told %q, want %q", got, want)
		}
	})
}

// TestChosenIsHandedOn: the record that an agent chose goes with the call, in
// whatever order the switch tells of a transfer.
func TestChosenIsHandedOn(t *testing.T) {
	for name, order := range map[string][2]string{
		"the first agent's end first": {"1002 a gone", "1001 b moved 1002 +493023125200"},
		"the colleague first":         {"1001 b moved 1002 +493023125200", "1002 a gone"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(r *rig) {
				r.step("1002 a delivered +493023125200")
				r.step("1002 a established")
				if err := r.Choose(r.t.Context(), "bob", r.screens.last["bob"].ID, RecordRef{"Lead", "00QB"}); err != nil {
					t.Fatal(err)
				}
				r.step("1001 b delivered 1002")
				r.step("1001 b established 1002")
				r.step(order[0])
				r.step(order[1])
				if c := r.screens.last["ada"]; c.Chosen == nil || c.Chosen.ID != "00QB" {
					t.Errorf("the colleague sees %s", describe(c))
				}
			})
		})
	}
}

func TestIdentify(t *testing.T) {
	sandbox := "00D000000000002EAA"
	agents := func(r *Roster) {
		r.Sandboxes = []string{sandbox}
		r.Agents = append(r.Agents,
			Agent{ID: "sal", Email: "Sal@Example.com ", Org: sandbox, Enabled: true},
			Agent{ID: "tom", Email: "tom@example.com", Org: org, SalesforceUser: "005T", Enabled: true},
			Agent{ID: "twin1", Email: "twin@example.com", Org: org, Enabled: true},
			Agent{ID: "twin2", Email: "twin@example.com", Org: org, Enabled: true})
	}
	tests := []struct {
		name string
		c    Claims
		want AgentID
		err  error
	}{
		{"first sight binds", Claims{Org: org, User: "005A", Email: " ADA@example.com"}, "ada", nil},
		{"bound user, another address", Claims{Org: org, User: "005T", Email: "new@example.com"}, "tom", nil},
		{"bound to somebody else", Claims{Org: org, User: "005X", Email: "tom@example.com"}, "", ErrBoundToOther},
		{"another org", Claims{Org: sandbox, User: "005A", Email: "ada@example.com"}, "", ErrNoAgent},
		{"sandbox suffix", Claims{Org: sandbox, User: "005S", Email: "sal@example.com.invalid"}, "sal", nil},
		{"suffix outside a sandbox", Claims{Org: org, User: "005A", Email: "ada@example.com.invalid"}, "", ErrNoAgent},
		{"two agents", Claims{Org: org, User: "005D", Email: "twin@example.com"}, "", ErrAmbiguous},
		{"disabled", Claims{Org: org, User: "005C", Email: "cyd@example.com"}, "", ErrAgentDisabled},
		{"no address", Claims{Org: org, User: "005N"}, "", ErrNoAgent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, agents, func(r *rig) {
				for range 2 { // the second time it is bound already
					a, err := r.Identify(r.t.Context(), tt.c)
					if a.ID != tt.want || !errors.Is(err, tt.err) {
						t.Errorf("Identify gives %q, %v; want %q, %v", a.ID, err, tt.want, tt.err)
					}
				}
				if tt.err == nil {
					thief := Claims{Org: tt.c.Org, User: "005Z", Email: tt.c.Email}
					if a, err := r.Identify(r.t.Context(), thief); err == nil {
						t.Errorf("a second user became agent %s", a.ID)
					}
				}
			})
		})
	}
}

func BenchmarkRing(b *testing.B) {
	r := &rig{dir: &directory{}, link: &dialer{name: "toy"}}
	br := New(Options{Directory: r.dir, Bindings: bindings{}})
	br.SetScreens(silent{})
	br.Configure(Roster{
		Agents:   []Agent{{ID: "ada", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true}},
		Switches: []Switch{{Link: r.link}},
	})
	b.ReportAllocs()
	id := pbx.ConnectionID{Call: "a", Device: "1001"}
	party := pbx.Party{Number: known, Name: "Berta Beispiel"}
	for b.Loop() {
		now := time.Now()
		for _, kind := range []pbx.EventKind{pbx.EventDelivered, pbx.EventEstablished, pbx.EventConnectionCleared} {
			br.handle(b.Context(), &pbx.Event{Link: "toy", Kind: kind, Connection: id, Direction: pbx.DirectionInbound, Calling: party, Time: now})
		}
		br.mu.Lock()
		br.table.purge(now.Add(keepEnded))
		br.mu.Unlock()
	}
}

type silent struct{}

func (silent) Show(AgentID, Call)                  {}
func (silent) Navigate(AgentID, TabID, Navigation) {}
