package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deskStore keeps choices in memory.
type deskStore struct {
	mu   sync.Mutex
	kept map[AgentID]Desk
	err  error
}

func (s *deskStore) SaveDesk(_ context.Context, d Desk) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for agent, old := range s.kept {
		if old.Device == d.Device {
			delete(s.kept, agent)
		}
	}
	s.kept[d.Agent] = d
	return nil
}

func (s *deskStore) EndDesk(_ context.Context, agent AgentID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, agent)
	return nil
}

func (s *deskStore) Desks(_ context.Context, now time.Time) ([]Desk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Desk
	for _, d := range s.kept {
		if d.Until.After(now) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *deskStore) has(agent AgentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.kept[agent]
	return ok
}

// told is what ShowSettings was given last, and the problems in order.
type told struct {
	settings map[AgentID]PanelSettings
	problems []string
}

// deskScreens are screens that show settings.
type deskScreens struct {
	*screens
	told
}

// of is what an agent was told last.
func (s *deskScreens) of(a AgentID) PanelSettings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings[a]
}

// faults are the problems told so far.
func (s *deskScreens) faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

func (s *deskScreens) ShowSettings(a AgentID, now PanelSettings, problem *RequestError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings[a] = now
	if problem != nil {
		s.problems = append(s.problems, string(a)+" "+problem.Code)
	}
}

// flex lets ada and bob choose 1050 and 1051, ada by her own list.
func flex(r *Roster) {
	allowed := []Device{{"toy", "1050"}, {"toy", "1051"}}
	r.Groups = []Group{{Name: "flex", Settings: Settings{AllowedDevices: allowed, ShiftHours: ptr(8)}}}
	r.Agents[0].Settings.AllowedDevices = allowed
	r.Agents[1].Groups = []string{"flex"}
}

// desk is a rig whose agents share telephones.
func desk(t *testing.T, body func(r *rig, s *deskScreens, kept *deskStore)) {
	t.Helper()
	in(t, flex, func(r *rig) {
		s := &deskScreens{r.screens, told{settings: make(map[AgentID]PanelSettings)}}
		r.SetScreens(s)
		kept := &deskStore{kept: make(map[AgentID]Desk)}
		r.o.Desks = kept
		for _, agent := range []AgentID{"ada", "bob"} {
			r.TabChanged(agent, Tab{ID: "tab", Visible: true})
		}
		body(r, s, kept)
	})
}

func (r *rig) sits(agent AgentID, id string) {
	r.t.Helper()
	if err := r.ChooseDevice(r.t.Context(), agent, id); err != nil {
		r.t.Fatal(err)
	}
}

// rings reports who is shown a call at the telephone.
func (r *rig) rings(extension string) []string {
	r.t.Helper()
	r.takes()
	r.step(extension + " x delivered 03023125101")
	got := r.takes()
	r.step(extension + " x cleared")
	r.step("- - wait 3s")
	r.takes()
	var who []string
	for _, l := range got {
		if !strings.Contains(l, " opens ") {
			who = append(who, l[:3])
		}
	}
	return who
}

func TestDeskSharing(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *rig)
		at   string
		want []string
	}{
		{"nobody has chosen", func(*rig) {}, "1050", nil},
		{"chosen", func(r *rig) { r.sits("ada", "toy/1050") }, "1050", []string{"ada"}},
		{"one's own telephone goes on", func(r *rig) { r.sits("ada", "toy/1050") }, "1001", []string{"ada"}},
		{"another choice leaves the first", func(r *rig) { r.sits("ada", "toy/1050"); r.sits("ada", "toy/1051") }, "1050", nil},
		{"the later one wins", func(r *rig) { r.sits("ada", "toy/1050"); r.sits("bob", "toy/1050") }, "1050", []string{"bob"}},
		{"given back", func(r *rig) { r.sits("ada", "toy/1050"); r.sits("ada", "") }, "1050", nil},
		{"within the shift of the default", func(r *rig) { r.sits("ada", "toy/1050"); r.step("- - wait 11h59m") }, "1050", []string{"ada"}},
		{"after it", func(r *rig) { r.sits("ada", "toy/1050"); r.step("- - wait 12h1m") }, "1050", nil},
		{"after the shift of the group", func(r *rig) { r.sits("bob", "toy/1050"); r.step("- - wait 8h1m") }, "1050", nil},
		{"a reload of the page", func(r *rig) {
			r.sits("ada", "toy/1050")
			r.TabClosed("ada", "tab")
			r.step("- - wait 29m")
			r.TabChanged("ada", Tab{ID: "new"})
			r.step("- - wait 1h")
		}, "1050", []string{"ada"}},
		{"signed out", func(r *rig) { r.sits("ada", "toy/1050"); r.TabClosed("ada", "tab"); r.step("- - wait 31m") }, "1050", nil},
		{"no longer allowed", func(r *rig) {
			r.sits("ada", "toy/1050")
			r.configure(Agent{
				ID: "ada", Org: org, Enabled: true, Devices: []Device{{"toy", "1001"}},
				Settings: Settings{AllowedDevices: []Device{{"toy", "1051"}}},
			})
		}, "1050", nil},
		{"logged on at it, nobody has chosen it", func(r *rig) { r.step("1050 - on 1002") }, "1050", []string{"bob"}},
		{"the choice wins over the log-on", func(r *rig) { r.step("1050 - on 1002"); r.sits("ada", "toy/1050") }, "1050", []string{"ada"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			desk(t, func(r *rig, _ *deskScreens, _ *deskStore) {
				tt.do(r)
				if got := r.rings(tt.at); !slices.Equal(got, tt.want) {
					t.Errorf("%s rings for %q, want %q", tt.at, got, tt.want)
				}
			})
		})
	}
}

