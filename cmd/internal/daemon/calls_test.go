package daemon_test

import (
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// Callers, in the notations that switches use.
var (
	berta     = pbxtest.Caller{Number: "+493023125101", Name: "Berta Beispiel"}
	shared    = pbxtest.Caller{Number: "03023125300", Name: "Muster"}
	stranger  = pbxtest.Caller{Number: "+441632960555"}
	colleague = pbxtest.Caller{Number: "+493023125999"} // of Berta, by the company's main number
	anonymous = pbxtest.Caller{Number: "+493023125777", Name: "Geheim", Withheld: true}
	zacharias = pbxtest.Caller{Number: "06990009200"}
	frieda    = pbxtest.Caller{Number: "02214710400"}
)

// TestCalls drives calls through the whole program, from the SIP of the toy
// PBX to the frames of two agents' tabs.
func TestCalls(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t, transport)
			d := &desk{w, w.pbx, w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)}
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
				{"dial", d.dial},
				{"dial refused", d.dialRefused},
				{"dial that makes no sense", d.dialNonsense},
				{"two tabs", d.twoTabs},
			} {
				t.Run(c.name, func(t *testing.T) {
					d.begin(t)
					c.play(t)
				})
			}
			w.t = t
			w.stop()
			noGoroutines(t)
		})
	}
}

// desk is two agents beside each other.
type desk struct {
	*world
	pbx      toyPBX
	ada, bob *screen
}

func (d *desk) begin(t *testing.T) {
	d.t = t
	for _, s := range []*screen{d.ada, d.bob} {
		s.t = t
		s.forget()
	}
}

func (d *desk) knownContact(t *testing.T) {
	h := d.pbx.Ring(adaExt, berta)
	c := d.ada.finds(bridge.Ringing)
	if c.Direction != bridge.Inbound || c.Device != adaExt || c.Party.Number != "+493023125101" || c.Party.Display == "" {
		t.Errorf("the pop is %+v", c)
	}
	if len(c.Matches) != 1 || c.Matches[0] != (bridge.Match{
		ID: d.seed.Known, Object: "Contact", Org: d.org.ID(), Name: "Berta Beispiel", Company: "Beispiel GmbH", Match: lookup.MatchExact,
	}) {
		t.Errorf("the matches are %+v", c.Matches)
	}
	d.ada.opens(c.ID, bridge.RecordRef{Object: "Contact", ID: d.seed.Known})
	d.must(d.pbx.Answer(adaExt, h))
	if c := d.ada.becomes(c.ID, bridge.Connected); c.AnsweredAt.IsZero() {
		t.Error("a connected call does not say since when")
	}
	d.must(d.pbx.HangUp(adaExt, h))
	d.ada.ends(c.ID, bridge.EndHangup)
	if got := d.ada.history(c.ID); got != "ringing connected ended" {
		t.Errorf("the call was %q", got)
	}
	if len(d.ada.ids()) != 1 || d.ada.navigations() != 1 {
		t.Errorf("one call made %d calls and %d navigations", len(d.ada.ids()), d.ada.navigations())
	}
}

func (d *desk) severalRecords(t *testing.T) {
	h := d.pbx.Ring(adaExt, shared)
	c := d.ada.finds(bridge.Ringing)
	if len(c.Matches) != len(d.seed.Shared) || c.Create != "" {
		t.Errorf("matches %+v, create %q", c.Matches, c.Create)
	}
	// The agent says which one it is.
	choice := bridge.RecordRef{Object: c.Matches[0].Object, ID: c.Matches[0].ID}
	d.ada.Send(map[string]any{"type": "choose", "call": c.ID, "record": choice})
	d.ada.shows(func(c bridge.Call) bool { return c.Chosen != nil && *c.Chosen == choice })
	d.must(d.pbx.CallerHangsUp(h))
	if c := d.ada.ends(c.ID, bridge.EndAbandoned); c.Chosen == nil {
		t.Error("the choice was forgotten")
	}
	if d.ada.navigations() != 0 {
		t.Error("one of several records was opened")
	}
}

