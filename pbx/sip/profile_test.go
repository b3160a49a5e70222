package sip

import (
	"strings"
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

// TestContradiction: the switch does not follow the profile that was configured.
func TestContradiction(t *testing.T) {
	for name, tt := range map[string]struct {
		configured, agent, document, want string
	}{
		"as configured":              {"asterisk", "Asterisk PBX 22", "0|103 confirmed", ""},
		"not known yet":              {"asterisk", "", "", ""},
		"nothing configured":         {"", "Asterisk PBX 22", "0|103 confirmed", ""},
		"the name":                   {"kamailio", "Asterisk PBX 22", "0", "looks like asterisk"},
		"the documents":              {"freeswitch", "", "0|103 confirmed", "looks like asterisk"},
		"a proxy in front":           {"asterisk", "kamailio (5.6.3)", "0|103 confirmed", ""},
		"generic, by name":           {"generic", "FreeSWITCH", "0", ""},
		"generic, by documents":      {"generic", "", "0|padi-1 confirmed", "looks like kamailio"},
		"another word for the same":  {"opensips", "OpenSIPS (3.4)", "0|padi-1 confirmed", ""},
		"a name that changes itself": {"asterisk", "FPBX-16.0(18)", "0", ""},
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
			l.setState(pbx.LinkConnected, "", "")
			st := l.Status()
			if tt.want == "" && st.Problem != "" || !strings.Contains(st.Problem, tt.want) || tt.want != "" && st.Cure == "" {
				t.Errorf("problem %q, cure %q, want %q", st.Problem, st.Cure, tt.want)
			}
			if l.setState(pbx.LinkDown, "It does not answer.", ""); l.Status().Problem != "It does not answer." {
				t.Errorf("a link that is down says %q", l.Status().Problem)
			}
		})
	}
}

// TestLimits: each profile says what it cannot tell, and the cure; before it is
// known whose habits the switch has, nothing is said.
func TestLimits(t *testing.T) {
	for configured, want := range map[string][]string{
		"":           nil,
		"asterisk":   {"dialled on the telephone", "while the telephone rings", "before the bridge connected", "second call", "holds a call", "transfer", "which of your numbers"},
		"freeswitch": {"withheld", "have ended", "transfer", "which of your numbers"},
		"kamailio":   {"From header", "transfer", "which of your numbers"},
		"generic":    {"not known", "which of your numbers"},
	} {
		limits := newLink(t, pbx.LinkConfig{Profile: configured}).Status().Limits
		if len(limits) != len(want) {
			t.Errorf("%q: %d limits, want %d", configured, len(limits), len(want))
			continue
		}
		for i, l := range limits {
			if !strings.Contains(l.Text, want[i]) || l.Cure == "" {
				t.Errorf("%q: limit %q with cure %q, want %q", configured, l.Text, l.Cure, want[i])
			}
		}
	}
}

// TestProbe: a switch that does not say who it is when it grants a subscription
// is asked by OPTIONS, and any answer will do.
func TestProbe(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "1001")
	n.grant(n.next("SUBSCRIBE"), 600)
	n.answer(n.next("OPTIONS"), 481, "Call/Transaction Does Not Exist", "User-Agent: FreeSWITCH-mod_sofia/1.10.12")
	r.status("freeswitch", func(st pbx.Status) bool { return st.Profile == "freeswitch" && len(st.Limits) > 0 })
}
