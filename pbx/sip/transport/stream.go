package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of connections: for making one, for a switch that does not read, and
// how many others may open to us.
const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 5 * time.Second
	maxConns     = 64
)

// stream is a connection whose writes do not mix.
type stream struct {
	net.Conn
	mu sync.Mutex
}

func (s *stream) send(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := s.Write(data)
	return err
}

func (l *Layer) openStream(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, "tcp", l.server.String())
	if err != nil {
		return err
	}
	if c.Network == "tls" {
		host, _ := SplitServer(c.Network, c.Server)
		secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(err, conn.Close())
		}
		conn = secure
	}
	l.stream = &stream{Conn: conn}
	l.conns[l.stream] = struct{}{}
	// Switches send NOTIFYs back on the connection whose other end is the
	// Contact, so without a listener of our own that is what it says.
	l.local = conn.LocalAddr().String()
	l.contact = l.local
	if c.Listen == "" || c.Network == "tls" {
		return nil
	}
	if l.listen, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen); err != nil {
		return errors.Join(err, conn.Close())
	}
	local := netip.MustParseAddrPort(conn.LocalAddr().String()).Addr().Unmap()
	l.contact = contactOf(l.listen.Addr(), local)
	return nil
}

func (l *Layer) accept() error {
	for {
		conn, err := l.listen.Accept()
		if err != nil {
			return err
		}
		s := &stream{Conn: conn}
		if !l.track(s) {
			_ = conn.Close()
			continue
		}
		l.wg.Go(func() {
			_ = l.readStream(s) // the switch may close it when it likes
			l.mu.Lock()
			delete(l.conns, s)
			l.mu.Unlock()
		})
	}
}

func (l *Layer) track(s *stream) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) >= maxConns {
		return false
	}
	select {
	case <-l.done:
		return false
	default:
	}
	l.conns[s] = struct{}{}
	return true
}

// readStream cuts messages out of a connection until it ends.
func (l *Layer) readStream(s *stream) error {
	defer func() { _ = s.Close() }()
	addr, _ := netip.ParseAddrPort(s.RemoteAddr().String())
	from := Source{Addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), conn: s}
	buf := make([]byte, 64<<10)
	begin, end := 0, 0 // what is read and not yet handled
	for {
		begin += keepAlives(s, buf[begin:end])
		n, err := frame(buf[begin:end])
		if err != nil {
			return err
		}
		if n > 0 {
			l.handle(buf[begin:begin+n], from)
			begin += n
			continue
		}
		if begin > 0 {
			end = copy(buf, buf[begin:end])
			begin = 0
		}
		if end == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err = s.Read(buf[end:])
		end += n
		if err != nil {
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("%w: %w", errClosedByPeer, err)
			}
			return err
		}
	}
}

// keepAlives counts the line ends in front of a message, and answers the double
// one (RFC 5626 §3.5.1).
func keepAlives(s *stream, buf []byte) int {
	n := 0
	for n < len(buf) && (buf[n] == '\r' || buf[n] == '\n') {
		n++
	}
	if n >= 4 {
		_ = s.send([]byte("\r\n"))
	}
	return n
}
