package calls

import (
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// agent is who is logged on at a device.
type agent struct {
	on    bool
	id    string
	group pbx.DeviceID
	last  pbx.EventKind // what was told last
}

// ApplyAgent takes an event about an agent. Which device it is about stands in
// the event, and is the monitored one where it does not. The result is valid
// until the next call; it is empty where nothing is new.
func (t *Table) ApplyAgent(device pbx.DeviceID, m ecma323.AgentEvent, now time.Time) []pbx.Event {
	t.begin(now)
	data := m.Agent()
	d := t.devices[data.AgentDevice.Number()]
	if d == nil {
		d = t.devices[device]
	}
	if d == nil {
		return nil
	}
	kind := pbx.EventKind(0)
	switch m.(type) {
	case *ecma323.AgentLoggedOnEvent:
		kind = pbx.EventAgentLoggedOn
	case *ecma323.AgentLoggedOffEvent:
		kind = pbx.EventAgentLoggedOff
	case *ecma323.AgentReadyEvent:
		kind = pbx.EventAgentReady
	case *ecma323.AgentNotReadyEvent, *ecma323.AgentWorkingAfterCallEvent:
		kind = pbx.EventAgentNotReady
	default: // that an agent talks is told by the calls
		return nil
	}
	a := &d.agent
	id, group := data.AgentID, data.ACDGroup.Device()
	if id == "" {
		id = ecma323.ParseDeviceID(data.AgentDevice.Device.Text).Agent
	}
	if id == "" {
		id = a.id
	}
	if group == "" {
		group = a.group
	}
	if a.last == kind && a.id == id && a.group == group || kind == pbx.EventAgentLoggedOff && a.last == kind {
		return nil
	}
	*a = agent{on: kind != pbx.EventAgentLoggedOff, id: strings.Clone(id), group: pbx.DeviceID(strings.Clone(string(group))), last: kind}
	t.out = append(t.out, pbx.Event{
		Link: t.o.Link, Kind: kind, Connection: pbx.ConnectionID{Device: d.id}, Time: now, Agent: a.id, Group: a.group,
	})
	if kind == pbx.EventAgentLoggedOff {
		a.id, a.group = "", ""
	}
	return t.out
}
