package csta

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// peer is a PBX that answers whatever a session of any dialect asks. Time is
// synctest's.
type peer struct {
	conn   net.Conn
	silent atomic.Bool // it says nothing any more
	deaf   bool        // it answers no heartbeat
	begun  bool
}

func (p *peer) serve() {
	frames := ecma323.NewReader(p.conn)
	for {
		f, err := frames.Next()
		if err != nil {
			return
		}
		m, err := ecma323.Decode(f.Body)
		if err != nil {
			return
		}
		if answer := p.answer(m); answer != nil && !p.silent.Load() {
			p.say(f.InvokeID, answer)
		}
	}
}

func (p *peer) say(id ecma323.InvokeID, m ecma323.Message) {
	out, _ := ecma323.AppendFrame(nil, id, m, ecma323.Edition4)
	_, _ = p.conn.Write(out)
}

func (p *peer) answer(m ecma323.Message) ecma323.Message {
	const duration = 180
	switch m := m.(type) {
	case *ecma323.StartApplicationSession:
		return &ecma323.StartApplicationSessionPosResponse{SessionID: "1", ActualSessionDuration: duration}
	case *ecma323.ResetApplicationSessionTimer:
		return &ecma323.ResetApplicationSessionTimerPosResponse{ActualSessionDuration: duration}
	case *ecma323.SystemRegister:
		return &ecma323.SystemRegisterResponse{SysStatRegisterID: "1"}
	case *ecma323.RequestSystemStatus:
		if p.deaf && p.begun {
			return nil
		}
		p.begun = true
		return &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal}
	case *ecma323.SystemStatus:
		if !p.deaf {
			return &ecma323.SystemStatusResponse{}
		}
	case *ecma323.LoginRequest:
		return &ecma323.LoginResponse{}
	case *ecma323.GetThirdPartyDeviceID:
		return &ecma323.GetThirdPartyDeviceIDResponse{Device: ecma323.ID(m.Extension)}
	case *ecma323.MonitorStart:
		return &ecma323.MonitorStartResponse{MonitorCrossRefID: m.DeviceObject.Text}
	case *ecma323.SnapshotDevice:
		return &ecma323.SnapshotDeviceResponse{}
	}
	return nil
}

// everyDialect runs a session of each dialect with a peer, and ends it after the
// test.
func everyDialect(t *testing.T, deaf bool, devices []pbx.DeviceID, test func(t *testing.T, l *Link, s *session, p *peer)) {
	for _, dialect := range Dialects() {
		t.Run(dialect, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := New(pbx.LinkConfig{Name: "pbx", Server: "127.0.0.1:1", CSTA: pbx.CSTA{Dialect: dialect}}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				l.Watch(devices)
				ours, theirs := net.Pipe()
				ctx, cancel := context.WithCancel(t.Context())
				events := make(chan pbx.Event, 64)
				s, p := l.newSession(ctx, ours, events), &peer{conn: theirs, deaf: deaf, begun: dialect != "status"}
				var wg sync.WaitGroup
				wg.Go(p.serve)
				wg.Go(func() { _ = s.run(ctx) })
				if l.dialect.greeted {
					p.say(0, &ecma323.SystemStatus{SystemStatus: ecma323.StatusEnabled})
				}
				test(t, l, s, p)
				cancel()
				time.Sleep(time.Minute)
				_ = theirs.Close()
				wg.Wait()
			})
		})
	}
}

// TestSilent: heartbeats keep a session up for as long as one likes. A PBX that
// says nothing any more is given up after two and a half of them, even one that
// answers no heartbeat (Zultys, and others that should): it is asked something
// that it does answer.
func TestSilent(t *testing.T) {
	for name, deaf := range map[string]bool{"heartbeats": false, "none": true} {
		t.Run(name, func(t *testing.T) {
			everyDialect(t, deaf, all, func(t *testing.T, l *Link, s *session, p *peer) {
				time.Sleep(time.Hour)
				if !l.connectedNow() || l.Status().Active != len(all) {
					t.Fatalf("after an hour: %v, status %+v", s.err, l.Status())
				}
				p.silent.Store(true)
				time.Sleep(s.interval())
				if !l.connectedNow() {
					t.Errorf("given up too soon: %v", s.err)
				}
				time.Sleep(2 * s.interval())
				if l.connectedNow() || !errors.Is(s.err, errSilent) {
					t.Errorf("not given up, %v", s.err)
				}
			})
		})
	}
}

// TestNothingProved: a PBX that was never asked anything it has to answer is not
// given up for being silent.
func TestNothingProved(t *testing.T) {
	everyDialect(t, true, nil, func(t *testing.T, l *Link, s *session, _ *peer) {
		if l.dialect.name == "register" || l.dialect.name == "status" {
			return // these have proved that they can answer heartbeats
		}
		time.Sleep(time.Hour)
		if !l.connectedNow() {
			t.Errorf("given up: %v", s.err)
		}
	})
}

// TestNobodyThere: where a session needs no opening, a peer that answers nothing at
// all is told from one that does not know a device.
func TestNobodyThere(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{Dialect: pbxtest.CSTANone}, func(_ *pbx.LinkConfig, o *Options) { o.Timeout = 100 * time.Millisecond })
	r.sw.Misbehave(pbxtest.CSTASilence, -1)
	r.run(all...)
	s := r.until("down", func(s pbx.Status) bool { return s.State == pbx.LinkDown && s.Problem != "" })
	if !strings.Contains(s.Problem, "does not answer the request that begins") || !strings.Contains(s.Cure, "dialect") {
		t.Errorf("problem %q, cure %q", s.Problem, s.Cure)
	}
	r.sw.Misbehave(pbxtest.CSTASilence, 0)
	r.snapshots(all...)
	r.connected(3)
}

// pipe is a line to a switch that can go dead without a word.
type pipe struct {
	listen net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex
	dead   bool
	conns  []net.Conn
}

func newPipe(t *testing.T, to string) *pipe {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipe{listen: l}
	p.wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			p.wg.Go(func() { p.pump(near, far) })
			p.wg.Go(func() { p.pump(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

// pump passes bytes on; once the line is dead they get lost, and nobody is told.
func (p *pipe) pump(from, to net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		dead := p.dead
		p.mu.Unlock()
		if !dead {
			_, _ = to.Write(buf[:n])
		}
	}
}

func (p *pipe) set(dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = dead
}

// TestHalfOpen: a connection whose other end is gone without a word is noticed,
// said in Status with the cure, and made anew.
func TestHalfOpen(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(_ *pbx.LinkConfig, o *Options) { o.Heartbeat = 300 * time.Millisecond })
	line := newPipe(t, r.sw.Addr())
	cfg, opts := r.cfg, r.link.opts
	cfg.Server, opts.Timeout = line.listen.Addr().String(), 300*time.Millisecond
	var err error
	if r.link, err = New(cfg, opts); err != nil {
		t.Fatal(err)
	}
	r.run(all...)
	r.snapshots(all...)
	r.connected(3)
	line.set(true)
	s := r.until("down", func(s pbx.Status) bool { return s.State == pbx.LinkDown })
	if !strings.Contains(s.Problem, "not answered for too long") || !strings.Contains(s.Cure, "firewall or VPN") {
		t.Errorf("problem %q, cure %q", s.Problem, s.Cure)
	}
	line.set(false)
	r.next("LinkDown")
	r.snapshots(all...)
	r.connected(3)
}
