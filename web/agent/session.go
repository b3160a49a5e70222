package agent

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/ctibridge/ctibridge/bridge"
)

// Times and rates of a session.
const (
	// writeWithin is how long one frame may take to leave.
	writeWithin = 5 * time.Second
	// closeWithin is how long we wait for the other side to close.
	closeWithin = time.Second
	pingEvery   = 20 * time.Second
	// silentFor is how long a tab may say nothing; browsers answer pings by
	// themselves, also in hidden tabs.
	silentFor = 70 * time.Second
	// A tab's frames: so many a second for long, so many at once.
	frameRate  = 20
	frameBurst = 60
	// writeBuffer is what a frame is put together in; a larger one leaves in
	// pieces.
	writeBuffer = 2048
	maxHeader   = 14 // bytes of a frame's header, RFC 6455 §5.2
)

// session is one connected tab: run reads, and starts and joins the writer.
type session struct {
	hub     *Hub
	desk    *desk
	conn    *websocket.Conn
	wire    *wire // below conn
	number  uint64
	org     string
	tab     bridge.TabID
	console bool
	german  bool
	kid     string    // the certificate its ticket was signed with
	key     [32]byte  // and the hash of the key
	token   [32]byte  // hash of the resume token of its welcome
	expires time.Time // when the agent has to prove identity again
	rate    *rate.Limiter
	out     outbox
}

func newSession(h *Hub, d *desk, conn *websocket.Conn, who bearer, a *Authenticate) *session {
	w, _ := conn.NetConn().(*wire) // always: see Hub.ServeHTTP
	return &session{
		hub: h, desk: d, conn: conn, wire: w, number: h.numbers.Add(1), org: who.agent.Org, tab: a.Tab.ID, console: a.Tab.Console,
		german: speaksGerman(a.Client.Language),
		kid:    who.kid, key: who.key, expires: who.signed.Add(maxResume),
		rate: rate.NewLimiter(frameRate, frameBurst), out: newOutbox(),
	}
}

// run serves the session until it ends, for whatever reason, and cleans up.
func (s *session) run() {
	var writer sync.WaitGroup
	writer.Go(s.write)
	ended := s.read()
	s.out.close(ended) // a closing of ours that came first stays
	writer.Wait()
	s.desk.dismiss(s, s.hub.bridge)
	s.hub.exit(s.desk, time.Now())
	end := *s.out.ended()
	if end == ended && (ended.code >= CloseMalformed || ended.code == websocket.CloseMessageTooBig) {
		drain(s.conn)
	}
	_ = s.conn.Close()
	s.hub.metrics.closes.WithLabelValues(end.label()).Inc()
	s.hub.log.Info("panel disconnected", "agent", s.desk.agent, "session", s.number, "cause", end.label())
}

// read takes frames until the connection or the session ends, and says why.
func (s *session) read() closing {
	s.alive()
	s.conn.SetPongHandler(func(string) error { s.alive(); return nil })
	s.conn.SetPingHandler(s.pong)
	for {
		if end := s.readFrame(); end != nil {
			return *end
		}
	}
}

// readFrame takes one frame, or says why there is none. The buffer is lent: an
// idle tab has none.
func (s *session) readFrame() *closing {
	kind, from, err := s.conn.NextReader()
	if err != nil {
		return unreadable(err)
	}
	buf := s.hub.buffers.get()
	defer s.hub.buffers.put(buf)
	if *buf, err = appendAll(*buf, from); err != nil {
		return unreadable(err)
	}
	s.alive()
	switch {
	case s.out.ended() != nil:
		return s.out.ended()
	case !s.rate.Allow():
		return &closing{CloseTooFast, reasonTooFast}
	case kind != websocket.TextMessage:
		return &closing{CloseMalformed, reasonMalformed}
	}
	return s.handle(*buf)
}

// alive gives the tab another while to be silent.
func (s *session) alive() { _ = s.conn.SetReadDeadline(time.Now().Add(silentFor)) }

var errTooFast = errors.New("agent: too many pings")

// pong answers a ping of the other side, which counts as a frame.
func (s *session) pong(data string) error {
	s.alive()
	if !s.rate.Allow() {
		return errTooFast
	}
	err := s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(closeWithin))
	if err != nil && !errors.Is(err, websocket.ErrCloseSent) {
		return err
	}
	return nil
}

