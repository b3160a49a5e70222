package ecma323

// The events of a call (ECMA-269 §17.2). Beside EventData each has its subject:
// a connection and a device.

// ServiceInitiatedEvent says that a device is about to dial, or is prompted to.
type ServiceInitiatedEvent struct {
	EventData
	InitiatedConnection ConnectionID
	InitiatingDevice    ExtendedDeviceID
}

// Name is the root element's.
func (*ServiceInitiatedEvent) Name() string { return "ServiceInitiatedEvent" }

// Subject is InitiatedConnection and InitiatingDevice.
func (m *ServiceInitiatedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.InitiatedConnection, m.InitiatingDevice
}

func (m *ServiceInitiatedEvent) fields(c *coder) {
	m.head(c)
	c.connection("initiatedConnection", &m.InitiatedConnection)
	c.extended("initiatingDevice", &m.InitiatingDevice)
	m.tail(c, "ServiceInitiatedEvent")
}

// OriginatedEvent says that a device has dialled. Its subject device is the caller.
type OriginatedEvent struct {
	EventData
	OriginatedConnection ConnectionID
}

// Name is the root element's.
func (*OriginatedEvent) Name() string { return "OriginatedEvent" }

// Subject is the connection and the caller.
func (m *OriginatedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.OriginatedConnection, m.CallingDevice
}

func (m *OriginatedEvent) fields(c *coder) {
	m.head(c)
	c.connection("originatedConnection", &m.OriginatedConnection)
	c.extended("callingDevice", &m.CallingDevice)
	c.extended("calledDevice", &m.CalledDevice)
	m.tail(c, "OriginatedEvent")
}

// NetworkReachedEvent says that a call has left the switch; nothing more may follow.
type NetworkReachedEvent struct {
	EventData
	OutboundConnection   ConnectionID
	NetworkInterfaceUsed ExtendedDeviceID
}

// Name is the root element's.
func (*NetworkReachedEvent) Name() string { return "NetworkReachedEvent" }

// Subject is OutboundConnection and NetworkInterfaceUsed.
func (m *NetworkReachedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.OutboundConnection, m.NetworkInterfaceUsed
}

func (m *NetworkReachedEvent) fields(c *coder) {
	m.head(c)
	c.connection("outboundConnection", &m.OutboundConnection)
	c.extended("networkInterfaceUsed", &m.NetworkInterfaceUsed)
	m.parties(c)
	m.tail(c, "NetworkReachedEvent")
}

// DeliveredEvent says that a device rings, one's own or the far end's.
type DeliveredEvent struct {
	EventData
	Connection     ConnectionID
	AlertingDevice ExtendedDeviceID
}

// Name is the root element's.
func (*DeliveredEvent) Name() string { return "DeliveredEvent" }

// Subject is Connection and AlertingDevice.
func (m *DeliveredEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.Connection, m.AlertingDevice
}

func (m *DeliveredEvent) fields(c *coder) {
	m.head(c)
	c.connection("connection", &m.Connection)
	c.extended("alertingDevice", &m.AlertingDevice)
	m.parties(c)
	m.tail(c, "DeliveredEvent")
}

// OfferedEvent says that a call is offered to a device, which does not ring yet.
type OfferedEvent struct {
	EventData
	OfferedConnection ConnectionID
	OfferedDevice     ExtendedDeviceID
}

// Name is the root element's.
func (*OfferedEvent) Name() string { return "OfferedEvent" }

// Subject is OfferedConnection and OfferedDevice.
func (m *OfferedEvent) Subject() (ConnectionID, ExtendedDeviceID) {
	return m.OfferedConnection, m.OfferedDevice
}

func (m *OfferedEvent) fields(c *coder) {
	m.head(c)
	c.connection("offeredConnection", &m.OfferedConnection)
	c.extended("offeredDevice", &m.OfferedDevice)
	m.parties(c)
	m.tail(c, "OfferedEvent")
}

// QueuedEvent says that a call waits in a queue.
type QueuedEvent struct {
	EventData
	QueuedConnection           ConnectionID
	Queue                      ExtendedDeviceID
	NumberQueued, CallsInFront int
}

// Name is the root element's.
func (*QueuedEvent) Name() string { return "QueuedEvent" }

// Subject is QueuedConnection and Queue.
func (m *QueuedEvent) Subject() (ConnectionID, ExtendedDeviceID) { return m.QueuedConnection, m.Queue }

func (m *QueuedEvent) fields(c *coder) {
	m.head(c)
	c.connection("queuedConnection", &m.QueuedConnection)
	c.extended("queue", &m.Queue)
	m.parties(c)
	c.number("numberQueued", &m.NumberQueued)
	c.number("callsInFront", &m.CallsInFront)
	m.tail(c, "QueuedEvent")
}
