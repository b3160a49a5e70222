// Package sip is the link to a telephone system over SIP: it watches the
// agents' extensions by the dialog event package (RFC 4235, RFC 6665) and places
// calls by INVITE and REFER (RFC 3261, RFC 3515).
//
//	                 ┌ transport: read loop ─► Message ─► notify ─► tracker ─► Event ─► events
//	PBX ◄─ sockets ─►┤                     └► answer (stateless)
//	                 └ transactions ◄─ keeper: SUBSCRIBE, refresh ◄─ Watch
//	                        ▲
//	                        └──────── dial: INVITE, REFER, BYE ◄─ MakeCall
//
// # Order and load
//
// A NOTIFY is read, diffed and turned into Events on the read loop of its
// socket, in the order of the wire, without a goroutine or a server transaction
// of its own; then it is answered. While the events channel is full the read
// loop waits: over UDP the PBX repeats what is not answered, over TCP its window
// closes. Nothing else is queued but what stands here: 64 calls to dial and 16
// provisional answers a request; past that MakeCall fails, and answers are lost.
//
// # What the events say
//
// Snapshot says what lives: it is the first event of each subscription of a
// device, and what is missing in it has ended. All others say what happened:
//
//   - Originated, Delivered, Established, Held, Retrieved, Transferred and
//     ConnectionCleared as the documents change. Transferred carries the new far
//     end; the connection's key stays.
//   - After a Snapshot, Delivered follows for a call that rings with an identity
//     and that we did not know; on FreeSWITCH it does not, because there a held
//     call looks the same. For calls that we did know, what changed meanwhile
//     follows.
//   - Delivered or Established is repeated where a document that came late says
//     who it is.
//   - A bare confirmed of Asterisk is Established with DirectionUnknown: an
//     outgoing call, or a picked-up one. FreeSWITCH's pick-up is an outgoing call
//     with CausePickup, LastRedirection being the phone that rang.
//   - A call by MakeCall keeps its ConnectionID from Originated to
//     ConnectionCleared or Failed, whatever dialogs the switch makes of it. On
//     Asterisk its Established means that the switch has taken the call over; the
//     far end may still ring, and Called is marked as probable.
//   - Transfers with consultation and pick-ups, which no switch tells of in dialog
//     events, are inferred where both telephones are watched; see package
//     transfer.
//   - LinkDown after the connection was lost: nothing is known until the next
//     Snapshot of each device. Keys live on, so a call is the same afterwards
//     where the switch names it so.
//
// The far end stands in Calling, or in Called if the direction is outbound; the
// device's own side is left empty, because a dialog-info document does not say
// which number was called.
package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transfer"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// The interfaces that Link implements.
var (
	_ pbx.Link        = (*Link)(nil)
	_ pbx.Dialer      = (*Link)(nil)
	_ pbx.Clearer     = (*Link)(nil)
	_ pbx.Answerer    = (*Link)(nil)
	_ pbx.Holder      = (*Link)(nil)
	_ pbx.Transferrer = (*Link)(nil)
	_ pbx.Capable     = (*Link)(nil)
)

// Options are what the program rather than the administrator decides. The zero
// value is what the daemon uses.
type Options struct {
	// Logger gets what happens on the link, without numbers and names; nil:
	// nothing is logged.
	Logger *slog.Logger
	// Expires is the subscription time asked for; 0: 600 s.
	Expires time.Duration
	// Canary is how often the switch is asked whether it still knows us; 0: 4 s
	// over UDP, where nothing else shows that it was restarted, else 30 s.
	Canary time.Duration
	// Retry is the first pause before connecting again; it doubles up to 8
	// times its length. 0: 500 ms.
	Retry time.Duration
	// Timeout is how long a request may stay unanswered; 0: 32 s, timer F of
	// RFC 3261 §17.1.2.2.
	Timeout time.Duration
	// GapTime is how long a document that is missing may be on its way before
	// the device is asked for anew; 0: 2 s.
	GapTime time.Duration
	// Farewell is how long Run takes leave of the switch when its context has
	// ended; 0: 1 s.
	Farewell time.Duration
	// Memory keeps the subscriptions over a restart of the program; nil: they
	// are ended when Run's context is. With it they stay where the context's
	// cause is pbx.ErrStopping, and the next run goes on with them.
	Memory Memory
	// RingTime is how long the agent's phone rings for a call to dial; 0: 25 s.
	RingTime time.Duration
	// FarTime is how long the number rings in third party call control; 0: 28 s,
	// which is also the most.
	FarTime time.Duration
	// Resolver finds the PBX in DNS; nil: net.DefaultResolver.
	Resolver transport.Resolver
}

