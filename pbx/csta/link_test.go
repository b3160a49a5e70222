package csta

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

var all = []pbx.DeviceID{"1001", "1002", "1003"}

func TestNewRefuses(t *testing.T) {
	good := pbx.LinkConfig{Name: "pbx", Type: "csta", Server: "pbx.example.com"}
	for name, change := range map[string]func(*pbx.LinkConfig){
		"dialect":      func(c *pbx.LinkConfig) { c.CSTA.Dialect = "tsapi" },
		"edition":      func(c *pbx.LinkConfig) { c.CSTA.Edition = "ed9" },
		"transport":    func(c *pbx.LinkConfig) { c.Transport = "udp" },
		"no server":    func(c *pbx.LinkConfig) { c.Server = " , " },
		"server":       func(c *pbx.LinkConfig) { c.Server = "http://pbx" },
		"missing port": func(c *pbx.LinkConfig) { c.CSTA.Dialect = "none" },
		"pin":          func(c *pbx.LinkConfig) { c.TLS.Pin = "abc" },
		"pace":         func(c *pbx.LinkConfig) { c.CSTA.Pace = -1 },
	} {
		cfg := good
		change(&cfg)
		if _, err := New(cfg, Options{}); err == nil {
			t.Errorf("%s: accepted %+v", name, cfg)
		}
	}
	for dialect, port := range map[string]string{"": "8800", "register": "1040", "zultys": "7778", "avaya": "4722"} {
		cfg := good
		cfg.CSTA.Dialect, cfg.Transport = dialect, "tls"
		l, err := New(cfg, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.servers[0].port; got != port {
			t.Errorf("dialect %q over TLS has the port %s, want %s", dialect, got, port)
		}
	}
}

// TestLicence: what one device is refused for costs that device only, and is
// asked for again.
func TestLicence(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil)
	r.sw.Misbehave(pbxtest.CSTARefuseMonitor, 2)
	r.run(all...)
	s := r.until("refused for want of licences", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded && len(s.Refused) > 0 })
	if p := s.Refused[0]; !strings.Contains(p.Problem, "licence") || !strings.Contains(p.Cure, "licences") {
		t.Errorf("refused with %+v", p)
	}
	r.snapshots(all...)
	r.connected(3)
	if r.sw.Logins() != 1 {
		t.Errorf("the link logged on %d times", r.sw.Logins())
	}
}

// TestMonitorEnded: a monitor that the PBX ends is started anew, with a Snapshot.
func TestMonitorEnded(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	r.sw.StopMonitor("1001")
	r.next("1001 Snapshot")
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.connected(3)
}

func TestSessionLost(t *testing.T) {
	for name, lose := range map[string]func(*pbxtest.CSTASwitch){
		"terminated":   func(sw *pbxtest.CSTASwitch) { sw.TerminateSessions() },
		"restarted":    func(sw *pbxtest.CSTASwitch) { sw.Status(ecma323.StatusInitializing) },
		"disconnected": func(sw *pbxtest.CSTASwitch) { sw.Disconnect() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
			r.snapshots(all...)
			lose(r.sw)
			r.next("LinkDown")
			r.snapshots(all...)
			r.connected(3)
		})
	}
}

func TestMessagesLost(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.sw.Misbehave(pbxtest.CSTADropEvent, -1)
	if err := r.sw.CallerHangsUp(h); err != nil {
		t.Fatal(err)
	}
	r.sw.Misbehave(pbxtest.CSTADropEvent, 0)
	r.sw.Status(ecma323.StatusMessagesLost)
	if e := r.next("1001 Snapshot"); len(e.Connections) != 0 {
		t.Errorf("the call has ended, but the Snapshot says %+v", e.Connections)
	}
	if r.sw.Monitors() != 3 {
		t.Errorf("%d monitors, want 3", r.sw.Monitors())
	}
}

