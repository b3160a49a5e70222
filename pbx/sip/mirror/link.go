// Package mirror is the link to a telephone system that mirrors its SIP messages
// (HEP3): a passive ear, to which nothing is subscribed and which sends nothing.
// It hears what dialog events do not tell: outgoing calls with the number
// dialled, the full identity headers, transfers and pick-ups.
//
//	PBX ─HEP3─► listener: source, key ─► hep.Packet ─► message ─► follower ─► Event
//	                                                               └ sides, sessions, connections
//
// # What is read
//
// Of SIP requests INVITE, ACK, CANCEL, BYE, UPDATE and REFER, of responses those
// to INVITE and REFER, and of REGISTER the watched extensions' contacts, until they
// run out; of all of them the header only. Bodies and Authorization
// headers are never looked at, so hold, which only SDP tells, is not told by this
// link. Calls in which no watched device takes part leave nothing behind but,
// for four seconds, the number dialled beside a keyed hash of the caller: the
// leg to the agent often does not name the number. The buffer is wiped after
// each packet.
//
// # What the events say
//
//   - Delivered when the telephone answers with 18x, for only then it rings: an
//     INVITE alone may find it switched off or busy.
//   - Originated when the switch is on with an outgoing call: it answers 18x, or
//     the telephone repeats the INVITE that it was asked a password for. A bare
//     INVITE may come from a scanner that calls itself after an agent.
//   - Established on 200, Failed and ConnectionCleared with the cause that the
//     final response or the Reason header gives, Diverted on 3xx.
//   - Transferred when the switch names another far end in UPDATE or re-INVITE,
//     or when it ends the consultation after REFER with Replaces; LastRedirection
//     is the device that handed the call on, whose own connections end with
//     CauseTransfer.
//   - Established with CausePickup and DirectionInbound when a call is picked up;
//     Calling is marked probable until the switch itself names the caller.
//   - Through a proxy telephones do both by an INVITE with Replaces (RFC 3891):
//     the new call is Established with CauseTransfer or CausePickup.
//   - The first Snapshot of a device is empty: of calls that began earlier
//     nothing is known.
//
// # Load
//
// One goroutine reads (over TCP one a connection, of which there are at most 16)
// and sends the events. While the events channel is full it waits; packets over
// UDP are lost then, as they may be at any time, and what is missing is borne:
// an end that was lost ends with the next message of the call or, for a call
// that rings, after five minutes. At most 16,384 calls with 65,536 branches are
// followed at once; past that new ones are not, and counted. A message with a
// Call-ID, branch, tag or host over 256 bytes, or an address over 1,024, counts
// as malformed.
package mirror

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

var _ pbx.Link = (*Link)(nil)

// silence is how long no packet may come while devices are watched.
const silence = 60 * time.Second

// Options are what the program rather than the administrator decides.
type Options struct {
	// Logger gets what happens on the link, without numbers and names; nil:
	// nothing is logged.
	Logger *slog.Logger
}

// Link is a mirror of one switch. New makes it; its methods are safe for
// concurrent use.
type Link struct {
	cfg     pbx.LinkConfig
	log     *slog.Logger
	sources []netip.Prefix
	keyed   bool
	key     [sha256.Size]byte // of the shared key: compared at equal length

	started atomic.Bool
	counts  [reasons]atomic.Uint64 // of packets, by what became of them
	events  atomic.Uint64
	last    atomic.Int64 // Unix ns of the last event
	heard   atomic.Int64 // … of the last packet that was taken
	refused atomic.Pointer[refusal]

	order sync.Mutex // held from the moment a message is followed until its events are sent

	mu      sync.Mutex
	follow  *follower
	fresh   []string // devices that wait for their Snapshot
	profile string
	state   pbx.LinkState
	since   time.Time
	began   time.Time // when the present silence may have begun
	problem string
	cure    string
	wake    chan struct{}
}

// refusal is what was wrong with the latest packet that was not taken, for
// Status.
type refusal struct {
	why  reason
	from netip.Addr
	err  error
}

