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

// media is a session description of one audio stream on a port.
func media(port int, direction string) string {
	return fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=%s\r\n", port, port, direction)
}

// answerWith answers an INVITE with a session description.
func (n *notifier) answerWith(req *gosip.Request, body string) {
	res := gosip.NewResponseFromRequest(req, 200, "OK", []byte(body))
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", "pbx")
	res.AppendHeader(gosip.NewHeader("Contact", "<sip:x@"+n.addr()+">"))
	res.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	n.write(res.String())
}

// thirdPartyCall is a call of two, both answered.
type thirdPartyCall struct {
	*notifier
	r      *running
	id     pbx.ConnectionID
	agent  *gosip.Request // its INVITE
	number *gosip.Request
}

func callByThirdParty(t *testing.T, transport string, answered bool) *thirdPartyCall {
	t.Helper()
	n := newNotifier(t, transport)
	r := run(t, n, transport, pbx.LinkConfig{Username: "cti", DialBy: "3pcc"}, Options{RingTime: 2 * time.Second, FarTime: time.Second}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, "<dialog id=\"103\"><state>terminated</state></dialog>"))
	r.next("103 Snapshot")
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
	c := &thirdPartyCall{notifier: n, r: r}
	var err error
	if c.id, err = r.link.MakeCall(t.Context(), "103", berta); err != nil {
		t.Fatal(err)
	}
	r.want(c.id, pbx.EventOriginated, pbx.CauseNone)
	c.agent = n.next("INVITE")
	if len(c.agent.Body()) != 0 || c.agent.Recipient.User != "103" {
		t.Fatalf("the agent is called with an offer:\n%s", c.agent)
	}
	n.answer(c.agent, 180, "Ringing")
	if !answered {
		return c
	}
	n.answerWith(c.agent, media(4000, "sendrecv"))
	c.number = n.next("INVITE")
	if string(c.number.Body()) != media(4000, "sendrecv") || c.number.Recipient.User != berta {
		t.Fatalf("the number is called without the agent's offer:\n%s", c.number)
	}
	n.answer(c.number, 180, "Ringing")
	return c
}

// connected answers the number too, and checks that the ACKs cross.
func (c *thirdPartyCall) connected() {
	c.t.Helper()
	c.answerWith(c.number, media(5000, "sendrecv"))
	for range 2 {
		ack := c.next("ACK")
		want := ""
		if ack.CallID().Value() == c.agent.CallID().Value() {
			want = media(5000, "sendrecv")
		}
		if string(ack.Body()) != want {
			c.t.Errorf("ACK with %q, want %q", ack.Body(), want)
		}
	}
	if e := c.r.want(c.id, pbx.EventEstablished, pbx.CauseNone); e.Called.Probable {
		c.t.Error("an answer that we saw is only probable")
	}
}

// TestThirdParty: flow I, hold and refresh in the call, and both ways to end it.
func TestThirdParty(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"agent", "number", "bridge"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, transport string) {
				c := callByThirdParty(t, transport, true)
				c.connected()
				if got := c.r.link.Services(c.id); got != pbx.ServiceClear|pbx.ServiceSingleStepTransfer {
					t.Errorf("services %b", got)
				}
				switch who {
				case "agent":
					c.write(c.inDialog(c.agent, "BYE", 50, "", ""))
				case "number":
					c.write(c.inDialog(c.number, "BYE", 50, "", ""))
				case "bridge":
					if err := c.r.link.ClearConnection(t.Context(), c.id); err != nil {
						t.Fatal(err)
					}
				}
				ends := map[string]bool{}
				for range map[bool]int{true: 2, false: 1}[who == "bridge"] {
					bye := c.next("BYE")
					c.answer(bye, 200, "OK")
					ends[bye.CallID().Value()] = true
				}
				if who != "agent" && !ends[c.agent.CallID().Value()] || who != "number" && !ends[c.number.CallID().Value()] {
					t.Errorf("BYE went to %v", ends)
				}
				c.r.want(c.id, pbx.EventConnectionCleared, pbx.CauseNone)
			})
		})
	}
}

