package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// able is a link with all services; can narrows them where it is set.
type able struct {
	*dialer
	can   func(pbx.ConnectionID) pbx.Services
	err   error
	asked []string
}

func (l *able) Services(id pbx.ConnectionID) pbx.Services {
	if l.can != nil {
		return l.can(id)
	}
	return ^pbx.Services(0)
}

func (l *able) note(service string, args ...any) error {
	l.asked = append(l.asked, strings.TrimSpace(service+" "+fmt.Sprintln(args...)))
	return l.err
}

func (l *able) AnswerCall(_ context.Context, id pbx.ConnectionID) error {
	return l.note("answer", id.Call)
}

func (l *able) HoldCall(_ context.Context, id pbx.ConnectionID) error { return l.note("hold", id.Call) }

func (l *able) RetrieveCall(_ context.Context, id pbx.ConnectionID) error {
	return l.note("retrieve", id.Call)
}

func (l *able) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	return l.note("clear", id.Call)
}

func (l *able) SingleStepTransferCall(_ context.Context, id pbx.ConnectionID, to string) error {
	return l.note("send", id.Call, to)
}

func (l *able) TransferCall(_ context.Context, held, connected pbx.ConnectionID) error {
	return l.note("transfer", held.Call, connected.Call)
}

func (l *able) AlternateCall(_ context.Context, held, connected pbx.ConnectionID) error {
	return l.note("alternate", held.Call, connected.Call)
}

func (l *able) ConsultationCall(_ context.Context, id pbx.ConnectionID, to string) (pbx.ConnectionID, error) {
	return pbx.ConnectionID{Call: "consult-1", Device: id.Device}, l.note("consult", id.Call, to)
}

// withServices is a rig whose one switch has all services.
func withServices(t *testing.T, body func(r *rig, l *able)) {
	t.Helper()
	l := &able{dialer: &dialer{name: "toy"}}
	in(t, func(roster *Roster) {
		roster.Switches[0].Link = l
		roster.Groups = []Group{{Name: "town", Settings: Settings{DialClass: new(DialNational)}}}
		roster.Agents[0].Groups = []string{"town"}
	}, func(r *rig) { body(r, l) })
}

// offered are the actions of ada's calls, oldest first.
func (r *rig) offered() []string {
	var out []string
	for _, c := range r.Calls("ada") {
		words := make([]string, len(c.Actions))
		for i, a := range c.Actions {
			words[i] = string(a)
		}
		out = append(out, string(c.State)+": "+strings.Join(words, " "))
	}
	return out
}

// TestActionsFollowTheCall: the frame offers what the switch can do in the
// call's state, and changes with the other call of the device.
func TestActionsFollowTheCall(t *testing.T) {
	withServices(t, func(r *rig, _ *able) {
		for _, step := range []struct {
			line string
			want []string
		}{
			{"1001 a delivered +493023125101", []string{"ringing: answer reject"}},
			{"1001 a established +493023125101", []string{"connected: hold transfer consult hangup"}},
			{"1001 a held", []string{"held: retrieve hangup"}},
			{"1001 b delivered +493023125200", []string{"held: retrieve hangup", "ringing: answer reject"}},
			{"1001 b established", []string{"held: swap hangup", "connected: hold transfer complete swap hangup"}},
			{"1001 b cleared", []string{"held: retrieve hangup"}},
			{"1001 a retrieved", []string{"connected: hold transfer consult hangup"}},
		} {
			r.step(step.line)
			if got := r.offered(); !slices.Equal(got, step.want) {
				t.Errorf("%s: offered %q, want %q", step.line, got, step.want)
			}
		}
	})
}

// TestActionsFollowTheLink: what the link says of each call counts, also where
// nothing else of the call changes.
func TestActionsFollowTheLink(t *testing.T) {
	withServices(t, func(r *rig, l *able) {
		l.can = func(pbx.ConnectionID) pbx.Services { return pbx.ServiceClear }
		if _, err := r.Dial(r.t.Context(), "ada", "r1", "03023125101", nil); err != nil {
			t.Fatal(err)
		}
		r.step("1001 dial-1 originated")
		if got, want := r.offered(), []string{"dialing: hangup"}; !slices.Equal(got, want) {
			t.Errorf("offered %q, want %q", got, want)
		}
		l.can = func(pbx.ConnectionID) pbx.Services { return 0 }
		r.step("1001 dial-1 originated")
		if got, want := r.offered(), []string{"dialing: "}; !slices.Equal(got, want) {
			t.Errorf("out of the link's hands: offered %q, want %q", got, want)
		}
		if err := r.Act(r.t.Context(), "ada", r.Calls("ada")[0].ID, ActionHangup, ""); !errors.Is(err, errNotPossible) {
			t.Errorf("hang up: %v", err)
		}
		if len(l.asked) > 0 {
			t.Errorf("the link was asked: %q", l.asked)
		}
	})
}

