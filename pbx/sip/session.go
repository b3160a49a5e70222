package sip

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// Pace of SUBSCRIBEs: a PBX that has just started must not be drowned.
const (
	subscribeRate   = 200 // a second
	farewellRate    = 1000
	workers         = 32
	refreshPatience = 16 * time.Second
	canaryPatience  = 10 * time.Second
)

var errRestarted = errors.New("the PBX has forgotten our subscriptions")

// session is one life of the connection to the switch.
type session struct {
	link    *Link
	wire    *transport.Layer
	tx      *transport.Transactions
	carrier *uacsta.Carrier // of the telephones that are controlled
	events  chan<- pbx.Event
	ctx     context.Context // ends events that wait; set by open
	alive   atomic.Bool     // the switch has answered something
	spare   bool            // there is another server
	first   chan struct{}   // closed when the first SUBSCRIBE has been judged
	once    sync.Once
	tag     string // To-tag of our stateless answers

	limit  *rate.Limiter
	jobs   chan *subscription
	served chan struct{} // a job is done, whatever came of it
	lost   chan error    // why the session must end
	due    dueHeap       // guarded by link.mu

	ending    bool                 // calls are no longer placed; guarded by link.mu
	barred    time.Time            // until when the switch takes none of our requests; guarded by link.mu
	forgotten map[string]time.Time // what the refresh of got 481; guarded by link.mu
	reader    reader               // scratch memory per read loop
}

// open connects to one of the switch's servers.
func (l *Link) open(ctx context.Context, events chan<- pbx.Event, t transport.Target) (*session, error) {
	if l.Status().State != pbx.LinkDown {
		l.setState(pbx.LinkConnecting, "", "")
	}
	l.trying(t)
	s := &session{
		link: l, events: events, ctx: ctx, first: make(chan struct{}), tag: random(),
		limit: rate.NewLimiter(subscribeRate, 1), jobs: make(chan *subscription), served: make(chan struct{}, 1), lost: make(chan error, 1),
		forgotten: map[string]time.Time{},
	}
	var err error
	s.wire, err = transport.Open(ctx, transport.Config{
		Network: l.network, Target: t, Listen: l.cfg.Listen, Advertise: l.cfg.Advertise,
		TLS: transport.TLS{CAFile: l.cfg.TLS.CAFile, Pin: l.cfg.TLS.Pin},
	}, s.receive)
	if err != nil {
		return nil, err
	}
	s.tx = transport.NewTransactions(s.wire)
	s.carrier = uacsta.NewCarrier(s.wire, s.tx)
	return s, nil
}

// run keeps the session up until it is lost or ctx ends; then it takes leave of
// the switch, for as long as Options.Farewell.
func (s *session) run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.begin() // first: a NOTIFY of the last connection may lie in the socket
	s.wire.Serve()
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { s.work(inner) })
	}
	wg.Go(func() { s.keep(inner) })
	wg.Go(func() { s.watchOver(inner) })
	wg.Go(func() { s.probe(inner) })
	wg.Go(func() { s.dialAll(inner) })
	wg.Go(func() { s.control(inner) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-s.lost:
	case <-s.wire.Done():
		err = s.wire.Err()
	}
	s.close()
	stop()
	wg.Wait()
	leaving := ctx.Err() != nil && !s.link.staying(ctx)
	if leaving {
		s.farewell()
	}
	s.end(leaving)
	s.wire.Close()
	return err
}

// begin makes everything due: a refresh where a subscription of an earlier
// connection to the same server has not run out, so that a line that breaks does
// not leave one more behind each time; a new one else. Calls that still wait from
// before were asked for too long ago to be rung now.
func (s *session) begin() {
	s.abandonDials()
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
	now, server := time.Now(), s.wire.Server().String()
	if l.lastServer != server {
		clear(l.waiting)
	}
	for _, d := range l.devices {
		d.holder, d.told, d.caller = nil, false, ""
	}
	for u := range l.subscriptions {
		if l.lastServer == server && u.lasting(now) {
			u.idle()
			u.resume(l)
		} else {
			u.forget(l)
		}
		if u.removed && u.dialog == nil {
			delete(l.devices, u.device.id)
		}
		u.next = now
	}
	l.lastServer = server
	l.reclaim()
	for _, li := range l.lists {
		li.settled = false
		s.due.put(&li.subscription)
	}
	l.release()
}

// close lets no more calls in. What MakeCall has queued until now, abandonDials
// finds: it runs after this.
func (s *session) close() {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	s.ending = true
}

// end takes everything out of the session's hands. The dialogs stay for the next
// connection, unless the link has left.
func (s *session) end(left bool) {
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = nil
	for u := range l.subscriptions {
		if left {
			u.drop(l)
		}
		u.idle()
	}
}

// fail ends the session.
func (s *session) fail(err error) {
	select {
	case s.lost <- err:
	default:
	}
}

// heard notes that the switch answers.
func (s *session) heard() { s.alive.Store(true) }

// judged lets the keeper go on at full pace: the first answer is understood.
func (s *session) judged() { s.once.Do(func() { close(s.first) }) }
