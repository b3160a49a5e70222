package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge/config"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// server is the process under test.
type server struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	url    string // base URL
	extra  string // what else it said when it was ready
	pid    int
}

// launch starts this program again as the server.
func launch(ctx context.Context, key []byte, args ...string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, self, args...)}
	s.cmd.Env = append(os.Environ(), "CTIBRIDGE_SECRET_KEY="+base64.StdEncoding.EncodeToString(key))
	s.cmd.Stderr = os.Stderr
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.stdout = bufio.NewReader(out)
	line, err := s.stdout.ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 || words[0] != "ready" {
		_ = s.stop()
		return nil, fmt.Errorf("the server did not start: %q %w", line, err)
	}
	s.url, s.pid = "http://"+words[1], s.cmd.Process.Pid
	if len(words) > 2 {
		s.extra = words[2]
	}
	return s, nil
}

func (s *server) stop() error {
	if s == nil || s.cmd == nil {
		return nil
	}
	_ = s.stdin.Close()
	return s.cmd.Wait()
}

// bench is one measurement with all that takes part in it.
type bench struct {
	o        *options
	issuer   *agenttest.Issuer
	notifier *notifier
	server   *server
	set      config.Settings
	tabs     *browsers
	tell     teller
	org      *otherOrg
}

func measure(ctx context.Context, o options) (_ *result, err error) {
	b := &bench{o: &o}
	defer b.close()
	dir, remove, err := scratch(&o)
	if err != nil {
		return nil, err
	}
	defer remove()
	switch {
	case o.FirstLoad > 0:
		return b.firstLoad(ctx, dir)
	case o.Floor:
		err = b.startFloor(ctx)
	case o.Alone:
		err = b.startAlone(ctx)
	default:
		err = b.start(ctx, dir)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case o.Reconnect:
		return b.reconnect(ctx)
	case o.Forget:
		return b.forget(ctx)
	case o.Alone:
		return b.alone(ctx)
	case o.Soak > 0:
		o.Duration = o.Soak
	}
	return b.calls(ctx)
}

// start brings up PBX, bridge and browsers.
func (b *bench) start(ctx context.Context, dir string) (err error) {
	o := b.o
	if o.Link != "memory" {
		if b.notifier, err = newNotifier(ctx, o.Link, o.PBXListen, o.Numbers); err != nil {
			return err
		}
		b.tell = b.notifier
	}
	if b.issuer, err = newIssuer(o, o.Attach); err != nil {
		return err
	}
	if o.Attach == "" {
		if err := b.startServer(ctx, dir); err != nil {
			return err
		}
	} else {
		b.server = &server{url: strings.TrimRight(o.Attach, "/"), pid: o.PID}
	}
	b.issuer.Audience = b.server.url
	if err := b.connect(ctx); err != nil {
		return err
	}
	if err := b.watched(ctx); err != nil || b.org == nil {
		return err
	}
	return b.syncOnce(ctx) // after the replica's own first one
}

func (b *bench) startServer(ctx context.Context, dir string) (err error) {
	o, key := b.o, newKey()
	b.set = settings(filepath.Join(dir, "data"), key)
	// A kept folder keeps its directory; the state is written anew, since its
	// key is not kept.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(b.set.StatePath() + suffix)
	}
	pbxAddr := "127.0.0.1:5060"
	if b.notifier != nil {
		pbxAddr = b.notifier.addr
	}
	d := document(o, b.issuer, pbxAddr)
	if o.Resync > 0 {
		if b.org, err = launchOrg(ctx, o.Resync); err != nil {
			return err
		}
		d.Orgs = append(d.Orgs, b.org.config)
	}
	if err := prepare(ctx, o, b.set, d); err != nil {
		return err
	}
	args := []string{"--serve", b.set.Data, "--link", o.Link}
	if o.CPUProfile != "" {
		args = append(args, "--cpu-profile", o.CPUProfile)
	}
	if b.server, err = launch(ctx, key, args...); err != nil {
		return err
	}
	if o.Link == "memory" {
		b.tell = pipeTeller{b.server.stdin, o.Numbers}
	}
	return nil
}

