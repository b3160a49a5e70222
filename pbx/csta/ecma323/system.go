package ecma323

// SystemStatus tells how a system is (ECMA-269 §14.2). Either side may ask;
// Status may be empty, as OpenScape Voice sends it.
type SystemStatus struct{ SystemStatus Status }

// Status is a system's state in the schema's word.
type Status string

// The states. After a gap StatusInitializing, StatusEnabled and StatusDisabled
// mean that the switch was restarted and that all monitors are gone.
const (
	StatusDisabled          Status = "disabled"
	StatusPartiallyDisabled Status = "partiallyDisabled"
	StatusEnabled           Status = "enabled"
	StatusInitializing      Status = "initializing"
	StatusMessagesLost      Status = "messagesLost"
	StatusNormal            Status = "normal"
	StatusOverloadImminent  Status = "overloadImminent"
	StatusOverloadReached   Status = "overloadReached"
	StatusOverloadRelieved  Status = "overloadRelieved"
)

func (c *coder) status(s *Status) { c.text("systemStatus", (*string)(s)) }

// Name is the root element's.
func (*SystemStatus) Name() string { return "SystemStatus" }

func (m *SystemStatus) fields(c *coder) { c.status(&m.SystemStatus) }

// SystemStatusResponse answers it.
type SystemStatusResponse struct{}

// Name is the root element's.
func (*SystemStatusResponse) Name() string { return "SystemStatusResponse" }

func (*SystemStatusResponse) fields(*coder) {}

// RequestSystemStatus asks how the other system is.
type RequestSystemStatus struct{}

// Name is the root element's.
func (*RequestSystemStatus) Name() string { return "RequestSystemStatus" }

func (*RequestSystemStatus) fields(*coder) {}

// RequestSystemStatusResponse answers it.
type RequestSystemStatusResponse struct{ SystemStatus Status }

// Name is the root element's.
func (*RequestSystemStatusResponse) Name() string { return "RequestSystemStatusResponse" }

func (m *RequestSystemStatusResponse) fields(c *coder) { c.status(&m.SystemStatus) }

// SystemRegister asks for SystemStatus messages from now on.
type SystemRegister struct{ SystemStatus, RequestSystemStatus bool }

// Name is the root element's.
func (*SystemRegister) Name() string { return "SystemRegister" }

func (m *SystemRegister) fields(c *coder) {
	c.group("requestTypes", true, func() {
		c.flag("systemStatus", &m.SystemStatus)
		c.flag("requestSystemStatus", &m.RequestSystemStatus)
	})
}

// SystemRegisterResponse answers it.
type SystemRegisterResponse struct{ SysStatRegisterID string }

// Name is the root element's.
func (*SystemRegisterResponse) Name() string { return "SystemRegisterResponse" }

func (m *SystemRegisterResponse) fields(c *coder) { c.text("sysStatRegisterID", &m.SysStatRegisterID) }

// GetCSTAFeatures asks what the switch can do.
type GetCSTAFeatures struct{}

// Name is the root element's.
func (*GetCSTAFeatures) Name() string { return "GetCSTAFeatures" }

func (*GetCSTAFeatures) fields(*coder) {}

// GetCSTAFeaturesResponse names the services and events that the switch has.
type GetCSTAFeaturesResponse struct{ SupportedServices, SupportedEvents []string }

// Name is the root element's.
func (*GetCSTAFeaturesResponse) Name() string { return "GetCSTAFeaturesResponse" }

func (m *GetCSTAFeaturesResponse) fields(c *coder) {
	c.names("supportedServices", &m.SupportedServices)
	c.names("supportedEvents", &m.SupportedEvents)
}

// names is an element whose descendants without children are a list; those that
// say false are left out.
func (c *coder) names(name string, items *[]string) {
	if c.writing {
		c.group(name, len(*items) > 0, func() {
			for _, item := range *items {
				c.element(item, "true")
			}
		})
		return
	}
	if id := c.reads(name); id != 0 {
		c.leaves(id, items)
	}
}

func (c *coder) leaves(id int32, items *[]string) {
	for child := c.tree.nodes[id].child; child != 0; child = c.tree.nodes[child].next {
		switch text := c.tree.value(child); {
		case c.tree.nodes[child].child != 0:
			c.leaves(child, items)
		case text != "false" && text != "0":
			*items = append(*items, c.tree.nodes[child].name)
		}
	}
}

// GetSwitchingFunctionDevices asks for the list of devices, which follows in
// SwitchingFunctionDevices.
type GetSwitchingFunctionDevices struct{}

// Name is the root element's.
func (*GetSwitchingFunctionDevices) Name() string { return "GetSwitchingFunctionDevices" }

func (*GetSwitchingFunctionDevices) fields(*coder) {}

// GetSwitchingFunctionDevicesResponse says under which reference.
type GetSwitchingFunctionDevicesResponse struct{ ServiceCrossRefID string }

// Name is the root element's.
func (*GetSwitchingFunctionDevicesResponse) Name() string {
	return "GetSwitchingFunctionDevicesResponse"
}

func (m *GetSwitchingFunctionDevicesResponse) fields(c *coder) {
	c.id("serviceCrossRefID", &m.ServiceCrossRefID)
}

// SwitchingFunctionDevices is a part of the list, as a request of the switch.
type SwitchingFunctionDevices struct {
	ServiceCrossRefID string
	SegmentID         int
	LastSegment       bool
	DeviceList        []SwitchingFunctionDevice
}

// SwitchingFunctionDevice is one device: category station, acd, group …
type SwitchingFunctionDevice struct {
	DeviceID       DeviceID
	DeviceCategory string
}

// Name is the root element's.
func (*SwitchingFunctionDevices) Name() string { return "SwitchingFunctionDevices" }

func (m *SwitchingFunctionDevices) fields(c *coder) {
	c.id("serviceCrossRefID", &m.ServiceCrossRefID)
	c.number("segmentID", &m.SegmentID)
	c.flag("lastSegment", &m.LastSegment)
	c.group("deviceList", true, func() {
		list(c, "device", &m.DeviceList, func(d *SwitchingFunctionDevice) {
			c.device("deviceID", &d.DeviceID)
			c.text("deviceCategory", &d.DeviceCategory)
		})
	})
}

// SwitchingFunctionDevicesResponse answers a part.
type SwitchingFunctionDevicesResponse struct{}

// Name is the root element's.
func (*SwitchingFunctionDevicesResponse) Name() string { return "SwitchingFunctionDevicesResponse" }

func (*SwitchingFunctionDevicesResponse) fields(*coder) {}
