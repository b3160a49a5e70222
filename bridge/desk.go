package bridge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// Desk is the device that an agent chose for the day.
type Desk struct {
	Agent  AgentID
	Device Device
	Until  time.Time
}

// Desks keeps those choices over a restart.
type Desks interface {
	// SaveDesk keeps a choice in place of the agent's former one and of the
	// device's.
	SaveDesk(ctx context.Context, d Desk) error
	// EndDesk forgets an agent's choice, if there is one.
	EndDesk(ctx context.Context, agent AgentID) error
	// Desks are the choices that still hold at now.
	Desks(ctx context.Context, now time.Time) ([]Desk, error)
}

// PanelSettings is what an agent's panel has to know of the agent's settings.
type PanelSettings struct {
	PopOn       string `json:"popOn"`
	Sound       bool   `json:"sound"`
	QuietInCall bool   `json:"quietInCall"`
	// Dispositions are the outcomes to choose from for a note; none: the panel's own.
	Dispositions []string `json:"dispositions,omitempty"`
	// Devices are those that the agent may choose from for the day; Device is
	// the ID of the one chosen.
	Devices []SharedDevice `json:"devices,omitempty"`
	Device  string         `json:"device,omitempty"`
	// Fields are those that the panel shows of a record beside its name and
	// company, by object: it reads them under the agent's own rights.
	Fields map[string][]string `json:"fields,omitempty"`
}

// SharedDevice is a device that may be chosen.
type SharedDevice struct {
	ID        string `json:"id"`
	Link      string `json:"link"`
	Extension string `json:"extension"`
}

// SettingsScreen is a Screens that shows settings as well. problem, if not nil,
// says why they changed without the agent's doing. Neither blocks.
type SettingsScreen interface {
	ShowSettings(agent AgentID, s PanelSettings, problem *RequestError)
}

// awayFor is how long an agent without any tab keeps a chosen device: after it
// the agent has gone home.
const awayFor = 30 * time.Minute

// desks tells who of several agents has a device now: the one who chose it for
// the day, else the one who logged on there.
type desks struct {
	chosen   map[AgentID]Desk
	at       map[Device]AgentID
	loggedOn map[Device]AgentID
	away     map[AgentID]time.Time // since when an agent with a desk has no tab
}

func newDesks() desks {
	return desks{
		chosen: make(map[AgentID]Desk), at: make(map[Device]AgentID),
		loggedOn: make(map[Device]AgentID), away: make(map[AgentID]time.Time),
	}
}

// take gives the device to the agent, and no other one.
func (d *desks) take(n Desk) {
	if old, ok := d.at[n.Device]; ok {
		delete(d.chosen, old)
	}
	d.leave(n.Agent)
	d.chosen[n.Agent], d.at[n.Device] = n, n.Agent
}

func (d *desks) leave(agent AgentID) {
	delete(d.at, d.chosen[agent].Device)
	delete(d.chosen, agent)
	delete(d.away, agent)
}

// membersAt are the agents who take the calls of a device.
func (t *table) membersAt(x *roster, d Device) []*member {
	if agent, ok := t.desks.at[d]; ok {
		if m := x.members[agent]; m != nil && slices.Contains(x.allowed[d], m) {
			return []*member{m}
		}
	}
	if agent, ok := t.desks.loggedOn[d]; ok {
		if m := x.members[agent]; m != nil {
			return []*member{m}
		}
	}
	return x.devices[d]
}

// devicesOf are those whose calls the agent takes, the one chosen for the day
// first.
func (t *table) devicesOf(x *roster, m *member) []Device {
	var out []Device
	if desk, ok := t.desks.chosen[m.ID]; ok {
		out = append(out, desk.Device)
	}
	for _, d := range m.Devices {
		if !slices.Contains(out, d) && slices.Contains(t.membersAt(x, d), m) {
			out = append(out, d)
		}
	}
	return out
}

// logged notes who logged on at a device, or off. A stranger's log-on ends that
// of one of ours; a device that the agent neither has nor may choose stays whose
// it is.
func (t *table) logged(x *roster, ev *pbx.Event) {
	d := Device{ev.Link, string(ev.Connection.Device)}
	m := x.switchAgent(d, ev.Agent)
	if ev.Kind == pbx.EventAgentLoggedOff {
		if m == nil || t.desks.loggedOn[d] == m.ID {
			delete(t.desks.loggedOn, d)
		}
		return
	}
	delete(t.desks.loggedOn, d)
	if m != nil {
		t.desks.loggedOn[d] = m.ID
	}
}

// switchAgent is the agent who logs on at the device by that name.
func (x *roster) switchAgent(d Device, name string) *member {
	if name == "" {
		return nil
	}
	for _, list := range [][]*member{x.devices[d], x.allowed[d]} {
		for _, m := range list {
			if m.SwitchAgent == name || m.SwitchAgent == "" && slices.Contains(m.Devices, Device{d.Link, name}) {
				return m
			}
		}
	}
	return nil
}