// connect signs the tickets first and the agents in after that.
func (b *bench) connect(ctx context.Context) error {
	tickets := make([]string, b.o.Agents)
	for i := range tickets {
		tickets[i] = b.issuer.Ticket(userOf(i), emailOf(i))
	}
	b.tabs = &browsers{
		url: "ws" + strings.TrimPrefix(b.server.url, "http") + "/agent/ws", origin: orgOrigin,
		conns: make([]*websocket.Conn, b.o.Agents), resumes: make([]string, b.o.Agents),
	}
	return b.tabs.connect(ctx, tickets)
}

// watched waits until the bridge watches every extension.
func (b *bench) watched(ctx context.Context) error {
	if b.notifier == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for b.notifier.subscribed() < b.o.Agents {
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d extensions were subscribed to", b.notifier.subscribed(), b.o.Agents)
		case <-time.After(100 * time.Millisecond):
		}
	}
	time.Sleep(time.Second) // the last NOTIFYs are answered
	return nil
}

func (b *bench) startFloor(ctx context.Context) (err error) {
	if b.notifier, err = newNotifier(ctx, "udp", "127.0.0.1:0", b.o.Numbers); err != nil {
		return err
	}
	b.tell = b.notifier
	if b.server, err = launch(ctx, newKey(), "--serve", floorServer); err != nil {
		return err
	}
	to, err := net.ResolveUDPAddr("udp", b.server.extra)
	if err != nil {
		return err
	}
	b.notifier.floorSubscriptions(b.o.Agents, to)
	b.tabs = &browsers{conns: make([]*websocket.Conn, b.o.Agents)}
	for i := range b.tabs.conns {
		url := "ws" + strings.TrimPrefix(b.server.url, "http") + "/?ext=" + extensionOf(i)
		if b.tabs.conns[i], _, err = websocket.DefaultDialer.DialContext(ctx, url, nil); err != nil { //nolint:bodyclose // the library closes it
			return err
		}
	}
	return nil
}

// calls rings, warm-up first, and counts.
func (b *bench) calls(ctx context.Context) (*result, error) {
	o := b.o
	l := newLedger(o.Numbers, int(o.Rate*o.Duration.Seconds())+int(o.Rate)+16)
	var closed atomic.Pointer[error]
	b.tabs.listen(l, func(err error) { closed.CompareAndSwap(nil, &err) })
	warm, _ := playCalls(ctx, o, 0, b.tell, l, o.Warmup, false)
	resynced := b.resync(ctx)
	before, began := usageOf(b.server.pid), time.Now()
	soaked := b.soaking(ctx)
	rung, messages := playCalls(ctx, o, warm, b.tell, l, o.Duration, true)
	after, lasted := usageOf(b.server.pid), time.Since(began)
	time.Sleep(lostAfter)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := closed.Load(); err != nil {
		return nil, *err
	}
	r := b.result(l, rung)
	r.Soak = soaked()
	r.CPU = round(100 * (after.cpu - before.cpu).Seconds() / lasted.Seconds())
	r.CPUPerMessage = round((after.cpu - before.cpu).Seconds() * 1000 / float64(messages))
	r.RSS = after.rss
	r.Unmatched = l.unmatched.Load()
	// The last call's messages end 0.6 s after it rang.
	r.Reached = round(float64(rung) / (lasted - terminateAfter).Seconds())
	if resynced != nil {
		if r.Resynced = (<-resynced).Seconds(); r.Resynced == 0 {
			return nil, fmt.Errorf("the re-sync failed")
		}
	}
	if b.notifier != nil {
		r.Repeated = b.notifier.repeats.Load()
		if err := b.notifier.err(); err != nil {
			return nil, fmt.Errorf("send: %w", err)
		}
	}
	return r, nil
}

