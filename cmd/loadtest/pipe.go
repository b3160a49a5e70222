package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// order is one message over the pipe to the in-memory switch of the server:
// stage, agent, call and number, thirteen bytes.
const orderSize = 13

// pipeTeller writes orders.
type pipeTeller struct {
	w       io.Writer
	numbers int
}

func (p pipeTeller) tell(agent, n int, s stage) {
	var b [orderSize]byte
	b[0] = byte(s)
	binary.BigEndian.PutUint32(b[1:], uint32(agent))       //nolint:gosec // a few thousand agents
	binary.BigEndian.PutUint32(b[5:], uint32(n))           //nolint:gosec // fewer calls than that
	binary.BigEndian.PutUint32(b[9:], uint32(n%p.numbers)) //nolint:gosec // a million at most
	_, _ = p.w.Write(b[:])
}

// emit turns orders into events until the pipe ends.
func emit(r io.Reader, m *pbxtest.Memory) {
	in := bufio.NewReaderSize(r, 64<<10)
	var b [orderSize]byte
	for {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			return
		}
		agent, n := int(binary.BigEndian.Uint32(b[1:])), int(binary.BigEndian.Uint32(b[5:]))
		ev := pbx.Event{
			Connection: pbx.ConnectionID{Call: pbx.CallID(strconv.Itoa(n)), Device: pbx.DeviceID(extensionOf(agent))},
			Direction:  pbx.DirectionInbound, Time: time.Now(),
		}
		switch stage(b[0]) {
		case early:
			ev.Kind, ev.State = pbx.EventDelivered, pbx.StateAlerting
			ev.Calling = pbx.Party{Number: numberOf(int(binary.BigEndian.Uint32(b[9:]))), Name: "Caller " + strconv.Itoa(n)}
		case confirmed:
			ev.Kind, ev.State = pbx.EventEstablished, pbx.StateConnected
		case terminated:
			ev.Kind, ev.State = pbx.EventConnectionCleared, pbx.StateNull
		}
		m.Emit(ev)
	}
}
