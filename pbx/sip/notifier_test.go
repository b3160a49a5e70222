package sip

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// notifier is a PBX of which a test decides every answer. It reads requests of
// one link, over UDP or TCP, and hands them to answer.
type notifier struct {
	t    *testing.T
	udp  *net.UDPConn
	tcp  net.Listener
	mu   sync.Mutex
	conn net.Conn // the link's TCP connection
	peer net.Addr // the link's UDP address
	lax  bool     // answers that sipgo cannot read are no failure
	got  chan *gosip.Request
	resp chan *gosip.Response
}

func newNotifier(t *testing.T, transport string) *notifier {
	t.Helper()
	n := &notifier{t: t, got: make(chan *gosip.Request, 4096), resp: make(chan *gosip.Response, 65536)}
	var wg sync.WaitGroup
	var err error
	if transport == "udp" {
		n.udp, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	} else {
		n.tcp, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	if n.udp != nil {
		_ = n.udp.SetReadBuffer(4 << 20)
		wg.Go(n.readUDP)
	} else {
		wg.Go(func() { n.accept(&wg) })
	}
	t.Cleanup(func() {
		if n.udp != nil {
			_ = n.udp.Close()
		} else {
			_ = n.tcp.Close()
			n.drop()
		}
		wg.Wait()
	})
	return n
}

func (n *notifier) addr() string {
	if n.udp != nil {
		return n.udp.LocalAddr().String()
	}
	return n.tcp.Addr().String()
}

func (n *notifier) readUDP() {
	buf := make([]byte, 65536)
	for {
		size, addr, err := n.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		n.mu.Lock()
		n.peer = addr
		n.mu.Unlock()
		n.take(bytes.Clone(buf[:size]), addr.String())
	}
}

func (n *notifier) accept(wg *sync.WaitGroup) {
	for {
		c, err := n.tcp.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		n.conn = c
		n.mu.Unlock()
		wg.Go(func() { n.readTCP(c) })
	}
}

func (n *notifier) readTCP(c net.Conn) {
	r := bufio.NewReader(c)
	var head []byte
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		if len(head) == 0 && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		head = append(head, line...)
		if len(bytes.TrimSpace(line)) > 0 {
			continue
		}
		size, _ := message.BodyLength(head)
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		n.take(append(head, body...), "")
		head = nil
	}
}

func (n *notifier) take(data []byte, from string) {
	msg, err := gosip.ParseMessage(data)
	if err != nil && (n.lax || bytes.HasPrefix(data, []byte("SIP/2.0 200"))) {
		return // it repeats header fields of ours that sipgo cannot read
	}
	if err != nil {
		n.t.Errorf("the link sent nonsense: %v\n%s", err, data)
		return
	}
	switch m := msg.(type) {
	case *gosip.Request:
		m.SetSource(from)
		n.got <- m
	case *gosip.Response:
		n.resp <- m
	}
}

// drop closes the TCP connection.
func (n *notifier) drop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn != nil {
		_ = n.conn.Close()
	}
}

func (n *notifier) write(data string) { n.writeTo(data, "") }

// writeTo writes to an address, over UDP; empty: to whoever was heard last.
func (n *notifier) writeTo(data, addr string) {
	n.mu.Lock()
	conn, peer := n.conn, n.peer
	n.mu.Unlock()
	if at, err := netip.ParseAddrPort(addr); err == nil {
		peer = net.UDPAddrFromAddrPort(at)
	}
	if n.udp != nil {
		_, _ = n.udp.WriteTo([]byte(data), peer)
	} else {
		_, _ = conn.Write([]byte(data))
	}
}

// next waits for a request of the method; others are passed over.
func (n *notifier) next(method string) *gosip.Request {
	n.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case req := <-n.got:
			if string(req.Method) == method {
				return req
			}
		case <-deadline:
			n.t.Fatalf("no %s came", method)
		}
	}
}

