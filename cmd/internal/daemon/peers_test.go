//go:build peers

package daemon

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// Callers, as the trunk writes them.
const (
	fromBerta     = `<sip:+493023125101@example.com;user=phone>`
	fromStranger  = `<sip:+493023125999@example.com;user=phone>`
	fromAnonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`
)

// TestKamailioToChromium drives calls through the whole program: sipp is the
// trunk, Kamailio the PBX, baresip the agent's telephone, and what counts is
// what the agent reads in Chromium.
func TestKamailioToChromium(t *testing.T) {
	d := newDesk(t)
	t.Run("known caller", d.knownCaller)
	t.Run("caller gives up", d.callerGivesUp)
	t.Run("unknown caller", d.unknownCaller)
	t.Run("withheld number", d.withheldNumber)
	t.Run("dial from the panel", d.dialFromPanel)
	t.Run("PBX restarts", func(t *testing.T) {
		d.restartPBX(t)
		d.knownCaller(t)
	})
	t.Run("over TCP", func(t *testing.T) {
		d.connect(t, "tcp")
		t.Run("known caller", d.knownCaller)
		t.Run("dial from a record", d.dialFromRecord)
	})
}

// knownCaller rings, is answered and hangs up.
func (d *desk) knownCaller(t *testing.T) {
	d.leaveRecord(t)
	pops := d.metric(t, "ctibridge_pops_total")
	caller := d.net.callsIn(t, "caller", fromBerta, agentExtension)
	caller.hears(t, "ringing")
	call := d.panel.newCall(t, bridge.Ringing)
	if call.Direction != bridge.Inbound || call.Party.Number != "+493023125101" || call.Device != agentExtension {
		t.Errorf("the frame says %+v", call)
	}
	d.panel.shows(t, call.ID, "Incoming call", "Berta Beispiel", "Beispiel GmbH")
	d.panel.sees(t, "#record h1", "Contact Berta Beispiel")

	d.phone.shows(t, "CALL_INCOMING")
	d.phone.answer(t)
	caller.hears(t, "answered")
	d.panel.becomes(t, call.ID, bridge.Connected)
	d.panel.shows(t, call.ID, "Connected", "Berta Beispiel")

	caller.presses(t)
	caller.ends(t)
	d.phone.shows(t, "CALL_CLOSED")
	d.ended(t, call.ID, bridge.EndHangup, "Call ended", "ringing connected ended")
	if got := d.metric(t, "ctibridge_pops_total") - pops; got != 1 {
		t.Errorf("%v pops for one call", got)
	}
}

// callerGivesUp rings and hangs up before anybody answers.
func (d *desk) callerGivesUp(t *testing.T) {
	caller := d.net.callsIn(t, "impatient", fromBerta, agentExtension)
	caller.hears(t, "ringing")
	call := d.panel.newCall(t, bridge.Ringing)
	d.panel.shows(t, call.ID, "Incoming call", "Berta Beispiel")
	d.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	d.phone.shows(t, "CALL_CLOSED")
	d.ended(t, call.ID, bridge.EndAbandoned, "Missed: the caller hung up", "ringing ended")
}

// unknownCaller has no record: the panel offers to create one.
func (d *desk) unknownCaller(t *testing.T) {
	caller := d.net.callsIn(t, "impatient", fromStranger, agentExtension)
	caller.hears(t, "ringing")
	call := d.panel.newCall(t, bridge.Ringing)
	d.panel.shows(t, call.ID, "Incoming call", "+49 30 23125999", "No record has this number.", "Create Lead")
	d.panel.clicks(t, card(call.ID)+` [data-id="create"] button`)
	d.panel.sees(t, "#record h1", "New Lead", "+493023125999")
	d.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	d.phone.shows(t, "CALL_CLOSED")
	d.ended(t, call.ID, bridge.EndAbandoned, "Missed", "ringing ended")
}

// withheldNumber shows nothing that could be a number, and offers nothing.
func (d *desk) withheldNumber(t *testing.T) {
	caller := d.net.callsIn(t, "impatient", fromAnonymous, agentExtension)
	caller.hears(t, "ringing")
	call := d.panel.newCall(t, bridge.Ringing)
	if !call.Party.Withheld || call.Party.Number != "" || call.Party.Display != "" || call.Party.Label != "" {
		t.Errorf("the frame says of a withheld caller %+v", call.Party)
	}
	text := d.panel.shows(t, call.ID, "Incoming call", "Number withheld")
	for _, leak := range []string{"nonymous", "Create", "Looking up", "No record"} {
		if strings.Contains(text, leak) {
			t.Errorf("the card of a withheld caller reads %q", text)
		}
	}
	d.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	d.phone.shows(t, "CALL_CLOSED")
	d.ended(t, call.ID, bridge.EndAbandoned, "Missed", "ringing ended")
}

// dialFromPanel types a number and clicks.
func (d *desk) dialFromPanel(t *testing.T) {
	d.dials(t, "Zacharias Zweifach", func() {
		d.panel.types(t, `[data-id="number"] input`, "069 90009-200")
		d.panel.clicks(t, `[data-id="dial"] button`)
	}, "069", "90009200")
}

// dialFromRecord clicks a record's phone field.
func (d *desk) dialFromRecord(t *testing.T) {
	d.panel.sees(t, "#record h1", "Contact Berta Beispiel")
	d.dials(t, "Berta Beispiel", func() {
		d.panel.clicks(t, `#record button[data-field="Phone"]`)
	}, "", "23125101")
}

