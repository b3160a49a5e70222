package sip

import (
	"fmt"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

func TestGaps(t *testing.T) {
	t.Parallel()
	const free, other = profileFreeSWITCH, profileGeneric
	for _, tt := range []struct {
		name    string
		profile profile
		steps   []string
		missing bool
	}{
		{"contiguous", free, []string{"0", "1|a early in 1", "2|a terminated"}, false},
		{"one is missing", free, []string{"0", "2|a early in 1"}, true},
		{"it was only late", free, []string{"0", "2|a early in 1", "1|b early in 2"}, false},
		{"two are missing, one comes", free, []string{"0", "3|a early in 1", "1|b early in 2"}, true},
		{"the first is late", free, []string{"1|a early in 1", "0"}, false},
		{"far ahead", free, []string{"0", "100|a early in 1", "1|b early in 2"}, true},
		{"a new subscription", free, []string{"0", "2|a early in 1", "renew", "0"}, false},
		{"counted anew within one", free, []string{"0", "2|a early in 1", "0"}, false},
		{"a full document heals it", other, []string{"5", "partial 7|a early in 1", "8|a early in 1"}, false},
		{"partial documents", other, []string{"5", "partial 7|a early in 1"}, true},
		{"full documents", other, []string{"5", "9|a early in 1"}, false},
		{"asterisk tells everything each time", profileAsterisk, []string{"0|103 terminated", "5|103 confirmed"}, false},
		{"kamailio shares its versions", profileKamailio, []string{"123", "213|a early in 1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTracker("pbx", "103", "cti", tt.profile)
			play(t, tr, tt.steps...)
			if got := !tr.gaps.since.IsZero(); got != tt.missing {
				t.Errorf("missing: %v, want %v (%+v)", got, tt.missing, tr.gaps)
			}
		})
	}
}

// TestGapsThatGoOn: a switch that counts otherwise is asked less and less often.
func TestGapsThatGoOn(t *testing.T) {
	t.Parallel()
	l := newLink(t, pbx.LinkConfig{Profile: "freeswitch"})
	l.Watch([]pbx.DeviceID{"103"})
	d := l.devices["103"]
	now := time.Now()
	var asked []time.Duration
	for at := now; at.Before(now.Add(20 * time.Minute)); at = at.Add(time.Second) {
		d.dialog = newDialog(l.uri("103"))
		if d.tracker.gaps.since.IsZero() {
			d.tracker.gaps.since = at
		}
		if l.closeGap(&d.subscription, at) {
			asked = append(asked, at.Sub(now))
			d.tracker.renew()
		}
	}
	if want := "[2s 10s 26s 58s 2m2s 4m10s 8m26s 13m26s 18m26s]"; fmt.Sprint(asked) != want {
		t.Errorf("asked at %v, want %s", asked, want)
	}
}

// TestGapIsAskedFor: the end of a call is lost, the next document shows it, and
// a fresh subscription tells the truth.
func TestGapIsAskedFor(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{Profile: "freeswitch"}, Options{GapTime: 50 * time.Millisecond}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	n.notify(sub, 2, "active", info(1, ringing("a", berta)))
	r.next("103 Delivered a in " + berta)
	n.notify(sub, 4, "active", info(3, ringing("b", hans)))
	r.next("103 Delivered b in " + hans)
	bye := n.next("SUBSCRIBE")
	if h := bye.GetHeader("Expires"); h == nil || h.Value() != "0" {
		t.Errorf("the old subscription was not ended: %s", bye.String())
	}
	n.answer(bye, 200, "OK", "Expires: 0")
	fresh := n.next("SUBSCRIBE")
	if fresh.CallID().Value() == sub.CallID().Value() {
		t.Error("not a fresh subscription")
	}
	n.grant(fresh, 600)
	n.notify(fresh, 1, "active", info(0, ringing("b", hans)))
	r.next("103 Snapshot [b 2 in " + hans + "]")
}
