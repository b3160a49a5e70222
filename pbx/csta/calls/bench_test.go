package calls

import (
	"fmt"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// BenchmarkInbound is a call that rings, is answered and ends, on a table of
// 1,000 devices; BenchmarkTransfer one that is handed over. The figure is for one
// event.
func BenchmarkInbound(b *testing.B) {
	benchmark(b, []told{
		delivered("103", "C1", "103", calling(ext), called("103"), network(ext), ddi(mine), local(alert), ucid("00001000171700000001")),
		established("103", "C1", "103", calling(ext), called("103"), network(ext), local(conn), ucid("00001000171700000001")),
		cleared("103", "C1", ext, local(conn)),
		cleared("103", "C1", "103", local(null)),
	})
}

func BenchmarkTransfer(b *testing.B) {
	items := []ecma323.ConnectionListItem{item("C3", "104", "104"), item("C3", ext, ext)}
	benchmark(b, append(heldAndConsulting(),
		transferred("103", "C1", "C2", "103", "104", items, local(null)),
		transferred("104", "C1", "C2", "103", "104", items, local(conn)),
		cleared("104", "C3", "104", local(null)),
	))
}

func benchmark(b *testing.B, events []told) {
	devices := []pbx.DeviceID{"103", "104"}
	for i := range 1000 {
		devices = append(devices, pbx.DeviceID(fmt.Sprint(2000+i)))
	}
	table := New(Options{Link: "csta"})
	table.Watch(devices)
	now := start
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += len(events) {
		now = now.Add(memory / 4096) // as many calls are remembered as may be
		for _, e := range events {
			table.Apply(e.at, e.m.(ecma323.CallEvent), now)
		}
	}
}
