package sip_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

const bertasNumber = "+493023125101"

// desks is a link to a toy switch whose telephones speak CSTA.
type desks struct {
	t      *testing.T
	sw     *pbxtest.SIPSwitch
	link   *sip.Link
	events chan pbx.Event
	stop   func()
}

func newDesks(t *testing.T, transport string, change func(*pbx.LinkConfig)) *desks {
	t.Helper()
	sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{PhonesCSTA: true, Domain: "pbx.example.com", Username: "cti", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{"1001", "1002"} {
		sw.AddExtension(ext, "Agent "+ext)
	}
	sw.Start()
	t.Cleanup(sw.Close)
	c := pbx.LinkConfig{
		Name: "desks", Type: "sip", Profile: "generic", Transport: transport, Server: sw.Addr(), Domain: "pbx.example.com",
		Listen: "127.0.0.1:0", Username: "cti", Password: "secret", DialBy: "uacsta", AnswerBy: "uacsta",
	}
	if change != nil {
		change(&c)
	}
	d := &desks{t: t, sw: sw, events: make(chan pbx.Event, 1024)}
	if d.link, err = sip.New(c, sip.Options{Retry: 20 * time.Millisecond, Farewell: time.Second, Timeout: 3 * time.Second}); err != nil {
		t.Fatal(err)
	}
	d.link.Watch([]pbx.DeviceID{"1001", "1002"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.link.Run(ctx, d.events) }()
	over := false
	d.stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run did not end")
		}
	}
	t.Cleanup(d.stop)
	return d
}

// until waits for something that nobody signals.
func (d *desks) until(what string, is func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); {
		if time.Now().After(deadline) {
			d.t.Fatalf("it never came true that %s; status %+v", what, d.link.Status())
		}
		time.Sleep(5 * time.Millisecond) // a state that nobody signals
	}
}

func (d *desks) controlled(ext string) {
	d.t.Helper()
	d.until("telephone "+ext+" is controlled", func() bool { return d.sw.Controlled(ext) })
}

// dial places a call and waits until the telephone does.
func (d *desks) dial(ext string) pbx.ConnectionID {
	d.t.Helper()
	id, err := d.link.MakeCall(d.t.Context(), pbx.DeviceID(ext), bertasNumber)
	if err != nil {
		d.t.Fatal(err)
	}
	d.until("telephone "+ext+" dials", func() bool {
		return slices.ContainsFunc(d.sw.Calls(ext), func(c pbxtest.PhoneCall) bool { return c.State == "calling" })
	})
	return id
}

// event waits for an event of a connection.
func (d *desks) event(id pbx.ConnectionID, kind pbx.EventKind) pbx.Event {
	d.t.Helper()
	for timeout := time.After(10 * time.Second); ; {
		select {
		case e := <-d.events:
			if e.Connection == id && e.Kind == kind {
				return e
			}
		case <-timeout:
			d.t.Fatalf("no event of kind %d", kind)
		}
	}
}

// TestDesksLifecycle: every watched telephone has one association; it ends when
// the device is no longer watched, and with the link.
func TestDesksLifecycle(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			d := newDesks(t, transport, nil)
			d.controlled("1001")
			d.controlled("1002")
			d.link.Watch([]pbx.DeviceID{"1002"})
			d.until("an unwatched telephone is left", func() bool { return !d.sw.Controlled("1001") })
			d.link.Watch([]pbx.DeviceID{"1001", "1002"})
			d.controlled("1001")
			if _, n := d.sw.Asked("1002"); n != 1 {
				t.Errorf("telephone 1002 was asked for %d associations", n)
			}
			d.stop()
			if d.sw.Controlled("1001") || d.sw.Controlled("1002") {
				t.Error("a telephone was not left")
			}
		})
	}
}

// TestDesksOutliveConnections: the telephones, which take one program at a time,
// are gone on with when the connection to the switch is lost.
func TestDesksOutliveConnections(t *testing.T) {
	t.Parallel()
	d := newDesks(t, "tcp", nil)
	d.controlled("1001")
	d.controlled("1002")
	for range 2 {
		d.sw.Restart()
		d.event(pbx.ConnectionID{}, pbx.EventLinkDown)
		d.event(pbx.ConnectionID{Device: "1001"}, pbx.EventSnapshot)
		d.until("the link is back", func() bool { return d.link.Status().State == pbx.LinkConnected })
		id := d.dial("1001")
		if err := d.sw.FarEndAnswers(bertasNumber); err != nil {
			t.Fatal(err)
		}
		d.event(id, pbx.EventEstablished)
		if err := d.sw.HangUp("1001", ""); err != nil {
			t.Fatal(err)
		}
		d.event(id, pbx.EventConnectionCleared)
	}
	if _, n := d.sw.Asked("1001"); n != 1 {
		t.Errorf("the telephone was asked for %d associations", n)
	}
}

