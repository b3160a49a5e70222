package uacsta

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

func delivered(call, device string) *ecma323.DeliveredEvent {
	id := ecma323.ConnectionID{CallID: call, DeviceID: ecma323.ID(device)}
	e := &ecma323.DeliveredEvent{Connection: id, AlertingDevice: ecma323.Extended(device)}
	e.LocalConnectionInfo = ecma323.LocalAlerting
	return e
}

// TestDialAnswerClear: the whole of an association, as ECMA TR/87 has it on the
// wire.
func TestDialAnswerClear(t *testing.T) {
	for _, tt := range []struct {
		name           string
		sip            bool
		device, called string
	}{
		{"bare", false, "<callingDevice>201</callingDevice>", "<calledDirectoryNumber>03023125100</calledDirectoryNumber>"},
		{"sip", true, "<callingDevice>sip:201@192.0.2.1</callingDevice>", "<calledDirectoryNumber>sip:03023125100@192.0.2.1</calledDirectoryNumber>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, takes)
			r := start(t, d, func(c *Config) { c.SIPDeviceIDs = tt.sip }, 0)
			receive(t, r.ready)
			invite := d.sent("INVITE RequestSystemStatus")
			for _, want := range []string{"Content-Type: application/csta+xml\r\n", "Content-Disposition: signal;handling=required\r\n", "Supported: timer\r\n", "Session-Expires: 1800\r\n", "/csta/ed3"} {
				if !strings.Contains(invite, want) {
					t.Errorf("the INVITE lacks %q:\n%s", want, invite)
				}
			}
			id, err := r.MakeCall(t.Context(), "03023125100")
			if err != nil || id.CallID != "7" {
				t.Fatalf("MakeCall: %v, %v", id, err)
			}
			info := d.sent("INFO MakeCall")
			for _, want := range []string{tt.device, tt.called, "doNotPrompt", ";tag=desk", "Content-Disposition: signal;handling=required\r\n"} {
				if !strings.Contains(info, want) {
					t.Errorf("the INFO lacks %q:\n%s", want, info)
				}
			}
			if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); !errors.Is(err, errNoneRings) {
				t.Errorf("AnswerCall without a call: %v", err)
			}
			d.event(delivered("8", "201"))
			if m := receive(t, r.events); m.Name() != "DeliveredEvent" {
				t.Errorf("event %s", m.Name())
			}
			if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); err != nil {
				t.Errorf("AnswerCall: %v", err)
			}
			if text := d.sent("INFO AnswerCall"); !strings.Contains(text, "<callID>8</callID>") {
				t.Errorf("answered another call:\n%s", text)
			}
			if err := r.ClearConnection(t.Context(), id); err != nil {
				t.Errorf("ClearConnection: %v", err)
			}
			if text := d.sent("INFO ClearConnection"); !strings.Contains(text, "<callID>7</callID>") {
				t.Errorf("cleared another call:\n%s", text)
			}
			r.stop(nil)
			if err := receive(t, r.ended); err != nil {
				t.Errorf("Run: %v", err)
			}
			d.await("BYE")
			if _, err := r.MakeCall(t.Context(), "03023125100"); !errors.Is(err, pbx.ErrLinkDown) {
				t.Errorf("MakeCall after the end: %v", err)
			}
		})
	}
}

