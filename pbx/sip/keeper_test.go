package sip

import (
	"context"
	"sync"
	"testing"

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
