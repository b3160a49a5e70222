package csta

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Bounds of a connection.
const (
	inboxSize    = 256
	outboxSize   = 1024
	writeTimeout = 5 * time.Second
	idRest       = time.Minute // of the invoke id of a request that timed out
)

// session is one life of the connection to the PBX. Monitors, stash and
// snapshots are for Run's goroutine alone.
type session struct {
	link   *Link
	conn   net.Conn
	events chan<- pbx.Event
	ctx    context.Context // Run's: ends events that wait
	inbox  chan arrival    // closed when nothing more comes
	outbox chan []byte
	done   chan struct{} // closed when apply has ended

	once sync.Once
	err  error // why it ends; set once, before the connection is closed

	up      atomic.Bool  // the PBX has taken us
	opened  bool         // the opening has been sent
	alive   atomic.Bool  // the PBX has said something that makes sense
	heard   atomic.Int64 // Unix ns of the last frame
	stalled atomic.Bool  // read waits for apply
	proved  atomic.Bool  // the PBX answers requests
	tells   atomic.Bool  // … those for a device's calls among them
	resumes string       // the session of Avaya's that is to go on

	mu      sync.Mutex // guards what several goroutines use
	invokes *ecma323.Invokes[pending]
	id      string    // of the application session
	refresh time.Time // when it is to be prolonged
	kick    chan struct{}
	closed  bool // no more requests

	due       dueHeap // guarded by link.mu
	refs      map[string]*monitor
	segments  map[string]*monitor
	early     map[string][]*ecma323.SnapshotDeviceData
	stash     stash
	heldTotal int
	starting  int
	atWork    int
	pace      time.Duration
	nextStart time.Time
	rest      time.Time
	check     *check
	nextCheck time.Time
	quiet     []pbx.DeviceID // devices whose calls are to be checked
	later     []pbx.Event    // what an answer causes, told when whoever waits has it
}

// pending is a request that waits for its answer. done is called once, on Run's
// goroutine, with the answer or why there is none: a *refusal, errTimeout,
// pbx.ErrLinkDown.
type pending struct {
	done func(answer ecma323.Message, err error)
}

func (l *Link) newSession(ctx context.Context, conn net.Conn, events chan<- pbx.Event) *session {
	pace := l.cfg.CSTA.Pace
	if pace <= 0 {
		pace = standardPace
	}
	s := &session{
		link: l, conn: conn, events: events, ctx: ctx, resumes: l.resumes,
		inbox: make(chan arrival, inboxSize), outbox: make(chan []byte, outboxSize), done: make(chan struct{}),
		invokes: ecma323.NewInvokes[pending](idRest), kick: make(chan struct{}, 1),
		refs: map[string]*monitor{}, segments: map[string]*monitor{}, early: map[string][]*ecma323.SnapshotDeviceData{},
		pace: time.Duration(float64(time.Second) / pace), nextStart: time.Now(),
	}
	s.heard.Store(time.Now().UnixNano())
	return s
}

// run keeps the session up until it is lost or ctx ends; then it takes leave of
// the PBX.
func (s *session) run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(s.read)
	wg.Go(s.write)
	wg.Go(s.beat)
	if !s.link.dialect.greeted {
		s.open()
	}
	s.work(ctx)
	if ctx.Err() != nil {
		s.farewell()
	}
	s.fail(net.ErrClosed)
	close(s.done)
	s.end()
	wg.Wait()
	return s.err
}

// fail ends the session.
func (s *session) fail(err error) {
	s.once.Do(func() {
		s.err = err
		_ = s.conn.Close()
	})
}

// work is the session's apply loop.
func (s *session) work(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(s.nextWork()))
		select {
		case <-ctx.Done():
			return
		case a, open := <-s.inbox:
			if !open {
				return
			}
			s.handle(a)
			for range len(s.inbox) { // what is there already needs no timer
				if a, open = <-s.inbox; !open || ctx.Err() != nil {
					return
				}
				s.handle(a)
			}
		case <-s.link.wake:
		case <-timer.C:
		}
		s.timely(time.Now())
	}
}

// timely does what is due.
func (s *session) timely(now time.Time) {
	s.mu.Lock()
	late := s.invokes.Expire(now)
	s.mu.Unlock()
	for _, p := range late {
		p.done(nil, errTimeout)
	}
	for range s.stash.expire(now) {
		s.link.count(dropMonitor)
	}
	s.expireParts(now)
	if s.up.Load() {
		s.workMonitors(now)
		s.audit(now)
	}
}

// idleWork is how long the loop sleeps at most.
const idleWork = time.Minute

// nextWork is when timely has something to do.
func (s *session) nextWork() time.Time {
	next := time.Now().Add(idleWork)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	s.mu.Lock()
	sooner(s.invokes.Earliest())
	s.mu.Unlock()
	sooner(s.stash.due())
	for _, m := range s.segments {
		sooner(m.snapshot.until)
	}
	if s.up.Load() && s.check == nil {
		sooner(s.nextCheck)
	}
	if !s.up.Load() || s.atWork >= maxAtWork {
		return next
	}
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if len(s.due) > 0 {
		due := s.due[0].due
		for _, least := range []time.Time{s.nextStart, s.rest} {
			if due.Before(least) {
				due = least
			}
		}
		sooner(due)
	}
	return next
}

// request sends a request; done gets its answer. Whatever goes wrong comes by
// done too.
func (s *session) request(m ecma323.Message, done func(ecma323.Message, error)) {
	if _, err := s.post(m, done); err != nil {
		done(nil, err)
	}
}

