package pbxtest

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers of RFC 3261 §17.1.2.2.
const (
	timerT1 = 500 * time.Millisecond
	timerT2 = 4 * time.Second
	timerF  = 64 * timerT1
)

// Bounds: messages that wait for TCP, and requests that wait for an answer. A
// request beyond the latter is sent once and its answer ignored.
const (
	tcpQueue   = 1 << 16
	maxPending = 1 << 16
)

// remote is where a request goes: a UDP address, or a TCP or TLS connection by
// the address at its other end.
type remote struct {
	transport string // UDP, TCP or TLS
	addr      string
}

// wire sends requests, repeats them over UDP until they are answered and tells
// the answer's status: the non-INVITE client transaction.
type wire struct {
	udp     *net.UDPConn
	streams []*listener
	log     *slog.Logger
	queue   chan outgoing // to streams, so that a peer that does not read stops nobody

	mu      sync.Mutex
	pending map[string]*transaction // by branch
}

type outgoing struct {
	addr string
	data []byte
}

// transaction is a request that waits for its answer.
type transaction struct {
	to       *net.UDPAddr // nil over TCP
	data     []byte
	next     time.Time // when to repeat it
	interval time.Duration
	deadline time.Time
	done     func(status int) // 408 if no answer came; may be nil
}

func newWire(udp *net.UDPConn, streams []*listener, log *slog.Logger) *wire {
	return &wire{udp: udp, streams: streams, log: log, queue: make(chan outgoing, tcpQueue), pending: map[string]*transaction{}}
}

// send writes the request and calls done, from another goroutine, with the
// final status. lose keeps the first copy back, so that only the repetition
// arrives.
func (w *wire) send(to remote, branch string, data []byte, lose bool, done func(status int)) {
	now := time.Now()
	tx := &transaction{data: data, interval: timerT1, next: now.Add(timerT1), deadline: now.Add(timerF), done: done}
	if to.transport == "UDP" {
		addr, err := net.ResolveUDPAddr("udp", to.addr)
		if err != nil {
			w.log.Warn("cannot send to this address", "err", err)
			return
		}
		tx.to = addr
	}
	w.mu.Lock()
	if len(w.pending) < maxPending {
		w.pending[branch] = tx
	}
	w.mu.Unlock()
	switch {
	case lose:
	case tx.to != nil:
		_, _ = w.udp.WriteToUDP(data, tx.to) // an error counts as a lost packet
	default:
		w.enqueue(to.addr, data)
	}
}

// repeatNow writes a request once more, outside its transaction.
func (w *wire) repeatNow(to remote, data []byte) {
	if to.transport != "UDP" {
		w.enqueue(to.addr, data)
		return
	}
	if addr, err := net.ResolveUDPAddr("udp", to.addr); err == nil {
		_, _ = w.udp.WriteToUDP(data, addr)
	}
}

func (w *wire) enqueue(addr string, data []byte) {
	select {
	case w.queue <- outgoing{addr, data}:
	default:
		w.log.Warn("message lost: the TCP queue is full")
	}
}

// run writes the TCP queue until stop is closed.
func (w *wire) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case m := <-w.queue:
			if err := w.write(m); err != nil {
				w.log.Debug("message lost: no connection", "err", err)
			}
		}
	}
}

func (w *wire) write(m outgoing) (err error) {
	for _, l := range w.streams {
		if err = l.write(m.addr, m.data); err == nil {
			return nil
		}
	}
	return err
}

// repeat sends UDP requests again that were not answered, until stop is closed.
func (w *wire) repeat(stop <-chan struct{}) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			for _, tx := range w.due(now) {
				if tx.done != nil {
					tx.done(408)
				}
			}
		}
	}
}

// due repeats what has waited long enough and returns what has timed out.
func (w *wire) due(now time.Time) (expired []*transaction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for branch, tx := range w.pending {
		switch {
		case now.After(tx.deadline):
			delete(w.pending, branch)
			expired = append(expired, tx)
		case tx.to != nil && now.After(tx.next):
			_, _ = w.udp.WriteToUDP(tx.data, tx.to)
			tx.interval = min(2*tx.interval, timerT2)
			tx.next = now.Add(tx.interval)
		}
	}
	return expired
}

// answered takes a response that belongs to no transaction of sipgo's: ours.
func (w *wire) answered(res *sip.Response) {
	via := res.Via()
	if via == nil || res.IsProvisional() {
		return
	}
	branch, _ := via.Params.Get("branch")
	w.mu.Lock()
	tx := w.pending[branch]
	delete(w.pending, branch)
	w.mu.Unlock()
	if tx != nil && tx.done != nil {
		tx.done(res.StatusCode)
	}
}

// listener is a TCP or TLS listener that remembers its connections, to write to them
// and to drop them all.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns map[string]net.Conn
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, conns: map[string]net.Conn{}}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	addr := c.RemoteAddr().String()
	l.mu.Lock()
	l.conns[addr] = c
	l.mu.Unlock()
	return &conn{Conn: c, forget: func() { l.forget(addr, c) }}, nil
}

func (l *listener) forget(addr string, c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[addr] == c {
		delete(l.conns, addr)
	}
}

func (l *listener) write(addr string, data []byte) error {
	l.mu.Lock()
	c := l.conns[addr]
	l.mu.Unlock()
	if c == nil {
		return net.ErrClosed
	}
	_, err := c.Write(data)
	return err
}

func (l *listener) closeConns() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	clear(l.conns)
}

// conn tells the listener when it is closed.
type conn struct {
	net.Conn
	forget func()
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.forget()
	return c.Conn.Close()
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
