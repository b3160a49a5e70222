//go:build peers

package sip

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	_ "modernc.org/sqlite" // creates the presence server's tables

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// kamailio is a presence server that keeps its subscriptions in memory.
type kamailio struct {
	t         *testing.T
	dir       string
	addr, tls string
	pin       string
	cmd       *exec.Cmd
	log       *os.File
}

// startKamailio runs a presence server on free loopback ports; calls to
// extensions go to phone. more is added to its configuration.
func startKamailio(t *testing.T, phone string, more ...string) *kamailio {
	t.Helper()
	k := &kamailio{t: t, dir: t.TempDir(), addr: freePort(t), tls: freePort(t)}
	cert, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	k.pin = cert.Pin
	host, port, _ := net.SplitHostPort(k.addr)
	_, tlsPort, _ := net.SplitHostPort(k.tls)
	template, err := os.ReadFile("testdata/kamailio.cfg")
	if err != nil {
		t.Fatal(err)
	}
	dbFile := filepath.Join(k.dir, "presence.db")
	createTables(t, dbFile)
	text := strings.NewReplacer("HOST:PORT", host+":"+port, "HOST:TLSPORT", host+":"+tlsPort, "PHONE", phone, "RUNDIR", k.dir, "DBFILE", dbFile).Replace(string(template)) + strings.Join(more, "\n")
	for name, data := range map[string][]byte{"kamailio.cfg": []byte(text), "cert.pem": cert.PEM, "key.pem": cert.KeyPEM} {
		if err := os.WriteFile(filepath.Join(k.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if k.log, err = os.Create(filepath.Join(k.dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.stop()
		_ = k.log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(k.log.Name())
			t.Logf("kamailio said:\n%s", text[max(0, len(text)-4000):])
		}
	})
	k.start()
	return k
}

func freePort(t *testing.T) string {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = probe.Close() }()
	return probe.Addr().String()
}

// start runs the program and waits until it listens.
func (k *kamailio) start() {
	k.t.Helper()
	k.cmd = exec.CommandContext(context.WithoutCancel(k.t.Context()), "kamailio", "-f", filepath.Join(k.dir, "kamailio.cfg"), "-DD", "-E", "-Y", k.dir, "-m", "64", "-M", "8")
	k.cmd.Stderr, k.cmd.Stdout = k.log, k.log
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatalf("kamailio does not start (apt: kamailio kamailio-presence-modules kamailio-sqlite-modules kamailio-tls-modules): %v", err)
	}
	for range 400 {
		if conn, err := net.Dial("tcp", k.addr); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(25 * time.Millisecond) // the server does not say when it is ready
	}
	k.t.Fatal("kamailio does not listen")
}

// stop ends the program and forgets, as it keeps all in memory.
func (k *kamailio) stop() {
	if k.cmd != nil && k.cmd.Process != nil {
		_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGTERM)
		_ = k.cmd.Wait()
	}
	k.cmd = nil
}

func createTables(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, name := range []string{"standard", "presence"} {
		script, err := os.ReadFile("/usr/share/kamailio/db_sqlite/" + name + "-create.sql")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(script)); err != nil {
			t.Fatal(err)
		}
	}
}

