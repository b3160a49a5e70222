//go:build peers

package daemon

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/ctibridge/ctibridge/bridge"
)

// Callers, as the trunk writes them.
const (
	fromBerta     = `<sip:+493023125101@example.com;user=phone>`
	fromZacharias = `<sip:+496990009200@example.com;user=phone>`
	fromStranger  = `<sip:+441632960888@example.com;user=phone>`
	fromAnonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`
)

// TestKamailioToChromium drives calls through the whole program: sipp is the
// trunk, Kamailio the PBX, baresip the agent's telephone, and what counts is
// what the agent reads in Chromium.
func TestKamailioToChromium(t *testing.T) {
	s := newSite(t)
	t.Run("known caller", s.knownCaller)
	t.Run("caller gives up", s.callerGivesUp)
	t.Run("unknown caller", s.unknownCaller)
	t.Run("withheld number", s.withheldNumber)
	t.Run("second caller while talking", s.secondCaller)
	t.Run("page is reloaded in a call", s.reload)
	t.Run("dial from the panel", s.dialFromPanel)
	t.Run("dial, far end is busy", s.farEndBusy)
	t.Run("dial, phone on the desk declines", s.phoneDeclines)
	t.Run("PBX restarts", func(t *testing.T) {
		s.restartPBX(t)
		s.knownCaller(t)
	})
	t.Run("over TCP", func(t *testing.T) {
		s.connect(t, "tcp")
		t.Run("known caller", s.knownCaller)
		t.Run("dial from a record", s.dialFromRecord)
	})
}

// knownCaller rings, is answered and hangs up.
func (s *site) knownCaller(t *testing.T) {
	s.leaveRecord(t)
	pops, opened := s.metric(t, "ctibridge_pops_total"), s.metric(t, "ctibridge_navigations_total")
	caller := s.net.callsIn(t, hostTrunk, "caller", fromBerta)
	caller.hears(t, "ringing")
	call := s.panel.newCall(t, bridge.Ringing)
	if call.Direction != bridge.Inbound || call.Party.Number != "+493023125101" || call.Device != agentExtension {
		t.Errorf("the frame says %+v", call)
	}
	// A directory that takes more than 20 ms answers in the next frame.
	if c := s.panel.matched(t, call.ID); len(c.Matches) != 1 || c.Matches[0].ID != s.seed.Known || c.Matches[0].Org != s.org.ID() {
		t.Errorf("the frame's matches are %+v", c.Matches)
	}
	s.panel.shows(t, call.ID, "Incoming call", "Berta Beispiel", "Beispiel GmbH")
	s.panel.sees(t, "#record h1", "Contact Berta Beispiel")

	s.phone.shows(t, "CALL_INCOMING")
	s.phone.answer(t)
	caller.hears(t, "answered")
	s.panel.becomes(t, call.ID, bridge.Connected)
	s.panel.shows(t, call.ID, "Connected", "Berta Beispiel")

	caller.presses(t)
	caller.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	s.ended(t, call.ID, bridge.EndHangup, "Call ended", "ringing connected ended")
	if got := s.metric(t, "ctibridge_pops_total") - pops; got != 1 {
		t.Errorf("%v pops for one call", got)
	}
	if got := s.metric(t, "ctibridge_navigations_total") - opened; got != 1 {
		t.Errorf("the record was opened %v times", got)
	}
}

// callerGivesUp rings and hangs up before anybody answers.
func (s *site) callerGivesUp(t *testing.T) {
	caller := s.net.callsIn(t, hostTrunk, "impatient", fromBerta)
	caller.hears(t, "ringing")
	call := s.panel.newCall(t, bridge.Ringing)
	s.panel.shows(t, call.ID, "Incoming call", "Berta Beispiel")
	s.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	// Kamailio's dialog-info does not say who ended it, so neither does the panel.
	s.ended(t, call.ID, bridge.EndAbandoned, "Missed", "ringing ended")
}

// unknownCaller has no record: the panel offers to create one.
func (s *site) unknownCaller(t *testing.T) {
	caller := s.net.callsIn(t, hostTrunk, "impatient", fromStranger)
	caller.hears(t, "ringing")
	call := s.panel.newCall(t, bridge.Ringing)
	s.panel.shows(t, call.ID, "Incoming call", "960888", "No record has this number.", "Create Lead")
	s.panel.clicks(t, card(call.ID)+` [data-id="create"] button`)
	s.panel.sees(t, "#record h1", "New Lead", "+441632960888")
	s.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	s.ended(t, call.ID, bridge.EndAbandoned, "Missed", "ringing ended")
}

// withheldNumber shows nothing that could be a number, and offers nothing.
func (s *site) withheldNumber(t *testing.T) {
	caller := s.net.callsIn(t, hostTrunk, "impatient", fromAnonymous)
	caller.hears(t, "ringing")
	call := s.panel.newCall(t, bridge.Ringing)
	if !call.Party.Withheld || call.Party.Number != "" || call.Party.Display != "" || call.Party.Label != "" {
		t.Errorf("the frame says of a withheld caller %+v", call.Party)
	}
	text := s.panel.shows(t, call.ID, "Incoming call", "Number withheld")
	for _, leak := range []string{"nonymous", "Create", "Looking up", "No record"} {
		if strings.Contains(text, leak) {
			t.Errorf("the card of a withheld caller reads %q", text)
		}
	}
	s.phone.shows(t, "CALL_INCOMING")
	caller.presses(t)
	caller.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	s.ended(t, call.ID, bridge.EndAbandoned, "Missed", "ringing ended")
}

// secondCaller rings while the agent talks: the panel shows both, and the
// record of the first stays open.
func (s *site) secondCaller(t *testing.T) {
	first := s.net.callsIn(t, hostTrunk, "caller", fromBerta)
	talk := s.panel.newCall(t, bridge.Ringing)
	s.phone.shows(t, "CALL_INCOMING")
	s.panel.sees(t, "#record h1", "Contact Berta Beispiel")
	s.phone.answer(t)
	first.hears(t, "answered")
	s.panel.shows(t, talk.ID, "Connected")

	second := s.net.callsIn(t, hostTrunk2, "impatient", fromZacharias)
	second.hears(t, "ringing")
	call := s.panel.newCall(t, bridge.Ringing)
	s.panel.shows(t, call.ID, "Incoming call", "Zacharias Zweifach")
	s.panel.shows(t, talk.ID, "Connected", "Berta Beispiel")
	s.phone.shows(t, "CALL_INCOMING")
	second.presses(t)
	second.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	s.panel.becomes(t, call.ID, bridge.Ended)
	s.panel.shows(t, call.ID, "Missed")
	s.panel.shows(t, talk.ID, "Connected", "Berta Beispiel")
	s.panel.sees(t, "#record h1", "Contact Berta Beispiel")

	first.presses(t)
	first.ends(t)
	s.phone.shows(t, "CALL_CLOSED")
	s.ended(t, talk.ID, bridge.EndHangup, "Call ended", "ringing connected ended")
}

// reload loses nothing: the new page shows the call that goes on.
func (s *site) reload(t *testing.T) {
	caller := s.net.callsIn(t, hostTrunk, "caller", fromBerta)
	call := s.panel.newCall(t, bridge.Ringing)
	s.phone.shows(t, "CALL_INCOMING")
	s.phone.answer(t)
	caller.hears(t, "answered")
	s.panel.shows(t, call.ID, "Connected")
	s.panel.load(t, chromedp.Reload())
	s.panel.shows(t, call.ID, "Connected", "Berta Beispiel", "Beispiel GmbH")

	s.phone.hangUp(t)
	caller.ends(t)
	s.ended(t, call.ID, bridge.EndHangup, "Call ended", "ringing connected ended")
}

// dialFromPanel types a number and clicks.
func (s *site) dialFromPanel(t *testing.T) {
	farEnd := s.net.takesCalls(t, "farend")
	s.types(t)
	s.connects(t, farEnd, "Zacharias Zweifach", "90009200")
}

// dialFromRecord clicks a record's phone field.
func (s *site) dialFromRecord(t *testing.T) {
	farEnd := s.net.takesCalls(t, "farend")
	s.panel.sees(t, "#record h1", "Contact Berta Beispiel")
	s.panel.clicks(t, `#record button[data-field="Phone"]`)
	s.connects(t, farEnd, "Berta Beispiel", "23125101")
}

