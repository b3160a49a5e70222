package bridge

import (
	"fmt"
	"log/slog"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

const benchAgents = 2000

// benchBridge is a bridge with 2,000 agents, each with a telephone and a tab, and
// a list of exclusions, which costs every call.
func benchBridge() *Bridge {
	b := New(Options{Directory: &directory{}, Bindings: bindings{}, Logger: slog.New(slog.DiscardHandler)})
	b.SetScreens(&noScreens{})
	r := Roster{
		Switches:   []Switch{{Link: &dialer{name: "toy"}, Plan: lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}}},
		Exclusions: []Exclusion{{Number: "+493023125500"}, {Number: "+4930231256*"}, {Extension: "190"}},
	}
	for i := range benchAgents {
		r.Agents = append(r.Agents, Agent{
			ID: AgentID(fmt.Sprint("a", i)), Email: fmt.Sprintf("a%d@example.com", i), Org: org, Enabled: true,
			Devices: []Device{{"toy", benchDevice(i)}},
		})
	}
	b.Configure(r)
	return b
}

type noScreens struct{}

func (*noScreens) Show(AgentID, Call)                  {}
func (*noScreens) Navigate(AgentID, TabID, Navigation) {}

func benchDevice(i int) string { return fmt.Sprint(1000 + i%benchAgents) }

// benchEvent is the kind-th event of call i: delivered, established, cleared.
func benchEvent(i, kind int) pbx.Event {
	ev := pbx.Event{
		Link: "toy", Direction: pbx.DirectionInbound, Time: time.Now(),
		Connection: pbx.ConnectionID{Call: pbx.CallID(fmt.Sprint("c", i)), Device: pbx.DeviceID(benchDevice(i))},
	}
	switch kind {
	case 0:
		ev.Kind, ev.Calling = pbx.EventDelivered, pbx.Party{Number: fmt.Sprintf("022147%05d", 10000+i%1000)}
	case 1:
		ev.Kind = pbx.EventEstablished
	default:
		ev.Kind = pbx.EventConnectionCleared
	}
	return ev
}

// BenchmarkEvent is one event through table, decision and Screens, a third each of
// ringing, answer and end, with 2,000 agents. To stay below 15 µs.
func BenchmarkEvent(b *testing.B) {
	br := benchBridge()
	ctx := b.Context()
	b.ReportAllocs()
	i, spent := 0, processorTime()
	defer func() { b.ReportMetric(float64(processorTime()-spent)/float64(b.N), "cpu-ns/op") }()
	for b.Loop() {
		ev := benchEvent(i/3, i%3)
		br.handle(ctx, &ev)
		if i++; i%30_000 == 0 { // as the clock does every 250 ms
			b.StopTimer()
			br.mu.Lock()
			br.table.purge(time.Now().Add(2 * keepEnded))
			br.mu.Unlock()
			b.StartTimer()
		}
	}
}

// BenchmarkLiveCall tells the memory of a live call, answered and shown. To stay
// below 2 KB.
func BenchmarkLiveCall(b *testing.B) {
	const calls = 20_000
	var bytes float64
	for b.Loop() {
		br := benchBridge()
		before := heap()
		for i := range calls {
			for kind := range 2 {
				ev := benchEvent(i, kind)
				br.handle(b.Context(), &ev)
			}
		}
		bytes = float64(heap()-before) / calls
		runtime.KeepAlive(br)
	}
	b.ReportMetric(bytes, "B/call")
	b.ReportMetric(0, "ns/op")
}

// processorTime is what the process has spent, in nanoseconds: on a busy machine
// it says more than the clock.
func processorTime() int64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Utime.Nano() + r.Stime.Nano()
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
