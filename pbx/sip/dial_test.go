package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// dialPeer is a notifier with one subscribed device, ready to be dialled from.
func dialPeer(t *testing.T, transport string, o Options) (*notifier, *running, *gosip.Request) {
	t.Helper()
	n := newNotifier(t, transport)
	r := run(t, n, transport, pbx.LinkConfig{Username: "cti", Password: "secret"}, o, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, "<dialog id=\"103\"><state>terminated</state></dialog>"))
	r.next("103 Snapshot")
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
	return n, r, sub
}

// want waits for an event of the dialled call.
func (r *running) want(id pbx.ConnectionID, kind pbx.EventKind, cause pbx.Cause) pbx.Event {
	r.t.Helper()
	select {
	case e := <-r.events:
		if e.Connection != id || e.Kind != kind || e.Cause != cause || e.Direction != pbx.DirectionOutbound || e.Called.Number == "" {
			r.t.Fatalf("got %s (cause %d, %q), want kind %d cause %d", eventText(&e), e.Cause, e.Detail, kind, cause)
		}
		return e
	case <-time.After(10 * time.Second):
		r.t.Fatalf("no event of kind %d", kind)
	}
	return pbx.Event{}
}

func (n *notifier) inDialog(invite *gosip.Request, method string, cseq int, headers, body string) string {
	tag, _ := invite.From().Params.Get("tag")
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1;rport;branch=z9hG4bKx%d\r\nFrom: <%s>;tag=pbx\r\nTo: <%s>;tag=%s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s", method, invite.Contact().Address.String(), invite.Via().Transport, cseq,
		invite.To().Address.String(), invite.From().Address.String(), tag, invite.CallID().Value(), cseq, method, headers, len(body), body)
}

func (n *notifier) sipfrag(invite *gosip.Request, cseq int, line string) {
	n.write(n.inDialog(invite, "NOTIFY", cseq, "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n", line+"\r\n"))
}

