package sip

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestTransferSettles: the link's one timer tells of a transfer half a second
// after the agent's call ended, and of what still waits when the link stops.
func TestTransferSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, pbx.LinkConfig{})
		events := make(chan pbx.Event, 64)
		ctx, cancel := context.WithCancel(t.Context())
		end := l.settling(ctx, events)
		began := time.Now()
		play := func(e pbx.Event) {
			l.order.Lock()
			defer l.order.Unlock()
			e.Time = time.Now()
			l.send(ctx, events, []pbx.Event{e})
		}
		consult := func(key pbx.CallID) {
			a, b := pbx.ConnectionID{Call: "a" + key, Device: "103"}, pbx.ConnectionID{Call: "b" + key, Device: "104"}
			play(pbx.Event{Kind: pbx.EventEstablished, State: pbx.StateConnected, Direction: pbx.DirectionInbound, Connection: a, Calling: pbx.Party{Number: berta}})
			play(pbx.Event{Kind: pbx.EventEstablished, State: pbx.StateConnected, Direction: pbx.DirectionInbound, Connection: b, Calling: pbx.Party{Number: "103"}})
			play(pbx.Event{Kind: pbx.EventConnectionCleared, Direction: pbx.DirectionInbound, Connection: a, Calling: pbx.Party{Number: berta}})
		}
		for _, d := range []pbx.DeviceID{"103", "104"} {
			play(pbx.Event{Kind: pbx.EventSnapshot, Connection: pbx.ConnectionID{Device: d}})
		}
		consult("1")
		var got []string
		for range 6 {
			e := <-events
			got = append(got, eventText(&e))
		}
		compare(t, got[4:], []string{
			"103 Cleared a1 in +493023125001 cause=6",
			"104 Transferred b1 in +493023125001 probably cause=6 from=103",
		})
		if waited := time.Since(began); waited != 500*time.Millisecond {
			t.Errorf("told after %v", waited)
		}
		consult("2")
		<-events
		<-events
		cancel()
		end()
		e := <-events
		compare(t, []string{eventText(&e)}, []string{"103 Cleared a2 in +493023125001"})
		if len(events) != 0 {
			t.Errorf("%d more events", len(events))
		}
	})
}
