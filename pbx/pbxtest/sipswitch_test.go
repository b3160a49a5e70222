package pbxtest_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

const patience = 10 * time.Second

func update() bool {
	return flag.Lookup("update") != nil && flag.Lookup("update").Value.String() == "true"
}

func TestMain(m *testing.M) {
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	flag.Bool("update", false, "write the golden documents anew")
	flag.Parse()
	os.Exit(m.Run())
}

// watcher is a plain SIP client: it shares no code with the link.
type watcher struct {
	t         *testing.T
	sw        *pbxtest.SIPSwitch
	transport string
	addr      string // of its own listener
	client    *sipgo.Client
	notifies  chan *sip.Request
	byes      chan *sip.Request
	callID    string
	tag       string // ours
	toTag     string
	cseq      uint32
	password  string
}

func newSwitch(t *testing.T, opts pbxtest.SIPOptions) *pbxtest.SIPSwitch {
	t.Helper()
	opts.Domain = "pbx.example.com"
	sw, err := pbxtest.NewSIPSwitch(opts)
	if err != nil {
		t.Fatal(err)
	}
	sw.Start()
	t.Cleanup(sw.Close)
	sw.AddExtension("1001", "Agent Eins")
	sw.AddExtension("1002", "Agent Zwei")
	return sw
}

func newWatcher(t *testing.T, sw *pbxtest.SIPSwitch, transport string) *watcher {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ua, err := sipgo.NewUA(
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet)))
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{
		t: t, sw: sw, transport: transport, notifies: make(chan *sip.Request, 256), byes: make(chan *sip.Request, 4),
		callID: fmt.Sprintf("%d@test", time.Now().UnixNano()), tag: "here", password: "secret",
	}
	srv, err := sipgo.NewServer(ua)
	if err != nil {
		t.Fatal(err)
	}
	srv.OnNotify(w.onNotify)
	srv.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
		w.byes <- req
	})
	sock, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	w.addr = sock.LocalAddr().String()
	served := make(chan struct{})
	go func() { defer close(served); _ = srv.ServeUDP(sock) }()
	t.Cleanup(func() { _ = sock.Close(); _ = ua.Close(); <-served })
	for tl := ua.TransportLayer(); ; time.Sleep(time.Millisecond) { // until it knows the socket
		if c, err := tl.GetConnection("udp", w.addr); err == nil && c != nil {
			break
		}
	}
	opts := []sipgo.ClientOption{sipgo.WithClientNAT()}
	if transport == "UDP" {
		opts = append(opts, sipgo.WithClientConnectionAddr(w.addr))
	}
	if w.client, err = sipgo.NewClient(ua, opts...); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *watcher) onNotify(req *sip.Request, tx sip.ServerTransaction) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
	w.notifies <- req
}

func (w *watcher) request(method sip.RequestMethod, ext string) *sip.Request {
	var uri sip.Uri
	if err := sip.ParseUri("sip:"+ext+"@"+w.sw.Domain(), &uri); err != nil {
		w.t.Fatal(err)
	}
	req := sip.NewRequest(method, uri)
	req.SetDestination(w.sw.Addr())
	req.SetTransport(w.transport)
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "cti", Host: w.sw.Domain()}, Params: sip.HeaderParams{}}
	from.Params.Add("tag", w.tag)
	to := &sip.ToHeader{Address: uri, Params: sip.HeaderParams{}}
	if w.toTag != "" {
		to.Params.Add("tag", w.toTag)
	}
	callID := sip.CallIDHeader(w.callID)
	w.cseq++
	for _, h := range []sip.Header{
		from, to, &callID, &sip.CSeqHeader{SeqNo: w.cseq, MethodName: method},
		sip.NewHeader("Contact", "<sip:cti@"+w.addr+">"),
	} {
		req.AppendHeader(h)
	}
	return req
}

// do sends a request, answering one challenge.
func (w *watcher) do(req *sip.Request) *sip.Response {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	res, err := w.client.Do(ctx, req)
	if err == nil && res.StatusCode == sip.StatusUnauthorized {
		res, err = w.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: "cti", Password: w.password})
		w.cseq = req.CSeq().SeqNo
	}
	if err != nil {
		w.t.Fatalf("%s: %v", req.Method, err)
	}
	return res
}

// subscribe returns the answer to a SUBSCRIBE and learns the dialog.
func (w *watcher) subscribe(ext string, expires int) *sip.Response {
	w.t.Helper()
	req := w.request(sip.SUBSCRIBE, ext)
	req.AppendHeader(sip.NewHeader("Event", "dialog"))
	req.AppendHeader(sip.NewHeader("Accept", "application/dialog-info+xml"))
	req.AppendHeader(sip.NewHeader("Expires", fmt.Sprint(expires)))
	res := w.do(req)
	if res.IsSuccess() {
		w.toTag, _ = res.To().Params.Get("tag")
	}
	return res
}