// TestProlonged: the session's timer is refreshed in time.
func TestProlonged(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{SessionDuration: time.Second}, nil).run(all...)
	r.snapshots(all...)
	time.Sleep(2500 * time.Millisecond) // the switch ends a session after twice its time
	r.quiet("LinkDown")
	if r.sw.Logins() != 1 {
		t.Errorf("the link logged on %d times", r.sw.Logins())
	}
}

// TestHeartbeatWhileFull: the PBX's heartbeats are answered though nobody takes
// events.
func TestHeartbeatWhileFull(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{Heartbeat: 50 * time.Millisecond}, nil)
	r.events = make(chan pbx.Event)
	r.run(all...)
	r.snapshots(all...)
	for range 20 {
		r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	}
	time.Sleep(500 * time.Millisecond) // ten heartbeats, of which two may be missed
	for range 20 {
		r.next("1001 Delivered")
	}
	r.quiet("LinkDown")
	if r.sw.Logins() != 1 {
		t.Errorf("the link logged on %d times", r.sw.Logins())
	}
}

// speak is a server that says one thing to whoever connects.
func speak(t *testing.T, said string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(said))
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestOtherProtocols(t *testing.T) {
	for said, want := range map[string]string{
		"\x60\x1f\xa1\x07\x06\x05": "ASN.1", "P": "ASN.1", "HTTP/1.1 400 Bad Request\r\n\r\n": "HTTP", "SSH-2.0-x\r\n": "SSH",
	} {
		r := newRig(t, pbxtest.CSTAOptions{}, nil)
		cfg := r.cfg
		cfg.Server = speak(t, said)
		var err error
		if r.link, err = New(cfg, r.link.opts); err != nil {
			t.Fatal(err)
		}
		r.run(all...)
		s := r.until("rejected", func(s pbx.Status) bool { return s.State == pbx.LinkRejected })
		if !strings.Contains(s.Problem, want) || s.Cure == "" {
			t.Errorf("%q: problem %q, cure %q", said, s.Problem, s.Cure)
		}
	}
}

func TestFailover(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := gone.Addr().String()
	_ = gone.Close()
	r := newRig(t, pbxtest.CSTAOptions{}, func(c *pbx.LinkConfig, _ *Options) { c.Server = dead + ", " + c.Server })
	r.run(all...)
	r.snapshots(all...)
	s := r.until("degraded", func(s pbx.Status) bool { return s.State == pbx.LinkDegraded && s.Active == 3 })
	if s.ServerInUse != r.sw.Addr() || !strings.Contains(s.Problem, dead) || s.Cure == "" {
		t.Errorf("in use %q, problem %q", s.ServerInUse, s.Problem)
	}
}

func TestWrongPin(t *testing.T) {
	cert, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	other, err := pbxtest.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, pbxtest.CSTAOptions{Certificate: cert}, func(c *pbx.LinkConfig, _ *Options) { c.TLS.Pin = other.Pin }).run(all...)
	s := r.until("down", func(s pbx.Status) bool { return s.State == pbx.LinkDown && s.Problem != "" })
	if !strings.Contains(s.Problem, cert.Pin) || s.Cure == "" {
		t.Errorf("problem %q, cure %q", s.Problem, s.Cure)
	}
	if r.sw.Logins() != 0 {
		t.Error("the password was sent to a stranger")
	}
}

// TestAvayaGoesOn: monitors outlive a connection; new ones are started after the
// server has forgotten them.
func TestAvayaGoesOn(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{Dialect: pbxtest.CSTAAvaya, Username: "cti", Password: "secret"}, nil).run(all...)
	r.snapshots(all...)
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	first := r.next("1001 Delivered").Connection
	before := r.sw.Monitors()
	r.sw.Disconnect()
	r.next("LinkDown")
	if e := r.next("1001 Snapshot"); len(e.Connections) != 1 || e.Connections[0].ID != first {
		t.Errorf("the call goes on, but the Snapshot says %+v", e.Connections)
	}
	r.connected(3)
	if n := r.sw.Monitors(); n != before {
		t.Errorf("%d monitors, want the same %d", n, before)
	}
	if err := r.sw.Answer("1001", h); err != nil {
		t.Fatal(err)
	}
	r.next("1001 Established")
	r.sw.Restart(func() {})
	r.next("LinkDown")
	r.snapshots(all...)
	r.connected(3)
}

