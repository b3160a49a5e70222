package pbxtest

import (
	"strconv"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// memoryPeer puts a Memory under the suite.
type memoryPeer struct {
	t *testing.T
	m *Memory
	// to and outside of the last Consult, for Complete.
	to      pbx.DeviceID
	outside Caller
}

// MemoryPeer makes a Memory for the suite.
func MemoryPeer(t *testing.T) Peer {
	return &memoryPeer{t: t, m: NewMemory("memory")}
}

func (p *memoryPeer) Link() pbx.Link          { return p.m }
func (p *memoryPeer) Script() Script          { return p }
func (p *memoryPeer) Devices() []pbx.DeviceID { return []pbx.DeviceID{"1001", "1002", "1003"} }

// Many is the same switch: any device exists at it.
func (p *memoryPeer) Many(n int) (pbx.Link, Script, []pbx.DeviceID) {
	devices := make([]pbx.DeviceID, n)
	for i := range devices {
		devices[i] = pbx.DeviceID(strconv.Itoa(2001 + i))
	}
	return p.m, p, devices
}

func (p *memoryPeer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("memory switch: %v", err)
	}
}

func (p *memoryPeer) Ring(d pbx.DeviceID, from Caller) CallHandle { return p.m.Ring(d, from) }
func (p *memoryPeer) Answer(d pbx.DeviceID, h CallHandle)         { p.must(p.m.Answer(d, h)) }
func (p *memoryPeer) HangUp(d pbx.DeviceID, h CallHandle)         { p.must(p.m.HangUp(d, h)) }
func (p *memoryPeer) CallerHangsUp(h CallHandle)                  { p.must(p.m.CallerHangsUp(h)) }
func (p *memoryPeer) Hold(d pbx.DeviceID, h CallHandle)           { p.must(p.m.Hold(d, h)) }
func (p *memoryPeer) Retrieve(d pbx.DeviceID, h CallHandle)       { p.must(p.m.Retrieve(d, h)) }
func (p *memoryPeer) FarEndAnswers(number string)                 { p.must(p.m.FarEndAnswers(number)) }

func (p *memoryPeer) FarEndHangsUp(number string) { p.must(p.m.FarEndHangsUp(number)) }
func (p *memoryPeer) FarEndBusy(number string)    { p.m.SetBusy(number) }
func (p *memoryPeer) Restart(meanwhile func())    { p.m.Restart(meanwhile) }
func (p *memoryPeer) Transfer(d pbx.DeviceID, h CallHandle, to pbx.DeviceID) {
	p.must(p.m.Transfer(d, h, to))
}

func (p *memoryPeer) RingGroup(devices []pbx.DeviceID, from Caller) CallHandle {
	return p.m.RingGroup(devices, from)
}

func (p *memoryPeer) Consult(colleague, to pbx.DeviceID, outside Caller) CallHandle {
	p.to, p.outside = to, outside
	return p.m.Ring(to, Caller{Number: string(colleague)})
}

func (p *memoryPeer) Complete(h CallHandle) {
	p.must(p.m.SetCaller(p.to, h, p.outside))
}

func (p *memoryPeer) AnswerDial(d pbx.DeviceID) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the phone to ring for the dialled call", func() bool { return p.m.Answer(d, "") == nil })
}

func (p *memoryPeer) DeclineDial(d pbx.DeviceID) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the phone to ring for the dialled call", func() bool { return p.m.HangUp(d, "") == nil })
}
