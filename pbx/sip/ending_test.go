package sip

import (
	"errors"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// TestMakeCallWhileTheSessionEnds: a session that ends waits for calls being
// handed over. What is asked for meanwhile must not ring at the next session,
// minutes later.
func TestMakeCallWhileTheSessionEnds(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103", "104")
	for range 2 {
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		<-r.events
	}
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == 2 })
	id, err := r.link.MakeCall(t.Context(), "103", berta)
	if err != nil {
		t.Fatal(err)
	}
	r.want(id, pbx.EventOriginated, pbx.CauseNone)
	n.answerInvite()
	n.answer(n.next("REFER"), 202, "Accepted")
	r.link.mu.Lock()
	s := r.link.session
	r.link.mu.Unlock()
	s.fail(transport.ErrTimeout)
	bye := n.next("BYE") // the session is ending, and waits for the answer
	if _, err := r.link.MakeCall(t.Context(), "104", hans); !errors.Is(err, pbx.ErrLinkDown) {
		t.Errorf("a call while the session ends: %v", err)
	}
	n.answer(bye, 200, "OK")
	sub := n.next("SUBSCRIBE") // of the next session
	n.grant(sub, 600)
	select {
	case req := <-n.got:
		if req.Method == "INVITE" {
			t.Errorf("the next session rang %s", req.Recipient.User)
		}
	case <-time.After(100 * time.Millisecond):
	}
}

// TestBeginFailsOldDials: whatever waits from before is told to have failed.
func TestBeginFailsOldDials(t *testing.T) {
	t.Parallel()
	l := newLink(t, pbx.LinkConfig{})
	l.Watch([]pbx.DeviceID{"103"})
	events := make(chan pbx.Event, 8)
	s, err := l.open(t.Context(), events, targetOf(t, l))
	if err != nil {
		t.Fatal(err)
	}
	defer s.wire.Close()
	old := &dialing{key: "dial-old", device: "103", called: berta}
	l.devices["103"].tracker.dial = old
	l.dialJobs <- old
	s.begin()
	if len(l.dialJobs) != 0 || len(events) != 1 {
		t.Fatalf("%d calls still wait, %d events", len(l.dialJobs), len(events))
	}
	if e := <-events; e.Kind != pbx.EventFailed || e.Connection.Call != old.key {
		t.Errorf("event %+v", e)
	}
}
