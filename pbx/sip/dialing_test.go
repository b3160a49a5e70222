package sip

import (
	"slices"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// dialled is a tracker from whose device a number is being dialled.
func dialled(p profile, number string, before ...string) func(t *testing.T) *tracker {
	return func(t *testing.T) *tracker {
		tr := newTracker("pbx", "103", "cti", p)
		play(t, tr, before...)
		tr.dial = &dialing{key: "dial", device: "103", called: number, label: "Dial " + number}
		return tr
	}
}

// TestCallFromTheNumberBeingDialled: while we ring the agent to dial a number,
// that very number calls.
func TestCallFromTheNumberBeingDialled(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tr    func(t *testing.T) *tracker
		steps []string
		want  []string
	}{
		{
			"after our leg began to ring", dialled(profileGeneric, berta, "0"),
			[]string{"1|leg early in cti", "2|leg early in cti|b early in " + berta},
			[]string{"103 Delivered b in " + berta},
		},
		{
			"before we dialled", dialled(profileGeneric, berta, "0", "1|b early in "+berta),
			[]string{"2|b early in " + berta + "|leg early in cti", "3|b confirmed in " + berta + "|leg early in cti"},
			[]string{"103 Established b in " + berta},
		},
		{
			"our leg shown under the number itself", dialled(profileGeneric, berta, "0"),
			[]string{"1|leg early in " + berta, "2|leg early in " + berta + "|b early in " + berta, "3|leg early in " + berta},
			[]string{"103 Delivered b in " + berta, "103 Cleared b in " + berta},
		},
		{
			"asterisk", dialled(profileAsterisk, berta, "0|103 terminated"),
			[]string{"1|103 early in cti", "2|103 early in " + berta},
			[]string{"103 Delivered 103#2 in " + berta},
		},
		{
			"asterisk, ringing before we dialled", dialled(profileAsterisk, berta, "0|103 terminated", "1|103 early in "+berta),
			[]string{"2|103 early in " + berta, "3|103 confirmed"},
			[]string{"103 Established 103#1 in " + berta},
		},
		{
			"asterisk, our leg shown under the number itself", dialled(profileAsterisk, berta, "0|103 terminated"),
			[]string{"1|103 early in " + berta, "2|103 early in " + berta, "3|103 confirmed"},
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, tt.tr(t), tt.steps...); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestHandOverIsProbable: Asterisk says that it has transferred the call, which
// it does before the far end answers.
func TestHandOverIsProbable(t *testing.T) {
	for p, probable := range map[profile]bool{profileAsterisk: true, profileKamailio: false} {
		tr := dialled(p, berta, "0")(t)
		tr.connect(tr.dial)
		e := tr.out[len(tr.out)-1]
		if e.Kind != pbx.EventEstablished || e.Called.Probable != probable || tr.dial.connection().Called.Probable != probable {
			t.Errorf("profile %d: %+v", p, e)
		}
	}
}
