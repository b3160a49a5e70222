package pbxtest

import (
	"errors"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

func testRingGroup(t *testing.T, peer Peer, group GroupPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := group.RingGroup(r.dev[:2], maria())
	seen := map[pbx.DeviceID]pbx.ConnectionID{}
	for len(seen) < 2 {
		e := r.next("Delivered to the whole group", func(e *pbx.Event) bool { return e.Kind == pbx.EventDelivered })
		wantCaller(t, &e, maria())
		seen[e.Connection.Device] = e.Connection
	}
	r.script.Answer(r.dev[1], h)
	ended, up := false, false
	for !ended || !up {
		e := r.next("one answer and one end", func(e *pbx.Event) bool {
			return e.Kind == pbx.EventEstablished || e.Kind == pbx.EventConnectionCleared
		})
		ended = ended || e.Kind == pbx.EventConnectionCleared && e.Connection == seen[r.dev[0]]
		up = up || e.Kind == pbx.EventEstablished && e.Connection == seen[r.dev[1]]
	}
	r.script.CallerHangsUp(h)
	r.cleared(seen[r.dev[1]])
}

func testHold(t *testing.T, peer Peer, hold HoldPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], h)
	r.of(pbx.EventEstablished, e.Connection)
	hold.Hold(r.dev[0], h)
	if held := r.of(pbx.EventHeld, e.Connection); held.State != pbx.StateHeld {
		t.Errorf("Held with state %d", held.State)
	}
	hold.Retrieve(r.dev[0], h)
	if back := r.of(pbx.EventRetrieved, e.Connection); back.State != pbx.StateConnected {
		t.Errorf("Retrieved with state %d", back.State)
	}
	for _, later := range r.barrier(r.dev[0]) {
		if later.Connection == e.Connection {
			t.Errorf("retrieving also said %s", show(&later))
		}
	}
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

func testBlindTransfer(t *testing.T, peer Peer, transfer TransferPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	first := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], h)
	r.of(pbx.EventEstablished, first.Connection)
	transfer.Transfer(r.dev[0], h, r.dev[1])
	var second pbx.Event
	cleared := false
	for !cleared || second.Kind == 0 {
		e := r.next("the end here and Delivered there", func(e *pbx.Event) bool {
			return e.Connection == first.Connection || e.Kind == pbx.EventDelivered
		})
		switch {
		case e.Kind == pbx.EventDelivered && e.Connection.Device == r.dev[1]:
			second = e
		case e.Kind == pbx.EventConnectionCleared, e.Kind == pbx.EventTransferred:
			cleared = true
		}
	}
	wantCaller(t, &second, maria())
	r.script.Answer(r.dev[1], h)
	r.of(pbx.EventEstablished, second.Connection)
	r.script.CallerHangsUp(h)
	r.cleared(second.Connection)
}

