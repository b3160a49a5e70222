package agent

import (
	"bufio"
	"cmp"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// wire is the socket below a session's websocket.Conn. While it holds, what is
// written waits, so that the frames that wait together leave in one write: the
// write is most of what a frame costs. A TCP socket takes nearly every frame at
// once; only where it does not is there a deadline, which costs a timer.
type wire struct {
	net.Conn
	raw     syscall.RawConn // nil where the connection is no plain socket, as with TLS
	buffers *buffers

	mu       sync.Mutex // held over a write, as websocket.Conn holds its own
	deadline time.Time
	held     *[]byte // nil: not holding
	// The write that is under way, for offer.
	rest  []byte
	err   error
	offer func(fd uintptr) bool
}

func newWire(conn net.Conn, lend *buffers) *wire {
	w := &wire{Conn: conn, buffers: lend}
	if c, ok := conn.(*net.TCPConn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			w.raw, w.offer = raw, w.offerTo
		}
	}
	return w
}

// hold lets writes wait until release.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = w.buffers.get()
	}
}

// release writes what waits.
func (w *wire) release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.held
	if held == nil {
		return nil
	}
	w.held = nil
	defer w.buffers.put(held)
	if len(*held) == 0 {
		return nil
	}
	return w.write(*held)
}

// Write writes, or lets wait. It is called under websocket.Conn's own lock.
func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		*w.held = append(*w.held, b...)
		return len(b), nil
	}
	if err := w.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// write writes by the deadline; mu is held.
func (w *wire) write(b []byte) error {
	if w.raw != nil {
		w.rest = b
		err := w.raw.Write(w.offer)
		b, w.rest = w.rest, nil
		if err = cmp.Or(err, w.err); err != nil || len(b) == 0 {
			return err
		}
	}
	if err := w.Conn.SetWriteDeadline(w.deadline); err != nil {
		return err
	}
	_, err := w.Conn.Write(b)
	if err != nil || w.raw == nil {
		return err
	}
	return w.Conn.SetWriteDeadline(time.Time{}) // or the next offer would be too late
}

// SetWriteDeadline is for the writes that follow, and for what waits.
func (w *wire) SetWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	return nil
}

// CloseWrite ends our half where the socket has halves.
func (w *wire) CloseWrite() error {
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// wiring lets an Upgrader work on a wire.
type wiring struct {
	http.ResponseWriter
	buffers *buffers
}

// Hijack implements http.Hijacker.
func (w *wiring) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return newWire(conn, w.buffers), rw, nil
}
