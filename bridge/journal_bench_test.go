package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// blank is a journal that keeps nothing, at no cost.
type blank struct{}

func (blank) Keep(context.Context, []JournalEntry) error                   { return nil }
func (blank) Living(context.Context) ([]JournalEntry, error)               { return nil, nil }
func (blank) Recent(context.Context, AgentID, bool) ([]RecentEntry, error) { return nil, nil }

// BenchmarkRingKept is BenchmarkRing with a journal: what the decision pays is
// the steps and the list of what waits, what its goroutine pays is collecting it.
func BenchmarkRingKept(b *testing.B) {
	br := New(Options{Directory: &directory{}, Bindings: bindings{}, Journal: blank{}, Logger: slog.New(slog.DiscardHandler)})
	br.SetScreens(silent{})
	br.Configure(Roster{
		Agents:   []Agent{{ID: "ada", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true}},
		Switches: []Switch{{Link: &dialer{name: "toy"}}},
	})
	b.ReportAllocs()
	id := pbx.ConnectionID{Call: "a", Device: "1001"}
	party := pbx.Party{Number: known, Name: "Berta Beispiel"}
	for b.Loop() {
		now := time.Now()
		for _, kind := range []pbx.EventKind{pbx.EventDelivered, pbx.EventEstablished, pbx.EventConnectionCleared} {
			br.handle(b.Context(), &pbx.Event{Link: "toy", Kind: kind, Connection: id, Direction: pbx.DirectionInbound, Calling: party, Time: now})
		}
		br.writeJournal(b.Context())
		br.mu.Lock()
		br.table.purge(now.Add(keepEnded))
		br.mu.Unlock()
	}
}

// BenchmarkLiveCallKept measures the memory of a call that rings, was looked up and
// waits to be written.
func BenchmarkLiveCallKept(b *testing.B) {
	const calls = 10_000
	agents := make([]Agent, calls)
	for i := range agents {
		agents[i] = Agent{ID: AgentID(fmt.Sprintf("agent-%d", i)), Org: org, Devices: []Device{{"toy", fmt.Sprint(i)}}, Enabled: true}
	}
	for b.Loop() {
		br := New(Options{Directory: &directory{}, Bindings: bindings{}, Journal: blank{}, Logger: slog.New(slog.DiscardHandler)})
		br.SetScreens(silent{})
		br.Configure(Roster{Agents: agents, Switches: []Switch{{Link: &dialer{name: "toy"}}}})
		before := heapKept()
		for i := range calls {
			br.handle(b.Context(), &pbx.Event{
				Link: "toy", Kind: pbx.EventDelivered, Direction: pbx.DirectionInbound, Time: time.Now(),
				Connection: pbx.ConnectionID{Call: pbx.CallID(fmt.Sprintf("%032d", i)), Device: pbx.DeviceID(fmt.Sprint(i))},
				Calling:    pbx.Party{Number: fmt.Sprintf("+4930231%05d", i), Name: "Berta Beispiel"},
			})
		}
		b.ReportMetric(float64(heapKept()-before)/calls, "B/call")
		runtime.KeepAlive(br)
	}
}

func heapKept() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
