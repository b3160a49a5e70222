package transport

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Requests that do not fit into a datagram (RFC 3261 §18.1.1).
const (
	maxDatagram  = 1300
	largeTimeout = 2 * time.Second // for the switch to take a connection
	largeRetry   = 5 * time.Minute // before a switch that did not is asked again
)

// largeRequests is the TCP connection of a UDP layer. It is opened when it is
// first needed.
type largeRequests struct {
	mu      sync.Mutex
	conn    *stream
	refused time.Time
}

// open tells whether there is a connection.
func (r *largeRequests) open() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conn != nil
}

// sendLarge sends a request by TCP. It is false if the switch does not take it:
// then a datagram has to do, which the network cuts up.
func (l *Layer) sendLarge(data []byte, to netip.AddrPort) bool {
	if to != l.target.Addr {
		return false
	}
	// The answer comes the way that Via says (RFC 3261 §18.2.2).
	data = bytes.Replace(data, []byte("Via: SIP/2.0/UDP"), []byte("Via: SIP/2.0/TCP"), 1)
	r := &l.large
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		if r.conn.send(data) == nil {
			return true
		}
		r.conn = nil // the switch had closed it
	}
	if !r.refused.IsZero() && time.Since(r.refused) < largeRetry {
		return false
	}
	if r.conn = l.dialLarge(to); r.conn == nil {
		r.refused = time.Now()
		return false
	}
	return r.conn.send(data) == nil
}

func (l *Layer) dialLarge(to netip.AddrPort) *stream {
	ctx, cancel := context.WithTimeout(context.Background(), largeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{KeepAliveConfig: tcpKeepAlive}).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil
	}
	s := newStream(conn)
	if !l.adopt(s) {
		_ = conn.Close()
		return nil
	}
	return s
}
