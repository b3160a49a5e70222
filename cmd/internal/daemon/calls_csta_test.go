package daemon_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// toyPBX is what calls do at a toy PBX, whatever it speaks.
type toyPBX interface {
	Ring(ext string, from pbxtest.Caller) pbxtest.CallHandle
	RingGroup(exts []string, from pbxtest.Caller) pbxtest.CallHandle
	Answer(ext string, h pbxtest.CallHandle) error
	HangUp(ext string, h pbxtest.CallHandle) error
	CallerHangsUp(h pbxtest.CallHandle) error
	Hold(ext string, h pbxtest.CallHandle) error
	Retrieve(ext string, h pbxtest.CallHandle) error
	Consult(from, to string) pbxtest.CallHandle
	CompleteTransfer(consultation pbxtest.CallHandle) error
	FarEndAnswers(number string) error
	FarEndHangsUp(number string) error
}

func (w *world) startCSTA(addr string) {
	w.t.Helper()
	var err error
	w.csta, err = pbxtest.NewCSTASwitch(pbxtest.CSTAOptions{Addr: addr, Username: pbxUser, Password: pbxPassword})
	if err != nil {
		w.t.Fatal(err)
	}
	for ext, name := range map[string]string{adaExt: "Ada Agent", bobExt: "Bob Beispiel", spareExt: "Spare", newExt: "New"} {
		w.csta.AddExtension(ext, name)
	}
	w.csta.Start()
	w.t.Cleanup(w.csta.Close)
}

// openCSTA is the link of the program, but impatient.
func (w *world) openCSTA(c pbx.LinkConfig) (pbx.Link, error) {
	l, err := csta.New(c, csta.Options{Retry: 20 * time.Millisecond, Timeout: 3 * time.Second})
	if err != nil {
		return nil, err
	}
	w.linkMu.Lock()
	defer w.linkMu.Unlock()
	w.link = l
	return l, nil
}

// TestCSTACalls drives calls through the whole program, from the CSTA of the
// toy PBX to the frames of two agents' tabs.
func TestCSTACalls(t *testing.T) {
	w := newWorld(t, "csta")
	d := &desk{w, w.csta, w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)}
	for _, c := range []struct {
		name string
		play func(*testing.T)
	}{
		{"known contact", d.knownContact},
		{"several records", d.severalRecords},
		{"unknown caller", d.unknownCaller},
		{"known company", d.knownCompany},
		{"withheld number", d.withheldNumber},
		{"second call while talking", d.secondCall},
		{"consultation and transfer", d.transfer},
		{"ring group", d.ringGroup},
		{"hold", d.hold},
		{"call control from the panel", d.control},
		{"dial", d.dialCSTA},
		{"dial refused", d.dialBusyCSTA},
		{"dial that makes no sense", d.dialNonsense},
		{"two tabs", d.twoTabs},
		{"switch restarted", d.restartCSTA},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.begin(t)
			c.play(t)
		})
	}
	w.t = t
	w.stop()
	noGoroutines(t)
}

// prompted waits until the telephone rings for a call to be dialled, and takes
// it.
func (d *desk) prompted(ext string) {
	d.t.Helper()
	await(d.t, "the telephone rings for the call to be dialled", func() bool { return d.csta.Answer(ext, "") == nil })
}

// dialCSTA is one call from the request to its end.
func (d *desk) dialCSTA(t *testing.T) {
	record := bridge.RecordRef{Object: "Contact", ID: d.seed.Known}
	r := d.ada.asks(map[string]any{"type": "dial", "request": "dial-csta", "number": "030 23125-101", "record": record})
	if !r.OK || r.Call == "" {
		t.Fatalf("the request was answered %+v", r)
	}
	d.prompted(adaExt)
	far := ""
	await(t, "the number rings", func() bool {
		for _, number := range []string{"+493023125101", "03023125101", "23125101"} {
			if d.csta.FarEndAnswers(number) == nil {
				far = number
			}
		}
		return far != ""
	})
	c := d.ada.becomes(r.Call, bridge.Connected)
	if c.Direction != bridge.Outbound || c.Party.Number != "+493023125101" || c.Chosen == nil || *c.Chosen != record {
		t.Errorf("the dialled call is %+v", c)
	}
	d.must(d.csta.FarEndHangsUp(far))
	d.ada.ends(r.Call, bridge.EndHangup)
	if got := d.ada.history(r.Call); got != "dialing connected ended" {
		t.Errorf("the call was %q", got)
	}
	if len(d.ada.ids()) != 1 || d.ada.navigations() != 0 {
		t.Errorf("one dialled call was shown as %v, with %d navigations", d.ada.ids(), d.ada.navigations())
	}
}

func (d *desk) dialBusyCSTA(*testing.T) {
	for _, number := range []string{"+493023125300", "03023125300", "23125300"} {
		d.csta.SetBusy(number)
	}
	r := d.ada.asks(map[string]any{"type": "dial", "request": "busy-csta", "number": "+49 30 23125300"})
	d.prompted(adaExt)
	d.ada.ends(r.Call, bridge.EndBusy)
	_ = d.csta.HangUp(adaExt, "") // the telephone hears the busy tone until it is put down

	r = d.ada.asks(map[string]any{"type": "dial", "request": "declined-csta", "number": "+49 30 23125101"})
	await(d.t, "the agent declines", func() bool { return d.csta.HangUp(adaExt, "") == nil })
	d.ada.becomes(r.Call, bridge.Ended)
}

// control answers, holds, retrieves and ends a call from the panel.
func (d *desk) control(t *testing.T) {
	d.pbx.Ring(adaExt, berta)
	c := d.ada.finds(bridge.Ringing)
	for _, step := range []struct {
		action string
		state  bridge.State
	}{
		{"answer", bridge.Connected},
		{"hold", bridge.Held},
		{"retrieve", bridge.Connected},
		{"hangup", bridge.Ended},
	} {
		r := d.ada.asks(map[string]any{"type": "callAction", "request": "control-" + step.action, "call": c.ID, "action": step.action})
		if !r.OK {
			t.Fatalf("%s was answered %+v, %+v", step.action, r, r.Error)
		}
		d.ada.becomes(c.ID, step.state)
	}
}

// restartCSTA: a call goes on over a restart of the switch's CTI service, and
// the next one pops as ever.
func (d *desk) restartCSTA(t *testing.T) {
	h := d.pbx.Ring(adaExt, stranger)
	c := d.ada.pops(bridge.Ringing)
	d.must(d.pbx.Answer(adaExt, h))
	d.ada.becomes(c.ID, bridge.Connected)
	d.csta.Restart(func() {})
	d.watching(2)
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndHangup)
	if got := d.ada.history(c.ID); strings.Contains(got, "ringing connected ringing") {
		t.Errorf("the call was %q", got)
	}
	d.begin(t)
	d.knownContact(t)
}
