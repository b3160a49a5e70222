package ecma323

// What a switch says of one device. The link asks for none of it; it is for
// whoever wants to know what a device is before an agent is given it. The forms
// are those of ECMA-323; no message of a switch was there to compare them with.

// deviceInformation is what both answers have in common.
type deviceInformation struct {
	// DeviceCategory is station, group, acd, networkInterface, park, routeingDevice …
	DeviceCategory string
	// NamedDeviceTypes names what kind of that: acdGroup, pickGroup …
	NamedDeviceTypes  string
	ShortFormDeviceID string
}

func (d *deviceInformation) fields(c *coder) {
	c.text("deviceCategory", &d.DeviceCategory)
	c.text("namedDeviceTypes", &d.NamedDeviceTypes)
	c.text("shortFormDeviceID", &d.ShortFormDeviceID)
}

// GetPhysicalDeviceInformation asks what a device is as an apparatus (ECMA-269
// §13.1).
type GetPhysicalDeviceInformation struct{ Device DeviceID }

// Name is the root element's.
func (*GetPhysicalDeviceInformation) Name() string { return "GetPhysicalDeviceInformation" }

func (m *GetPhysicalDeviceInformation) fields(c *coder) { c.device("device", &m.Device) }

// GetPhysicalDeviceInformationResponse tells it.
type GetPhysicalDeviceInformationResponse struct {
	deviceInformation
	HasDisplay, HasLogicalElement bool
}

// Name is the root element's.
func (*GetPhysicalDeviceInformationResponse) Name() string {
	return "GetPhysicalDeviceInformationResponse"
}

func (m *GetPhysicalDeviceInformationResponse) fields(c *coder) {
	m.deviceInformation.fields(c)
	c.flag("hasDisplay", &m.HasDisplay)
	c.flag("hasLogicalElement", &m.HasLogicalElement)
}

// GetLogicalDeviceInformation asks what a device is for calls (ECMA-269 §13.1).
type GetLogicalDeviceInformation struct{ Device DeviceID }

// Name is the root element's.
func (*GetLogicalDeviceInformation) Name() string { return "GetLogicalDeviceInformation" }

func (m *GetLogicalDeviceInformation) fields(c *coder) { c.device("device", &m.Device) }

// GetLogicalDeviceInformationResponse tells it.
type GetLogicalDeviceInformationResponse struct {
	deviceInformation
	HasPhysicalElement bool
}

// Name is the root element's.
func (*GetLogicalDeviceInformationResponse) Name() string {
	return "GetLogicalDeviceInformationResponse"
}

func (m *GetLogicalDeviceInformationResponse) fields(c *coder) {
	m.deviceInformation.fields(c)
	c.flag("hasPhysicalElement", &m.HasPhysicalElement)
}
