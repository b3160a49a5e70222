package sip

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestFirstJobIsARemovedDevice: the keeper, which hands out one device until the
// switch has answered, must not wait for an answer about one that is no longer
// watched.
func TestFirstJobIsARemovedDevice(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	l := newLink(t, pbx.LinkConfig{Server: n.addr()})
	l.Watch([]pbx.DeviceID{"103"})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := l.open(ctx, make(chan pbx.Event, 8), targetOf(t, l))
	if err != nil {
		t.Fatal(err)
	}
	s.wire.Serve()
	s.begin()
	l.Watch([]pbx.DeviceID{"104"})
	var wg sync.WaitGroup
	wg.Go(func() { s.work(ctx) })
	wg.Go(func() { s.keep(ctx) })
	if sub := n.next("SUBSCRIBE"); sub.Recipient.User != "104" {
		t.Errorf("asked about %s", sub.Recipient.User)
	}
	cancel()
	wg.Wait()
	s.wire.Close()
}

// TestDeadlineIsNoRefresh: the time by which a document has to come asks for
// nothing once one has come; the canary, which comes at any time, does.
func TestDeadlineIsNoRefresh(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	l := newLink(t, pbx.LinkConfig{Server: n.addr()})
	l.Watch([]pbx.DeviceID{"103"})
	s, err := l.open(t.Context(), make(chan pbx.Event, 8), targetOf(t, l))
	if err != nil {
		t.Fatal(err)
	}
	defer s.wire.Close()
	past, refresh := time.Now().Add(-time.Second), time.Now().Add(5*time.Minute)
	for what, c := range map[string]struct {
		next     time.Time
		notified bool
		want     duty
		then     time.Time
	}{
		"a document came":     {past, true, dutyNone, refresh},
		"none came":           {past, false, dutyGiveUp, past},
		"the canary asks":     {past.Add(time.Millisecond), true, dutyRefresh, past.Add(time.Millisecond)},
		"the refresh is due":  {refresh, true, dutyRefresh, refresh},
		"and none came still": {refresh, false, dutyGiveUp, refresh},
	} {
		u := &l.devices["103"].subscription
		u.dialog, u.confirmed, u.notified, u.deadline, u.refresh, u.next = &dialog{}, true, c.notified, past, refresh, c.next
		if _, got := s.duty(u); got != c.want || !u.next.Equal(c.then) {
			t.Errorf("%s: duty %d and next %v, want %d and %v", what, got, u.next, c.want, c.then)
		}
		u.dialog = nil
	}
}
