package sip

import (
	"slices"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/csta/uacsta"
	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// deskTracker has read documents of a telephone behind a proxy.
func deskTracker(t *testing.T, dialogs ...string) *tracker {
	t.Helper()
	tr := newTracker("pbx", "103", "cti", profileGeneric)
	tr.control = "control-call"
	for i, text := range append([]string{""}, dialogs...) {
		var doc dialoginfo.Document
		if err := doc.Parse([]byte(info(i, text))); err != nil {
			t.Fatal(err)
		}
		tr.apply(&doc, uint32(i+1), profileUnknown, time.Unix(1795294000, 0))
	}
	tr.out = nil
	return tr
}

// TestControlIsNoCall: the switch may report on the control session as on any
// dialog.
func TestControlIsNoCall(t *testing.T) {
	t.Parallel()
	session := `<dialog id="x" call-id="control-call" direction="recipient"><state>confirmed</state><remote><identity>sip:bridge@example.com</identity></remote></dialog>`
	if tr := deskTracker(t, session+ringing("a", berta)); len(tr.calls) != 1 || tr.calls[0].id != "a" {
		t.Errorf("%d calls", len(tr.calls))
	}
}

// TestPair: which of the telephone's calls a call is, as far as there is no
// doubt.
func TestPair(t *testing.T) {
	t.Parallel()
	phone := func(id, far string, s pbx.ConnectionState) uacsta.Call {
		return uacsta.Call{ID: ecma323.Connection(id, "103"), State: s, Far: far}
	}
	for name, tt := range map[string]struct {
		dialogs string
		calls   []uacsta.Call
		want    string // of dialog a
	}{
		"the only one":               {ringing("a", berta), []uacsta.Call{phone("1", "", pbx.StateAlerting)}, "1"},
		"by number":                  {ringing("a", berta) + ringing("b", hans), []uacsta.Call{phone("1", hans, pbx.StateAlerting), phone("2", berta, pbx.StateAlerting)}, "2"},
		"another far end":            {ringing("a", berta), []uacsta.Call{phone("1", hans, pbx.StateAlerting)}, ""},
		"another state":              {ringing("a", berta), []uacsta.Call{phone("1", berta, pbx.StateConnected)}, ""},
		"two of them":                {ringing("a", berta), []uacsta.Call{phone("1", "", pbx.StateAlerting), phone("2", "", pbx.StateAlerting)}, ""},
		"two of ours":                {ringing("a", berta) + ringing("b", hans), []uacsta.Call{phone("1", "", pbx.StateAlerting)}, ""},
		"the telephone says nothing": {ringing("a", berta), nil, ""},
		"beside one that is talking": {ringing("a", berta), []uacsta.Call{phone("1", hans, pbx.StateHeld), phone("2", "", pbx.StateAlerting)}, "2"},
		"the country is left out":    {ringing("a", "03023125001"), []uacsta.Call{phone("1", "+493023125001", pbx.StateAlerting)}, "1"},
	} {
		tr := deskTracker(t, tt.dialogs)
		got, _ := tr.pair(tr.calls[0], tt.calls)
		if got.ID.CallID != tt.want {
			t.Errorf("%s: %q, want %q", name, got.ID.CallID, tt.want)
		}
	}
}

// TestPairBehind: a telephone whose word of its calls comes later than the switch's
// still lists a call of the same caller that is over.
func TestPairBehind(t *testing.T) {
	t.Parallel()
	rings := func(id string) uacsta.Call {
		return uacsta.Call{ID: ecma323.Connection(id, "103"), State: pbx.StateAlerting, Far: berta}
	}
	next := func(tr *tracker) *call {
		t.Helper()
		var doc dialoginfo.Document
		if err := doc.Parse([]byte(info(2, ringing("b", berta)))); err != nil {
			t.Fatal(err)
		}
		tr.apply(&doc, 3, profileUnknown, time.Unix(1795294000, 0))
		if len(tr.calls) != 1 || tr.calls[0].id != "b" {
			t.Fatalf("%d calls", len(tr.calls))
		}
		return tr.calls[0]
	}
	pairs := func(tr *tracker, c *call, want string, calls ...uacsta.Call) {
		t.Helper()
		if got, _ := tr.pair(c, calls); got.ID.CallID != want {
			t.Errorf("the call is the telephone's %q, want %q", got.ID.CallID, want)
		}
	}

	known := deskTracker(t, ringing("a", berta))
	pairs(known, known.calls[0], "1", rings("1"))
	c := next(known)
	pairs(known, c, "", rings("1")) // that of before
	pairs(known, c, "2", rings("1"), rings("2"))

	late := deskTracker(t, ringing("a", berta))
	c = next(late)
	pairs(late, c, "1", rings("1")) // nobody can know
	pairs(late, c, "2", rings("2"))

	again := deskTracker(t, ringing("a", berta))
	pairs(again, again.calls[0], "1", rings("1"))
	c = next(again)
	again.phoneSays(&ecma323.ConnectionClearedEvent{DroppedConnection: rings("1").ID}, nil)
	pairs(again, c, "1", rings("1")) // the name is given again
}

// TestSwitchAhead: what is offered follows whoever told last, and that may be the
// switch.
func TestSwitchAhead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call, phone pbx.ConnectionState
		heldThere   bool
		want        bool
	}{
		{call: pbx.StateConnected, phone: pbx.StateAlerting, want: true},
		{call: pbx.StateHeld, phone: pbx.StateAlerting, want: true},
		{call: pbx.StateHeld, phone: pbx.StateConnected, want: true},
		{call: pbx.StateHeld, phone: pbx.StateConnected, heldThere: true}, // it was held there, and is retrieved
		{call: pbx.StateConnected, phone: pbx.StateHeld},                  // documents may not know of hold
		{call: pbx.StateAlerting, phone: pbx.StateAlerting},
		{call: pbx.StateConnected, phone: pbx.StateConnected},
	} {
		if got := (&call{state: c.call, heldThere: c.heldThere}).ahead(c.phone); got != c.want {
			t.Errorf("the switch says %v, the telephone %v: ahead is %v", c.call, c.phone, got)
		}
	}
}

