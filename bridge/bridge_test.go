package bridge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// The decision as rows: what the switches tell, and what the screens are told.
func TestDecision(t *testing.T) {
	internal := func(r *Roster) {
		r.Groups = []Group{{Name: "g", Settings: Settings{InternalCalls: ptr(true)}}}
		r.Agents[0].Groups = []string{"g"}
	}
	onAnswer := func(r *Roster) {
		r.Groups = []Group{{Name: "g", Settings: Settings{PopOn: ptr(PopOnAnswer), CreateObject: ptr("none")}}}
		r.Agents[0].Groups = []string{"g"}
	}
	tests := []struct {
		name   string
		roster func(*Roster)
		steps  string
		want   string
	}{
		{"known contact, answered, hung up", nil, `
			1001 a delivered 03023125101
			1001 a established
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound ended +493023125101 1 hangup`},
		{"caller gives up", nil, `
			1001 a delivered +493023125999
			1001 a cleared`, `
			ada inbound ringing +493023125999 0 create
			ada inbound ended +493023125999 0 create abandoned`},
		{"several records, none created", nil, `
			1001 a delivered +493023125200`, `
			ada inbound ringing +493023125200 2`},
		{"withheld is never looked up", nil, `
			1001 a delivered withheld`, `
			ada inbound ringing withheld`},
		{"told twice changes nothing", nil, `
			1001 a delivered 03023125101
			1001 a delivered 03023125101
			1001 a established
			1001 a established
			1001 a cleared
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound ended +493023125101 1 hangup`},
		{"call waiting is a call of its own", nil, `
			1001 a delivered 03023125101
			1001 a established
			1001 b delivered +493023125999`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound ringing +493023125999 0 create`},
		{"ring group, answered by bob", nil, `
			1001 a delivered 03023125101
			1002 b delivered 03023125101
			1002 b established
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"ring group, the loser told first", nil, `
			1001 a delivered 03023125101
			1002 b delivered 03023125101
			1001 a cleared
			1002 b established`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 abandoned
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"ring group abandoned", nil, `
			1001 a delivered 03023125101
			1002 b delivered 03023125101
			1001 a cleared
			1002 b cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 abandoned
			bob inbound ended +493023125101 1 abandoned`},
		{"withheld callers are never a group", nil, `
			1001 a delivered withheld
			1002 b delivered withheld
			1002 b established
			1001 a cleared`, `
			ada inbound ringing withheld
			bob inbound ringing withheld
			bob inbound connected withheld
			ada inbound ended withheld abandoned`},
		{"two devices of one agent are one pop", nil, `
			1002 a delivered 03023125101
			2002 b delivered 03023125101
			2002 b established
			1002 a cleared
			2002 b cleared`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 hangup`},
		{"one of two devices stops ringing", nil, `
			1002 a delivered 03023125101
			2002 b delivered 03023125101
			1002 a cleared
			2002 b cleared`, `
			bob inbound ringing +493023125101 1
			bob inbound ringing +493023125101 1
			bob inbound ended +493023125101 1 abandoned`},
		{"hold never pops again", nil, `
			1001 a delivered 03023125101
			1001 a established
			1001 a held
			1001 a retrieved`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound held +493023125101 1
			ada inbound connected +493023125101 1`},
		{"internal calls stay quiet", nil, `
			1001 a delivered 1002
			1001 a established
			1001 a cleared`, ``},
		{"internal calls on request", internal, `
			1001 a delivered 1002`, `
			ada internal ringing 1002`},
		{"a colleague's consultation becomes the caller", nil, `
			1001 a delivered 1002
			1001 a established 1002
			1001 a transferred 03023125101`, `
			ada inbound connected +493023125101 1`},
		{"blind transfer ends the first agent's call as such", nil, `
			1002 a delivered 03023125101
			1002 a established
			1002 a cleared
			1001 b delivered 03023125101`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 hangup
			bob inbound ended +493023125101 1 transferred to 1001
			ada inbound ringing +493023125101 1 by 1002`},
		{"transfer: the first agent ends before the caller is revealed", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1002 a cleared
			1001 b transferred 03023125101`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 hangup
			ada inbound connected +493023125101 1 by 1002
			bob inbound ended +493023125101 1 transferred to 1001`},
		{"transfer that was inferred: probable, and both hear of each other", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1002 a gone
			1001 b handed 1002 03023125101`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			bob inbound ended +493023125101 1 transferred
			ada inbound connected +493023125101 1 probable by 1002
			bob inbound ended +493023125101 1 transferred to 1001`},
		{"transfer that the switch tells, the colleague first", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1001 b moved 1002 03023125101
			1002 a gone`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound connected +493023125101 1 by 1002
			bob inbound ended +493023125101 1 transferred to 1001`},
		{"blind transfer, the colleague's telephone rings first", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 03023125101
			1002 a gone`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ringing +493023125101 1
			bob inbound ended +493023125101 1 transferred to 1001
			ada inbound ringing +493023125101 1 by 1002`},
		{"transfer to a call of its own, which does not ring (RFC 3891)", nil, `
			1002 a delivered 03023125101
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1001 c brought 1002 03023125101
			1001 b gone
			1002 a gone`, `
			bob inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound connected +493023125101 1 by 1002
			bob inbound ended +493023125101 1 transferred to 1001`},
		{"picked up, and the switch says who it is", nil, `
			1001 a delivered 03023125101
			1002 b took 1001 03023125101
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound connected +493023125101 1
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"transfer of a withheld caller", nil, `
			1002 a delivered withheld
			1002 a established
			1001 b delivered 1002
			1001 b established 1002
			1002 a gone
			1001 b handed 1002 withheld`, `
			bob inbound ringing withheld
			bob inbound connected withheld
			bob inbound ended withheld transferred
			ada inbound connected withheld by 1002
			bob inbound ended withheld transferred to 1001`},
		{"transferred by a colleague, nobody knows whom", nil, `
			1001 b delivered 1002
			1001 b established 1002
			1001 b handed 1002
			1001 b handed 1002`, `
			ada inbound connected  probable by 1002`},
		{"picked up, inferred half a second later", nil, `
			1001 a delivered 03023125101
			1002 b bare
			1001 a cleared
			1002 b picked 1001 03023125101`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 abandoned
			bob inbound connected +493023125101 1 probable
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"picked up at a telephone that no agent has", nil, `
			1002 b picked 1077 03023125101`, `
			bob inbound connected +493023125101 1 probable`},
		{"a colleague picks the call up", nil, `
			1001 a delivered 03023125101
			1002 b pickup 1001
			1001 a cleared`, `
			ada inbound ringing +493023125101 1
			bob inbound connected +493023125101 1 probable
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"picked up, and the phone that rang told first", nil, `
			1001 a delivered 03023125101
			1001 a cleared
			1002 b pickup 1001`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 abandoned
			bob inbound connected +493023125101 1 probable
			ada inbound ended +493023125101 1 answeredElsewhere by 1002`},
		{"a party that is only probable is marked", nil, `
			1001 a delivered 03023125101
			1001 a probable 03023125101`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1 probable`},
		{"answered while nobody listened", nil, `
			1001 a delivered 03023125101
			1001 a alive 03023125101`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1`},
		{"identity that comes with hold", nil, `
			1001 a established
			1001 a held 03023125101`, `
			ada inbound connected
			ada inbound held +493023125101 1`},
		{"a bare confirmed is an outgoing call on Asterisk", nil, `
			1001 a bare`, ``},
		{"outgoing call from the telephone", nil, `
			1001 a originated 003023125101
			1001 a reached 003023125101
			1001 a cleared`, `
			ada outbound dialing +493023125101 1
			ada outbound connected +493023125101 1
			ada outbound ended +493023125101 1 hangup`},
		{"busy", nil, `
			1001 a originated 003023125101
			1001 a busy`, `
			ada outbound dialing +493023125101 1
			ada outbound ended +493023125101 1 busy`},
		{"pop on answer", onAnswer, `
			1001 a delivered +493023125999
			1001 a established
			1001 b delivered +493023125999
			1001 b cleared`, `
			ada inbound connected +493023125999 0`},
		{"nobody enabled on the device", nil, `
			1003 a delivered 03023125101`, ``},
		{"ended while nobody listened", nil, `
			1001 a delivered 03023125101
			1001 a established
			1001 - idle`, `
			ada inbound ringing +493023125101 1
			ada inbound connected +493023125101 1
			ada inbound ended +493023125101 1 hangup`},
		{"diverted", nil, `
			1001 a delivered 03023125101
			1001 a diverted`, `
			ada inbound ringing +493023125101 1
			ada inbound ended +493023125101 1 diverted`},
		{"a slow directory does not hold the pop", nil, `
			1001 a delivered +493023125777
			- - wait 2s`, `
			ada inbound ringing +493023125777
			ada inbound ringing +493023125777 1`},
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

func lines(s string) []string {
	out := []string{}
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func TestLookupErrorIsNotUnknown(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.dir.broken = true
		r.step("1001 a delivered +493023125999")
		if got := r.takes(); !slices.Equal(got, []string{"ada inbound ringing +493023125999"}) {
			t.Errorf("screens were told %q, want the number alone", got)
		}
	})
}

// A directory that hangs costs the first pop its 20 ms and the others nothing;
// the matches follow.
func TestHangingDirectoryHoldsUpNobody(t *testing.T) {
	in(t, nil, func(r *rig) {
		begin := time.Now()
		for i := range 50 {
			r.events <- pbx.Event{
				Link: "toy", Kind: pbx.EventDelivered, Direction: pbx.DirectionInbound, Time: begin,
				Connection: pbx.ConnectionID{Call: pbx.CallID(rune('a' + i)), Device: "1001"}, Calling: pbx.Party{Number: slow},
			}
		}
		if took := time.Since(begin); took > 2*findWithin {
			t.Errorf("50 pops took %v", took)
		}
		r.step("- - wait 2m")
		for _, c := range r.Calls("ada") {
			if len(c.Matches) != 1 {
				t.Fatalf("a call never got its match: %+v", c)
			}
		}
	})
}

// A call of which nothing is heard stays while its link is up, however long it
// is, and ends 12 h after its last sign of life where the link is down.
func TestSilentCallEnds(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1001 a established")
		r.takes()
		r.step("- - wait 30h")
		r.step("1001 a alive 03023125101")
		r.step("- - down")
		r.step("- - wait 11h")
		r.step("1001 a alive 03023125101")
		r.step("- - wait 20h")
		r.step("- - down")
		r.step("1001 a held 03023125101")
		r.step("1001 a retrieved 03023125101")
		r.takes()
		r.step("- - wait 11h59m")
		if got := r.takes(); len(got) > 0 {
			t.Errorf("screens were told %q of a call that may live", got)
		}
		r.step("- - wait 2m")
		want := []string{"ada inbound ended +493023125101 1 hangup"}
		if got := r.takes(); !slices.Equal(got, want) {
			t.Errorf("screens were told %q, want %q", got, want)
		}
	})
}

