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
		if h := refer.GetHeader("Refer-To"); h == nil || h.Value() != "<sip:+493023125001@example.com>" {
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
		{"agent declines", func(n *notifier) { n.answer(n.next("INVITE"), 603, "Decline"); n.next("ACK") }, pbx.CauseRejected, "Declined on your telephone."},
		{"agent declines as most phones do", func(n *notifier) {
			invite := n.next("INVITE")
			n.answer(invite, 180, "Ringing")
			n.answer(invite, 486, "Busy Here")
			n.next("ACK")
		}, pbx.CauseRejected, "Declined on your telephone."},
		{"agent is not signed in", func(n *notifier) { n.answer(n.next("INVITE"), 480, "Temporarily Unavailable"); n.next("ACK") }, pbx.CauseNoAnswer, "signed in"},
		{"no such extension", func(n *notifier) { n.answer(n.next("INVITE"), 404, "Not Found"); n.next("ACK") }, pbx.CauseUnallocatedNumber, "cannot ring your extension"},
		{"not allowed to call", func(n *notifier) { n.answer(n.next("INVITE"), 403, "Forbidden"); n.next("ACK") }, pbx.CauseNotAllowed, "administrator"},
		{"100rel required", func(n *notifier) {
			n.answer(n.next("INVITE"), 421, "Extension Required", "Require: 100rel")
			n.next("ACK")
		}, pbx.CauseUnreachable, "100rel"},
		{"wrong password", func(n *notifier) {
			for range 2 {
				n.answer(n.next("INVITE"), 401, "Unauthorized", `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
				n.next("ACK")
			}
		}, pbx.CauseNotAllowed, "The PBX refuses the user name or password."},
		{"thirty provisional answers, then declined", func(n *notifier) {
			invite := n.next("INVITE")
			for range 10 {
				n.answer(invite, 180, "Ringing")
				n.answer(invite, 181, "Call Is Being Forwarded")
				n.answer(invite, 183, "Session Progress", "Content-Type: application/sdp") // early media
			}
			n.answer(invite, 603, "Decline")
			n.next("ACK")
		}, pbx.CauseRejected, "Declined on your telephone."},
		{"switch gone while it rings", func(n *notifier) {
			n.answer(n.next("INVITE"), 180, "Ringing")
			n.next("CANCEL")
		}, pbx.CauseNoAnswer, "Nobody answered"},
		{"switch gone at the transfer", func(n *notifier) {
			n.answerInvite()
			n.next("REFER")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseUnreachable, "does not answer the transfer"},
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
		{"transfers unknown", func(n *notifier) {
			n.answerInvite()
			n.answer(n.next("REFER"), 501, "Not Implemented")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseNotAllowed, "another way of dialling"},
		{"transfers switched off", func(n *notifier) {
			n.answerInvite()
			n.answer(n.next("REFER"), 405, "Method Not Allowed")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseNotAllowed, "another way of dialling"},
		{"transfer declined", func(n *notifier) {
			n.answerInvite()
			n.answer(n.next("REFER"), 603, "Decline")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseRejected, "declined to connect you"},
		{"no such number, told with the end of our leg", func(n *notifier) {
			invite := n.answerInvite()
			n.answer(n.next("REFER"), 202, "Accepted")
			n.sipfrag(invite, 10, "SIP/2.0 404 Not Found")
			n.write(n.inDialog(invite, "BYE", 11, "", ""))
		}, pbx.CauseUnallocatedNumber, "404 number does not exist"},
		{"far end busy", func(n *notifier) {
			invite := n.answerInvite()
			n.answer(n.next("REFER"), 202, "Accepted")
			n.sipfrag(invite, 10, "SIP/2.0 486 Busy Here")
			n.answer(n.next("BYE"), 200, "OK")
		}, pbx.CauseBusy, "486 busy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var o Options // where the peer answers, it may take its time
			switch tt.name {
			case "nobody answers", "answered while we gave up", "switch gone while it rings":
				o.RingTime = 300 * time.Millisecond
			case "switch gone at the transfer":
				o.Timeout = 1500 * time.Millisecond
			}
			n, r, _ := dialPeer(t, "udp", o)
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
			// A switch that has gone may have been noticed meanwhile.
			gone := strings.HasPrefix(tt.name, "switch gone")
			if _, err := r.link.MakeCall(t.Context(), "103", berta); err != nil && (!gone || !errors.Is(err, pbx.ErrLinkDown)) {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

// TestDialSwitchGone: nothing answers the INVITE.
func TestDialSwitchGone(t *testing.T) {
	t.Parallel()
	n, r, _ := dialPeer(t, "udp", Options{Timeout: 200 * time.Millisecond})
	id, err := r.link.MakeCall(t.Context(), "103", berta)
	if err != nil {
		t.Fatal(err)
	}
	r.want(id, pbx.EventOriginated, pbx.CauseNone)
	invite := n.next("INVITE")
	if e := r.want(id, pbx.EventFailed, pbx.CauseUnreachable); e.Detail != "The PBX does not answer." {
		t.Errorf("detail %q", e.Detail)
	}
	n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">") // an answer that comes late
	n.next("ACK")
	n.answer(n.next("BYE"), 200, "OK")
}

// TestDialConnectionLost: the connection breaks in each phase.
func TestDialConnectionLost(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"ringing", "answered", "handed over"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			n, r, _ := dialPeer(t, "tcp", Options{})
			id, err := r.link.MakeCall(t.Context(), "103", berta)
			if err != nil {
				t.Fatal(err)
			}
			r.want(id, pbx.EventOriginated, pbx.CauseNone)
			invite := n.next("INVITE")
			n.answer(invite, 180, "Ringing")
			if phase != "ringing" {
				n.answer(invite, 200, "OK", "Contact: <sip:103@"+n.addr()+">")
				refer := n.next("REFER")
				if phase == "handed over" {
					n.answer(refer, 202, "Accepted")
				}
			}
			n.drop()
			for {
				e := <-r.events
				if e.Kind == pbx.EventLinkDown {
					continue
				}
				if e.Kind != pbx.EventFailed || e.Connection != id || e.Cause != pbx.CauseUnreachable {
					t.Errorf("got %s (cause %d, %q)", eventText(&e), e.Cause, e.Detail)
				}
				return
			}
		})
	}
}

// TestForkedAnswers: two telephones of the agent answer; the second is hung up
// on, and the first stays.
func TestForkedAnswers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, r, _ := dialPeer(t, transport, Options{})
		id, err := r.link.MakeCall(t.Context(), "103", berta)
		if err != nil {
			t.Fatal(err)
		}
		r.want(id, pbx.EventOriginated, pbx.CauseNone)
		invite := n.answerInvite()
		n.next("REFER")
		second := gosip.NewResponseFromRequest(invite, 200, "OK", nil)
		second.To().Params.Remove("tag")
		second.To().Params.Add("tag", "fork")
		second.AppendHeader(gosip.NewHeader("Contact", "<sip:103@"+n.addr()+";fork=2>"))
		n.write(second.String())
		ack, bye := n.next("ACK"), n.next("BYE")
		for _, req := range []*gosip.Request{ack, bye} {
			if tag, _ := req.To().Params.Get("tag"); tag != "fork" {
				t.Errorf("%s for %q, want the fork", req.Method, tag)
			}
		}
		if ack.CSeq().SeqNo != invite.CSeq().SeqNo || bye.CSeq().SeqNo != invite.CSeq().SeqNo+1 {
			t.Errorf("CSeq %d, %d", ack.CSeq().SeqNo, bye.CSeq().SeqNo)
		}
	})
}

// TestSessionTimer: the switch refreshes its session, changes media and asks for
// what we cannot do.
func TestSessionTimer(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n, r, _ := dialPeer(t, transport, Options{})
		if _, err := r.link.MakeCall(t.Context(), "103", berta); err != nil {
			t.Fatal(err)
		}
		invite := n.answerInvite()
		n.next("REFER")
		video := "v=0\r\no=- 9 9 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\nm=video 4002 RTP/AVP 99\r\n"
		for i, tt := range []struct {
			method, headers, body string
			status                int
			want                  string
		}{
			{"UPDATE", "Session-Expires: 90;refresher=uac\r\n", "", 200, "Session-Expires: 90;refresher=uac"},
			{"UPDATE", "Require: timer\r\n", "", 200, ""},
			{"INVITE", "Contact: <sip:x@127.0.0.1>\r\n", video, 200, "m=audio 9 RTP/AVP 8\r\na=inactive\r\nm=video 0 RTP/AVP 99"},
			{"INVITE", "", "", 200, "a=inactive"},
			{"INVITE", "Require: 100rel, timer, histinfo\r\n", video, 420, "Unsupported: 100rel, histinfo"},
			{"UPDATE", "Require: 100rel\r\n", "", 420, "Unsupported: 100rel"},
		} {
			text := n.inDialog(invite, tt.method, 20+i, tt.headers+"Content-Type: application/sdp\r\n", tt.body)
			n.write(text)
			res := n.response(20 + i)
			if res.StatusCode != tt.status || !strings.Contains(res.String(), tt.want) {
				t.Errorf("%s %q is answered\n%s\nwant %d and %q", tt.method, tt.headers, res, tt.status, tt.want)
			}
		}
		stranger := strings.Replace(n.inDialog(invite, "INVITE", 40, "", video), "Call-ID: ", "Call-ID: x", 1)
		n.write(stranger)
		if res := n.response(40); res.StatusCode != 480 {
			t.Errorf("a stranger's INVITE gets %d", res.StatusCode)
		}
	})
}

// response waits for the answer to a request of the given CSeq.
func (n *notifier) response(cseq int) *gosip.Response {
	n.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case res := <-n.resp:
			if int(res.CSeq().SeqNo) == cseq && !res.IsProvisional() {
				return res
			}
		case <-deadline:
			n.t.Fatalf("no answer to request %d", cseq)
		}
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

// TestDialString: what may become the user part of a SIP URI, and what may not.
func TestDialString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"103": "103", " 103 ": "103", "+49 30 23125-001": "+493023125001", "(030) 23125.001": "03023125001", "030/23125001": "03023125001",
		"*21*103#": "*21*103#", "anna.beispiel": "anna.beispiel", "sales-berlin_2": "sales-berlin_2",
	} {
		if got, err := dialString(text); got != want || err != nil {
			t.Errorf("%q becomes %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range badStrings() {
		if got, err := dialString(text); err == nil {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// badStrings would break out of a SIP message, a URI or a quoted name, or reach
// another host.
func badStrings() []string {
	return []string{
		"", "  ", "-", "1\r\nX: y", "1\n", "1\rX", "1\x00", "1\x7f", "1\t2", `1"2`, `1\2`, "<1>", "1>", "1;phone-context=x", "1?X=y", "1&2", "1=2",
		"1@evil.example.com", "sip:103", "sip:103@example.com", "sips:103", "tel:+493023125001", "1%0d%0a", "Größe", "\u0661\u0662", "\xff", "1,2", "1:2", "1+2",
		"[::1]", "1 a", "1\u202e2", strings.Repeat("1", 65), strings.Repeat("1", 10_000),
	}
}

func TestMakeCallRefuses(t *testing.T) {
	t.Parallel()
	n, r, _ := dialPeer(t, "udp", Options{})
	for _, number := range badStrings() {
		if _, err := r.link.MakeCall(t.Context(), "103", number); err == nil || strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("%q was dialled: %v", number, err)
		}
		id := pbx.ConnectionID{Call: "dial-1", Device: "103"}
		if err := r.link.SingleStepTransferCall(t.Context(), id, number); err == nil || errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("a transfer to %q: %v", number, err)
		}
	}
	if _, err := r.link.MakeCall(t.Context(), "104", berta); !errors.Is(err, pbx.ErrUnknownDevice) {
		t.Errorf("an unwatched device: %v", err)
	}
	select {
	case req := <-n.got:
		if req.Method != gosip.OPTIONS { // which asks who the switch is, once
			t.Errorf("the switch got %s", req.Method)
		}
	default:
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
		{Server: "pbx", Domain: "example.com>\r\nX: y"},
		{Server: "pbx", Username: `cti"`},
		{Server: "pbx", Username: "cti\x00"},
		{Server: "pbx", Listen: "<0.0.0.0:5060>"},
		{Server: "pbx", Advertise: "192.0.2.1:5060\r\n"},
		{Server: "pbx", DialBy: "magic"},
		{Server: "pbx", AnswerBy: "shout"},
		{Server: "pbx", DialBy: "uacsta", UACSTA: pbx.UACSTA{Phones: []pbx.UACSTAPhone{{Device: "103", Address: "phone.example.com"}}}},
		{Server: "pbx", Transport: "tcp", AnswerBy: "uacsta", UACSTA: pbx.UACSTA{Phones: []pbx.UACSTAPhone{{Device: "103", Address: "192.0.2.103"}}}},
	} {
		if _, err := New(cfg, Options{}); err == nil || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