// TestThirdPartyStops: the bridge stops, and both are hung up on.
func TestThirdPartyStops(t *testing.T) {
	t.Parallel()
	c := callByThirdParty(t, "udp", true)
	c.connected()
	go c.r.stop() // waits for what we answer; joined by the second stop
	defer c.r.stop()
	ends := map[string]bool{}
	for len(ends) < 2 {
		bye := c.next("BYE")
		c.answer(bye, 200, "OK")
		ends[bye.CallID().Value()] = true
	}
	c.r.want(c.id, pbx.EventConnectionCleared, pbx.CauseCancelled)
}

// TestThirdPartyPassesOn: hold and retrieve by the agent are the far end's
// business too; what it does not want leaves the call as it is.
func TestThirdPartyPassesOn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		c := callByThirdParty(t, transport, true)
		c.connected()
		sdp := "Contact: <sip:x@127.0.0.1>\r\nContent-Type: application/sdp\r\n"
		reinvite := func(cseq int, offer, answer string) *gosip.Response {
			t.Helper()
			c.write(c.inDialog(c.agent, "INVITE", cseq, sdp, offer))
			passed := c.next("INVITE")
			if passed.CallID().Value() != c.number.CallID().Value() || string(passed.Body()) != offer {
				t.Errorf("passed on:\n%s", passed)
			}
			if answer == "" {
				c.answer(passed, 488, "Not Acceptable Here")
			} else {
				c.answerWith(passed, answer)
			}
			c.next("ACK")
			res := c.response(cseq)
			if res.IsSuccess() {
				c.write(c.inDialog(c.agent, "ACK", cseq, "", ""))
			}
			return res
		}
		if res := reinvite(30, media(4000, "sendonly"), media(5000, "recvonly")); !res.IsSuccess() || string(res.Body()) != media(5000, "recvonly") {
			t.Errorf("hold is answered:\n%s", res)
		}
		c.r.want(c.id, pbx.EventHeld, pbx.CauseNone)
		c.write(c.inDialog(c.agent, "INVITE", 31, sdp, media(4000, "sendonly"))) // a refresh
		if res := c.response(31); !res.IsSuccess() || string(res.Body()) != media(5000, "recvonly") {
			t.Errorf("a refresh is answered:\n%s", res)
		}
		c.write(c.inDialog(c.agent, "ACK", 31, "", ""))
		if res := reinvite(32, media(4000, "sendrecv"), media(5000, "sendrecv")); !res.IsSuccess() {
			t.Errorf("retrieve is answered:\n%s", res)
		}
		c.r.want(c.id, pbx.EventRetrieved, pbx.CauseNone)
		if res := reinvite(33, media(4444, "sendrecv"), ""); res.StatusCode != 488 {
			t.Errorf("what the far end refuses is answered:\n%s", res)
		}
		for method, body := range map[string]string{"UPDATE": media(4555, "sendrecv"), "INVITE": ""} {
			c.write(c.inDialog(c.agent, method, 34, sdp, body))
			if res := c.response(34); res.StatusCode != 488 {
				t.Errorf("%s that is not passed on gets %d", method, res.StatusCode)
			}
		}
		c.write(c.inDialog(c.number, "BYE", 50, "", ""))
		c.answer(c.next("BYE"), 200, "OK")
		c.r.want(c.id, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

func TestThirdPartyFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		answered bool // the agent, with the number ringing
		play     func(c *thirdPartyCall)
		kind     pbx.EventKind
		cause    pbx.Cause
		detail   string
	}{
		{"agent declines", false, func(c *thirdPartyCall) { c.answer(c.agent, 486, "Busy Here") }, pbx.EventFailed, pbx.CauseRejected, "Declined on your telephone."},
		{"no call without an offer", false, func(c *thirdPartyCall) { c.answer(c.agent, 480, "Temporarily Unavailable") }, pbx.EventFailed, pbx.CauseNoAnswer, "enable-3pcc"},
		{"agent offers nothing", false, func(c *thirdPartyCall) {
			c.answer(c.agent, 200, "OK", "Contact: <sip:x@"+c.addr()+">")
			c.answer(c.next("BYE"), 200, "OK")
		}, pbx.EventFailed, pbx.CauseUnreachable, "no media"},
		{"far end busy", true, func(c *thirdPartyCall) {
			c.answer(c.number, 486, "Busy Here")
			c.answer(c.next("BYE"), 200, "OK")
		}, pbx.EventFailed, pbx.CauseBusy, "486 busy"},
		{"far end does not answer", true, func(c *thirdPartyCall) {
			cancel := c.next("CANCEL")
			c.answer(cancel, 200, "OK")
			c.answer(c.number, 487, "Request Terminated")
			c.answer(c.next("BYE"), 200, "OK")
		}, pbx.EventFailed, pbx.CauseNoAnswer, "Nobody answered at the number."},
		{"agent hangs up while the number rings", true, func(c *thirdPartyCall) {
			c.write(c.inDialog(c.agent, "BYE", 50, "", ""))
			c.answer(c.next("CANCEL"), 200, "OK")
			c.answer(c.number, 487, "Request Terminated")
		}, pbx.EventConnectionCleared, pbx.CauseNone, ""},
		{"given up in the panel while the number rings", true, func(c *thirdPartyCall) {
			if err := c.r.link.ClearConnection(c.t.Context(), c.id); err != nil {
				c.t.Error(err)
			}
			c.answer(c.next("CANCEL"), 200, "OK")
			c.answer(c.number, 487, "Request Terminated")
			c.answer(c.next("BYE"), 200, "OK")
		}, pbx.EventConnectionCleared, pbx.CauseCancelled, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := callByThirdParty(t, "udp", tt.answered)
			tt.play(c)
			if e := c.r.want(c.id, tt.kind, tt.cause); !strings.Contains(e.Detail, tt.detail) {
				t.Errorf("detail %q, want %q", e.Detail, tt.detail)
			}
		})
	}
}

