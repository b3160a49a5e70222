package calls

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// show writes an event in one line: what is zero is left out.
func show(e *pbx.Event) string {
	if e.Kind == pbx.EventSnapshot {
		s := fmt.Sprintf("Snapshot %s", e.Connection.Device)
		for _, c := range e.Connections {
			s += " " + connection2(c.ID, c.State, c.Direction) + parties(c.Calling, c.Called)
		}
		return s
	}
	if e.Kind == pbx.EventLinkDown {
		return "LinkDown"
	}
	if e.Agent != "" || e.Kind >= pbx.EventAgentLoggedOn {
		return strings.TrimSpace(fmt.Sprintf("%s %s agent=%s group=%s", kinds[e.Kind], e.Connection.Device, e.Agent, e.Group))
	}
	s := kinds[e.Kind] + " " + connection2(e.Connection, e.State, e.Direction) + parties(e.Calling, e.Called)
	if e.LastRedirection.Known() {
		s += " via=" + party(e.LastRedirection)
	}
	if e.Group != "" {
		s += " group=" + string(e.Group)
	}
	if e.Cause != pbx.CauseNone {
		s += " cause=" + causes[e.Cause]
	}
	if e.Detail != "" {
		s += " detail=" + e.Detail
	}
	return s
}

var kinds = [...]string{
	pbx.EventOriginated: "Originated", pbx.EventDelivered: "Delivered", pbx.EventEstablished: "Established",
	pbx.EventHeld: "Held", pbx.EventRetrieved: "Retrieved", pbx.EventDiverted: "Diverted",
	pbx.EventTransferred: "Transferred", pbx.EventConferenced: "Conferenced", pbx.EventQueued: "Queued",
	pbx.EventFailed: "Failed", pbx.EventConnectionCleared: "Cleared", pbx.EventSnapshot: "Snapshot",
	pbx.EventLinkDown: "LinkDown", pbx.EventAgentLoggedOn: "LoggedOn", pbx.EventAgentLoggedOff: "LoggedOff",
	pbx.EventAgentReady: "Ready", pbx.EventAgentNotReady: "NotReady",
}

var causes = [...]string{
	pbx.CauseBusy: "busy", pbx.CauseNoAnswer: "noAnswer", pbx.CauseCancelled: "cancelled",
	pbx.CauseAnsweredElsewhere: "elsewhere", pbx.CauseRedirected: "redirected", pbx.CauseTransfer: "transfer",
	pbx.CausePickup: "pickup", pbx.CauseRejected: "rejected", pbx.CauseNotAllowed: "notAllowed",
	pbx.CauseUnallocatedNumber: "unallocated", pbx.CauseUnreachable: "unreachable",
}

func connection2(id pbx.ConnectionID, s pbx.ConnectionState, d pbx.Direction) string {
	states := [...]string{"null", "initiated", "alerting", "connected", "held", "queued", "failed"}
	directions := [...]string{"?", "in", "out"}
	return fmt.Sprintf("%s/%s %s %s", id.Call, id.Device, states[s], directions[d])
}

func parties(calling, called pbx.Party) string {
	return " " + party(calling) + ">" + party(called)
}

func party(p pbx.Party) string {
	s := p.Number
	if p.Withheld {
		s += "WITHHELD"
	}
	if p.Name != "" {
		s += "(" + p.Name + ")"
	}
	if p.Probable {
		s += "?"
	}
	if s == "" {
		return "-"
	}
	return s
}

func shown(events []pbx.Event) []string {
	var out []string
	for i := range events {
		out = append(out, show(&events[i]))
	}
	return out
}

// decoded is m as a link gets it: written and read again.
func decoded[M ecma323.Message](t testing.TB, m M) M {
	t.Helper()
	got, err := ecma323.Decode(ecma323.AppendMessage(nil, m, ecma323.Edition5))
	if err != nil {
		t.Fatalf("%s: %v", m.Name(), err)
	}
	return got.(M)
}

// rig is a CSTASwitch and a Table that hears it.
type rig struct {
	t       testing.TB
	sw      *pbxtest.CSTASwitch
	nc      net.Conn
	r       *ecma323.Reader
	edition ecma323.Edition
	next    ecma323.InvokeID
	dialect pbxtest.CSTADialect
	devices map[string]pbx.DeviceID // by monitor
	waiting []ecma323.Message
	// stream is what each device was told.
	stream map[pbx.DeviceID][]ecma323.Message
	table  *Table
}

