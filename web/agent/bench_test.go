package agent_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/agent"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// crowd is many agents with a tab each, over TCP.
type crowd struct {
	hub    *agent.Hub
	url    string
	ids    []bridge.AgentID
	tokens []string
	conns  []*websocket.Conn
}

func newCrowd(b *testing.B, n int) *crowd {
	b.Helper()
	br := newFakeBridge()
	return newCrowdOn(b, br, br, n)
}

// newCrowdOn is a crowd whose hub works with a bridge that knows br's agents.
func newCrowdOn(b *testing.B, with agent.Bridge, br *fakeBridge, n int) *crowd {
	b.Helper()
	sessions := newFakeSessions()
	c := &crowd{hub: agent.NewHub(agent.Options{
		Bridge: with, Sessions: sessions, Orgs: func() []lookup.OrgConfig { return []lookup.OrgConfig{issuer().Config()} },
		Audience: publicURL, Logger: slog.New(slog.DiscardHandler),
	})}
	for i := range n {
		id := bridge.AgentID(fmt.Sprint("agent-", i))
		br.agents[id] = bridge.Agent{ID: id, Email: string(id), Org: orgID, Enabled: true}
		token := agent.GiveToken(c.hub, id, "tab")
		c.ids, c.tokens = append(c.ids, id), append(c.tokens, token)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c.url = "ws://" + l.Addr().String() + "/agent/ws"
	b.Cleanup(serve(b, c.hub, l))
	return c
}

// connect opens all tabs by resume, many at a time, and reads their welcomes.
func (c *crowd) connect(b testing.TB, parallel int) {
	b.Helper()
	c.conns = make([]*websocket.Conn, len(c.ids))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(c.ids); i = int(next.Add(1)) - 1 {
				conn, err := agenttest.SignIn(context.Background(), agenttest.Options{
					URL: c.url, Origin: lightning, Resume: c.tokens[i], Tab: bridge.Tab{ID: "tab"},
				})
				if err != nil {
					b.Error(err)
					return
				}
				_, data, err := conn.ReadMessage()
				f, err2 := agent.DecodeFrame(data)
				if err != nil || err2 != nil || f.Welcome == nil {
					b.Errorf("no welcome: %v %v", err, err2)
					return
				}
				c.conns[i], c.tokens[i] = conn, f.Welcome.Resume
			}
		})
	}
	wg.Wait()
}

func (c *crowd) disconnect() {
	for _, conn := range c.conns {
		if conn != nil {
			_ = conn.Close()
		}
	}
	for c.hub.Count() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkShow: a call shown to one of 2,000 agents, each reading its socket.
// cpu-µs/op is the whole process: hub, kernel and the reading side.
func BenchmarkShow(b *testing.B) {
	c := newCrowd(b, 2000)
	c.connect(b, 32)
	defer c.disconnect()
	var got atomic.Int64
	for _, conn := range c.conns {
		go func() {
			buf := make([]byte, 4096)
			for {
				n, err := conn.NetConn().Read(buf)
				if err != nil {
					return
				}
				got.Add(int64(n))
			}
		}()
	}
	b.ReportAllocs()
	frame := call("c-1", 0, bridge.Ringing)
	before := cpu()
	b.ResetTimer()
	for i := range b.N {
		frame.Revision = uint64(i) + 1
		c.hub.Show(c.ids[i%len(c.ids)], frame)
		if i%256 == 255 { // no faster than they are read, or frames would be replaced in the queue
			runtime.Gosched()
		}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(got.Load())/float64(b.N), "B-read/op")
}

// BenchmarkShowQueue: Show alone, up to the queue of a tab.
func BenchmarkShowQueue(b *testing.B) {
	c := newCrowd(b, 1)
	c.connect(b, 1)
	defer c.disconnect()
	frame := call("c-1", 0, bridge.Ringing)
	go func() { _, _ = io.Copy(io.Discard, c.conns[0].NetConn()) }()
	b.ReportAllocs()
	for i := range b.N {
		frame.Revision = uint64(i) + 1
		c.hub.Show(c.ids[0], frame)
	}
}

// BenchmarkReconnect: 5,000 agents come back at once by resume, first SYN to
// last welcome, clients included.
func BenchmarkReconnect(b *testing.B) {
	raiseFiles(b)
	c := newCrowd(b, 5000)
	for b.Loop() {
		c.connect(b, 256)
		b.StopTimer()
		c.disconnect()
		b.StartTimer()
	}
}

// BenchmarkMemory: what a connected tab costs in heap and stacks, its client in
// this process included.
func BenchmarkMemory(b *testing.B) {
	raiseFiles(b)
	const n = 5000
	for b.Loop() {
		c := newCrowd(b, n)
		before := inUse()
		c.connect(b, 64)
		for i := range c.ids {
			c.hub.Show(c.ids[i], call("c-1", 1, bridge.Ringing))
		}
		time.Sleep(time.Second)
		b.ReportMetric(float64(inUse()-before)/n, "B/session")
		c.disconnect()
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func raiseFiles(b *testing.B) {
	b.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
}
