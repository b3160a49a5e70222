package pbxtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// testLossMidCall: calls go on while the link is cut. What was answered or began
// meanwhile is told by the Snapshots, and goes on from there under its old key.
func testLossMidCall(t *testing.T, peer Peer, restart RestartPeer) {
	r := startLink(t, peer, peer.Devices()...)
	ringing := r.script.Ring(r.dev[0], maria())
	rang := r.kind(pbx.EventDelivered, r.dev[0])
	var late CallHandle
	restart.Restart(func() {
		r.script.Answer(r.dev[0], ringing)
		late = r.script.Ring(r.dev[1], hans())
		r.script.Answer(r.dev[1], late)
	})
	got := r.snapshots(r.dev...)
	if c := got[r.dev[0]]; len(c) != 1 || c[0].ID != rang.Connection || c[0].State != pbx.StateConnected {
		t.Errorf("%v was answered while the link was cut, but the Snapshot says %+v", rang.Connection, c)
	}
	c := got[r.dev[1]]
	if len(c) != 1 || c[0].State != pbx.StateConnected {
		t.Fatalf("a call began while the link was cut, but the Snapshot says %+v", c)
	}
	r.script.CallerHangsUp(ringing)
	r.cleared(rang.Connection)
	r.script.CallerHangsUp(late)
	r.cleared(c[0].ID)
}

// testResync: the link is cut again and again, and knows the truth each time.
func testResync(t *testing.T, peer Peer, restart RestartPeer) {
	r := startLink(t, peer, peer.Devices()...)
	stays := r.script.Ring(r.dev[0], maria())
	kept := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], stays)
	r.of(pbx.EventEstablished, kept.Connection)
	for i := range 3 {
		other := r.script.Ring(r.dev[1], Caller{Number: quickNumber(i)})
		rang := r.kind(pbx.EventDelivered, r.dev[1])
		restart.Restart(func() { r.script.CallerHangsUp(other) })
		got := r.snapshots(r.dev...)
		if c := got[r.dev[0]]; len(c) != 1 || c[0].ID != kept.Connection {
			t.Errorf("cut %d: %v goes on, but the Snapshot says %+v", i, kept.Connection, c)
		}
		if c := got[r.dev[1]]; len(c) != 0 {
			t.Errorf("cut %d: %v ended, but the Snapshot says %+v", i, rang.Connection, c)
		}
		r.settled()
	}
	r.script.CallerHangsUp(stays)
	r.cleared(kept.Connection)
}

// testLostEnd: nobody says that the call has ended. A gap, the next full document
// or a question tells.
func testLostEnd(t *testing.T, peer Peer, sw LossPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	sw.Lose(1)
	r.script.CallerHangsUp(h)
	r.script.CallerHangsUp(r.script.Ring(r.dev[0], hans()))
	r.gone(e.Connection)
}

// testLostCall: a call is answered, held if the switch can do that, and ended, and
// nothing of it is told but that it rang. The next call comes as ever.
func testLostCall(t *testing.T, peer Peer, sw LossPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	sw.Lose(-1)
	r.script.Answer(r.dev[0], h)
	if holds, able := peer.(HoldPeer); able {
		holds.Hold(r.dev[0], h)
	}
	r.script.CallerHangsUp(h)
	sw.Lose(0)
	next := r.script.Ring(r.dev[0], hans())
	r.gone(e.Connection)
	r.script.CallerHangsUp(next)
	r.oneCall()
}

// lossyPeer can lose messages and connections.
type lossyPeer interface {
	LossPeer
	BreakPeer
}

// testLostConnection: what ended unheard is gone after the connection was broken
// and made again, and what goes on keeps its key.
func testLostConnection(t *testing.T, peer Peer, sw lossyPeer) {
	r := startLink(t, peer, peer.Devices()...)
	stays := r.script.Ring(r.dev[1], hans())
	kept := r.kind(pbx.EventDelivered, r.dev[1])
	for range 3 {
		h := r.script.Ring(r.dev[0], maria())
		r.kind(pbx.EventDelivered, r.dev[0])
		sw.Lose(1)
		r.script.CallerHangsUp(h)
		sw.Disconnect()
		r.next("LinkDown", func(e *pbx.Event) bool { return e.Kind == pbx.EventLinkDown })
		got := r.snapshots(r.dev...)
		if c := got[r.dev[0]]; len(c) != 0 {
			t.Errorf("the call has ended, but the Snapshot says %+v", c)
		}
		if c := got[r.dev[1]]; len(c) != 1 || c[0].ID != kept.Connection {
			t.Errorf("%v goes on, but the Snapshot says %+v", kept.Connection, c)
		}
		r.settled()
	}
	r.script.CallerHangsUp(stays)
	r.cleared(kept.Connection)
}

