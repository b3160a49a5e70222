package sip

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// TestStatusTellsTheProfile: as configured, else by the shape of documents, else
// by the switch's name.
func TestStatusTellsTheProfile(t *testing.T) {
	for name, tt := range map[string]struct {
		configured, agent, document, want string
	}{
		"nothing known":         {"", "", "", ""},
		"configured":            {"generic", "FreeSWITCH", "0|103 confirmed", "generic"},
		"another name":          {"opensips", "", "", "kamailio"},
		"by name":               {"", "FreeSWITCH-mod_sofia/1.10.12", "0", "freeswitch"},
		"by shape":              {"", "", "0|103 confirmed", "asterisk"},
		"shape before the name": {"", "PBX by Asterisk", "0|padi-1 confirmed", "kamailio"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLink(t, pbx.LinkConfig{Profile: tt.configured})
			l.Watch([]pbx.DeviceID{"103"})
			l.noteAgent(tt.agent)
			if tt.document != "" {
				d := l.devices["103"]
				d.dialog = newDialog(l.uri("103"))
				l.track(d, parseScript(t, tt.document), 1)
			}
			if got := l.Status().Profile; got != tt.want {
				t.Errorf("profile %q, want %q", got, tt.want)
			}
		})
	}
}