// TestTransferByRefer: the far end of a call that we control is sent on.
func TestTransferByRefer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		code  int
		frag  string
		fails bool // at once
		ends  bool
	}{
		{"worked", 202, "SIP/2.0 200 OK", false, true},
		{"refused", 403, "", true, false},
		{"other number busy", 202, "SIP/2.0 486 Busy Here", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := callByThirdParty(t, "udp", true)
			c.connected()
			done := make(chan error, 1)
			go func() { done <- c.r.link.SingleStepTransferCall(t.Context(), c.id, hans) }()
			refer := c.next("REFER")
			if h := refer.GetHeader("Refer-To"); h == nil || h.Value() != "<sip:"+hans+"@example.com>" || refer.CallID().Value() != c.number.CallID().Value() {
				t.Errorf("REFER:\n%s", refer)
			}
			c.answer(refer, tt.code, "As Told")
			if err := <-done; (err != nil) != tt.fails {
				t.Errorf("the transfer: %v", err)
			}
			if tt.frag != "" {
				c.sipfrag(c.number, 60, tt.frag)
			}
			if !tt.ends {
				c.write(c.inDialog(c.agent, "BYE", 61, "", "")) // the call went on
				c.answer(c.next("BYE"), 200, "OK")
				c.r.want(c.id, pbx.EventConnectionCleared, pbx.CauseNone)
				return
			}
			c.answer(c.next("BYE"), 200, "OK")
			c.answer(c.next("BYE"), 200, "OK")
			c.r.want(c.id, pbx.EventConnectionCleared, pbx.CauseTransfer)
			if err := c.r.link.SingleStepTransferCall(t.Context(), c.id, hans); !errors.Is(err, pbx.ErrNotSupported) {
				t.Errorf("a transfer of an ended call: %v", err)
			}
		})
	}
}
