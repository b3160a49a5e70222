package sip

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// both runs a test over UDP and TCP.
func both(t *testing.T, test func(t *testing.T, transport string)) {
	t.Helper()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			test(t, transport)
		})
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n := newNotifier(t, transport)
		r := run(t, n, transport, pbx.LinkConfig{Username: "cti", Password: "secret"}, Options{Farewell: time.Second}, "103")
		sub := n.next("SUBSCRIBE")
		for name, want := range map[string]string{"Event": "dialog", "Accept": "application/dialog-info+xml", "Expires": "600"} {
			if h := sub.GetHeader(name); h == nil || h.Value() != want {
				t.Errorf("%s is %v, want %s", name, h, want)
			}
		}
		if sub.Recipient.String() != "sip:103@example.com" {
			t.Errorf("request URI %s", sub.Recipient.String())
		}
		n.answer(sub, 401, "Unauthorized", `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5,qop="auth"`)
		again := n.next("SUBSCRIBE")
		if auth := again.GetHeader("Authorization"); auth == nil || !strings.Contains(auth.Value(), `username="cti"`) {
			t.Fatalf("no credentials: %v", auth)
		}
		if again.CSeq().SeqNo != sub.CSeq().SeqNo+1 {
			t.Errorf("CSeq %d after %d", again.CSeq().SeqNo, sub.CSeq().SeqNo)
		}
		n.notify(again, 1, "active;expires=600", info(0, "")) // before the answer
		r.next("103 Snapshot")
		n.grant(again, 600)
		r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == 1 })
		n.notify(sub, 2, "active", info(1, ringing("a", berta)))
		n.notify(sub, 2, "active", info(1, ringing("a", berta))) // a repetition
		n.notify(sub, 3, "active", info(2, ringing("b", hans)))
		r.next("103 Delivered a in " + berta)
		r.next("103 Delivered b in " + hans)
		r.next("103 Cleared a in " + berta)
		for range 4 {
			if res := <-n.resp; !res.IsSuccess() {
				t.Errorf("a NOTIFY got %d", res.StatusCode)
			}
		}
		go func() { // the farewell
			bye := n.next("SUBSCRIBE")
			if h := bye.GetHeader("Expires"); h == nil || h.Value() != "0" || !bye.To().Params.Has("tag") {
				t.Errorf("farewell %s", bye.String())
			}
			n.answer(bye, 200, "OK", "Expires: 0")
		}()
		r.stop()
	})
}

func TestNotifyOfNobody(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	<-n.resp
	ask := func(text string) int {
		n.write(text)
		return (<-n.resp).StatusCode
	}
	good := notifyFor(sub, 2, "active", info(1, ringing("a", berta)))
	tag, _ := sub.From().Params.Get("tag")
	for name, tt := range map[string]struct {
		text string
		code int
	}{
		"foreign Call-ID": {strings.ReplaceAll(good, sub.CallID().Value(), "x"), 481},
		"foreign tag":     {strings.Replace(good, "tag="+tag, "tag=x", 1), 481},
		"other event":     {strings.Replace(good, "Event: dialog", "Event: presence", 1), 489},
		"broken body":     {notifyFor(sub, 3, "active", "<html>"), 200},
		"foreign body":    {strings.Replace(notifyFor(sub, 4, "active", info(1, "")), "application/dialog-info+xml", "text/plain", 1), 200},
		"other method":    {strings.ReplaceAll(good, "NOTIFY", "PUBLISH"), 405},
		"options":         {strings.ReplaceAll(good, "NOTIFY", "OPTIONS"), 200},
		"call":            {strings.ReplaceAll(good, "NOTIFY", "INVITE"), 480},
		"bye":             {strings.ReplaceAll(good, "NOTIFY", "BYE"), 481},
	} {
		if code := ask(tt.text); code != tt.code {
			t.Errorf("%s: answered %d, want %d", name, code, tt.code)
		}
	}
	n.notify(sub, 9, "active", info(1, ringing("a", berta)))
	r.next("103 Delivered a in " + berta)
}

