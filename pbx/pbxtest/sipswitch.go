package pbxtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// SIPOptions configure a SIPSwitch. The zero value listens on a free port of
// the loopback interface and asks nobody for a password.
type SIPOptions struct {
	// Addr is the host:port to listen on, for UDP and TCP alike; port 0 picks a
	// free one. Empty: "127.0.0.1:0".
	Addr string
	// Certificate makes the switch serve TLS as well, at TLSAddr; nil: it does
	// not.
	Certificate *Certificate
	// TLSAddr is the host:port for TLS; empty: a free port of Addr's host.
	TLSAddr string
	// Domain of the extensions' addresses; empty: the host of Addr.
	Domain string
	// Username and Password are asked for by digest (RFC 2617, MD5) on
	// SUBSCRIBE and INVITE, unless Username is empty.
	Username, Password string
	// Expires is the longest subscription granted; 0: 120 s.
	Expires time.Duration
	// MinExpires is the shortest one: below it the answer is 423.
	MinExpires time.Duration
	// FarEndDelay is after how long an outside number answers; 0: only when
	// FarEndAnswers is called. SetFarEnd rules single numbers.
	FarEndDelay time.Duration
	// ThirdParty takes calls by third party call control (RFC 3725): an INVITE
	// without an offer, and one to an outside number. Else the former gets 480,
	// as FreeSWITCH answers.
	ThirdParty bool
	// PhonesRefer lets telephones take a REFER outside of any dialog: they ask
	// their owner (AcceptReferral) and dial. Else it gets 501, as Asterisk answers.
	PhonesRefer bool
	// PhonesTalk lets them answer when they get a NOTIFY with the event "talk".
	PhonesTalk bool
	// PhonesCSTA lets them be controlled by CSTA over SIP (ECMA TR/87), the switch
	// being a proxy that passes it on, and report on their calls as RFC 4235 has
	// it. LoseControl and others let them misbehave.
	PhonesCSTA bool
	// Mirror is the host:port that the SIP of all calls is copied to, as HEP3
	// packets over MirrorTransport (udp or tcp); empty: nobody gets any.
	Mirror, MirrorTransport string
	// Logger gets what the switch does; nil: nothing is logged.
	Logger *slog.Logger
}

func (o SIPOptions) withDefaults() SIPOptions {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Expires == 0 {
		o.Expires = 120 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// SIPSwitch is a toy PBX that speaks SIP. All methods are safe for concurrent
// use. Its goroutines run from Start to Close.
type SIPSwitch struct {
	opts SIPOptions
	log  *slog.Logger
	udp  *net.UDPConn
	tcp  *listener
	tls  *listener // nil without a certificate
	ua   *sipgo.UserAgent
	srv  *sipgo.Server
	wire *wire
	stop chan struct{} // closed by Close
	once sync.Once
	wg   sync.WaitGroup

	subscribes atomic.Uint64

	mu         sync.Mutex // guards all below
	exts       map[string]*extension
	calls      map[CallHandle]*call
	subs       map[string]*subscription // by Call-ID and our tag
	farEnds    map[string]FarEnd
	inbounds   map[string]*inbound // by Call-ID
	timers     []timer
	faults     map[Fault]int
	serial     uint64 // of call handles
	cseq       uint32 // last one sent, one for all dialogs as in FreeSWITCH
	nonce      string // what this life of the switch signs challenges with
	changed    chan struct{}
	nextExpiry time.Time
	mirror     *sipMirror // nil without one
}

// NewSIPSwitch binds the sockets, so that Addr is known, and serves nothing
// before Start or Run.
func NewSIPSwitch(opts SIPOptions) (*SIPSwitch, error) {
	opts = opts.withDefaults()
	udp, tcp, err := listenBoth(opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("pbxtest: listen on %s: %w", opts.Addr, err)
	}
	if opts.Domain == "" {
		opts.Domain = udp.LocalAddr().(*net.UDPAddr).IP.String()
	}
	s := &SIPSwitch{
		opts: opts, log: opts.Logger, udp: udp, tcp: newListener(tcp), stop: make(chan struct{}),
		exts: map[string]*extension{}, calls: map[CallHandle]*call{}, subs: map[string]*subscription{},
		farEnds: map[string]FarEnd{}, inbounds: map[string]*inbound{}, faults: map[Fault]int{}, nonce: randomHex(8), changed: make(chan struct{}),
	}
	if err := s.listenTLS(); err != nil {
		s.closeSockets()
		return nil, fmt.Errorf("pbxtest: listen for TLS: %w", err)
	}
	s.mirror = newSIPMirror(opts.Domain, opts.MirrorTransport, opts.Mirror)
	s.wire = newWire(udp, s.streams(), opts.Logger)
	if err := s.setUpStack(); err != nil {
		s.closeSockets()
		return nil, fmt.Errorf("pbxtest: set up SIP: %w", err)
	}
	return s, nil
}

// listenTLS binds the socket for TLS where there is a certificate.
func (s *SIPSwitch) listenTLS() error {
	if s.opts.Certificate == nil {
		return nil
	}
	addr := s.opts.TLSAddr
	if addr == "" {
		addr = net.JoinHostPort(s.udp.LocalAddr().(*net.UDPAddr).IP.String(), "0")
	}
	l, err := tls.Listen("tcp", addr, s.opts.Certificate.ServerConfig())
	if err != nil {
		return err
	}
	s.tls = newListener(l)
	return nil
}

// streams are the listeners for connections.
func (s *SIPSwitch) streams() []*listener {
	if s.tls == nil {
		return []*listener{s.tcp}
	}
	return []*listener{s.tcp, s.tls}
}

// closeSockets ends all sockets, and with them what serves them.
func (s *SIPSwitch) closeSockets() {
	_ = s.udp.Close()
	for _, l := range s.streams() {
		_ = l.Close()
		l.closeConns()
	}
}

// setUpStack gives what comes in to sipgo. What goes out does not pass it: it
// refuses UDP messages over 1,300 bytes, and FreeSWITCH's are longer.
func (s *SIPSwitch) setUpStack() error {
	quiet := slog.New(slog.DiscardHandler) // sipgo logs whole messages on errors
	ua, err := sipgo.NewUA(
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(s.wire.answered),
		),
	)
	if err != nil {
		return err
	}
	srv, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return errors.Join(err, ua.Close())
	}
	for method, handle := range map[sip.RequestMethod]sipgo.RequestHandler{
		sip.SUBSCRIBE: s.onSubscribe,
		sip.INVITE:    s.onInvite,
		sip.REFER:     s.onRefer,
		sip.NOTIFY:    s.onNotify,
		sip.BYE:       s.onBye,
		sip.INFO:      s.onInfo,
		sip.ACK:       func(*sip.Request, sip.ServerTransaction) {},
		sip.OPTIONS:   func(req *sip.Request, tx sip.ServerTransaction) { s.respond(req, tx, 200, "OK") },
		sip.CANCEL: func(req *sip.Request, tx sip.ServerTransaction) { // of no INVITE that sipgo knows
			s.respond(req, tx, 481, "Call/Transaction Does Not Exist")
		},
	} {
		srv.OnRequest(method, s.wellFormed(handle))
	}
	s.ua, s.srv = ua, srv
	return nil
}

