package ecma323

// avaya is embedded in messages of Avaya's own namespace.
type avaya struct{}

func (avaya) namespace() string { return NamespaceAvaya }

// GetDeviceID asks Avaya's server for the identifier of an extension, to control
// it exclusively unless ControllableByOtherSessions.
type GetDeviceID struct {
	avaya
	SwitchName, SwitchIPInterface string
	Extension                     string
	ControllableByOtherSessions   bool
}

// Name is the root element's.
func (*GetDeviceID) Name() string { return "GetDeviceId" }

func (m *GetDeviceID) fields(c *coder) {
	c.text("switchName", &m.SwitchName)
	c.text("switchIPInterface", &m.SwitchIPInterface)
	c.text("extension", &m.Extension)
	c.flag("controllableByOtherSessions", &m.ControllableByOtherSessions)
}

// GetDeviceIDResponse has it.
type GetDeviceIDResponse struct {
	avaya
	Device DeviceID
}

// Name is the root element's.
func (*GetDeviceIDResponse) Name() string { return "GetDeviceIdResponse" }

func (m *GetDeviceIDResponse) fields(c *coder) { c.device("device", &m.Device) }

// GetThirdPartyDeviceID asks for the identifier of an extension, for call
// control only.
type GetThirdPartyDeviceID struct {
	avaya
	SwitchName, Extension string
}

// Name is the root element's.
func (*GetThirdPartyDeviceID) Name() string { return "GetThirdPartyDeviceId" }

func (m *GetThirdPartyDeviceID) fields(c *coder) {
	c.text("switchName", &m.SwitchName)
	c.text("extension", &m.Extension)
}

// GetThirdPartyDeviceIDResponse has it.
type GetThirdPartyDeviceIDResponse struct {
	avaya
	Device DeviceID
}

// Name is the root element's.
func (*GetThirdPartyDeviceIDResponse) Name() string { return "GetThirdPartyDeviceIdResponse" }

func (m *GetThirdPartyDeviceIDResponse) fields(c *coder) { c.device("device", &m.Device) }

// ReleaseDeviceID gives an identifier back.
type ReleaseDeviceID struct {
	avaya
	Device DeviceID
}

// Name is the root element's.
func (*ReleaseDeviceID) Name() string { return "ReleaseDeviceId" }

func (m *ReleaseDeviceID) fields(c *coder) { c.device("device", &m.Device) }

// TransferMonitorObjects moves the monitors of a session whose connection was
// lost to a new one.
type TransferMonitorObjects struct {
	avaya
	FromSessionID, ToSessionID string
}

// Name is the root element's.
func (*TransferMonitorObjects) Name() string { return "TransferMonitorObjects" }

func (m *TransferMonitorObjects) fields(c *coder) {
	c.text("fromSessionID", &m.FromSessionID)
	c.text("toSessionID", &m.ToSessionID)
}

// AvayaDone answers those of Avaya's requests that have nothing to tell.
// Service is the request's name.
type AvayaDone struct {
	avaya
	Service string
}

// Name is the root element's.
func (m *AvayaDone) Name() string { return m.Service + "Response" }

func (*AvayaDone) fields(*coder) {}

// LinkEvent says that the server lost (LinkDownEvent) or has again (LinkUpEvent)
// its own connection to the telephone system.
type LinkEvent struct {
	avaya
	Up       bool
	LinkName string
}

// Name is the root element's.
func (m *LinkEvent) Name() string {
	if m.Up {
		return "LinkUpEvent"
	}
	return "LinkDownEvent"
}

func (m *LinkEvent) fields(c *coder) { c.text("linkName", &m.LinkName) }
