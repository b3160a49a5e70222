package sip

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// shelf is a Memory that a test can look into.
type shelf struct {
	mu    sync.Mutex
	text  []byte
	saves int
}

func (s *shelf) Load(context.Context, string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.text), nil
}

func (s *shelf) Save(_ context.Context, _ string, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = bytes.Clone(state)
	s.saves++
	return nil
}

func (s *shelf) state(t *testing.T) saved {
	t.Helper()
	text, _ := s.Load(t.Context(), "")
	var out saved
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("the memory holds %q: %v", text, err)
	}
	return out
}

// lifetime runs a link once, until stop ends its context for a reason.
func lifetime(t *testing.T, n *notifier, transport string, memory Memory, o Options, devices ...pbx.DeviceID) (r *running, stop func(error)) {
	t.Helper()
	o.Memory = memory
	cfg := pbx.LinkConfig{Name: "pbx", Transport: transport, Server: n.addr(), Domain: "example.com", Username: "cti", Password: "secret"}
	l, err := New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	if devices != nil {
		l.Watch(devices)
	}
	r = &running{t: t, link: l, events: make(chan pbx.Event, 64)}
	return r, runUntil(t, r)
}

// runUntil runs a link until stop ends its context for a reason.
func runUntil(t *testing.T, r *running) (stop func(error)) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.link.Run(ctx, r.events) }()
	var once sync.Once
	stop = func(why error) {
		once.Do(func() {
			cancel(why)
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(func() { stop(nil) })
	return stop
}

// silent sees that nothing comes for a moment; that it is short makes the check
// only weaker.
func (n *notifier) silent(what string) {
	n.t.Helper()
	select {
	case req := <-n.got:
		if req.Method != gosip.OPTIONS { // which asks who the switch is, once
			n.t.Errorf("%s: %s", what, req.String())
		}
	case <-time.After(50 * time.Millisecond):
	}
}

// TestMemory: a planned stop leaves the subscription where it is, and the next
// run refreshes it, with a sequence number that was never used.
func TestMemory(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, memory := newNotifier(t, transport), &shelf{}
		r, stop := lifetime(t, n, transport, memory, Options{}, "103")
		sub := n.next("SUBSCRIBE")
		n.answer(sub, 200, "OK", "Expires: 600", "Contact: <sip:103@"+n.addr()+";x=1>", "Record-Route: <sip:192.0.2.7;lr>")
		n.notify(sub, 1, "active", info(0, ringing("a", berta)))
		r.next("103 Snapshot [a 2 in " + berta + "]")
		r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == 1 })
		stop(pbx.ErrStopping)
		n.silent("a planned stop")
		if text, _ := memory.Load(t.Context(), ""); bytes.Contains(text, []byte("secret")) {
			t.Errorf("a password was saved: %s", text)
		}

		r, stop = lifetime(t, n, transport, memory, Options{Farewell: time.Second}, "103")
		refresh := n.next("SUBSCRIBE")
		if refresh.CallID().Value() != sub.CallID().Value() || fromTag(refresh) != fromTag(sub) {
			t.Errorf("not the same dialog: %s", refresh.String())
		}
		if tag, _ := refresh.To().Params.Get("tag"); tag != "pbx" {
			t.Errorf("To-tag %q", tag)
		}
		if h := refresh.GetHeader("Route"); h == nil || !strings.Contains(h.Value(), "192.0.2.7") || refresh.Recipient.String() != "sip:103@"+n.addr()+";x=1" {
			t.Errorf("route set or target lost: %s", refresh.String())
		}
		if refresh.CSeq().SeqNo < sub.CSeq().SeqNo+reservedCSeq {
			t.Errorf("CSeq %d after %d", refresh.CSeq().SeqNo, sub.CSeq().SeqNo)
		}
		if saved := memory.state(t).Dialogs[0].CSeq; saved < refresh.CSeq().SeqNo+reservedCSeq/2 {
			t.Errorf("%d was saved and %d used: a crash now would use it again", saved, refresh.CSeq().SeqNo)
		}
		n.notify(refresh, 2, "active", info(1, strings.Replace(ringing("a", berta), "early", "confirmed", 1))) // before the answer
		r.next("103 Snapshot [a 3 in " + berta + "]")
		n.grant(refresh, 600)
		r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == 1 })
		go func() {
			bye := n.next("SUBSCRIBE")
			if h := bye.GetHeader("Expires"); h == nil || h.Value() != "0" {
				t.Errorf("not a farewell: %s", bye.String())
			}
			n.answer(bye, 200, "OK", "Expires: 0")
		}()
		stop(errors.New("the configuration changed"))
		if left := memory.state(t).Dialogs; len(left) != 0 {
			t.Errorf("after a farewell it remembers %+v", left[0])
		}
	})
}

func fromTag(req *gosip.Request) string {
	tag, _ := req.From().Params.Get("tag")
	return tag
}

