package sip

import (
	"cmp"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// someEvents are n events that tell nothing.
func someEvents(n int) []pbx.Event {
	list := make([]pbx.Event, n)
	for i := range list {
		list[i] = pbx.Event{Kind: pbx.EventFailed, Time: time.Now()}
	}
	return list
}

// TestSendAfterTheEnd: what a link still has to say when its context has ended
// reaches whoever reads on, and nobody else holds the link up for long.
func TestSendAfterTheEnd(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("room in the channel", func(t *testing.T) {
		l := newLink(t, pbx.LinkConfig{})
		events := make(chan pbx.Event, 64)
		l.send(ended, events, someEvents(64))
		if len(events) != 64 {
			t.Errorf("%d events were sent, want 64", len(events))
		}
	})
	t.Run("a reader who is slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, pbx.LinkConfig{})
			events := make(chan pbx.Event)
			done := make(chan struct{})
			go func() {
				l.send(ended, events, someEvents(8))
				close(done)
			}()
			for range 8 {
				time.Sleep(10 * time.Millisecond)
				select {
				case <-events:
				case <-done:
					t.Fatal("the link gave up although somebody read")
				}
			}
			<-done
		})
	})
	t.Run("nobody reads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(t, pbx.LinkConfig{})
			began := time.Now()
			for range 50 {
				l.send(ended, make(chan pbx.Event), someEvents(4))
			}
			if took := time.Since(began); took > lastWords {
				t.Errorf("the link waited %v", took)
			}
		})
	})
}

// newLink makes a link that is not run.
func newLink(t *testing.T, cfg pbx.LinkConfig) *Link {
	t.Helper()
	cfg.Name, cfg.Server, cfg.Domain = "pbx", cmp.Or(cfg.Server, "127.0.0.1:5060"), "example.com"
	l, err := New(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