func (o Options) withDefaults(network string) Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	canary := canaryStream
	if network == "udp" {
		canary = canaryUDP
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.Expires, 600 * time.Second},
		{&o.Canary, canary},
		{&o.Retry, 500 * time.Millisecond},
		{&o.Timeout, transport.TimerF},
		{&o.GapTime, 2 * time.Second},
		{&o.Farewell, time.Second},
		{&o.RingTime, 25 * time.Second},
		{&o.FarTime, farPatience},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return o
}

// Link is a connection to one PBX over SIP. New makes it; its methods are safe
// for concurrent use.
type Link struct {
	cfg        pbx.LinkConfig
	opts       Options
	log        *slog.Logger
	network    string
	servers    []string // in order of preference
	domain     string
	domainPort int
	profile    profile

	started  atomic.Bool
	hint     atomic.Uint32 // profile guessed from User-Agent or Server
	events   atomic.Uint64
	last     atomic.Int64 // Unix ns of the last event
	bad      badMessages
	counts   counts
	dialJobs chan *dialing

	// order is held from the moment a document is applied until its events are
	// sent, so that events of different goroutines do not overtake each other.
	// It is taken before mu and may be held for long; mu is not.
	order     sync.Mutex
	silence   time.Time        // until when a link that stops waits for its reader; guarded by order
	transfers transfer.Watcher // guarded by order
	unsettled chan struct{}    // transfers waits for something

	mu      sync.Mutex
	devices map[pbx.DeviceID]*device
	lists   []*list
	byCall  map[string]*subscription // by Call-ID
	legs    map[string]*leg          // dialogs of calls that we place, by Call-ID
	session *session                 // nil while there is no connection
	state   pbx.LinkState
	since   time.Time
	problem string
	cure    string
	reach   reach
	wake    chan struct{} // the keeper has something to do

	deskWake chan struct{} // a telephone may have to be controlled

	watching   bool                    // Watch has said what
	waiting    map[string]*savedDialog // of the last run and not yet claimed, by Call-ID
	lastServer string                  // the address that the dialogs are at
	stale      bool                    // the saved times have changed
	unsaved    chan struct{}           // a subscription has begun or ended
}

// New checks the configuration and makes a link that Run brings up.
func New(cfg pbx.LinkConfig, o Options) (*Link, error) {
	network := strings.ToLower(cfg.Transport)
	if network == "" {
		network = "udp"
	}
	o = o.withDefaults(network)
	if network != "udp" && network != "tcp" && network != "tls" {
		return nil, fmt.Errorf("sip: transport %q is not known; use udp, tcp or tls", cfg.Transport)
	}
	p, ok := profileByName(cfg.Profile)
	if !ok {
		return nil, fmt.Errorf("sip: profile %q is not known; use asterisk, freeswitch, kamailio or generic, or leave it empty", cfg.Profile)
	}
	servers := transport.Servers(cfg.Server)
	if len(servers) == 0 {
		return nil, errors.New("sip: the PBX's address is missing; set server to host or host:port")
	}
	for _, s := range append([]string{cfg.Domain, cfg.Username, cfg.Listen, cfg.Advertise}, servers...) {
		if err := checkText(s); err != nil || strings.ContainsAny(s, " <>\"") {
			return nil, errors.New("sip: server, domain, username, listen and advertise must not hold blanks, quotes, angle brackets or control characters")
		}
	}
	if err := checkTLS(network, cfg.TLS); err != nil {
		return nil, err
	}
	if err := checkAdvertise(cfg.Advertise); err != nil {
		return nil, err
	}
	if err := checkServices(cfg); err != nil {
		return nil, err
	}
	l := &Link{
		cfg: cfg, opts: o, log: o.Logger.With(slog.String("link", cfg.Name)), network: network, servers: servers, profile: p,
		devices: map[pbx.DeviceID]*device{}, byCall: map[string]*subscription{}, legs: map[string]*leg{},
		dialJobs: make(chan *dialing, 64), wake: make(chan struct{}, 1), deskWake: make(chan struct{}, 1), unsettled: make(chan struct{}, 1), since: time.Now(),
		waiting: map[string]*savedDialog{}, unsaved: make(chan struct{}, 1),
	}
	l.setDomain()
	if err := l.setLists(); err != nil {
		return nil, err
	}
	return l, nil
}

