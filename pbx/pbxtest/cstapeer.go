package pbxtest

import (
	"strconv"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// cstaPeer puts a CSTA link and a CSTASwitch under the suite.
type cstaPeer struct {
	scripted
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
	p := &cstaPeer{scripted: scripted{t, sw}, sw: sw, options: o, config: config, newLink: newLink, link: newLink(config)}
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
	addAgents(sw)
	sw.Start()
	t.Cleanup(sw.Close)
	return sw
}

func (p *cstaPeer) Link() pbx.Link { return p.link }
func (p *cstaPeer) Script() Script { return p }

func (p *cstaPeer) Restart(meanwhile func()) { p.sw.Restart(meanwhile) }

// Late uses the address of a switch that has just gone away.
func (p *cstaPeer) Late() (link pbx.Link, start func() Script) {
	gone := startCSTASwitch(p.t, p.options)
	gone.Close()
	config := p.config
	config.Server = gone.Addr()
	return p.newLink(config), func() Script {
		o := p.options
		o.Addr = gone.Addr()
		sw := startCSTASwitch(p.t, o)
		return &cstaPeer{scripted: scripted{p.t, sw}, sw: sw, options: o, config: config}
	}
}

func (p *cstaPeer) Duplicate(on bool) {
	n := 0
	if on {
		n = -1
	}
	p.sw.Misbehave(CSTADuplicateEvent, n)
}

func (p *cstaPeer) FarEndBusy(number string) { p.sw.SetBusy(number) }
func (p *cstaPeer) Lose(n int)               { p.sw.Misbehave(CSTADropEvent, n) }
func (p *cstaPeer) Garble(n int)             { p.sw.Misbehave(CSTABrokenEvent, n) }
func (p *cstaPeer) Hasty()                   { p.sw.Misbehave(CSTAEventsFirst, -1) }
func (p *cstaPeer) Forget(d pbx.DeviceID)    { p.sw.StopMonitor(string(d)) }
func (p *cstaPeer) Disconnect()              { p.sw.Disconnect() }

// Many monitors as fast as a link may.
func (p *cstaPeer) Many(n int) (pbx.Link, Script, []pbx.DeviceID) {
	sw := startCSTASwitch(p.t, p.options)
	many := &cstaPeer{scripted: scripted{p.t, sw}, sw: sw, options: p.options, config: p.config}
	many.config.Server, many.config.CSTA.Pace = sw.Addr(), 1000
	devices := make([]pbx.DeviceID, n)
	for i := range devices {
		ext := strconv.Itoa(2001 + i)
		sw.AddExtension(ext, "Agent "+ext)
		devices[i] = pbx.DeviceID(ext)
	}
	return p.newLink(many.config), many, devices
}

func (p cstaLoginPeer) RejectedLink() pbx.Link {
	wrong := p.config
	wrong.Password = "wrong"
	return p.newLink(wrong)
}

func (p cstaLoginPeer) Attempts() uint64 { return p.sw.Logins() }