// TestRefused: why a telephone cannot be controlled, in plain words with the
// cure.
func TestRefused(t *testing.T) {
	status := func(code int) answer { return answer{code: code} }
	for _, tt := range []struct {
		name string
		a    answer
		want string
		is   error
		bye  bool
	}{
		{"405", status(405), "switch uaCSTA on", pbx.ErrNotSupported, false},
		{"415", status(415), "switch uaCSTA on", pbx.ErrNotSupported, false},
		{"488", status(488), "switch uaCSTA on", pbx.ErrNotSupported, false},
		{"501", status(501), "switch uaCSTA on", pbx.ErrNotSupported, false},
		{"401", status(401), "enter user name and password", nil, false},
		{"403", status(403), "add the bridge's address", nil, false},
		{"404", status(404), "check the extension", pbx.ErrUnknownDevice, false},
		{"480", status(480), "is on, registered", nil, false},
		{"486", status(486), "end that program's session", nil, false},
		{"503", status(503), "restart the telephone", nil, false},
		{"499", status(499), "refuses with 499", nil, false},
		{"silence", status(0), "does not react; check", nil, false},
		{"rings for ever", status(180), "ordinary call; switch uaCSTA on", pbx.ErrNotSupported, false},
		{"an ordinary call", answer{code: 200, raw: "v=0\r\n", fields: []string{"Content-Type: application/sdp"}}, "ordinary call; switch uaCSTA on", pbx.ErrNotSupported, true},
		{"garbage", answer{code: 200, raw: "hello", fields: []string{"Content-Type: text/plain"}}, "is no CSTA; check", nil, true},
		{"disabled", answer{code: 200, body: &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusDisabled}}, "switched off; switch", nil, true},
		{"CSTAErrorCode", answer{code: 200, body: &ecma323.CSTAErrorCode{Category: "security", Value: "generic"}}, "; ", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, but("INVITE", "RequestSystemStatus", tt.a))
			r := start(t, d, func(c *Config) { c.Patience = 300 * time.Millisecond }, 0)
			err := receive(t, r.ended)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "uacsta: ") {
				t.Fatalf("Run: %v", err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) || tt.is == nil && errors.Is(err, pbx.ErrNotSupported) {
				t.Errorf("Run: %v is of another kind", err)
			}
			switch {
			case tt.bye:
				d.await("ACK")
				d.await("BYE")
			case tt.a.code >= 300:
				d.await("ACK")
			case tt.a.code == 180:
				d.await("CANCEL")
			}
		})
	}
}

// TestServiceRefused: what a telephone says to a service, and that its session
// outlives that or not.
func TestServiceRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    answer
		want string
		is   error
		ends bool
	}{
		{"CSTAErrorCode", answer{code: 200, body: &ecma323.CSTAErrorCode{Category: "operation", Value: "invalidCalledDevice"}}, "check the number", pbx.ErrUnknownDevice, false},
		{"cannot dial", answer{code: 200, body: &ecma323.CSTAErrorCode{Category: "operation", Value: "requestIncompatibleWithCallingDevice"}}, "; ", pbx.ErrNotSupported, false},
		{"501", answer{code: 501}, "choose another way", pbx.ErrNotSupported, false},
		{"403", answer{code: 403}, "add the bridge's address", nil, false},
		{"garbage", answer{code: 200, raw: "<x", fields: []string{"Content-Type: " + contentType}}, "update its firmware", nil, false},
		{"481", answer{code: 481}, "restart", nil, true},
		{"silence", answer{}, "does not react", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, but("INFO", "MakeCall", tt.a))
			r := start(t, d, func(c *Config) { c.Patience = 300 * time.Millisecond }, 0)
			receive(t, r.ready)
			_, err := r.MakeCall(t.Context(), "03023125100")
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("MakeCall: %v", err)
			}
			if tt.ends {
				if err := receive(t, r.ended); err == nil {
					t.Error("Run ended without saying why")
				}
				return
			}
			d.event(delivered("9", "201"))
			if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); err != nil {
				t.Errorf("AnswerCall afterwards: %v", err)
			}
		})
	}
}

// TestWithoutMonitor: a telephone without events still dials, and answers once
// it says by itself that it rings.
func TestWithoutMonitor(t *testing.T) {
	d := newDesk(t, but("INFO", "MonitorStart", answer{code: 501}))
	r := start(t, d, nil, 0)
	receive(t, r.ready)
	if _, err := r.MakeCall(t.Context(), "03023125100"); err != nil {
		t.Error(err)
	}
	if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); !errors.Is(err, pbx.ErrNotSupported) {
		t.Errorf("AnswerCall: %v", err)
	}
	d.event(delivered("8", "201"))
	d.event(delivered("9", "201"))
	if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); !errors.Is(err, errSeveral) {
		t.Errorf("AnswerCall of two: %v", err)
	}
	d.event(&ecma323.CallClearedEvent{ClearedCall: ecma323.ConnectionID{CallID: "9"}})
	if err := r.AnswerCall(t.Context(), ecma323.ConnectionID{}); err != nil {
		t.Errorf("AnswerCall: %v", err)
	}
}

