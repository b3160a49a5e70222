package sip

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestPanicLeavesNoLock: what breaks the reader costs one message, and the link
// goes on.
func TestPanicLeavesNoLock(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{Profile: "kamailio"}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	r.link.mu.Lock()
	r.link.devices["103"].tracker.calls = []*call{nil}
	r.link.mu.Unlock()
	n.notify(sub, 2, "active", info(1, ringing("a", berta)))
	free := make(chan struct{})
	go func() {
		defer close(free)
		for r.link.bad.seen() == 0 {
			time.Sleep(time.Millisecond) // nobody signals it
		}
		r.link.Status()
	}()
	select {
	case <-free:
	case <-time.After(5 * time.Second):
		t.Fatal("the link is stuck")
	}
	r.link.mu.Lock()
	r.link.devices["103"].tracker.calls = nil
	r.link.mu.Unlock()
	n.notify(sub, 3, "active", info(2, ringing("b", berta)))
	r.next("103 Delivered b in " + berta)
}

// seen counts the messages that made no sense.
func (b *badMessages) seen() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}
