package sip

import "github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"

// resume is called when a subscription goes on over a new connection: what came
// in between is lost, so that the answer to the refresh is taken as a snapshot.
// Documents are counted anew, in case the switch does too.
func (t *tracker) resume() {
	t.follow()
	t.fresh, t.resumed = true, true
}

// answersRefresh tells whether a document of a resumed subscription holds all
// dialogs of the device, as the one that follows a refresh does. What the switch
// had sent before it may still be on its way. FreeSWITCH shows the Call-ID of
// each dialog in answers to SUBSCRIBE alone, and no document without a dialog
// tells of a change.
func (t *tracker) answersRefresh(doc *dialoginfo.Document) bool {
	switch {
	case !doc.Full:
		return false
	case t.profile == profileFreeSWITCH:
		return !doc.Truncated && (len(doc.Dialogs) == 0 || doc.Dialogs[0].CallID != "")
	}
	return true
}

// follow is called when another sender goes on with the reports on the device,
// whose numbers cannot be compared with those of the one before.
func (t *tracker) follow() {
	t.last, t.gaps = order{}, gaps{}
	for _, c := range t.calls {
		c.at = order{}
	}
}