// TestPhoneSays: each request of the telephone and its answer.
func TestPhoneSays(t *testing.T) {
	d := newDesk(t, takes)
	r := start(t, d, nil, 0)
	receive(t, r.ready)
	event := string(ecma323.AppendMessage(nil, delivered("8", "201"), ecma323.Edition3))
	for _, tt := range []struct {
		name, method, kind, body string
		cseq                     int
		want                     string
	}{
		{"event", "INFO", contentType, event, 200, "200 "},
		{"repeated", "INFO", contentType, event, 200, "200 "},
		{"overtaken", "INFO", contentType, event, 150, "500 "},
		{"empty", "INFO", contentType, "", 201, "200 "},
		{"not XML", "INFO", contentType, "hello", 202, "400 "},
		{"another kind", "INFO", "application/dtmf-relay", "Signal=5", 203, "415 "},
		{"status", "INFO", contentType, "<RequestSystemStatus/>", 204, "RequestSystemStatusResponse"},
		{"request", "INFO", contentType, "<SetDisplay/>", 205, "CSTAErrorCode"},
		{"refresh", "INVITE", contentType, "<RequestSystemStatus/>", 206, "RequestSystemStatusResponse"},
		{"update", "UPDATE", contentType, "", 207, "200 "},
		{"options", "OPTIONS", contentType, "", 208, "200 "},
		{"unknown", "PUBLISH", contentType, "", 209, "405 "},
	} {
		if got := d.say(tt.method, tt.kind, tt.body, tt.cseq); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	if n := len(r.events); n != 1 {
		t.Errorf("%d events instead of 1", n)
	}
	if calls, _ := r.Calls(); len(calls) != 1 || calls[0].State != pbx.StateAlerting {
		t.Errorf("calls %v", calls)
	}
	d.mu.Lock()
	tag := d.tag
	d.tag = "another"
	d.mu.Unlock()
	if got := d.say("BYE", contentType, "", 300); !strings.HasPrefix(got, "481 ") {
		t.Errorf("a BYE of another dialog: %s", got)
	}
	d.mu.Lock()
	d.tag = tag
	d.mu.Unlock()
	if got := d.say("BYE", contentType, "", 301); !strings.HasPrefix(got, "200 ") {
		t.Errorf("BYE: %s", got)
	}
	if err := receive(t, r.ended); !errors.Is(err, errEnded) {
		t.Errorf("Run: %v", err)
	}
}

// TestRefresh: the session is renewed where it is ours to do so, given up where
// it was the telephone's, and begun for longer where that asks for it.
func TestRefresh(t *testing.T) {
	grant := func(fields ...string) func(string, string) answer {
		a := takes("INVITE", "RequestSystemStatus")
		a.fields = fields
		return but("INVITE", "RequestSystemStatus", a)
	}
	t.Run("ours", func(t *testing.T) {
		d := newDesk(t, grant("Session-Expires: 1;refresher=uac"))
		r := start(t, d, nil, time.Millisecond)
		receive(t, r.ready)
		d.await("INFO MonitorStart")
		d.await("INVITE RequestSystemStatus")
		if text := d.sent("INVITE RequestSystemStatus"); !strings.Contains(text, ";tag=desk") {
			t.Errorf("not within the dialog:\n%s", text)
		}
		d.await("ACK")
	})
	t.Run("theirs", func(t *testing.T) {
		d := newDesk(t, grant("Session-Expires: 1;refresher=uas"))
		r := start(t, d, nil, time.Millisecond)
		if err := receive(t, r.ended); !errors.Is(err, errExpired) {
			t.Errorf("Run: %v", err)
		}
		d.await("BYE")
	})
	t.Run("longer", func(t *testing.T) {
		asked := 0
		d := newDesk(t, func(method, csta string) answer {
			if method == "INVITE" {
				if asked++; asked == 1 {
					return answer{code: 422, fields: []string{"Min-SE: 3600"}}
				}
			}
			return takes(method, csta)
		})
		r := start(t, d, nil, 0)
		receive(t, r.ready)
		if text := d.sent("INVITE RequestSystemStatus"); !strings.Contains(text, "Session-Expires: 3600\r\n") {
			t.Errorf("not for longer:\n%s", text)
		}
	})
	t.Run("password", func(t *testing.T) {
		asked := 0
		d := newDesk(t, func(method, csta string) answer {
			if method == "INVITE" {
				if asked++; asked == 1 {
					return answer{code: 401, fields: []string{`WWW-Authenticate: Digest realm="desk", nonce="1", algorithm=MD5`}}
				}
			}
			return takes(method, csta)
		})
		r := start(t, d, func(c *Config) { c.Username, c.Password = "cti", "geheim" }, 0)
		receive(t, r.ready)
		if text := d.sent("INVITE RequestSystemStatus"); !strings.Contains(text, `Authorization: Digest username="cti"`) {
			t.Errorf("without credentials:\n%s", text)
		}
	})
}

// TestLost: an INVITE, an INFO and an ACK that are lost are sent again, and a
// second telephone that a proxy let take the session is sent away.
func TestLost(t *testing.T) {
	lost := map[string]bool{"INVITE RequestSystemStatus": true, "INFO MakeCall": true}
	d := newDesk(t, func(method, csta string) answer {
		if what := method + " " + csta; lost[what] {
			delete(lost, what)
			return answer{}
		}
		return takes(method, csta)
	})
	r := start(t, d, nil, 0)
	receive(t, r.ready)
	d.await("ACK")
	if _, err := r.MakeCall(t.Context(), "03023125100"); err != nil {
		t.Errorf("MakeCall: %v", err)
	}
	d.repeat("desk")
	d.await("ACK")
	if text := d.sent("ACK"); !strings.Contains(text, ";tag=desk") {
		t.Errorf("ACK of another dialog:\n%s", text)
	}
	d.repeat("second")
	d.await("ACK")
	d.await("BYE")
	if text := d.sent("BYE"); !strings.Contains(text, ";tag=second") {
		t.Errorf("the wrong telephone was sent away:\n%s", text)
	}
	if _, err := r.MakeCall(t.Context(), "03023125100"); err != nil {
		t.Errorf("MakeCall afterwards: %v", err)
	}
}

// TestGoesOn: an association that was suspended, or whose sockets broke, is gone
// on with by the next Run, in the same dialog; one that the telephone has
// forgotten meanwhile is begun anew.
func TestGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name      string
		forgotten bool
	}{{"remembered", false}, {"forgotten", true}} {
		t.Run(tt.name, func(t *testing.T) {
			renewals := 0
			d := newDesk(t, func(method, csta string) answer {
				if method == "INVITE" {
					if renewals++; renewals == 2 && tt.forgotten {
						return answer{code: 481}
					}
				}
				return takes(method, csta)
			})
			r := start(t, d, nil, 0)
			receive(t, r.ready)
			d.event(delivered("8", "201"))
			first := d.callIs()
			r.stop(ErrSuspended)
			if err := receive(t, r.ended); err != nil {
				t.Fatalf("Run: %v", err)
			}
			if calls, told := r.Calls(); told || calls != nil {
				t.Errorf("calls without an association: %v", calls)
			}
			ctx, stop := context.WithCancel(t.Context())
			carrier := carry(t, d.addr())
			go func() { r.ended <- r.Run(ctx, carrier) }()
			receive(t, r.ready)
			if calls, _ := r.Calls(); len(calls) != 0 {
				t.Errorf("calls of before: %v", calls)
			}
			if same := d.callIs() == first; same == tt.forgotten {
				t.Errorf("the dialog is the same: %v", same)
			}
			if d.sent("BYE") != "" {
				t.Error("it was left in between")
			}
			if _, err := r.MakeCall(t.Context(), "03023125100"); err != nil {
				t.Errorf("MakeCall: %v", err)
			}
			stop()
			if err := receive(t, r.ended); err != nil {
				t.Errorf("Run: %v", err)
			}
			d.await("BYE")
		})
	}
}

