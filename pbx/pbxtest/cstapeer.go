package pbxtest

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// cstaPeer puts a CSTA link and a CSTASwitch under the suite.
type cstaPeer struct {
	t       *testing.T
	sw      *CSTASwitch
	options CSTAOptions
	config  pbx.LinkConfig
	newLink func(pbx.LinkConfig) pbx.Link
	link    pbx.Link
}

// cstaLoginPeer is one whose dialect has a password that may be wrong.
type cstaLoginPeer struct{ *cstaPeer }

// CSTAPeer starts a CSTASwitch of the options with the extensions 1001 to 1003,
// user name and password where the dialect has a log-in, and makes a link to it
// by newLink. The link is configured to prompt, so that the phone rings for
// MakeCall. prepare, if any, may let the switch misbehave from the start.
func CSTAPeer(t *testing.T, o CSTAOptions, newLink func(pbx.LinkConfig) pbx.Link, prepare ...func(*CSTASwitch)) Peer {
	t.Helper()
	o = o.withDefaults()
	login := o.Dialect == CSTASession || o.Dialect == CSTAZultys || o.Dialect == CSTAAvaya
	if login {
		o.Username, o.Password = "cti", "secret"
	}
	sw := startCSTASwitch(t, o)
	for _, p := range prepare {
		p(sw)
	}
	config := pbx.LinkConfig{
		Name: "csta", Type: "csta", Transport: "tcp", Server: sw.Addr(), Username: o.Username, Password: o.Password,
		CSTA: pbx.CSTA{Dialect: string(o.Dialect), Edition: o.Edition.Name, Prompt: true, Switch: o.SwitchName},
	}
	if o.Certificate != nil {
		config.Transport, config.TLS.Pin = "tls", o.Certificate.Pin
	}
	p := &cstaPeer{t: t, sw: sw, options: o, config: config, newLink: newLink, link: newLink(config)}
	if login {
		return cstaLoginPeer{p}
	}
	return p
}

// CSTASwitchOf is the switch behind a Peer that CSTAPeer made.
func CSTASwitchOf(p Peer) *CSTASwitch {
	switch p := p.(type) {
	case *cstaPeer:
		return p.sw
	case cstaLoginPeer:
		return p.sw
	}
	return nil
}

func startCSTASwitch(t testing.TB, o CSTAOptions) *CSTASwitch {
	t.Helper()
	sw, err := NewCSTASwitch(o)
	if err != nil {
		t.Fatal(err)
	}
	for ext, name := range map[string]string{"1001": "Agent Eins", "1002": "Agent Zwei", "1003": "Agent Drei"} {
		sw.AddExtension(ext, name)
	}
	sw.Start()
	t.Cleanup(sw.Close)
	return sw
}

func (p *cstaPeer) Link() pbx.Link          { return p.link }
func (p *cstaPeer) Script() Script          { return p }
func (p *cstaPeer) Devices() []pbx.DeviceID { return []pbx.DeviceID{"1001", "1002", "1003"} }

func (p *cstaPeer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("CSTA switch: %v", err)
	}
}

func (p *cstaPeer) some(h CallHandle) CallHandle {
	p.t.Helper()
	if h == "" {
		p.t.Fatal("CSTA switch: the call could not be placed")
	}
	return h
}

func (p *cstaPeer) Ring(d pbx.DeviceID, from Caller) CallHandle {
	return p.some(p.sw.Ring(string(d), from))
}

func (p *cstaPeer) RingGroup(devices []pbx.DeviceID, from Caller) CallHandle {
	exts := make([]string, len(devices))
	for i, d := range devices {
		exts[i] = string(d)
	}
	return p.some(p.sw.RingGroup(exts, from))
}

func (p *cstaPeer) Answer(d pbx.DeviceID, h CallHandle)   { p.must(p.sw.Answer(string(d), h)) }
func (p *cstaPeer) HangUp(d pbx.DeviceID, h CallHandle)   { p.must(p.sw.HangUp(string(d), h)) }
func (p *cstaPeer) CallerHangsUp(h CallHandle)            { p.must(p.sw.CallerHangsUp(h)) }
func (p *cstaPeer) Hold(d pbx.DeviceID, h CallHandle)     { p.must(p.sw.Hold(string(d), h)) }
func (p *cstaPeer) Retrieve(d pbx.DeviceID, h CallHandle) { p.must(p.sw.Retrieve(string(d), h)) }

func (p *cstaPeer) Transfer(d pbx.DeviceID, h CallHandle, to pbx.DeviceID) {
	p.must(p.sw.Transfer(string(d), h, string(to)))
}

func (p *cstaPeer) Consult(colleague, to pbx.DeviceID, outside Caller) CallHandle {
	first := p.Ring(colleague, outside)
	p.Answer(colleague, first)
	return p.some(p.sw.Consult(string(colleague), string(to)))
}

func (p *cstaPeer) Complete(h CallHandle) { p.must(p.sw.CompleteTransfer(h)) }

func (p *cstaPeer) Restart(meanwhile func()) { p.sw.Restart(meanwhile) }

func (p *cstaPeer) UnknownDevice() pbx.DeviceID { return "1999" }

// Late uses the address of a switch that has just gone away.
func (p *cstaPeer) Late() (link pbx.Link, start func() Script) {
	gone := startCSTASwitch(p.t, p.options)
	gone.Close()
	config := p.config
	config.Server = gone.Addr()
	return p.newLink(config), func() Script {
		o := p.options
		o.Addr = gone.Addr()
		return &cstaPeer{t: p.t, sw: startCSTASwitch(p.t, o), options: o, config: config}
	}
}

func (p *cstaPeer) Duplicate(on bool) {
	n := 0
	if on {
		n = -1
	}
	p.sw.Misbehave(CSTADuplicateEvent, n)
}

func (p *cstaPeer) AnswerDial(d pbx.DeviceID) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the phone to ring for the dialled call", func() bool { return p.sw.Answer(string(d), "") == nil })
}

func (p *cstaPeer) DeclineDial(d pbx.DeviceID) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the phone to ring for the dialled call", func() bool { return p.sw.HangUp(string(d), "") == nil })
}

func (p *cstaPeer) FarEndAnswers(number string) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the dialled number to ring", func() bool { return p.sw.FarEndAnswers(number) == nil })
}

func (p *cstaPeer) FarEndHangsUp(number string) { p.must(p.sw.FarEndHangsUp(number)) }
func (p *cstaPeer) FarEndBusy(number string)    { p.sw.SetBusy(number) }

func (p cstaLoginPeer) RejectedLink() pbx.Link {
	wrong := p.config
	wrong.Password = "wrong"
	return p.newLink(wrong)
}

func (p cstaLoginPeer) Attempts() uint64 { return p.sw.Logins() }
