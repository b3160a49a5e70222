package pbxtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=inactive\r\n"

// invite sends an INVITE with digest and returns its transaction past the 401.
func (w *watcher) invite(ext string) (*sip.Request, sip.ClientTransaction) {
	w.t.Helper()
	req := w.request(sip.INVITE, ext)
	req.From().DisplayName = "Dial +493023125077"
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(offer))
	tx, err := w.client.TransactionRequest(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	res := w.final(tx)
	if res.StatusCode != sip.StatusUnauthorized {
		w.t.Fatalf("INVITE without digest: %d", res.StatusCode)
	}
	tx, err = w.client.TransactionDigestAuth(w.t.Context(), req, res, sipgo.DigestAuth{Username: "cti", Password: "secret"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.cseq = req.CSeq().SeqNo
	return req, tx
}

// final is the final answer to a transaction.
func (w *watcher) final(tx sip.ClientTransaction) *sip.Response {
	w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res
			}
		case <-deadline:
			w.t.Fatal("no final answer")
		}
	}
}

// rings waits until the extension's phone rings.
func rings(t *testing.T, sw *pbxtest.SIPSwitch, ext string) pbxtest.PhoneCall {
	t.Helper()
	deadline := time.After(patience)
	for {
		changed := sw.Changed()
		for _, c := range sw.Calls(ext) {
			if c.State == "ringing" {
				return c
			}
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("phone %s does not ring", ext)
		}
	}
}

// connect does the first half of click-to-dial: invite, answer, ACK.
func (w *watcher) connect(ext string) {
	w.t.Helper()
	req, tx := w.invite(ext)
	if c := rings(w.t, w.sw, ext); c.Remote.Number != "cti" || c.Remote.Name != "Dial +493023125077" {
		w.t.Errorf("the phone shows %+v", c)
	}
	ok(w.t, w.sw.Answer(ext, ""))
	res := w.final(tx)
	if res.StatusCode != sip.StatusOK || !strings.Contains(string(res.Body()), "m=audio") {
		w.t.Fatalf("INVITE: %s", res)
	}
	w.toTag, _ = res.To().Params.Get("tag")
	ack := w.request(sip.ACK, ext)
	ack.CSeq().SeqNo = req.CSeq().SeqNo
	ack.CSeq().MethodName = sip.ACK
	if err := w.client.WriteRequest(ack); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watcher) refer(ext, to string) *sip.Response {
	w.t.Helper()
	req := w.request(sip.REFER, ext)
	req.AppendHeader(sip.NewHeader("Refer-To", "<sip:"+to+"@"+w.sw.Domain()+">"))
	return w.do(req)
}

// dialing returns a watcher of 1001 and one that dials for it.
func dialing(t *testing.T, transport string) (sw *pbxtest.SIPSwitch, sub, dial *watcher) {
	t.Helper()
	sw = newSwitch(t, pbxtest.SIPOptions{Username: "cti", Password: "secret"})
	sub = newWatcher(t, sw, "TCP") // where order is kept
	sub.subscribe("1001", 60)
	sub.notify()
	dial = newWatcher(t, sw, transport)
	return sw, sub, dial
}

// documents collects state and direction of the next n documents, in the order
// of their versions.
func (w *watcher) documents(n int) string {
	w.t.Helper()
	byCSeq := map[uint32]string{}
	var low uint32
	for range n {
		req := w.notify()
		body := string(req.Body())
		byCSeq[req.CSeq().SeqNo] = between(body, `direction="`, `"`) + " " + between(body, "<state>", "<") + " " +
			between(body[max(0, strings.Index(body, "<remote>")):], ">sip:", "@")
		if low == 0 || req.CSeq().SeqNo < low {
			low = req.CSeq().SeqNo
		}
	}
	var out []string
	for c := low; len(out) < n; c++ {
		if d, ok := byCSeq[c]; ok {
			out = append(out, strings.TrimSpace(d))
		}
	}
	return strings.Join(out, ", ")
}

func between(s, before, after string) string {
	_, s, found := strings.Cut(s, before)
	if !found {
		return ""
	}
	s, _, _ = strings.Cut(s, after)
	return s
}

func TestClickToDial(t *testing.T) {
	overBoth(t, func(t *testing.T, transport string) {
		sw, sub, dial := dialing(t, transport)
		dial.connect("1001")
		if got := sub.documents(2); got != "recipient early cti, recipient confirmed cti" {
			t.Errorf("dial leg: %s", got)
		}
		if res := dial.refer("1001", "+493023125077"); res.StatusCode != sip.StatusAccepted {
			t.Fatalf("REFER: %d", res.StatusCode)
		}
		frags := string(dial.notify().Body()) + string(dial.notify().Body())
		if !strings.Contains(frags, "SIP/2.0 100 Trying\r\n") || !strings.Contains(frags, "SIP/2.0 200 OK\r\n") {
			t.Errorf("sipfrags: %q", frags)
		}
		select {
		case <-dial.byes:
		case <-time.After(patience):
			t.Fatal("no BYE")
		}
		if got := sub.documents(2); got != "recipient terminated, initiator confirmed +493023125077" {
			t.Errorf("after REFER: %s", got)
		}
		ok(t, sw.FarEndAnswers("+493023125077"))
		ok(t, sw.FarEndHangsUp("+493023125077"))
		if got := sub.documents(2); got != "initiator confirmed +493023125077, initiator terminated" {
			t.Errorf("far end: %s", got)
		}
		if calls := sw.Calls("1001"); len(calls) != 0 {
			t.Errorf("calls are left: %+v", calls)
		}
	})
}

