package sip

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// writeTimeout bounds how long a switch that does not read can hold us up.
const writeTimeout = 5 * time.Second

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

// readStream cuts messages out of a connection by their Content-Length. Unlike
// sipgo's stream parser it looks at nothing else, so that one bad header field
// costs a message and not the connection of all agents.
func (w *wire) readStream(s *stream) error {
	defer func() { _ = s.Close() }()
	addr, _ := netip.ParseAddrPort(s.RemoteAddr().String())
	from := source{addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), conn: s}
	buf := make([]byte, 64<<10)
	begin, end := 0, 0 // what is read and not yet handled
	for {
		begin += keepAlives(s, buf[begin:end])
		n, err := frame(buf[begin:end])
		if err != nil {
			return err
		}
		if n > 0 {
			w.handle(buf[begin:begin+n], from)
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
				return fmt.Errorf("the PBX closed the connection: %w", err)
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

// frame tells the length of the first whole message in buf, 0 if it is not
// complete yet.
func frame(buf []byte) (int, error) {
	head := bytes.Index(buf, []byte("\r\n\r\n"))
	if head < 0 {
		if len(buf) > message.MaxSize {
			return 0, message.ErrTooLarge
		}
		return 0, nil
	}
	head += 4
	length, err := message.BodyLength(buf[:head])
	if err != nil {
		return 0, err
	}
	switch {
	case head+length > message.MaxSize:
		return 0, message.ErrTooLarge
	case head+length > len(buf):
		return 0, nil
	}
	return head + length, nil
}
