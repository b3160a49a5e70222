package pbxtest

import (
	"crypto/tls"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

var cstaDialects = []CSTADialect{CSTASession, CSTARegister, CSTAStatus, CSTANone, CSTAZultys, CSTAAvaya}

// TestCSTADialects: a call from Delivered to its end in every dialect.
func TestCSTADialects(t *testing.T) {
	for _, d := range cstaDialects {
		t.Run(string(d), func(t *testing.T) {
			sw, c := cstaTest(t, CSTAOptions{Dialect: d})
			ref := c.monitor("1001")
			h := sw.Ring("1001", maria())
			e := c.event("DeliveredEvent", "alerting").(*ecma323.DeliveredEvent)
			if p := e.CallingDevice.Party(); p != (pbx.Party{Number: maria().Number, Name: maria().Name}) {
				t.Errorf("the caller came as %+v", p)
			}
			if e.MonitorCrossRefID != ref || e.Connection.PBX().Device != "1001" || e.AlertingDevice.Number() != "1001" || e.Cause != ecma323.CauseNewCall {
				t.Errorf("Delivered is %+v", e)
			}
			if err := sw.Answer("1001", h); err != nil {
				t.Fatal(err)
			}
			c.event("EstablishedEvent", "connected")
			if err := sw.CallerHangsUp(h); err != nil {
				t.Fatal(err)
			}
			c.events("ConnectionCleared connected, ConnectionCleared null")
			if calls := sw.Calls("1001"); len(calls) != 0 {
				t.Errorf("the phone shows %+v", calls)
			}
		})
	}
}

// TestCSTANeedsSession: without the dialect's beginning nothing is answered but
// by a refusal, and a wrong password gets the dialect's own.
func TestCSTANeedsSession(t *testing.T) {
	for d, refusal := range map[CSTADialect]string{
		CSTASession: "StartApplicationSessionNegResponse", CSTAAvaya: "StartApplicationSessionNegResponse", CSTAZultys: "loginFailed",
		CSTARegister: "", CSTAStatus: "",
	} {
		sw := startCSTASwitch(t, CSTAOptions{Dialect: d, Username: "cti", Password: "other"})
		c := dialCSTA(t, sw)
		answer := c.ask(&ecma323.MonitorStart{DeviceObject: ecma323.ID("1001")})
		if e, ok := answer.(*ecma323.CSTAErrorCode); !ok || e.Explain().Reason != ecma323.ReasonNotAllowed {
			t.Errorf("%s: MonitorStart at once was answered by %+v", d, answer)
		}
		switch refusal {
		case "loginFailed":
			c.expectAnswer(&ecma323.LoginRequest{UserName: "cti", Pwd: ecma323.HashPassword("secret")}, refusal)
		case "StartApplicationSessionNegResponse":
			c.expectAnswer(&ecma323.StartApplicationSession{RequestedProtocolVersions: []string{c.edition.Namespace}}, refusal)
		}
	}
}

// TestCSTAFlows plays each flow with all three phones monitored by one client,
// so that the events of each are checked.
func TestCSTAFlows(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, flow := range map[string]func(t *testing.T, sw *CSTASwitch, c *cstaClient){
		"given up": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.Ring("1001", hans())
			c.events("Delivered alerting")
			must(t, sw.CallerHangsUp(h))
			c.events("ConnectionCleared alerting")
			if e := c.event("ConnectionClearedEvent", "null"); e.Data().Cause != ecma323.CauseCallCancelled {
				t.Errorf("cause %s", e.Data().Cause)
			}
		},
		"withheld": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			sw.Ring("1001", Caller{Number: "+493023125001", Name: "Maria Beispiel", Withheld: true})
			if p := c.event("DeliveredEvent", "alerting").Data().CallingDevice.Party(); p != (pbx.Party{Withheld: true}) {
				t.Errorf("the caller came as %+v", p)
			}
		},
		"pick-up": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.Ring("1001", hans())
			c.events("Delivered alerting")
			must(t, sw.Pickup("1002", "1001", h))
			if e := c.event("DivertedEvent", "null").(*ecma323.DivertedEvent); e.Cause != ecma323.CauseCallPickup || e.NewDestination.Number() != "1002" {
				t.Errorf("%+v", e)
			}
			if e := c.event("EstablishedEvent", "connected").Data(); e.LastRedirectionDevice.Number() != "1001" || e.CallingDevice.Number() != pbx.DeviceID(hans().Number) {
				t.Errorf("%+v", e)
			}
		},
		"forwarded": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.Ring("1001", hans())
			c.events("Delivered alerting")
			must(t, sw.Forward("1001", h, "1002"))
			c.events("Diverted null")
			if e := c.event("DeliveredEvent", "alerting").Data(); e.Cause != ecma323.CauseCallForwardNoAnswer || e.LastRedirectionDevice.Number() != "1001" || e.CalledDevice.Number() != "1001" {
				t.Errorf("%+v", e)
			}
		},
		"outbound by hand": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			sw.Dial("1001", dialed)
			c.events("ServiceInitiated initiated, Originated connected, NetworkReached connected, Delivered connected")
			must(t, sw.FarEndAnswers(dialed))
			if id, _ := c.event("EstablishedEvent", "connected").Subject(); id.DeviceID.Text != dialed {
				t.Errorf("answered by %+v", id)
			}
			must(t, sw.HangUp("1001", ""))
			c.events("ConnectionCleared null")
		},
		"outbound, busy": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			sw.SetBusy(dialed)
			sw.Dial("1001", dialed)
			c.events("ServiceInitiated initiated, Originated connected, NetworkReached connected")
			if e := c.event("FailedEvent", "fail").Data(); e.Cause != ecma323.CauseBusy {
				t.Errorf("%+v", e)
			}
			must(t, sw.HangUp("1001", ""))
			c.events("ConnectionCleared null")
		},
		"hold": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.Ring("1001", hans())
			must(t, sw.Answer("1001", h))
			must(t, sw.Hold("1001", h))
			must(t, sw.Retrieve("1001", h))
			c.events("Delivered alerting, Established connected, Held hold, Retrieved connected")
		},
		"consultation": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			one := sw.Ring("1001", hans())
			must(t, sw.Answer("1001", one))
			two := sw.Consult("1001", "1002")
			c.events("Delivered alerting, Established connected, Held hold, ServiceInitiated initiated, Originated connected, Delivered connected, Delivered alerting")
			must(t, sw.Answer("1002", two))
			c.events("Established connected, Established connected")
			must(t, sw.CompleteTransfer(two))
			// At 1002, which stays, then at 1001, which leaves.
			checkTransfered(t, c.event("TransferedEvent", "connected").(*ecma323.TransferedEvent))
			checkTransfered(t, c.event("TransferedEvent", "null").(*ecma323.TransferedEvent))
			if len(sw.Calls("1001")) != 0 || len(sw.Calls("1002")) != 1 {
				t.Errorf("1001 shows %+v, 1002 %+v", sw.Calls("1001"), sw.Calls("1002"))
			}
			must(t, sw.CallerHangsUp(two))
			c.events("ConnectionCleared connected, ConnectionCleared null")
		},
		"blind transfer": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.Ring("1001", hans())
			must(t, sw.Answer("1001", h))
			c.events("Delivered alerting, Established connected")
			must(t, sw.Transfer("1001", h, "1002"))
			if e := c.event("TransferedEvent", "null").(*ecma323.TransferedEvent); e.Cause != ecma323.CauseSingleStepTransfer || !e.SecondaryOldCall.IsZero() {
				t.Errorf("%+v", e)
			}
			if e := c.event("DeliveredEvent", "alerting").Data(); e.CallingDevice.Number() != pbx.DeviceID(hans().Number) || e.LastRedirectionDevice.Number() != "1001" {
				t.Errorf("%+v", e)
			}
		},
		"conference": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			one := sw.Ring("1001", hans())
			must(t, sw.Answer("1001", one))
			two := sw.Consult("1001", "1002")
			must(t, sw.Answer("1002", two))
			c.events("Delivered alerting, Established connected, Held hold, ServiceInitiated initiated, Originated connected, Delivered connected, Delivered alerting, Established connected, Established connected")
			must(t, sw.Conference(two))
			if e := c.event("ConferencedEvent", "connected").(*ecma323.ConferencedEvent); len(e.ConferenceConnections) != 3 || e.AddedParty.Number() != "1002" {
				t.Errorf("%+v", e)
			}
			c.events("Conferenced connected")
			must(t, sw.HangUp("1001", two))
			c.events("ConnectionCleared null, ConnectionCleared connected")
		},
		"queue": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			sw.AddQueue("900", "Hotline")
			c.monitor("900")
			h := sw.Queue("900", hans())
			c.events("Queued queued")
			must(t, sw.Distribute(h, "1001"))
			c.events("Diverted null")
			e := c.event("DeliveredEvent", "alerting").Data()
			if !e.CallCharacteristics.ACDCall || e.LastRedirectionDevice.Number() != "900" || e.CalledDevice.Number() != "900" {
				t.Errorf("%+v", e)
			}
			must(t, sw.Distribute(h, "1002"))
			c.events("Diverted null, Delivered alerting")
		},
		"ring group": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			h := sw.RingGroup([]string{"1001", "1002"}, hans())
			c.events("Delivered alerting, Delivered alerting, Delivered alerting")
			must(t, sw.Answer("1002", h))
			c.events("Established alerting, Established connected, ConnectionCleared null, ConnectionCleared connected")
		},
		"agent": func(t *testing.T, sw *CSTASwitch, c *cstaClient) {
			must(t, sw.LogOn("1001", "4711", "900"))
			must(t, sw.NotReady("1001"))
			must(t, sw.Ready("1001"))
			must(t, sw.LogOff("1001"))
			for _, name := range []string{"AgentLoggedOnEvent", "AgentNotReadyEvent", "AgentReadyEvent", "AgentLoggedOffEvent"} {
				if a := c.expect(name).(ecma323.AgentEvent).Agent(); a.AgentID != "4711" || a.AgentDevice.Number() != "1001" {
					t.Errorf("%s %+v", name, a)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sw, c := cstaTest(t, CSTAOptions{})
			for _, d := range []string{"1001", "1002", "1003"} {
				c.monitor(d)
			}
			flow(t, sw, c)
		})
	}
}