// phone is a SIP phone, trunk and far end in one UDP socket: the test says what
// it does.
type phone struct {
	t    *testing.T
	conn *net.UDPConn
	via  *net.UDPAddr // the PBX
	reqs chan *gosip.Request
	resp chan *gosip.Response
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, conn: conn, reqs: make(chan *gosip.Request, 64), resp: make(chan *gosip.Response, 64)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			switch m, _ := gosip.ParseMessage(append([]byte(nil), buf[:n]...)); m := m.(type) {
			case *gosip.Request:
				p.reqs <- m
			case *gosip.Response:
				p.resp <- m
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return p
}

func (p *phone) addr() string { return p.conn.LocalAddr().String() }

func (p *phone) send(text string) {
	if _, err := p.conn.WriteToUDP([]byte(text), p.via); err != nil {
		p.t.Error(err)
	}
}

func (p *phone) next(method string) *gosip.Request {
	p.t.Helper()
	for {
		select {
		case req := <-p.reqs:
			if string(req.Method) == method {
				return req
			}
		case <-time.After(10 * time.Second):
			p.t.Fatalf("the phone got no %s", method)
		}
	}
}

func (p *phone) answer(req *gosip.Request, code int, reason string) {
	res := gosip.NewResponseFromRequest(req, code, reason, nil)
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", "phone")
	res.AppendHeader(gosip.NewHeader("Contact", "<sip:phone@"+p.addr()+">"))
	p.send(res.String())
}

// final waits for the final answer to a request, and passes over those to
// others: a CANCEL's may overtake the INVITE's, and any may come again.
func (p *phone) final(callID, method string) *gosip.Response {
	p.t.Helper()
	for {
		select {
		case res := <-p.resp:
			if !res.IsProvisional() && res.CallID().Value() == callID && string(res.CSeq().MethodName) == method {
				return res
			}
		case <-time.After(10 * time.Second):
			p.t.Fatalf("no answer to the phone's %s", method)
		}
	}
}

// request is a request of the phone; routes are those of its dialog.
func (p *phone) request(method, target, from, to, callID string, cseq int, extra string) string {
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"+
		"Contact: <sip:phone@%s>\r\n%sContent-Length: 0\r\n\r\n", method, target, p.addr(), callID, cseq, method, from, to, callID, cseq, method, p.addr(), extra)
}

func routes(headers []gosip.Header, reverse bool) string {
	out := ""
	for _, h := range headers {
		line := "Route: " + h.Value() + "\r\n"
		if reverse {
			out = line + out
		} else {
			out += line
		}
	}
	return out
}

const (
	trunkFrom = "<sip:+493023125006@trunk.example.com>;tag=trunk"
	agentTo   = "<sip:1001@pbx.example.com>"
)

// overAll runs a test over each transport.
func overAll(t *testing.T, test func(t *testing.T, transport string)) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			test(t, transport)
		})
	}
}

// TestKamailio: a caller rings and gives up, another is answered and hangs up.
func TestKamailio(t *testing.T) {
	overAll(t, func(t *testing.T, transport string) {
		p, r := kamailioRun(t, transport)
		for i, answered := range []bool{false, true} {
			callID := fmt.Sprintf("trunk-%d-%s", i, transport)
			p.send(p.request("INVITE", "sip:1001@pbx.example.com", trunkFrom, agentTo, callID, 1, ""))
			invite := p.next("INVITE")
			p.answer(invite, 180, "Ringing")
			r.next("1001 Delivered " + callID + " in +493023125006")
			if !answered {
				p.send(strings.Replace(p.request("CANCEL", "sip:1001@pbx.example.com", trunkFrom, agentTo, callID, 1, ""), "1CANCEL\r\n", "1INVITE\r\n", 1))
				p.answer(p.next("CANCEL"), 200, "OK")
				p.answer(invite, 487, "Request Terminated")
				r.next("1001 Cleared " + callID + " in +493023125006")
				p.final(callID, "INVITE")
				continue
			}
			p.answer(invite, 200, "OK")
			ok := p.final(callID, "INVITE")
			to := "<sip:1001@pbx.example.com>;tag=phone"
			route := routes(ok.GetHeaders("Record-Route"), true)
			p.send(p.request("ACK", ok.Contact().Address.String(), trunkFrom, to, callID, 1, route))
			r.next("1001 Established " + callID + " in +493023125006")
			p.send(p.request("BYE", ok.Contact().Address.String(), trunkFrom, to, callID, 2, route))
			p.answer(p.next("BYE"), 200, "OK")
			r.next("1001 Cleared " + callID + " in +493023125006")
		}
		if st := r.link.Status(); st.State != pbx.LinkConnected || st.Active != 1 {
			t.Errorf("status %+v", st)
		}
	})
}