// TestDialAsterisk: INVITE with digest, answer, REFER, sipfrag, BYE; the
// extension's one dialog is the call.
func TestDialAsterisk(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, r, sub := dialPeer(t, transport, Options{})
		id, err := r.link.MakeCall(t.Context(), "103", "+49 30 23125-001")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.link.MakeCall(t.Context(), "103", "1"); err == nil {
			t.Error("two calls were dialled at once")
		}
		invite := n.next("INVITE")
		r.want(id, pbx.EventOriginated, pbx.CauseNone)
		n.answer(invite, 401, "Unauthorized", `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
		if ack := n.next("ACK"); ack.Via().Value() != invite.Via().Value() {
			t.Errorf("ACK with Via %s, want %s", ack.Via().Value(), invite.Via().Value())
		}
		invite = n.next("INVITE")
		if !strings.Contains(string(invite.Body()), "a=inactive") || invite.From().DisplayName != "Dial +49 30 23125-001" || invite.Recipient.User != "103" {
			t.Errorf("INVITE:\n%s", invite.String())
		}
		n.answer(invite, 180, "Ringing")
		n.notify(sub, 2, "active", info(1, ringing("103", "cti")))
		n.notify(sub, 3, "active", info(2, "<dialog id=\"103\"><state>confirmed</state></dialog>"))
		n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">")
		n.next("ACK")
		refer := n.next("REFER")
		n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">") // the ACK was lost
		n.next("ACK")
		if h := refer.GetHeader("Refer-To"); h == nil || h.Value() != "<sip:+49%2030%2023125-001@example.com>" {
			t.Errorf("Refer-To %v", h)
		}
		if tag, _ := refer.To().Params.Get("tag"); tag != "pbx" {
			t.Errorf("REFER outside of the dialog: %s", refer.String())
		}
		n.answer(refer, 202, "Accepted")
		n.sipfrag(invite, 10, "SIP/2.0 180 Ringing")
		n.sipfrag(invite, 11, "SIP/2.0 200 OK")
		n.answer(n.next("BYE"), 200, "OK")
		if e := r.want(id, pbx.EventEstablished, pbx.CauseNone); !e.Called.Probable {
			t.Error("Asterisk's hand-over counts as an answer")
		}
		if err := r.link.ClearConnection(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("clearing a call that is out of our hands: %v", err)
		}
		n.notify(sub, 4, "active", info(3, "<dialog id=\"103\"><state>terminated</state></dialog>"))
		r.want(id, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

func TestDialFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		play   func(n *notifier)
		cause  pbx.Cause
		detail string
	}{
		{"agent busy", func(n *notifier) { n.answer(n.next("INVITE"), 486, "Busy Here"); n.next("ACK") }, pbx.CauseBusy, "486 Busy Here"},
		{"agent declines", func(n *notifier) { n.answer(n.next("INVITE"), 603, "Decline"); n.next("ACK") }, pbx.CauseRejected, "603 Decline"},
		{"nobody answers", func(n *notifier) {
			invite := n.next("INVITE")
			n.answer(invite, 180, "Ringing")
			cancel := n.next("CANCEL")
			if cancel.Via().Value() != invite.Via().Value() || cancel.CSeq().SeqNo != invite.CSeq().SeqNo {
				n.t.Errorf("CANCEL does not fit the INVITE:\n%s", cancel.String())
			}
			n.answer(cancel, 200, "OK")
			n.answer(invite, 487, "Request Terminated")
			n.next("ACK")
		}, pbx.CauseNoAnswer, "Nobody answered"},
		{"answered while we gave up", func(n *notifier) {
			invite := n.next("INVITE")
			n.answer(invite, 180, "Ringing")
			n.next("CANCEL")
			n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">")
			n.next("ACK")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseNoAnswer, "Nobody answered"},
		{"transfer not allowed", func(n *notifier) {
			n.answerInvite()
			n.answer(n.next("REFER"), 403, "Forbidden")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseNotAllowed, "403 Forbidden"},
		{"far end busy", func(n *notifier) {
			invite := n.answerInvite()
			n.answer(n.next("REFER"), 202, "Accepted")
			n.sipfrag(invite, 10, "SIP/2.0 486 Busy Here")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseBusy, "486 busy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, r, _ := dialPeer(t, "udp", Options{RingTime: 300 * time.Millisecond})
			id, err := r.link.MakeCall(t.Context(), "103", berta)
			if err != nil {
				t.Fatal(err)
			}
			r.want(id, pbx.EventOriginated, pbx.CauseNone)
			tt.play(n)
			e := r.want(id, pbx.EventFailed, tt.cause)
			if e.State != pbx.StateFailed || !strings.Contains(e.Detail, tt.detail) {
				t.Errorf("state %d, detail %q", e.State, e.Detail)
			}
			if _, err := r.link.MakeCall(t.Context(), "103", berta); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

func (n *notifier) answerInvite() *gosip.Request {
	invite := n.next("INVITE")
	n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">")
	n.next("ACK")
	return invite
}

func TestClearWhileDialling(t *testing.T) {
	t.Parallel()
	n, r, _ := dialPeer(t, "udp", Options{})
	id, err := r.link.MakeCall(t.Context(), "103", berta)
	if err != nil {
		t.Fatal(err)
	}
	r.want(id, pbx.EventOriginated, pbx.CauseNone)
	invite := n.next("INVITE")
	n.answer(invite, 180, "Ringing")
	if err := r.link.ClearConnection(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	n.answer(n.next("CANCEL"), 200, "OK")
	n.answer(invite, 487, "Request Terminated")
	r.want(id, pbx.EventConnectionCleared, pbx.CauseCancelled)
	if err := r.link.ClearConnection(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("clearing an ended call: %v", err)
	}
}

func TestMakeCallRefuses(t *testing.T) {
	t.Parallel()
	_, r, _ := dialPeer(t, "udp", Options{})
	for _, number := range []string{"", "  ", "1\r\nX: y", "1\x00", strings.Repeat("1", 65)} {
		if _, err := r.link.MakeCall(t.Context(), "103", number); err == nil {
			t.Errorf("%q was dialled", number)
		}
	}
	if _, err := r.link.MakeCall(t.Context(), "104", berta); !errors.Is(err, pbx.ErrUnknownDevice) {
		t.Errorf("an unwatched device: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []pbx.LinkConfig{
		{},
		{Server: "pbx", Transport: "sctp"},
		{Server: "pbx", Profile: "toy"},
		{Server: "pbx\r\n"},
		{Server: "pbx", Username: "a b"},
		{Server: "pbx", Advertise: "192.0.2.1"},
	} {
		if _, err := New(cfg, Options{}); err == nil || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
