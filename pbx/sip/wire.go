package sip

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// receiveBuffer is asked of the kernel for UDP: its usual 208 KiB lost NOTIFYs
// in bursts (2 in 30,000 measured).
const receiveBuffer = 4 << 20

// source is where a message came from and where the answer goes.
type source struct {
	addr netip.AddrPort
	conn *stream // nil over UDP
}

// handler takes one whole message; data is valid until it returns. It is called
// on the read loop of the message's socket, in wire order.
type handler func(data []byte, from source)

// wire is the link's sockets: one UDP socket, or the TCP or TLS connection to
// the switch and those that the switch opens to us.
type wire struct {
	network string // udp, tcp or tls
	server  netip.AddrPort
	local   string // our own host:port, for Via
	contact string // host:port the switch reaches us at, for Contact
	udp     *net.UDPConn
	stream  *stream
	listen  net.Listener
	handle  handler
	done    chan struct{} // closed by the first loop that ends

	mu    sync.Mutex
	conns map[*stream]struct{}
	wg    sync.WaitGroup
	once  sync.Once
	err   error
}

// wireConfig is what openWire needs to know.
type wireConfig struct {
	network, server, listen, advertise string
}

// openWire opens the sockets; serve starts to read them.
func openWire(ctx context.Context, c wireConfig, handle handler) (*wire, error) {
	server, err := resolve(ctx, c.network, c.server)
	if err != nil {
		return nil, err
	}
	w := &wire{network: c.network, server: server, handle: handle, done: make(chan struct{}), conns: map[*stream]struct{}{}}
	if c.network == "udp" {
		err = w.openUDP(ctx, c.listen)
	} else {
		err = w.openStream(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if c.advertise != "" {
		w.contact = c.advertise
	}
	return w, nil
}

// resolve looks the switch up: host or host:port.
func resolve(ctx context.Context, network, server string) (netip.AddrPort, error) {
	host, port := splitServer(network, server)
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), port), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	best := addrs[0]
	for _, a := range addrs { // most switches listen on IPv4 only
		if a.Unmap().Is4() {
			best = a
			break
		}
	}
	return netip.AddrPortFrom(best.Unmap(), port), nil
}

// splitServer takes host or host:port apart, with SIP's own ports.
func splitServer(network, server string) (host string, port uint16) {
	port = 5060
	if network == "tls" {
		port = 5061
	}
	h, p, err := net.SplitHostPort(server)
	if err != nil {
		return string(bytes.Trim([]byte(server), "[]")), port
	}
	if n, err := strconv.ParseUint(p, 10, 16); err == nil && n > 0 {
		port = uint16(n)
	}
	return h, port
}

func (w *wire) openUDP(ctx context.Context, listen string) error {
	local, err := localAddr(ctx, w.server)
	if err != nil {
		return err
	}
	if listen == "" {
		listen = netip.AddrPortFrom(local, 0).String()
	}
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", listen)
	if err != nil {
		return err
	}
	w.udp = conn.(*net.UDPConn)
	_ = w.udp.SetReadBuffer(receiveBuffer) // the kernel gives what it allows
	w.contact = contactOf(w.udp.LocalAddr(), local)
	w.local = w.contact
	return nil
}

// localAddr is the address from which this machine reaches the switch.
func localAddr(ctx context.Context, server netip.AddrPort) (netip.Addr, error) {
	probe, err := (&net.Dialer{}).DialContext(ctx, "udp", server.String()) // sends nothing
	if err != nil {
		return netip.Addr{}, err
	}
	defer func() { _ = probe.Close() }()
	return probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// contactOf is a listening address with an unspecified host filled in.
func contactOf(a net.Addr, local netip.Addr) string {
	at := netip.MustParseAddrPort(a.String())
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(local, at.Port())
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).String()
}

func (w *wire) openStream(ctx context.Context, c wireConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, "tcp", w.server.String())
	if err != nil {
		return err
	}
	if c.network == "tls" {
		host, _ := splitServer(c.network, c.server)
		secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = secure
	}
	w.stream = &stream{Conn: conn}
	w.conns[w.stream] = struct{}{}
	// Switches send NOTIFYs back on the connection whose other end is the
	// Contact, so without a listener of our own that is what it says.
	w.local = conn.LocalAddr().String()
	w.contact = w.local
	if c.listen == "" || c.network == "tls" {
		return nil
	}
	if w.listen, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.listen); err != nil {
		return errors.Join(err, conn.Close())
	}
	local := netip.MustParseAddrPort(conn.LocalAddr().String()).Addr().Unmap()
	w.contact = contactOf(w.listen.Addr(), local)
	return nil
}

// serve starts the read loops. They end with close; done tells when one of the
// sockets the link depends on has ended by itself.
func (w *wire) serve() {
	if w.udp != nil {
		w.wg.Go(func() { w.fail(w.readUDP()) })
		return
	}
	w.wg.Go(func() { w.fail(w.readStream(w.stream)) })
	if w.listen != nil {
		w.wg.Go(func() { w.fail(w.accept()) })
	}
}

// fail notes why the wire is of no more use.
func (w *wire) fail(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.done)
	})
}

// close ends the sockets and waits for the read loops.
func (w *wire) close() {
	w.fail(net.ErrClosed)
	if w.udp != nil {
		_ = w.udp.Close()
	}
	if w.listen != nil {
		_ = w.listen.Close()
	}
	w.mu.Lock()
	for s := range w.conns {
		_ = s.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
}

func (w *wire) readUDP() error {
	buf := make([]byte, 65536)
	for {
		n, addr, err := w.udp.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // an ICMP error of an earlier packet; the socket goes on
			continue
		}
		if data := bytes.Trim(buf[:n], "\r\n\x00"); len(data) > 0 { // else a keep-alive (RFC 5626 §3.5.1)
			w.handle(buf[:n], source{addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())})
		}
	}
}

func (w *wire) accept() error {
	for {
		conn, err := w.listen.Accept()
		if err != nil {
			return err
		}
		s := &stream{Conn: conn}
		if !w.track(s) {
			_ = conn.Close()
			continue
		}
		w.wg.Go(func() {
			_ = w.readStream(s) // the switch may close it when it likes
			w.mu.Lock()
			delete(w.conns, s)
			w.mu.Unlock()
		})
	}
}

// maxConns bounds the connections that others open to us.
const maxConns = 64

func (w *wire) track(s *stream) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.conns) >= maxConns {
		return false
	}
	select {
	case <-w.done:
		return false
	default:
	}
	w.conns[s] = struct{}{}
	return true
}

// send writes a request of ours. to is where it goes over UDP; a stream knows.
func (w *wire) send(data []byte, to netip.AddrPort) error {
	if w.udp == nil {
		return w.stream.send(data)
	}
	_, err := w.udp.WriteToUDPAddrPort(data, to)
	return err
}

// reply answers m where it came from.
func (w *wire) reply(m *message.Message, from source, scratch []byte, status int, reason, toTag string) []byte {
	out := m.AppendResponse(scratch[:0], status, reason, from.addr.Addr().String(), int(from.addr.Port()), toTag)
	if from.conn != nil {
		_ = from.conn.send(out) // a broken connection shows in its read loop
		return out
	}
	to := from.addr
	if message.Param(m.Via(), "rport") == nil {
		to = netip.AddrPortFrom(to.Addr(), uint16(m.SentByPort()))
	}
	_, _ = w.udp.WriteToUDPAddrPort(out, to) // lost: the switch repeats
	return out
}