// wellFormed keeps requests from a handler that lack what every one must have
// (RFC 3261 §8.1.1).
func (s *SIPSwitch) wellFormed(handle sipgo.RequestHandler) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
			s.respond(req, tx, 400, "Bad Request")
			return
		}
		handle(req, tx)
	}
}

// Start begins to serve. It is called once, and Close ends it.
func (s *SIPSwitch) Start() {
	if s.tls != nil {
		s.wg.Go(func() { _ = s.srv.ServeTLS(s.tls) })
	}
	for _, serve := range []func(){
		func() { _ = s.srv.ServeUDP(s.udp) },
		func() { _ = s.srv.ServeTCP(s.tcp) },
		func() { s.wire.run(s.stop) },
		func() { s.wire.repeat(s.stop) },
		s.tick,
	} {
		s.wg.Go(serve)
	}
}

// Run serves until ctx ends, and returns nil.
func (s *SIPSwitch) Run(ctx context.Context) error {
	s.Start()
	<-ctx.Done()
	s.Close()
	return nil
}

// Close ends the switch as a power failure would: nobody is told.
func (s *SIPSwitch) Close() {
	s.once.Do(func() {
		close(s.stop)
		s.ua.TransactionLayer().Close()
		// The transport layer is not closed: all its sockets are ours.
		s.closeSockets()
	})
	s.wg.Wait()
	s.mirror.close()
}

// Addr is the host:port that the switch listens on, over UDP and TCP.
func (s *SIPSwitch) Addr() string { return s.udp.LocalAddr().String() }

// TLSAddr is the host:port that the switch serves TLS at; empty if it does not.
func (s *SIPSwitch) TLSAddr() string {
	if s.tls == nil {
		return ""
	}
	return s.tls.Addr().String()
}

// Domain is the domain of the extensions' addresses.
func (s *SIPSwitch) Domain() string { return s.opts.Domain }

// Subscribes counts the SUBSCRIBE requests that came in, refused ones too.
func (s *SIPSwitch) Subscribes() uint64 { return s.subscribes.Load() }

// Subscriptions counts the live subscriptions.
func (s *SIPSwitch) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs)
}

// Restart forgets all subscriptions without a word and closes the
// connections, as a switch does that keeps them in memory. Calls live on. A
// refresh then gets 481.
func (s *SIPSwitch) Restart() {
	s.mu.Lock()
	clear(s.subs)
	for _, e := range s.exts {
		e.subs = nil
	}
	s.nonce = randomHex(8)
	s.mu.Unlock()
	for _, l := range s.streams() {
		l.closeConns()
	}
}

// Changed returns a channel that is closed at the next change of any call; ask
// again for the one after it. A page that shows toy phones waits on it.
func (s *SIPSwitch) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// noteChange wakes those who wait on Changed. The caller holds mu.
func (s *SIPSwitch) noteChange() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// listenBoth binds the same port for UDP and TCP, trying again where a free
// port turns out to be free for one of them only.
func listenBoth(addr string) (*net.UDPConn, net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, err
	}
	for attempt := 0; ; attempt++ {
		tcp, err := net.Listen("tcp", net.JoinHostPort(host, port)) // binding a loopback port does not wait
		if err != nil {
			return nil, nil, err
		}
		bound := tcp.Addr().(*net.TCPAddr)
		udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: bound.IP, Port: bound.Port, Zone: bound.Zone})
		if err == nil {
			_ = udp.SetReadBuffer(4 << 20) // responses come in bursts
			return udp, tcp, nil
		}
		_ = tcp.Close()
		if n, _ := strconv.Atoi(port); n != 0 || attempt == 20 {
			return nil, nil, err
		}
	}
}