func (d *desk) unknownCaller(t *testing.T) {
	h := d.pbx.Ring(adaExt, stranger)
	c := d.ada.finds(bridge.Ringing)
	if c.Matches == nil || len(c.Matches) != 0 || c.Create != "Lead" {
		t.Errorf("matches %+v, create %q", c.Matches, c.Create)
	}
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndAbandoned)
	if d.ada.navigations() != 0 {
		t.Error("something was opened for an unknown caller")
	}
}

// knownCompany is shown by its main number, and never opens by itself.
func (d *desk) knownCompany(t *testing.T) {
	h := d.pbx.Ring(adaExt, colleague)
	c := d.ada.finds(bridge.Ringing)
	if len(c.Matches) != 1 || c.Matches[0].ID != d.seed.Company || c.Matches[0].Match != lookup.MatchCompany {
		t.Errorf("matches %+v", c.Matches)
	}
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndAbandoned)
	if d.ada.navigations() != 0 {
		t.Error("a company that probably calls was opened")
	}
}

// withheldNumber has a name and a number at the switch, and shows neither.
func (d *desk) withheldNumber(t *testing.T) {
	h := d.pbx.Ring(adaExt, anonymous)
	c := d.ada.pops(bridge.Ringing)
	if c.Party != (bridge.Party{Withheld: true}) || c.Matches != nil || c.Create != "" {
		t.Errorf("of a withheld caller the pop says %+v, matches %+v, create %q", c.Party, c.Matches, c.Create)
	}
	d.must(d.pbx.Answer(adaExt, h))
	d.ada.becomes(c.ID, bridge.Connected)
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndHangup)
	d.logMu.Lock()
	defer d.logMu.Unlock()
	for _, text := range append(d.ada.raw, d.log.String()) {
		if strings.Contains(text, "23125777") || strings.Contains(text, "Geheim") || strings.Contains(text, "nonymous") {
			t.Errorf("a withheld caller shows in %s", text)
		}
	}
}

// secondCall pops beside the conversation and takes nothing away from it.
func (d *desk) secondCall(t *testing.T) {
	first := d.pbx.Ring(adaExt, berta)
	one := d.ada.pops(bridge.Ringing)
	d.ada.opens(one.ID, bridge.RecordRef{Object: "Contact", ID: d.seed.Known})
	d.must(d.pbx.Answer(adaExt, first))
	d.ada.becomes(one.ID, bridge.Connected)

	second := d.pbx.Ring(adaExt, zacharias)
	two := d.ada.finds(bridge.Ringing)
	if len(two.Matches) != 1 || two.Matches[0].ID != d.seed.TwoNumbers {
		t.Errorf("the second call's matches are %+v", two.Matches)
	}
	d.must(d.pbx.CallerHangsUp(second))
	d.ada.ends(two.ID, bridge.EndAbandoned)
	d.must(d.pbx.CallerHangsUp(first))
	d.ada.ends(one.ID, bridge.EndHangup)
	if got := d.ada.history(one.ID); got != "ringing connected ended" {
		t.Errorf("the first call was %q", got)
	}
	if d.ada.navigations() != 1 {
		t.Errorf("%d navigations: the second call must not take the agent away", d.ada.navigations())
	}
}