// TestNoAnswerToMonitor: a monitor that runs though nobody says so is started
// again after the time-out.
func TestNoAnswerToMonitor(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(_ *pbx.LinkConfig, o *Options) { o.Timeout = 200 * time.Millisecond })
	r.sw.Misbehave(pbxtest.CSTANoMonitorResponse, 1)
	r.run(all...)
	r.snapshots(all...)
	r.connected(3)
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.quiet("1001 Delivered")
}

func TestSnapshotParts(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{SnapshotSegments: true}, nil)
	for range 3 {
		r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	}
	r.sw.Misbehave(pbxtest.CSTAEventsFirst, 3)
	r.run(all...)
	e := r.next("1001 Snapshot")
	if len(e.Connections) != 3 || e.Connections[0].Calling.Number != berta {
		t.Errorf("the Snapshot says %+v", e.Connections)
	}
	r.connected(3)
}

// TestPace: monitors are started at the configured pace.
func TestPace(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(c *pbx.LinkConfig, _ *Options) { c.CSTA.Pace = 50 })
	var devices []pbx.DeviceID
	for i := range 30 {
		ext := string(rune('A'+i)) + "1"
		r.sw.AddExtension(ext, "")
		devices = append(devices, pbx.DeviceID(ext))
	}
	began := time.Now()
	r.run(devices...)
	r.connected(30)
	if d := time.Since(began); d < 500*time.Millisecond {
		t.Errorf("30 monitors at 50 a second were up after %v", d)
	}
}

// TestInvalidDevice: a name that cannot be one is shown and never sent.
func TestInvalidDevice(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(append([]pbx.DeviceID{"10\n01", ""}, all...)...)
	s := r.until("two refused", func(s pbx.Status) bool { return len(s.Refused) == 2 && s.Active == 3 })
	if s.State != pbx.LinkDegraded || s.Watched != 5 {
		t.Errorf("status %+v", s)
	}
}

// TestSecrets: neither password nor number gets into the log.
func TestSecrets(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{Username: "cti", Password: "hush-hush"}, nil).run(all...)
	r.snapshots(all...)
	r.sw.Ring("1001", pbxtest.Caller{Number: berta, Name: "Berta Beispiel"})
	r.next("1001 Delivered")
	if _, err := r.link.MakeCall(t.Context(), "1002", dialled); err != nil {
		t.Fatal(err)
	}
	r.sw.Disconnect()
	r.next("LinkDown")
	r.stop()
	for _, secret := range []string{"hush-hush", "23125", "Berta"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, r.log)
		}
	}
}

func TestCounts(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil)
	r.sw.Misbehave(pbxtest.CSTAUnknownEvent, 1)
	r.run(all...)
	r.snapshots(all...)
	h := r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	r.next("1001 Delivered")
	r.sw.Misbehave(pbxtest.CSTABrokenEvent, 1)
	_ = r.sw.Hold("1001", h)
	_ = r.sw.Answer("1001", h)
	r.quiet()
	s := r.link.Status()
	sum := s.Effective
	reasons := map[string]uint64{}
	for _, d := range s.Drops {
		sum += d.Count
		reasons[d.Reason] = d.Count
	}
	if s.Messages != sum || s.Effective == 0 || reasons["unknown monitor"] != 1 || reasons["unknown message"] != 1 || reasons["malformed"] == 0 {
		t.Errorf("messages %d, effective %d, drops %v", s.Messages, s.Effective, reasons)
	}
}

