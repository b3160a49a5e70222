package pbxtest

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// cstaClient is a client of a CSTASwitch without any link's cleverness.
type cstaClient struct {
	t       testing.TB
	nc      net.Conn
	r       *ecma323.Reader
	edition ecma323.Edition
	next    ecma323.InvokeID
	// waiting are messages that were read while another one was looked for.
	waiting []ecma323.Message
	session string
}

// cstaTest starts a switch and a client that is associated with it.
func cstaTest(t testing.TB, o CSTAOptions) (*CSTASwitch, *cstaClient) {
	t.Helper()
	o.Username, o.Password = "cti", "secret"
	sw := startCSTASwitch(t, o)
	c := dialCSTA(t, sw)
	c.associate(sw.opts.Dialect, "")
	return sw, c
}

func dialCSTA(t testing.TB, sw *CSTASwitch) *cstaClient {
	t.Helper()
	nc, err := net.Dial("tcp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return &cstaClient{t: t, nc: nc, r: ecma323.NewReader(nc), edition: sw.opts.Edition, next: 1}
}

func (c *cstaClient) send(id ecma323.InvokeID, m ecma323.Message) {
	c.t.Helper()
	b, err := ecma323.AppendFrame(nil, id, m, c.edition)
	if err == nil {
		_, err = c.nc.Write(b)
	}
	if err != nil {
		c.t.Fatalf("send %s: %v", m.Name(), err)
	}
}

// read returns the next message and its id.
func (c *cstaClient) read() (ecma323.InvokeID, ecma323.Message) {
	c.t.Helper()
	for {
		_ = c.nc.SetReadDeadline(time.Now().Add(5 * time.Second))
		f, err := c.r.Next()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		if m, err := ecma323.Decode(f.Body); err == nil {
			return f.InvokeID, m
		}
	}
}

// ask sends a request and returns its answer; events before it wait.
func (c *cstaClient) ask(m ecma323.Message) ecma323.Message {
	c.t.Helper()
	id := c.next
	c.next++
	c.send(id, m)
	for {
		got, answer := c.read()
		if got == id && ecma323.KindOf(answer) == ecma323.KindResponse {
			return answer
		}
		c.waiting = append(c.waiting, answer)
	}
}

// expect returns the next message, which must be of that name.
func (c *cstaClient) expect(name string) ecma323.Message {
	c.t.Helper()
	var m ecma323.Message
	if len(c.waiting) > 0 {
		m, c.waiting = c.waiting[0], c.waiting[1:]
	} else {
		_, m = c.read()
	}
	if m.Name() != name {
		c.t.Fatalf("got %s %+v, want %s", m.Name(), m, name)
	}
	return m
}

// event returns the next message as a call event of that name, with the local
// state.
func (c *cstaClient) event(name string, local ecma323.LocalConnectionInfo) ecma323.CallEvent {
	c.t.Helper()
	e, ok := c.expect(name).(ecma323.CallEvent)
	if !ok || e.Data().LocalConnectionInfo != local {
		c.t.Fatalf("%s: %+v, want local %s", name, e, local)
	}
	return e
}

// events expects events at devices: "Delivered alerting, Established connected".
func (c *cstaClient) events(want string) {
	c.t.Helper()
	for _, item := range strings.Split(want, ", ") {
		name, local, _ := strings.Cut(item, " ")
		c.event(name+"Event", ecma323.LocalConnectionInfo(local))
	}
}

func (c *cstaClient) associate(d CSTADialect, resume string) {
	c.t.Helper()
	switch d {
	case CSTASession, CSTAAvaya:
		login := ecma323.LoginPlain
		if d == CSTAAvaya {
			login = ecma323.LoginAvaya
		}
		p := c.expectAnswer(&ecma323.StartApplicationSession{
			ApplicationID: "test", RequestedProtocolVersions: []string{c.edition.Namespace}, RequestedSessionDuration: 60,
			ApplicationSpecificInfo: ecma323.ApplicationSpecificInfo{Login: login, User: "cti", Password: "secret", SessionID: resume},
		}, "StartApplicationSessionPosResponse").(*ecma323.StartApplicationSessionPosResponse)
		c.session = p.SessionID
	case CSTARegister:
		id, m := c.read()
		if m.Name() != "SystemStatus" {
			c.t.Fatalf("the switch begins with %s", m.Name())
		}
		c.send(id, &ecma323.SystemStatusResponse{})
		c.expectAnswer(&ecma323.SystemRegister{SystemStatus: true}, "SystemRegisterResponse")
	case CSTAStatus:
		c.expectAnswer(&ecma323.RequestSystemStatus{}, "RequestSystemStatusResponse")
	case CSTAZultys:
		c.expectAnswer(&ecma323.LoginRequest{Type: "Server", UserName: "cti", Pwd: ecma323.HashPassword("secret")}, "loginResponce")
	default:
	}
}

func (c *cstaClient) expectAnswer(m ecma323.Message, name string) ecma323.Message {
	c.t.Helper()
	answer := c.ask(m)
	if answer.Name() != name {
		c.t.Fatalf("%s was answered by %s %+v", m.Name(), answer.Name(), answer)
	}
	return answer
}

// monitor starts a monitor and returns its reference.
func (c *cstaClient) monitor(device string) string {
	c.t.Helper()
	id := ecma323.ID(device)
	if c.edition.Avaya {
		id = c.expectAnswer(&ecma323.GetThirdPartyDeviceID{SwitchName: "CM1", Extension: device}, "GetThirdPartyDeviceIdResponse").(*ecma323.GetThirdPartyDeviceIDResponse).Device
	}
	answer := c.expectAnswer(&ecma323.MonitorStart{DeviceObject: id, MonitorType: "device"}, "MonitorStartResponse")
	return answer.(*ecma323.MonitorStartResponse).MonitorCrossRefID
}