// TestHostileMessages: nonsense costs nobody anything, and the log says so
// without repeating it.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		var log syncBuffer
		n := newNotifier(t, transport)
		r := run(t, n, transport, pbx.LinkConfig{}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, "103")
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		r.next("103 Snapshot")
		secret := "+493023125099"
		for i, bad := range []string{
			"NOTIFY sip:x SIP/2.0\r\nX: " + secret + "\r\nContent-Length: 0\r\n\r\n",
			"SIP/2.0 200 " + secret + "\r\nContent-Length: 0\r\n\r\n",
			secret + "\r\nContent-Length: 2\r\n\r\nhi",
			notifyFor(sub, 100, "active", info(1, "<dialog id=\""+strings.Repeat(secret, 300)+"\">")),
			notifyFor(sub, 101, "active", strings.Repeat("<", 20000)),
			strings.Replace(notifyFor(sub, 102, "active", ""), "From: <", "From: \"a;b <<", 1),
		} {
			n.write(bad)
			n.notify(sub, 2+i, "active", info(1+i, ringing(fmt.Sprint("c", i), berta)))
			r.next(fmt.Sprintf("103 Delivered c%d in %s", i, berta))
			if i > 0 {
				r.next(fmt.Sprintf("103 Cleared c%d in %s", i-1, berta))
			}
		}
		if text := log.String(); strings.Contains(text, secret) || !strings.Contains(text, "message from the PBX ignored") {
			t.Errorf("log:\n%s", text)
		}
	})
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	challenge := `WWW-Authenticate: Digest realm="pbx",nonce="n1",algorithm=MD5`
	for _, tt := range []struct {
		name    string
		answers []string // "code reason|header"
		state   pbx.LinkState
		problem string
	}{
		{"unknown extension", []string{"404 Not Found"}, pbx.LinkDegraded, "does not know extension 103"},
		{"not allowed", []string{"403 Forbidden"}, pbx.LinkDegraded, "does not allow"},
		{"no such package", []string{"489 Bad Event"}, pbx.LinkRejected, "event package"},
		{"wrong password", []string{"401 Unauthorized|" + challenge, "401 Unauthorized|" + challenge}, pbx.LinkRejected, "refuses user name"},
		{"wrong password, as FreeSWITCH says it", []string{"401 Unauthorized|" + challenge, "403 Forbidden"}, pbx.LinkRejected, "refuses user name"},
		{"unheard-of authentication", []string{`401 Unauthorized|WWW-Authenticate: Basic realm="pbx"`}, pbx.LinkRejected, "authentication"},
		{"overload", []string{"503 Service Unavailable|Retry-After: 30"}, pbx.LinkDegraded, "503"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNotifier(t, "udp")
			r := run(t, n, "udp", pbx.LinkConfig{Username: "cti", Password: "secret"}, Options{}, "103")
			for _, a := range tt.answers {
				line, header, _ := strings.Cut(a, "|")
				var code int
				_, _ = fmt.Sscan(line, &code)
				var headers []string
				if header != "" {
					headers = []string{header}
				}
				n.answer(n.next("SUBSCRIBE"), code, line[4:], headers...)
			}
			st := r.status(tt.problem, func(s pbx.Status) bool {
				return s.State == tt.state && strings.Contains(s.Problem, tt.problem) && s.Cure != ""
			})
			if len(st.Refused) != 1 || st.Refused[0].Device != "103" {
				t.Errorf("refused: %+v", st.Refused)
			}
			select { // it does not knock again at once
			case req := <-n.got:
				t.Errorf("asked again at once: %s", req.StartLine())
			case <-time.After(50 * time.Millisecond):
			}
		})
	}
}