// TestMemoryAfterACrash: what was saved while the link ran is enough.
func TestMemoryAfterACrash(t *testing.T) {
	t.Parallel()
	n, memory := newNotifier(t, "udp"), &shelf{}
	r, _ := lifetime(t, n, "udp", memory, Options{}, "103", "104")
	subs := map[string]*gosip.Request{}
	for range 2 {
		sub := n.next("SUBSCRIBE")
		subs[sub.Recipient.User] = sub
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		<-r.events
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		if text, _ := memory.Load(t.Context(), ""); bytes.Count(text, []byte("callID")) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was saved")
		}
		time.Sleep(10 * time.Millisecond) // a state that nobody signals
	}
	text, _ := memory.Load(t.Context(), "")
	crashed := &shelf{text: text}
	r2, stop := lifetime(t, n, "udp", crashed, Options{}) // Watch comes later
	for len(n.resp) > 0 {
		<-n.resp
	}
	n.writeTo(notifyFor(subs["103"], 2, "active", info(1, ringing("a", berta))), r2.contact())
	if res := <-n.resp; !res.IsSuccess() {
		t.Errorf("a NOTIFY of the last run got %d: the switch forgets it", res.StatusCode)
	}
	r2.link.Watch([]pbx.DeviceID{"103"})
	left := false
	for range 2 {
		req := n.next("SUBSCRIBE")
		sub := subs[deviceOf(req)]
		if sub == nil || req.CallID().Value() != sub.CallID().Value() {
			t.Fatalf("not refreshed: %s", req.String())
		}
		if deviceOf(req) == "104" { // nobody watches it any more
			left = req.GetHeader("Expires").Value() == "0"
			n.answer(req, 200, "OK", "Expires: 0")
			continue
		}
		n.grant(req, 600)
		n.notify(req, 5, "active", info(4, ringing("a", berta)))
	}
	if !left {
		t.Error("the device that is no longer watched was not taken leave of")
	}
	r2.next("103 Snapshot [a 2 in " + berta + "]")
	stop(pbx.ErrStopping)
}

// contact waits until the link has a session and returns its address.
func (r *running) contact() (addr string) {
	r.status("a session", func(pbx.Status) bool {
		r.link.mu.Lock()
		defer r.link.mu.Unlock()
		if r.link.session != nil {
			addr = r.link.session.wire.Contact()
		}
		return addr != ""
	})
	return addr
}

func deviceOf(req *gosip.Request) string { return req.To().Address.User }

// TestMemoryOfASwitchThatForgot: 481, 500 and what has run out are subscribed to
// anew; so is everything at another server or of another user.
func TestMemoryOfASwitchThatForgot(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*saved)
		code   int // answer to the refresh; 0: none is expected
	}{
		"forgotten":       {func(*saved) {}, 481},
		"numbers used up": {func(*saved) {}, 500},
		"run out":         {func(s *saved) { s.Dialogs[0].Until = time.Now().Unix() }, 0},
		"other server":    {func(s *saved) { s.Server = "192.0.2.9:5060" }, 0},
		"other user":      {func(s *saved) { s.Peer = "udp x y z" }, 0},
		"later version":   {func(s *saved) { s.Version++ }, 0},
		"hostile":         {func(s *saved) { s.Dialogs[0].Target = "sip:x\r\nEvil: 1" }, 0},
		"no address":      {func(s *saved) { s.Dialogs[0].Target = "\"" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, memory := newNotifier(t, "udp"), &shelf{}
			state := saved{
				Version: memoryVersion, Peer: "udp " + n.addr() + " example.com cti", Server: n.addr(),
				Dialogs: []*savedDialog{{
					Device: "103", CallID: "old", LocalTag: "mine", RemoteTag: "theirs", CSeq: 5000,
					Target: "sip:103@" + n.addr(), Until: time.Now().Add(time.Minute).Unix(),
				}},
			}
			tt.change(&state)
			memory.text, _ = json.Marshal(state)
			r, _ := lifetime(t, n, "udp", memory, Options{Farewell: 20 * time.Millisecond}, "103")
			sub := n.next("SUBSCRIBE")
			if tt.code != 0 {
				if sub.CallID().Value() != "old" {
					t.Fatalf("not a refresh: %s", sub.String())
				}
				n.answer(sub, tt.code, "No")
				sub = n.next("SUBSCRIBE")
			}
			if sub.CallID().Value() == "old" || sub.To().Params.Has("tag") {
				t.Fatalf("not a new subscription: %s", sub.String())
			}
			n.grant(sub, 600)
			n.notify(sub, 1, "active", info(0, ""))
			r.next("103 Snapshot")
		})
	}
}

// TestReconnectGoesOn: a connection that breaks leaves no second subscription
// behind.
func TestReconnectGoesOn(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ringing("a", berta)))
	r.next("103 Snapshot [a 2 in " + berta + "]")
	r.next("103 Delivered a in " + berta)
	r.status("connected", func(s pbx.Status) bool { return s.Active == 1 })
	n.drop()
	r.next(" LinkDown  ?")
	again := n.next("SUBSCRIBE")
	if again.CallID().Value() != sub.CallID().Value() || again.Contact().Address.Port == sub.Contact().Address.Port {
		t.Errorf("not a refresh with the new address: %s", again.String())
	}
	n.grant(again, 600)
	n.notify(again, 2, "active", info(1, ""))
	r.next("103 Snapshot")
}

// TestResumedFreeSWITCH: its documents hold what changed, but for the one that
// answers a refresh.
func TestResumedFreeSWITCH(t *testing.T) {
	t.Parallel()
	tr := newTracker("pbx", "103", "cti", profileFreeSWITCH)
	play(t, tr, "0", "1|a early in 1")
	tr.resume()
	got := play(t, tr, "7|b early in 2")
	if strings.Contains(fmt.Sprint(got), "Snapshot") {
		t.Errorf("a change was taken as a snapshot: %v", got)
	}
	if !tr.fresh || !tr.gaps.since.IsZero() {
		t.Errorf("fresh %t, gaps %+v", tr.fresh, tr.gaps)
	}
	got = play(t, tr, "8") // an idle phone
	if want := []string{"103 Snapshot"}; tr.fresh || !slices.Equal(got, want) || len(tr.calls) != 0 {
		t.Errorf("got %v, want %v; calls %+v", got, want, tr.calls)
	}
}