func TestServices(t *testing.T) {
	ctx := t.Context()
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	first := r.next("1001 Delivered").Connection
	if err := r.link.HoldCall(ctx, first); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("holding a call that rings: %v", err)
	}
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"answer", func() error { return r.link.AnswerCall(ctx, first) }, "1001 Established"},
		{"hold", func() error { return r.link.HoldCall(ctx, first) }, "1001 Held"},
		{"retrieve", func() error { return r.link.RetrieveCall(ctx, first) }, "1001 Retrieved"},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		r.next(step.want)
	}
	second, err := r.link.ConsultationCall(ctx, first, "1002")
	if err != nil {
		t.Fatal(err)
	}
	r.next("1002 Delivered")
	if err := r.sw.Answer("1002", ""); err != nil {
		t.Fatal(err)
	}
	r.next("1001 Established")
	if err := r.link.AlternateCall(ctx, first, second); err != nil {
		t.Errorf("alternate: %v", err)
	}
	r.next("1001 Retrieved")
	if err := r.link.TransferCall(ctx, second, first); err != nil {
		t.Errorf("transfer: %v", err)
	}
	r.until("1001 has no call", func(pbx.Status) bool { return len(r.sw.Calls("1001")) == 0 && len(r.sw.Calls("1002")) == 1 })
}

// TestTransferWhileRinging: a call is handed over before the colleague answers.
func TestTransferWhileRinging(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	first := r.next("1001 Delivered").Connection
	if err := r.sw.Answer("1001", ""); err != nil {
		t.Fatal(err)
	}
	r.next("1001 Established")
	second, err := r.link.ConsultationCall(t.Context(), first, "1002")
	if err != nil {
		t.Fatal(err)
	}
	r.next("1002 Delivered")
	if err := r.link.AlternateCall(t.Context(), first, second); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("swapping with a call that rings: %v", err)
	}
	if err := r.link.TransferCall(t.Context(), first, second); err != nil {
		t.Fatal(err)
	}
	if e := r.next("1002 Transferred"); e.Remote().Number != berta || e.State != pbx.StateAlerting {
		t.Errorf("handed over as %+v", e)
	}
}

func TestMoreServices(t *testing.T) {
	ctx := t.Context()
	r := newRig(t, pbxtest.CSTAOptions{}, nil).run(all...)
	r.snapshots(all...)
	r.sw.Ring("1001", pbxtest.Caller{Number: berta})
	id := r.next("1001 Delivered").Connection
	if err := r.link.DeflectCall(ctx, id, "no such"); err == nil {
		t.Error("deflected to a number with a blank")
	}
	if err := r.link.DeflectCall(ctx, id, "9999"); err == nil || !strings.Contains(err.Error(), "destination") {
		t.Errorf("deflected to nobody: %v", err)
	}
	if err := r.link.DeflectCall(ctx, id, "1002"); err != nil {
		t.Fatal(err)
	}
	at2 := r.next("1002 Delivered").Connection
	if err := r.link.AnswerCall(ctx, at2); err != nil {
		t.Fatal(err)
	}
	r.next("1002 Established")
	if err := r.link.SingleStepTransferCall(ctx, at2, "1003"); err != nil {
		t.Fatal(err)
	}
	at3 := r.next("1003 Delivered").Connection
	if err := r.link.ClearConnection(ctx, at3); err != nil {
		t.Fatal(err)
	}
	r.until("no calls", func(pbx.Status) bool { return len(r.sw.Calls("1003")) == 0 })
}

// TestServiceTimeout: a request that is not answered ends in words, and its late
// answer is nobody else's.
func TestServiceTimeout(t *testing.T) {
	r := newRig(t, pbxtest.CSTAOptions{}, func(_ *pbx.LinkConfig, o *Options) { o.Timeout = 150 * time.Millisecond })
	r.run(all...)
	r.snapshots(all...)
	r.connected(3)
	r.sw.Misbehave(pbxtest.CSTASilence, 1)
	if _, err := r.link.MakeCall(t.Context(), "1001", dialled); !errors.Is(err, errTimeout) {
		t.Errorf("MakeCall: %v", err)
	}
	r.sw.Disconnect()
	r.next("LinkDown")
	if _, err := r.link.MakeCall(t.Context(), "1009", dialled); !errors.Is(err, pbx.ErrUnknownDevice) {
		t.Errorf("MakeCall of a stranger: %v", err)
	}
}
