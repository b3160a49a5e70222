package pbxtest

import (
	"cmp"
	"strconv"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// sipPeer puts a SIP link and a SIPSwitch under the suite.
type sipPeer struct {
	scripted
	sw      *SIPSwitch
	config  pbx.LinkConfig
	newLink func(pbx.LinkConfig) pbx.Link
	link    pbx.Link
}

// SIPPeer starts a SIPSwitch with the extensions 1001 to 1003 and a digest
// password, and makes a link to it over transport (udp, tcp or tls) by newLink. The
// switch grants three seconds, so that a link notices a restart soon.
func SIPPeer(t *testing.T, transport string, newLink func(pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	var certificate *Certificate
	if transport == "tls" {
		var err error
		if certificate, err = NewCertificate(); err != nil {
			t.Fatal(err)
		}
	}
	return newSIPPeer(t, transport, SIPOptions{Certificate: certificate}, newLink, nil)
}

// SIPDialPeer is SIPPeer with a switch that can place calls as
// LinkConfig.DialBy says.
func SIPDialPeer(t *testing.T, transport, dialBy string, newLink func(pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	o := SIPOptions{ThirdParty: dialBy == "3pcc", PhonesRefer: dialBy == "outOfDialogRefer"}
	return newSIPPeer(t, transport, o, newLink, func(c *pbx.LinkConfig) {
		c.DialBy = dialBy
	})
}

// SIPTalkPeer is SIPPeer with telephones that answer by the event "talk", behind
// a switch that passes it on.
func SIPTalkPeer(t *testing.T, transport string, newLink func(pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	return newSIPPeer(t, transport, SIPOptions{PhonesTalk: true}, newLink, func(c *pbx.LinkConfig) {
		c.Profile, c.AnswerBy = "generic", "talk"
	})
}

// SIPDeskPeer is SIPPeer with telephones that are dialled and answered by CSTA
// over SIP (ECMA TR/87), behind a switch that passes it on. lossy loses now and
// then an answer or an event.
func SIPDeskPeer(t *testing.T, transport string, lossy bool, newLink func(pbx.LinkConfig) pbx.Link) Peer {
	t.Helper()
	p := newSIPPeer(t, transport, SIPOptions{PhonesCSTA: true}, newLink, func(c *pbx.LinkConfig) {
		c.Profile, c.DialBy, c.AnswerBy = "generic", "uacsta", "uacsta"
	})
	if lossy {
		for _, f := range []Fault{FaultLateControl, FaultLateInfo} {
			p.sw.Inject(f, 2)
		}
		p.sw.Inject(FaultDuplicateInfo, -1)
	}
	return &deskPeer{p}
}

// deskPeer's telephones dial at once: nobody has to pick up.
type deskPeer struct{ *sipPeer }

func (p *deskPeer) AnswerDial(pbx.DeviceID) {}

// DeclineDial puts the telephone down while the number rings.
func (p *deskPeer) DeclineDial(d pbx.DeviceID) {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the telephone to dial", func() bool { return p.sw.HangUp(string(d), "") == nil })
}

func newSIPPeer(t *testing.T, transport string, o SIPOptions, newLink func(pbx.LinkConfig) pbx.Link, change func(*pbx.LinkConfig)) *sipPeer {
	t.Helper()
	sw := startSwitch(t, o)
	config := pbx.LinkConfig{
		Name: "sip", Type: "sip", Profile: "freeswitch", Transport: transport, Server: sw.Addr(),
		Domain: sw.Domain(), Listen: "127.0.0.1:0", Username: "cti", Password: "secret",
	}
	if transport == "tls" {
		config.Server, config.TLS.Pin = sw.TLSAddr(), o.Certificate.Pin
	}
	if change != nil {
		change(&config)
	}
	return &sipPeer{scripted: scripted{t, sw}, sw: sw, config: config, newLink: newLink, link: newLink(config)}
}

// startSwitch starts a switch with three extensions.
func startSwitch(t *testing.T, o SIPOptions) *SIPSwitch {
	t.Helper()
	o.Domain, o.Username, o.Password, o.Expires = "pbx.example.com", "cti", "secret", cmp.Or(o.Expires, 3*time.Second)
	sw, err := NewSIPSwitch(o)
	if err != nil {
		t.Fatal(err)
	}
	addAgents(sw)
	sw.Start()
	t.Cleanup(sw.Close)
	return sw
}

func (p *sipPeer) Link() pbx.Link { return p.link }
func (p *sipPeer) Script() Script { return p }

func (p *sipPeer) Restart(meanwhile func()) {
	p.sw.Restart()
	p.sw.muteMirror(true)
	meanwhile()
	p.sw.muteMirror(false)
}

func (p *sipPeer) RejectedLink() pbx.Link {
	wrong := p.config
	wrong.Password = "wrong"
	return p.newLink(wrong)
}

// Late uses the address of a switch that has just gone away.
func (p *sipPeer) Late() (link pbx.Link, start func() Script) {
	o := SIPOptions{Certificate: p.sw.opts.Certificate, Mirror: p.sw.opts.Mirror, MirrorTransport: p.sw.opts.MirrorTransport}
	gone := startSwitch(p.t, o)
	gone.Close()
	config := p.config
	config.Server = gone.Addr()
	o.Addr, o.TLSAddr = gone.Addr(), gone.TLSAddr()
	if o.Certificate != nil {
		config.Server = o.TLSAddr
	}
	return p.newLink(config), func() Script {
		sw := startSwitch(p.t, o)
		return &sipPeer{scripted: scripted{p.t, sw}, sw: sw, config: config}
	}
}

// Many uses a switch that grants as long as usual: a thousand refreshes in three
// seconds are more than a link may send.
func (p *sipPeer) Many(n int) (pbx.Link, Script, []pbx.DeviceID) {
	o := SIPOptions{
		Certificate: p.sw.opts.Certificate, Expires: 2 * time.Minute,
		Mirror: p.sw.opts.Mirror, MirrorTransport: p.sw.opts.MirrorTransport,
	}
	sw := startSwitch(p.t, o)
	many := &sipPeer{scripted: scripted{p.t, sw}, sw: sw, config: p.config, newLink: p.newLink}
	many.config.Server = many.sw.Addr()
	if o.Certificate != nil {
		many.config.Server = many.sw.TLSAddr()
	}
	devices := make([]pbx.DeviceID, n)
	for i := range devices {
		ext := strconv.Itoa(2001 + i)
		many.sw.AddExtension(ext, "Agent "+ext)
		devices[i] = pbx.DeviceID(ext)
	}
	return p.newLink(many.config), many, devices
}

func (p *sipPeer) Attempts() uint64 { return p.sw.Subscribes() }

func (p *sipPeer) Duplicate(on bool) {
	n := 0
	if on {
		n = -1
	}
	p.sw.Inject(FaultDuplicateNotify, n)
	p.sw.doubleMirror(on)
}

func (p *sipPeer) AnswerDial(d pbx.DeviceID) {
	p.t.Helper()
	p.phoneRings(func() bool { return p.sw.Answer(string(d), "") == nil || p.sw.AcceptReferral(string(d)) == nil })
}

func (p *sipPeer) DeclineDial(d pbx.DeviceID) {
	p.t.Helper()
	p.phoneRings(func() bool { return p.sw.HangUp(string(d), "") == nil || p.sw.DeclineReferral(string(d)) == nil })
}

func (p *sipPeer) FarEndBusy(number string) { p.sw.SetFarEnd(number, FarEnd{Refuses: 486}) }

func (p *sipPeer) Inject(f Fault, n int) { p.sw.Inject(f, n) }
func (p *sipPeer) Lose(n int)            { p.sw.Inject(FaultDropNotify, n) }
func (p *sipPeer) Garble(n int)          { p.sw.Inject(FaultMalformedBody, n) }
func (p *sipPeer) Hasty()                { p.sw.Inject(FaultNotifyFirst, -1) }
func (p *sipPeer) Forget(_ pbx.DeviceID) { p.sw.Inject(FaultGone, 1) }
