package ecma323

// AgentEvent is an event about an agent at a device (ECMA-269 §20.2).
type AgentEvent interface {
	Message
	// Agent is what the events have in common.
	Agent() *AgentEventData
}

// AgentEventData is what events about an agent have in common.
type AgentEventData struct {
	MonitorCrossRefID string
	AgentDevice       ExtendedDeviceID
	AgentID           string
	// ACDGroup is the group that the agent serves.
	ACDGroup DeviceID
	Cause    Cause
}

// Agent is d itself, so that every event that embeds it has one.
func (d *AgentEventData) Agent() *AgentEventData { return d }

func (d *AgentEventData) fields(c *coder) {
	c.id("monitorCrossRefID", &d.MonitorCrossRefID)
	c.extended("agentDevice", &d.AgentDevice)
	c.text("agentID", &d.AgentID)
	c.device("acdGroup", &d.ACDGroup)
	c.cause("cause", &d.Cause)
}

// AgentLoggedOnEvent says that an agent logged on at a device.
type AgentLoggedOnEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentLoggedOnEvent) Name() string { return "AgentLoggedOnEvent" }

// AgentLoggedOffEvent says that an agent logged off.
type AgentLoggedOffEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentLoggedOffEvent) Name() string { return "AgentLoggedOffEvent" }

// AgentReadyEvent says that an agent takes calls.
type AgentReadyEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentReadyEvent) Name() string { return "AgentReadyEvent" }

// AgentNotReadyEvent says that an agent takes no calls for a while.
type AgentNotReadyEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentNotReadyEvent) Name() string { return "AgentNotReadyEvent" }

// AgentBusyEvent says that an agent talks.
type AgentBusyEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentBusyEvent) Name() string { return "AgentBusyEvent" }

// AgentWorkingAfterCallEvent says that an agent works on what a call left.
type AgentWorkingAfterCallEvent struct{ AgentEventData }

// Name is the root element's.
func (*AgentWorkingAfterCallEvent) Name() string { return "AgentWorkingAfterCallEvent" }

// DeviceEvent is an event about a device itself.
type DeviceEvent struct {
	// Element is the event: BackInServiceEvent, OutOfServiceEvent,
	// DoNotDisturbEvent, ForwardingEvent.
	Element           string
	MonitorCrossRefID string
	Device            ExtendedDeviceID
	// On says that the feature of a DoNotDisturbEvent or ForwardingEvent is set.
	On    bool
	Cause Cause
}

// Name is the root element's.
func (m *DeviceEvent) Name() string { return m.Element }

func (m *DeviceEvent) fields(c *coder) {
	c.id("monitorCrossRefID", &m.MonitorCrossRefID)
	c.extended("device", &m.Device)
	switch m.Element {
	case "DoNotDisturbEvent":
		c.flag("doNotDisturbOn", &m.On)
	case "ForwardingEvent":
		c.flag("forwardStatus", &m.On)
	}
	c.cause("cause", &m.Cause)
}