func TestDeskIsTold(t *testing.T) {
	desk(t, func(r *rig, s *deskScreens, kept *deskStore) {
		if !slices.Contains(r.link.watched, "1050") {
			t.Error("a telephone to choose is not watched")
		}
		r.sits("ada", "toy/1050")
		if got := s.of("ada"); got.Device != "toy/1050" || len(got.Devices) != 2 || got.Devices[1] != (SharedDevice{"toy/1051", "toy", "1051"}) {
			t.Errorf("ada is told %+v", got)
		}
		r.sits("bob", "toy/1050")
		if got := s.of("ada"); got.Device != "" || s.of("bob").Device != "toy/1050" {
			t.Errorf("ada is told %+v", got)
		}
		r.step("- - wait 8h1m")
		if want := []string{"ada deviceTaken", "bob shiftOver"}; !slices.Equal(s.faults(), want) || kept.has("bob") {
			t.Errorf("told %q, want %q; kept %v", s.faults(), want, kept.kept)
		}
		for _, id := range []string{"toy/1001", "other/1050", "x"} {
			if err := r.ChooseDevice(r.t.Context(), "ada", id); !errors.Is(err, errNotYourDevice) {
				t.Errorf("%s: %v", id, err)
			}
		}
		kept.err = context.DeadlineExceeded
		if err := r.ChooseDevice(r.t.Context(), "ada", "toy/1050"); err == nil || r.Settings("ada").Device != "" {
			t.Errorf("a choice that is not kept: %v, %+v", err, r.Settings("ada"))
		}
	})
}

// A call that is there stays with the agent who has it.
func TestDeskTakenDuringACall(t *testing.T) {
	desk(t, func(r *rig, _ *deskScreens, _ *deskStore) {
		r.sits("ada", "toy/1050")
		r.step("1050 a delivered 03023125101")
		r.step("1050 a established")
		r.sits("bob", "toy/1050")
		r.takes()
		r.step("1050 a cleared")
		if got, want := r.takes(), []string{"ada inbound ended +493023125101 1 hangup"}; !slices.Equal(got, want) {
			t.Errorf("screens were told %q, want %q", got, want)
		}
	})
}

func TestDialFromTheChosenDesk(t *testing.T) {
	desk(t, func(r *rig, _ *deskScreens, _ *deskStore) {
		r.sits("ada", "toy/1051")
		if _, err := r.Dial(r.t.Context(), "ada", "", "030 23125101", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if c := r.call("ada"); c.Device != "1051" {
			t.Errorf("dialled from %s", c.Device)
		}
	})
	in(t, func(r *Roster) { flex(r); r.Agents[0].Devices = nil }, func(r *rig) {
		if _, err := r.Dial(r.t.Context(), "ada", "", "030 23125101", nil); !errors.Is(err, errChooseDevice) {
			t.Errorf("without any telephone: %v", err)
		}
	})
}

func TestDeskOutlivesARestart(t *testing.T) {
	desk(t, func(r *rig, _ *deskScreens, kept *deskStore) {
		r.sits("ada", "toy/1050")
		again := New(Options{Directory: r.dir, Bindings: bindings{}, Logger: r.log, Desks: kept})
		if err := again.Restore(r.t.Context()); err != nil {
			t.Fatal(err)
		}
		roster := Roster{Agents: []Agent{{ID: "ada", Org: org, Enabled: true}}, Switches: []Switch{{Link: r.link}}}
		flexed := roster
		flexed.Agents = []Agent{{ID: "ada", Org: org, Enabled: true, Settings: Settings{AllowedDevices: []Device{{"toy", "1050"}}}}}
		again.Configure(flexed)
		if got := again.Settings("ada").Device; got != "toy/1050" {
			t.Errorf("after a restart the agent sits at %q", got)
		}
		again.Configure(roster)
		if kept.has("ada") {
			t.Error("a choice that is not allowed any more is kept")
		}
	})
}
