package csta

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// FuzzLink lets a hostile switch say anything to a running link. It may cost the
// connection; it must not end the link, nor make it grow.
func FuzzLink(f *testing.F) {
	for _, seed := range hostileSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		l, err := New(pbx.LinkConfig{Name: "x", Server: "127.0.0.1:1", CSTA: pbx.CSTA{
			Dialect: "none", Pace: maxPace, Groups: []pbx.CSTAGroup{{Number: "700", Devices: []pbx.DeviceID{"1003"}}},
		}}, Options{Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		l.Watch([]pbx.DeviceID{"1001", "1002", "1003"})
		ours, theirs := net.Pipe()
		events := make(chan pbx.Event, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		over := make(chan struct{})
		go func() {
			defer close(over)
			for e := range events {
				if e.Kind == 0 || e.Link != "x" {
					t.Errorf("event %+v", e)
				}
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() {
			_, _ = theirs.Write(said)
			_ = theirs.Close()
		}()
		s := l.newSession(ctx, ours, events)
		err = s.run(ctx)
		close(events)
		<-over
		if err == nil || ctx.Err() != nil {
			t.Fatalf("the session ended with %v", err)
		}
		if s.heldTotal > maxHeldTotal || len(s.stash.list) > maxStash || len(s.early) > maxSegments || len(s.refs) > 3 || s.atWork < 0 || s.starting < 0 {
			t.Errorf("held %d, stash %d, early %d, monitors %d, at work %d, starting %d",
				s.heldTotal, len(s.stash.list), len(s.early), len(s.refs), s.atWork, s.starting)
		}
		if n := l.table.Live(); n > 3*maxCalls {
			t.Errorf("%d calls", n)
		}
		l.Status()
	})
}

// hostileSeeds are conversations that get a link going.
func hostileSeeds(f *testing.F) [][]byte {
	f.Helper()
	event := func(ref string) ecma323.Message {
		return &ecma323.DeliveredEvent{
			EventData:      ecma323.EventData{MonitorCrossRefID: ref, CallingDevice: ecma323.Extended("+493023125101"), LocalConnectionInfo: ecma323.LocalAlerting},
			Connection:     ecma323.Connection("7", "1001"),
			AlertingDevice: ecma323.Extended("1001"),
		}
	}
	type said struct {
		id ecma323.InvokeID
		m  ecma323.Message
	}
	const e = ecma323.EventInvokeID
	snapshot := &ecma323.SnapshotDeviceResponse{SnapshotData: []ecma323.SnapshotDeviceInfo{{
		ConnectionIdentifier: ecma323.Connection("8", "1001"), LocalConnectionState: ecma323.LocalConnected,
	}}}
	var seeds [][]byte
	for _, list := range [][]said{
		{{1, &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}, {e, event("1")}, {4, snapshot}, {5, &ecma323.SnapshotCallResponse{CallingDevice: ecma323.Extended("1")}}, {e, event("1")}},
		{{e, event("1")}, {1, &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}, {2, &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}, {0, &ecma323.MonitorStop{MonitorCrossRefID: "1"}}},
		{{1, &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}, {4, &ecma323.SnapshotDeviceResponse{ServiceCrossRefID: "9"}}, {0, &ecma323.SnapshotDeviceData{ServiceCrossRefID: "9", LastSegment: true, SnapshotData: snapshot.SnapshotData}}},
		{{1, &ecma323.CSTAErrorCode{Category: "operation", Value: "invalidMonitorObject"}}, {0, &ecma323.SystemStatus{SystemStatus: ecma323.StatusMessagesLost}}, {0, &ecma323.SystemStatus{SystemStatus: ecma323.StatusInitializing}}},
		{{1, snapshot}, {2, &ecma323.ApplicationSessionTerminated{SessionID: "1"}}},
		{{1, &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}}, {4, &ecma323.CSTAErrorCode{Category: "operation", Value: "serviceNotSupported"}}, {e, &ecma323.LinkEvent{LinkName: "l"}}},
	} {
		var out []byte
		for _, x := range list {
			var err error
			if out, err = ecma323.AppendFrame(out, x.id, x.m, ecma323.Edition4); err != nil {
				f.Fatal(err)
			}
		}
		seeds = append(seeds, out)
	}
	return append(seeds, []byte("\x00\x00\xff\xff0001<"), []byte("\x60\x1f\xa1\x07"))
}