// checkTransfered: the outside caller stands in the list of connections.
func checkTransfered(t *testing.T, e *ecma323.TransferedEvent) {
	t.Helper()
	if e.TransferringDevice.Number() != "1001" || e.TransferredToDevice.Number() != "1002" || e.PrimaryOldCall.CallID == e.SecondaryOldCall.CallID {
		t.Errorf("%+v", e)
	}
	for _, item := range e.TransferredConnections {
		if item.NewConnection.CallID == item.OldConnection.CallID {
			t.Errorf("the callID did not change: %+v", item)
		}
		if item.Endpoint.Party().Number == hans().Number {
			return
		}
	}
	t.Errorf("nowhere the caller: %+v", e.TransferredConnections)
}

func TestCSTAServices(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{})
	c.monitor("1001")
	c.monitor("1002")
	call := c.expectAnswer(&ecma323.MakeCall{CallingDevice: ecma323.ID("1001"), CalledDirectoryNumber: ecma323.ID(dialed), AutoOriginate: ecma323.Prompt}, "MakeCallResponse").(*ecma323.MakeCallResponse).CallingDevice
	c.events("ServiceInitiated initiated")
	c.expectAnswer(&ecma323.AnswerCall{CallToBeAnswered: call}, "AnswerCallResponse")
	c.events("Originated connected, NetworkReached connected, Delivered connected")
	if err := sw.FarEndAnswers(dialed); err != nil {
		t.Fatal(err)
	}
	c.events("Established connected")
	c.expectAnswer(&ecma323.HoldCall{CallToBeHeld: call}, "HoldCallResponse")
	c.events("Held hold")
	c.expectAnswer(&ecma323.RetrieveCall{CallToBeRetrieved: call}, "RetrieveCallResponse")
	c.events("Retrieved connected")
	two := c.expectAnswer(&ecma323.ConsultationCall{ExistingCall: call, ConsultedDevice: ecma323.ID("1002")}, "ConsultationCallResponse").(*ecma323.ConsultationCallResponse).InitiatedCall
	c.events("Held hold, ServiceInitiated initiated, Originated connected, Delivered connected, Delivered alerting")
	c.expectAnswer(&ecma323.AnswerCall{CallToBeAnswered: ecma323.Connection(two.CallID, "1002")}, "AnswerCallResponse")
	c.events("Established connected, Established connected")
	c.expectAnswer(&ecma323.AlternateCall{HeldCall: call, ActiveCall: two}, "AlternateCallResponse")
	c.events("Held hold, Held connected, Retrieved connected")
	c.expectAnswer(&ecma323.ReconnectCall{ActiveCall: call, HeldCall: two}, "ReconnectCallResponse")
	c.events("ConnectionCleared null, Retrieved connected, Retrieved connected")
	c.expectAnswer(&ecma323.SingleStepTransferCall{ActiveCall: ecma323.Connection(two.CallID, "1002"), TransferredTo: ecma323.ID("1003")}, "SingleStepTransferCallResponse")
	c.events("Transfered connected, Transfered null, Delivered connected") //nolint:misspell // the schema's name
	c.expectAnswer(&ecma323.ClearConnection{ConnectionToBeCleared: ecma323.Connection(sw.Calls("1001")[0].ID, "1001")}, "ClearConnectionResponse")
	c.events("ConnectionCleared null")

	h := sw.Ring("1001", maria())
	id, _ := c.event("DeliveredEvent", "alerting").Subject()
	c.expectAnswer(&ecma323.DeflectCall{CallToBeDiverted: id, NewDestination: ecma323.ID("1002")}, "DeflectCallResponse")
	c.events("Diverted null, Delivered alerting")
	snap := c.expectAnswer(&ecma323.SnapshotDevice{SnapshotObject: ecma323.ID("1002")}, "SnapshotDeviceResponse").(*ecma323.SnapshotDeviceResponse)
	if len(snap.SnapshotData) != 1 || snap.SnapshotData[0].Local() != ecma323.LocalAlerting {
		t.Fatalf("%+v", snap)
	}
	full := c.expectAnswer(&ecma323.SnapshotCall{SnapshotObject: snap.SnapshotData[0].ConnectionIdentifier}, "SnapshotCallResponse").(*ecma323.SnapshotCallResponse)
	if full.CallingDevice.Party().Number != maria().Number || len(full.SnapshotData) != 2 {
		t.Errorf("%+v", full)
	}
	if err := sw.CallerHangsUp(h); err != nil {
		t.Fatal(err)
	}
	c.events("ConnectionCleared alerting, ConnectionCleared null")
	for m, want := range map[ecma323.Message]ecma323.Reason{
		&ecma323.AnswerCall{CallToBeAnswered: id}:                  ecma323.ReasonUnknownCall,
		&ecma323.MonitorStart{DeviceObject: ecma323.ID("1999")}:    ecma323.ReasonUnknownDevice,
		&ecma323.MonitorStop{MonitorCrossRefID: "foo"}:             ecma323.ReasonUnknownMonitor,
		&ecma323.OtherMessage{Element: "PlayMessage"}:              ecma323.ReasonNotSupported,
		&ecma323.MakeCall{CallingDevice: ecma323.ID("1999")}:       ecma323.ReasonUnknownDevice,
		&ecma323.SnapshotDevice{SnapshotObject: ecma323.ID("foo")}: ecma323.ReasonUnknownDevice,
	} {
		if e, ok := c.ask(m).(*ecma323.CSTAErrorCode); !ok || e.Explain().Reason != want {
			t.Errorf("%s: %+v", m.Name(), e)
		}
	}
}

