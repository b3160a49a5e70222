package csta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/internal/trust"
)

// The interfaces that Link implements.
var (
	_ pbx.Link        = (*Link)(nil)
	_ pbx.Dialer      = (*Link)(nil)
	_ pbx.Answerer    = (*Link)(nil)
	_ pbx.Clearer     = (*Link)(nil)
	_ pbx.Holder      = (*Link)(nil)
	_ pbx.Transferrer = (*Link)(nil)
	_ pbx.Consulter   = (*Link)(nil)
	_ pbx.Deflecter   = (*Link)(nil)
	_ pbx.Capable     = (*Link)(nil)
)

// Options are what the program rather than the administrator decides. The zero
// value is what the daemon uses.
type Options struct {
	// Logger gets what happens on the link, without numbers and names; nil:
	// nothing is logged.
	Logger *slog.Logger
	// Internal tells the switch's extensions from numbers outside; nil: only
	// the watched devices are known to be internal.
	Internal func(number string) bool
	// Retry is the first pause before connecting again; it doubles up to 64
	// times its length. 0: 500 ms.
	Retry time.Duration
	// Timeout is how long a request may stay unanswered; 0: 10 s.
	Timeout time.Duration
	// Heartbeat is how long the PBX may be silent before it is asked for a sign
	// of life; 0: as the dialect has it. After two and a half times as long the
	// connection counts as lost.
	Heartbeat time.Duration
	// Silence is for how long nothing may be heard of a call before the PBX is
	// asked whether it still runs; 0: 2 min.
	Silence time.Duration
	// MonitorRetry is the first pause before a monitor that was refused is asked
	// for again; it doubles up to 10 min. 0: 5 s.
	MonitorRetry time.Duration
	// Farewell is how long Run takes leave of the PBX; 0: 1 s.
	Farewell time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.Retry, 500 * time.Millisecond},
		{&o.Timeout, 10 * time.Second},
		{&o.MonitorRetry, 5 * time.Second},
		{&o.Silence, 2 * time.Minute},
		{&o.Farewell, time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return o
}

// Link is a connection to one PBX over CSTA. New makes it; its methods are safe
// for concurrent use.
type Link struct {
	cfg     pbx.LinkConfig
	opts    Options
	log     *slog.Logger
	dialect *dialect
	edition ecma323.Edition
	servers []server // in order of preference
	groups  map[pbx.DeviceID]pbx.DeviceID

	started atomic.Bool
	events  atomic.Uint64
	last    atomic.Int64 // Unix ns of the last event
	forget  atomic.Bool  // the session to resume is gone
	counts  [reasons]atomic.Uint64

	// The rest is for Run's goroutine alone.
	silence time.Time // until when a link that stops waits for its reader
	resumes string    // a session that outlives its connection
	moving  map[string]pbx.DeviceID
	// What this PBX does with questions about calls.
	lists    bool // it has listed some
	callless bool // it does not have SnapshotCall

	mu       sync.Mutex
	table    *calls.Table // changed by Run's goroutine only
	watched  map[pbx.DeviceID]*monitor
	monitors map[pbx.DeviceID]*monitor // by the number that is monitored
	invalid  []pbx.DeviceID            // devices whose names cannot be sent
	session  *session                  // nil while there is no session
	lacking  pbx.Services              // what this PBX has said it does not have
	noData   bool                      // it does not tell which calls run
	state    pbx.LinkState
	since    time.Time
	problem  string
	cure     string
	reach    reach
	wake     chan struct{} // Watch has changed something
}

// New checks the configuration and makes a link that Run brings up.
func New(cfg pbx.LinkConfig, o Options) (*Link, error) {
	o = o.withDefaults()
	d := dialectOf(cfg.CSTA.Dialect)
	if d == nil {
		return nil, fmt.Errorf("csta: dialect %q is not known; use one of %s", cfg.CSTA.Dialect, strings.Join(Dialects(), ", "))
	}
	edition := d.edition
	if cfg.CSTA.Edition != "" {
		var err error
		if edition, err = ecma323.ParseEdition(cfg.CSTA.Edition); err != nil {
			return nil, fmt.Errorf("csta: %w", err)
		}
	}
	secure, err := secureTransport(cfg)
	if err != nil {
		return nil, err
	}
	servers, err := parseServers(cfg.Server, DefaultPort(d.name, secure))
	if err != nil {
		return nil, err
	}
	if cfg.CSTA.Pace < 0 || cfg.CSTA.Pace > maxPace {
		return nil, fmt.Errorf("csta: pace must be monitors a second, up to %d", maxPace)
	}
	l := &Link{
		cfg: cfg, opts: o, log: o.Logger.With(slog.String("link", cfg.Name)), dialect: d, edition: edition, servers: servers,
		groups: map[pbx.DeviceID]pbx.DeviceID{}, watched: map[pbx.DeviceID]*monitor{}, monitors: map[pbx.DeviceID]*monitor{},
		wake: make(chan struct{}, 1), since: time.Now(),
		table: calls.New(calls.Options{Link: cfg.Name, Internal: o.Internal, Groups: cfg.CSTA.Groups, Avaya: d.resolves}),
	}
	for _, g := range cfg.CSTA.Groups {
		for _, member := range g.Devices {
			l.groups[member] = pbx.DeviceID(g.Number)
		}
	}
	return l, nil
}

