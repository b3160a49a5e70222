package csta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/calls"
	"github.com/ctibridge/ctibridge/pbx/internal/backoff"
	"github.com/ctibridge/ctibridge/pbx/internal/trust"
)

// Times of connections.
const (
	dialTimeout   = 10 * time.Second
	steady        = 10 * time.Second // how long one has to last to be a good one
	retryRejected = time.Minute      // before a PBX that refused us is asked again
)

// tcpKeepAlive finds a peer that is gone where the dialect has no probe.
func tcpKeepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}
}

// Run implements pbx.Link: it connects, and connects again whenever the
// connection is lost, until ctx ends.
func (l *Link) Run(ctx context.Context, events chan<- pbx.Event) error {
	if l.started.Swap(true) {
		return errors.New("csta: Run was called twice")
	}
	pause := l.opts.Retry
	avoid := ""
	for ctx.Err() == nil {
		o := l.round(ctx, events, avoid)
		avoid = o.lasted
		wait := backoff.Jitter(pause)
		switch {
		case o.rejected:
			wait = retryRejected
		case o.lasted != "":
			pause = l.opts.Retry
			wait = backoff.Jitter(pause)
			if len(l.servers) > 1 {
				wait = 0
			}
		}
		if !backoff.Sleep(ctx, wait) {
			break
		}
		if o.lasted == "" {
			pause = min(2*pause, 64*l.opts.Retry)
		}
	}
	l.setState(pbx.LinkDown, "The link has been stopped.", "")
	return nil
}

// outcome is what came of trying all servers.
type outcome struct {
	lasted   string // the server that worked for a while
	rejected bool   // by the one that was tried last
}

// round tries the PBX's servers in order of preference, the one to avoid last,
// until one has worked for a while or none has.
func (l *Link) round(ctx context.Context, events chan<- pbx.Event, avoid string) (o outcome) {
	servers := slices.Clone(l.servers)
	for i, s := range servers {
		if s.String() == avoid {
			servers = append(slices.Delete(servers, i, i+1), s)
			break
		}
	}
	for _, server := range servers {
		if ctx.Err() != nil {
			break
		}
		began := time.Now()
		up, err := l.connect(ctx, events, server)
		if ctx.Err() != nil {
			break
		}
		lasted := up && time.Since(began) > steady
		l.failed(server, err, lasted)
		o.rejected = l.lost(ctx, events, err, up)
		if lasted {
			o.lasted = server.String()
			return o
		}
	}
	return o
}

// connect runs one session to its end, and tells whether it was ever up.
func (l *Link) connect(ctx context.Context, events chan<- pbx.Event, to server) (up bool, err error) {
	if state := l.stateNow(); state != pbx.LinkDown && state != pbx.LinkRejected {
		l.setState(pbx.LinkConnecting, "", "")
	}
	conn, err := l.dial(ctx, to)
	if err != nil {
		return false, err
	}
	l.using(to, conn.RemoteAddr().String())
	if l.forget.Swap(false) {
		l.resumes = ""
	}
	s := l.newSession(ctx, conn, events)
	err = s.run(ctx)
	l.log.Debug("the connection to the PBX has ended", slog.Any("err", err))
	return s.alive.Load(), err
}

// dial connects to one server, over TLS if that is configured.
func (l *Link) dial(ctx context.Context, to server) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{KeepAliveConfig: tcpKeepAlive()}).DialContext(ctx, "tcp", to.String())
	if err != nil || !strings.EqualFold(l.cfg.Transport, "tls") {
		return conn, err
	}
	secure, err := trust.Client(ctx, conn, to.host, trust.TLS{CAFile: l.cfg.TLS.CAFile, Pin: l.cfg.TLS.Pin})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// lost tells everybody that the connection is gone, and whether the PBX wants an
// administrator to act.
func (l *Link) lost(ctx context.Context, events chan<- pbx.Event, err error, up bool) (rejected bool) {
	if up {
		l.log.Warn("connection to the PBX lost", slog.Any("err", err))
		down := l.ask(func(t *calls.Table) []pbx.Event { return t.Down(time.Now()) })
		l.setState(pbx.LinkDown, l.unreachable(err), l.lostCure(err, true))
		l.tell(ctx, events, down)
		return false
	}
	if problem, cure, ok := l.rejected(err); ok {
		if l.setState(pbx.LinkRejected, problem, cure) != pbx.LinkRejected {
			l.log.Warn("the PBX refuses the link", slog.Any("err", err))
		}
		return true
	}
	l.setState(pbx.LinkDown, l.unreachable(err), l.lostCure(err, false))
	return false
}

// reach is which of the PBX's servers work, as far as we tried. The link's lock
// guards it.
type reach struct {
	server server // in use, or tried last
	addr   string
	failed []failure
}

type failure struct {
	server server
	why    string
}

func (l *Link) using(s server, addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach.server, l.reach.addr = s, addr
}

// failed notes that a server does not work. After a good connection nothing is
// known of the others any more.
func (l *Link) failed(s server, err error, lasted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reach.failed = slices.DeleteFunc(l.reach.failed, func(f failure) bool { return lasted || f.server == s })
	l.reach.failed = append(l.reach.failed, failure{s, whyLost(err)})
}

// unreachable puts a lost connection into words.
func (l *Link) unreachable(err error) string {
	network := "TCP"
	if strings.EqualFold(l.cfg.Transport, "tls") {
		network = "TLS"
	}
	if len(l.servers) == 1 {
		return fmt.Sprintf("The PBX at %s cannot be reached over %s: %s.", l.servers[0], network, whyLost(err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var bad []string
	for _, f := range l.reach.failed {
		bad = append(bad, f.server.String()+": "+f.why)
	}
	return fmt.Sprintf("The PBX cannot be reached over %s: %s.", network, strings.Join(bad, "; "))
}

// detour says in words that the link is not where it should be; empty if it is.
// The caller holds mu.
func (l *Link) detour() string {
	var bad []string
	for _, s := range l.servers {
		if s == l.reach.server {
			break
		}
		for _, f := range l.reach.failed {
			if f.server == s {
				bad = append(bad, s.String()+": "+f.why)
			}
		}
	}
	if len(bad) == 0 {
		return ""
	}
	return fmt.Sprintf("The link uses the server %s, because a preferred one does not work: %s.", l.reach.server, strings.Join(bad, "; "))
}

const detourCure = "Mend the preferred server, or take it out of the list. The link goes back to it when it next has to connect anew."