// TestCSTAFaults: a call comes through, however badly the switch writes.
func TestCSTAFaults(t *testing.T) {
	for name, fault := range map[string]CSTAFault{
		"short lengths": CSTAShortLength, "long lengths": CSTALongLength, "no namespace": CSTANoNamespace,
		"prefix": CSTAPrefix, "nested": CSTANested, "Latin-1": CSTALatin1, "byte by byte": CSTAOneByte, "ids of requests": CSTAEventRequestID,
	} {
		t.Run(name, func(t *testing.T) {
			sw, c := cstaTest(t, CSTAOptions{})
			c.monitor("1001")
			sw.Misbehave(fault, -1)
			for range 20 {
				from := Caller{Number: "+493023125001", Name: "Jürgen Müßig"}
				h := sw.Ring("1001", from)
				e := c.event("DeliveredEvent", "alerting")
				if p := e.Data().CallingDevice.Party(); p != (pbx.Party{Number: from.Number, Name: from.Name}) {
					t.Errorf("the caller came as %+v", p)
				}
				if id, _ := e.Subject(); id.PBX().Device != "1001" {
					t.Errorf("connection %+v", id)
				}
				if err := sw.CallerHangsUp(h); err != nil {
					t.Fatal(err)
				}
				c.events("ConnectionCleared alerting, ConnectionCleared null")
			}
		})
	}
}