// TestActAsksTheSwitch: each action is one service, on the right connections.
func TestActAsksTheSwitch(t *testing.T) {
	for _, tt := range []struct {
		call   int
		action Action
		to     string
		want   string
		err    error
	}{
		{0, ActionRetrieve, "", "", errNotPossible}, // the other call is up
		{0, ActionSwap, "", "alternate a b", nil},
		{1, ActionSwap, "", "alternate a b", nil},
		{1, ActionComplete, "", "transfer a b", nil},
		{0, ActionComplete, "", "", errNotPossible},
		{1, ActionHold, "", "hold b", nil},
		{0, ActionHangup, "", "clear a", nil},
		{1, ActionTransfer, "030 23125-200", "send b 003023125200", nil},
		{1, ActionTransfer, "+44 1632 960123", "", errOnlyNational},
		{1, ActionTransfer, "112", "", errEmergency},
		{1, ActionTransfer, "1\r\nX: y", "", errInvalidNumber},
		{1, ActionConsult, "1002", "", errNotPossible}, // there is a second call already
		{2, ActionAnswer, "", "answer c", nil},
		{2, ActionReject, "", "clear c", nil},
		{2, ActionHangup, "", "", errNotPossible},
		{2, "dance", "", "", errNotPossible},
	} {
		withServices(t, func(r *rig, l *able) {
			for _, line := range []string{
				"1001 a delivered +493023125101", "1001 a established", "1001 a held",
				"1001 b delivered +493023125200", "1001 b established", "1001 c delivered +493023125999",
			} {
				r.step(line)
			}
			id := r.Calls("ada")[tt.call].ID
			if err := r.Act(r.t.Context(), "ada", id, tt.action, tt.to); !errors.Is(err, tt.err) {
				t.Errorf("%s on call %d: %v, want %v", tt.action, tt.call, err, tt.err)
			}
			if got := strings.Join(l.asked, ", "); got != tt.want {
				t.Errorf("%s on call %d asked %q, want %q", tt.action, tt.call, got, tt.want)
			}
			if err := r.Act(r.t.Context(), "bob", id, tt.action, tt.to); !errors.Is(err, ErrNotYourCall) {
				t.Errorf("%s of another agent's call: %v", tt.action, err)
			}
		})
	}
}

// TestConsult: the second call is one of the agent's own, shown from the start.
func TestConsult(t *testing.T) {
	withServices(t, func(r *rig, l *able) {
		r.step("1001 a delivered +493023125101")
		r.step("1001 a established")
		id := r.Calls("ada")[0].ID
		if err := r.Act(r.t.Context(), "ada", id, ActionConsult, "+44 1632 960123"); !errors.Is(err, errOnlyNational) {
			t.Errorf("consulting abroad: %v", err)
		}
		if err := r.Act(r.t.Context(), "ada", id, ActionConsult, "1002"); err != nil {
			t.Fatal(err)
		}
		if want := []string{"consult a 1002"}; !slices.Equal(l.asked, want) {
			t.Errorf("asked %q, want %q", l.asked, want)
		}
		r.step("1001 a held")
		r.step("1001 consult-1 originated")
		rings := []string{"held: retrieve hangup", "dialing: complete hangup"}
		if got := r.offered(); !slices.Equal(got, rings) {
			t.Errorf("while the colleague's telephone rings: offered %q, want %q", got, rings)
		}
		if err := r.Act(r.t.Context(), "ada", r.Calls("ada")[1].ID, ActionComplete, ""); err != nil || l.asked[len(l.asked)-1] != "transfer a consult-1" {
			t.Errorf("transferred while it rings: %v, asked %q", err, l.asked)
		}
		r.step("1001 consult-1 reached")
		want := []string{"held: swap hangup", "connected: hold transfer complete swap hangup"}
		if got := r.offered(); !slices.Equal(got, want) {
			t.Errorf("offered %q, want %q", got, want)
		}
	})
}

// TestDeclined: a call that is declined, here or on the telephone where the switch
// says so, is told as such and not as one whose caller gave up. A colleague may
// still take it.
func TestDeclined(t *testing.T) {
	for _, c := range []struct {
		name, how string
		err       error
		then      []string
		want      string // reason and detail
	}{
		{"in the panel", "panel", nil, []string{"1001 a cleared"}, "abandoned declined The call was declined."},
		{"the switch refuses, then it ends", "panel", errors.New("no"), []string{"1001 a cleared"}, "abandoned unclear "},
		{"on the telephone", "", nil, []string{"1001 a declined"}, "abandoned declined The call was declined."},
		{"the caller gives up", "", nil, []string{"1001 a cancelled"}, "abandoned  "},
		{"the caller gives up while the agent declines", "panel", nil, []string{"1001 a cancelled"}, "abandoned declined The call was declined."},
		{"nobody says who ended it", "", nil, []string{"1001 a cleared"}, "abandoned unclear "},
		{"a colleague takes it", "panel", nil, []string{"1002 b delivered +493023125101", "1001 a cleared", "1002 b established"}, "answeredElsewhere  "},
		{"answered, then ended", "", nil, []string{"1001 a established", "1001 a declined"}, "hangup  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			withServices(t, func(r *rig, l *able) {
				r.step("1001 a delivered +493023125101")
				if c.how == "panel" {
					l.err = c.err
					if err := r.Act(r.t.Context(), "ada", r.Calls("ada")[0].ID, ActionReject, ""); (err == nil) != (c.err == nil) {
						t.Errorf("reject: %v", err)
					}
				}
				for _, line := range c.then {
					r.step(line)
				}
				last := r.screens.shown("ada")
				if got := string(last.EndReason) + " " + string(last.DetailCode) + " " + last.Detail; got != c.want {
					t.Errorf("ended as %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestActFails: what the switch says becomes words.
func TestActFails(t *testing.T) {
	for err, want := range map[error]RequestError{
		pbx.ErrLinkDown: errLinkDown, pbx.ErrNotSupported: errNotPossible, errors.New("486"): errNotDone,
	} {
		withServices(t, func(r *rig, l *able) {
			l.err = fmt.Errorf("toy: %w", err)
			r.step("1001 a delivered +493023125101")
			if got := r.Act(r.t.Context(), "ada", r.Calls("ada")[0].ID, ActionAnswer, ""); !errors.Is(got, want) {
				t.Errorf("%v becomes %v, want %v", err, got, want)
			}
		})
	}
}
