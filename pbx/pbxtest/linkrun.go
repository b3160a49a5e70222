package pbxtest

import (
	"context"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx"
)

// patience is how long the suite waits for something that must happen.
const patience = 15 * time.Second

// linkRun is a running link and what it has said.
type linkRun struct {
	t      *testing.T
	peer   Peer
	link   pbx.Link
	script Script
	dev    []pbx.DeviceID
	events chan pbx.Event
	cancel context.CancelFunc
	ended  chan error
	// What has been said of each connection.
	delivered, over map[pbx.ConnectionID]bool
}

// startLink runs the peer's link, watching the devices, and waits for the
// Snapshot of each.
func startLink(t *testing.T, peer Peer, watch ...pbx.DeviceID) *linkRun {
	t.Helper()
	r := newRun(t, peer, peer.Link(), 1024)
	r.link.Watch(watch)
	r.start()
	r.snapshots(watch...)
	return r
}

func newRun(t *testing.T, peer Peer, link pbx.Link, buffer int) *linkRun {
	return &linkRun{
		t: t, peer: peer, link: link, script: peer.Script(), dev: peer.Devices(),
		events: make(chan pbx.Event, buffer), ended: make(chan error, 1),
		delivered: map[pbx.ConnectionID]bool{}, over: map[pbx.ConnectionID]bool{},
	}
}

func (r *linkRun) start() {
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel = cancel
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		r.ended <- r.link.Run(ctx, r.events)
	}()
	r.t.Cleanup(func() {
		cancel()
		select {
		case <-stopped:
		case <-time.After(patience):
			r.t.Errorf("Run did not return after its context ended")
		}
	})
}

// stop ends Run and waits for it.
func (r *linkRun) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Errorf("Run returned %v after its context ended, want nil", err)
		}
	case <-time.After(5 * time.Second):
		r.t.Fatal("Run did not return within 5 s after its context ended")
	}
}

// next returns the next event that fits and drops those before it.
func (r *linkRun) next(want string, fits func(*pbx.Event) bool) pbx.Event {
	r.t.Helper()
	_, e := r.until(want, fits)
	return e
}

// until is next that returns the events before as well.
func (r *linkRun) until(want string, fits func(*pbx.Event) bool) ([]pbx.Event, pbx.Event) {
	r.t.Helper()
	var before []pbx.Event
	deadline := time.After(patience)
	for {
		select {
		case e := <-r.events:
			r.check(&e)
			if fits(&e) {
				return before, e
			}
			before = append(before, e)
		case <-deadline:
			r.t.Fatalf("no %s within %v; status %+v; before it came:%s", want, patience, r.link.Status(), list(before))
		}
	}
}

// check is what holds for every event.
func (r *linkRun) check(e *pbx.Event) {
	r.t.Helper()
	r.checkOrder(e)
	if e.Link != r.link.Name() {
		r.t.Errorf("event of link %q, want %q: %s", e.Link, r.link.Name(), show(e))
	}
	if e.Time.IsZero() {
		r.t.Errorf("event without a time: %s", show(e))
	}
	for _, p := range []pbx.Party{e.Calling, e.Called, e.LastRedirection} {
		if p.Withheld && (p.Number != "" || p.Name != "") {
			r.t.Errorf("event passes a withheld identity on: %s", show(e))
		}
		if !utf8.ValidString(p.Name) || !utf8.ValidString(p.Number) {
			r.t.Errorf("event with a party that is not UTF-8: %s", show(e))
		}
	}
}

// checkOrder: a connection is delivered once, and nothing follows its end.
func (r *linkRun) checkOrder(e *pbx.Event) {
	r.t.Helper()
	switch e.Kind {
	case pbx.EventSnapshot:
		for _, c := range e.Connections {
			if r.over[c.ID] {
				r.t.Errorf("a Snapshot brings back %v", c.ID)
			}
		}
		return
	case pbx.EventLinkDown:
		return
	case pbx.EventDelivered:
		if r.delivered[e.Connection] {
			r.t.Errorf("delivered twice: %s", show(e))
		}
		r.delivered[e.Connection] = true
	case pbx.EventConnectionCleared, pbx.EventFailed:
		defer func() { r.over[e.Connection] = true }()
	default:
	}
	if r.over[e.Connection] && e.Kind != pbx.EventConnectionCleared {
		r.t.Errorf("event after the end of its connection: %s", show(e))
	}
}

// snapshots waits for one Snapshot of each device.
func (r *linkRun) snapshots(devices ...pbx.DeviceID) map[pbx.DeviceID][]pbx.Connection {
	r.t.Helper()
	got := map[pbx.DeviceID][]pbx.Connection{}
	missing := map[pbx.DeviceID]bool{}
	for _, d := range devices {
		missing[d] = true
	}
	for len(missing) > 0 {
		e := r.next(fmt.Sprintf("Snapshot of %v", missing), func(e *pbx.Event) bool {
			return e.Kind == pbx.EventSnapshot && missing[e.Connection.Device]
		})
		delete(missing, e.Connection.Device)
		got[e.Connection.Device] = e.Connections
	}
	return got
}

// kind waits for the next event of that kind at the device.
func (r *linkRun) kind(k pbx.EventKind, d pbx.DeviceID) pbx.Event {
	r.t.Helper()
	return r.next(name(k)+" at "+string(d), func(e *pbx.Event) bool { return e.Kind == k && e.Connection.Device == d })
}

// of waits for the next event of that kind of one connection.
func (r *linkRun) of(k pbx.EventKind, id pbx.ConnectionID) pbx.Event {
	r.t.Helper()
	return r.next(fmt.Sprintf("%s of %v", name(k), id), func(e *pbx.Event) bool { return e.Kind == k && e.Connection == id })
}

// barrier rings the device once more and returns all events up to that call's
// Delivered: what has not come by then does not come.
func (r *linkRun) barrier(d pbx.DeviceID) []pbx.Event {
	r.t.Helper()
	const number = "+493023125999"
	h := r.script.Ring(d, Caller{Number: number, Name: "Barrier"})
	before, _ := r.until("Delivered of the barrier call", func(e *pbx.Event) bool {
		return e.Kind == pbx.EventDelivered && e.Connection.Device == d && e.Calling.Number == number
	})
	r.script.CallerHangsUp(h)
	return before
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", limit, what)
		}
		time.Sleep(2 * time.Millisecond) // polls a state that nobody signals
	}
}

// name is the event kind in ECMA-269's words.
func name(k pbx.EventKind) string {
	names := [...]string{
		"no event", "Originated", "Delivered", "Established", "Held", "Retrieved", "Diverted", "Transferred",
		"Conferenced", "Queued", "Failed", "ConnectionCleared", "Snapshot", "LinkDown",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("event kind %d", k)
}

func show(e *pbx.Event) string {
	return fmt.Sprintf("%s %v calling %+v called %+v cause %d", name(e.Kind), e.Connection, e.Calling, e.Called, e.Cause)
}

func list(events []pbx.Event) string {
	out := ""
	for i := range events {
		out += "\n\t" + show(&events[i])
	}
	return out
}
