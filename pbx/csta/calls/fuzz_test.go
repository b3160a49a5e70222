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
	nobody := ecma323.ConnectionListItem{NewConnection: ecma323.ConnectionID{CallID: "9"}, Endpoint: ecma323.ExtendedDeviceID{Presence: ecma323.NotKnown}}
	var open []byte // a transfer that names nobody, then who is in the call
	for _, m := range []ecma323.Message{
		&ecma323.DeliveredEvent{EventData: ecma323.EventData{LocalConnectionInfo: ecma323.LocalAlerting, CallingDevice: ecma323.Extended("199")}, Connection: ecma323.Connection("7", "103"), AlertingDevice: ecma323.Extended("103")},
		&ecma323.TransferedEvent{PrimaryOldCall: ecma323.Connection("7", "199"), TransferringDevice: ecma323.Extended("199"), TransferredConnections: []ecma323.ConnectionListItem{nobody}},
		&ecma323.SnapshotCallResponse{CallingDevice: ecma323.Extended("+493023125101"), SnapshotData: []ecma323.SnapshotCallInfo{{DeviceOnCall: ecma323.Extended("103")}}},
		&ecma323.SnapshotDeviceResponse{},
	} {
		open = append(ecma323.AppendMessage(open, m, ecma323.Edition5), 0)
	}
	f.Add(open, false)
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
				missing, _ := table.Compare(device, m.SnapshotData, now)
				for _, id := range missing {
					checkEvents(t, table.Gone(id, now))
				}
				all := append(m.SnapshotData, table.Known(device, m.SnapshotData)...)
				checkEvents(t, table.Snapshot(device, Snapshot{Connections: all, Unknown: avaya}, now))
			case *ecma323.SnapshotCallResponse:
				for _, id := range table.QuietAt(device, now.Add(time.Hour)) {
					Holds(m, id)
					checkEvents(t, table.Parties(id, m, now))
				}
				table.Asked(device, now, now)
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
