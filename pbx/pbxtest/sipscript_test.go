package pbxtest_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// watchBoth subscribes to 1001 and 1002 over TCP.
func watchBoth(t *testing.T, sw *pbxtest.SIPSwitch) (one, two *watcher) {
	t.Helper()
	one, two = newWatcher(t, sw, "TCP"), newWatcher(t, sw, "TCP")
	one.subscribe("1001", 60)
	one.notify()
	two.subscribe("1002", 60)
	two.notify()
	return one, two
}

func wantDocuments(t *testing.T, w *watcher, n int, want string) {
	t.Helper()
	if got := w.documents(n); got != want {
		t.Errorf("documents\n%s\nwant\n%s", got, want)
	}
}

func TestRingGroup(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	one, two := watchBoth(t, sw)
	h := sw.RingGroup([]string{"1001", "1002"}, maria())
	ok(t, sw.Answer("1002", h))
	ok(t, sw.CallerHangsUp(h))
	wantDocuments(t, one, 2, "recipient early +493023125001, recipient terminated")
	wantDocuments(t, two, 3, "recipient early +493023125001, recipient confirmed +493023125001, recipient terminated")
	h = sw.RingGroup([]string{"1001", "1002"}, maria())
	ok(t, sw.HangUp("1001", h)) // one declines, the other goes on ringing
	if calls := sw.Calls("1002"); len(calls) != 1 {
		t.Errorf("phone 1002 shows %+v", calls)
	}
}

func TestBlindTransfer(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	one, two := watchBoth(t, sw)
	h := sw.Ring("1001", maria())
	ok(t, sw.Answer("1001", h))
	ok(t, sw.Transfer("1001", h, "1002"))
	ok(t, sw.Answer("1002", h))
	wantDocuments(t, one, 3, "recipient early +493023125001, recipient confirmed +493023125001, recipient terminated")
	wantDocuments(t, two, 2, "recipient early +493023125001, recipient confirmed +493023125001")
}

func TestConsultTransfer(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	one, two := watchBoth(t, sw)
	h := sw.ConsultTransfer("1001", "1002", maria(), time.Millisecond)
	ok(t, sw.Answer("1002", h))
	wantDocuments(t, one, 7, "recipient early +493023125001, recipient confirmed +493023125001, "+
		"recipient early +493023125001, initiator confirmed 1002, initiator confirmed 1002, "+
		"recipient terminated, initiator terminated")
	wantDocuments(t, two, 3, "recipient early 1001, recipient confirmed 1001, recipient confirmed +493023125001")
	if calls := sw.Calls("1001"); len(calls) != 0 {
		t.Errorf("phone 1001 shows %+v", calls)
	}
	if calls := sw.Calls("1002"); len(calls) != 1 || calls[0].Remote != maria() || calls[0].Handle != h {
		t.Errorf("phone 1002 shows %+v", calls)
	}
	ok(t, sw.CallerHangsUp(h))
}

func TestFreeSWITCHsOwnMistakes(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	one, two := watchBoth(t, sw)
	sw.Inject(pbxtest.FaultSilentTransfer, 1)
	h := sw.ConsultTransfer("1001", "1002", maria(), 0)
	ok(t, sw.Answer("1002", h))
	wantDocuments(t, one, 7, "recipient early +493023125001, recipient confirmed +493023125001, "+
		"recipient early +493023125001, initiator confirmed 1002, initiator confirmed 1002, "+
		"initiator early 1002, recipient terminated")
	ok(t, sw.CallerHangsUp(h))
	wantDocuments(t, two, 3, "recipient early 1001, recipient confirmed 1001, recipient terminated")

	sw.Inject(pbxtest.FaultGhost, 1)
	h = sw.Ring("1001", maria())
	ok(t, sw.Answer("1001", h))
	ok(t, sw.Hold("1001", h))
	ok(t, sw.CallerHangsUp(h))
	wantDocuments(t, one, 4, "recipient early +493023125001, recipient confirmed +493023125001, "+
		"recipient early +493023125001, recipient confirmed +493023125001")
	fresh := newWatcher(t, sw, "TCP")
	fresh.subscribe("1001", 60)
	if body := string(fresh.notify().Body()); strings.Contains(body, "<dialog ") {
		t.Errorf("the ghost is in a fresh document: %s", body)
	}
}

