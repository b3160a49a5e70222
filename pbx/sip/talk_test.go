package sip

import (
	"errors"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestAnswerByTalk: a NOTIFY with Event: talk goes to the agent's address, and
// only where it would answer the call that is meant.
func TestAnswerByTalk(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, r, sub := referOutPeer(t, transport, pbx.LinkConfig{AnswerBy: "talk", Profile: "generic"})
		n.notify(sub, 2, "active", info(1, ringing("a", berta)))
		r.next("103 Delivered a in " + berta)
		id := pbx.ConnectionID{Call: "a", Device: "103"}
		if got := r.link.Services(id); got != pbx.ServiceAnswer {
			t.Errorf("services %b", got)
		}
		for code, want := range map[int]error{200: nil, 489: pbx.ErrNotSupported} {
			done := make(chan error, 1)
			go func() { done <- r.link.AnswerCall(t.Context(), id) }()
			talk := n.next("NOTIFY")
			if h := talk.GetHeader("Event"); h == nil || h.Value() != "talk" || talk.Recipient.User != "103" || talk.GetHeader("Subscription-State") == nil {
				t.Errorf("NOTIFY:\n%s", talk)
			}
			n.answer(talk, code, "As Told")
			if err := <-done; !errors.Is(err, want) {
				t.Errorf("%d gives %v, want %v", code, err, want)
			}
		}
		n.notify(sub, 3, "active", info(2, ringing("a", berta)+ringing("b", hans)))
		r.next("103 Delivered b in " + hans)
		if err := r.link.AnswerCall(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("one of two calls that ring: %v", err)
		}
	})
}

// TestAnswerNotSupported: a B2BUA keeps the event to itself.
func TestAnswerNotSupported(t *testing.T) {
	t.Parallel()
	for _, cfg := range []pbx.LinkConfig{
		{AnswerBy: "talk", Profile: "freeswitch"}, {AnswerBy: "talk", Profile: "asterisk"}, {Profile: "generic"},
	} {
		n, r, sub := referOutPeer(t, "udp", cfg)
		n.notify(sub, 2, "active", info(1, ringing("103", berta)))
		e := <-r.events
		if got := r.link.Services(e.Connection); got != 0 {
			t.Errorf("%+v: services %b", cfg, got)
		}
		if err := r.link.AnswerCall(t.Context(), e.Connection); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
