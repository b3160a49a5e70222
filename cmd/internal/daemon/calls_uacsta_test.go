package daemon_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// overDesks is a SIP link whose telephones are dialled and answered by CSTA (ECMA
// TR/87).
const overDesks = "uacsta"

// TestDeskCalls drives calls through the whole program, from the frames of the
// agents' tabs to the CSTA of their telephones and back by dialog events.
func TestDeskCalls(t *testing.T) {
	w := newWorld(t, overDesks)
	d := &desk{w, w.pbx, w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)}
	w.controlled(adaExt, bobExt)
	for _, c := range []struct {
		name string
		play func(*testing.T)
	}{
		{"known contact", d.knownContact},
		{"second call while talking", d.secondCall},
		{"call control from the panel", d.control},
		{"dial", d.dialDesk},
		{"dial refused by the number", d.dialBusyDesk},
		{"dial refused by the telephone", d.dialRefusedDesk},
		{"what agents may not dial", d.dialForbidden},
		{"telephone restarted", d.restartDesk},
		{"telephone not controlled", d.uncontrolled},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.begin(t)
			c.play(t)
		})
	}
	w.t = t
	w.stop()
	if w.pbx.Controlled(adaExt) || w.pbx.Controlled(bobExt) {
		t.Error("a telephone was left with a session that nobody ends")
	}
	noGoroutines(t)
}

// controlled waits until the telephones tell of their calls.
func (w *world) controlled(exts ...string) {
	w.t.Helper()
	for _, ext := range exts {
		await(w.t, "the telephone is controlled", func() bool { return w.pbx.Controlled(ext) })
	}
}

// asked counts the calls that telephones were asked to dial.
func (w *world) asked() (calls int) {
	for _, ext := range []string{adaExt, bobExt} {
		services, _ := w.pbx.Asked(ext)
		for _, s := range services {
			if strings.HasPrefix(s, "MakeCall") {
				calls++
			}
		}
	}
	return calls
}

// dialDesk is one call from the click to its end; the telephone dials at once.
func (d *desk) dialDesk(t *testing.T) {
	record := bridge.RecordRef{Object: "Contact", ID: d.seed.Known}
	r := d.ada.asks(map[string]any{"type": "dial", "request": "dial-desk", "number": "030 23125-101", "record": record})
	if !r.OK || r.Call == "" {
		t.Fatalf("the request was answered %+v", r)
	}
	far := d.phone(adaExt, "calling").Remote.Number
	if services, _ := d.world.pbx.Asked(adaExt); !slices.Contains(services, "MakeCall "+far) {
		t.Errorf("the telephone was asked for %v", services)
	}
	d.must(d.pbx.FarEndAnswers(far))
	c := d.ada.becomes(r.Call, bridge.Connected)
	if c.Direction != bridge.Outbound || c.Party.Number != "+493023125101" || c.Chosen == nil || *c.Chosen != record {
		t.Errorf("the dialled call is %+v", c)
	}
	if a := d.ada.asks(map[string]any{"type": "callAction", "request": "hang-up-desk", "call": r.Call, "action": "hangup"}); !a.OK {
		t.Errorf("hanging up was answered %+v, %+v", a, a.Error)
	}
	d.ada.ends(r.Call, bridge.EndHangup)
	if got := d.ada.history(r.Call); got != "dialing connected ended" {
		t.Errorf("the call was %q", got)
	}
	if len(d.ada.ids()) != 1 || d.ada.navigations() != 0 {
		t.Errorf("one dialled call was shown as %v, with %d navigations", d.ada.ids(), d.ada.navigations())
	}
}

func (d *desk) dialBusyDesk(*testing.T) {
	for _, number := range []string{"+493023125300", "03023125300", "23125300"} {
		d.world.pbx.SetFarEnd(number, pbxtest.FarEnd{Refuses: 486})
	}
	r := d.ada.asks(map[string]any{"type": "dial", "request": "busy-desk", "number": "+49 30 23125300"})
	d.ada.ends(r.Call, bridge.EndBusy)
}

