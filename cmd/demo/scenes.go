package main

import (
	"errors"
	"time"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// handOverAfter is how long the colleague of the transfer scene talks to the
// agent before handing the caller over.
const handOverAfter = 3 * time.Second

// Callers of the scenes. The toy PBX writes their numbers in the notations that
// real ones use.
var (
	berta     = pbxtest.Caller{Number: "+493023125101", Name: "Berta Beispiel"}
	shared    = pbxtest.Caller{Number: "03023125300", Name: "Muster"}
	stranger  = pbxtest.Caller{Number: "+441632960555"}
	anonymous = pbxtest.Caller{Withheld: true}
	zacharias = pbxtest.Caller{Number: "06990009200"}
)

var errRinging = errors.New("The telephone rings already: answer or hang up first.") //nolint:staticcheck,revive // shown to people as it is

// scenes are the buttons of the page.
var scenes = map[string]func(*world) error{
	"known":       func(w *world) error { return w.rings(berta) },
	"several":     func(w *world) error { return w.rings(shared) },
	"unknown":     func(w *world) error { return w.rings(stranger) },
	"withheld":    func(w *world) error { return w.rings(anonymous) },
	"second":      second,
	"transferred": transferred,
}

func (w *world) rings(c pbxtest.Caller) error {
	if ringing, _ := w.state(); ringing != nil {
		return errRinging
	}
	if w.pbx.Ring(agentExt, c) == "" {
		return errors.New("The telephone takes no calls.") //nolint:staticcheck,revive // shown to people as it is
	}
	return nil
}

// second rings while the agent talks; if the agent does not, it first lets one
// call come and be answered.
func second(w *world) error {
	if _, talking := w.state(); talking == nil {
		if err := w.rings(berta); err != nil {
			return err
		}
		if err := w.pbx.Answer(agentExt, ""); err != nil {
			return err
		}
	}
	return w.rings(zacharias)
}

// transferred lets the colleague take an outside call, ask the agent, and hand
// it over some seconds after the agent has answered.
func transferred(w *world) error {
	if ringing, _ := w.state(); ringing != nil {
		return errRinging
	}
	w.pbx.ConsultTransfer(mateExt, agentExt, berta, handOverAfter)
	return nil
}
