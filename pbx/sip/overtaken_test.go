package sip

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
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

// TestOneNumberForTwoNotifies: two requests with one CSeq are two where their
// branches differ, and a repetition where they do not.
func TestOneNumberForTwoNotifies(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	one := notifyFor(sub, 2, "active", info(1, ringing("a", berta)))
	n.writeTo(one, sub.Source())
	r.next("103 Delivered a in " + berta)
	n.writeTo(one, sub.Source())
	two := notifyFor(sub, 2, "active", info(2, ringing("a", berta)+ringing("b", hans)))
	n.writeTo(strings.Replace(two, "branch=z9hG4bK", "branch=z9hG4bKother", 1), sub.Source())
	r.next("103 Delivered b in " + hans)
	r.status("a repetition", func(st pbx.Status) bool {
		return slices.ContainsFunc(st.Drops, func(d pbx.Drop) bool { return d.Reason == "duplicate" && d.Count == 1 })
	})
}
