package pbxtest

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// maria is an outside caller and hans another.
func maria() Caller { return Caller{Number: "+493023125001", Name: "Maria Beispiel"} }
func hans() Caller  { return Caller{Number: "+496990009002", Name: "Hans Muster"} }

// RunLinkTests runs the conformance suite; newPeer makes a fresh link and
// switch for each test. Groups of tests that need more than a Peer run if the
// peer that newPeer makes implements the interface.
func RunLinkTests(t *testing.T, newPeer func(t *testing.T) Peer) {
	for name, test := range map[string]func(*testing.T, Peer){
		"ring, answer, hang up":          testAnsweredCall,
		"caller hangs up":                testCallerHangsUp,
		"caller gives up":                testAbandoned,
		"withheld caller":                testWithheld,
		"hostile name":                   testHostileName,
		"second call while talking":      testSecondCall,
		"order of a hundred quick calls": testQuickCalls,
		"calls at all devices at once":   testAllAtOnce,
		"Watch grows and shrinks":        testWatch,
		"Watch before Run and twice":     testWatchTwice,
		"full channel loses nothing":     testFullChannel,
		"Run ends and leaves nothing":    testRunEnds,
		"Run ends though nobody reads":   testRunEndsBlocked,
		"Status counts":                  testStatus,
	} {
		t.Run(name, func(t *testing.T) { test(t, newPeer(t)) })
	}
	probe := probePeer(t, newPeer)
	if _, passive := probe.(PassivePeer); !passive {
		t.Run("Snapshot of a ringing call", func(t *testing.T) { testRingingSnapshot(t, newPeer(t)) })
		t.Run("Snapshot tells what is live", func(t *testing.T) { testSnapshot(t, newPeer(t)) })
	}
	optional(t, probe, newPeer, "ring group", testRingGroup)
	optional(t, probe, newPeer, "hold and retrieve", testHold)
	optional(t, probe, newPeer, "blind transfer", testBlindTransfer)
	optional(t, probe, newPeer, "transfer with consultation", testConsultation)
	optional(t, probe, newPeer, "reconnect", testRestart)
	optional(t, probe, newPeer, "link lost in the middle of a call", testLossMidCall)
	optional(t, probe, newPeer, "link lost again and again", testResync)
	optional(t, probe, newPeer, "unknown device", testRefused)
	optional(t, probe, newPeer, "unknown device for good", testRefusalForGood)
	optional(t, probe, newPeer, "a thousand devices", testThousand)
	optional(t, probe, newPeer, "switch comes up late", testLate)
	optional(t, probe, newPeer, "wrong password", testRejected)
	optional(t, probe, newPeer, "duplicates", testDuplicates)
	optional(t, probe, newPeer, "make call", testMakeCall)
	optional(t, probe, newPeer, "make call, far end busy", testMakeCallBusy)
	optional(t, probe, newPeer, "make call, given up", testMakeCallCleared)
	optional(t, probe, newPeer, "make call, phone declines", testMakeCallDeclined)
	optional(t, probe, newPeer, "make call, unwatched device", testMakeCallUnknown)
	optional(t, probe, newPeer, "told before the request is answered", testHasty)
	optional(t, probe, newPeer, "interval too brief", testTooBrief)
	optional(t, probe, newPeer, "device forgotten", testForgotten)
	optional(t, probe, newPeer, "garbled message", testGarbled)
	optional(t, probe, newPeer, "documents out of order", testReordered)
}

// RunDialTests are those of RunLinkTests about placing calls, for a link that
// can do so in several ways, and what else belongs to them.
func RunDialTests(t *testing.T, newPeer func(t *testing.T) Peer) {
	probe := probePeer(t, newPeer)
	optional(t, probe, newPeer, "make call", testMakeCall)
	optional(t, probe, newPeer, "make call, far end busy", testMakeCallBusy)
	optional(t, probe, newPeer, "make call, given up", testMakeCallCleared)
	optional(t, probe, newPeer, "make call, phone declines", testMakeCallDeclined)
	optional(t, probe, newPeer, "make call, unwatched device", testMakeCallUnknown)
	optional(t, probe, newPeer, "make call, agent hangs up", testMakeCallHungUp)
}

// RunAnswerTests ask a link to answer calls, which not every switch lets it.
func RunAnswerTests(t *testing.T, newPeer func(t *testing.T) Peer) {
	t.Run("answer", func(t *testing.T) { testAnswerCall(t, newPeer(t)) })
}

// RunDeskTests dial, answer, hold and hang up on telephones that do it
// themselves when they are asked to: nobody picks up or declines there.
func RunDeskTests(t *testing.T, newPeer func(t *testing.T) Peer) {
	probe := probePeer(t, newPeer)
	optional(t, probe, newPeer, "make call", testMakeCall)
	optional(t, probe, newPeer, "make call, far end busy", testMakeCallBusy)
	optional(t, probe, newPeer, "make call, given up", testMakeCallCleared)
	optional(t, probe, newPeer, "make call, unwatched device", testMakeCallUnknown)
	optional(t, probe, newPeer, "make call, agent hangs up", testMakeCallHungUp)
	t.Run("answer, hold, retrieve, hang up", func(t *testing.T) { testControl(t, newPeer(t)) })
	t.Run("reject", func(t *testing.T) { testReject(t, newPeer(t)) })
}

