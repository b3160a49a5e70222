package bridge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// TestDialRights: who may dial what, for groups of each class. Numbers of
// other kinds are in TestDialRefused.
func TestDialRights(t *testing.T) {
	plan := lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}
	internal := Settings{DialClass: new(DialInternal)}
	national := Settings{DialClass: new(DialNational)}
	frugal := Settings{DialSharedCost: new(false)}
	blocked := Settings{DialBlocked: []string{"+493023125", "+44"}}
	for _, tt := range []struct {
		name   string
		groups []Settings
		typed  string
		want   error
	}{
		{"default abroad", nil, "+44 1632 960123", nil},
		{"default shared cost", nil, "0180 5 123456", nil},
		{"default premium rate", nil, "0900 1234567", errPremium},
		{"default premium rate abroad", nil, "+43 900 1234567", errPremium},
		{"default satellite", nil, "+881 612345678", errPremium},
		{"internal extension", []Settings{internal}, "1002", nil},
		{"internal town", []Settings{internal}, "23125101", errOnlyInternal},
		{"internal abroad", []Settings{internal}, "+44 1632 960123", errOnlyInternal},
		{"internal shared cost", []Settings{internal}, "0180 5 123456", errOnlyInternal},
		{"national extension", []Settings{national}, "1002", nil},
		{"national town", []Settings{national}, "23125101", nil},
		{"national mobile", []Settings{national}, "0172 9925904", nil},
		{"national abroad", []Settings{national}, "+44 1632 960123", errOnlyNational},
		{"national abroad, as dialled", []Settings{national}, "0044 1632 960123", errOnlyNational},
		{"national shared cost", []Settings{national}, "0180 5 123456", nil},
		{"national shared cost abroad", []Settings{national}, "+44 843 1234567", errOnlyNational},
		{"no shared cost", []Settings{frugal}, "0180 5 123456", errSharedCost},
		{"no shared cost, town", []Settings{frugal}, "23125101", nil},
		{"blocked town", []Settings{blocked}, "030 23125-101", errBlocked},
		{"blocked country", []Settings{blocked}, "+44 1632 960123", errBlocked},
		{"not blocked", []Settings{blocked}, "069 90009001", nil},
		{"blocked extension is none", []Settings{blocked}, "1002", nil},
		{"first group wins", []Settings{national, {DialClass: new(DialInternational)}}, "+44 1632 960123", errOnlyNational},
		{"a group that says nothing", []Settings{{}, national}, "+44 1632 960123", errOnlyNational},
		{"emergency", []Settings{internal}, "110", errEmergency},
		{"words", nil, "Berta", errInvalidNumber},
	} {
		r := resolve(tt.groups)
		class, n := plan.TypedClass(tt.typed)
		if err := r.dial.allows(plan, class, n); !errors.Is(err, tt.want) {
			t.Errorf("%s: %q gives %v, want %v", tt.name, tt.typed, err, tt.want)
		}
	}
}

// TestDialRate: three calls in ten seconds and twenty a minute, for each agent
// alone; nothing reaches the switch beyond that.
func TestDialRate(t *testing.T) {
	in(t, nil, func(r *rig) {
		dial := func(agent AgentID) error {
			_, err := r.Dial(r.t.Context(), agent, "r", "03023125101", nil)
			if err == nil { // the next call is not to wait for this one
				r.step(fmt.Sprintf("%s dial-%d cleared", r.screens.last[agent].Device, len(r.link.dialled)))
			}
			return err
		}
		for i := range 3 {
			if err := dial("ada"); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		if err := dial("ada"); !errors.Is(err, errTooOften) {
			t.Errorf("a fourth call in ten seconds: %v", err)
		}
		if err := dial("bob"); err != nil {
			t.Errorf("another agent: %v", err)
		}
		time.Sleep(10 * time.Second) // of the bubble
		if err := dial("ada"); err != nil {
			t.Errorf("ten seconds later: %v", err)
		}
		if got := len(r.link.dialled); got != 5 {
			t.Errorf("%d calls went out, want 5", got)
		}
		if got := r.Stats().DialsRefused.Load(); got != 1 {
			t.Errorf("%d refusals counted, want 1", got)
		}
	})
}

// TestDialRateMinute: the limit of a minute counts by itself.
func TestDialRateMinute(t *testing.T) {
	rights := resolve([]Settings{{DialsPerMinute: new(2), DialsPerTenSeconds: new(MaxDials)}}).dial
	times, now := dialTimes{}, time.Unix(0, 0)
	for i, step := range []struct {
		after time.Duration
		want  error
	}{{0, nil}, {20 * time.Second, nil}, {0, errTooOften}, {39 * time.Second, errTooOften}, {time.Second, nil}, {0, errTooOften}, {20 * time.Second, nil}} {
		now = now.Add(step.after)
		if err := times.take("ada", &rights, now); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	times.keepOnly(map[AgentID]*member{})
	if len(times) != 0 {
		t.Error("agents who are gone are kept")
	}
}

func TestRefusedDialsAreCounted(t *testing.T) {
	in(t, func(r *Roster) {
		r.Groups = []Group{{Name: "town", Settings: Settings{DialClass: new(DialNational)}}}
		r.Agents[0].Groups = []string{"town"}
	}, func(r *rig) {
		for _, number := range []string{"+44 1632 960123", "112", "hello"} {
			if _, err := r.Dial(r.t.Context(), "ada", "r", number, nil); err == nil {
				t.Errorf("%s was dialled", number)
			}
		}
		if got := r.Stats().DialsRefused.Load(); got != 3 || len(r.link.dialled) != 0 {
			t.Errorf("%d refusals counted, dialled %q", got, r.link.dialled)
		}
	})
}
