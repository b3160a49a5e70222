package sip

import (
	"slices"
	"testing"
)

// TestEndOvertakesTheFirstDocument: FreeSWITCH's version 1 says that a call has
// ended which version 0, come later, still lists.
func TestEndOvertakesTheFirstDocument(t *testing.T) {
	const id = "5ad08aa5-2b1c-4a3d-9be4-0aa8c2e1f000"
	for name, before := range map[string][]string{
		"unknown call":                    {"renew"},
		"call of the subscription before": {"0|" + id + " early in " + berta, "1|" + id + " early in " + berta, "renew"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTracker("pbx", "103", "cti", profileFreeSWITCH)
			play(t, tr, before...)
			got := play(t, tr, "1|"+id+" terminated in", "0|"+id+" early in "+berta)
			if last := got[len(got)-1]; last != "103 Snapshot" || len(tr.calls) != 0 {
				t.Errorf("got %q and %d calls live", got, len(tr.calls))
			}
			if got := play(t, tr, "2|other-call early in "+hans); !slices.Equal(got, []string{"103 Delivered other-call in " + hans}) {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}
