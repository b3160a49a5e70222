// Package transport is the lower half of a SIP user agent: the sockets to one
// switch, whom to trust at the other end, the cutting of streams into messages,
// and client transactions (RFC 3261 §17.1, §18). It deals in bytes and knows
// nothing of what the messages say.
//
//	servers ─► Resolve (SRV, A, AAAA) ─► Targets ─► Open (dial, TLS) ─► Layer
//	switch ─► socket ─► read loop ─► Handler (one message, in wire order)
//	switch ◄─ socket ◄─ Answer, Send ◄─ Transactions.Exchange ◄─ the link
//	                 ◄─ keep-alive (RFC 5626 §3.5.1)
//
// A Layer lives until its socket breaks or Close; which Target comes next is its
// owner's choice.
//
// sipgo's own transport layer is not used: it hands every message to a
// goroutine, so that messages overtake each other; it refuses to send more than
// 1,300 bytes over UDP; it closes a connection when one message on it cannot be
// parsed; and its errors hold the text of messages.
//
// # Load
//
// Nothing is queued here. While a Handler does not return, its socket is not
// read: over UDP the kernel's buffer fills and the switch repeats what is not
// answered, over a stream its window closes. What we write does not wait for
// that: requests and keep-alives leave from other goroutines, and the time in
// which nothing is read does not count as the switch's silence. A switch that
// does not read for 5 s loses its connection, and so does one whose message is
// not whole 10 s after it began. At most 64 connections are served; for further
// ones those that were silent longest are closed.
package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Source is where a message came from and where its answer goes.
type Source struct {
	Addr netip.AddrPort
	conn *stream // nil over UDP
}

// Handler takes one whole message; data is valid until it returns. It is called
// on the read loop of the message's socket, in wire order.
type Handler func(data []byte, from Source)

// Config says where the switch is, where it finds us and whom to trust.
type Config struct {
	Network   string // udp, tcp or tls
	Target    Target
	Listen    string // our own host:port; empty: any
	Advertise string // what Contact says; empty: what we are bound to
	TLS       TLS    // of tls
}

// Layer is one UDP socket, or the TCP or TLS connection to the switch and those
// that the switch opens to us. Open makes it; its methods are safe for
// concurrent use.
type Layer struct {
	network string
	target  Target
	local   string
	contact string
	udp     *net.UDPConn
	stream  *stream
	listen  net.Listener
	handle  Handler
	done    chan struct{} // closed by the first loop that ends
	busy    atomic.Bool   // the loop that answers come on is in the Handler
	sent    atomic.Int64  // Unix ns of the last datagram
	large   largeRequests

	mu    sync.Mutex
	conns map[*stream]struct{}
	wg    sync.WaitGroup
	once  sync.Once
	err   error
}

// Open opens the sockets; Serve starts to read them. Close ends it, served or
// not. What a person can mend is a *PlainError.
func Open(ctx context.Context, c Config, handle Handler) (*Layer, error) {
	l := &Layer{network: c.Network, target: c.Target, handle: handle, done: make(chan struct{}), conns: map[*stream]struct{}{}}
	var err error
	if c.Network == "udp" {
		err = l.openUDP(ctx, c.Listen)
	} else {
		err = l.openStream(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if c.Advertise != "" {
		l.contact = c.Advertise
	}
	return l, nil
}

// Network is udp, tcp or tls.
func (l *Layer) Network() string { return l.network }

// Server is the switch's address.
func (l *Layer) Server() netip.AddrPort { return l.target.Addr }

// Local is our own host:port, for Via.
func (l *Layer) Local() string { return l.local }

// Contact is the host:port at which the switch reaches us.
func (l *Layer) Contact() string { return l.contact }

// Reliable tells whether lost messages are repeated below us.
func (l *Layer) Reliable() bool { return l.udp == nil }

// Done is closed when one of the sockets that the link depends on has ended.
func (l *Layer) Done() <-chan struct{} { return l.done }

// Err is why, once Done is closed: net.ErrClosed after Close.
func (l *Layer) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// Serve starts to read and to keep alive, until Close.
func (l *Layer) Serve() {
	if l.udp != nil {
		l.wg.Go(func() { l.fail(l.readUDP()) })
		l.wg.Go(l.keepUDP)
		return
	}
	l.wg.Go(func() { l.fail(l.readStream(l.stream)) })
	l.wg.Go(l.keepStream)
	if l.listen != nil {
		l.wg.Go(func() { l.fail(l.accept()) })
	}
}

// fail notes why the layer is of no more use.
func (l *Layer) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.done)
	})
}

// Close ends the sockets and waits for the read loops.
func (l *Layer) Close() {
	l.fail(net.ErrClosed)
	if l.udp != nil {
		_ = l.udp.Close()
	}
	if l.listen != nil {
		_ = l.listen.Close()
	}
	l.mu.Lock()
	for s := range l.conns {
		_ = s.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// Send writes a request of ours. to is where it goes over UDP; a stream knows. A
// datagram over 1,300 bytes goes by TCP if the switch takes that (RFC 3261
// §18.1.1).
func (l *Layer) Send(data []byte, to netip.AddrPort) error {
	if l.udp == nil {
		return l.stream.send(data)
	}
	if len(data) > maxDatagram && l.sendLarge(data, to) {
		return nil
	}
	return l.sendUDP(data, to)
}

// Resend repeats a request (timers A and E) unless it went over a stream.
func (l *Layer) Resend(data []byte, to netip.AddrPort) {
	if l.udp == nil || len(data) > maxDatagram && l.large.open() {
		return
	}
	_ = l.sendUDP(data, to) // a lost repetition is one more lost packet
}

func (l *Layer) sendUDP(data []byte, to netip.AddrPort) error {
	l.sent.Store(time.Now().UnixNano())
	_, err := l.udp.WriteToUDPAddrPort(data, to)
	return err
}

// Answer writes an answer where the request came from; over UDP to another port
// if port is not 0 (RFC 3261 §18.2.2: a Via without rport). A lost answer is the
// switch's to ask for again, and a broken connection shows in its read loop.
func (l *Layer) Answer(data []byte, from Source, port uint16) {
	if from.conn != nil {
		_ = from.conn.send(data)
		return
	}
	to := from.Addr
	if port != 0 {
		to = netip.AddrPortFrom(to.Addr(), port)
	}
	_ = l.sendUDP(data, to)
}

// Stalled tells whether what the switch has answered may lie unread because a
// Handler does not return.
func (l *Layer) Stalled() bool { return l.busy.Load() }