// secureTransport tells TLS from TCP.
func secureTransport(cfg pbx.LinkConfig) (bool, error) {
	if cfg.TLS.Pin != "" {
		if err := trust.CheckPin(cfg.TLS.Pin); err != nil {
			return false, fmt.Errorf("csta: tls.pin: %w", err)
		}
	}
	switch strings.ToLower(cfg.Transport) {
	case "", "tcp":
		return false, nil
	case "tls":
		return true, nil
	}
	return false, fmt.Errorf("csta: transport %q is not known; use tcp or tls", cfg.Transport)
}

// server is one of the PBX's addresses as configured.
type server struct{ host, port string }

func (s server) String() string { return net.JoinHostPort(s.host, s.port) }

// parseServers takes a list of host or host:port apart.
func parseServers(list string, port uint16) (servers []server, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if strings.ContainsAny(text, " \t\r\n/@<>\"") {
			return nil, fmt.Errorf("csta: server %q must be host or host:port", text)
		}
		host, number, err := net.SplitHostPort(text)
		if err != nil {
			host, number = strings.Trim(text, "[]"), strconv.Itoa(int(port))
		}
		if n, err := strconv.ParseUint(number, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("csta: server %q needs the port of the PBX's CSTA interface, as host:port", text)
		}
		servers = append(servers, server{host, number})
	}
	if len(servers) == 0 {
		return nil, errors.New("csta: the PBX's address is missing; set server to host or host:port")
	}
	return servers, nil
}

// Name implements pbx.Link.
func (l *Link) Name() string { return l.cfg.Name }

// Watch implements pbx.Link. Devices whose names hold blanks or control
// characters are listed as refused.
func (l *Link) Watch(devices []pbx.DeviceID) {
	l.mu.Lock()
	l.watch(devices, time.Now())
	l.mu.Unlock()
	l.poke()
}

func (l *Link) watch(devices []pbx.DeviceID, now time.Time) {
	before := l.watched
	l.watched, l.invalid = make(map[pbx.DeviceID]*monitor, len(devices)), nil
	for _, m := range l.monitors {
		m.watchers = 0
	}
	good := make([]pbx.DeviceID, 0, len(devices))
	for _, id := range devices {
		switch {
		case l.watched[id] != nil:
			continue
		case !plainName(string(id)):
			if !slices.Contains(l.invalid, id) {
				l.invalid = append(l.invalid, id)
			}
			continue
		}
		number := id
		if g, grouped := l.groups[id]; grouped {
			number = g
		}
		m := l.monitors[number]
		if m == nil {
			m = &monitor{number: number, due: now, index: -1}
			l.monitors[number] = m
			l.session.plan(m)
		} else if before[id] == nil { // whoever watches anew wants a Snapshot
			m.again, m.due = true, now
			l.session.plan(m)
		}
		m.watchers++
		l.watched[id] = m
		good = append(good, id)
	}
	l.table.Watch(good)
}

// plainName tells whether a device's name can stand in a message.
func plainName(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] == 0x7f {
			return false
		}
	}
	return true
}

// ask has the table make events. They are valid until the next time.
func (l *Link) ask(events func(*calls.Table) []pbx.Event) []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return events(l.table)
}

// poke wakes Run's goroutine.
func (l *Link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// lastWords is how long a link whose context has ended waits, in all, for a
// reader of what it still has to say.
const lastWords = 500 * time.Millisecond

// tell delivers events, waiting while the channel is full, and reports how many
// there were.
func (l *Link) tell(ctx context.Context, events chan<- pbx.Event, list []pbx.Event) int {
	if len(list) == 0 {
		return 0
	}
	for i := range list {
		if !l.deliver(ctx, events, list[i]) {
			return i
		}
		l.events.Add(1)
	}
	l.last.Store(time.Now().UnixNano())
	return len(list)
}

// deliver sends one event. The channel goes first and ctx only where it is full:
// whoever stops a link may still be reading.
func (l *Link) deliver(ctx context.Context, events chan<- pbx.Event, e pbx.Event) bool {
	select {
	case events <- e:
		return true
	default:
	}
	select {
	case events <- e:
		return true
	case <-ctx.Done():
	}
	if l.silence.IsZero() {
		l.silence = time.Now().Add(lastWords)
	}
	patience := time.NewTimer(time.Until(l.silence))
	defer patience.Stop()
	select {
	case events <- e:
		return true
	case <-patience.C:
		return false
	}
}
