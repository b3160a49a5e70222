package pbxtest

import (
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

func testNotifyFirst(t *testing.T, peer Peer, sw FaultPeer) {
	sw.Inject(FaultNotifyFirst, -1)
	r := startLink(t, peer, peer.Devices()...)
	r.settled()
	r.oneCall()
}

func testTooBrief(t *testing.T, peer Peer, sw FaultPeer) {
	sw.Inject(FaultTooBrief, len(peer.Devices()))
	r := startLink(t, peer, peer.Devices()...)
	r.settled()
	r.oneCall()
}

// testGone: the next refresh gets 481, and a new subscription takes over.
func testGone(t *testing.T, peer Peer, sw FaultPeer) {
	r := startLink(t, peer, peer.Devices()[0])
	sw.Inject(FaultGone, 1)
	r.snapshots(r.dev[0])
	r.oneCall()
}

// testMalformed: a document that cannot be read costs that document only.
func testMalformed(t *testing.T, peer Peer, sw FaultPeer) {
	r := startLink(t, peer, peer.Devices()...)
	sw.Inject(FaultMalformedBody, 1)
	r.script.CallerHangsUp(r.script.Ring(r.dev[0], hans()))
	r.oneCall()
}

// testReordered: early arrives after confirmed. It may add what confirmed did
// not say, but the call does not ring again.
func testReordered(t *testing.T, peer Peer, sw FaultPeer) {
	r := startLink(t, peer, peer.Devices()...)
	sw.Inject(FaultReorderNotify, 1)
	h := r.script.Ring(r.dev[0], maria())
	r.script.Answer(r.dev[0], h)
	e := r.kind(pbx.EventEstablished, r.dev[0])
	wantCaller(t, &e, maria())
	for _, later := range r.barrier(r.dev[0]) {
		if later.Connection == e.Connection && (later.Kind == pbx.EventDelivered || later.Kind == pbx.EventHeld) {
			t.Errorf("an old document after Established came as %s", show(&later))
		}
	}
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

// testLostEnd: nobody says that the call has ended. The gap in the versions, or
// the next full document, tells.
func testLostEnd(t *testing.T, peer Peer, sw FaultPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	sw.Inject(FaultDropNotify, 1)
	r.script.CallerHangsUp(h)
	r.script.CallerHangsUp(r.script.Ring(r.dev[0], hans()))
	r.next("the end of the call, in whatever way", func(x *pbx.Event) bool {
		if x.Kind == pbx.EventSnapshot && x.Connection.Device == r.dev[0] {
			return !slices.ContainsFunc(x.Connections, func(c pbx.Connection) bool { return c.ID == e.Connection })
		}
		return x.Kind == pbx.EventConnectionCleared && x.Connection == e.Connection
	})
}

// oneCall sees that a call comes and goes as ever.
func (r *linkRun) oneCall() {
	r.t.Helper()
	h := r.script.Ring(r.dev[0], maria())
	e := r.next("Delivered of the call", func(e *pbx.Event) bool {
		return e.Kind == pbx.EventDelivered && e.Remote().Number == maria().Number
	})
	r.script.Answer(r.dev[0], h)
	r.of(pbx.EventEstablished, e.Connection)
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}
