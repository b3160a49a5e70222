package ecma323

// MakeCall places a call for a device (ECMA-269 §17.1.19).
type MakeCall struct {
	CallingDevice         DeviceID
	CalledDirectoryNumber DeviceID
	// AutoOriginate is "doNotPrompt" to take the line at once, "prompt" to ring
	// the caller's telephone first; empty: prompt.
	AutoOriginate  string
	CorrelatorData string
}

// Values of MakeCall.AutoOriginate.
const (
	Prompt      = "prompt"
	DoNotPrompt = "doNotPrompt"
)

// Name is the root element's.
func (*MakeCall) Name() string { return "MakeCall" }

func (m *MakeCall) fields(c *coder) {
	c.device("callingDevice", &m.CallingDevice)
	c.device("calledDirectoryNumber", &m.CalledDirectoryNumber)
	c.text("autoOriginate", &m.AutoOriginate)
	c.hexText("correlatorData", &m.CorrelatorData)
}

// MakeCallResponse names the new call; CallingDevice is a connection.
type MakeCallResponse struct {
	CallingDevice   ConnectionID
	CalledDevice    DeviceID // Zultys
	CallLinkageData CallLinkageData
}

// Name is the root element's.
func (*MakeCallResponse) Name() string { return "MakeCallResponse" }

func (m *MakeCallResponse) fields(c *coder) {
	c.connection("callingDevice", &m.CallingDevice)
	c.device("calledDevice", &m.CalledDevice)
	m.CallLinkageData.fields(c, "callLinkageData")
}

// AnswerCall takes a ringing call.
type AnswerCall struct{ CallToBeAnswered ConnectionID }

// Name is the root element's.
func (*AnswerCall) Name() string { return "AnswerCall" }

func (m *AnswerCall) fields(c *coder) { c.connection("callToBeAnswered", &m.CallToBeAnswered) }

// ClearConnection ends a connection.
type ClearConnection struct{ ConnectionToBeCleared ConnectionID }

// Name is the root element's.
func (*ClearConnection) Name() string { return "ClearConnection" }

func (m *ClearConnection) fields(c *coder) {
	c.connection("connectionToBeCleared", &m.ConnectionToBeCleared)
}

// HoldCall puts a call on hold.
type HoldCall struct{ CallToBeHeld ConnectionID }

// Name is the root element's.
func (*HoldCall) Name() string { return "HoldCall" }

func (m *HoldCall) fields(c *coder) { c.connection("callToBeHeld", &m.CallToBeHeld) }

// RetrieveCall takes a call back from hold.
type RetrieveCall struct{ CallToBeRetrieved ConnectionID }

// Name is the root element's.
func (*RetrieveCall) Name() string { return "RetrieveCall" }

func (m *RetrieveCall) fields(c *coder) { c.connection("callToBeRetrieved", &m.CallToBeRetrieved) }

// ConsultationCall holds a call and places another.
type ConsultationCall struct {
	ExistingCall    ConnectionID
	ConsultedDevice DeviceID
}

// Name is the root element's.
func (*ConsultationCall) Name() string { return "ConsultationCall" }

func (m *ConsultationCall) fields(c *coder) {
	c.connection("existingCall", &m.ExistingCall)
	c.device("consultedDevice", &m.ConsultedDevice)
}

// ConsultationCallResponse names the new call.
type ConsultationCallResponse struct {
	InitiatedCall   ConnectionID
	CallLinkageData CallLinkageData
}

// Name is the root element's.
func (*ConsultationCallResponse) Name() string { return "ConsultationCallResponse" }

func (m *ConsultationCallResponse) fields(c *coder) {
	c.connection("initiatedCall", &m.InitiatedCall)
	m.CallLinkageData.fields(c, "callLinkageData")
}

// pair is a held and an active call of one device.
type pair struct{ HeldCall, ActiveCall ConnectionID }

func (p *pair) fields(c *coder) {
	c.connection("heldCall", &p.HeldCall)
	c.connection("activeCall", &p.ActiveCall)
}

// TransferCall joins the far ends of two calls and takes the device out.
type TransferCall struct{ HeldCall, ActiveCall ConnectionID }

// Name is the root element's.
func (*TransferCall) Name() string { return "TransferCall" }

func (m *TransferCall) fields(c *coder) { (*pair)(m).fields(c) }

// TransferCallResponse names what became of them.
type TransferCallResponse struct {
	TransferredCall ConnectionID
	Connections     []ConnectionListItem
}

// Name is the root element's.
func (*TransferCallResponse) Name() string { return "TransferCallResponse" }

func (m *TransferCallResponse) fields(c *coder) {
	c.connection("transferredCall", &m.TransferredCall)
	connectionList(c, "connections", &m.Connections)
}

// AlternateCall holds the active call and takes the held one back.
type AlternateCall struct{ HeldCall, ActiveCall ConnectionID }

// Name is the root element's.
func (*AlternateCall) Name() string { return "AlternateCall" }

func (m *AlternateCall) fields(c *coder) { (*pair)(m).fields(c) }

// ReconnectCall clears the active call and takes the held one back.
type ReconnectCall struct{ ActiveCall, HeldCall ConnectionID }

// Name is the root element's.
func (*ReconnectCall) Name() string { return "ReconnectCall" }

func (m *ReconnectCall) fields(c *coder) {
	c.connection("activeCall", &m.ActiveCall)
	c.connection("heldCall", &m.HeldCall)
}

// SingleStepTransferCall hands a call on without asking.
type SingleStepTransferCall struct {
	ActiveCall    ConnectionID
	TransferredTo DeviceID
}

// Name is the root element's.
func (*SingleStepTransferCall) Name() string { return "SingleStepTransferCall" }

func (m *SingleStepTransferCall) fields(c *coder) {
	c.connection("activeCall", &m.ActiveCall)
	c.device("transferredTo", &m.TransferredTo)
}

// SingleStepTransferCallResponse names what became of it.
type SingleStepTransferCallResponse struct {
	TransferredCall ConnectionID
	Connections     []ConnectionListItem
}

// Name is the root element's.
func (*SingleStepTransferCallResponse) Name() string { return "SingleStepTransferCallResponse" }

func (m *SingleStepTransferCallResponse) fields(c *coder) {
	c.connection("transferredCall", &m.TransferredCall)
	connectionList(c, "connections", &m.Connections)
}

// DeflectCall sends a ringing call elsewhere.
type DeflectCall struct {
	CallToBeDiverted ConnectionID
	NewDestination   DeviceID
}

// Name is the root element's.
func (*DeflectCall) Name() string { return "DeflectCall" }

func (m *DeflectCall) fields(c *coder) {
	c.connection("callToBeDiverted", &m.CallToBeDiverted)
	if c.writing && c.edition.DeflectDevice {
		c.group("newDestination", true, func() { c.device("device", &m.NewDestination) })
		return
	}
	c.device("newDestination", &m.NewDestination)
}

// Done is the answer to a service that has nothing to tell: AnswerCallResponse,
// ClearConnectionResponse and so on. Service is the request's name.
type Done struct{ Service string }

// Name is the root element's.
func (m *Done) Name() string { return m.Service + "Response" }

func (*Done) fields(*coder) {}
