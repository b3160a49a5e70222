package csta

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// TestGroup: devices that cannot be monitored themselves are told by their
// group's number, which has one monitor.
func TestGroup(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(c *pbx.LinkConfig, _ *Options) {
		c.CSTA.Groups = []pbx.CSTAGroup{{Number: "700", Devices: []pbx.DeviceID{"2001", "2002"}}}
	})
	r.sw.AddGroup("700", "2001", "2002")
	r.run("2001", "2002", "1003")
	r.snapshots("2001", "2002", "1003")
	r.connected(3)
	if n := r.sw.Monitors(); n != 2 {
		t.Errorf("%d monitors, want one for the group and one for 1003", n)
	}
	h := r.sw.RingGroup([]string{"2001", "2002"}, pbxtest.Caller{Number: berta})
	if err := r.sw.Answer("2002", h); err != nil {
		t.Fatal(err)
	}
	if e := r.next("2002 Established"); e.Remote().Number != berta {
		t.Errorf("established with %+v", e.Remote())
	}
	r.link.Watch([]pbx.DeviceID{"1003"})
	r.until("one monitor", func(s pbx.Status) bool { return s.Watched == 1 && r.sw.Monitors() == 1 })
	r.link.Watch([]pbx.DeviceID{"1003", "2002"})
	r.next("2002 Snapshot") // of the group's number, of which the toy switch tells no calls
}

// TestWatchedAnew: a device that is watched again before its monitor was ended
// has its Snapshot all the same.
func TestWatchedAnew(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	r.link.Watch(all[1:])
	r.link.Watch(all)
	r.next("1001 Snapshot")
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.connected(3)
}

// TestStash: events wait for their monitor, but neither long nor in any number.
func TestStash(t *testing.T) {
	var v stash
	now := time.Now()
	for i := range maxStash {
		if !v.put([]string{"1", "2"}[i%2], arrival{id: ecma323.InvokeID(i), at: now.Add(time.Duration(i) * time.Millisecond)}) {
			t.Fatalf("no room for %d", i)
		}
	}
	if v.put("1", arrival{}) {
		t.Error("there is room for one more")
	}
	got := v.take("1")
	if len(got) != maxStash/2 || got[0].id != 0 || got[1].id != 2 {
		t.Errorf("%d events came back", len(got))
	}
	if n := v.expire(now.Add(stashTime + 10*time.Millisecond)); n != 5 {
		t.Errorf("%d expired, want those of the first ten milliseconds", n)
	}
	if v.due() != now.Add(11*time.Millisecond).Add(stashTime) {
		t.Errorf("due at %v", v.due().Sub(now))
	}
	v.expire(now.Add(time.Hour))
	if !v.due().IsZero() || v.list != nil {
		t.Error("something is left")
	}
}

// TestLinkOfServer: Avaya's server says that it has lost its telephone system.
func TestLinkOfServer(t *testing.T) {
	l, e, _ := monitored(t, 1, 0)
	out, err := ecma323.AppendFrame(nil, ecma323.EventInvokeID, &ecma323.LinkEvent{LinkName: "CM1"}, ecma323.Edition4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.conn.Write(out); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for l.connectedNow() {
		if time.Now().After(deadline) {
			t.Fatal("the session goes on")
		}
		time.Sleep(time.Millisecond) // polls a state that nobody signals
	}
}

func (l *Link) connectedNow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session != nil
}

// TestHeldBack: more events than may be held back for a Snapshot cost one more
// Snapshot and no memory.
func TestHeldBack(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{AnswerDelay: 300 * time.Millisecond}, nil)
	r.run("1001", "1003")
	r.until("1001 is being asked", func(pbx.Status) bool { return r.sw.Monitors() == 2 })
	for range maxHeld {
		h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
		_ = r.sw.CallerHangsUp(h)
	}
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Snapshot")
	for {
		e := r.next("1001 Snapshot")
		if len(e.Connections) == 1 {
			break
		}
	}
	if err := r.sw.CallerHangsUp(h); err != nil {
		t.Fatal(err)
	}
	r.next("1001 Cleared")
}