// TestHold: what is asked of a connection names it, and one without a name is
// asked for nothing.
func TestHold(t *testing.T) {
	d := newDesk(t, takes)
	r := start(t, d, nil, 0)
	receive(t, r.ready)
	id := ecma323.Connection("7", "201")
	for what, do := range map[string]func(context.Context, ecma323.ConnectionID) error{"HoldCall": r.HoldCall, "RetrieveCall": r.RetrieveCall} {
		if err := do(t.Context(), id); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if text := d.sent("INFO " + what); !strings.Contains(text, "<callID>7</callID>") {
			t.Errorf("%s of another call:\n%s", what, text)
		}
		if err := do(t.Context(), ecma323.ConnectionID{}); !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("%s of no call: %v", what, err)
		}
	}
}

// TestMoves: a telephone whose Contact changes with its refresh is asked there
// from then on.
func TestMoves(t *testing.T) {
	d := newDesk(t, takes)
	r := start(t, d, nil, 0)
	receive(t, r.ready)
	if got := d.say("UPDATE", contentType+"\r\nContact: <sip:201@moved.example.com:5062>", "", 0); !strings.HasPrefix(got, "200 ") {
		t.Fatal(got)
	}
	if _, err := r.MakeCall(t.Context(), "03023125100"); err != nil {
		t.Fatal(err)
	}
	if text := d.sent("INFO MakeCall"); !strings.HasPrefix(text, "INFO sip:201@moved.example.com:5062 ") {
		t.Errorf("asked elsewhere:\n%s", text)
	}
}

