package ecma323

// EstablishedEvent says that a call was answered.
type EstablishedEvent struct {
	EventData
	EstablishedConnection ConnectionID
	AnsweringDevice       ExtendedDeviceID
}

// Name is the root element's.
func (*EstablishedEvent) Name() string { return "EstablishedEvent" }

// Subject is EstablishedConnection and AnsweringDevice.
func (m *EstablishedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.EstablishedConnection, m.AnsweringDevice
}

func (m *EstablishedEvent) fields(c *coder) {
	m.head(c)
	c.connection("establishedConnection", &m.EstablishedConnection)
	c.extended("answeringDevice", &m.AnsweringDevice)
	m.parties(c)
	m.tail(c, "EstablishedEvent")
}

// DivertedEvent says that a call left a device for another one: forwarded, picked up.
type DivertedEvent struct {
	EventData
	Connection      ConnectionID
	DivertingDevice ExtendedDeviceID
	NewDestination  ExtendedDeviceID
}

// Name is the root element's.
func (*DivertedEvent) Name() string { return "DivertedEvent" }

// Subject is Connection and DivertingDevice.
func (m *DivertedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.Connection, m.DivertingDevice
}

func (m *DivertedEvent) fields(c *coder) {
	m.head(c)
	c.connection("connection", &m.Connection)
	c.extended("divertingDevice", &m.DivertingDevice)
	c.extended("newDestination", &m.NewDestination)
	m.parties(c)
	m.tail(c, "DivertedEvent")
}

// FailedEvent says that a call cannot be completed.
type FailedEvent struct {
	EventData
	FailedConnection ConnectionID
	FailingDevice    ExtendedDeviceID
}

// Name is the root element's.
func (*FailedEvent) Name() string { return "FailedEvent" }

// Subject is FailedConnection and FailingDevice.
func (m *FailedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.FailedConnection, m.FailingDevice
}

func (m *FailedEvent) fields(c *coder) {
	m.head(c)
	c.connection("failedConnection", &m.FailedConnection)
	c.extended("failingDevice", &m.FailingDevice)
	m.parties(c)
	m.tail(c, "FailedEvent")
}

// HeldEvent says that a call was put on hold.
type HeldEvent struct {
	EventData
	HeldConnection ConnectionID
	HoldingDevice  ExtendedDeviceID
}

// Name is the root element's.
func (*HeldEvent) Name() string { return "HeldEvent" }

// Subject is HeldConnection and HoldingDevice.
func (m *HeldEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.HeldConnection, m.HoldingDevice
}

func (m *HeldEvent) fields(c *coder) {
	m.head(c)
	c.connection("heldConnection", &m.HeldConnection)
	c.extended("holdingDevice", &m.HoldingDevice)
	m.tail(c, "HeldEvent")
}

// RetrievedEvent says that a call was taken back from hold.
type RetrievedEvent struct {
	EventData
	RetrievedConnection ConnectionID
	RetrievingDevice    ExtendedDeviceID
}

// Name is the root element's.
func (*RetrievedEvent) Name() string { return "RetrievedEvent" }

// Subject is RetrievedConnection and RetrievingDevice.
func (m *RetrievedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.RetrievedConnection, m.RetrievingDevice
}

func (m *RetrievedEvent) fields(c *coder) {
	m.head(c)
	c.connection("retrievedConnection", &m.RetrievedConnection)
	c.extended("retrievingDevice", &m.RetrievingDevice)
	m.tail(c, "RetrievedEvent")
}

// ConnectionClearedEvent says that a device left a call, one's own or another one.
type ConnectionClearedEvent struct {
	EventData
	DroppedConnection ConnectionID
	ReleasingDevice   ExtendedDeviceID
}

// Name is the root element's.
func (*ConnectionClearedEvent) Name() string { return "ConnectionClearedEvent" }

// Subject is DroppedConnection and ReleasingDevice.
func (m *ConnectionClearedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.DroppedConnection, m.ReleasingDevice
}

func (m *ConnectionClearedEvent) fields(c *coder) {
	m.head(c)
	c.connection("droppedConnection", &m.DroppedConnection)
	c.extended("releasingDevice", &m.ReleasingDevice)
	m.tail(c, "ConnectionClearedEvent")
}