// types enters a number in the panel and clicks.
func (s *site) types(t *testing.T) {
	t.Helper()
	s.panel.types(t, `[data-id="number"] input`, "069 90009-200")
	s.panel.clicks(t, `[data-id="dial"] button`)
}

// connects follows a call that the agent has asked for: the telephone on the
// desk rings first, then the far end, and the agent hangs up.
func (s *site) connects(t *testing.T, farEnd *line, who, number string) {
	t.Helper()
	call := s.panel.newCall(t, bridge.Dialing)
	s.panel.shows(t, call.ID, "Calling", who, "Your phone rings first")
	s.phone.shows(t, "CALL_INCOMING")
	s.phone.answer(t)

	farEnd.hears(t, "ringing")
	if got := farEnd.hears(t, "number"); !strings.HasSuffix(got, number) {
		t.Errorf("the far end was called as %q, want …%s", got, number)
	}
	s.panel.shows(t, call.ID, "Calling", who)
	farEnd.presses(t)
	farEnd.hears(t, "answered")
	s.panel.becomes(t, call.ID, bridge.Connected)
	s.panel.shows(t, call.ID, "Connected", who)

	s.phone.hangUp(t)
	farEnd.ends(t)
	s.ended(t, call.ID, bridge.EndHangup, "Call ended", "dialing connected ended")
}

