package agent_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/ctibridge/ctibridge/bridge"
)

// All tabs hear of settings; the reason comes with it where it was not the
// agent's own doing.
func TestSettingsReachAllTabs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		one, two := s.signIn("tab-1"), s.signIn("tab-2")
		if got := one.Welcome.Settings; got.PopOn != bridge.PopOnRinging || !got.Sound || !got.QuietInCall {
			t.Errorf("welcomed with %+v", got)
		}
		now := bridge.PanelSettings{PopOn: bridge.PopByHand, Devices: []bridge.SharedDevice{{ID: "toy/1050", Link: "toy", Extension: "1050"}}}
		s.hub.ShowSettings(ada, now, nil)
		s.hub.ShowSettings(ada, now, &bridge.RequestError{Code: "deviceTaken", Message: "m", Cure: "c"})
		for range 2 {
			if f := two.Expect("settings"); f.Settings.Settings.PopOn != bridge.PopByHand || len(f.Settings.Settings.Devices) != 1 {
				t.Errorf("got %+v", f.Settings)
			}
		}
		if f := one.Expect("error"); f.Error.Code != "deviceTaken" {
			t.Errorf("got %+v", f.Error)
		}
		s.hub.ShowSettings("nobody", now, nil)
	})
}

// A note or a choice with a request is answered, each time anew.
func TestAnsweredNote(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		for _, text := range []string{"price", "price list"} {
			tab.Send(map[string]any{"type": "note", "request": "r-1", "call": "c-1", "text": text})
			if f := tab.Expect("result"); !f.Result.OK || f.Result.Request != "r-1" || f.Result.Call != "c-1" {
				t.Errorf("answered %+v", f.Result)
			}
		}
		if events := s.bridge.seen(); !slices.Contains(events, "note on c-1: price list") {
			t.Errorf("the second note got lost: %q", events)
		}
		record := map[string]any{"object": "Case", "id": "500000000000001AAA"}
		tab.Send(map[string]any{"type": "choose", "request": "r-2", "call": "c-1", "record": record})
		if f := tab.Expect("result"); f.Result.OK || f.Result.Request != "r-2" || f.Result.Error.Code != "noCall" {
			t.Errorf("answered %+v", f.Result)
		}
	})
}

func TestNoteAndDevice(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStage(t)
		tab := s.signIn("tab-1")
		tab.Send(map[string]any{"type": "note", "call": "c-1", "text": "price list"})
		tab.Send(map[string]any{"type": "device", "id": "toy/1050"})
		tab.Send(map[string]any{"type": "device", "id": ""})
		synctest.Wait()
		events := s.bridge.seen()
		for _, want := range []string{"note on c-1: price list", "device toy/1050", "device "} {
			if !slices.Contains(events, want) {
				t.Errorf("the bridge was told %q, not %q", events, want)
			}
		}
		tab.Send(map[string]any{"type": "device", "id": "taken"})
		if f := tab.Expect("error"); f.Error.Code != "notYourDevice" {
			t.Errorf("got %+v", f.Error)
		}
	})
}