// transfer: Bob takes an outside call, asks Ada, and hands it over. Ada's panel
// shows nothing of Bob and then the outside caller.
func (d *desk) transfer(t *testing.T) {
	outside := d.pbx.Ring(bobExt, berta)
	atBob := d.bob.pops(bridge.Ringing)
	d.bob.opens(atBob.ID, bridge.RecordRef{Object: "Contact", ID: d.seed.Known})
	d.must(d.pbx.Answer(bobExt, outside))
	d.bob.becomes(atBob.ID, bridge.Connected)

	consultation := d.pbx.Consult(bobExt, adaExt)
	d.bob.becomes(atBob.ID, bridge.Held)
	d.must(d.pbx.Answer(adaExt, consultation))
	d.must(d.pbx.CompleteTransfer(consultation))
	c := d.ada.finds(bridge.Connected)
	if c.Party.Number != "+493023125101" || c.Direction != bridge.Inbound || len(c.Matches) != 1 || c.Matches[0].ID != d.seed.Known {
		t.Errorf("after the transfer Ada sees %+v", c)
	}
	d.bob.becomes(atBob.ID, bridge.Ended)
	d.must(d.pbx.HangUp(adaExt, ""))
	d.ada.ends(c.ID, bridge.EndHangup)
	for _, f := range d.ada.frames {
		if f.Call != nil && (f.Call.Direction == bridge.Internal || f.Call.Party.Number == bobExt) {
			t.Errorf("the internal call was shown: %+v", f.Call)
		}
	}
}

func (d *desk) ringGroup(*testing.T) {
	h := d.pbx.RingGroup([]string{adaExt, bobExt}, frieda)
	atAda, atBob := d.ada.pops(bridge.Ringing), d.bob.pops(bridge.Ringing)
	lead := bridge.RecordRef{Object: "Lead", ID: d.seed.Lead}
	d.ada.opens(atAda.ID, lead)
	d.bob.opens(atBob.ID, lead)
	d.must(d.pbx.Answer(bobExt, h))
	d.bob.becomes(atBob.ID, bridge.Connected)
	d.ada.ends(atAda.ID, bridge.EndAnsweredElsewhere)
	d.must(d.pbx.HangUp(bobExt, h))
	d.bob.ends(atBob.ID, bridge.EndHangup)

	h = d.pbx.RingGroup([]string{adaExt, bobExt}, stranger)
	atAda, atBob = d.ada.pops(bridge.Ringing), d.bob.pops(bridge.Ringing)
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(atAda.ID, bridge.EndAbandoned)
	d.bob.ends(atBob.ID, bridge.EndAbandoned)
}

func (d *desk) hold(t *testing.T) {
	h := d.pbx.Ring(adaExt, stranger)
	c := d.ada.pops(bridge.Ringing)
	d.must(d.pbx.Answer(adaExt, h))
	d.ada.becomes(c.ID, bridge.Connected)
	d.must(d.pbx.Hold(adaExt, h))
	d.ada.becomes(c.ID, bridge.Held)
	d.must(d.pbx.Retrieve(adaExt, h))
	d.ada.becomes(c.ID, bridge.Connected)
	d.must(d.pbx.CallerHangsUp(h))
	d.ada.ends(c.ID, bridge.EndHangup)
	if got := d.ada.history(c.ID); got != "ringing connected held connected ended" {
		t.Errorf("the call was %q", got)
	}
}

// dial rings the agent's telephone first, then the far end; all of it is one
// call.
func (d *desk) dial(t *testing.T) {
	record := bridge.RecordRef{Object: "Contact", ID: d.seed.Known}
	r := d.ada.asks(map[string]any{"type": "dial", "request": "dial-" + d.transport, "number": "030 23125-101", "record": record})
	if !r.OK || r.Call == "" {
		t.Fatalf("the request was answered %+v", r)
	}
	phone := d.phone(adaExt, "ringing")
	d.must(d.pbx.Answer(adaExt, phone.Handle))
	far := d.phone(adaExt, "calling").Remote.Number
	d.must(d.pbx.FarEndAnswers(far))
	c := d.ada.becomes(r.Call, bridge.Connected)
	if c.Direction != bridge.Outbound || c.Party.Number != "+493023125101" || c.Chosen == nil || *c.Chosen != record {
		t.Errorf("the dialled call is %+v", c)
	}
	d.must(d.pbx.FarEndHangsUp(far))
	d.ada.ends(r.Call, bridge.EndHangup)
	if got := d.ada.history(r.Call); got != "dialing connected ended" {
		t.Errorf("the call was %q", got)
	}
	if len(d.ada.ids()) != 1 || d.ada.navigations() != 0 {
		t.Errorf("one dialled call was shown as %v, with %d navigations", d.ada.ids(), d.ada.navigations())
	}
}

