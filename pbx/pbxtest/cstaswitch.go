package pbxtest

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// CSTADialect is how a session with a CSTASwitch begins. The words are those of
// pbx.CSTA.Dialect.
type CSTADialect string

// The dialects.
const (
	// CSTASession: StartApplicationSession with a timer (ECMA-354), as
	// OpenScape Business wants it.
	CSTASession CSTADialect = "session"
	// CSTARegister: the switch begins with SystemStatus and wants SystemRegister,
	// as OpenScape Voice does.
	CSTARegister CSTADialect = "register"
	// CSTAStatus: RequestSystemStatus first.
	CSTAStatus CSTADialect = "status"
	// CSTANone: MonitorStart at once, as MiVoice 400 takes it.
	CSTANone CSTADialect = "none"
	// CSTAZultys: loginRequest first.
	CSTAZultys CSTADialect = "zultys"
	// CSTAAvaya: DMCC, a session that outlives its connection and devices that
	// have to be asked for.
	CSTAAvaya CSTADialect = "avaya"
)

// CSTATransferID is which callID a call has after a transfer.
type CSTATransferID uint8

// The ways. OpenScape Voice makes a new one.
const (
	CSTANewCallID CSTATransferID = iota
	CSTAKeepPrimary
	CSTAKeepSecondary
)

// CSTAOptions configure a CSTASwitch. The zero value listens on a free port of
// the loopback interface, begins by ECMA-354 and asks nobody for a password.
type CSTAOptions struct {
	// Addr is the host:port to listen on; empty: "127.0.0.1:0".
	Addr string
	// Certificate makes the port speak TLS.
	Certificate *Certificate
	// Dialect is how a session begins; empty: CSTASession.
	Dialect CSTADialect
	// Edition is what the switch writes; the zero value: edition 4, for
	// CSTAAvaya ed3/priv5.
	Edition ecma323.Edition
	// Username and Password are asked for where the dialect has a log-in, unless
	// Username is empty.
	Username, Password string
	// SessionDuration is the longest that is granted, by whole seconds; 0: 180 s.
	// A session that is not prolonged for twice as long is terminated.
	SessionDuration time.Duration
	// Heartbeat is how often the switch sends SystemStatus; 0: never. Two without
	// an answer end the connection.
	Heartbeat time.Duration
	// AnswerDelay is how long every answer takes.
	AnswerDelay time.Duration
	// MonitorLimit is how many devices may be monitored; 0: all.
	MonitorLimit int
	// TransferID is the callID after a transfer.
	TransferID CSTATransferID
	// SnapshotEndpoint puts the far end into SnapshotDevice; without it only
	// SnapshotCall tells the caller.
	SnapshotEndpoint bool
	// SnapshotSegments sends snapshots as SnapshotDeviceData, one connection
	// each.
	SnapshotSegments bool
	// PrivateNumber sends the number of a withheld caller, marked as one that
	// must not be shown (editions 5 and 6), instead of <restricted/>.
	PrivateNumber bool
	// FarEndDelay is after how long an outside number answers; 0: only when
	// FarEndAnswers is called.
	FarEndDelay time.Duration
	// SwitchName is that of Avaya's device ids; empty: "CM1".
	SwitchName string
	// Logger gets what the switch does; nil: nothing is logged.
	Logger *slog.Logger
}

