package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// TestProfileRules: each habit of a switch that a profile is about, in documents
// as that switch writes them. Each step is "version state" and the dialogs, the
// device being 103 and the bridge's own user cti.
func TestProfileRules(t *testing.T) {
	remote := func(id, attributes, state, identity string) string {
		return fmt.Sprintf("<dialog id=%q %s>\n<state>%s</state>\n<remote>\n%s\n</remote>\n</dialog>", id, attributes, state, identity)
	}
	number := func(uri string) string { return "<identity>" + uri + "</identity>" }
	const in, out = `direction="recipient"`, `direction="initiator"`
	const uuid = "2274ccd5-6090-1240-7185-4e59711c2383"
	for _, tt := range []struct {
		name    string
		profile profile
		steps   []string
		want    []string
	}{
		// call keys
		{
			"kamailio: the key is the Call-ID, which a ring group shares", profileKamailio,
			[]string{"0 full", "1 full" + remote("padi-1", `call-id="c1@pbx" `+in, "early", number("sip:"+berta+"@example.com"))},
			[]string{"103 Snapshot", "103 Delivered c1@pbx in " + berta},
		},
		{
			"freeswitch: the key is the channel, also where a Call-ID shows", profileFreeSWITCH,
			[]string{"0 full" + remote(uuid, `call-id="c1@pbx" `+in, "confirmed", number("sip:"+berta+"@example.com")), "1 full" + remote(uuid, in, "terminated", "")},
			[]string{"103 Snapshot [2274ccd5 3 in " + berta + "]", "103 Cleared 2274ccd5 in " + berta},
		},
		{
			"chan_sip: its Call-ID is the subscription's", profileGeneric,
			[]string{"0 full", "1 full" + remote("x", `call-id="pickup-7f3a@bridge" `+in, "early", number("sip:"+berta+"@example.com"))},
			[]string{"103 Snapshot", "103 Delivered x in " + berta},
		},
		{
			"asterisk: the dialog id is no key", profileAsterisk,
			[]string{
				"0 full" + remote("103", "", "terminated", ""), "1 full" + remote("103", in, "early", number("sip:"+berta+"@example.com")),
				"2 full" + remote("103", "", "terminated", ""), "3 full" + remote("103", in, "early", number("sip:"+berta+"@example.com")),
			},
			[]string{"103 Snapshot", "103 Delivered 103#1 in " + berta, "103 Cleared 103#1 in " + berta, "103 Delivered 103#2 in " + berta},
		},
		// which identity to trust
		{
			"freeswitch: the target is a pick-up code", profileFreeSWITCH,
			[]string{"0 full", "1 full" + remote(uuid, in, "early", number("sip:"+berta+"@192.0.2.1")+`<target uri="sip:**103@192.0.2.1"/>`)},
			[]string{"103 Snapshot", "103 Delivered 2274ccd5 in " + berta},
		},
		{
			"kamailio: port and parameters are not of the number", profileKamailio,
			[]string{"0 full", "1 full" + remote("padi-1", in, "early", number("sip:"+berta+"@192.0.2.31:5061;user=phone")) + remote("padi-2", in, "early", number("tel:"+hans))},
			[]string{"103 Snapshot", "103 Delivered padi-1 in " + berta, "103 Delivered padi-2 in " + hans},
		},
		{
			"the device itself is no caller: by our name", profileGeneric,
			[]string{"0 full", "1 full" + remote("a", in, "early", number("sip:103@example.com"))},
			[]string{"103 Snapshot", "103 Delivered a in"},
		},
		{
			"the device itself is no caller: by the document's name", profileGeneric,
			[]string{"0 full", "1 full sip:+493023125103@example.com" + remote("a", in, "early", number("sip:+493023125103@example.com"))},
			[]string{"103 Snapshot", "103 Delivered a in"},
		},
		{
			"our own user rings", profileGeneric,
			[]string{"0 full", "1 full" + remote("a", in, "early", number("sip:cti@192.0.2.9")), "2 full" + remote("a", in, "terminated", "")},
			[]string{"103 Snapshot"},
		},
		// chan_sip
		{
			"chan_sip: state partial, own address, then the caller", profileUnknown,
			[]string{
				"0 full" + remote("103", "", "terminated", ""), "1 partial" + remote("103", `call-id="pickup-1" `+in, "early", number("sip:103@example.com")),
				"2 partial" + remote("103", `call-id="pickup-1" `+in, "early", number("sip:"+berta+"@example.com")), "3 partial" + remote("103", "", "confirmed", ""),
				"4 partial" + remote("103", "", "terminated", ""),
			},
			[]string{"103 Snapshot", "103 Delivered 103#1 in", "103 Delivered 103#1 in " + berta, "103 Established 103#1 in " + berta, "103 Cleared 103#1 in " + berta},
		},
		// states
		{
			"kamailio: Trying does not ring", profileKamailio,
			[]string{"0 full", "1 full" + remote("padi-1", in, "Trying", number("sip:"+berta+"@example.com")), "2 full" + remote("padi-1", in, "terminated", "")},
			[]string{"103 Snapshot"},
		},
		{
			"kamailio: leftovers of ended calls never pop", profileKamailio,
			[]string{"7 full" + remote("padi-1", in, "terminated", number("sip:"+berta+"@example.com")), "8 full" + remote("padi-1", in, "terminated", number("sip:"+berta+"@example.com"))},
			[]string{"103 Snapshot"},
		},
		{
			"freeswitch: hold looks like ringing", profileFreeSWITCH,
			[]string{
				"0 full", "1 full" + remote(uuid, in, "confirmed", number("sip:"+berta+"@192.0.2.1")), "2 full" + remote(uuid, in, "early", number("sip:"+berta+"@192.0.2.1")),
			},
			[]string{"103 Snapshot", "103 Established 2274ccd5 in " + berta, "103 Held 2274ccd5 in " + berta},
		},
		{
			"freeswitch: a held call looks like ringing to who comes late", profileFreeSWITCH,
			[]string{"0 full" + remote(uuid, in, "early", number("sip:"+berta+"@192.0.2.1"))},
			[]string{"103 Snapshot [2274ccd5 2 in " + berta + "]"},
		},
		// names
		{
			"freeswitch: a name that is not escaped", profileFreeSWITCH,
			[]string{"0 full", "1 full" + remote(uuid, in, "early", `<identity display="Meier & Co <Bau>">sip:`+berta+`@192.0.2.1</identity>`)},
			[]string{"103 Snapshot", "103 Delivered 2274ccd5 in " + berta + " Meier & Co <Bau>"},
		},
		{
			"a name that wants to end the call", profileFreeSWITCH,
			[]string{"0 full", "1 full" + remote(uuid, in, "early", `<identity display="x"></identity></remote><state>terminated</state>">sip:`+berta+`@192.0.2.1</identity>`)},
			[]string{"103 Snapshot", "103 Delivered 2274ccd5 in " + berta + ` x"></identity></remote><state>terminated</state>`},
		},
		{
			"a name in Latin-1", profileFreeSWITCH,
			[]string{"0 full", "1 full" + remote(uuid, in, "early", "<identity display=\"M\xfcller\">sip:"+berta+"@192.0.2.1</identity>")},
			[]string{"103 Snapshot", "103 Delivered 2274ccd5 in " + berta + " Müller"},
		},
		// withheld
		{
			"withheld: whatever signals it", profileGeneric,
			[]string{
				"0 full", "1 partial" + remote("a", in, "early", `<identity display="Anonymous">sip:`+berta+`@example.com</identity>`),
				"2 partial" + remote("b", in, "early", `<identity display="Berta">sip:`+berta+`@anonymous.invalid</identity>`),
				"3 partial" + remote("c", in, "early", number("sip:"+berta+"@example.com;privacy=full")),
				"4 partial" + remote("d", in, "early", number("sip:"+berta+"@example.com")+`<target uri="sip:anonymous@example.com"/>`),
				"5 partial" + remote("e", in, "early", `<target uri="sip:anonymous@anonymous.invalid"/>`),
				"6 partial" + remote("f", in, "early", number("sip:%2331%23030123@example.com")),
			},
			[]string{
				"103 Snapshot", "103 Delivered a in withheld", "103 Delivered b in withheld", "103 Delivered c in withheld",
				"103 Delivered d in withheld", "103 Delivered e in withheld", "103 Delivered f in withheld",
			},
		},
		{
			"withheld, and a later document has the number", profileFreeSWITCH,
			[]string{
				"0 full", "1 full" + remote(uuid, in, "early", number("sip:anonymous@anonymous.invalid")),
				"2 full" + remote(uuid, in, "confirmed", `<identity display="Berta">sip:`+berta+`@192.0.2.1</identity>`), "3 full" + remote(uuid, in, "terminated", ""),
			},
			[]string{"103 Snapshot", "103 Delivered 2274ccd5 in withheld", "103 Established 2274ccd5 in withheld", "103 Cleared 2274ccd5 in withheld"},
		},
		{
			"withheld, and hold shows the number again", profileFreeSWITCH,
			[]string{
				"0 full", "1 full" + remote(uuid, in, "early", number("sip:anonymous@anonymous.invalid")),
				"2 full" + remote(uuid, in, "confirmed", number("sip:"+berta+"@192.0.2.1")), "3 full" + remote(uuid, in, "early", number("sip:"+berta+"@192.0.2.1")),
				"4 full" + remote(uuid, in, "confirmed", number("sip:"+hans+"@192.0.2.1")),
			},
			[]string{
				"103 Snapshot", "103 Delivered 2274ccd5 in withheld", "103 Established 2274ccd5 in withheld", "103 Held 2274ccd5 in withheld",
				"103 Transferred 2274ccd5 in " + hans + " cause=6", "103 Retrieved 2274ccd5 in " + hans,
			},
		},
		{
			"an agent who hides his own number does not hide whom he calls", profileGeneric,
			[]string{"0 full", "1 full" + remote("a", out, "early", number("sip:%2331%23030123@example.com"))},
			[]string{"103 Snapshot", "103 Originated a out #31#030123"},
		},
		// other families
		{
			"broadworks: partial documents, several dialogs", profileGeneric,
			[]string{
				"0 full", "1 partial" + remote("callhalf-1", in, "early", number("sip:"+berta+"@example.com")),
				"2 partial" + remote("callhalf-1", in, "confirmed", number("sip:"+berta+"@example.com")) + remote("callhalf-2", in, "early", number("sip:"+hans+"@example.com")),
				"3 partial" + remote("callhalf-2", in, "terminated", ""), "4 full" + remote("callhalf-3", out, "early", number("sip:104@example.com")),
			},
			[]string{
				"103 Snapshot", "103 Delivered callhalf-1 in " + berta, "103 Established callhalf-1 in " + berta, "103 Delivered callhalf-2 in " + hans,
				"103 Cleared callhalf-2 in " + hans, "103 Originated callhalf-3 out 104", "103 Cleared callhalf-1 in " + berta,
			},
		},
		{
			"opensips: an empty document is an idle extension", profileKamailio,
			[]string{"0 full", "0 full", "1 full" + remote("padi-1", in, "early", number("sip:"+berta+"@example.com")), "2 full"},
			[]string{"103 Snapshot", "103 Delivered padi-1 in " + berta},
		},
		{
			"innovaphone: calls without number", profileGeneric,
			[]string{"0 full", "1 full" + remote("a", in, "early", ""), "2 full" + remote("a", in, "confirmed", "")},
			[]string{"103 Snapshot", "103 Delivered a in", "103 Established a in"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTracker("pbx", "103", "cti", tt.profile)
			var got []string
			for i, step := range tt.steps {
				head, dialogs, _ := strings.Cut(step, "<")
				f := append(strings.Fields(head), "sip:103@example.com")
				if dialogs != "" {
					dialogs = "<" + dialogs
				}
				var doc dialoginfo.Document
				body := fmt.Sprintf("<?xml version=\"1.0\"?>\n<dialog-info version=%q state=%q entity=%q>\n%s\n</dialog-info>\n", f[0], f[1], f[2], dialogs)
				if err := doc.Parse([]byte(body)); err != nil {
					t.Fatal(err)
				}
				for _, e := range tr.apply(&doc, uint32(100+i), profileUnknown, time.Unix(int64(i), 0)) {
					got = append(got, eventText(&e))
				}
			}
			compare(t, got, tt.want)
		})
	}
}