// TestTwoDesks: calls at two telephones do not touch each other, and a telephone
// that was restarted dials at the first click.
func TestTwoDesks(t *testing.T) {
	t.Parallel()
	d := newDesks(t, "udp", nil)
	d.controlled("1001")
	d.controlled("1002")
	one := d.dial("1001")
	if err := d.sw.RestartPhone("1002"); err != nil {
		t.Fatal(err)
	}
	two := d.dial("1002")
	d.until("the second call can be ended", func() bool { return d.link.Services(two)&pbx.ServiceClear != 0 })
	if err := d.link.ClearConnection(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	d.event(two, pbx.EventConnectionCleared)
	if calls := d.sw.Calls("1001"); len(calls) != 1 {
		t.Errorf("telephone 1001 shows %v", calls)
	}
	if err := d.sw.HangUp("1001", ""); err != nil {
		t.Fatal(err)
	}
	d.event(one, pbx.EventConnectionCleared)
}

// TestDeskRefuses: why a telephone is not controlled stands in Status, with the
// cure, for that telephone alone; what it cannot do is not offered again.
func TestDeskRefuses(t *testing.T) {
	t.Parallel()
	d := newDesks(t, "udp", nil)
	d.controlled("1001")
	d.controlled("1002")
	for status, want := range map[int]string{486: "another program", 403: "does not let this bridge", 501: "says 501"} {
		if err := errors.Join(d.sw.RefuseControl("1001", status), d.sw.RestartPhone("1001")); err != nil {
			t.Fatal(err)
		}
		id, err := d.link.MakeCall(t.Context(), "1001", bertasNumber) // at which the restart is noticed
		if err != nil {
			t.Fatal(err)
		}
		if e := d.event(id, pbx.EventFailed); !strings.Contains(e.Detail, want) {
			t.Errorf("%d: the agent reads %q", status, e.Detail)
		}
		st := d.link.Status()
		if len(st.Uncontrolled) != 1 || st.Uncontrolled[0].Device != "1001" || !strings.Contains(st.Uncontrolled[0].Problem, want) || st.Uncontrolled[0].Cure == "" {
			t.Errorf("%d: %+v", status, st.Uncontrolled)
		}
		if st.State != pbx.LinkDegraded || st.Active != 2 || len(st.Refused) != 0 {
			t.Errorf("%d: the link is %s, %d active, refused %v", status, st.State, st.Active, st.Refused)
		}
	}
	if err := d.sw.RefuseControl("1001", 0); err != nil {
		t.Fatal(err)
	}
	d.dial("1001") // does not wait for the end of the pause
	d.until("the status is clean", func() bool { return len(d.link.Status().Uncontrolled) == 0 })
	if err := d.sw.HangUp("1001", ""); err != nil {
		t.Fatal(err)
	}

	if err := d.sw.RefuseService("1002", "HoldCall", "requestIncompatibleWithObject"); err != nil {
		t.Fatal(err)
	}
	h := d.sw.Ring("1002", pbxtest.Caller{Number: bertasNumber})
	if err := d.sw.Answer("1002", h); err != nil {
		t.Fatal(err)
	}
	var id pbx.ConnectionID
	for id.Call == "" {
		if e := <-d.events; e.Kind == pbx.EventEstablished && e.Connection.Device == "1002" {
			id = e.Connection
		}
	}
	d.until("hold is offered", func() bool { return d.link.Services(id)&pbx.ServiceHold != 0 })
	if err := d.link.HoldCall(t.Context(), id); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("HoldCall: %v", err)
	}
	if s := d.link.Services(id); s != pbx.ServiceClear {
		t.Errorf("services %b after a hold that the telephone does not know", s)
	}
}

// TestDesksDirectly: a switch that keeps CSTA to itself is never sent any; a
// telephone whose address is known is asked there.
func TestDesksDirectly(t *testing.T) {
	t.Parallel()
	other, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{PhonesCSTA: true})
	if err != nil {
		t.Fatal(err)
	}
	other.AddExtension("1001", "the telephone itself")
	other.Start()
	t.Cleanup(other.Close)
	d := newDesks(t, "udp", func(c *pbx.LinkConfig) {
		c.Profile = "freeswitch"
		c.UACSTA.Phones = []pbx.UACSTAPhone{{Device: "1001", Address: other.Addr()}}
	})
	d.until("the telephone is controlled at its own address", func() bool { return other.Controlled("1001") })
	if _, err := d.link.MakeCall(t.Context(), "1001", bertasNumber); err != nil {
		t.Fatal(err)
	}
	d.until("it dials", func() bool { return len(other.Calls("1001")) == 1 })
	d.until("the other telephone is named", func() bool {
		st := d.link.Status()
		return len(st.Uncontrolled) == 1 && st.Uncontrolled[0].Device == "1002" && strings.Contains(st.Uncontrolled[0].Cure, "own address")
	})
	for _, ext := range []string{"1001", "1002"} {
		if _, n := d.sw.Asked(ext); n != 0 {
			t.Errorf("CSTA was sent to %s through the switch", ext)
		}
	}
}
