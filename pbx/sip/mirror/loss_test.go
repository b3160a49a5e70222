package mirror

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/hep"
)

// checkLossy is what has to hold whatever packets were lost or overtaken:
// nobody unwatched, nobody but the real far ends, no call delivered twice,
// nothing after its end, and an event for everything that it ends.
func checkLossy(t *testing.T, name string, events []pbx.Event) {
	t.Helper()
	watched := devicesOf(name)
	began, delivered, over := map[pbx.ConnectionID]bool{}, map[pbx.ConnectionID]int{}, map[pbx.ConnectionID]bool{}
	for i := range events {
		e := &events[i]
		if !slices.Contains(watched, e.Connection.Device) {
			t.Errorf("%s: event about %s", name, e.Connection.Device)
		}
		if remote := e.Remote(); remote.Known() && !farEnds[remote.Number] || remote.Number == string(e.Connection.Device) {
			t.Errorf("%s: %s talks to %q", name, e.Connection.Device, remote.Number)
		}
		if over[e.Connection] {
			t.Errorf("%s: %s after the end", name, kindNames[e.Kind])
		}
		switch e.Kind {
		case pbx.EventDelivered:
			if delivered[e.Connection]++; delivered[e.Connection] > 1 {
				t.Errorf("%s: delivered twice", name)
			}
		case pbx.EventConnectionCleared, pbx.EventFailed, pbx.EventDiverted:
			over[e.Connection] = true
			if !began[e.Connection] {
				t.Errorf("%s: the end of a call that never was", name)
			}
		default:
		}
		began[e.Connection] = true
	}
}

// farEnds are those who take part in the scenarios.
var farEnds = map[string]bool{
	"+493023125006": true, "103": true, "104": true, "1001": true, "1002": true,
	"*8103": true, "**1001": true,
}

// TestLossy drops one packet in ten, and lets packets overtake each other.
func TestLossy(t *testing.T) {
	for name := range scenarios {
		packets := capture(t, scenario(name))
		for seed := range uint64(200) {
			rng := rand.New(rand.NewPCG(seed, 1))
			var kept []hep.Packet
			for _, p := range packets {
				if rng.IntN(10) > 0 {
					kept = append(kept, p)
				}
			}
			checkLossy(t, name, feed(t, follow(devicesOf(name)...), kept))
			mixed := slices.Clone(packets)
			for i := range mixed {
				j := min(i+rng.IntN(6), len(mixed)-1)
				mixed[i], mixed[j] = mixed[j], mixed[i]
			}
			checkLossy(t, name, feed(t, follow(devicesOf(name)...), mixed))
			if t.Failed() {
				t.Fatalf("%s, seed %d", name, seed)
			}
		}
	}
}

// TestTwice: each packet twice, as a proxy mirrors both sides of itself.
func TestTwice(t *testing.T) {
	for name, want := range scenarios {
		var twice []hep.Packet
		for _, p := range capture(t, scenario(name)) {
			twice = append(twice, p, p)
		}
		var got lines
		got.add(feed(t, follow(devicesOf(name)...), twice)...)
		if !slices.Equal(got.out, want) {
			t.Errorf("%s: with every packet twice: %q", name, got.out)
		}
	}
}