// testConsultation: the identity of a connection changes to the outside
// caller's, and whatever the event is called, it must say so.
func testConsultation(t *testing.T, peer Peer, transfer TransferPeer) {
	r := startLink(t, peer, peer.Devices()...)
	h := transfer.Consult(r.dev[0], r.dev[1], maria())
	e := r.kind(pbx.EventDelivered, r.dev[1])
	colleague := e.Remote()
	if colleague.Number == maria().Number { // a switch that names the caller behind the consultation at once
		colleague = e.LastRedirection
	}
	if colleague.Number != string(r.dev[0]) {
		t.Errorf("the colleague came as %+v, want %s", colleague, r.dev[0])
	}
	r.script.Answer(r.dev[1], h)
	r.of(pbx.EventEstablished, e.Connection)
	transfer.Complete(h)
	now := r.next("an event that names the outside caller", func(x *pbx.Event) bool {
		return x.Connection == e.Connection && x.Remote().Number == maria().Number
	})
	if now.Kind == pbx.EventDelivered || now.Kind == pbx.EventConnectionCleared {
		t.Errorf("the transfer came as %s", show(&now))
	}
	wantCaller(t, &now, maria())
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

const dialed = "+493023125077"

// dial places a call and waits until the phone rings for it.
func (r *linkRun) dial() pbx.ConnectionID {
	r.t.Helper()
	dialer, ok := r.link.(pbx.Dialer)
	if !ok {
		r.t.Fatalf("the peer is a DialPeer, but %T is no pbx.Dialer", r.link)
	}
	id, err := dialer.MakeCall(r.t.Context(), r.dev[0], dialed)
	if err != nil {
		r.t.Fatalf("MakeCall: %v", err)
	}
	if id.Device != r.dev[0] || id.Call == "" {
		r.t.Fatalf("MakeCall returned %+v", id)
	}
	return id
}

func testMakeCall(t *testing.T, peer Peer, far DialPeer) {
	r := startLink(t, peer, peer.Devices()...)
	id := r.dial()
	up := func(k pbx.EventKind) {
		t.Helper()
		before, e := r.until(name(k)+" of the dialled call", func(e *pbx.Event) bool { return e.Kind == k && e.Connection.Device == id.Device })
		r.noStrangers(id, append(before, e))
	}
	far.AnswerDial(r.dev[0])
	up(pbx.EventOriginated)
	far.FarEndAnswers(dialed)
	up(pbx.EventEstablished)
	far.FarEndHangsUp(dialed)
	up(pbx.EventConnectionCleared)
	r.noStrangers(id, r.barrier(id.Device))
}

// noStrangers: all that happens at the dialling device is the one call, which
// never rings.
func (r *linkRun) noStrangers(id pbx.ConnectionID, events []pbx.Event) {
	r.t.Helper()
	for i := range events {
		e := &events[i]
		switch {
		case e.Kind == pbx.EventSnapshot || e.Connection.Device != id.Device:
		case e.Kind == pbx.EventDelivered:
			r.t.Errorf("the phone that dials was delivered a call: %s", show(e))
		case e.Connection != id:
			r.t.Errorf("event of another call than %v: %s", id, show(e))
		case e.Direction == pbx.DirectionInbound:
			r.t.Errorf("the dialled call is called inbound: %s", show(e))
		case e.Called.Number != "" && e.Called.Number != dialed:
			r.t.Errorf("the called number came as %q: %s", e.Called.Number, show(e))
		}
	}
}

func testMakeCallDeclined(t *testing.T, peer Peer, far DialPeer) {
	r := startLink(t, peer, peer.Devices()...)
	id := r.dial()
	far.DeclineDial(r.dev[0])
	before, e := r.until("Failed of the dialled call", func(e *pbx.Event) bool {
		return e.Kind == pbx.EventFailed || e.Kind == pbx.EventConnectionCleared
	})
	r.noStrangers(id, append(before, e))
	if e.Kind != pbx.EventFailed || e.Connection != id {
		t.Errorf("declining came as %s", show(&e))
	}
	for _, later := range r.barrier(id.Device) {
		if later.Connection == id && later.Kind != pbx.EventConnectionCleared {
			t.Errorf("event after Failed: %s", show(&later))
		}
	}
}

func testMakeCallBusy(t *testing.T, peer Peer, far DialPeer) {
	far.FarEndBusy(dialed)
	r := startLink(t, peer, peer.Devices()...)
	id := r.dial()
	far.AnswerDial(r.dev[0])
	before, e := r.until("Failed of the dialled call", func(e *pbx.Event) bool {
		return e.Connection.Device == id.Device && (e.Kind == pbx.EventFailed || e.Kind == pbx.EventConnectionCleared)
	})
	r.noStrangers(id, append(before, e))
	if e.Kind != pbx.EventFailed || e.Cause != pbx.CauseBusy {
		t.Errorf("a busy number came as %s", show(&e))
	}
	for _, early := range before {
		if early.Kind == pbx.EventEstablished {
			t.Errorf("a busy number was established: %s", show(&early))
		}
	}
}

// testMakeCallCleared is for links that are also a pbx.Clearer.
func testMakeCallCleared(t *testing.T, peer Peer, _ DialPeer) {
	clearer, ok := peer.Link().(pbx.Clearer)
	if !ok {
		return
	}
	r := startLink(t, peer, peer.Devices()...)
	id := r.dial()
	r.of(pbx.EventOriginated, id)
	if pbx.ServicesOf(peer.Link(), id)&pbx.ServiceClear == 0 {
		if err := clearer.ClearConnection(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("a link that says it cannot end the call: %v, want ErrNotSupported", err)
		}
		return
	}
	if err := clearer.ClearConnection(t.Context(), id); err != nil {
		t.Fatalf("ClearConnection: %v", err)
	}
	_, e := r.until("the end of the dialled call", func(e *pbx.Event) bool {
		return e.Kind == pbx.EventFailed || e.Kind == pbx.EventConnectionCleared
	})
	if e.Connection != id {
		t.Errorf("giving up ended %s", show(&e))
	}
}

func testMakeCallUnknown(t *testing.T, peer Peer, _ DialPeer) {
	r := startLink(t, peer, peer.Devices()[0])
	_, err := r.link.(pbx.Dialer).MakeCall(t.Context(), r.dev[1], dialed)
	if !errors.Is(err, pbx.ErrUnknownDevice) {
		t.Errorf("MakeCall from a device that is not watched: %v, want ErrUnknownDevice", err)
	}
}

// testMakeCallHungUp: the agent ends the call on the telephone.
func testMakeCallHungUp(t *testing.T, peer Peer, far DialPeer) {
	r := startLink(t, peer, peer.Devices()...)
	id := r.dial()
	far.AnswerDial(r.dev[0])
	far.FarEndAnswers(dialed)
	r.of(pbx.EventEstablished, id)
	r.script.HangUp(r.dev[0], "")
	r.of(pbx.EventConnectionCleared, id)
	r.noStrangers(id, r.barrier(id.Device))
}

// testAnswerCall: a call is answered by asking the switch, where the link says
// that it can be, and then it cannot be again.
func testAnswerCall(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	answerer, ok := r.link.(pbx.Answerer)
	if !ok || pbx.ServicesOf(r.link, e.Connection)&pbx.ServiceAnswer == 0 {
		t.Fatalf("%T cannot answer a call that rings", r.link)
	}
	if err := answerer.AnswerCall(t.Context(), e.Connection); err != nil {
		t.Fatalf("AnswerCall: %v", err)
	}
	r.of(pbx.EventEstablished, e.Connection)
	if err := answerer.AnswerCall(t.Context(), e.Connection); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("answering a call that is up: %v, want ErrNotSupported", err)
	}
}