func (w *watcher) notify() *sip.Request {
	w.t.Helper()
	select {
	case req := <-w.notifies:
		return req
	case <-time.After(patience):
		w.t.Fatal("no NOTIFY")
		return nil
	}
}

// golden compares a document with testdata, ids and tags made equal.
func (w *watcher) golden(file string) {
	w.t.Helper()
	body := w.notify().Body()
	for pattern, with := range map[string]string{
		`(id)="[0-9a-f-]{36}"`: `$1="UUID"`, `tag="[0-9a-f]{12}"`: `tag="TAG"`,
	} {
		body = regexp.MustCompile(pattern).ReplaceAll(body, []byte(with))
	}
	path := filepath.Join("testdata", file)
	if update() {
		if err := os.WriteFile(path, body, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if string(want) != string(body) {
		w.t.Errorf("%s: the switch wrote\n%s\nwant\n%s", file, body, want)
	}
}

func overBoth(t *testing.T, test func(*testing.T, string)) {
	for _, transport := range []string{"UDP", "TCP"} {
		t.Run(transport, func(t *testing.T) { test(t, transport) })
	}
}

func maria() pbxtest.Caller {
	return pbxtest.Caller{Number: "+493023125001", Name: "Maria Beispiel"}
}

func TestDocumentsAreFreeSWITCHs(t *testing.T) {
	overBoth(t, func(t *testing.T, transport string) {
		sw := newSwitch(t, pbxtest.SIPOptions{Username: "cti", Password: "secret"})
		w := newWatcher(t, sw, transport)
		if res := w.subscribe("1001", 600); res.StatusCode != sip.StatusAccepted || res.GetHeader("Expires").Value() != "120" {
			t.Fatalf("SUBSCRIBE: %s", res)
		}
		w.golden("idle.xml")
		h := sw.Ring("1001", maria())
		w.golden("early.xml")
		ok(t, sw.Answer("1001", h))
		w.golden("confirmed.xml")
		ok(t, sw.Hold("1001", h))
		w.golden("held.xml")
		ok(t, sw.Retrieve("1001", h))
		w.golden("retrieved.xml")

		fresh := newWatcher(t, sw, transport)
		fresh.subscribe("1001", 600)
		fresh.golden("fresh.xml")

		ok(t, sw.CallerHangsUp(h))
		w.golden("terminated.xml")
		fresh.golden("terminated-fresh.xml")
		sw.Ring("1001", pbxtest.Caller{Number: "+493023125009", Name: "Berta Beispiel", Withheld: true})
		w.golden("withheld.xml")
		sw.Ring("1001", pbxtest.Caller{Number: "+493023125001", Name: "Meier & Co <Bau>"})
		w.golden("hostile.xml")
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNotifyHeaders(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	w := newWatcher(t, sw, "UDP")
	w.subscribe("1001", 60)
	first := w.notify()
	sw.Ring("1001", maria())
	second := w.notify()
	if second.CSeq().SeqNo <= first.CSeq().SeqNo {
		t.Errorf("CSeq %d after %d", second.CSeq().SeqNo, first.CSeq().SeqNo)
	}
	var names []string
	for _, h := range second.Headers() {
		names = append(names, h.Name())
	}
	const want = "Via Max-Forwards From To Call-ID CSeq Contact User-Agent Allow Supported Event Allow-Events " +
		"Subscription-State Content-Type Content-Length"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("headers %s\nwant    %s", got, want)
	}
	if len(second.String()) < 1300 {
		t.Errorf("a NOTIFY of %d bytes is shorter than FreeSWITCH's", len(second.String()))
	}
}

func TestSubscribeIsRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, transport string) {
		sw := newSwitch(t, pbxtest.SIPOptions{Username: "cti", Password: "secret", MinExpires: 30 * time.Second})
		w := newWatcher(t, sw, transport)
		if res := w.subscribe("1999", 60); res.StatusCode != sip.StatusNotFound {
			t.Errorf("unknown extension: %d", res.StatusCode)
		}
		if res := w.subscribe("1001", 10); res.StatusCode != sip.StatusIntervalToBrief || res.GetHeader("Min-Expires").Value() != "30" {
			t.Errorf("too brief: %s", res)
		}
		w.password = "wrong"
		if res := w.subscribe("1001", 60); res.StatusCode != sip.StatusForbidden {
			t.Errorf("wrong password: %d", res.StatusCode)
		}
	})
}

func TestSubscriptionLives(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	w := newWatcher(t, sw, "UDP")
	w.subscribe("1001", 60)
	w.notify()
	if res := w.subscribe("1001", 60); res.StatusCode != sip.StatusAccepted {
		t.Errorf("refresh: %d", res.StatusCode)
	}
	if body := string(w.notify().Body()); !strings.Contains(body, `version="1"`) {
		t.Errorf("after a refresh: %s", body)
	}
	sw.Inject(pbxtest.FaultGone, 1)
	if res := w.subscribe("1001", 60); res.StatusCode != 481 {
		t.Errorf("refresh of a forgotten subscription: %d", res.StatusCode)
	}
	w.toTag, w.callID = "", "second@test"
	w.subscribe("1001", 60)
	w.notify()
	sw.Restart()
	if res := w.subscribe("1001", 60); res.StatusCode != 481 {
		t.Errorf("refresh after a restart: %d", res.StatusCode)
	}
	w.toTag, w.callID = "", "third@test"
	w.subscribe("1001", 60)
	w.notify()
	w.subscribe("1001", 0)
	if state := w.notify().GetHeader("Subscription-State").Value(); state != "terminated;reason=noresource" {
		t.Errorf("end of a subscription: %s", state)
	}
	w.toTag, w.callID = "", "fourth@test"
	w.subscribe("1001", 1)
	w.notify()
	if state := w.notify().GetHeader("Subscription-State").Value(); state != "terminated;reason=timeout" {
		t.Errorf("expiry of a subscription: %s", state)
	}
	if n := sw.Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

func TestFaults(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	w := newWatcher(t, sw, "UDP")
	w.subscribe("1001", 60)
	w.notify()
	version := func() string {
		t.Helper()
		return regexp.MustCompile(`version="(\d+)"`).FindString(string(w.notify().Body()))
	}
	sw.Inject(pbxtest.FaultDropNotify, 1)
	h := sw.Ring("1001", maria()) // version 1, dropped
	sw.Inject(pbxtest.FaultReorderNotify, 1)
	ok(t, sw.Answer("1001", h)) // version 2, held back
	ok(t, sw.Hold("1001", h))   // version 3
	got := map[string]bool{version(): true}
	got[version()] = true // sipgo hands messages over in any order
	if !got[`version="2"`] || !got[`version="3"`] {
		t.Errorf("reordered: %v", got)
	}
	sw.Inject(pbxtest.FaultLateNotify, 1)
	ok(t, sw.Retrieve("1001", h))
	if v := version(); v != `version="4"` {
		t.Errorf("late: %s", v)
	}
	sw.Inject(pbxtest.FaultMalformedBody, 1)
	ok(t, sw.CallerHangsUp(h))
	if body := string(w.notify().Body()); strings.Contains(body, "</dialog-info>") {
		t.Errorf("malformed: %s", body)
	}
}

func TestMalformedRequestsHarmNobody(t *testing.T) {
	sw := newSwitch(t, pbxtest.SIPOptions{})
	sock, err := net.Dial("udp", sw.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	for i, bad := range []string{
		"", "x", "SUBSCRIBE", "\x00\xff\r\n\r\n",
		"From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 %s\r\nEvent: dialog\r\n",
		"To: <sip:1001@b>\r\nCall-ID: 2\r\nCSeq: 1 %s\r\nEvent: dialog\r\n",
		"From: <sip:a@b>;tag=1\r\nTo: <sip:1001@b>\r\nCSeq: 1 %s\r\nEvent: dialog\r\n",
		"From: <sip:a@b>;tag=1\r\nTo: <sip:1001@b>\r\nCall-ID: 3\r\nCSeq: 1 %s\r\nEvent: dialog\r\n", // no Contact
		"From: <sip:a@b>\r\nTo: <tel:1001>\r\nCall-ID: 4\r\nCSeq: 1 %s\r\nEvent: dialog\r\nRefer-To: <\r\n",
	} {
		for _, method := range []string{"SUBSCRIBE", "INVITE", "REFER", "BYE", "CANCEL", "OPTIONS"} {
			if strings.Contains(bad, "%s") {
				_, _ = fmt.Fprintf(sock, "%[1]s sip:1001@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK%[2]d%[1]s\r\n%[3]s\r\n",
					method, i, fmt.Sprintf(bad, method))
				continue
			}
			_, _ = sock.Write([]byte(bad))
		}
	}
	w := newWatcher(t, sw, "UDP")
	if res := w.subscribe("1001", 60); res.StatusCode != sip.StatusAccepted {
		t.Errorf("SUBSCRIBE after malformed ones: %d", res.StatusCode)
	}
	w.notify()
}

func TestRunEndsWithItsContext(t *testing.T) {
	sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sw.Run(ctx) }()
	sw.AddExtension("1001", "")
	w := newWatcher(t, sw, "TCP")
	w.subscribe("1001", 60)
	w.notify()
	cancel()
	select {
	case err := <-ended:
		ok(t, err)
	case <-time.After(patience):
		t.Fatal("Run goes on")
	}
	again, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Addr: sw.Addr()})
	ok(t, err)
	again.Close()
}