func TestCallWaiting(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	one := sw.Ring("1001", maria())
	ok(t, sw.Answer("1001", one))
	two := sw.Ring("1001", pbxtest.Caller{Number: "+496990009002"})
	ok(t, sw.Answer("1001", two))
	calls := sw.Calls("1001")
	if len(calls) != 2 || calls[0].State != "held" || calls[1].State != "talking" {
		t.Errorf("phone shows %+v", calls)
	}
	ok(t, sw.HangUp("1001", ""))
	ok(t, sw.Retrieve("1001", ""))
	if calls = sw.Calls("1001"); len(calls) != 1 || calls[0].Handle != one || calls[0].State != "talking" {
		t.Errorf("phone shows %+v", calls)
	}
}

func TestPhoneDialsByItself(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{FarEndDelay: time.Millisecond})
	w := newWatcher(t, sw, "TCP")
	w.subscribe("1001", 60)
	w.notify()
	h, err := sw.Dial("1001", "+493023125077")
	ok(t, err)
	wantDocuments(t, w, 2, "initiator confirmed +493023125077, initiator confirmed +493023125077")
	if calls := sw.Calls("1001"); calls[0].State != "talking" {
		t.Errorf("phone shows %+v", calls)
	}
	ok(t, sw.HangUp("1001", h))
	wantDocuments(t, w, 1, "initiator terminated")
}

func TestScriptErrors(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	if h := sw.Ring("1999", maria()); h != "" {
		t.Errorf("a phone that does not exist rings: %q", h)
	}
	if err := sw.Answer("1999", ""); !errors.Is(err, pbxtest.ErrNoSuchExtension) {
		t.Errorf("answer at no phone: %v", err)
	}
	h := sw.Ring("1001", maria())
	ok(t, sw.HangUp("1001", h))
	for name, err := range map[string]error{
		"answer": sw.Answer("1001", h), "hang up": sw.HangUp("1001", h), "caller": sw.CallerHangsUp(h),
		"hold": sw.Hold("1001", h), "retrieve": sw.Retrieve("1001", h), "transfer": sw.Transfer("1001", h, "1002"),
		"complete": sw.CompleteTransfer(h), "far end": sw.FarEndAnswers("+493023125077"),
	} {
		if !errors.Is(err, pbxtest.ErrNoSuchCall) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
}

func TestPortTaken(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	if _, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Addr: sw.Addr()}); err == nil {
		t.Error("two switches share a port")
	}
}

// BenchmarkCall rings, answers and ends a call that one watcher follows over
// UDP: three NOTIFYs an iteration.
func BenchmarkCall(b *testing.B) {
	sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{})
	if err != nil {
		b.Fatal(err)
	}
	sw.Start()
	b.Cleanup(sw.Close)
	sw.AddExtension("1001", "Agent Eins")
	sock, err := net.Dial("udp", sw.Addr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sock.Close() })
	_, _ = fmt.Fprintf(sock, "SUBSCRIBE sip:1001@x SIP/2.0\r\nVia: SIP/2.0/UDP %[1]s;branch=z9hG4bK1\r\n"+
		"From: <sip:cti@x>;tag=a\r\nTo: <sip:1001@x>\r\nCall-ID: b\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:cti@%[1]s>\r\n"+
		"Event: dialog\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n", sock.LocalAddr())
	answered := make(chan struct{}, 64)
	go answerNotifies(sock, answered)
	<-answered
	b.ReportAllocs()
	for b.Loop() {
		h := sw.Ring("1001", maria())
		<-answered
		_ = sw.Answer("1001", h)
		<-answered
		_ = sw.CallerHangsUp(h)
		<-answered
	}
}

// answerNotifies answers each NOTIFY by turning it into its 200.
func answerNotifies(sock net.Conn, answered chan<- struct{}) {
	buf := make([]byte, 4096)
	for {
		n, err := sock.Read(buf)
		if err != nil {
			return
		}
		line, rest, _ := strings.Cut(string(buf[:n]), "\r\n")
		if !strings.HasPrefix(line, "NOTIFY") {
			continue
		}
		head, _, _ := strings.Cut(rest, "\r\nUser-Agent")
		_, _ = fmt.Fprintf(sock, "SIP/2.0 200 OK\r\n%s\r\nContent-Length: 0\r\n\r\n", head)
		answered <- struct{}{}
	}
}
