package ecma323

// SnapshotDevice asks for the connections of a device.
type SnapshotDevice struct{ SnapshotObject DeviceID }

// Name is the root element's.
func (*SnapshotDevice) Name() string { return "SnapshotDevice" }

func (m *SnapshotDevice) fields(c *coder) { c.device("snapshotObject", &m.SnapshotObject) }

// SnapshotDeviceResponse has the connections, or says under which reference
// SnapshotDeviceData will bring them.
type SnapshotDeviceResponse struct {
	ServiceCrossRefID string
	SnapshotData      []SnapshotDeviceInfo
}

// SnapshotDeviceInfo is one connection of a device.
type SnapshotDeviceInfo struct {
	ConnectionIdentifier ConnectionID
	EndpointDevice       ExtendedDeviceID
	// LocalConnectionState is this connection's state, others are those of the
	// call's other connections. SimpleCallState is set where the switch says
	// that instead: callEstablished …
	LocalConnectionState LocalConnectionInfo
	OtherStates          []LocalConnectionInfo
	SimpleCallState      string
	CallLinkageData      CallLinkageData
}

// Local is this connection's state, whichever way the switch said it.
func (i *SnapshotDeviceInfo) Local() LocalConnectionInfo {
	if i.LocalConnectionState != "" {
		return i.LocalConnectionState
	}
	switch i.SimpleCallState {
	case "callNull":
		return LocalNull
	case "callPending":
		return LocalInitiated
	case "callOriginated", "callDelivered", "callDeliveredHeld", "callEstablished", "callEstablishedHeld":
		return LocalConnected
	case "callReceived":
		return LocalAlerting
	case "callHeld", "callReceivedOnHold":
		return LocalHold
	case "callQueued":
		return LocalQueued
	case "callFailed", "callBlocked":
		return LocalFail
	}
	return ""
}

func (i *SnapshotDeviceInfo) fields(c *coder) {
	c.connection("connectionIdentifier", &i.ConnectionIdentifier)
	c.endpoint("endpointDevice", &i.EndpointDevice)
	c.group("localCallState", true, func() {
		states := i.states()
		c.group("compoundCallState", len(states) > 0, func() { c.texts("localConnectionState", &states) })
		if !c.writing {
			i.setStates(states)
		}
		c.text("simpleCallState", &i.SimpleCallState)
	})
	i.CallLinkageData.fields(c, "callLinkageData")
}

func (i *SnapshotDeviceInfo) states() []string {
	if i.LocalConnectionState == "" {
		return nil
	}
	states := []string{string(i.LocalConnectionState)}
	for _, other := range i.OtherStates {
		states = append(states, string(other))
	}
	return states
}

func (i *SnapshotDeviceInfo) setStates(states []string) {
	for n, s := range states {
		if n == 0 {
			i.LocalConnectionState = LocalConnectionInfo(s)
		} else {
			i.OtherStates = append(i.OtherStates, LocalConnectionInfo(s))
		}
	}
}

func snapshotData(c *coder, items *[]SnapshotDeviceInfo, present bool) {
	c.group("snapshotData", present, func() {
		list(c, "snapshotDeviceResponseInfo", items, func(i *SnapshotDeviceInfo) { i.fields(c) })
	})
}

// Name is the root element's.
func (*SnapshotDeviceResponse) Name() string { return "SnapshotDeviceResponse" }

func (m *SnapshotDeviceResponse) fields(c *coder) {
	inside := func() {
		c.id("serviceCrossRefID", &m.ServiceCrossRefID)
		snapshotData(c, &m.SnapshotData, m.ServiceCrossRefID == "")
	}
	if !c.group("crossRefIDorSnapshotData", true, inside) {
		inside() // some leave the choice out
	}
}

// SnapshotDeviceData brings a part of the connections, as a request of the
// switch.
type SnapshotDeviceData struct {
	ServiceCrossRefID string
	SegmentID         int
	LastSegment       bool
	SnapshotData      []SnapshotDeviceInfo
}

// Name is the root element's.
func (*SnapshotDeviceData) Name() string { return "SnapshotDeviceData" }

func (m *SnapshotDeviceData) fields(c *coder) {
	c.id("serviceCrossRefID", &m.ServiceCrossRefID)
	c.number("segmentID", &m.SegmentID)
	c.flag("lastSegment", &m.LastSegment)
	snapshotData(c, &m.SnapshotData, true)
}

// SnapshotDeviceDataResponse answers a part.
type SnapshotDeviceDataResponse struct{}

// Name is the root element's.
func (*SnapshotDeviceDataResponse) Name() string { return "SnapshotDeviceDataResponse" }

func (*SnapshotDeviceDataResponse) fields(*coder) {}

// SnapshotCall asks for the connections of a call.
type SnapshotCall struct{ SnapshotObject ConnectionID }

// Name is the root element's.
func (*SnapshotCall) Name() string { return "SnapshotCall" }

func (m *SnapshotCall) fields(c *coder) { c.connection("snapshotObject", &m.SnapshotObject) }

// SnapshotCallResponse has them, and who called whom.
type SnapshotCallResponse struct {
	ServiceCrossRefID       string
	SnapshotData            []SnapshotCallInfo
	CallingDevice           ExtendedDeviceID
	CalledDevice            ExtendedDeviceID
	AssociatedCallingDevice ExtendedDeviceID
	CorrelatorData          string
	CallLinkageData         CallLinkageData
	DeviceHistory           []DeviceHistoryItem
}

// SnapshotCallInfo is one connection of a call.
type SnapshotCallInfo struct {
	DeviceOnCall         ExtendedDeviceID
	CallIdentifier       ConnectionID
	LocalConnectionState LocalConnectionInfo
}

func (i *SnapshotCallInfo) fields(c *coder) {
	c.extended("deviceOnCall", &i.DeviceOnCall)
	c.connection("callIdentifier", &i.CallIdentifier)
	c.text("localConnectionInfo", (*string)(&i.LocalConnectionState))
}

// Name is the root element's.
func (*SnapshotCallResponse) Name() string { return "SnapshotCallResponse" }

func (m *SnapshotCallResponse) fields(c *coder) {
	inside := func() {
		c.id("serviceCrossRefID", &m.ServiceCrossRefID)
		c.group("snapshotData", m.ServiceCrossRefID == "", func() {
			list(c, "snapshotCallResponseInfo", &m.SnapshotData, func(i *SnapshotCallInfo) { i.fields(c) })
		})
	}
	if !c.group("crossRefIDorSnapshotData", true, inside) {
		inside()
	}
	c.extended("callingDevice", &m.CallingDevice)
	c.extended("calledDevice", &m.CalledDevice)
	c.extended("associatedCallingDevice", &m.AssociatedCallingDevice)
	c.hexText("correlatorData", &m.CorrelatorData)
	m.CallLinkageData.fields(c, "callLinkageData")
	deviceHistory(c, &m.DeviceHistory)
}
