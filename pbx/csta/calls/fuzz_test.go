package calls

import (
	"bytes"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// FuzzApply feeds what can be read of any bytes as the events of a few monitors:
// the messages are parted by NUL.
func FuzzApply(f *testing.F) {
	for _, flow := range flows {
		var stream []byte
		for _, e := range flow.events {
			stream = append(ecma323.AppendMessage(stream, e.m, ecma323.Edition5), 0)
		}
		f.Add(stream, flow.o.Avaya)
	}
	f.Fuzz(func(t *testing.T, stream []byte, avaya bool) {
		o := members
		o.Link, o.Avaya = "csta", avaya
		table := New(o)
		table.Watch([]pbx.DeviceID{"103", "104", "105"})
		at := []pbx.DeviceID{"103", "104", "300", "105"}
		now := start
		for i, body := range bytes.Split(stream, []byte{0}) {
			now = now.Add(time.Duration(len(body)) * time.Millisecond)
			m, err := ecma323.Decode(body)
			if err != nil {
				continue
			}
			device := at[(i+len(body))%len(at)]
			switch m := m.(type) {
			case *ecma323.SnapshotDeviceResponse:
				checkEvents(t, table.Snapshot(device, Snapshot{Connections: m.SnapshotData}, now))
			case *ecma323.MakeCallResponse:
				_, events := table.Dialled(device, m.CallingDevice, "0022147100", now)
				checkEvents(t, events)
			default:
				checkEvents(t, applied(table, device, m, now))
			}
			check(t, table)
		}
	})
}
