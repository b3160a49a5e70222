package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// Run implements pbx.Link: it connects, and connects again whenever the
// connection is lost, until ctx ends.
func (l *Link) Run(ctx context.Context, events chan<- pbx.Event) error {
	if l.started.Swap(true) {
		return errors.New("sip: Run was called twice")
	}
	defer l.settling(ctx, events)()
	l.recall(ctx)
	if l.opts.Memory != nil {
		var saver sync.WaitGroup
		saver.Go(func() { l.keepMemory(ctx) })
		defer func() { saver.Wait(); l.save(ctx) }()
	}
	pause := l.opts.Retry
	var avoid netip.AddrPort
	for ctx.Err() == nil {
		lasted, others := l.round(ctx, events, avoid)
		avoid = lasted
		if lasted.IsValid() {
			pause = l.opts.Retry
			if others {
				continue
			}
		}
		if !backoff.Sleep(ctx, backoff.Jitter(pause)) {
			break
		}
		pause = min(2*pause, mostRetries*l.opts.Retry)
	}
	l.setState(pbx.LinkDown, "The link has been stopped.", "")
	return nil
}

// Times of connections.
const (
	mostRetries   = 8                // times Options.Retry is the longest pause: a switch that is back is not left waiting
	steady        = 10 * time.Second // how long one has to last to be a good one
	sparePatience = 6 * time.Second  // for a first answer where there is another server
)

// round tries the PBX's addresses in order of preference, the one to avoid last,
// until one has worked for a while, which it returns, or none has.
func (l *Link) round(ctx context.Context, events chan<- pbx.Event, avoid netip.AddrPort) (lasted netip.AddrPort, others bool) {
	targets, faults := transport.Resolve(ctx, l.opts.Resolver, l.network, l.servers)
	if len(targets) == 0 { // DNS may run on the very machine that was restarted
		targets = l.lastTargets()
	}
	l.found(targets, faults)
	if len(targets) == 0 && ctx.Err() == nil {
		l.lost(ctx, events, errors.Join(faults...))
	}
	for i, t := range targets {
		if t.Addr == avoid {
			targets = append(slices.Delete(targets, i, i+1), t)
			break
		}
	}
	for _, t := range targets {
		if ctx.Err() != nil {
			break
		}
		if l.connect(ctx, events, t, len(targets) > 1) {
			return t.Addr, len(targets) > 1
		}
	}
	return netip.AddrPort{}, false
}

// connect runs one session to its end, and tells whether it was a good one.
// spare says that there is another server.
func (l *Link) connect(ctx context.Context, events chan<- pbx.Event, t transport.Target, spare bool) (lasted bool) {
	s, err := l.open(ctx, events, t)
	if err == nil {
		s.spare = spare
		began := time.Now()
		err = s.run(ctx)
		lasted = s.alive.Load() && time.Since(began) > steady
	}
	if ctx.Err() == nil {
		l.log.Debug("a server of the PBX failed", slog.String("cause", t.String()), slog.Any("err", err))
		l.failed(t, err, lasted)
		l.lost(ctx, events, err)
	}
	return lasted
}

// lost tells everybody that the connection is gone.
func (l *Link) lost(ctx context.Context, events chan<- pbx.Event, err error) {
	problem, cure := l.unreachable(err)
	was := l.setState(pbx.LinkDown, problem, cure)
	if was != pbx.LinkConnected && was != pbx.LinkDegraded {
		return
	}
	l.log.Warn("connection to the PBX lost", slog.Any("err", err))
	l.order.Lock()
	defer l.order.Unlock()
	l.send(ctx, events, []pbx.Event{{Link: l.cfg.Name, Kind: pbx.EventLinkDown, Time: time.Now()}})
}

// reach is which of the PBX's servers work, as far as we tried. The link's lock
// guards it.
type reach struct {
	targets []transport.Target // in order of preference
	faults  []error            // of servers that were not found
	server  transport.Target   // the one in use or tried last
	failed  []failure          // in the order of the last failures
}

// failure is a server that did not work, and why.
type failure struct {
	target transport.Target
	why    string
}

// found notes what DNS says now.
func (l *Link) found(targets []transport.Target, faults []error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach.targets, l.reach.faults = slices.Clone(targets), faults
	l.reach.failed = slices.DeleteFunc(l.reach.failed, func(f failure) bool {
		return !slices.Contains(targets, f.target)
	})
}

// lastTargets are the addresses that DNS gave last.
func (l *Link) lastTargets() []transport.Target {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.reach.targets)
}

// trying notes which server is next.
func (l *Link) trying(t transport.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach.server = t
}

// failed notes that a server does not work. After a good connection nothing is
// known of the others any more.
func (l *Link) failed(t transport.Target, err error, lasted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach.failed = slices.DeleteFunc(l.reach.failed, func(f failure) bool { return lasted || f.target == t })
	l.reach.failed = append(l.reach.failed, failure{t, whyLost(err)})
}

// detour says in words that the link is not where it should be; empty if it is.
func (r *reach) detour() string {
	var bad []string
	for _, err := range r.faults {
		bad = append(bad, err.Error())
	}
	for _, t := range r.targets {
		if t == r.server {
			break
		}
		if i := slices.IndexFunc(r.failed, func(f failure) bool { return f.target == t }); i >= 0 {
			bad = append(bad, t.String()+": "+r.failed[i].why)
		}
	}
	if len(bad) == 0 {
		return ""
	}
	return fmt.Sprintf("The link uses the server %s, because a preferred one does not work: %s.", r.server, strings.Join(bad, "; "))
}

const detourCure = "Mend the preferred server, or take it out of the list. The link goes back to it when it next has to connect anew."

// whyLost is a lost connection's cause as it follows a colon.
func whyLost(err error) string {
	var fault *transport.PlainError
	switch {
	case err == nil, errors.Is(err, transport.ErrTimeout):
		return "it does not answer"
	case errors.Is(err, errRestarted):
		return "it has forgotten our subscriptions, probably because it was restarted"
	case errors.As(err, &fault):
		return fault.Problem
	}
	return shortError(err)
}

// unreachable puts a lost connection into words.
func (l *Link) unreachable(err error) (problem, cure string) {
	cure = "Check that the PBX is running, that address, port and transport are right, and that no firewall stands between. The link tries again by itself."
	var fault *transport.PlainError
	if errors.As(err, &fault) {
		cure = fault.Cure
	}
	network := strings.ToUpper(l.network)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.reach.targets) < 2 && len(l.reach.faults) == 0 || len(l.reach.targets) == 0 {
		return fmt.Sprintf("The PBX at %s cannot be reached over %s: %s.", strings.Join(l.servers, ", "), network, whyLost(err)), cure
	}
	var bad []string
	for _, err := range l.reach.faults {
		bad = append(bad, err.Error())
	}
	for _, f := range l.reach.failed {
		bad = append(bad, f.target.String()+": "+f.why)
	}
	return fmt.Sprintf("The PBX cannot be reached over %s: %s.", network, strings.Join(bad, "; ")), cure
}

// shortError is the innermost cause, which is what says something.
func shortError(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
