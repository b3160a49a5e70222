package pbxtest

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

func testSnapshot(t *testing.T, peer Peer) {
	script, dev := peer.Script(), peer.Devices()
	h := script.Ring(dev[0], maria())
	script.Answer(dev[0], h)
	r := newRun(t, peer, peer.Link(), 1024)
	r.link.Watch(dev)
	r.start()
	got := r.snapshots(dev...)
	if len(got[dev[0]]) != 1 || len(got[dev[1]]) != 0 {
		t.Fatalf("the Snapshots say %+v, want one connection at %s", got, dev[0])
	}
	c := got[dev[0]][0]
	if c.State != pbx.StateConnected || c.ID.Device != dev[0] || c.ID.Call == "" || c.Calling.Number != maria().Number {
		t.Errorf("the Snapshot says %+v", c)
	}
	script.CallerHangsUp(h)
	r.of(pbx.EventConnectionCleared, c.ID)
}

// testRingingSnapshot: what rang before the link was up is told by Snapshot
// alone, and goes on from there.
func testRingingSnapshot(t *testing.T, peer Peer) {
	script, dev := peer.Script(), peer.Devices()
	h := script.Ring(dev[0], maria())
	r := newRun(t, peer, peer.Link(), 1024)
	r.link.Watch(dev)
	r.start()
	got := r.snapshots(dev...)[dev[0]]
	if len(got) != 1 || got[0].State != pbx.StateAlerting || got[0].Calling.Number != maria().Number {
		t.Fatalf("the Snapshot says %+v, want one that alerts", got)
	}
	script.Answer(dev[0], h)
	before, e := r.until("Established", func(e *pbx.Event) bool { return e.Kind == pbx.EventEstablished })
	for _, early := range before {
		if early.Kind == pbx.EventDelivered {
			t.Errorf("delivered after the Snapshot: %s", show(&early))
		}
	}
	if e.Connection != got[0].ID {
		t.Errorf("Established of %v, want %v", e.Connection, got[0].ID)
	}
	wantCaller(t, &e, maria())
	script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

func testLate(t *testing.T, peer Peer, late LatePeer) {
	link, start := late.Late()
	r := newRun(t, peer, link, 1024)
	r.link.Watch(r.dev)
	r.start()
	if s := link.Status(); s.State == pbx.LinkConnected || s.State == pbx.LinkRejected {
		t.Errorf("there is no switch yet, but Status says %q", s.State)
	}
	r.script = start()
	r.snapshots(r.dev...)
	r.settled()
	r.oneCall()
}

func testWatch(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()[0])
	r.script.CallerHangsUp(r.script.Ring(r.dev[1], hans()))
	for _, e := range r.barrier(r.dev[0]) {
		if e.Connection.Device == r.dev[1] {
			t.Errorf("event of a device that is not watched: %s", show(&e))
		}
	}
	r.link.Watch(r.dev[:2])
	r.snapshots(r.dev[1])
	h := r.script.Ring(r.dev[1], maria())
	e := r.kind(pbx.EventDelivered, r.dev[1])
	r.script.CallerHangsUp(h)
	r.of(pbx.EventConnectionCleared, e.Connection)

	r.link.Watch(r.dev[:1])
	eventually(t, patience, "one device to be watched", func() bool {
		s := r.link.Status()
		return s.Watched == 1 && s.Active == 1
	})
	r.barrier(r.dev[0])
	r.script.CallerHangsUp(r.script.Ring(r.dev[1], maria()))
	for _, e := range r.barrier(r.dev[0]) {
		if e.Connection.Device == r.dev[1] && e.Kind != pbx.EventConnectionCleared {
			t.Errorf("event of a device that is no longer watched: %s", show(&e))
		}
	}
}

func testWatchTwice(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	r.settled()
	r.link.Watch(r.dev)
	r.link.Watch(append([]pbx.DeviceID{r.dev[2]}, r.dev[:2]...))
	h := r.script.Ring(r.dev[2], maria())
	e := r.kind(pbx.EventDelivered, r.dev[2])
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

func testRestart(t *testing.T, peer Peer, restart RestartPeer) {
	r := startLink(t, peer, peer.Devices()...)
	gone := r.script.Ring(r.dev[0], maria())
	lost := r.kind(pbx.EventDelivered, r.dev[0])
	stays := r.script.Ring(r.dev[1], hans())
	kept := r.kind(pbx.EventDelivered, r.dev[1])
	r.script.Answer(r.dev[1], stays)
	r.of(pbx.EventEstablished, kept.Connection)
	restart.Restart(func() { r.script.CallerHangsUp(gone) })
	got := r.snapshots(r.dev...)
	if len(got[r.dev[0]]) != 0 {
		t.Errorf("%v ended while the link was cut, but the Snapshot says %+v", lost.Connection, got[r.dev[0]])
	}
	if len(got[r.dev[1]]) != 1 || got[r.dev[1]][0].ID != kept.Connection || got[r.dev[1]][0].State != pbx.StateConnected {
		t.Errorf("%v goes on, but the Snapshot says %+v", kept.Connection, got[r.dev[1]])
	}
	r.script.CallerHangsUp(stays)
	r.of(pbx.EventConnectionCleared, kept.Connection)
	r.settled()
}

func testRefused(t *testing.T, peer Peer, refuse RefusePeer) {
	unknown := refuse.UnknownDevice()
	r := newRun(t, peer, peer.Link(), 1024)
	r.link.Watch(append([]pbx.DeviceID{unknown}, r.dev...))
	r.start()
	r.snapshots(r.dev...)
	eventually(t, patience, "Status to refuse "+string(unknown), func() bool {
		s := r.link.Status()
		return s.State == pbx.LinkDegraded && len(s.Refused) == 1 && s.Refused[0].Device == unknown &&
			s.Refused[0].Problem != "" && s.Refused[0].Cure != "" && s.Active == len(r.dev)
	})
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

func testRejected(t *testing.T, peer Peer, reject RejectPeer) {
	r := newRun(t, peer, reject.RejectedLink(), 1024)
	r.link.Watch(r.dev)
	r.start()
	eventually(t, patience, "Status to say rejected and what to do", func() bool {
		s := r.link.Status()
		return s.State == pbx.LinkRejected && s.Problem != "" && s.Cure != ""
	})
	tried := reject.Attempts()
	time.Sleep(time.Second) // counts what must not happen in that time
	if n := reject.Attempts() - tried; n > uint64(4*len(r.dev)) {
		t.Errorf("the link tried %d times in a second with a password that is wrong", n)
	}
	if r.link.Status().State != pbx.LinkRejected {
		t.Errorf("the link went on to say %q", r.link.Status().State)
	}
}
