package ecma323

// MonitorStart asks for the events of a device or, rarely, of a call
// (ECMA-269 §15.2.2).
type MonitorStart struct {
	DeviceObject DeviceID
	CallObject   ConnectionID
	MonitorType  string // "device" or "call"
	// Events are the call events that are wanted, none for all. Only Avaya's
	// editions write them: elsewhere it is disputed whether true in a filter
	// means wanted or not.
	Events []string
	// AgentEvents are the same for agents' events.
	AgentEvents []string
}

// Name is the root element's.
func (*MonitorStart) Name() string { return "MonitorStart" }

func (m *MonitorStart) fields(c *coder) {
	c.group("monitorObject", true, func() {
		c.device("deviceObject", &m.DeviceObject)
		c.connection("callObject", &m.CallObject)
	})
	filtered := !c.writing || c.edition.Avaya && len(m.Events)+len(m.AgentEvents) > 0
	if filtered {
		c.filter("requestedMonitorFilter", &m.Events, &m.AgentEvents)
	}
	c.text("monitorType", &m.MonitorType)
	if c.writing && filtered {
		c.group("extensions", true, func() {
			c.out = append(c.out, `<privateData><private><AvayaEvents xmlns="`+NamespaceAvaya+`"><invertFilter>true</invertFilter></AvayaEvents></private></privateData>`...)
		})
	}
}

// MonitorStartResponse says under which reference events will come.
type MonitorStartResponse struct {
	MonitorCrossRefID    string
	MonitorExistingCalls bool
}

// Name is the root element's.
func (*MonitorStartResponse) Name() string { return "MonitorStartResponse" }

func (m *MonitorStartResponse) fields(c *coder) {
	c.id("monitorCrossRefID", &m.MonitorCrossRefID)
	c.flag("monitorExistingCalls", &m.MonitorExistingCalls)
}

// MonitorStop ends a monitor; the switch sends it too, when it ends one itself.
type MonitorStop struct{ MonitorCrossRefID string }

// Name is the root element's.
func (*MonitorStop) Name() string { return "MonitorStop" }

func (m *MonitorStop) fields(c *coder) { c.id("monitorCrossRefID", &m.MonitorCrossRefID) }

// MonitorStopResponse confirms it.
type MonitorStopResponse struct{}

// Name is the root element's.
func (*MonitorStopResponse) Name() string { return "MonitorStopResponse" }

func (*MonitorStopResponse) fields(*coder) {}

// ChangeMonitorFilter asks for other events of a monitor that stands (ECMA-269
// §15.1). As in MonitorStart a filter is written for Avaya's editions alone.
type ChangeMonitorFilter struct {
	MonitorCrossRefID   string
	Events, AgentEvents []string
}

// Name is the root element's.
func (*ChangeMonitorFilter) Name() string { return "ChangeMonitorFilter" }

func (m *ChangeMonitorFilter) fields(c *coder) {
	c.id("monitorCrossRefID", &m.MonitorCrossRefID)
	if c.writing && !c.edition.Avaya {
		return
	}
	c.filter("requestedFilterList", &m.Events, &m.AgentEvents)
}

// ChangeMonitorFilterResponse names the events that will come, none for all.
type ChangeMonitorFilterResponse struct{ Events, AgentEvents []string }

// Name is the root element's.
func (*ChangeMonitorFilterResponse) Name() string { return "ChangeMonitorFilterResponse" }

func (m *ChangeMonitorFilterResponse) fields(c *coder) {
	c.filter("actualFilterList", &m.Events, &m.AgentEvents)
}

// filter is a list of events, left out if it has none.
func (c *coder) filter(name string, events, agentEvents *[]string) {
	c.group(name, !c.writing || len(*events)+len(*agentEvents) > 0, func() {
		c.names("callcontrol", events)
		c.names("logicalDeviceFeature", agentEvents)
	})
}