func TestCSTAMisbehaves(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{})
	c.monitor("1001")
	sw.Misbehave(CSTADuplicateEvent, 1)
	h := sw.Ring("1001", hans())
	c.events("Delivered alerting, Delivered alerting")
	sw.Misbehave(CSTABrokenEvent, 1)
	if err := errors.Join(sw.Answer("1001", h), sw.Hold("1001", h)); err != nil {
		t.Fatal(err)
	}
	c.events("Held hold") // Established cannot be read
	sw.Misbehave(CSTADropEvent, 1)
	sw.Misbehave(CSTARubbish, 1)
	if err := errors.Join(sw.Retrieve("1001", h), sw.Hold("1001", h)); err != nil {
		t.Fatal(err)
	}
	c.events("Held hold")
	sw.Misbehave(CSTARefuseMonitor, 1)
	if e, ok := c.ask(&ecma323.MonitorStart{DeviceObject: ecma323.ID("1002")}).(*ecma323.CSTAErrorCode); !ok || e.Explain().Reason != ecma323.ReasonLicence {
		t.Errorf("MonitorStart: %+v", e)
	}
	sw.StopMonitor("1001")
	c.expect("MonitorStop")
	if sw.Monitors() != 0 {
		t.Errorf("%d monitors", sw.Monitors())
	}
	sw.TerminateSessions()
	c.expect("ApplicationSessionTerminated")
	sw.Restart(func() {})
	if _, err := c.r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after a restart: %v", err)
	}
}