func TestDialAnExtension(t *testing.T) {
	sw, sub, dial := dialing(t, "UDP")
	dial.connect("1001")
	dial.refer("1001", "1002")
	if c := rings(t, sw, "1002"); c.Remote.Number != "1001" || c.Remote.Name != "Agent Eins" {
		t.Errorf("phone 1002 shows %+v", c)
	}
	ok(t, sw.Answer("1002", ""))
	const want = "recipient early cti, recipient confirmed cti, recipient terminated, " +
		"initiator confirmed 1002, initiator confirmed 1002"
	if got := sub.documents(5); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDialRefused(t *testing.T) {
	sw, sub, dial := dialing(t, "UDP")
	sw.SetFarEnd("+493023125077", pbxtest.FarEnd{Refuses: 486})
	dial.connect("1001")
	dial.refer("1001", "+493023125077")
	frags := string(dial.notify().Body()) + string(dial.notify().Body())
	if !strings.Contains(frags, "SIP/2.0 486 Busy Here\r\n") {
		t.Errorf("sipfrags: %q", frags)
	}
	if res := dial.do(dial.request(sip.BYE, "1001")); res.StatusCode != sip.StatusOK {
		t.Errorf("BYE: %d", res.StatusCode)
	}
	if got := sub.documents(3); got != "recipient early cti, recipient confirmed cti, recipient terminated" {
		t.Errorf("documents: %s", got)
	}
}

func TestPhoneRefusesDial(t *testing.T) {
	sw, _, _ := dialing(t, "UDP")
	for phone, want := range map[pbxtest.Phone]int{
		pbxtest.PhoneBusy: 486, pbxtest.PhoneDeclines: 603, pbxtest.PhoneUnregistered: 480,
	} {
		ok(t, sw.SetPhone("1001", phone))
		_, tx := newWatcher(t, sw, "UDP").inviteOf("1001")
		if res := <-tx; res != want {
			t.Errorf("phone %d: %d, want %d", phone, res, want)
		}
	}
	ok(t, sw.SetPhone("1001", pbxtest.PhoneRings))
	_, status := newWatcher(t, sw, "TCP").inviteOf("1001")
	rings(t, sw, "1001")
	ok(t, sw.HangUp("1001", ""))
	if got := <-status; got != 486 {
		t.Errorf("declined by hand: %d", got)
	}
}

// inviteOf sends an INVITE and returns its final status when it comes.
func (w *watcher) inviteOf(ext string) (*sip.Request, <-chan int) {
	w.t.Helper()
	req, tx := w.invite(ext)
	status := make(chan int, 1)
	go func() {
		for {
			select {
			case res := <-tx.Responses():
				if !res.IsProvisional() {
					status <- res.StatusCode
					return
				}
			case <-time.After(patience):
				status <- 0
				return
			}
		}
	}()
	return req, status
}

func TestDialCancelled(t *testing.T) {
	overBoth(t, func(t *testing.T, transport string) {
		sw, sub, dial := dialing(t, transport)
		req, status := dial.inviteOf("1001")
		rings(t, sw, "1001")
		cancel := sip.NewRequest(sip.CANCEL, req.Recipient)
		cancel.SetDestination(sw.Addr())
		cancel.SetTransport(transport)
		for _, name := range []string{"Via", "From", "To", "Call-ID"} {
			sip.CopyHeaders(name, req, cancel)
		}
		cancel.AppendHeader(&sip.CSeqHeader{SeqNo: req.CSeq().SeqNo, MethodName: sip.CANCEL})
		maxForwards := sip.MaxForwardsHeader(70)
		cancel.AppendHeader(&maxForwards)
		cancel.SetBody(nil) // with Content-Length
		ctx, stop := context.WithTimeout(t.Context(), patience)
		defer stop()
		res, err := dial.client.Do(ctx, cancel, func(*sipgo.Client, *sip.Request) error { return nil })
		if err != nil || res.StatusCode != sip.StatusOK {
			t.Fatalf("CANCEL: %v %v", res, err)
		}
		if got := <-status; got != 487 {
			t.Errorf("INVITE after CANCEL: %d", got)
		}
		if got := sub.documents(2); got != "recipient early cti, recipient terminated" {
			t.Errorf("documents: %s", got)
		}
	})
}

func TestAgentHangsUpBeforeRefer(t *testing.T) {
	sw, _, dial := dialing(t, "UDP")
	dial.connect("1001")
	ok(t, sw.HangUp("1001", ""))
	select {
	case <-dial.byes:
	case <-time.After(patience):
		t.Fatal("no BYE")
	}
	if res := dial.refer("1001", "+493023125077"); res.StatusCode != 481 {
		t.Errorf("REFER after the end: %d", res.StatusCode)
	}
}
