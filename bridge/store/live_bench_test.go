package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

const (
	benchOrg   = "00D000000000001EAA"
	benchCalls = 10_000
)

// contacts has a contact for every number; each answer is one of its own, as the
// directory's are.
type contacts struct{}

func (contacts) Find(_ context.Context, _ lookup.Scope, n lookup.Number) ([]lookup.Match, error) {
	id := "003000000" + string(n[len(n)-6:]) + "AAA"
	name := strings.Clone("Berta Beispiel")
	return []lookup.Match{{ID: id, Object: "Contact", Org: benchOrg, Name: name, Company: strings.Clone("Beispiel GmbH"), Match: lookup.MatchExact}}, nil
}

type noScreens struct{}

func (noScreens) Show(bridge.AgentID, bridge.Call)                         {}
func (noScreens) Navigate(bridge.AgentID, bridge.TabID, bridge.Navigation) {}

// BenchmarkLiveCall tells the memory of a call that was answered, of an agent of
// its own, with all that bridge and store keep of it: table, trace, match and what
// the store knows of its line in the log. To stay below 2 KB.
func BenchmarkLiveCall(b *testing.B) {
	var perCall float64
	for b.Loop() {
		b.StopTimer()
		perCall = float64(liveCalls(b)) / benchCalls
		b.StartTimer()
	}
	b.ReportMetric(perCall, "B/call")
	b.ReportMetric(0, "ns/op")
}

// liveCalls is the heap that the calls take.
func liveCalls(b *testing.B) int64 {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"), bytes.Repeat([]byte{42}, 32))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	br := bridge.New(bridge.Options{Directory: contacts{}, Bindings: s, Journal: s, Eraser: s, Activities: s, Logger: slog.New(slog.DiscardHandler)})
	br.SetScreens(noScreens{})
	r := bridge.Roster{Switches: []bridge.Switch{{Link: deaf("toy"), Plan: lookup.DialPlan{Country: "DE", AreaCode: "30"}}}}
	for i := range benchCalls {
		r.Agents = append(r.Agents, bridge.Agent{
			ID: bridge.AgentID(fmt.Sprint("a", i)), Org: benchOrg, Enabled: true, Devices: []bridge.Device{{Link: "toy", Extension: fmt.Sprint(10_000 + i)}},
		})
	}
	br.Configure(r)
	ctx, stop := context.WithCancel(b.Context())
	ended, events := make(chan struct{}), make(chan pbx.Event)
	go func() { defer close(ended); br.Run(ctx, events) }()
	defer func() { stop(); <-ended }()
	before := liveHeap()
	for kind := range 2 {
		for i := range benchCalls {
			events <- benchEvent(i, kind)
		}
		if err := br.Flush(ctx); err != nil { // on the disk, ringing and then answered
			b.Fatal(err)
		}
	}
	took := liveHeap() - before
	if n := br.LiveCalls(); n != benchCalls {
		b.Fatalf("%d calls live", n)
	}
	return took
}

func benchEvent(i, kind int) pbx.Event {
	ev := pbx.Event{
		Link: "toy", Kind: pbx.EventDelivered, Direction: pbx.DirectionInbound, Time: time.Now(),
		Connection: pbx.ConnectionID{Call: pbx.CallID(fmt.Sprintf("%032d", i)), Device: pbx.DeviceID(fmt.Sprint(10_000 + i))},
	}
	if kind == 0 {
		ev.Calling = pbx.Party{Number: fmt.Sprintf("+493023125%06d", i)}
	} else {
		ev.Kind = pbx.EventEstablished
	}
	return ev
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // less than 2^63
}