func kamailioRun(t *testing.T, transport string, change ...func(*pbx.LinkConfig)) (*phone, *running) {
	t.Helper()
	p := newPhone(t)
	k := startKamailio(t, p.addr())
	p.via, _ = net.ResolveUDPAddr("udp", k.addr)
	r := k.run(transport, []pbx.DeviceID{"1001"}, change...)
	r.next("1001 Snapshot")
	return p, r
}

// run runs a link to the server.
func (k *kamailio) run(transport string, devices []pbx.DeviceID, change ...func(*pbx.LinkConfig)) *running {
	k.t.Helper()
	cfg := pbx.LinkConfig{Name: "kamailio", Transport: transport, Server: k.addr, Domain: "pbx.example.com", Username: "cti"}
	if transport == "tls" {
		cfg.Server, cfg.TLS = k.tls, pbx.TLS{Pin: k.pin}
	}
	for _, do := range change {
		do(&cfg)
	}
	l, err := New(cfg, Options{})
	if err != nil {
		k.t.Fatal(err)
	}
	l.Watch(devices)
	r := &running{t: k.t, link: l, events: make(chan pbx.Event, 8192), again: true}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx, r.events) }()
	k.t.Cleanup(func() { cancel(); <-done })
	return r
}

// register adds a contact of extension 1001 at the phone's socket.
func (p *phone) register(user string) {
	p.t.Helper()
	text := p.request("REGISTER", "sip:pbx.example.com", agentTo+";tag=reg", agentTo, "register-"+user, 1, "Expires: 300\r\n")
	p.send(strings.Replace(text, "<sip:phone@", "<sip:"+user+"@", 1))
	if res := p.final("register-"+user, "REGISTER"); !res.IsSuccess() {
		p.t.Fatalf("REGISTER got %d", res.StatusCode)
	}
}

// TestKamailioFork: a call rings two telephones of one extension, one answers and
// the other is told so.
func TestKamailioFork(t *testing.T) {
	overAll(t, func(t *testing.T, transport string) {
		p, r := kamailioRun(t, transport)
		p.register("desk")
		p.register("mobile")
		p.send(p.request("INVITE", "sip:1001@pbx.example.com", trunkFrom, agentTo, "fork", 1, ""))
		first, second := p.next("INVITE"), p.next("INVITE")
		p.answer(first, 180, "Ringing")
		p.answer(second, 180, "Ringing")
		r.next("1001 Delivered fork in +493023125006")
		p.answer(second, 200, "OK")
		r.next("1001 Established fork in +493023125006")
		cancel := p.next("CANCEL")
		if cancel.Recipient.User != first.Recipient.User {
			t.Errorf("CANCEL went to %s", cancel.Recipient.User)
		}
		if reason := cancel.GetHeader("Reason"); reason == nil || !strings.Contains(reason.Value(), "cause=200") {
			t.Errorf("CANCEL without its reason: %s", cancel.String())
		}
		p.answer(cancel, 200, "OK")
		p.answer(first, 487, "Request Terminated")
		ok := p.final("fork", "INVITE")
		route, to := routes(ok.GetHeaders("Record-Route"), true), agentTo+";tag=phone"
		p.send(p.request("ACK", ok.Contact().Address.String(), trunkFrom, to, "fork", 1, route))
		p.send(p.request("BYE", ok.Contact().Address.String(), trunkFrom, to, "fork", 2, route))
		p.answer(p.next("BYE"), 200, "OK")
		r.next("1001 Cleared fork in +493023125006")
	})
}

// TestKamailioBusy: a telephone rings and its user declines.
func TestKamailioBusy(t *testing.T) {
	overAll(t, func(t *testing.T, transport string) {
		p, r := kamailioRun(t, transport)
		p.send(p.request("INVITE", "sip:1001@pbx.example.com", trunkFrom, agentTo, "busy", 1, ""))
		invite := p.next("INVITE")
		p.answer(invite, 180, "Ringing")
		r.next("1001 Delivered busy in +493023125006")
		p.answer(invite, 486, "Busy Here")
		r.next("1001 Cleared busy in +493023125006")
		if res := p.final("busy", "INVITE"); res.StatusCode != 486 {
			t.Errorf("the trunk got %d", res.StatusCode)
		}
	})
}

