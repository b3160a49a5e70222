package agent_test

import (
	"bytes"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/ctibridge/ctibridge/bridge"
)

// rawTab is a browser that costs nothing itself, so that what a benchmark counts
// is the hub's and the kernel's: it reads bytes, not frames.
type rawTab struct {
	conn   net.Conn
	buf    []byte
	filled int
	reads  int
}

func (r *rawTab) until(b *testing.B, end []byte) {
	for {
		n, err := r.conn.Read(r.buf[r.filled:])
		if err != nil {
			b.Fatal(err)
		}
		r.filled += n
		r.reads++
		if bytes.HasSuffix(r.buf[:r.filled], end) {
			r.filled = 0
			return
		}
	}
}

// masked is a text frame as a browser writes it; the mask is zero.
func masked(payload string) []byte {
	return append([]byte{0x80 | websocket.TextMessage, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// listener is a bridge that tells of answers.
type listener struct {
	*fakeBridge
	navigated chan bridge.PopID
}

func (l *listener) Navigated(_ bridge.AgentID, _ bridge.TabID, pop bridge.PopID) { l.navigated <- pop }

// rawCrowd is a crowd without clients of its own.
func rawCrowd(b *testing.B, n int) (*crowd, *listener, []*rawTab) {
	b.Helper()
	l := &listener{newFakeBridge(), make(chan bridge.PopID, 1)}
	c := newCrowdOn(b, l, l.fakeBridge, n)
	c.connect(b, 32)
	tabs := make([]*rawTab, n)
	buf := make([]byte, 8192) // one for all: they take turns
	for i, conn := range c.conns {
		tabs[i] = &rawTab{conn: conn.NetConn(), buf: buf}
	}
	return c, l, tabs
}

// BenchmarkCall is a whole call at one of 2,000 tabs, with nothing else going on,
// as at most desks: it rings, one tab is asked to open the record and answers, it
// is answered, it ends. Four frames out, in three writes if all goes well, one in. cpu-µs/op is the whole process:
// hub, kernel, and the bare reads and writes of the other side.
func BenchmarkCall(b *testing.B) {
	c, l, tabs := rawCrowd(b, 2000)
	defer c.disconnect()
	for _, tab := range tabs {
		tab.reads = 0
	}
	answer := masked(`{"type":"navigated","pop":"p-1"}`)
	navigation := bridge.Navigation{Pop: "p-1", Call: "c-1", Record: &bridge.RecordRef{Object: "Contact", ID: "003000000000001AAA"}}
	frames := [...]bridge.Call{call("c-1", 0, bridge.Ringing), call("c-1", 0, bridge.Connected), call("c-1", 0, bridge.Ended)}
	b.ReportAllocs()
	before := cpu()
	i := 0
	for b.Loop() {
		n := i % len(tabs)
		id, tab := c.ids[n], tabs[n]
		for k := range frames {
			frames[k].Revision = uint64(3*(i/len(tabs)) + k + 1)
			c.hub.Show(id, frames[k])
			if k > 0 {
				tab.until(b, []byte(`]}}`))
				continue
			}
			c.hub.Navigate(id, "tab", navigation)
			tab.until(b, []byte(`"}}`))
			if _, err := tab.conn.Write(answer); err != nil {
				b.Fatal(err)
			}
			<-l.navigated
		}
		i++
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	reads := 0
	for _, tab := range tabs {
		reads += tab.reads
	}
	b.ReportMetric(float64(reads)/float64(b.N), "reads/op")
}

// BenchmarkShowRead is the way of one frame from Show until the other side has
// read it, with nothing else going on.
func BenchmarkShowRead(b *testing.B) {
	c, _, tabs := rawCrowd(b, 2000)
	defer c.disconnect()
	frame := call("c-1", 0, bridge.Ringing)
	b.ReportAllocs()
	before := cpu()
	i := 0
	for b.Loop() {
		frame.Revision = uint64(i) + 1
		c.hub.Show(c.ids[i%len(tabs)], frame)
		tabs[i%len(tabs)].until(b, []byte(`]}}`))
		i++
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkAnswer is one answer of a tab until the bridge has heard it.
func BenchmarkAnswer(b *testing.B) {
	c, l, tabs := rawCrowd(b, 4000)
	defer c.disconnect()
	answer := masked(`{"type":"navigated","pop":"p-1"}`)
	b.ReportAllocs()
	before := cpu()
	i := 0
	for b.Loop() {
		if _, err := tabs[i%len(tabs)].conn.Write(answer); err != nil {
			b.Fatal(err)
		}
		<-l.navigated
		i++
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkIdle is what a tab costs in heap and stacks that has shown a call and
// answered it. Of its client only the socket is counted.
func BenchmarkIdle(b *testing.B) {
	raiseFiles(b)
	const n = 5000
	for b.Loop() {
		before, routines := inUse(), runtime.NumGoroutine()
		c, l, tabs := rawCrowd(b, n)
		for i := range c.conns {
			c.conns[i] = nil
			c.hub.Show(c.ids[i], call("c-1", 1, bridge.Ringing))
			tabs[i].until(b, []byte(`]}}`))
			if _, err := tabs[i].conn.Write(masked(`{"type":"navigated","pop":"p-1"}`)); err != nil {
				b.Fatal(err)
			}
			<-l.navigated
		}
		time.Sleep(time.Second) // until the goroutines of the greetings have gone
		b.ReportMetric(float64(inUse()-before)/n, "B/session")
		b.ReportMetric(float64(runtime.NumGoroutine()-routines)/n, "goroutines/session")
		for _, tab := range tabs {
			_ = tab.conn.Close()
		}
		c.disconnect()
	}
}