func checkAdvertise(advertise string) error {
	if advertise == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(advertise); err != nil {
		return errors.New("sip: advertise must be host:port, the address at which the PBX reaches this machine")
	}
	return nil
}

func checkTLS(network string, t pbx.TLS) error {
	if t.Pin != "" {
		if err := transport.CheckPin(t.Pin); err != nil {
			return fmt.Errorf("sip: tls.pin: %w", err)
		}
	}
	if t.SIPS && network != "tls" {
		return errors.New("sip: tls.sips needs the transport tls")
	}
	return nil
}

// scheme is that of our addresses (RFC 5630 §3).
func (l *Link) scheme() string {
	if l.cfg.TLS.SIPS {
		return "sips"
	}
	return "sip"
}

// setDomain finds what stands behind the @ of the extensions' addresses.
func (l *Link) setDomain() {
	if l.cfg.Domain != "" {
		l.domain = l.cfg.Domain
		return
	}
	host, port := transport.SplitServer(l.network, l.servers[0])
	l.domain = host
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		l.domain = "[" + host + "]"
	}
	if port != 5060 && port != 5061 {
		l.domainPort = int(port)
	}
}

// Name implements pbx.Link.
func (l *Link) Name() string { return l.cfg.Name }

// Watch implements pbx.Link. Devices whose names hold control characters are
// listed as refused.
func (l *Link) Watch(devices []pbx.DeviceID) {
	now := time.Now()
	wanted := make(map[pbx.DeviceID]bool, len(devices))
	l.mu.Lock()
	for _, id := range devices {
		wanted[id] = true
		d := l.devices[id]
		if d == nil {
			d = l.newDevice(id, now)
			l.devices[id] = d
			l.seek(d)
		}
		if d.removed { // whoever watches again wants a Snapshot
			d.drop(l)
			d.removed, d.next = false, now
			l.seek(d)
		}
	}
	for id, d := range l.devices {
		if wanted[id] || d.removed {
			continue
		}
		d.removed, d.next = true, now
		d.leaveDesk()
		l.schedule(&d.subscription)
	}
	l.watching = true
	l.reclaim()
	l.mu.Unlock()
	l.poke()
}

// poke wakes the keeper.
func (l *Link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// lastWords is how long a link whose context has ended waits, in all, for a
// reader of what it still has to say: how the calls that it was dialling ended.
const lastWords = 500 * time.Millisecond

// send delivers what the trackers tell, with the parties of transfers put
// right, waiting while the channel is full. The caller holds order.
func (l *Link) send(ctx context.Context, events chan<- pbx.Event, list []pbx.Event) {
	l.tell(ctx, events, l.transfers.Pass(list))
	l.settleLater()
}

// tell delivers events as they are. The caller holds order.
func (l *Link) tell(ctx context.Context, events chan<- pbx.Event, list []pbx.Event) {
	for i := range list {
		if !l.deliver(ctx, events, list[i]) {
			return
		}
		l.events.Add(1)
	}
	if len(list) > 0 {
		l.last.Store(list[len(list)-1].Time.UnixNano())
	}
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