// CallClearedEvent says that a whole call has ended.
type CallClearedEvent struct {
	EventData
	ClearedCall ConnectionID
}

// Name is the root element's.
func (*CallClearedEvent) Name() string { return "CallClearedEvent" }

// Subject is the connection; there is no device.
func (m *CallClearedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.ClearedCall, ExtendedDeviceID{}
}

func (m *CallClearedEvent) fields(c *coder) {
	m.head(c)
	c.connection("clearedCall", &m.ClearedCall)
	m.tail(c, "CallClearedEvent")
}

// TransferedEvent says that two calls became one, or one was handed on, and a
// device left it. The name is the schema's spelling.
type TransferedEvent struct {
	EventData
	PrimaryOldCall         ConnectionID
	SecondaryOldCall       ConnectionID
	TransferringDevice     ExtendedDeviceID
	TransferredToDevice    ExtendedDeviceID
	TransferredConnections []ConnectionListItem
	// NewCallLinkageData and OldCallLinkageData are the linkage after and before.
	NewCallLinkageData, OldCallLinkageData CallLinkageData
}

// Name is the root element's.
func (*TransferedEvent) Name() string { return "TransferedEvent" }

// Subject is PrimaryOldCall and TransferringDevice.
func (m *TransferedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.PrimaryOldCall, m.TransferringDevice
}

func (m *TransferedEvent) fields(c *coder) {
	m.head(c)
	c.connection("primaryOldCall", &m.PrimaryOldCall)
	c.connection("secondaryOldCall", &m.SecondaryOldCall)
	c.extended("transferringDevice", &m.TransferringDevice)
	c.extended("transferredToDevice", &m.TransferredToDevice)
	connectionList(c, "transferredConnections", &m.TransferredConnections)
	c.group("callLinkageDataList", m.NewCallLinkageData != CallLinkageData{} || m.OldCallLinkageData != CallLinkageData{}, func() {
		m.NewCallLinkageData.fields(c, "newCallLinkageData")
		m.OldCallLinkageData.fields(c, "oldCallLinkageData")
	})
	m.tail(c, "TransferedEvent")
}

// ConferencedEvent says that two calls became a conference, or a device joined one.
type ConferencedEvent struct {
	EventData
	PrimaryOldCall        ConnectionID
	SecondaryOldCall      ConnectionID
	ConferencingDevice    ExtendedDeviceID
	AddedParty            ExtendedDeviceID
	ConferenceConnections []ConnectionListItem
	// NewCallLinkageData and OldCallLinkageData are the linkage after and before.
	NewCallLinkageData, OldCallLinkageData CallLinkageData
}

// Name is the root element's.
func (*ConferencedEvent) Name() string { return "ConferencedEvent" }

// Subject is PrimaryOldCall and ConferencingDevice.
func (m *ConferencedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.PrimaryOldCall, m.ConferencingDevice
}

func (m *ConferencedEvent) fields(c *coder) {
	m.head(c)
	c.connection("primaryOldCall", &m.PrimaryOldCall)
	c.connection("secondaryOldCall", &m.SecondaryOldCall)
	c.extended("conferencingDevice", &m.ConferencingDevice)
	c.extended("addedParty", &m.AddedParty)
	connectionList(c, "conferenceConnections", &m.ConferenceConnections)
	c.group("callLinkageDataList", m.NewCallLinkageData != CallLinkageData{} || m.OldCallLinkageData != CallLinkageData{}, func() {
		m.NewCallLinkageData.fields(c, "newCallLinkageData")
		m.OldCallLinkageData.fields(c, "oldCallLinkageData")
	})
	m.tail(c, "ConferencedEvent")
}

// CallInformationEvent brings more about a call, such as correlatorData.
type CallInformationEvent struct {
	EventData
	Connection ConnectionID
	Device     ExtendedDeviceID
}

// Name is the root element's.
func (*CallInformationEvent) Name() string { return "CallInformationEvent" }

// Subject is Connection and Device.
func (m *CallInformationEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.Connection, m.Device
}

func (m *CallInformationEvent) fields(c *coder) {
	m.head(c)
	c.connection("connection", &m.Connection)
	c.extended("device", &m.Device)
	m.parties(c)
	m.tail(c, "CallInformationEvent")
}
