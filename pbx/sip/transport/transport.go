// Package transport is the lower half of a SIP user agent: the sockets to one
// switch, the cutting of streams into messages, and client transactions
// (RFC 3261 §17.1, §18). It deals in bytes and knows nothing of what the
// messages say.
//
//	switch ─► socket ─► read loop ─► Handler (one message, in wire order)
//	switch ◄─ socket ◄─ Answer, Send ◄─ Transactions.Exchange ◄─ the link
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
// that: requests and keep-alives leave from other goroutines. At most 64
// connections of others are served; further ones are closed at once.
package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Source is where a message came from and where its answer goes.
type Source struct {
	Addr netip.AddrPort
	conn *stream // nil over UDP
}

// Handler takes one whole message; data is valid until it returns. It is called
// on the read loop of the message's socket, in wire order.
type Handler func(data []byte, from Source)

// Config says where the switch is and where it finds us.
type Config struct {
	Network   string // udp, tcp or tls
	Server    string // host or host:port
	Listen    string // our own host:port; empty: any
	Advertise string // what Contact says; empty: what we are bound to
}

// Layer is one UDP socket, or the TCP or TLS connection to the switch and those
// that the switch opens to us. Open makes it; its methods are safe for
// concurrent use.
type Layer struct {
	network string
	server  netip.AddrPort
	local   string
	contact string
	udp     *net.UDPConn
	stream  *stream
	listen  net.Listener
	handle  Handler
	done    chan struct{} // closed by the first loop that ends

	mu    sync.Mutex
	conns map[*stream]struct{}
	wg    sync.WaitGroup
	once  sync.Once
	err   error
}

// Open opens the sockets; Serve starts to read them. Close ends it, served or
// not.
func Open(ctx context.Context, c Config, handle Handler) (*Layer, error) {
	server, err := resolve(ctx, c.Network, c.Server)
	if err != nil {
		return nil, err
	}
	l := &Layer{network: c.Network, server: server, handle: handle, done: make(chan struct{}), conns: map[*stream]struct{}{}}
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
func (l *Layer) Server() netip.AddrPort { return l.server }

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

// Serve starts the read loops, which end with Close.
func (l *Layer) Serve() {
	if l.udp != nil {
		l.wg.Go(func() { l.fail(l.readUDP()) })
		return
	}
	l.wg.Go(func() { l.fail(l.readStream(l.stream)) })
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

// Send writes a request of ours. to is where it goes over UDP; a stream knows.
func (l *Layer) Send(data []byte, to netip.AddrPort) error {
	if l.udp == nil {
		return l.stream.send(data)
	}
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
	_, _ = l.udp.WriteToUDPAddrPort(data, to)
}

// errClosedByPeer is what a person is told when the other side hangs up.
var errClosedByPeer = errors.New("the PBX closed the connection")