func TestTimer(t *testing.T) {
	for _, tt := range []struct {
		value string
		pause time.Duration
		ours  bool
	}{
		{"", 15 * time.Minute, true},
		{"nonsense", 15 * time.Minute, true},
		{"600", 5 * time.Minute, true},
		{"600;refresher=uac", 5 * time.Minute, true},
		{"600 ; Refresher = UAS", 600*time.Second - 32*time.Second, false},
		{"90;refresher=uas", time.Minute, false},
		{"0", 15 * time.Minute, true},
		{"1;refresher=uac", 45 * time.Second, true},
		{"4294967296", 15 * time.Minute, true},
	} {
		pause, ours := timerOf(tt.value, 30*time.Minute).pause(minExpires / 2)
		if pause != tt.pause || ours != tt.ours {
			t.Errorf("%q: %v, %v", tt.value, pause, ours)
		}
	}
}

// TestCalls: what events make of the telephone's calls.
func TestCalls(t *testing.T) {
	far := delivered("1", "03023125100") // our call rings there
	far.LocalConnectionInfo = ""
	farBusy := delivered("1", "03023125100")
	farBusy.LocalConnectionInfo = ecma323.LocalConnected
	gone := func(device string) *ecma323.ConnectionClearedEvent {
		return &ecma323.ConnectionClearedEvent{DroppedConnection: ecma323.ConnectionID{CallID: "1", DeviceID: ecma323.ID(device)}, ReleasingDevice: ecma323.Extended(device)}
	}
	for _, tt := range []struct {
		name   string
		events []ecma323.CallEvent
		want   []pbx.ConnectionState
	}{
		{"rings", []ecma323.CallEvent{delivered("1", "201")}, []pbx.ConnectionState{pbx.StateAlerting}},
		{"rings elsewhere", []ecma323.CallEvent{far}, nil},
		{"dialled", []ecma323.CallEvent{farBusy}, []pbx.ConnectionState{pbx.StateConnected}},
		{"cleared", []ecma323.CallEvent{delivered("1", "201"), gone("201")}, nil},
		{"far end cleared", []ecma323.CallEvent{delivered("1", "201"), gone("03023125100")}, []pbx.ConnectionState{pbx.StateAlerting}},
		{"two", []ecma323.CallEvent{delivered("1", "201"), delivered("2", "201")}, []pbx.ConnectionState{pbx.StateAlerting, pbx.StateAlerting}},
		{"without an id", []ecma323.CallEvent{delivered("", "201")}, nil},
	} {
		var calls []Call
		for _, e := range tt.events {
			calls = apply(calls, e, ecma323.ID("201"))
		}
		var got []pbx.ConnectionState
		for _, c := range calls {
			got = append(got, c.State)
			if c.ID.DeviceID.Text != "201" {
				t.Errorf("%s: connection of %q", tt.name, c.ID.DeviceID.Text)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []Config{
		{},
		{Phone: "201"},
		{Phone: "@192.0.2.1"},
		{Phone: "201@192.0.2.1\r\nX: y"},
		{Phone: "2 1@192.0.2.1"},
		{Phone: "201@192.0.2.1", Username: "a\r\nb"},
		{Phone: strings.Repeat("1", 65) + "@192.0.2.1"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%q %q was taken", c.Phone, c.Username)
		}
	}
	p, err := New(Config{Phone: "sip:201@192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.MakeCall(t.Context(), "1\r\n2"); !errors.Is(err, errNumber) {
		t.Errorf("MakeCall: %v", err)
	}
	if _, err := p.MakeCall(t.Context(), "12"); !errors.Is(err, pbx.ErrLinkDown) {
		t.Errorf("MakeCall before Run: %v", err)
	}
}
