package pbxtest_test

import (
	"context"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

func TestMemoryIsALink(t *testing.T) {
	pbxtest.RunLinkTests(t, pbxtest.MemoryPeer)
}

func BenchmarkMemoryEmit(b *testing.B) {
	m := pbxtest.NewMemory("memory")
	m.Watch([]pbx.DeviceID{"1001"})
	ctx, cancel := context.WithCancel(b.Context())
	events, ended := make(chan pbx.Event, 1024), make(chan error, 1)
	go func() { ended <- m.Run(ctx, events) }()
	<-events // the Snapshot
	go func() {
		for range events { // only drains
		}
	}()
	e := pbx.Event{Kind: pbx.EventDelivered, Connection: pbx.ConnectionID{Call: "1", Device: "1001"}}
	b.ReportAllocs()
	for b.Loop() {
		m.Emit(e)
	}
	cancel()
	<-ended
	close(events)
}