// dialRefusedDesk: the agent reads why, with the cure.
func (d *desk) dialRefusedDesk(t *testing.T) {
	d.must(d.world.pbx.RefuseService(bobExt, "MakeCall", "requestIncompatibleWithCallingDevice"))
	r := d.bob.asks(map[string]any{"type": "dial", "request": "refused-desk", "number": "+49 30 23125101"})
	if c := d.bob.ends(r.Call, bridge.EndFailed); !strings.Contains(c.Detail, "Your telephone did not dial: ") || !strings.Contains(c.Detail, "Check that it may be controlled") {
		t.Errorf("the agent reads %q", c.Detail)
	}
	d.must(d.world.pbx.RefuseService(bobExt, "MakeCall", ""))
}

// dialForbidden: what an agent may not dial never reaches a telephone.
func (d *desk) dialForbidden(t *testing.T) {
	doc := d.document()
	class, perMinute := bridge.DialNational, 4
	doc.Groups[0].Settings = bridge.Settings{DialClass: &class, DialBlocked: []string{"+4930231259"}, DialsPerMinute: &perMinute}
	d.load(doc, false)
	before := d.asked()
	for _, number := range []string{"+44 1632 960555", "030 23125-999", "110", "112", "Berta", ""} {
		r := d.bob.asks(map[string]any{"type": "dial", "request": "forbidden " + number, "number": number})
		if r.OK || r.Error == nil || r.Error.Message == "" {
			t.Errorf("dialling %q was answered %+v", number, r)
		}
	}
	if n := d.asked(); n != before {
		t.Errorf("telephones were asked for %d calls that nobody may dial", n-before)
	}
	allowed := 0
	for i := range 10 {
		r := d.bob.asks(map[string]any{"type": "dial", "request": "quick " + string(rune('a'+i)), "number": "030 23125101"})
		if !r.OK {
			break
		}
		allowed++
		d.phone(bobExt, "calling")
		d.must(d.pbx.HangUp(bobExt, ""))
		d.bob.becomes(r.Call, bridge.Ended)
	}
	if n := d.asked() - before; n != allowed || allowed == 10 {
		t.Errorf("%d calls were allowed, and %d dialled", allowed, n)
	}
	open, many := bridge.DialInternational, 600
	doc.Groups[0].Settings = bridge.Settings{DialClass: &open, DialsPerMinute: &many, DialsPerTenSeconds: &many}
	d.load(doc, false)
}

// restartDesk: a telephone that has forgotten the session dials all the same.
func (d *desk) restartDesk(t *testing.T) {
	d.must(d.world.pbx.RestartPhone(bobExt))
	r := d.bob.asks(map[string]any{"type": "dial", "request": "restarted-desk", "number": "030 23125-101"})
	far := d.phone(bobExt, "calling").Remote.Number
	d.must(d.pbx.FarEndAnswers(far))
	d.bob.becomes(r.Call, bridge.Connected)
	d.must(d.pbx.FarEndHangsUp(far))
	d.bob.ends(r.Call, bridge.EndHangup)
	if len(d.bob.ids()) != 1 {
		t.Errorf("one call was shown as %v", d.bob.ids())
	}
}

// uncontrolled: a telephone that takes no session pops all the same, and the
// administrator reads why it is not controlled.
func (d *desk) uncontrolled(t *testing.T) {
	d.must(d.world.pbx.RefuseControl(adaExt, 501))
	d.must(d.world.pbx.RestartPhone(adaExt))
	d.ada.asks(map[string]any{"type": "dial", "request": "uncontrolled-desk", "number": "030 23125-101"})
	await(t, "the status names the telephone, and why", func() bool {
		return slices.ContainsFunc(d.status().Uncontrolled, func(p pbx.DeviceProblem) bool {
			return p.Device == adaExt && strings.Contains(p.Problem, "says 501") && strings.Contains(p.Cure, "Switch uaCSTA on")
		})
	})
	if st := d.status(); st.State != pbx.LinkDegraded || st.Active != 2 {
		t.Errorf("the link is %s with %d devices", st.State, st.Active)
	}
	d.begin(t)
	h := d.pbx.Ring(adaExt, berta)
	c := d.ada.finds(bridge.Ringing)
	if slices.Contains(c.Actions, bridge.ActionAnswer) {
		t.Errorf("the actions are %v", c.Actions)
	}
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndAbandoned)
}
