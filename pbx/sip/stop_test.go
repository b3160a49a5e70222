package sip

import (
	"cmp"
	"context"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
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

// TestFarewellOfWhatEnds: the switch ends subscriptions while the link takes
// leave of them.
func TestFarewellOfWhatEnds(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	devices := make([]pbx.DeviceID, 40) // more than there are workers
	for i := range devices {
		devices[i] = pbx.DeviceID(strconv.Itoa(100 + i))
	}
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{Farewell: time.Second}, devices...)
	subs := map[string]*gosip.Request{}
	for range devices {
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		subs[deviceOf(sub)] = sub
	}
	r.status("active", func(s pbx.Status) bool { return s.Active == len(devices) })
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	first := n.next("SUBSCRIBE")
	for _, sub := range subs { // none is answered yet, so most still wait to be sent
		n.notify(sub, 2, "terminated;reason=deactivated", "")
	}
	n.answer(first, 200, "OK", "Expires: 0")
	for {
		select {
		case req := <-n.got:
			n.answer(req, 481, "Subscription Does Not Exist")
		case <-stopped:
			return
		}
	}
}

// TestNotifyOfNoSession: before a connection is taken into use and after it was
// given up a NOTIFY is not answered. 481 would end the subscription at the
// switch, which the next connection goes on with.
func TestNotifyOfNoSession(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	l, err := New(pbx.LinkConfig{Name: "pbx", Server: n.addr(), Domain: "example.com"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Watch([]pbx.DeviceID{"103"})
	events := make(chan pbx.Event, 8)
	s, err := l.open(t.Context(), events, targetOf(t, l))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.wire.Close)
	u := &l.devices["103"].subscription
	u.dialog = newDialog(l.uri("103"))
	l.byCall[u.dialog.callID] = u
	sub := s.request(u.dialog, "SUBSCRIBE")
	from := transport.Source{Addr: netip.MustParseAddrPort(n.addr())}
	s.receive([]byte(notifyFor(sub, 1, "active", info(0, ""))), from)
	select {
	case res := <-n.resp:
		t.Errorf("answered with %d", res.StatusCode)
	case <-time.After(50 * time.Millisecond):
	}
	if st := l.Status(); st.Messages != 1 || len(st.Drops) != 1 || st.Drops[0].Reason != "after the end of the connection" {
		t.Errorf("counted as %+v", st.Drops)
	}
	l.session = s
	s.receive([]byte(notifyFor(sub, 1, "active", info(0, ""))), from)
	if res := <-n.resp; !res.IsSuccess() {
		t.Errorf("the repetition got %d", res.StatusCode)
	}
}
