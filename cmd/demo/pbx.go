package main

import (
	"log/slog"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

// toyPBX is a simulated switch, whatever the bridge speaks to it.
type toyPBX interface {
	AddExtension(ext, name string)
	Start()
	Close()
	Ring(ext string, from pbxtest.Caller) pbxtest.CallHandle
	Answer(ext string, h pbxtest.CallHandle) error
	HangUp(ext string, h pbxtest.CallHandle) error
	ConsultTransfer(colleague, to string, outside pbxtest.Caller, wait time.Duration) pbxtest.CallHandle
	Calls(ext string) []pbxtest.PhoneCall
	Changed() <-chan struct{}
}

// The kinds of toy PBX.
const (
	kindSIP  = "sip"
	kindCSTA = "csta"
)

func (w *world) startPBX(kind, addr, listen string, log *slog.Logger) (err error) {
	log = log.With("link", "toy PBX")
	w.link = pbx.LinkConfig{
		Name: "toy", Type: kind, Server: addr, Username: pbxUser, Password: pbxPassword,
		DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "30"},
	}
	if kind == kindCSTA {
		err = w.startCSTA(addr, log)
	} else {
		err = w.startSIP(addr, listen, log)
	}
	if err != nil {
		return err
	}
	w.pbx.AddExtension(agentExt, agentName)
	w.pbx.AddExtension(mateExt, mateName)
	w.pbx.Start()
	return nil
}

func (w *world) startSIP(addr, listen string, log *slog.Logger) error {
	sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{
		Addr: addr, Username: pbxUser, Password: pbxPassword, FarEndDelay: farEndDelay, Logger: log,
	})
	if err != nil {
		return err
	}
	w.pbx = sw
	w.link.Profile, w.link.Transport, w.link.Listen = "freeswitch", "udp", listen
	return nil
}

// startCSTA lets the telephone ring for a call to dial, as over SIP.
func (w *world) startCSTA(addr string, log *slog.Logger) error {
	sw, err := pbxtest.NewCSTASwitch(pbxtest.CSTAOptions{
		Addr: addr, Username: pbxUser, Password: pbxPassword, FarEndDelay: farEndDelay, Logger: log,
	})
	if err != nil {
		return err
	}
	w.pbx = sw
	w.link.Transport, w.link.CSTA = "tcp", pbx.CSTA{Dialect: "session", Prompt: true}
	return nil
}