func TestTooBrief(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{Expires: 60 * time.Second}, "103")
	n.answer(n.next("SUBSCRIBE"), 423, "Interval Too Brief", "Min-Expires: 300")
	sub := n.next("SUBSCRIBE")
	if h := sub.GetHeader("Expires"); h == nil || h.Value() != "300" {
		t.Errorf("asked for %v, want 300", h)
	}
	n.grant(sub, 300)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
}

// TestRefresh: in the dialog, within the granted time; 481 begins a new one.
func TestRefresh(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, transport string) {
		n := newNotifier(t, transport)
		r := run(t, n, transport, pbx.LinkConfig{}, Options{}, "103")
		sub := n.next("SUBSCRIBE")
		n.grant(sub, 1)
		n.notify(sub, 1, "active", info(0, ringing("a", berta)))
		r.next("103 Snapshot [a 2 in " + berta + "]")
		r.next("103 Delivered a in " + berta)
		refresh := n.next("SUBSCRIBE")
		if refresh.CallID().Value() != sub.CallID().Value() || refresh.CSeq().SeqNo <= sub.CSeq().SeqNo {
			t.Errorf("not a refresh: %s", refresh.String())
		}
		if tag, _ := refresh.To().Params.Get("tag"); tag != "pbx" {
			t.Errorf("refresh with tag %q", tag)
		}
		if refresh.Recipient.Host != "127.0.0.1" {
			t.Errorf("refresh to %s, not to the Contact", refresh.Recipient.String())
		}
		n.answer(refresh, 481, "Subscription Does Not Exist")
		sub2 := n.next("SUBSCRIBE")
		if sub2.CallID().Value() == sub.CallID().Value() {
			t.Error("the dead dialog was used again")
		}
		n.grant(sub2, 600)
		n.notify(sub2, 1, "active", info(0, ringing("a", berta)))
		r.next("103 Snapshot [a 2 in " + berta + "]")
		n.notify(sub2, 2, "active", info(1, ""))
		r.next("103 Cleared a in " + berta)
	})
}

// TestRestartedPBX: two devices that the switch has forgotten mean that it has
// forgotten all, and all are asked for anew at once.
func TestRestartedPBX(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	devices := make([]pbx.DeviceID, 20)
	for i := range devices {
		devices[i] = pbx.DeviceID(fmt.Sprint(100 + i))
	}
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{Canary: 100 * time.Millisecond}, devices...)
	known := map[string]bool{}
	for range devices {
		sub := n.next("SUBSCRIBE")
		known[sub.CallID().Value()] = true
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
	}
	fresh := map[string]bool{}      // by device: a request may be repeated
	for len(fresh) < len(devices) { // all but new dialogs get 481
		req := n.next("SUBSCRIBE")
		if known[req.CallID().Value()] {
			n.answer(req, 481, "Subscription Does Not Exist")
			continue
		}
		fresh[deviceOf(req)] = true
		n.grant(req, 600)
		n.notify(req, 1, "active", info(0, ""))
	}
	r.status("all active", func(s pbx.Status) bool { return s.Active == len(devices) && s.State == pbx.LinkConnected })
}

func TestTerminatedByPBX(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	n.notify(sub, 2, "terminated;reason=deactivated", "")
	sub = n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ""))
	r.next("103 Snapshot")
	n.notify(sub, 2, "terminated;reason=noresource", "")
	r.status("refused", func(s pbx.Status) bool { return s.Active == 0 && len(s.Refused) == 1 && s.State == pbx.LinkDegraded })
}

// TestSilentPBX: accepted and never reported is dead.
func TestSilentPBX(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{Timeout: 200 * time.Millisecond}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	r.status("a problem", func(s pbx.Status) bool {
		return len(s.Refused) == 1 && strings.Contains(s.Refused[0].Problem, "reports nothing")
	})
	if again := n.next("SUBSCRIBE"); again.CallID().Value() == sub.CallID().Value() {
		t.Error("the dead dialog was used again")
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{Timeout: 50 * time.Millisecond}, "103")
	r.status("down", func(s pbx.Status) bool {
		return s.State == pbx.LinkDown && strings.Contains(s.Problem, "does not answer") && s.Cure != ""
	})
	if _, err := r.link.MakeCall(t.Context(), "103", berta); err == nil {
		t.Error("a call was placed without a PBX")
	}
}