// answer sends a response; headers are whole lines.
func (n *notifier) answer(req *gosip.Request, code int, reason string, headers ...string) {
	res := gosip.NewResponseFromRequest(req, code, reason, nil)
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", "pbx")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(gosip.NewHeader(name, value))
	}
	n.writeTo(res.String(), req.Source())
}

// accept200 grants a subscription.
func (n *notifier) grant(req *gosip.Request, seconds int) {
	n.answer(req, 200, "OK", fmt.Sprintf("Expires: %d", seconds), "Contact: <sip:"+n.addr()+">")
}

// notify sends a NOTIFY in the dialog that the SUBSCRIBE begins.
func (n *notifier) notify(sub *gosip.Request, cseq int, state, body string) {
	n.writeTo(notifyFor(sub, cseq, state, body), sub.Source())
}

func notifyFor(sub *gosip.Request, cseq int, state, body string) string {
	tag, _ := sub.From().Params.Get("tag")
	return fmt.Sprintf("NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:5060;rport;branch=z9hG4bK%d%s\r\nMax-Forwards: 70\r\n"+
		"From: <%s>;tag=pbx\r\nTo: <%s>;tag=%s\r\nCall-ID: %s\r\nCSeq: %d NOTIFY\r\nContact: <sip:127.0.0.1:5060>\r\nEvent: dialog\r\n"+
		"Subscription-State: %s\r\nContent-Type: application/dialog-info+xml\r\nContent-Length: %d\r\n\r\n%s",
		sub.Contact().Address.String(), sub.Via().Transport, cseq, tag, sub.To().Address.String(), sub.From().Address.String(), tag,
		sub.CallID().Value(), cseq, state, len(body), body)
}

// info is a document of one dialog, as Asterisk or a plain phone writes it.
func info(version int, dialog string) string {
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%d\" state=\"full\" entity=\"sip:103@example.com\">\n%s\n</dialog-info>\n", version, dialog)
}

func ringing(id, number string) string {
	return fmt.Sprintf("<dialog id=%q direction=\"recipient\"><state>early</state><remote><identity>sip:%s@example.com</identity></remote></dialog>", id, number)
}

// targetOf is where a link's first server is.
func targetOf(t *testing.T, l *Link) transport.Target {
	t.Helper()
	targets, faults := transport.Resolve(t.Context(), l.opts.Resolver, l.network, l.servers)
	if len(targets) == 0 {
		t.Fatal(faults)
	}
	return targets[0]
}

// running is a link under test.
type running struct {
	t      *testing.T
	link   *Link
	events chan pbx.Event
	stop   func()
	// again: a Snapshot more may come at any time, as from a switch whose
	// workers begin to count anew.
	again bool
}

func run(t *testing.T, n *notifier, transport string, cfg pbx.LinkConfig, o Options, devices ...pbx.DeviceID) *running {
	t.Helper()
	cfg.Name, cfg.Transport, cfg.Server, cfg.Domain = "pbx", transport, n.addr(), "example.com"
	o.Retry = cmp.Or(o.Retry, 10*time.Millisecond)
	o.Farewell = cmp.Or(o.Farewell, 20*time.Millisecond) // most tests answer none
	o.Canary = cmp.Or(o.Canary, time.Hour)               // nor this
	l, err := New(cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	l.Watch(devices)
	r := &running{t: t, link: l, events: make(chan pbx.Event, 8192)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx, r.events) }()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("Run did not end")
			}
		})
	}
	t.Cleanup(r.stop)
	return r
}

// next waits for an event.
func (r *running) next(want string) {
	r.t.Helper()
	for {
		select {
		case e := <-r.events:
			got := eventText(&e)
			if got == want {
				return
			}
			if !r.again || e.Kind != pbx.EventSnapshot {
				r.t.Fatalf("got %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			r.t.Fatalf("no %q; status %+v", want, r.link.Status())
		}
	}
}

// status waits until the link's status fits.
func (r *running) status(what string, fits func(pbx.Status) bool) pbx.Status {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		st := r.link.Status()
		if fits(st) {
			return st
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("the status never said %s: %+v", what, st)
		}
		time.Sleep(2 * time.Millisecond) // a state that nobody signals
	}
}