// RunLossTests asks more than RunLinkTests: that a link finds out when a message
// has been lost for good, by a gap in what it is told or by asking again.
func RunLossTests(t *testing.T, newPeer func(t *testing.T) Peer) {
	probe := probePeer(t, newPeer)
	optional(t, probe, newPeer, "end lost", testLostEnd)
	optional(t, probe, newPeer, "everything lost", testLostCall)
	optional(t, probe, newPeer, "end lost, then the connection", testLostConnection)
}

// probePeer makes a peer only to see what it implements.
func probePeer(t *testing.T, newPeer func(t *testing.T) Peer) (probe Peer) {
	t.Run("peer can be made", func(t *testing.T) { probe = newPeer(t) })
	return probe
}

// optional runs a test if the peer implements C.
func optional[C any](t *testing.T, probe Peer, newPeer func(t *testing.T) Peer, name string, test func(*testing.T, Peer, C)) {
	t.Helper()
	if _, able := probe.(C); !able {
		return
	}
	t.Run(name, func(t *testing.T) {
		peer := newPeer(t)
		test(t, peer, peer.(C))
	})
}

func testAnsweredCall(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	wantCaller(t, &e, maria())
	if e.State != pbx.StateAlerting || e.Direction == pbx.DirectionOutbound || e.Connection.Call == "" {
		t.Errorf("Delivered is %s, state %d, direction %d", show(&e), e.State, e.Direction)
	}
	r.script.Answer(r.dev[0], h)
	up := r.of(pbx.EventEstablished, e.Connection)
	wantCaller(t, &up, maria())
	if up.State != pbx.StateConnected {
		t.Errorf("Established with state %d, want connected", up.State)
	}
	r.script.HangUp(r.dev[0], h)
	r.cleared(e.Connection)
}

// cleared waits for the end of a connection and sees to it that it stays ended.
func (r *linkRun) cleared(id pbx.ConnectionID) pbx.Event {
	r.t.Helper()
	e := r.of(pbx.EventConnectionCleared, id)
	if e.State != pbx.StateNull {
		r.t.Errorf("ConnectionCleared with state %d, want null", e.State)
	}
	for _, later := range r.barrier(id.Device) {
		if later.Connection == id {
			r.t.Errorf("event after ConnectionCleared: %s", show(&later))
		}
	}
	return e
}

func wantCaller(t *testing.T, e *pbx.Event, want Caller) {
	t.Helper()
	got := e.Remote()
	if got.Withheld || got.Number != want.Number || got.Name != want.Name {
		t.Errorf("%s names %+v, want %q %q", name(e.Kind), got, want.Name, want.Number)
	}
}

func testCallerHangsUp(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], h)
	r.of(pbx.EventEstablished, e.Connection)
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

func testAbandoned(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], maria())
	e := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.CallerHangsUp(h)
	if end := r.cleared(e.Connection); end.Cause == pbx.CauseAnsweredElsewhere {
		t.Error("a call that nobody answered ended as answered elsewhere")
	}
}

func testWithheld(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	h := r.script.Ring(r.dev[0], Caller{Number: "+493023125009", Name: "Berta Beispiel", Withheld: true})
	e := r.kind(pbx.EventDelivered, r.dev[0])
	if want := (pbx.Party{Withheld: true}); e.Remote() != want {
		t.Errorf("withheld caller came as %+v", e.Remote())
	}
	r.script.Answer(r.dev[0], h)
	if e = r.of(pbx.EventEstablished, e.Connection); !e.Remote().Withheld {
		t.Errorf("withheld caller came as %+v when answered", e.Remote())
	}
	r.script.CallerHangsUp(h)
	r.cleared(e.Connection)
}

// testHostileName: no particular name has to arrive, but the call and its end,
// and the number, unless the name forges one: then it may be unknown, not wrong.
func testHostileName(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	for hostile, forged := range map[string]bool{
		`Meier & Co <Bau>`:       false,
		"\xff\xfe\u202e\u0007":   false,
		`100 "gute" Gr\u00fcnde`: false,
		`x">sip:+493023125666@pbx.example.com</identity><identity display="x`: true,
		`"></identity></remote><state>terminated</state><remote><identity>`:   true,
	} {
		h := r.script.Ring(r.dev[0], Caller{Number: maria().Number, Name: hostile})
		e := r.kind(pbx.EventDelivered, r.dev[0])
		if got := e.Remote().Number; got != maria().Number && (!forged || got != "") {
			t.Errorf("name %q: the number came as %q", hostile, got)
		}
		r.script.CallerHangsUp(h)
		r.cleared(e.Connection)
	}
}

func testSecondCall(t *testing.T, peer Peer) {
	r := startLink(t, peer, peer.Devices()...)
	one := r.script.Ring(r.dev[0], maria())
	first := r.kind(pbx.EventDelivered, r.dev[0])
	r.script.Answer(r.dev[0], one)
	r.of(pbx.EventEstablished, first.Connection)
	two := r.script.Ring(r.dev[0], hans())
	second := r.kind(pbx.EventDelivered, r.dev[0])
	if second.Connection.Call == first.Connection.Call {
		t.Fatalf("both calls have the id %q", first.Connection.Call)
	}
	wantCaller(t, &second, hans())
	r.script.CallerHangsUp(two)
	r.cleared(second.Connection)
	r.script.CallerHangsUp(one)
	r.cleared(first.Connection)
}
