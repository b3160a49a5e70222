package pbxtest

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

func testQuickCalls(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	const calls = 100
	go func() { // so that the link is read while the switch rings
		for i := range calls {
			h := r.script.Ring(r.dev[0], Caller{Number: quickNumber(i)})
			r.script.CallerHangsUp(h)
		}
	}()
	for i := range calls {
		e := r.kind(pbx.EventDelivered, r.dev[0])
		if e.Remote().Number != quickNumber(i) {
			t.Fatalf("call %d came as %s", i, show(&e))
		}
		r.of(pbx.EventConnectionCleared, e.Connection)
	}
}

// testAllAtOnce rings every device from a goroutine of its own.
func testAllAtOnce(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	const calls = 30
	for n, d := range r.dev {
		go func() {
			for i := range calls {
				r.script.CallerHangsUp(r.script.Ring(d, Caller{Number: quickNumber(n*calls + i)}))
			}
		}()
	}
	seen := map[pbx.DeviceID]int{}
	for range calls * len(r.dev) {
		e := r.next("Delivered", func(e *pbx.Event) bool { return e.Kind == pbx.EventDelivered })
		d := e.Connection.Device
		if want := quickNumber(slices.Index(r.dev, d)*calls + seen[d]); e.Remote().Number != want {
			t.Fatalf("call %d at %s came as %s, want %s", seen[d], d, show(&e), want)
		}
		seen[d]++
	}
}

// quickNumber is a different fictitious number for each i below 1,000.
func quickNumber(i int) string { return fmt.Sprintf("+49302312%04d", 5000+i) }

func testFullChannel(t *testing.T, peer Peer) {
	r := newRun(t, peer, peer.Link(), 0)
	r.link.Watch(r.dev)
	r.start()
	r.snapshots(r.dev...)
	const calls = 10 // their documents fit into any socket's buffer
	rung := make(chan struct{})
	go func() {
		defer close(rung)
		for i := range calls {
			h := r.script.Ring(r.dev[0], Caller{Number: quickNumber(i)})
			r.script.CallerHangsUp(h)
		}
	}()
	select { // nobody reads for a while
	case <-rung:
	case <-time.After(time.Second):
	}
	for i := range calls {
		e := r.next("Delivered", func(e *pbx.Event) bool {
			return e.Kind == pbx.EventDelivered && e.Remote().Number == quickNumber(i)
		})
		r.of(pbx.EventConnectionCleared, e.Connection)
	}
	<-rung
}

func testRunEnds(t *testing.T, peer Peer) {
	before := runtime.NumGoroutine()
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	r.kind(pbx.EventDelivered, r.dev[0])
	r.stop()
	r.script.CallerHangsUp(h)
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before Run, %d after:\n%s", before, runtime.NumGoroutine(), stacks())
		}
		time.Sleep(5 * time.Millisecond) // polls a state that nobody signals
	}
	if s := r.link.Status(); s.State == pbx.LinkConnected {
		t.Errorf("the link says %q after Run has ended", s.State)
	}
}

func stacks() string {
	buf := make([]byte, 1<<16)
	return string(buf[:runtime.Stack(buf, true)])
}

func testRunEndsBlocked(t *testing.T, peer Peer) {
	r := newRun(t, peer, peer.Link(), 0)
	r.link.Watch(r.dev)
	r.start()
	r.snapshots(r.dev...)
	rung := make(chan struct{})
	go func() {
		defer close(rung)
		r.script.Ring(r.dev[0], maria())
	}()
	select { // time to get stuck; that it is shorter makes the test only weaker
	case <-rung:
	case <-time.After(200 * time.Millisecond):
	}
	r.stop()
	<-rung
}

func testStatus(t *testing.T, peer Peer) {
	link := peer.Link()
	if s := link.Status(); s.State == pbx.LinkConnected {
		t.Errorf("the link says %q before Run", s.State)
	}
	r := startLink(t, peer, peer.Devices()...)
	before := r.settled().Events
	r.script.Ring(r.dev[0], maria())
	r.kind(pbx.EventDelivered, r.dev[0])
	eventually(t, patience, "Status to count the event", func() bool {
		s := link.Status()
		return s.Events > before && !s.LastEvent.IsZero()
	})
}

// settled waits until every device is reported on.
func (r *linkRun) settled() pbx.Status {
	r.t.Helper()
	var s pbx.Status
	eventually(r.t, patience, "Status to say connected, all devices active", func() bool {
		s = r.link.Status()
		return s.State == pbx.LinkConnected && s.Watched == len(r.dev) && s.Active == s.Watched
	})
	return s
}

func testDuplicates(t *testing.T, peer Peer, dup DuplicatePeer) {
	dup.Duplicate(true)
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], h)
	r.script.HangUp(r.dev[0], h)
	kinds := ""
	for _, later := range r.barrier(r.dev[0]) {
		if later.Connection == e.Connection {
			kinds += name(later.Kind) + " "
		}
	}
	if kinds != "Established ConnectionCleared " {
		t.Errorf("after Delivered, with every message twice, came %s", kinds)
	}
}