// soaking begins to sample where that is asked for; the function ends it.
func (b *bench) soaking(ctx context.Context) (end func() *growth) {
	if b.o.Soak == 0 {
		return func() *growth { return nil }
	}
	done, said := make(chan struct{}), make(chan *growth, 1)
	go func() { said <- b.soak(ctx, done) }()
	return func() *growth { close(done); return <-said }
}

// forget lets the PBX forget all subscriptions, as one that keeps them in memory
// does when it is restarted, and measures how long it takes until the bridge has
// asked for all of them again: from the first refresh that is refused.
func (b *bench) forget(ctx context.Context) (*result, error) {
	before, idle := usageOf(b.server.pid), residentMB(b.server.pid)
	noticed := b.notifier.forget()
	select {
	case <-noticed:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	begin := time.Now()
	for b.notifier.subscribed() < b.o.Agents {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	took, after := time.Since(begin), usageOf(b.server.pid)
	return &result{
		Scenario: b.o.Link + ", PBX restarted", Agents: b.o.Agents, Numbers: b.o.Numbers, Delivered: b.o.Agents, Seconds: round(took.Seconds()),
		CPU: round(100 * (after.cpu - before.cpu).Seconds() / took.Seconds()), RSS: after.rss, Idle: idle,
	}, nil
}

func (b *bench) result(l *ledger, rung int) *result {
	r := &result{Scenario: b.o.Link, Agents: b.o.Agents, Numbers: b.o.Numbers, Rate: b.o.Rate, Calls: rung, Misrouted: l.wrong.Load()}
	if b.o.Floor {
		r.Scenario = "floor"
	}
	if b.o.Resync > 0 {
		r.Scenario += ", re-sync of " + strconv.Itoa(b.o.Resync)
	}
	r.fill(l.all())
	r.Lost = rung - r.Delivered
	return r
}

// resync syncs the other org in full, over and over while calls are measured:
// what it costs is then in every second of the figures. It tells how long the
// runs took on average. Each run finds every record changed.
func (b *bench) resync(ctx context.Context) <-chan time.Duration {
	if b.org == nil {
		return nil
	}
	took := make(chan time.Duration, 1)
	until := time.Now().Add(b.o.Duration)
	go func() {
		begin, runs := time.Now(), 0
		for ; runs == 0 || time.Now().Before(until); runs++ {
			if err := b.syncOnce(ctx); err != nil {
				fmt.Fprintln(os.Stderr, "loadtest: re-sync:", err)
				took <- 0
				return
			}
		}
		took <- time.Since(begin) / time.Duration(runs)
	}()
	return took
}

func (b *bench) syncOnce(ctx context.Context) error {
	if err := b.org.change(); err != nil {
		return err
	}
	c, err := daemon.Connect(ctx, b.set, "loadtest", nil)
	if err != nil {
		return err
	}
	defer c.Close()
	req := daemon.SyncRequest{Org: "resync"}
	req.SyncRequest = replica.SyncRequest{Object: "Contact", Full: true}
	var failed error
	err = c.Sync(ctx, req, func(l daemon.SyncLine) {
		if l.Error != "" {
			failed = errors.New(l.Error)
		}
	})
	return errors.Join(err, failed)
}

// reconnect measures how fast all agents are back.
func (b *bench) reconnect(ctx context.Context) (*result, error) {
	before := usageOf(b.server.pid)
	took, err := b.tabs.reconnect(ctx)
	if err != nil {
		return nil, err
	}
	after := usageOf(b.server.pid)
	return &result{
		Scenario: "reconnect", Agents: b.o.Agents, Numbers: b.o.Numbers, Delivered: b.o.Agents, Seconds: round(took.Seconds()),
		CPU: round(100 * (after.cpu - before.cpu).Seconds() / took.Seconds()), RSS: after.rss,
	}, nil
}

func (b *bench) close() {
	if b.tabs != nil {
		b.tabs.close()
	}
	_ = b.server.stop()
	if b.notifier != nil {
		b.notifier.close()
	}
	if b.org != nil {
		_ = b.org.server.stop()
	}
}