// newRig starts a switch with the extensions 1001 to 1003, all monitored.
func newRig(t testing.TB, o pbxtest.CSTAOptions, prepare func(*pbxtest.CSTASwitch), devices ...pbx.DeviceID) *rig {
	t.Helper()
	sw, err := pbxtest.NewCSTASwitch(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{"1001", "1002", "1003"} {
		sw.AddExtension(ext, "")
	}
	if prepare != nil {
		prepare(sw)
	}
	sw.Start()
	t.Cleanup(sw.Close)
	nc, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	r := &rig{
		t: t, sw: sw, nc: nc, r: ecma323.NewReader(nc), edition: ecma323.Edition4, next: 1, dialect: o.Dialect,
		devices: map[string]pbx.DeviceID{}, stream: map[pbx.DeviceID][]ecma323.Message{},
	}
	switch {
	case o.Edition.Name != "":
		r.edition = o.Edition
	case o.Dialect == pbxtest.CSTAAvaya:
		r.edition = ecma323.EditionAvaya("priv5")
	}
	r.associate()
	if len(devices) == 0 {
		devices = []pbx.DeviceID{"1001", "1002", "1003"}
	}
	for _, d := range devices {
		id := ecma323.ID(string(d))
		if r.edition.Avaya {
			id = r.ask(&ecma323.GetThirdPartyDeviceID{SwitchName: "CM1", Extension: string(d)}).(*ecma323.GetThirdPartyDeviceIDResponse).Device
		}
		answer := r.ask(&ecma323.MonitorStart{DeviceObject: id, MonitorType: "device"}).(*ecma323.MonitorStartResponse)
		r.devices[answer.MonitorCrossRefID] = d
	}
	r.table = New(Options{Link: "csta", Avaya: r.edition.Avaya})
	r.table.Watch(devices)
	return r
}

func (r *rig) send(id ecma323.InvokeID, m ecma323.Message) {
	r.t.Helper()
	b, err := ecma323.AppendFrame(nil, id, m, r.edition)
	if err == nil {
		_, err = r.nc.Write(b)
	}
	if err != nil {
		r.t.Fatalf("send %s: %v", m.Name(), err)
	}
}

func (r *rig) read() (ecma323.InvokeID, ecma323.Message) {
	r.t.Helper()
	_ = r.nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	f, err := r.r.Next()
	if err != nil {
		r.t.Fatalf("read: %v", err)
	}
	m, err := ecma323.Decode(f.Body)
	if err != nil {
		r.t.Fatalf("decode: %v", err)
	}
	return f.InvokeID, m
}

// ask returns the answer to a request; what comes before it waits.
func (r *rig) ask(m ecma323.Message) ecma323.Message {
	r.t.Helper()
	id := r.next
	r.next++
	r.send(id, m)
	for {
		got, answer := r.read()
		if got == id && ecma323.KindOf(answer) == ecma323.KindResponse {
			return answer
		}
		r.waiting = append(r.waiting, answer)
	}
}

func (r *rig) associate() {
	r.t.Helper()
	switch r.dialect {
	case pbxtest.CSTARegister:
		id, _ := r.read()
		r.send(id, &ecma323.SystemStatusResponse{})
		r.ask(&ecma323.SystemRegister{SystemStatus: true})
	case pbxtest.CSTAStatus:
		r.ask(&ecma323.RequestSystemStatus{})
	case pbxtest.CSTANone:
	default:
		r.ask(&ecma323.StartApplicationSession{
			ApplicationID: "test", RequestedProtocolVersions: []string{r.edition.Namespace}, RequestedSessionDuration: 60,
		})
	}
}

// heard takes what the switch said since the last time to the table, and returns
// what that made of it.
func (r *rig) heard() []string {
	r.t.Helper()
	var out []string
	for _, m := range r.collect() {
		out = append(out, shown(applied(r.table, r.deviceOf(m), m, start))...)
	}
	return out
}

// collect waits until the switch has said all, and files it by device.
func (r *rig) collect() []ecma323.Message {
	r.t.Helper()
	r.ask(&ecma323.GetCSTAFeatures{})
	all := r.waiting
	r.waiting = nil
	for _, m := range all {
		d := r.deviceOf(m)
		r.stream[d] = append(r.stream[d], m)
	}
	return all
}

func (r *rig) deviceOf(m ecma323.Message) pbx.DeviceID {
	switch m := m.(type) {
	case ecma323.CallEvent:
		return r.devices[m.Data().MonitorCrossRefID]
	case ecma323.AgentEvent:
		return r.devices[m.Agent().MonitorCrossRefID]
	}
	r.t.Fatalf("unexpected %s", m.Name())
	return ""
}

func applied(t *Table, d pbx.DeviceID, m ecma323.Message, now time.Time) []pbx.Event {
	switch m := m.(type) {
	case ecma323.CallEvent:
		return t.Apply(d, m, now)
	case ecma323.AgentEvent:
		return t.ApplyAgent(d, m, now)
	}
	return nil
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}