// restoreDesks takes up the choices of devices that still hold.
func (b *Bridge) restoreDesks(ctx context.Context) error {
	if b.o.Desks == nil {
		return nil
	}
	kept, err := b.o.Desks.Desks(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("bridge: restore chosen telephones: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range kept {
		b.table.desks.take(d)
		b.table.desks.away[d.Agent] = time.Now() // until a tab shows
	}
	return nil
}

// Settings are what the agent's panel has to know.
func (b *Bridge) Settings(id AgentID) PanelSettings {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.settings(b.roster.Load(), id)
}

// settings is Settings; mu is held.
func (b *Bridge) settings(x *roster, id AgentID) PanelSettings {
	m := x.members[id]
	if m == nil {
		return PanelSettings{}
	}
	out := PanelSettings{PopOn: m.rules.popOn, Sound: m.rules.sound, QuietInCall: m.rules.quietInCall, Dispositions: m.rules.dispositions, Fields: x.shown[m.Org]}
	for _, d := range m.rules.allowed {
		if _, linked := x.switches[d.Link]; linked && x.usable(m, d) {
			out.Devices = append(out.Devices, SharedDevice{d.id(), d.Link, d.Extension})
		}
	}
	if desk, ok := b.table.desks.chosen[id]; ok {
		out.Device = desk.Device.id()
	}
	return out
}

// LogsCalls reports whether the agent's calls are to be written into Salesforce.
func (b *Bridge) LogsCalls(id AgentID) bool {
	m := b.roster.Load().members[id]
	return m != nil && m.rules.logCalls
}

// differs reports whether a panel would notice.
func (s PanelSettings) differs(o PanelSettings) bool {
	return s.PopOn != o.PopOn || s.Sound != o.Sound || s.QuietInCall != o.QuietInCall || s.Device != o.Device ||
		!slices.Equal(s.Devices, o.Devices) || !slices.Equal(s.Dispositions, o.Dispositions) || !maps.EqualFunc(s.Fields, o.Fields, slices.Equal)
}

func (d Device) id() string { return d.Link + "/" + d.Extension }

// ChooseDevice gives the agent one of the allowed devices for the day, by the id
// that Settings gave; an empty one gives it back. Whoever had it is told. Calls
// that are there stay with the agent who has them.
func (b *Bridge) ChooseDevice(ctx context.Context, agent AgentID, id string) error {
	m := b.roster.Load().members[agent]
	if m == nil {
		return ErrNoAgent
	}
	if id == "" {
		return b.leaveDesk(ctx, agent)
	}
	i := slices.IndexFunc(m.rules.allowed, func(d Device) bool { return d.id() == id })
	if i < 0 || !b.roster.Load().usable(m, m.rules.allowed[i]) {
		return errNotYourDevice
	}
	desk := Desk{agent, m.rules.allowed[i], time.Now().Add(m.rules.shift)}
	if b.o.Desks != nil {
		if err := b.o.Desks.SaveDesk(ctx, desk); err != nil {
			return fmt.Errorf("bridge: choose a telephone: %w", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.roster.Load()
	before := b.table.membersAt(x, desk.Device)
	b.table.desks.take(desk)
	if len(b.tabs.open[agent]) == 0 {
		b.table.desks.away[agent] = time.Now()
	}
	b.showSettings(x, agent, nil)
	for _, m := range before {
		if m.ID != agent {
			b.showSettings(x, m.ID, &errDeviceTaken)
		}
	}
	return nil
}

func (b *Bridge) leaveDesk(ctx context.Context, agent AgentID) error {
	if b.o.Desks != nil {
		if err := b.o.Desks.EndDesk(ctx, agent); err != nil {
			return fmt.Errorf("bridge: give a telephone back: %w", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.table.desks.leave(agent)
	b.showSettings(b.roster.Load(), agent, nil)
	return nil
}

func (b *Bridge) showSettings(x *roster, agent AgentID, problem *RequestError) {
	s := b.screens.Load()
	if s == nil {
		return
	}
	if screen, ok := (*s).(SettingsScreen); ok {
		screen.ShowSettings(agent, b.settings(x, agent), problem)
	}
}

// seen notes that the agent has a tab, or none any more.
func (d *desks) seen(agent AgentID, tabs int, now time.Time) {
	switch _, desk := d.chosen[agent]; {
	case tabs > 0:
		delete(d.away, agent)
	case desk:
		d.away[agent] = now
	}
}

// endDesks ends the choices whose shift is over, whose agent went home, or that
// the roster does not allow any more, and returns whose they were. mu is held.
func (b *Bridge) endDesks(x *roster, now time.Time) []AgentID {
	d := &b.table.desks
	var ended []AgentID
	for agent, desk := range d.chosen {
		since, away := d.away[agent]
		m := x.members[agent]
		switch {
		case m == nil, !slices.Contains(x.allowed[desk.Device], m):
		case now.After(desk.Until), away && now.Sub(since) >= awayFor:
		default:
			continue
		}
		d.leave(agent)
		b.showSettings(x, agent, &errShiftOver)
		ended = append(ended, agent)
	}
	return ended
}

// forgetDesks takes ended choices out of the store. What cannot be taken out now
// ends there with its shift.
func (b *Bridge) forgetDesks(ctx context.Context, ended []AgentID) {
	for _, agent := range ended {
		if b.o.Desks == nil {
			return
		}
		if err := b.o.Desks.EndDesk(ctx, agent); err != nil {
			b.log.Warn("the end of a telephone's choice was not kept", "agent", agent, "err", err)
		}
	}
}

// keepOnly forgets log-ons at devices and of agents that are gone.
func (d *desks) keepOnly(x *roster) {
	maps.DeleteFunc(d.loggedOn, func(at Device, agent AgentID) bool { return x.members[agent] == nil || !x.ours(at) })
}