// TestCSTASessionTimer: a session that is prolonged stays, one that is not is
// terminated.
func TestCSTASessionTimer(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{SessionDuration: time.Second})
	begin := time.Now()
	for range 2 {
		c.expectAnswer(&ecma323.ResetApplicationSessionTimer{SessionID: c.session}, "ResetApplicationSessionTimerPosResponse")
	}
	c.expectAnswer(&ecma323.ResetApplicationSessionTimer{SessionID: "other"}, "ResetApplicationSessionTimerNegResponse")
	c.expect("ApplicationSessionTerminated")
	if took := time.Since(begin); took < 1900*time.Millisecond {
		t.Errorf("terminated after %v", took)
	}
	if sw.Monitors() != 0 {
		t.Errorf("%d monitors", sw.Monitors())
	}
}

// TestCSTAAvayaSessionSurvives: the monitors of a session whose connection
// broke go on in the same session, and move to another one.
func TestCSTAAvayaSessionSurvives(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{Dialect: CSTAAvaya})
	ref := c.monitor("1001")
	sw.Disconnect()
	again := dialCSTA(t, sw)
	again.associate(CSTAAvaya, c.session)
	sw.Ring("1001", hans())
	if e := again.event("DeliveredEvent", "alerting"); e.Data().MonitorCrossRefID != ref || e.Data().CallLinkageData.GlobalCallLinkageID == "" {
		t.Errorf("%+v", e)
	}
	sw.Disconnect()
	third := dialCSTA(t, sw)
	third.associate(CSTAAvaya, "")
	third.expectAnswer(&ecma323.TransferMonitorObjects{FromSessionID: c.session, ToSessionID: third.session}, "TransferMonitorObjectsResponse")
	sw.Ring("1001", maria())
	third.events("Delivered alerting")
	if e, ok := third.ask(&ecma323.MonitorStart{DeviceObject: ecma323.ID("1002")}).(*ecma323.CSTAErrorCode); !ok {
		t.Errorf("a plain number was monitored: %+v", e)
	}
}

// TestCSTAAvayaConsultation: the original caller is told while it rings.
func TestCSTAAvayaConsultation(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{Dialect: CSTAAvaya})
	c.monitor("1002")
	if err := sw.Answer("1001", sw.Ring("1001", hans())); err != nil {
		t.Fatal(err)
	}
	sw.Consult("1001", "1002")
	d := c.event("DeliveredEvent", "alerting").Data()
	if d.CallingDevice.Number() != "1001" || d.Private == nil || d.Private.OriginalCallInfo.Caller().Party().Number != hans().Number {
		t.Errorf("%+v %+v", d, d.Private)
	}
}

func TestCSTAHeartbeat(t *testing.T) {
	_, c := cstaTest(t, CSTAOptions{Heartbeat: 20 * time.Millisecond})
	for range 4 {
		id, m := c.read()
		if m.Name() != "SystemStatus" {
			t.Fatalf("%s", m.Name())
		}
		c.send(id, &ecma323.SystemStatusResponse{})
	}
	for { // unanswered from now on
		if _, err := c.r.Next(); err != nil {
			break
		}
	}
}

