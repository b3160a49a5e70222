package pbxtest

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// toySwitch is what a script does at a SIPSwitch and at a CSTASwitch alike.
type toySwitch interface {
	Ring(ext string, from Caller) CallHandle
	RingGroup(exts []string, from Caller) CallHandle
	Answer(ext string, h CallHandle) error
	HangUp(ext string, h CallHandle) error
	CallerHangsUp(h CallHandle) error
	Hold(ext string, h CallHandle) error
	Retrieve(ext string, h CallHandle) error
	Transfer(ext string, h CallHandle, to string) error
	Consult(from, to string) CallHandle
	CompleteTransfer(consultation CallHandle) error
	FarEndAnswers(number string) error
	FarEndHangsUp(number string) error
}

// scripted is the part of a Peer that a toy switch plays. What the switch cannot
// do fails the test.
type scripted struct {
	t   *testing.T
	toy toySwitch
}

// addAgents adds the extensions that the suite rings.
func addAgents(sw interface{ AddExtension(ext, name string) }) {
	for ext, name := range map[string]string{"1001": "Agent Eins", "1002": "Agent Zwei", "1003": "Agent Drei"} {
		sw.AddExtension(ext, name)
	}
}

// Devices implements Peer.
func (p scripted) Devices() []pbx.DeviceID { return []pbx.DeviceID{"1001", "1002", "1003"} }

// UnknownDevice implements RefusePeer.
func (p scripted) UnknownDevice() pbx.DeviceID { return "1999" }

func (p scripted) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("toy switch: %v", err)
	}
}

func (p scripted) some(h CallHandle) CallHandle {
	p.t.Helper()
	if h == "" {
		p.t.Fatal("toy switch: the call could not be placed")
	}
	return h
}

func (p scripted) Ring(d pbx.DeviceID, from Caller) CallHandle {
	return p.some(p.toy.Ring(string(d), from))
}

func (p scripted) RingGroup(devices []pbx.DeviceID, from Caller) CallHandle {
	exts := make([]string, len(devices))
	for i, d := range devices {
		exts[i] = string(d)
	}
	return p.some(p.toy.RingGroup(exts, from))
}

func (p scripted) Answer(d pbx.DeviceID, h CallHandle)   { p.must(p.toy.Answer(string(d), h)) }
func (p scripted) HangUp(d pbx.DeviceID, h CallHandle)   { p.must(p.toy.HangUp(string(d), h)) }
func (p scripted) CallerHangsUp(h CallHandle)            { p.must(p.toy.CallerHangsUp(h)) }
func (p scripted) Hold(d pbx.DeviceID, h CallHandle)     { p.must(p.toy.Hold(string(d), h)) }
func (p scripted) Retrieve(d pbx.DeviceID, h CallHandle) { p.must(p.toy.Retrieve(string(d), h)) }

func (p scripted) Transfer(d pbx.DeviceID, h CallHandle, to pbx.DeviceID) {
	p.must(p.toy.Transfer(string(d), h, string(to)))
}

func (p scripted) Consult(colleague, to pbx.DeviceID, outside Caller) CallHandle {
	first := p.Ring(colleague, outside)
	p.Answer(colleague, first)
	return p.some(p.toy.Consult(string(colleague), string(to)))
}

func (p scripted) Complete(h CallHandle) { p.must(p.toy.CompleteTransfer(h)) }

func (p scripted) AnswerDial(d pbx.DeviceID) {
	p.t.Helper()
	p.phoneRings(func() bool { return p.toy.Answer(string(d), "") == nil })
}

func (p scripted) DeclineDial(d pbx.DeviceID) {
	p.t.Helper()
	p.phoneRings(func() bool { return p.toy.HangUp(string(d), "") == nil })
}

// phoneRings waits until the phone of a dialled call can be taken or declined.
func (p scripted) phoneRings(taken func() bool) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the phone to ring for the dialled call", taken)
}

func (p scripted) FarEndAnswers(number string) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the dialled number to ring", func() bool { return p.toy.FarEndAnswers(number) == nil })
}

func (p scripted) FarEndHangsUp(number string) { p.must(p.toy.FarEndHangsUp(number)) }