// TestLostConnection: LinkDown, and everything anew on the next connection.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, ringing("a", berta)))
	r.next("103 Snapshot [a 2 in " + berta + "]")
	r.next("103 Delivered a in " + berta)
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
	n.drop()
	r.next(" LinkDown  ?")
	sub = n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, strings.Replace(ringing("a", berta), "early", "confirmed", 1)))
	r.next("103 Snapshot [a 3 in " + berta + "]")
	r.next("103 Established a in " + berta)
}

func TestWatchChanges(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "udp")
	r := run(t, n, "udp", pbx.LinkConfig{}, Options{}, "103", "104", "a\r\nb")
	subs := map[string]*gosip.Request{}
	for range 2 {
		sub := n.next("SUBSCRIBE")
		subs[sub.Recipient.User] = sub
		n.grant(sub, 600)
		n.notify(sub, 1, "active", info(0, ""))
		<-r.events
	}
	r.link.Watch([]pbx.DeviceID{"104", "105", "104"})
	for range 2 {
		req := n.next("SUBSCRIBE")
		switch h := req.GetHeader("Expires").Value(); {
		case h == "0" && req.CallID().Value() == subs["103"].CallID().Value():
			n.answer(req, 200, "OK", "Expires: 0")
		case h == "600" && req.Recipient.User == "105":
			n.grant(req, 600)
			n.notify(req, 1, "active", info(0, ""))
		default:
			t.Errorf("unexpected %s", req.String())
		}
	}
	r.next("105 Snapshot")
	r.status("two watched", func(s pbx.Status) bool { return s.Watched == 2 && s.Active == 2 && len(s.Refused) == 0 })
}

// TestTenThousandShuffled: NOTIFYs that come in any order, some twice, leave
// every call as the last document says.
func TestTenThousandShuffled(t *testing.T) {
	t.Parallel()
	n := newNotifier(t, "tcp")
	r := run(t, n, "tcp", pbx.LinkConfig{Profile: "asterisk"}, Options{}, "103")
	sub := n.next("SUBSCRIBE")
	n.grant(sub, 600)
	n.notify(sub, 1, "active", info(0, "<dialog id=\"103\"><state>terminated</state></dialog>"))
	r.next("103 Snapshot")
	const calls = 2500
	var wire []string
	for i := range calls {
		v := 1 + 3*i
		number := fmt.Sprintf("+4930231250%02d", i%100)
		wire = append(wire,
			notifyFor(sub, 1+v, "active", info(v, ringing("103", number))),
			notifyFor(sub, 2+v, "active", info(v+1, "<dialog id=\"103\"><state>confirmed</state></dialog>")),
			notifyFor(sub, 3+v, "active", info(v+2, "<dialog id=\"103\"><state>terminated</state></dialog>")))
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range len(wire) - 4 {
		j := i + rng.IntN(4)
		wire[i], wire[j] = wire[j], wire[i]
		if i%3 == 0 {
			wire[i] += wire[i]
		}
	}
	go func() {
		for _, m := range wire {
			n.write(m)
		}
		n.notify(sub, 100000, "active", info(90000, ringing("103", hans)))
	}()
	live := map[pbx.CallID]pbx.EventKind{}
	for e := range r.events {
		if e.Kind == pbx.EventConnectionCleared {
			delete(live, e.Connection.Call)
			continue
		}
		if was := live[e.Connection.Call]; was == pbx.EventEstablished && e.Kind == pbx.EventDelivered {
			t.Fatalf("a call went back: %s", eventText(&e))
		}
		live[e.Connection.Call] = e.Kind
		if e.Remote().Number == hans {
			break
		}
	}
	if len(live) != 1 {
		t.Errorf("%d calls live at the end: %v", len(live), live)
	}
}