func (d *desk) dialRefused(t *testing.T) {
	d.world.pbx.SetFarEnd("+493023125101", pbxtest.FarEnd{Refuses: 486})
	d.world.pbx.SetFarEnd("03023125101", pbxtest.FarEnd{Refuses: 486})
	d.world.pbx.SetFarEnd("23125101", pbxtest.FarEnd{Refuses: 486})
	r := d.ada.asks(map[string]any{"type": "dial", "request": "busy-" + d.transport, "number": "+49 30 23125101"})
	d.phone(adaExt, "ringing")
	d.must(d.pbx.Answer(adaExt, ""))
	d.ada.ends(r.Call, bridge.EndBusy)

	// The agent does not take the own telephone up.
	d.must(d.world.pbx.SetPhone(adaExt, pbxtest.PhoneDeclines))
	r = d.ada.asks(map[string]any{"type": "dial", "request": "declined-" + d.transport, "number": "+49 30 23125101"})
	if c := d.ada.becomes(r.Call, bridge.Ended); c.EndReason != bridge.EndFailed && c.EndReason != bridge.EndBusy || c.Detail == "" {
		t.Errorf("a declined dial ended %q, %q", c.EndReason, c.Detail)
	}
	d.must(d.world.pbx.SetPhone(adaExt, pbxtest.PhoneRings))
}

// dialNonsense is refused in words, and the next call is none the worse.
func (d *desk) dialNonsense(t *testing.T) {
	for _, number := range []string{"", "Berta", "110", "+49 30", strings.Repeat("1", 250)} {
		r := d.ada.asks(map[string]any{"type": "dial", "request": "no-" + d.transport + number[:min(len(number), 10)], "number": number})
		if r.OK || r.Error == nil || r.Error.Message == "" || r.Error.Cure == "" {
			t.Errorf("dialling %q was answered %+v", number, r)
		}
	}
	r := d.ada.asks(map[string]any{"type": "callAction", "request": "theft-" + d.transport, "call": "c-1", "action": "hangup"})
	if r.OK {
		t.Error("a call that is not Ada's was hung up")
	}
	d.knownContact(t)
}

// twoTabs both show the call; the focused one alone opens the record, and when
// the focus moves so does that.
func (d *desk) twoTabs(t *testing.T) {
	second := d.signIn(adaEmail, "ada-2", false)
	defer second.Close()
	for _, c := range []struct{ front, back *screen }{{d.ada, second}, {second, d.ada}} {
		c.back.Send(map[string]any{"type": "tab", "visible": true, "focused": false})
		c.front.Send(map[string]any{"type": "tab", "visible": true, "focused": true})
		// An answer to a later frame shows that both were read.
		c.back.asks(map[string]any{"type": "dial", "request": "back-" + d.transport, "number": ""})
		c.front.asks(map[string]any{"type": "dial", "request": "front-" + d.transport, "number": ""})
		before := c.back.navigations()

		h := d.pbx.Ring(adaExt, berta)
		id := c.front.pops(bridge.Ringing).ID
		c.front.opens(id, bridge.RecordRef{Object: "Contact", ID: d.seed.Known})
		if got := c.back.finds(bridge.Ringing); got.ID != id || len(got.Matches) != 1 {
			t.Errorf("the other tab shows %+v", got)
		}
		d.must(d.pbx.CallerHangsUp(h))
		c.front.ends(id, bridge.EndAbandoned)
		c.back.ends(id, bridge.EndAbandoned)
		if c.back.navigations() != before {
			t.Error("the tab without focus was asked to open the record")
		}
	}
}
