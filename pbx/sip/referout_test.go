package sip

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// referOutPeer is a notifier whose telephones dial when they are asked to.
func referOutPeer(t *testing.T, transport string, cfg pbx.LinkConfig) (*notifier, *running, *gosip.Request) {
	t.Helper()
	n := newNotifier(t, transport)
	cfg.Username, cfg.Password = "cti", "secret"
	r := run(t, n, transport, cfg, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
	return n, r, sub
}

// TestReferOut: a REFER outside of any dialog; the telephone dials, and its own
// dialog is the call.
func TestReferOut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, r, sub := referOutPeer(t, transport, pbx.LinkConfig{DialBy: "outOfDialogRefer", Profile: "generic"})
		id, err := r.link.MakeCall(t.Context(), "103", berta)
		if err != nil {
			t.Fatal(err)
		}
		r.want(id, pbx.EventOriginated, pbx.CauseNone)
		refer := n.next("REFER")
		n.answer(refer, 401, "Unauthorized", `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
		refer = n.next("REFER")
		for name, want := range map[string]string{
			"Refer-To": "<sip:" + berta + "@example.com>", "Referred-By": "<sip:cti@example.com>", "Refer-Sub": "true",
		} {
			if h := refer.GetHeader(name); h == nil || h.Value() != want {
				t.Errorf("%s %v, want %s", name, h, want)
			}
		}
		if refer.Recipient.User != "103" || refer.GetHeader("Authorization") == nil || refer.To().Params.Has("tag") {
			t.Errorf("REFER:\n%s", refer)
		}
		n.answer(refer, 202, "Accepted")
		n.sipfrag(refer, 10, "SIP/2.0 100 Trying")
		out := "<dialog id=\"o\" direction=\"initiator\"><state>%</state><remote><identity>sip:" + berta + "@example.com</identity></remote></dialog>"
		n.notify(sub, 2, "active", info(1, strings.Replace(out, "%", "early", 1)))
		n.notify(sub, 3, "active", info(2, strings.Replace(out, "%", "confirmed", 1)))
		r.want(id, pbx.EventEstablished, pbx.CauseNone)
		n.sipfrag(refer, 11, "SIP/2.0 200 OK")
		n.notify(sub, 4, "active", info(3, strings.Replace(out, "%", "terminated", 1)))
		r.want(id, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

// TestReferOutFails: what is accepted and then forgotten has failed, as all else.
func TestReferOutFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		play   func(n *notifier, refer *gosip.Request)
		cause  pbx.Cause
		detail string
	}{
		{"Asterisk", func(n *notifier, refer *gosip.Request) { n.answer(refer, 501, "Not Implemented") }, pbx.CauseNotAllowed, "another way of dialling"},
		{"FreeSWITCH", func(n *notifier, refer *gosip.Request) { n.answer(refer, 202, "Accepted") }, pbx.CauseUnreachable, "did not dial"},
		{"declined", func(n *notifier, refer *gosip.Request) { n.answer(refer, 603, "Decline") }, pbx.CauseRejected, "declined"},
		{"far end busy", func(n *notifier, refer *gosip.Request) {
			n.answer(refer, 202, "Accepted")
			n.sipfrag(refer, 10, "SIP/2.0 100 Trying")
			n.sipfrag(refer, 11, "SIP/2.0 486 Busy Here")
		}, pbx.CauseBusy, "486 busy"},
		{"no such number, at once", func(n *notifier, refer *gosip.Request) {
			n.answer(refer, 202, "Accepted")
			n.sipfrag(refer, 10, "SIP/2.0 404 Not Found")
		}, pbx.CauseUnallocatedNumber, "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, r, _ := referOutPeer(t, "udp", pbx.LinkConfig{DialBy: "outOfDialogRefer", Profile: "generic"})
			id, err := r.link.MakeCall(t.Context(), "103", berta)
			if err != nil {
				t.Fatal(err)
			}
			r.want(id, pbx.EventOriginated, pbx.CauseNone)
			tt.play(n, n.next("REFER"))
			for {
				e := <-r.events
				if e.Kind == pbx.EventOriginated {
					continue // it is out of our hands
				}
				if e.Kind != pbx.EventFailed || e.Cause != tt.cause || !strings.Contains(e.Detail, tt.detail) {
					t.Errorf("got %s (cause %d, %q)", eventText(&e), e.Cause, e.Detail)
				}
				return
			}
		})
	}
}
