package ecma323

// CallEvent is an event about a call. What all of them may carry is in
// EventData, whichever event it is.
type CallEvent interface {
	Message
	// Data is what the events have in common, to be read or filled.
	Data() *EventData
	// Subject is the connection that the event is about, and the device that
	// did it: alertingDevice, answeringDevice, holdingDevice …
	Subject() (ConnectionID, ExtendedDeviceID)
}

// EventData is what events about a call have in common; what a switch does not
// send is empty.
type EventData struct {
	MonitorCrossRefID   string
	LocalConnectionInfo LocalConnectionInfo
	Cause               Cause
	// CallingDevice and CalledDevice are who called and what was dialled;
	// LastRedirectionDevice is who redirected the call, never a caller.
	CallingDevice         ExtendedDeviceID
	CalledDevice          ExtendedDeviceID
	LastRedirectionDevice ExtendedDeviceID
	// NetworkCallingDevice and NetworkCalledDevice are what the network said;
	// they outlive redirections inside. The associated devices are trunks.
	NetworkCallingDevice    ExtendedDeviceID
	NetworkCalledDevice     ExtendedDeviceID
	AssociatedCallingDevice ExtendedDeviceID
	AssociatedCalledDevice  ExtendedDeviceID
	// CorrelatorData goes with a call through transfers; UserData is what an
	// application put there. Both are decoded.
	CorrelatorData, UserData string
	CallCharacteristics      CallCharacteristics
	CallLinkageData          CallLinkageData
	DeviceHistory            []DeviceHistoryItem
	// Private is Avaya's, nil if there is none.
	Private *PrivateData
}

// Data is d itself, so that every event that embeds it has one.
func (d *EventData) Data() *EventData { return d }

// CallCharacteristics are a call's marks.
type CallCharacteristics struct {
	ACDCall, PriorityCall, MaintenanceCall, DirectAgent, AssistCall, VoiceUnitCall bool
}

func (ch *CallCharacteristics) fields(c *coder) {
	c.group("callCharacteristics", *ch != CallCharacteristics{}, func() {
		c.flag("acdCall", &ch.ACDCall)
		c.flag("priorityCall", &ch.PriorityCall)
		c.flag("maintainanceCall", &ch.MaintenanceCall) // the schema's spelling
		c.flag("directAgent", &ch.DirectAgent)
		c.flag("assistCall", &ch.AssistCall)
		c.flag("voiceUnitCall", &ch.VoiceUnitCall)
	})
}

// CallLinkageData joins the calls that are one call to people (ECMA-269
// §12.2.7). GlobalCallLinkageID is Avaya's UCID, the best key across transfers.
type CallLinkageData struct {
	GlobalCallSwitchingSubDomainName string
	GlobalCallLinkageID              string
	ThreadSwitchingSubDomainName     string
	ThreadLinkageID                  string
}

func (d *CallLinkageData) fields(c *coder, name string) {
	c.group(name, *d != CallLinkageData{}, func() {
		linkage(c, "globalCallData", "globalCallSwitchingSubDomainName", "globalCallLinkageID", "globallyUniqueCallLinkageID",
			&d.GlobalCallSwitchingSubDomainName, &d.GlobalCallLinkageID)
		linkage(c, "threadData", "threadSwitchingSubDomainName", "threadLinkageID", "globallyUniqueThreadLinkageID",
			&d.ThreadSwitchingSubDomainName, &d.ThreadLinkageID)
	})
}

// linkage is one half of CallLinkageData.
func linkage(c *coder, data, domain, id, unique string, name, value *string) {
	c.group(data, *value != "", func() {
		c.text(domain, name)
		if c.writing {
			c.group(id, true, func() { c.text(unique, value) })
			return
		}
		c.id(id, value) // whichever of the two kinds of id stands in it
	})
}

// DeviceHistoryItem is a device that has left the call, the oldest first.
type DeviceHistoryItem struct {
	OldDevice     ExtendedDeviceID
	EventCause    Cause
	OldConnection ConnectionID
}

func deviceHistory(c *coder, items *[]DeviceHistoryItem) {
	c.group("deviceHistory", len(*items) > 0, func() {
		list(c, "deviceHistoryListItem", items, func(i *DeviceHistoryItem) {
			c.extended("oldDeviceID", &i.OldDevice)
			c.cause("eventCause", &i.EventCause)
			c.connection("oldConnectionID", &i.OldConnection)
		})
	})
}

func (c *coder) cause(name string, cause *Cause) { c.text(name, (*string)(cause)) }

// head is what every event begins with.
func (d *EventData) head(c *coder) { c.id("monitorCrossRefID", &d.MonitorCrossRefID) }

// parties are the devices of a call, in the schema's order.
func (d *EventData) parties(c *coder) {
	c.extended("callingDevice", &d.CallingDevice)
	c.extended("calledDevice", &d.CalledDevice)
	c.redirection("lastRedirectionDevice", &d.LastRedirectionDevice)
}

// tail is what events end with, in the schema's order.
func (d *EventData) tail(c *coder, name string) {
	c.text("localConnectionInfo", (*string)(&d.LocalConnectionInfo))
	c.hexText("correlatorData", &d.CorrelatorData)
	c.hexText("userData", &d.UserData)
	c.cause("cause", &d.Cause)
	c.extended("networkCallingDevice", &d.NetworkCallingDevice)
	c.extended("networkCalledDevice", &d.NetworkCalledDevice)
	c.extended("associatedCallingDevice", &d.AssociatedCallingDevice)
	c.extended("associatedCalledDevice", &d.AssociatedCalledDevice)
	d.CallCharacteristics.fields(c)
	d.CallLinkageData.fields(c, "callLinkageData")
	deviceHistory(c, &d.DeviceHistory)
	d.private(c, name)
}

// ConnectionListItem is one party of a call after a transfer or conference.
type ConnectionListItem struct {
	NewConnection, OldConnection ConnectionID
	// Endpoint is who it is, AssociatedNID the trunk.
	Endpoint, AssociatedNID ExtendedDeviceID
	ResultingConnectionInfo LocalConnectionInfo
}

func connectionList(c *coder, name string, items *[]ConnectionListItem) {
	c.group(name, len(*items) > 0, func() {
		list(c, "connectionListItem", items, func(i *ConnectionListItem) {
			c.connection("newConnection", &i.NewConnection)
			c.connection("oldConnection", &i.OldConnection)
			c.endpoint("endpoint", &i.Endpoint)
			c.endpoint("associatedNID", &i.AssociatedNID)
			c.text("resultingConnectionInfo", (*string)(&i.ResultingConnectionInfo))
		})
	})
}