func TestCSTASegmentsAndDevices(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{SnapshotSegments: true, SnapshotEndpoint: true})
	sw.Ring("1001", hans())
	sw.Ring("1001", maria())
	ref := c.expectAnswer(&ecma323.SnapshotDevice{SnapshotObject: ecma323.ID("1001")}, "SnapshotDeviceResponse").(*ecma323.SnapshotDeviceResponse).ServiceCrossRefID
	var callers []string
	for last := false; !last; {
		part := c.expect("SnapshotDeviceData").(*ecma323.SnapshotDeviceData)
		if part.ServiceCrossRefID != ref {
			t.Errorf("%+v", part)
		}
		callers = append(callers, part.SnapshotData[0].EndpointDevice.Party().Number)
		last = part.LastSegment
	}
	if strings.Join(callers, " ") != hans().Number+" "+maria().Number {
		t.Errorf("callers %v", callers)
	}
	c.expectAnswer(&ecma323.GetSwitchingFunctionDevices{}, "GetSwitchingFunctionDevicesResponse")
	if part := c.expect("SwitchingFunctionDevices").(*ecma323.SwitchingFunctionDevices); len(part.DeviceList) != 2 || part.LastSegment {
		t.Errorf("%+v", part)
	}
	if part := c.expect("SwitchingFunctionDevices").(*ecma323.SwitchingFunctionDevices); len(part.DeviceList) != 1 || !part.LastSegment {
		t.Errorf("%+v", part)
	}
}

// TestCSTAGroup: only the group can be monitored, and each event comes once.
func TestCSTAGroup(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{})
	sw.AddGroup("500", "1001", "1002")
	if e, ok := c.ask(&ecma323.MonitorStart{DeviceObject: ecma323.ID("1001")}).(*ecma323.CSTAErrorCode); !ok {
		t.Errorf("a member was monitored: %+v", e)
	}
	c.monitor("500")
	h := sw.RingGroup([]string{"1001", "1002"}, hans())
	c.events("Delivered alerting, Delivered alerting")
	if err := sw.Answer("1002", h); err != nil {
		t.Fatal(err)
	}
	if _, who := c.event("EstablishedEvent", "alerting").Subject(); who.Number() != "1002" {
		t.Errorf("answered by %+v", who)
	}
}

// TestCSTAPrivateNumber: the number is there, and no Party has it.
func TestCSTAPrivateNumber(t *testing.T) {
	sw, c := cstaTest(t, CSTAOptions{Edition: ecma323.Edition6, PrivateNumber: true})
	c.monitor("1001")
	h := sw.Ring("1001", Caller{Number: "+493023125001", Name: "Maria Beispiel", Withheld: true})
	d := c.event("DeliveredEvent", "alerting").Data()
	if d.CallingDevice.Device.Text == "" || d.CallingDevice.Party() != (pbx.Party{Withheld: true}) || d.NetworkCallingDevice.Party() != (pbx.Party{Withheld: true}) {
		t.Errorf("%+v", d)
	}
	if err := sw.Answer("1001", h); err != nil {
		t.Fatal(err)
	}
	if p := c.event("EstablishedEvent", "connected").Data().CallingDevice.Party(); p != (pbx.Party{Withheld: true}) {
		t.Errorf("%+v", p)
	}
}

func TestCSTAOverTLS(t *testing.T) {
	certificate, err := NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	sw := startCSTASwitch(t, CSTAOptions{Certificate: certificate})
	nc, err := tls.Dial("tcp", sw.Addr(), &tls.Config{InsecureSkipVerify: true}) // the link checks the pin, not this client
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := &cstaClient{t: t, nc: nc, r: ecma323.NewReader(nc), edition: sw.opts.Edition, next: 1}
	c.associate(CSTASession, "")
	c.monitor("1001")
	sw.Ring("1001", hans())
	c.events("Delivered alerting")
}

// BenchmarkCSTASwitch rings and gives up with a thousand phones monitored; an
// operation is three events written, read and decoded.
func BenchmarkCSTASwitch(b *testing.B) {
	sw := startCSTASwitch(b, CSTAOptions{Dialect: CSTANone})
	c := dialCSTA(b, sw)
	for i := range 1000 {
		ext := strconv.Itoa(2000 + i)
		sw.AddExtension(ext, "")
		c.monitor(ext)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		h := sw.Ring(strconv.Itoa(2000+n%1000), maria())
		if err := sw.CallerHangsUp(h); err != nil {
			b.Fatal(err)
		}
		c.events("Delivered alerting, ConnectionCleared alerting, ConnectionCleared null")
		n++
	}
}
