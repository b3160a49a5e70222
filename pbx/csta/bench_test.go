package csta

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// echo is a switch that does nothing but answer MonitorStart and SnapshotDevice,
// at no cost worth measuring. ready counts the devices that were asked for their
// calls.
type echo struct {
	conn  net.Conn
	ready atomic.Int64
	refs  []string
}

func (e *echo) serve() {
	frames := ecma323.NewReader(e.conn)
	var d ecma323.Decoder
	var out []byte
	for {
		f, err := frames.Next()
		if err != nil {
			return
		}
		m, err := d.Decode(f.Body)
		if err != nil {
			return
		}
		var answer ecma323.Message
		asked := false
		switch m := m.(type) {
		case *ecma323.MonitorStart:
			e.refs = append(e.refs, m.DeviceObject.Text)
			answer = &ecma323.MonitorStartResponse{MonitorCrossRefID: "m" + m.DeviceObject.Text}
		case *ecma323.SnapshotDevice:
			answer, asked = &ecma323.SnapshotDeviceResponse{}, true
		default:
			continue
		}
		out, _ = ecma323.AppendFrame(out[:0], f.InvokeID, answer, ecma323.Edition4)
		if _, err := e.conn.Write(out); err != nil {
			return
		}
		if asked {
			e.ready.Add(1)
		}
	}
}

// monitored is a link with n monitors that run on an echo.
func monitored(tb testing.TB, n int, pace float64) (l *Link, e *echo, events chan pbx.Event) {
	tb.Helper()
	l, err := New(pbx.LinkConfig{Name: "x", Server: "127.0.0.1:1", CSTA: pbx.CSTA{Dialect: "none", Pace: pace}}, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	devices := make([]pbx.DeviceID, n)
	for i := range devices {
		devices[i] = pbx.DeviceID(fmt.Sprint(10000 + i))
	}
	l.Watch(devices)
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ours, err := net.Dial("tcp", listen.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	theirs, err := listen.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	_ = listen.Close()
	e = &echo{conn: theirs}
	go e.serve()
	ctx, cancel := context.WithCancel(context.Background())
	events = make(chan pbx.Event, 1024)
	s := l.newSession(ctx, ours, events)
	over := make(chan struct{})
	go func() { defer close(over); _ = s.run(ctx) }()
	tb.Cleanup(func() { cancel(); <-over; _ = theirs.Close() })
	for range n {
		<-events
	}
	return l, e, events
}

// call is the four events of an inbound call at a device.
func call(out []byte, device string, callID int) []byte {
	id := ecma323.Connection(fmt.Sprint(callID), device)
	d := ecma323.EventData{
		MonitorCrossRefID: "m" + device, LocalConnectionInfo: ecma323.LocalAlerting, Cause: ecma323.CauseNewCall,
		CallingDevice: ecma323.Extended("N<+493023125101>Berta Beispiel"), CalledDevice: ecma323.Extended(device),
		LastRedirectionDevice: ecma323.ExtendedDeviceID{Presence: ecma323.NotRequired},
	}
	up, bare := d, ecma323.EventData{MonitorCrossRefID: d.MonitorCrossRefID, LocalConnectionInfo: ecma323.LocalHold, Cause: ecma323.CauseNormal}
	up.LocalConnectionInfo = ecma323.LocalConnected
	over := bare
	over.LocalConnectionInfo, over.Cause = ecma323.LocalNull, ecma323.CauseNormalClearing
	who := ecma323.Extended(device)
	for _, m := range []ecma323.Message{
		&ecma323.DeliveredEvent{EventData: d, Connection: id, AlertingDevice: who},
		&ecma323.EstablishedEvent{EventData: up, EstablishedConnection: id, AnsweringDevice: who},
		&ecma323.HeldEvent{EventData: bare, HeldConnection: id, HoldingDevice: who},
		&ecma323.ConnectionClearedEvent{EventData: over, DroppedConnection: id, ReleasingDevice: who},
	} {
		out, _ = ecma323.AppendFrame(out, ecma323.EventInvokeID, m, ecma323.Edition4)
	}
	return out
}

// BenchmarkEvent is from the bytes on a loopback socket to the event in the
// channel, with 1,000 monitors; the order of each call's events is checked.
// What the switch's side costs is in it, except that it writes ready-made bytes.
func BenchmarkEvent(b *testing.B) {
	const devices = 1000
	_, e, events := monitored(b, devices, maxPace)
	const batch = 250
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		var out []byte
		for i := 0; i < b.N; i += 4 * batch {
			out = out[:0]
			for n := range batch {
				out = call(out, fmt.Sprint(10000+n%devices), i+n)
			}
			if _, err := e.conn.Write(out); err != nil {
				return
			}
		}
	}()
	want := [...]pbx.EventKind{pbx.EventDelivered, pbx.EventEstablished, pbx.EventHeld, pbx.EventConnectionCleared}
	for i := range b.N {
		if ev := <-events; ev.Kind != want[i%4] {
			b.Fatalf("event %d is %+v", i, ev)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkMonitors brings 1,000 monitors up at the default pace: once is
// enough, about ten seconds.
func BenchmarkMonitors(b *testing.B) {
	for b.Loop() {
		monitored(b, 1000, 0)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/1000")
}

// BenchmarkMemory is what 10,000 monitors hold, each with one live call.
func BenchmarkMemory(b *testing.B) {
	const n = 10000
	before := held()
	for b.Loop() {
		l, e, events := monitored(b, n, maxPace)
		var out []byte
		go func() {
			for i := range n {
				out = call(out[:0], fmt.Sprint(10000+i), i)
				if _, err := e.conn.Write(out[:firstFrame(out)]); err != nil {
					return
				}
			}
		}()
		for range n {
			<-events
		}
		b.ReportMetric(float64(held()-before)/(1<<20), "MB")
		runtime.KeepAlive(l)
	}
}

// firstFrame is how long the first frame is.
func firstFrame(b []byte) int { return int(b[2])<<8 | int(b[3]) }

func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
