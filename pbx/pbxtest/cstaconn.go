package pbxtest

import (
	"errors"
	"net"
	"slices"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// cstaConn is a connection of a client.
type cstaConn struct {
	s       *CSTASwitch
	nc      net.Conn
	out     chan []byte // closed by drop, with mu held
	dropped bool
	session *cstaSession // nil before the log-in
	last    ecma323.InvokeID
	next    ecma323.InvokeID // of the switch's own requests
	missed  int              // heartbeats without an answer
}

// cstaSession holds monitors. On Avaya it may outlive its connection.
type cstaSession struct {
	id       string
	conn     *cstaConn                 // nil while it has none
	monitors map[string][]*cstaMonitor // by device
	devices  map[string]string         // by reference
	lifetime int                       // of the session, in seconds; 0: it has no timer
	renewed  int                       // how often it was prolonged
}

type cstaMonitor struct {
	ref    string
	device string          // the extension's number
	wants  map[string]bool // Avaya's filter; nil: all
}

const cstaQueue = 1 << 16

// connect takes a new client. The caller holds mu.
func (s *CSTASwitch) connect(nc net.Conn) {
	c := &cstaConn{s: s, nc: nc, out: make(chan []byte, cstaQueue)}
	s.conns = append(s.conns, c)
	s.wg.Go(c.write)
	s.wg.Go(c.read)
	switch s.opts.Dialect {
	case CSTARegister:
		c.request(&ecma323.SystemStatus{SystemStatus: ecma323.StatusEnabled})
	case CSTANone:
		c.begin(s.newSession())
	default: // the client begins
	}
	if s.opts.Heartbeat > 0 {
		s.after(s.opts.Heartbeat, c.heartbeat)
	}
}

func (s *CSTASwitch) newSession() *cstaSession {
	session := &cstaSession{id: s.number("S"), monitors: map[string][]*cstaMonitor{}, devices: map[string]string{}}
	s.sessions[session.id] = session
	return session
}

// begin lets a session go on over this connection.
func (c *cstaConn) begin(session *cstaSession) {
	c.session, session.conn = session, c
}

// drop ends the connection. The caller holds mu.
func (c *cstaConn) drop() {
	if c.dropped {
		return
	}
	c.dropped = true
	close(c.out)
	_ = c.nc.Close()
	if c.session != nil && c.session.conn == c {
		c.session.conn = nil
		if c.s.opts.Dialect != CSTAAvaya {
			delete(c.s.sessions, c.session.id)
		}
	}
}

func (c *cstaConn) heartbeat() {
	switch {
	case c.dropped:
		return
	case c.missed == 2:
		c.drop()
		return
	}
	c.missed++
	c.request(&ecma323.SystemStatus{SystemStatus: ecma323.StatusNormal})
	c.s.after(c.s.opts.Heartbeat, c.heartbeat)
}

func (c *cstaConn) read() {
	r := ecma323.NewReader(c.nc)
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		m, err := ecma323.Decode(f.Body)
		c.s.mu.Lock()
		if err != nil {
			m = &ecma323.OtherMessage{}
		}
		c.receive(f.InvokeID, m)
		c.s.mu.Unlock()
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.drop()
	c.s.conns = slices.DeleteFunc(c.s.conns, func(x *cstaConn) bool { return x == c })
}

func (c *cstaConn) write() {
	for b := range c.out {
		if _, err := c.nc.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
			c.s.log.Debug("csta: write", "err", err)
		}
	}
}

// send writes a message with its mistakes. The caller holds mu.
func (c *cstaConn) send(id ecma323.InvokeID, m ecma323.Message) {
	if c.dropped || c.s.strikes(CSTASilence) {
		return
	}
	c.put(c.s.frame(id, c.s.spell(m, c.s.opts.Edition)))
}

func (c *cstaConn) put(b []byte) {
	if c.dropped {
		return
	}
	if c.s.strikes(CSTAOneByte) {
		for i := range b {
			c.enqueue(b[i : i+1])
		}
		return
	}
	c.enqueue(b)
}

func (c *cstaConn) enqueue(b []byte) {
	select {
	case c.out <- b:
	default:
		c.s.log.Error("csta: a message is lost, the queue is full")
	}
}

// request sends one of the switch's own.
func (c *cstaConn) request(m ecma323.Message) {
	id := c.next
	c.next = (c.next + 1) % ecma323.EventInvokeID
	if c.s.strikes(CSTARequestID) {
		id = c.last
	}
	c.send(id, m)
}

// event sends an event, with the mistakes that events have.
func (c *cstaConn) event(m ecma323.Message) {
	s := c.s
	if s.strikes(CSTADropEvent) {
		return
	}
	if s.strikes(CSTAUnknownEvent) {
		c.send(ecma323.EventInvokeID, &ecma323.HeldEvent{EventData: ecma323.EventData{MonitorCrossRefID: "nobody's"}})
		c.send(ecma323.EventInvokeID, &ecma323.OtherMessage{Element: "StrangeEvent", MonitorCrossRefID: "1"})
	}
	id := ecma323.EventInvokeID
	if s.strikes(CSTAEventRequestID) {
		id = c.last
	}
	if s.strikes(CSTABrokenEvent) {
		body := s.spell(m, s.opts.Edition)
		c.put(s.frame(id, body[:len(body)/2]))
		return
	}
	c.send(id, m)
	if s.strikes(CSTADuplicateEvent) {
		c.send(id, m)
	}
}

// respond answers a request, after the delay that is set.
func (c *cstaConn) respond(id ecma323.InvokeID, m ecma323.Message) {
	if c.s.opts.AnswerDelay > 0 {
		c.s.after(c.s.opts.AnswerDelay, func() { c.send(id, m) })
		return
	}
	c.send(id, m)
}
