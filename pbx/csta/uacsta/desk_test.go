package uacsta

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// patience of the tests, far beyond what anything takes on loopback.
const patience = 10 * time.Second

// answer is what the scripted telephone says; code 0: nothing.
type answer struct {
	code   int
	body   ecma323.Message
	fields []string
	raw    string // instead of body, with its own Content-Type in fields
}

// desk is a scripted telephone on loopback UDP.
type desk struct {
	t      *testing.T
	conn   *net.UDPConn
	script func(method, csta string) answer
	seen   chan string // "INFO MakeCall", each that arrived
	told   chan string // the answers to what say sent

	mu     sync.Mutex
	peer   netip.AddrPort
	callID string
	tag    string // the bridge's
	taken  string // the last answer to an INVITE
	last   map[string]string
	cseq   int
}

func newDesk(t *testing.T, script func(method, csta string) answer) *desk {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, conn: conn, script: script, seen: make(chan string, 256), told: make(chan string, 64), last: map[string]string{}, cseq: 100}
	var wg sync.WaitGroup
	wg.Go(d.read)
	t.Cleanup(func() { _ = conn.Close(); wg.Wait() })
	return d
}

func (d *desk) addr() netip.AddrPort { return d.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (d *desk) read() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		var m message.Message
		if m.Parse(bytes.Clone(buf[:n])) != nil {
			continue // a keep-alive
		}
		if !m.IsRequest() {
			d.told <- fmt.Sprintf("%d %s", m.Status, m.Body)
			continue
		}
		d.take(&m, string(buf[:n]), from)
	}
}