func TestSnapshotShowsRunningCalls(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.TabChanged("ada", Tab{ID: "t1", Focused: true, Visible: true})
		r.send(pbx.Event{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: "1001"}, Connections: []pbx.Connection{
			{ID: pbx.ConnectionID{Call: "a", Device: "1001"}, State: pbx.StateConnected, Direction: pbx.DirectionInbound, Calling: pbx.Party{Number: known}},
			{ID: pbx.ConnectionID{Call: "b", Device: "1001"}, State: pbx.StateConnected},
		}})
		want := []string{"ada inbound connected +493023125101 1"}
		if got := r.takes(); !slices.Equal(got, want) {
			t.Errorf("screens were told %q, want %q and no navigation", got, want)
		}
		if got := r.Calls("ada"); len(got) != 1 {
			t.Errorf("Calls gives %d calls, want 1", len(got))
		}
	})
}

func TestDisabledAgentLosesCalls(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.takes()
		r.Configure(Roster{Switches: []Switch{{Link: r.link}}})
		r.step("1001 a established")
		if got := r.takes(); len(got) > 0 || len(r.Calls("ada")) > 0 {
			t.Errorf("screens were told %q after the agent was removed", got)
		}
		if len(r.link.watched) != 0 {
			t.Errorf("link still watches %v", r.link.watched)
		}
	})
}

func TestPurgeForgetsEverything(t *testing.T) {
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered 03023125101")
		r.step("1001 a cleared")
		r.step("- - wait 601s")
		b := r.Bridge
		b.mu.Lock()
		defer b.mu.Unlock()
		tb := &b.table
		if n := len(tb.legs) + len(tb.calls) + len(tb.byDevice) + len(tb.byNumber) + len(tb.byAgent) + len(tb.done) + tb.live; n != 0 {
			t.Errorf("%d entries left in the call table: %+v", n, tb)
		}
	})
}
