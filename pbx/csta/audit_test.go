package csta

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// watchful is a link that asks about calls of which nothing was heard for 100 ms.
func watchful(c *pbx.LinkConfig, o *Options) { o.Silence = 100 * time.Millisecond }

// loseEnd lets a call end of which the switch says nothing.
func (r *rig) loseEnd(h pbxtest.CallHandle) {
	r.t.Helper()
	r.sw.Misbehave(pbxtest.CSTADropEvent, -1)
	if err := r.sw.CallerHangsUp(h); err != nil {
		r.t.Fatal(err)
	}
	r.sw.Misbehave(pbxtest.CSTADropEvent, 0)
}

// TestLostEnd: the end of a call that nobody tells is found out, whatever of the
// two questions the switch can answer, and calls that go on are left alone.
func TestLostEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		o      pbxtest.CSTAOptions
		faults []pbxtest.CSTAFault
		want   string
	}{
		"both":                {want: "1001 Cleared"},
		"Avaya":               {o: pbxtest.CSTAOptions{Dialect: pbxtest.CSTAAvaya}, want: "1001 Cleared"},
		"in parts":            {o: pbxtest.CSTAOptions{SnapshotSegments: true}, want: "1001 Snapshot"},
		"no list of calls":    {faults: []pbxtest.CSTAFault{pbxtest.CSTANoSnapshotDevice}, want: "1001 Cleared"},
		"nothing of one call": {faults: []pbxtest.CSTAFault{pbxtest.CSTANoSnapshotCall}, want: "1001 Cleared"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tt.o, watchful)
			goes := r.sw.Ring("1002", pbxtest.Caller{Number: dialled})
			for _, f := range tt.faults {
				r.sw.Misbehave(f, -1)
			}
			r.run(all...)
			r.snapshots(all...)
			h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
			lost := r.next("1001 Delivered").Connection
			stays := r.sw.Ring("1001", pbxtest.Caller{Number: dialled})
			kept := r.next("1001 Delivered").Connection
			r.loseEnd(h)
			if e := r.next(tt.want); e.Kind == pbx.EventConnectionCleared && e.Connection != lost {
				t.Errorf("%v was ended, not %v", e.Connection, lost)
			} else if e.Kind == pbx.EventSnapshot && (len(e.Connections) != 1 || e.Connections[0].ID != kept) {
				t.Errorf("the Snapshot says %+v", e.Connections)
			}
			time.Sleep(500 * time.Millisecond) // four more rounds, which find nothing
			r.quiet("1001 Cleared", "1002 Cleared", "1001 Delivered")
			for _, h := range []pbxtest.CallHandle{stays, goes} {
				if err := r.sw.CallerHangsUp(h); err != nil {
					t.Fatal(err)
				}
			}
			if e := r.next("1001 Cleared"); e.Connection != kept {
				t.Errorf("%v was ended, not %v", e.Connection, kept)
			}
		})
	}
}

// TestWrongList: a switch that lists no calls, though there are some, ends none.
func TestWrongList(t *testing.T) {
	for name, also := range map[string]pbxtest.CSTAFault{"alone": 0, "and knows no single one": pbxtest.CSTANoSnapshotCall} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pbxtest.CSTAOptions{}, watchful)
			r.sw.Misbehave(pbxtest.CSTAEmptySnapshot, -1)
			r.sw.Misbehave(also, -1)
			r.run(all...)
			r.snapshots(all...)
			h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
			r.next("1001 Delivered")
			asked := r.sw.Requests()
			r.until("some rounds are over", func(pbx.Status) bool { return r.sw.Requests() > asked+6 })
			r.quiet("1001 Cleared", "1001 Snapshot")
			if err := r.sw.CallerHangsUp(h); err != nil {
				t.Fatal(err)
			}
			r.next("1001 Cleared")
		})
	}
}

// TestLostEndOfGroup: a group's number stands for no calls, so each is asked
// about.
func TestLostEndOfGroup(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(c *pbx.LinkConfig, o *Options) {
		watchful(c, o)
		c.CSTA.Groups = []pbx.CSTAGroup{{Number: "700", Devices: []pbx.DeviceID{"2001"}}}
	})
	r.sw.AddGroup("700", "2001")
	r.run("2001", "1003")
	r.snapshots("2001", "1003")
	h := r.sw.Ring("2001", pbxtest.Caller{Number: berta})
	r.next("2001 Delivered")
	if err := r.sw.Answer("2001", h); err != nil {
		t.Fatal(err)
	}
	r.next("2001 Established")
	asked := r.sw.Requests()
	r.until("some rounds are over", func(pbx.Status) bool { return r.sw.Requests() > asked+2 })
	r.quiet("2001 Cleared", "2001 Snapshot")
	r.loseEnd(h)
	r.next("2001 Cleared")
}

// TestQuietSwitch: where no calls are, nothing is asked.
func TestQuietSwitch(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, watchful).run(all...)
	r.snapshots(all...)
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	if err := r.sw.CallerHangsUp(h); err != nil {
		t.Fatal(err)
	}
	r.next("1001 Cleared")
	asked := r.sw.Requests()
	time.Sleep(400 * time.Millisecond) // three times as long as a call may be silent
	if n := r.sw.Requests(); n != asked {
		t.Errorf("%d requests without a call", n-asked)
	}
}

// TestMissedBegin: what began or changed unheard at a device with a call is told
// by a Snapshot.
func TestMissedBegin(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, watchful).run(all...)
	r.snapshots(all...)
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.sw.Misbehave(pbxtest.CSTADropEvent, -1)
	if err := r.sw.Answer("1001", h); err != nil {
		t.Fatal(err)
	}
	r.sw.Ring("1001", pbxtest.Caller{Number: dialled})
	r.sw.Misbehave(pbxtest.CSTADropEvent, 0)
	e := r.next("1001 Snapshot")
	if len(e.Connections) != 2 || e.Connections[0].State != pbx.StateConnected || e.Connections[1].Calling.Number != dialled {
		t.Errorf("the Snapshot says %+v", e.Connections)
	}
	r.next("1001 Established")
}

// TestNamelessTransfer: who is there after a transfer of which the switch does
// not say is asked for.
func TestNamelessTransfer(t *testing.T) {
	for _, caller := range []pbxtest.Caller{{Number: berta}, {Number: berta, Withheld: true}} {
		r := newRig(t, pbxtest.CSTAOptions{}, nil).run("1002", "1003") // 1001 is monitored by nobody
		r.snapshots("1002", "1003")
		r.sw.Misbehave(pbxtest.CSTANamelessTransfer, 1)
		h := r.sw.Ring("1001", caller)
		if err := r.sw.Answer("1001", h); err != nil {
			t.Fatal(err)
		}
		second := r.sw.Consult("1001", "1002")
		r.next("1002 Delivered")
		if err := r.sw.Answer("1002", second); err != nil {
			t.Fatal(err)
		}
		if err := r.sw.CompleteTransfer(second); err != nil {
			t.Fatal(err)
		}
		if e := r.next("1002 Transferred"); e.Remote().Known() {
			t.Errorf("the switch named nobody, but it is %+v", e.Remote())
		}
		e := r.next("1002 Transferred")
		if got := e.Remote(); got.Withheld != caller.Withheld || !caller.Withheld && got.Number != berta || caller.Withheld && got.Number != "" {
			t.Errorf("asked for, it is %+v", got)
		}
		if e.LastRedirection.Number != "1001" {
			t.Errorf("handed over by %+v", e.LastRedirection)
		}
		r.stop()
	}
}