// offers waits until a link offers a service for a connection: what a telephone
// says of a call may come a moment after the switch's word.
func (r *linkRun) offers(id pbx.ConnectionID, service pbx.Services) {
	r.t.Helper()
	eventually(r.t, 10*time.Second, "the service to be offered", func() bool { return pbx.ServicesOf(r.link, id)&service != 0 })
}

// testControl takes an inbound call through all that can be done with it.
func testControl(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	r.script.Ring(r.dev[0], maria())
	id := r.kind(pbx.EventDelivered, r.dev[0]).Connection
	r.offers(id, pbx.ServiceAnswer)
	r.done(r.link.(pbx.Answerer).AnswerCall(t.Context(), id))
	r.of(pbx.EventEstablished, id)
	if err := r.link.(pbx.Answerer).AnswerCall(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("answering a call that is up: %v, want ErrNotSupported", err)
	}
	for range 2 {
		r.offers(id, pbx.ServiceHold)
		r.done(r.link.(pbx.Holder).HoldCall(t.Context(), id))
		r.of(pbx.EventHeld, id)
		r.offers(id, pbx.ServiceRetrieve)
		r.done(r.link.(pbx.Holder).RetrieveCall(t.Context(), id))
		r.of(pbx.EventRetrieved, id)
	}
	r.offers(id, pbx.ServiceClear)
	r.done(r.link.(pbx.Clearer).ClearConnection(t.Context(), id))
	r.of(pbx.EventConnectionCleared, id)
	if s := pbx.ServicesOf(r.link, id); s != 0 {
		t.Errorf("a call that is over has the services %b", s)
	}
}

// testReject declines a call that rings, with another one up at the next desk.
func testReject(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	other := r.script.Ring(r.dev[1], hans())
	beside := r.kind(pbx.EventDelivered, r.dev[1]).Connection
	r.script.Answer(r.dev[1], other)
	r.of(pbx.EventEstablished, beside)
	r.script.Ring(r.dev[0], maria())
	id := r.kind(pbx.EventDelivered, r.dev[0]).Connection
	r.offers(id, pbx.ServiceClear)
	r.done(r.link.(pbx.Clearer).ClearConnection(t.Context(), id))
	r.of(pbx.EventConnectionCleared, id)
	r.script.CallerHangsUp(other)
	r.of(pbx.EventConnectionCleared, beside)
}

func (r *linkRun) done(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}