// dials follows a call that the agent asks for: the telephone on the desk
// rings first, then the far end, and the agent hangs up.
func (d *desk) dials(t *testing.T, who string, ask func(), _, number string) {
	t.Helper()
	farEnd := d.net.takesCalls(t)
	ask()
	call := d.panel.newCall(t, bridge.Dialing)
	d.panel.shows(t, call.ID, "Calling", who, "Your phone rings first")
	d.phone.shows(t, "CALL_INCOMING")
	d.phone.answer(t)

	farEnd.hears(t, "ringing")
	if got := farEnd.hears(t, "number"); !strings.HasSuffix(got, number) {
		t.Errorf("the far end was called as %q, want …%s", got, number)
	}
	farEnd.presses(t)
	farEnd.hears(t, "answered")
	d.panel.becomes(t, call.ID, bridge.Connected)
	d.panel.shows(t, call.ID, "Connected", who)

	d.phone.hangUp(t)
	farEnd.ends(t)
	d.ended(t, call.ID, bridge.EndHangup, "Call ended", "dialing connected ended")
}

// restartPBX lets the PBX forget all subscriptions, and waits until the bridge
// has found out and begun a new one, whose first document is an event.
func (d *desk) restartPBX(t *testing.T) {
	t.Helper()
	d.pbx.run.stop()
	events := d.metric(t, "ctibridge_events_total")
	d.pbx.start(t)
	eventually(t, "the bridge has subscribed anew", func() bool {
		return d.metric(t, "ctibridge_events_total") > events && d.metric(t, activeMetric) == 1
	})
}

// ended checks how a call ended, that the agent can read so, and that all of it
// was one call.
func (d *desk) ended(t *testing.T, id bridge.CallID, why bridge.EndReason, text, history string) {
	t.Helper()
	if call := d.panel.becomes(t, id, bridge.Ended); call.EndReason != why {
		t.Errorf("ended for the reason %q, want %q", call.EndReason, why)
	}
	d.panel.shows(t, id, text)
	if got := d.panel.history(id); got != history {
		t.Errorf("the call was %q, want %q", got, history)
	}
	d.panel.noOther(t)
	eventually(t, "the bridge holds no call", func() bool { return d.metric(t, "ctibridge_calls") == 0 })
}

// leaveRecord empties the page's record, so that one that opens is seen.
func (d *desk) leaveRecord(t *testing.T) {
	t.Helper()
	var gone bool
	if err := d.panel.run(`() => { document.getElementById('record').replaceChildren(); return true; }`, &gone); err != nil {
		t.Fatal(err)
	}
}