// TestKamailioRestart: a server that has forgotten all is asked for everything
// anew. What is logged is how long that takes.
func TestKamailioRestart(t *testing.T) {
	overAll(t, func(t *testing.T, transport string) {
		const extensions = 1000
		k := startKamailio(t, newPhone(t).addr())
		var devices []pbx.DeviceID
		for i := range extensions {
			devices = append(devices, pbx.DeviceID(strconv.Itoa(10000+i)))
		}
		r := k.run(transport, devices)
		all := func(s pbx.Status) bool { return s.State == pbx.LinkConnected && s.Active == extensions }
		began := time.Now()
		r.eventually("all subscriptions", time.Minute, all)
		t.Logf("%s: %d subscriptions stood after %v", transport, extensions, time.Since(began))
		k.stop()
		if transport != "udp" { // over UDP a restart shows only afterwards
			r.eventually("the loss", 10*time.Second, func(s pbx.Status) bool { return s.State == pbx.LinkDown })
		}
		k.start()
		began = time.Now()
		r.eventually("the loss", time.Minute, func(s pbx.Status) bool { return !all(s) })
		noticed := time.Since(began)
		r.eventually("all subscriptions again", time.Minute, all)
		t.Logf("%s: the restart was noticed after %v, and all %d stood again %v later", transport, noticed, extensions, time.Since(began)-noticed)
	})
}

// eventually waits until the status fits, and takes events off meanwhile.
func (r *running) eventually(what string, within time.Duration, fits func(pbx.Status) bool) {
	r.t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.events:
		case <-tick.C:
			if fits(r.link.Status()) {
				return
			}
		case <-deadline:
			r.t.Fatalf("no %s: %.600s", what, fmt.Sprintf("%+v", r.link.Status()))
		}
	}
}

// TestKamailioDial: the phone takes the REFER itself and dials.
func TestKamailioDial(t *testing.T) {
	overAll(t, func(t *testing.T, transport string) {
		p, r := kamailioRun(t, transport)
		r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
		id, err := r.link.MakeCall(t.Context(), "1001", "03023125007")
		if err != nil {
			t.Fatal(err)
		}
		r.want(id, pbx.EventOriginated, pbx.CauseNone)
		invite := p.next("INVITE")
		p.answer(invite, 180, "Ringing")
		p.answer(invite, 200, "OK")
		p.next("ACK")
		refer := p.next("REFER")
		p.answer(refer, 202, "Accepted")
		// The phone dials; the same socket is the far end.
		from := "<sip:1001@pbx.example.com>;tag=agent"
		to := "<sip:03023125007@pbx.example.com>"
		p.send(p.request("INVITE", "sip:03023125007@pbx.example.com", from, to, "second-"+transport, 1, ""))
		second := p.next("INVITE")
		p.answer(second, 180, "Ringing")
		p.answer(second, 200, "OK")
		ok := p.final("second-"+transport, "INVITE")
		route := routes(ok.GetHeaders("Record-Route"), true)
		to += ";tag=phone"
		p.send(p.request("ACK", ok.Contact().Address.String(), from, to, "second-"+transport, 1, route))
		r.want(id, pbx.EventEstablished, pbx.CauseNone)
		frag := "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\n"
		notify := p.request("NOTIFY", invite.Contact().Address.String(), agentTo+";tag=phone", "<sip:cti@pbx.example.com>;"+"tag="+tagOf(invite), invite.CallID().Value(), 2,
			routes(invite.GetHeaders("Record-Route"), false)+frag)
		p.send(strings.Replace(notify, "Content-Length: 0\r\n\r\n", "Content-Length: 16\r\n\r\nSIP/2.0 200 OK\r\n", 1))
		p.answer(p.next("BYE"), 200, "OK")
		p.send(p.request("BYE", ok.Contact().Address.String(), from, to, "second-"+transport, 2, route))
		p.answer(p.next("BYE"), 200, "OK")
		r.want(id, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

func tagOf(req *gosip.Request) string {
	tag, _ := req.From().Params.Get("tag")
	return tag
}