func (d *desk) take(m *message.Message, text string, from netip.AddrPort) {
	name := ""
	if c, err := ecma323.Decode(m.Body); err == nil {
		name = c.Name()
	}
	what := strings.TrimSpace(string(m.Method) + " " + name)
	d.mu.Lock()
	d.peer, d.callID, d.tag = from, string(m.CallID), string(message.Param(m.From, "tag"))
	d.last[what] = text
	d.mu.Unlock()
	d.seen <- what
	if string(m.Method) == "ACK" {
		return
	}
	a := d.script(string(m.Method), name)
	if a.code == 0 {
		return
	}
	fields := append([]string{fmt.Sprintf("Contact: <sip:201@%s>", d.addr())}, a.fields...)
	body := []byte(a.raw)
	if a.body != nil {
		body = ecma323.AppendMessage(nil, a.body, ecma323.Edition3)
		fields = append(fields, "Content-Type: "+contentType)
	}
	out := m.AppendResponse(nil, a.code, "Scripted", from, "desk", fields...)
	out = bytes.TrimSuffix(out, []byte("Content-Length: 0\r\n\r\n"))
	out = fmt.Appendf(out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	_, _ = d.conn.WriteToUDPAddrPort(out, from)
	if string(m.Method) == "INVITE" {
		d.mu.Lock()
		d.taken = string(out)
		d.mu.Unlock()
	}
}

// repeat sends the last answer to an INVITE once more, as one of tag.
func (d *desk) repeat(tag string) {
	d.t.Helper()
	d.mu.Lock()
	text, peer := strings.Replace(d.taken, ";tag=desk", ";tag="+tag, 1), d.peer
	d.mu.Unlock()
	if _, err := d.conn.WriteToUDPAddrPort([]byte(text), peer); err != nil {
		d.t.Fatal(err)
	}
}

// say sends a request of the telephone's and returns the answer. cseq 0 is the
// next number.
func (d *desk) say(method, kind, body string, cseq int) string {
	d.t.Helper()
	d.mu.Lock()
	if cseq == 0 {
		d.cseq++
		cseq = d.cseq
	}
	text := fmt.Sprintf("%s sip:ctibridge@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%d\r\nFrom: <sip:201@192.0.2.1>;tag=desk\r\n"+
		"To: <sip:ctibridge@192.0.2.1>;tag=%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nSession-Expires: 1800\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		method, d.peer, d.addr(), cseq, d.tag, d.callID, cseq, method, kind, len(body), body)
	peer := d.peer
	d.mu.Unlock()
	if _, err := d.conn.WriteToUDPAddrPort([]byte(text), peer); err != nil {
		d.t.Fatal(err)
	}
	return receive(d.t, d.told)
}

// event sends a message of CSTA, which must be taken.
func (d *desk) event(m ecma323.Message) {
	d.t.Helper()
	if got := d.say("INFO", contentType, string(ecma323.AppendMessage(nil, m, ecma323.Edition3)), 0); !strings.HasPrefix(got, "200 ") {
		d.t.Fatalf("%s was answered %q", m.Name(), got)
	}
}

// sent is the last request of that kind.
func (d *desk) sent(what string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[what]
}

// callIs is the Call-ID of the last request.
func (d *desk) callIs() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.callID
}

func (d *desk) await(what string) {
	d.t.Helper()
	for receive(d.t, d.seen) != what { // the others are of no interest
	}
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// takes is a telephone that does all that is asked of it.
func takes(method, csta string) answer {
	switch csta {
	case "RequestSystemStatus":
		return answer{code: 200, body: &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal}}
	case "MonitorStart":
		return answer{code: 200, body: &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}
	case "MakeCall":
		return answer{code: 200, body: &ecma323.MakeCallResponse{CallingDevice: ecma323.ConnectionID{CallID: "7", DeviceID: ecma323.ID("201")}}}
	case "":
		return answer{code: 200}
	}
	return answer{code: 200, body: &ecma323.Done{Service: csta}}
}

// but is takes, with another answer to one kind of request.
func but(method, csta string, a answer) func(method, csta string) answer {
	return func(m, c string) answer {
		if m == method && c == csta {
			return a
		}
		return takes(m, c)
	}
}

// rig is a Phone and how Run ended.
type rig struct {
	*Phone
	ready  chan struct{}
	events chan ecma323.Message
	ended  chan error
	stop   context.CancelCauseFunc
}

func start(t *testing.T, d *desk, change func(*Config), floor time.Duration) *rig {
	t.Helper()
	return startAt(t, d.addr(), change, floor)
}

// startAt is start with a telephone of any kind.
func startAt(t *testing.T, at netip.AddrPort, change func(*Config), floor time.Duration) *rig {
	t.Helper()
	r := &rig{ready: make(chan struct{}, 1), events: make(chan ecma323.Message, 64), ended: make(chan error, 1)}
	c := Config{
		Phone: "201@192.0.2.1", Farewell: time.Second,
		Ready: func() { r.ready <- struct{}{} }, Events: func(m ecma323.Message) { r.events <- m },
	}
	if change != nil {
		change(&c)
	}
	var err error
	if r.Phone, err = New(c); err != nil {
		t.Fatal(err)
	}
	if floor > 0 {
		r.floor = floor
	}
	carrier := carry(t, at)
	ctx, stop := context.WithCancelCause(t.Context())
	r.stop = stop
	var wg sync.WaitGroup
	wg.Go(func() { r.ended <- r.Run(ctx, carrier) })
	t.Cleanup(func() { stop(nil); wg.Wait() })
	return r
}

// carry opens sockets to a server, and reads them for the associations as a link
// does.
func carry(t *testing.T, server netip.AddrPort) *Carrier {
	t.Helper()
	var c *Carrier
	var reading sync.Mutex
	wire, err := transport.Open(t.Context(), transport.Config{Network: "udp", Target: transport.Target{Addr: server}}, func(data []byte, from transport.Source) {
		reading.Lock()
		defer reading.Unlock()
		if bytes.HasPrefix(data, []byte("SIP/2.0 ")) {
			if res, err := c.tx.Deliver(data); err != nil && res != nil {
				c.Stray(res)
			}
			return
		}
		var m message.Message
		if m.Parse(data) == nil {
			_ = c.Receive(&m, from)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c = NewCarrier(wire, transport.NewTransactions(wire))
	wire.Serve()
	t.Cleanup(wire.Close)
	return c
}
