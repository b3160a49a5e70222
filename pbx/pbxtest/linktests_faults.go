package pbxtest

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

func testHasty(t *testing.T, peer Peer, sw HastyPeer) {
	sw.Hasty()
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

// testForgotten: a switch that reports no more on a device is asked anew.
func testForgotten(t *testing.T, peer Peer, sw ForgetPeer) {
	r := startLink(t, peer, peer.Devices()[0])
	sw.Forget(r.dev[0])
	r.snapshots(r.dev[0])
	r.oneCall()
}

// testGarbled: a message that cannot be read costs that message only.
func testGarbled(t *testing.T, peer Peer, sw GarblePeer) {
	r := startLink(t, peer, peer.Devices()...)
	sw.Garble(1)
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