// gone waits for the end of a connection, told by itself or by a Snapshot.
func (r *linkRun) gone(id pbx.ConnectionID) {
	r.t.Helper()
	r.next("the end of the call, in whatever way", func(e *pbx.Event) bool {
		if e.Kind == pbx.EventSnapshot && e.Connection.Device == id.Device {
			return !slices.ContainsFunc(e.Connections, func(c pbx.Connection) bool { return c.ID == id })
		}
		return e.Kind == pbx.EventConnectionCleared && e.Connection == id
	})
}

// testRefusalForGood: a device that is refused costs the others nothing, is not
// asked for again and again, and is forgotten when nobody watches it any more.
func testRefusalForGood(t *testing.T, peer Peer, refuse RefusePeer) {
	unknown := refuse.UnknownDevice()
	r := startLink(t, peer, peer.Devices()...)
	r.link.Watch(append([]pbx.DeviceID{unknown}, r.dev...))
	eventually(t, patience, "Status to refuse "+string(unknown), func() bool {
		s := r.link.Status()
		return len(s.Refused) == 1 && s.Refused[0].Device == unknown && s.State == pbx.LinkDegraded
	})
	counter, counts := peer.(RejectPeer)
	var before uint64
	if counts {
		before = counter.Attempts()
	}
	const calls = 20
	for i := range calls {
		h := r.script.Ring(r.dev[i%3], Caller{Number: quickNumber(i)})
		e := r.kind(pbx.EventDelivered, r.dev[i%3])
		r.script.CallerHangsUp(h)
		r.of(pbx.EventConnectionCleared, e.Connection)
	}
	if s := r.link.Status(); len(s.Refused) != 1 || s.Active != len(r.dev) {
		t.Errorf("after %d calls Status says %+v", calls, s)
	}
	if counts {
		if n := counter.Attempts() - before; n > uint64(8*len(r.dev)) {
			t.Errorf("%d attempts while %d calls came and went", n, calls)
		}
	}
	r.link.Watch(r.dev)
	r.settled()
	if s := r.link.Status(); len(s.Refused) != 0 {
		t.Errorf("a device that nobody watches is still refused: %+v", s.Refused)
	}
}

// testThousand: a thousand devices are watched, and each is heard of.
func testThousand(t *testing.T, peer Peer, many ManyPeer) {
	const devices = 1000
	link, script, dev := many.Many(devices)
	if len(dev) != devices {
		t.Fatalf("the peer has %d devices", len(dev))
	}
	r := newRun(t, peer, link, 1024)
	r.script, r.dev = script, dev
	busy := script.Ring(dev[devices-1], hans())
	r.link.Watch(dev)
	r.start()
	got := r.snapshots(dev...)
	if _, passive := peer.(PassivePeer); !passive && len(got[dev[devices-1]]) != 1 {
		t.Errorf("a call was there before, but the Snapshot says %+v", got[dev[devices-1]])
	}
	r.settled()
	script.CallerHangsUp(busy)
	handles := map[pbx.DeviceID]CallHandle{}
	number := func(i int) string { return fmt.Sprintf("+4930231250%02d", i%100) }
	for i := 0; i < devices-1; i += 7 {
		handles[dev[i]] = script.Ring(dev[i], Caller{Number: number(i)})
	}
	for i := 0; i < devices-1; i += 7 { // in whatever order they come
		e := r.next("Delivered of any", func(e *pbx.Event) bool { return e.Kind == pbx.EventDelivered })
		h, rung := handles[e.Connection.Device]
		if !rung {
			t.Fatalf("delivered twice, or never rung: %s", show(&e))
		}
		delete(handles, e.Connection.Device)
		script.CallerHangsUp(h)
	}
	r.link.Watch(dev[:3])
	eventually(t, patience, "three devices to be watched", func() bool {
		s := r.link.Status()
		return s.Watched == 3 && s.Active == 3
	})
}