// write sends what the outbox holds, and pings, until the outbox is closed or a
// frame does not leave in time.
func (s *session) write() {
	ping := time.AfterFunc(pingEvery/2+rand.N(pingEvery/2), s.out.askPing) // restarts do not ping in step
	defer ping.Stop()
	var items []item
	for {
		var end *closing
		items, end = s.out.take(items)
		switch {
		case end != nil:
			s.sayGoodbye(*end)
			return
		case len(items) == 0:
			<-s.out.wake
			continue
		case items[0].kind == kindPing:
			ping.Reset(pingEvery)
			if !s.writePing(time.Now()) {
				return
			}
		default:
			if !s.writeFrames(items) {
				return
			}
		}
	}
}

// writeFrames writes frames that wait together, in one piece.
func (s *session) writeFrames(items []item) bool {
	if len(items) > 1 || len(items[0].bytes) > writeBuffer-maxHeader {
		s.wire.hold()
	}
	for i := range items {
		if !s.writeFrame(items[i].bytes) {
			return false
		}
	}
	if err := s.wire.release(); err != nil {
		return s.lost(err)
	}
	for i := range items {
		s.hub.metrics.sent[items[i].kind].Inc()
	}
	return true
}

func (s *session) writeFrame(frame []byte) bool {
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeWithin))
	if err := s.conn.WriteMessage(websocket.TextMessage, frame); err != nil {
		return s.lost(err)
	}
	return true
}

// lost ends a session whose frame did not leave. The connection is of no more
// use: closing it ends the reader, too.
func (s *session) lost(err error) bool {
	end := closing{websocket.CloseAbnormalClosure, "lost"}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		end = closing{CloseTooSlow, reasonTooSlow}
	}
	s.out.close(end)
	_ = s.wire.release() // the answer to a close frame of the other side may be in it
	_ = s.wire.Close()
	return false
}

// writePing sends a ping frame for the panel and a WebSocket ping for the browser,
// which answers even where the page's timers are throttled. It also ends a
// session whose proof of identity is too old.
func (s *session) writePing(now time.Time) bool {
	if !now.Before(s.expires) {
		s.out.close(closing{CloseNotAuthenticated, ReasonExpired})
		return true
	}
	s.wire.hold()
	if !s.writeFrame(encodePing(now)) {
		return false
	}
	_ = s.conn.WriteControl(websocket.PingMessage, nil, now.Add(writeWithin))
	if err := s.wire.release(); err != nil {
		return s.lost(err)
	}
	s.hub.metrics.sent[kindPing].Inc()
	return true
}

// sayGoodbye sends the close frame and gives the tab a moment to answer, after
// which the reader ends by the closed connection.
func (s *session) sayGoodbye(end closing) {
	if end.code != websocket.CloseAbnormalClosure && end.code != websocket.CloseMessageTooBig {
		_ = s.conn.WriteControl(websocket.CloseMessage, end.message(), time.Now().Add(closeWithin))
	}
	time.AfterFunc(closeWithin, func() { _ = s.wire.Close() })
}

func unreadable(err error) *closing {
	end := readClosing(err, closing{websocket.CloseAbnormalClosure, "silent"})
	return &end
}

// readClosing turns a read error into the closing it means: what the other side
// said, a frame over the limit (which gorilla has answered), silence, or a lost
// connection.
func readClosing(err error, silent closing) closing {
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		return closing{c.Code, c.Text}
	}
	if errors.Is(err, websocket.ErrReadLimit) {
		return closing{websocket.CloseMessageTooBig, ""}
	}
	if errors.Is(err, errTooFast) {
		return closing{CloseTooFast, reasonTooFast}
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return silent
	}
	return closing{websocket.CloseAbnormalClosure, "lost"}
}

// drain reads on for a moment after our close frame: a TCP connection closed
// with unread data is reset, and the other side may never see why.
func drain(conn *websocket.Conn) {
	nc := conn.NetConn()
	if c, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_ = nc.SetReadDeadline(time.Now().Add(closeWithin))
	_, _ = io.CopyN(io.Discard, nc, 8*maxFrame)
}
