//go:build peers

package sip

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/beside"
	hepmirror "github.com/ctibridge/ctibridge/pbx/sip/mirror"
)

// siptrace lets Kamailio mirror all its messages.
func siptrace(to string) string {
	return `
loadmodule "siptrace.so"
modparam("siptrace", "duplicate_uri", "sip:` + to + `")
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "hep_version", 3)
modparam("siptrace", "hep_capture_id", 9)
modparam("siptrace", "auth_key", "open sesame")
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "trace_on", 1)
modparam("siptrace", "trace_mode", 1)
`
}

// kamailioMirror runs Kamailio with a mirror, beside a SIP link or alone.
func kamailioMirror(t *testing.T, withDialogs bool) (*phone, chan pbx.Event, *hepmirror.Link) {
	t.Helper()
	p := newPhone(t)
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := free.LocalAddr().String()
	_ = free.Close()
	addr := startKamailio(t, p.addr(), siptrace(listen)).addr
	p.via, _ = net.ResolveUDPAddr("udp", addr)
	ear, err := hepmirror.New(pbx.LinkConfig{
		Name: "ear", Type: "hep", Listen: listen, Server: addr, Domain: "pbx.example.com", Sources: []string{"127.0.0.1"},
		Password: "open sesame",
	}, hepmirror.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var link pbx.Link = ear
	if withDialogs {
		dialogs, err := New(pbx.LinkConfig{Name: "kamailio", Server: addr, Domain: "pbx.example.com", Username: "cti"}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		link = beside.New(dialogs, ear)
	}
	link.Watch([]pbx.DeviceID{"1001"})
	events := make(chan pbx.Event, 1024)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- link.Run(ctx, events) }()
	t.Cleanup(func() { cancel(); <-done })
	heard(t, events, "1001 Snapshot")
	return p, events, ear
}

// heard waits for the next event.
func heard(t *testing.T, events <-chan pbx.Event, want string) {
	t.Helper()
	select {
	case e := <-events:
		if got := eventText(&e); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no %q", want)
	}
}

// TestKamailioMirror: a call comes in and one goes out, heard by the mirror alone
// and with dialog events beside it: each event comes once.
func TestKamailioMirror(t *testing.T) {
	for name, withDialogs := range map[string]bool{"alone": false, "beside": true} {
		t.Run(name, func(t *testing.T) {
			p, events, ear := kamailioMirror(t, withDialogs)
			in := "in-" + name
			p.send(p.request("INVITE", "sip:1001@pbx.example.com", trunkFrom, agentTo, in, 1, ""))
			invite := p.next("INVITE")
			p.answer(invite, 180, "Ringing")
			heard(t, events, "1001 Delivered "+in+" in +493023125006")
			p.answer(invite, 200, "OK")
			ok := p.final(in, "INVITE")
			to, route := agentTo+";tag=phone", routes(ok.GetHeaders("Record-Route"), true)
			heard(t, events, "1001 Established "+in+" in +493023125006")
			p.send(p.request("ACK", ok.Contact().Address.String(), trunkFrom, to, in, 1, route))
			p.send(p.request("BYE", ok.Contact().Address.String(), trunkFrom, to, in, 2, route))
			p.answer(p.next("BYE"), 200, "OK")
			heard(t, events, "1001 Cleared "+in+" in +493023125006")

			out, from, far := "out-"+name, "<sip:1001@pbx.example.com>;tag=agent", "<sip:03023125007@pbx.example.com>"
			p.send(p.request("INVITE", "sip:03023125007@pbx.example.com", from, far, out, 1, ""))
			invite = p.next("INVITE")
			p.answer(invite, 180, "Ringing")
			heard(t, events, "1001 Originated "+out+" out 03023125007")
			p.answer(invite, 486, "Busy Here")
			p.final(out, "INVITE")
			heard(t, events, "1001 Failed "+out+" out 03023125007 cause=1")
			select {
			case e := <-events:
				t.Errorf("and then %s", eventText(&e))
			case <-time.After(2 * time.Second): // nothing may come
			}
			st := ear.Status()
			sum := st.Effective
			for _, d := range st.Drops {
				sum += d.Count
			}
			if st.State != pbx.LinkConnected || sum != st.Messages || st.Effective == 0 {
				t.Errorf("status %+v", st)
			}
			t.Logf("%d packets: %+v", st.Messages, st.Drops)
		})
	}
}