func (o CSTAOptions) withDefaults() CSTAOptions {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Dialect == "" {
		o.Dialect = CSTASession
	}
	if o.Edition.Name == "" {
		o.Edition = ecma323.Edition4
		if o.Dialect == CSTAAvaya {
			o.Edition = ecma323.EditionAvaya("priv5")
		}
	}
	if o.SessionDuration == 0 {
		o.SessionDuration = 180 * time.Second
	}
	if o.SwitchName == "" {
		o.SwitchName = "CM1"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// CSTASwitch is a toy PBX that speaks CSTA in XML over TCP. All methods are safe
// for concurrent use. Its goroutines run from Start to Close.
type CSTASwitch struct {
	opts   CSTAOptions
	log    *slog.Logger
	listen net.Listener
	addr   string
	stop   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup

	logins, requests atomic.Uint64

	mu       sync.Mutex // guards all below
	down     bool       // between the halves of a Restart
	exts     map[string]*cstaExtension
	calls    map[CallHandle]*cstaCall
	conns    []*cstaConn
	sessions map[string]*cstaSession
	farEnds  map[string]bool // numbers that are busy
	faults   map[CSTAFault]int
	timers   []cstaTimer
	changed  chan struct{} // closed at the next change
	serial   uint64
}

// cstaExtension is a phone, a queue or a group number.
type cstaExtension struct {
	number, name string
	category     string // station, acd or group
	monitorBy    string // the group's number where only that can be monitored
	legs         []*cstaLeg
	agent        string // who is logged on
}

type cstaTimer struct {
	due time.Time
	do  func() // called with mu held
}

// NewCSTASwitch binds the socket, so that Addr is known, and serves nothing
// before Start.
func NewCSTASwitch(opts CSTAOptions) (*CSTASwitch, error) {
	opts = opts.withDefaults()
	l, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("pbxtest: listen on %s: %w", opts.Addr, err)
	}
	s := &CSTASwitch{
		opts: opts, log: opts.Logger, listen: l, addr: l.Addr().String(), stop: make(chan struct{}),
		exts: map[string]*cstaExtension{}, calls: map[CallHandle]*cstaCall{}, sessions: map[string]*cstaSession{},
		farEnds: map[string]bool{}, faults: map[CSTAFault]int{}, changed: make(chan struct{}),
	}
	if opts.Certificate != nil {
		s.listen = tls.NewListener(l, opts.Certificate.ServerConfig())
	}
	return s, nil
}

// Addr is the host:port to connect to.
func (s *CSTASwitch) Addr() string { return s.addr }

// Start begins to serve.
func (s *CSTASwitch) Start() {
	s.wg.Go(s.accept)
	s.wg.Go(s.clock)
}

// Close ends all connections and waits for the goroutines.
func (s *CSTASwitch) Close() {
	s.once.Do(func() {
		close(s.stop)
		_ = s.listen.Close()
		s.mu.Lock()
		s.dropAll()
		s.mu.Unlock()
	})
	s.wg.Wait()
}

// Logins counts the attempts to begin a session; Requests counts all requests.
func (s *CSTASwitch) Logins() uint64 { return s.logins.Load() }

// Requests counts what was asked of the switch, log-ins included.
func (s *CSTASwitch) Requests() uint64 { return s.requests.Load() }

// Restart plays a restart of the CTI part: connections, sessions and monitors
// are gone, calls go on. New connections are refused until meanwhile returns.
func (s *CSTASwitch) Restart(meanwhile func()) {
	s.mu.Lock()
	s.down = true
	s.dropAll()
	clear(s.sessions)
	s.mu.Unlock()
	meanwhile()
	s.mu.Lock()
	s.down = false
	s.mu.Unlock()
}

// Disconnect breaks all connections; sessions that outlive theirs go on.
func (s *CSTASwitch) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropAll()
}

func (s *CSTASwitch) dropAll() {
	for _, c := range s.conns {
		c.drop()
	}
	s.conns = nil
}

func (s *CSTASwitch) accept() {
	for {
		nc, err := s.listen.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.down || s.closing() {
			_ = nc.Close()
		} else {
			s.connect(nc)
		}
		s.mu.Unlock()
	}
}

func (s *CSTASwitch) closing() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// clock does what is due, 100 times a second.
func (s *CSTASwitch) clock() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case now := <-tick.C:
			s.mu.Lock()
			s.due(now)
			s.mu.Unlock()
		}
	}
}

func (s *CSTASwitch) due(now time.Time) {
	var later []cstaTimer
	ready := s.timers[:0:0]
	for _, t := range s.timers {
		if now.Before(t.due) {
			later = append(later, t)
		} else {
			ready = append(ready, t)
		}
	}
	s.timers = later
	slices.SortStableFunc(ready, func(a, b cstaTimer) int { return a.due.Compare(b.due) })
	for _, t := range ready {
		t.do()
	}
}

// after calls do in a while, with mu held.
func (s *CSTASwitch) after(d time.Duration, do func()) {
	s.timers = append(s.timers, cstaTimer{time.Now().Add(d), do})
}
