package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx/internal/trust"
)

// Bounds of connections: for making one, for a switch that does not read, and
// how many others may open to us.
const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 5 * time.Second
	maxConns     = 64
)

// wholeTimeout is how long a message may take from its first byte to its last.
// One whose Content-Length is too large would else swallow all that follow, one
// after the other. A connection that somebody else opens has as long for its
// first message.
const wholeTimeout = 10 * time.Second

var (
	errClosedByPeer = errors.New("the PBX closed the connection")
	errNotReading   = errors.New("the PBX does not read what we send")
	errUnfinished   = errors.New("the PBX began a message and did not end it")
)

// tcpKeepAlive finds a switch whose power failed after 30 s.
var tcpKeepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// stream is a connection whose writes do not mix. One that a write has failed on
// is closed: half a message may have gone out.
type stream struct {
	net.Conn
	mu   sync.Mutex
	err  error         // why we closed it; guarded by mu
	pong chan struct{} // a pong came; holds one

	limited bool         // reading has a deadline; of the read loop
	heard   atomic.Int64 // Unix ns of when something last came in

	pinged atomic.Bool   // a pong is due
	reads  atomic.Uint64 // counts what came in
}

func newStream(conn net.Conn) *stream {
	s := &stream{Conn: conn, pong: make(chan struct{}, 1)}
	s.heard.Store(time.Now().UnixNano())
	return s
}

func (s *stream) send(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	err := s.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		_, err = s.Write(data)
	}
	if err == nil {
		return nil
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		err = errNotReading
	}
	s.err = err
	_ = s.Close()
	return err
}

// giveUp closes the connection for a reason of our own.
func (s *stream) giveUp(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	_ = s.Close()
}

func (l *Layer) openStream(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{KeepAliveConfig: tcpKeepAlive}).DialContext(ctx, "tcp", l.target.Addr.String())
	if err != nil {
		return err
	}
	// Switches send NOTIFYs back on the connection whose other end is the
	// Contact, so without a listener of our own that is what it says.
	l.local = conn.LocalAddr().String()
	l.contact = l.local
	if c.Network == "tls" {
		host, _ := SplitServer(c.Network, c.Target.Server)
		encrypted, err := trust.Client(ctx, conn, host, c.TLS)
		if err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = encrypted
	}
	if c.Listen != "" && c.Network != "tls" {
		if l.listen, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen); err != nil {
			_ = conn.Close()
			return notListening(c.Listen, err)
		}
		local := netip.MustParseAddrPort(conn.LocalAddr().String()).Addr().Unmap()
		l.contact = contactOf(l.listen.Addr(), local)
	}
	l.stream = newStream(conn)
	l.conns[l.stream] = struct{}{}
	return nil
}

func (l *Layer) accept() error {
	for {
		conn, err := l.listen.Accept()
		if err != nil {
			return err
		}
		s := newStream(conn)
		s.limit()
		if !l.adopt(s) {
			_ = conn.Close()
		}
	}
}

// adopt reads another connection, which either side may close when it likes. It
// is false where the layer has ended. Where there are too many, the one that was
// silent longest goes: strangers must not keep the switch out.
func (l *Layer) adopt(s *stream) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
		return false
	default:
	}
	if len(l.conns) >= maxConns {
		l.closeSilent()
	}
	l.conns[s] = struct{}{}
	l.wg.Go(func() {
		_ = l.readStream(s)
		l.mu.Lock()
		delete(l.conns, s)
		l.mu.Unlock()
	})
	return true
}

// closeSilent closes the connection, not our own, that was silent longest. The
// caller holds mu.
func (l *Layer) closeSilent() {
	var silent *stream
	for s := range l.conns {
		if s != l.stream && (silent == nil || s.heard.Load() < silent.heard.Load()) {
			silent = s
		}
	}
	if silent != nil {
		delete(l.conns, silent)
		_ = silent.Close()
	}
}

// limit gives the message that comes next its time.
func (s *stream) limit() {
	s.limited = s.SetReadDeadline(time.Now().Add(wholeTimeout)) == nil
}

// pace limits how long a message may take that has begun. whole: one or more
// have just been read. While a Handler has not returned nothing is counted.
func (s *stream) pace(begun, whole bool) {
	switch {
	case begun && (whole || !s.limited):
		s.limit()
	case !begun && whole && s.limited:
		s.limited = s.SetReadDeadline(time.Time{}) != nil
	}
}

// readStream cuts messages out of a connection until it ends, and says why it
// did.
func (l *Layer) readStream(s *stream) error {
	defer func() { _ = s.Close() }()
	addr, _ := netip.ParseAddrPort(s.RemoteAddr().String())
	from := Source{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), conn: s}
	var f framer
	for {
		whole := false
		for data := f.next(); data != nil; data = f.next() {
			l.dispatch(data, from, s == l.stream)
			whole = true
		}
		s.pace(f.begun(), whole)
		if f.pinged {
			f.pinged = false
			_ = s.send([]byte("\r\n")) // a failure shows below
		}
		n, err := s.Read(f.space())
		f.add(n)
		s.reads.Add(1)
		s.heard.Store(time.Now().UnixNano())
		if s.pinged.Load() && f.takePong(n) {
			select {
			case s.pong <- struct{}{}:
			default:
			}
		}
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && f.begun() && len(f.rest()) > 0 {
				l.dispatch(f.rest(), from, s == l.stream) // to be refused, and counted
			}
			return s.ended(err)
		}
	}
}

// ended is why a connection cannot be read any more.
func (s *stream) ended(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return s.err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errUnfinished
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", errClosedByPeer, err)
	}
	return trust.Explain(err, "")
}

// dispatch hands a message on. first says that it came where answers come.
func (l *Layer) dispatch(data []byte, from Source, first bool) {
	if !first {
		l.handle(data, from)
		return
	}
	l.busy.Store(true)
	l.handle(data, from)
	l.busy.Store(false)
}