// post sends a request whose answer comes by done, unless it returns an error.
func (s *session) post(m ecma323.Message, done func(ecma323.Message, error)) (ecma323.InvokeID, error) {
	now := time.Now()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0, pbx.ErrLinkDown
	}
	id, err := s.invokes.Add(pending{done}, now, now.Add(s.link.opts.Timeout))
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if err := s.put(id, m); err != nil {
		s.mu.Lock()
		_, outcome := s.invokes.Take(id)
		s.mu.Unlock()
		if outcome == ecma323.Matched {
			return 0, err
		}
	}
	return id, nil
}

// send writes an answer or a message that has none.
func (s *session) send(id ecma323.InvokeID, m ecma323.Message) {
	if err := s.put(id, m); err != nil {
		s.link.log.Debug("a message is not sent", slog.Any("err", err))
	}
}

// put queues a message to be written. A full queue ends the session.
func (s *session) put(id ecma323.InvokeID, m ecma323.Message) error {
	frame, err := ecma323.AppendFrame(nil, id, m, s.link.edition)
	if err != nil {
		return err
	}
	select {
	case s.outbox <- frame:
		return nil
	default:
		s.fail(errNotReading)
		return pbx.ErrLinkDown
	}
}

// write sends what is queued, until the session ends.
func (s *session) write() {
	for {
		select {
		case frame := <-s.outbox:
			_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := s.conn.Write(frame); err != nil {
				var timeout net.Error
				if errors.As(err, &timeout) && timeout.Timeout() {
					err = errNotReading
				}
				s.fail(err)
				return
			}
		case <-s.done:
			return
		}
	}
}

// open begins the session as the dialect wants it.
func (s *session) open() {
	d := s.link.dialect
	s.opened = true
	if d.opening == nil {
		s.begun()
		return
	}
	s.request(d.opening(s), func(answer ecma323.Message, err error) {
		if err == nil {
			err = d.granted(s, answer)
		}
		switch {
		case errors.Is(err, errNotResumed):
			s.resumes = "" // the monitors may be had all the same
			s.open()
		case errors.Is(err, errTimeout):
			s.fail(errNoSession)
		case err != nil:
			s.fail(&openingError{err})
		default:
			s.adopt()
		}
	})
}

// adopt takes the monitors over that outlived their connection (Avaya), and goes
// on.
func (s *session) adopt() {
	l := s.link
	old, now := l.resumes, s.sessionID()
	if !l.dialect.lasting {
		s.begun()
		return
	}
	l.resumes = now
	if old == "" || len(l.moving) == 0 {
		s.begun()
		return
	}
	if old == now || s.resumes != "" {
		s.takeOver()
		s.begun()
		return
	}
	s.request(&ecma323.TransferMonitorObjects{FromSessionID: old, ToSessionID: now}, func(answer ecma323.Message, err error) {
		if _, ok := answer.(*ecma323.AvayaDone); ok && err == nil {
			s.takeOver()
		}
		s.begun()
	})
}

// takeOver binds the monitors of the last session; their calls are asked for.
func (s *session) takeOver() {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref, number := range l.moving {
		if m := l.monitors[number]; m != nil {
			m.ref, m.phase, m.again = ref, active, true
			s.refs[ref] = m
		}
	}
}

// begun starts the monitors: the PBX has taken us.
func (s *session) begun() {
	l, now := s.link, time.Now()
	s.alive.Store(true)
	s.up.Store(true)
	l.mu.Lock()
	l.session = s
	for _, m := range l.monitors {
		m.due = now
		s.plan(m)
	}
	l.mu.Unlock()
	l.moving = nil
	l.setState(pbx.LinkConnected, "", "")
	l.log.Info("connected to the PBX")
}

// end takes everything out of the session's hands and tells all who wait.
func (s *session) end() {
	l := s.link
	l.mu.Lock()
	l.session = nil
	l.moving = map[string]pbx.DeviceID{}
	for number, m := range l.monitors {
		if m.ref != "" && l.dialect.lasting && l.resumes != "" {
			l.moving[m.ref] = number
		}
		m.ref, m.phase, m.again, m.index = "", idle, false, -1
		m.object, m.snapshot = ecma323.DeviceID{}, nil
		for range m.held {
			l.count(dropNothingNew)
		}
		m.held, m.overflow = nil, false
		if m.watchers == 0 {
			delete(l.monitors, number)
		}
	}
	l.mu.Unlock()
	for range s.stash.list {
		l.count(dropMonitor)
	}
	s.mu.Lock()
	s.closed = true
	waiting := s.invokes.Drain()
	s.mu.Unlock()
	for _, p := range waiting {
		p.done(nil, pbx.ErrLinkDown)
	}
	for range s.inbox { // read ends now, if it has not yet
		l.count(dropNothingNew)
	}
}

// tellLater tells what an answer has caused: after it was given back, because the
// channel may be full.
func (s *session) tellLater() {
	list := s.later
	s.later = nil
	s.link.tell(s.ctx, s.events, list)
}

// farewell ends the session at the PBX where the dialect has a word for it, so
// that its place is free at once.
func (s *session) farewell() {
	d := s.link.dialect
	s.link.resumes = ""
	if d.closing == nil || !s.up.Load() {
		return
	}
	over := false
	s.request(d.closing(s), func(ecma323.Message, error) { over = true })
	timer := time.NewTimer(s.link.opts.Farewell)
	defer timer.Stop()
	for !over {
		select {
		case a, open := <-s.inbox:
			if !open {
				return
			}
			if ecma323.KindOf(a.m) == ecma323.KindResponse {
				s.answered(a)
			} else {
				s.link.count(dropNothingNew)
			}
		case <-timer.C:
			return
		}
	}
}