// New checks the configuration and makes a link that Run brings up.
func New(cfg pbx.LinkConfig, o Options) (*Link, error) {
	if cfg.Listen == "" {
		return nil, errors.New("mirror: the address to listen on is missing; set listen, such as 0.0.0.0:9060")
	}
	switch strings.ToLower(cfg.Transport) {
	case "", "udp", "tcp":
	default:
		return nil, fmt.Errorf("mirror: transport %q cannot be used for a mirror; use udp or tcp", cfg.Transport)
	}
	if len(cfg.Sources) == 0 {
		return nil, errors.New("mirror: sources is missing; list the addresses of the PBX that packets are taken from")
	}
	l := &Link{
		cfg: cfg, log: o.Logger, keyed: cfg.Password != "", key: sha256.Sum256([]byte(cfg.Password)),
		wake: make(chan struct{}, 1), state: pbx.LinkConnecting, since: time.Now(), profile: cfg.Profile,
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	for _, source := range cfg.Sources {
		prefix, err := parseSource(source)
		if err != nil {
			return nil, fmt.Errorf("mirror: source %q is neither an address nor a prefix such as 192.0.2.0/24", source)
		}
		l.sources = append(l.sources, prefix)
	}
	l.follow = newFollower(&cfg, l.ownHosts())
	return l, nil
}

func parseSource(text string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// ownHosts are the addresses by which the switch is known: its domain, its
// servers, and the single addresses that it mirrors from. Loopback tells
// nothing.
func (l *Link) ownHosts() []string {
	hosts := append(strings.Split(l.cfg.Server, ","), l.cfg.Domain)
	for _, p := range l.sources {
		if p.IsSingleIP() && !p.Addr().IsLoopback() {
			hosts = append(hosts, p.Addr().String())
		}
	}
	return hosts
}

// Name implements pbx.Link.
func (l *Link) Name() string { return l.cfg.Name }

// Watch implements pbx.Link. Nothing is asked of the switch for it.
func (l *Link) Watch(devices []pbx.DeviceID) {
	l.mu.Lock()
	if len(l.follow.devices) == 0 {
		l.began = time.Now()
	}
	l.fresh = append(l.fresh, l.follow.watch(devices)...)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Coming are the calls on their way to a device whose telephone does not ring
// yet, as Delivered will tell them.
func (l *Link) Coming(device pbx.DeviceID) []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.follow.coming(string(device))
}

// packet follows one packet that came from an address. It wipes data.
func (l *Link) packet(ctx context.Context, events chan<- pbx.Event, work *workspace, from netip.Addr, data []byte) {
	defer clear(data)
	why, err := l.admit(&work.packet, from, data)
	if why == effective {
		l.heard.Store(time.Now().UnixNano())
		if aboutCalls(work.packet.Payload) {
			why, err = l.read(ctx, events, work)
		} else {
			why = dropMethod
		}
	}
	l.counts[why].Add(1)
	if why == dropSource || why == dropKey || why == dropVersion || why == dropMalformed {
		l.refused.Store(&refusal{why: why, from: from, err: err})
	}
}

// errStrange is said of a SIP message that reads as one and is none.
var errStrange = errors.New("a SIP message with fields that no PBX writes")

// workspace is what one reader needs for a packet, used again and again.
type workspace struct {
	packet  hep.Packet
	message message.Message
	events  []pbx.Event
}

// read follows the SIP message of an admitted packet and sends the events. A
// message that makes us panic ends nothing but itself.
func (l *Link) read(ctx context.Context, events chan<- pbx.Event, work *workspace) (why reason, err error) {
	if err := work.message.Parse(work.packet.Payload); err != nil {
		return dropMalformed, err
	}
	l.order.Lock()
	defer l.order.Unlock()
	defer func() {
		if r := recover(); r != nil {
			l.log.Error("a message made the mirror stumble", "err", fmt.Sprintf("%T", r))
			why, err = dropMalformed, errStrange
		}
	}()
	work.events, why = l.followed(&work.message, work.events[:0])
	l.send(ctx, events, work.events)
	if why == dropMalformed {
		return why, errStrange
	}
	return why, nil
}

func (l *Link) followed(m *message.Message, out []pbx.Event) ([]pbx.Event, reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	why := l.follow.apply(m, time.Now())
	if why == effective && l.cfg.Profile == "" {
		l.recognise(m.Agent())
	}
	return append(out, l.follow.out...), why
}

// recognise guesses whose habits the switch follows by what it calls itself. The
// caller holds mu.
func (l *Link) recognise(agent []byte) {
	if l.profile != "" || len(agent) == 0 {
		return
	}
	name := strings.ToLower(string(agent[:min(len(agent), 64)]))
	for _, known := range [...][2]string{
		{"asterisk", "asterisk"}, {"fpbx", "asterisk"}, {"freeswitch", "freeswitch"}, {"kamailio", "kamailio"}, {"opensips", "kamailio"},
	} {
		if strings.Contains(name, known[0]) {
			l.profile = known[1]
		}
	}
}

// send delivers events, waiting while the channel is full. The caller holds
// order.
func (l *Link) send(ctx context.Context, events chan<- pbx.Event, list []pbx.Event) {
	for i := range list {
		select {
		case events <- list[i]:
			l.events.Add(1)
			l.last.Store(list[i].Time.UnixNano())
		case <-ctx.Done():
			return
		}
	}
}

// tick tells what time alone brings about, and the Snapshots of new devices.
func (l *Link) tick(ctx context.Context, events chan<- pbx.Event, sweep bool) {
	l.order.Lock()
	defer l.order.Unlock()
	l.send(ctx, events, l.due(sweep))
}

func (l *Link) due(sweep bool) []pbx.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var out []pbx.Event
	for _, device := range l.fresh {
		if l.follow.devices[device] != "" {
			out = append(out, l.follow.snapshot(device, now))
		}
	}
	l.fresh = nil
	if sweep {
		l.follow.sweep(now)
		out = append(out, l.follow.out...)
	}
	return out
}