// farEndBusy is told by the telephone, which has called for us.
func (s *site) farEndBusy(t *testing.T) {
	farEnd := s.net.takesCalls(t, "busy")
	s.types(t)
	call := s.panel.newCall(t, bridge.Dialing)
	s.phone.shows(t, "CALL_INCOMING")
	s.phone.answer(t)
	farEnd.hears(t, "ringing")
	s.panel.shows(t, call.ID, "Calling")
	farEnd.presses(t)
	farEnd.ends(t)
	// baresip sometimes reports such a call as 200 OK in its last NOTIFY: then
	// nobody knows more than that it was never connected.
	why, text := bridge.EndBusy, "Busy"
	if s.panel.becomes(t, call.ID, bridge.Ended).EndReason == bridge.EndHangup {
		why, text = bridge.EndHangup, "Call ended"
	}
	s.ended(t, call.ID, why, text, "dialing ended")
}

// phoneDeclines ends a call before anybody outside is called.
func (s *site) phoneDeclines(t *testing.T) {
	s.types(t)
	call := s.panel.newCall(t, bridge.Dialing)
	s.phone.shows(t, "CALL_INCOMING")
	s.phone.hangUp(t)
	s.ended(t, call.ID, bridge.EndFailed, "Declined on your telephone.", "dialing ended")
}

// restartPBX lets the PBX forget all subscriptions, and waits until the bridge
// has found out and begun a new one, whose first document is an event.
func (s *site) restartPBX(t *testing.T) {
	t.Helper()
	s.pbx.run.stop()
	events := s.metric(t, "ctibridge_events_total")
	s.pbx.start(t)
	eventually(t, "the bridge has subscribed anew", func() bool {
		return s.metric(t, "ctibridge_events_total") > events && s.metric(t, activeMetric) == 1
	})
}

// ended checks how a call ended, that the agent can read so, and that all of it
// was one call.
func (s *site) ended(t *testing.T, id bridge.CallID, why bridge.EndReason, text, history string) {
	t.Helper()
	if call := s.panel.becomes(t, id, bridge.Ended); call.EndReason != why {
		t.Errorf("ended for the reason %q, want %q", call.EndReason, why)
	}
	s.panel.shows(t, id, text)
	if got := s.panel.history(id); got != history {
		t.Errorf("the call was %q, want %q", got, history)
	}
	s.panel.noOther(t)
	eventually(t, "the bridge holds no call", func() bool { return s.metric(t, "ctibridge_calls") == 0 })
}

// leaveRecord empties the page's record, so that one that opens is seen.
func (s *site) leaveRecord(t *testing.T) {
	t.Helper()
	var gone bool
	if err := s.panel.run(`() => { document.getElementById('record').replaceChildren(); return true; }`, &gone); err != nil {
		t.Fatal(err)
	}
}