// TestHeldAtTheDesk: hold that the telephone alone tells of, and that documents
// which know nothing of it do not take back.
func TestHeldAtTheDesk(t *testing.T) {
	t.Parallel()
	talking := `<dialog id="a" direction="recipient"><state>confirmed</state><remote><identity>sip:` + berta + `@example.com</identity></remote></dialog>`
	tr := deskTracker(t, ringing("a", berta), talking)
	says := func(m ecma323.CallEvent, state pbx.ConnectionState) []pbx.EventKind {
		tr.out = nil
		tr.phoneSays(m, []uacsta.Call{{ID: ecma323.Connection("7", "103"), State: state}})
		var kinds []pbx.EventKind
		for _, e := range tr.out {
			kinds = append(kinds, e.Kind)
		}
		return kinds
	}
	id := ecma323.Connection("7", "103")
	if got := says(&ecma323.EstablishedEvent{EstablishedConnection: id}, pbx.StateConnected); !slices.Equal(got, []pbx.EventKind{pbx.EventEstablished}) {
		t.Errorf("more can be done with it than was told: %v", got)
	}
	if got := says(&ecma323.HeldEvent{HeldConnection: id}, pbx.StateHeld); !slices.Equal(got, []pbx.EventKind{pbx.EventHeld}) {
		t.Errorf("held: %v", got)
	}
	var doc dialoginfo.Document
	if err := doc.Parse([]byte(info(9, talking))); err != nil {
		t.Fatal(err)
	}
	if got := tr.apply(&doc, 9, profileUnknown, time.Unix(1795294000, 0)); len(got) != 0 {
		t.Errorf("a document that knows nothing of hold took it back: %v", got)
	}
	if got := says(&ecma323.RetrievedEvent{RetrievedConnection: id}, pbx.StateConnected); !slices.Equal(got, []pbx.EventKind{pbx.EventRetrieved}) {
		t.Errorf("retrieved: %v", got)
	}
}
