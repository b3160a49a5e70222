package mirror

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// script plays hand-made messages to a follower whose switch is 192.0.2.10.
type script struct {
	t   testing.TB
	f   *follower
	now time.Time
	got lines
}

func play(t testing.TB, devices ...pbx.DeviceID) *script {
	f := newFollower(&pbx.LinkConfig{Name: "mirror", Username: "cti"}, []string{"192.0.2.10"})
	f.watch(devices)
	return &script{t: t, f: f, now: time.Unix(1795294000, 0)}
}

func (s *script) hears(sip ...string) {
	s.t.Helper()
	for _, text := range sip {
		var m message.Message
		if err := m.Parse([]byte(text)); err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(10 * time.Millisecond)
		s.f.apply(&m, s.now)
		s.got.add(s.f.out...)
	}
}

func (s *script) waits(d time.Duration) {
	s.now = s.now.Add(d)
	s.f.sweep(s.now)
	s.got.add(s.f.out...)
}

func (s *script) want(want ...string) {
	s.t.Helper()
	if !slices.Equal(s.got.out, want) {
		s.t.Errorf("events:\n\t%s\nwant:\n\t%s", strings.Join(s.got.out, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// rings is the INVITE to a telephone and its 180.
func rings(device, host, callID string, from string, more ...string) []string {
	to := "<sip:" + device + "@" + host + ">"
	return []string{
		request("INVITE", device, host, switchHost, callID, callID+"i", from, to, more...),
		response("180 Ringing", switchHost, callID, callID+"i", from, to+";tag="+device),
	}
}

func answers(device, host, callID, from string, more ...string) string {
	return response("200 OK", switchHost, callID, callID+"i", from, "<sip:"+device+"@"+host+">;tag="+device, more...)
}

// dials is an INVITE of a telephone and the switch's 180.
func dials(device, host, callID, number string) []string {
	from, to := self(device), "<sip:"+number+"@192.0.2.10>"
	return []string{
		request("INVITE", number, switchHost, host, callID, callID+"o", from, to),
		response("180 Ringing", host, callID, callID+"o", from, to+";tag=s"),
	}
}

func dialOK(device, host, callID, number string, more ...string) string {
	return response("200 OK", host, callID, callID+"o", self(device), "<sip:"+number+"@192.0.2.10>;tag=s", more...)
}

func self(device string) string {
	return "<sip:" + device + "@192.0.2.10>;tag=" + device
}

// bye by the switch, or by the telephone.
func byeSwitch(callID, device string) string {
	return request("BYE", device, phone103, switchHost, callID, callID+"b", "<sip:x@192.0.2.10>;tag=s", self(device))
}

func (s *script) hearsAll(list ...[]string) {
	for _, one := range list {
		s.hears(one...)
	}
}

func TestInbound(t *testing.T) {
	elsewhere := `Reason: SIP;cause=200;text="Call completed elsewhere"`
	for name, tt := range map[string]struct {
		messages []string
		want     []string
	}{
		"answered elsewhere": {
			[]string{request("CANCEL", "103", phone103, switchHost, "c", "ci", maria, to103, elsewhere)},
			[]string{"103 Cleared #1 in from +493023125006 Maria Beispiel answeredElsewhere"},
		},
		"caller gives up": {
			[]string{
				request("CANCEL", "103", phone103, switchHost, "c", "ci", maria, to103),
				response("487 Request Terminated", switchHost, "c", "ci", maria, tag103),
			},
			[]string{"103 Cleared #1 in from +493023125006 Maria Beispiel cancelled"},
		},
		"CANCEL lost":  {[]string{response("487 Request Terminated", switchHost, "c", "ci", maria, tag103)}, []string{"103 Cleared #1 in from +493023125006 Maria Beispiel cancelled"}},
		"busy":         {[]string{response("486 Busy Here", switchHost, "c", "ci", maria, tag103)}, []string{"103 Cleared #1 in from +493023125006 Maria Beispiel busy"}},
		"declined":     {[]string{response("603 Decline", switchHost, "c", "ci", maria, tag103)}, []string{"103 Cleared #1 in from +493023125006 Maria Beispiel rejected"}},
		"deflected":    {[]string{response("302 Moved Temporarily", switchHost, "c", "ci", maria, tag103)}, []string{"103 Diverted #1 in from +493023125006 Maria Beispiel redirected"}},
		"180 repeated": {[]string{response("180 Ringing", switchHost, "c", "ci", maria, tag103)}, nil},
		"200 lost, ACK heard": {
			[]string{request("ACK", "103", phone103, switchHost, "c", "other", maria, tag103)},
			[]string{"103 Established #1 in from +493023125006 Maria Beispiel"},
		},
		"final response lost, ACK heard": {
			[]string{request("ACK", "103", phone103, switchHost, "c", "ci", maria, tag103)},
			[]string{"103 Cleared #1 in from +493023125006 Maria Beispiel"},
		},
		"200 crossing CANCEL": {
			[]string{request("CANCEL", "103", phone103, switchHost, "c", "ci", maria, to103), response("200 OK", switchHost, "c", "ci", maria, tag103)},
			[]string{"103 Cleared #1 in from +493023125006 Maria Beispiel cancelled"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "103")
			s.hearsAll(rings("103", phone103, "c", maria), tt.messages)
			s.want(append([]string{"103 Delivered #1 in from +493023125006 Maria Beispiel"}, tt.want...)...)
		})
	}
}

// TestWithheld: whatever else the INVITE says, a restricted caller has no number
// and no name.
func TestWithheld(t *testing.T) {
	s := play(t, "103")
	s.hears(rings("103", phone103, "c", `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=m`,
		"Privacy: id", `P-Asserted-Identity: "Geheim" <sip:+493023125777@192.0.2.10>`)...)
	s.hears(answers("103", phone103, "c", `<sip:anonymous@anonymous.invalid>;tag=m`))
	s.want("103 Delivered #1 in from withheld", "103 Established #1 in from withheld")
	if strings.Contains(fmt.Sprintf("%+v", s.f.out), "3125777") {
		t.Error("the number is in an event")
	}
}

// TestCalledNumber: the number dialled is that of the trunk's INVITE, or of a
// header of the leg to the agent, whichever tells.
func TestCalledNumber(t *testing.T) {
	trunk := request("INVITE", "+493023125100", switchHost, trunkHost, "t", "ti",
		`<sip:+493023125006@198.51.100.1>;tag=t`, "<sip:+493023125100@192.0.2.10>")
	for name, tt := range map[string]struct {
		before []string
		more   []string
		want   string
	}{
		"trunk":      {[]string{trunk}, nil, " to +493023125100"},
		"no trunk":   {nil, nil, ""},
		"P-Called":   {nil, []string{"P-Called-Party-ID: <sip:+493023125101@192.0.2.10>"}, " to +493023125101"},
		"Diversion":  {nil, []string{"Diversion: <sip:+493023125102@192.0.2.10>;reason=no-answer"}, " to +493023125102 by +493023125102 redirected"},
		"two trunks": {[]string{trunk, strings.NewReplacer("5100", "5109", "Call-ID: t", "Call-ID: u").Replace(trunk)}, nil, ""},
	} {
		s := play(t, "103")
		s.hearsAll(tt.before, rings("103", phone103, "c", maria, tt.more...))
		if want := "103 Delivered #1 in from +493023125006 Maria Beispiel" + tt.want; !slices.Equal(s.got.out, []string{want}) {
			t.Errorf("%s: %q, want %q", name, s.got.out, want)
		}
	}
	s := play(t, "103")
	s.hears(trunk)
	s.waits(5 * time.Second)
	s.hears(rings("103", phone103, "c", maria)...)
	s.want("103 Delivered #1 in from +493023125006 Maria Beispiel")
}

func TestOutbound(t *testing.T) {
	from, to := self("103"), "<sip:+493023125007@192.0.2.10>"
	invite := func(branch string) string {
		return request("INVITE", "+493023125007", switchHost, phone103, "c", branch, from, to)
	}
	reply := func(status, branch string) string { return response(status, phone103, "c", branch, from, to+";tag=s") }
	const begun = "103 Originated #1 out to +493023125007"
	for name, tt := range map[string]struct{ messages, want []string }{
		"answered":        {[]string{invite("1"), reply("100 Trying", "1"), reply("180 Ringing", "1"), reply("200 OK", "1"), byeSwitch("c", "103")}, []string{begun, "103 Established #1 out to +493023125007", "103 Cleared #1 out to +493023125007"}},
		"with a password": {[]string{invite("1"), reply("401 Unauthorized", "1"), invite("2"), reply("200 OK", "2")}, []string{begun, "103 Established #1 out to +493023125007"}},
		"a scanner":       {[]string{invite("1"), reply("100 Trying", "1"), reply("407 Proxy Authentication Required", "1")}, nil},
		"busy":            {[]string{invite("1"), reply("180 Ringing", "1"), reply("486 Busy Here", "1")}, []string{begun, "103 Failed #1 out to +493023125007 busy 486 Busy Here"}},
		"given up":        {[]string{invite("1"), reply("180 Ringing", "1"), reply("487 Request Terminated", "1")}, []string{begun, "103 Cleared #1 out to +493023125007 cancelled"}},
		"voicemail by code": {[]string{
			strings.ReplaceAll(invite("1"), "+493023125007", "*97"), reply("200 OK", "1"),
		}, []string{"103 Established #1 out to *97"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "103")
			s.hears(tt.messages...)
			s.want(tt.want...)
		})
	}
}

// consultation is Maria at 103 and a call from 103 to 104, answered.
func consultation(s *script) {
	s.hearsAll(rings("103", phone103, "c1", maria), []string{answers("103", phone103, "c1", maria)})
	s.hears(dials("103", phone103, "c2", "104")[0])
	s.hears(rings("104", phone104, "c3", `<sip:103@192.0.2.10>;tag=m3`)...)
	s.hears(dials("103", phone103, "c2", "104")[1])
	s.hears(answers("104", phone104, "c3", `<sip:103@192.0.2.10>;tag=m3`), dialOK("103", phone103, "c2", "104"))
	s.got.out = nil
}

const transferred = "104 Transferred #2 in from +493023125006 Maria Beispiel by 103 transfer"

// TestTransferWithoutUpdate is rule H (b): the switch names nobody new, and the
// pair of legs tells.
func TestTransferWithoutUpdate(t *testing.T) {
	refer := func(callID, fromTag, toTag, replaces string) string {
		return request("REFER", "x", switchHost, phone103, callID, "r"+callID, "<sip:103@192.0.2.10>;tag="+fromTag, "<sip:x@192.0.2.10>;tag="+toTag,
			"Refer-To: <sip:104@192.0.2.10?Replaces="+replaces+"%3Bto-tag%3Ds%3Bfrom-tag%3D103>")
	}
	t.Run("REFER on the first leg", func(t *testing.T) {
		s := play(t, "103", "104")
		consultation(s)
		s.hears(refer("c1", "103", "m", "c2"), byeSwitch("c2", "103"))
		s.want(transferred, "103 Cleared #3 out to 104 transfer")
	})
	t.Run("REFER on the consultation", func(t *testing.T) {
		s := play(t, "103", "104")
		consultation(s)
		s.hears(refer("c2", "103", "s", "c1"), byeSwitch("c2", "103"))
		s.want(transferred, "103 Cleared #3 out to 104 transfer")
	})
	t.Run("both held, REFER on the consultation, the first leg ends 1.9 s later", func(t *testing.T) { // FreeSWITCH
		s := play(t, "103", "104")
		consultation(s)
		for _, callID := range []string{"c1", "c2"} { // the body says that it is hold
			s.hears(request("INVITE", "x", switchHost, phone103, callID, "h"+callID, "<sip:103@192.0.2.10>;tag=103", "<sip:x@192.0.2.10>;tag="+map[string]string{"c1": "m", "c2": "s"}[callID]))
		}
		s.hears(refer("c2", "103", "s", "c1"), byeSwitch("c2", "103"))
		s.waits(1900 * time.Millisecond)
		s.hears(request("BYE", "103", phone103, switchHost, "c1", "c1b", maria, self("103"), `Reason: SIP;cause=801;text="ATTENDED_TRANSFER"`))
		s.want(transferred, "103 Cleared #3 out to 104 transfer", "103 Cleared #1 in from +493023125006 Maria Beispiel transfer")
	})
	t.Run("refused", func(t *testing.T) {
		s := play(t, "103", "104")
		consultation(s)
		refused := strings.Replace(response("403 Forbidden", phone103, "c1", "rc1", "<sip:103@192.0.2.10>;tag=103", "<sip:x@192.0.2.10>;tag=m"), "1 INVITE", "1 REFER", 1)
		s.hears(refer("c1", "103", "m", "c2"), refused, byeSwitch("c2", "103"))
		s.want("103 Cleared #3 out to 104")
	})
	t.Run("the consultation ends later", func(t *testing.T) {
		s := play(t, "103", "104")
		consultation(s)
		s.hears(refer("c1", "103", "m", "c2"))
		s.waits(4 * time.Second)
		s.hears(byeSwitch("c2", "103"))
		s.want("103 Cleared #3 out to 104")
	})
	t.Run("no REFER", func(t *testing.T) {
		s := play(t, "103", "104")
		consultation(s)
		s.hears(byeSwitch("c2", "103"))
		s.want("103 Cleared #3 out to 104")
	})
}

// TestSemiAttended: the REFER comes while the colleague's telephone rings, and
// the switch ends the consultation's INVITE.
func TestSemiAttended(t *testing.T) {
	s := play(t, "103", "104")
	s.hearsAll(rings("103", phone103, "c1", maria), []string{answers("103", phone103, "c1", maria)}, dials("103", phone103, "c2", "104"))
	s.hears(rings("104", phone104, "c3", `<sip:103@192.0.2.10>;tag=m3`)...)
	s.got.out = nil
	s.hears(request("REFER", "x", switchHost, phone103, "c1", "r", "<sip:103@192.0.2.10>;tag=103", "<sip:x@192.0.2.10>;tag=m",
		"Refer-To: <sip:104@192.0.2.10?Replaces=c2%3Bto-tag%3Ds%3Bfrom-tag%3D103>"))
	s.hears(response("603 Decline", phone103, "c2", "c2o", self("103"), "<sip:104@192.0.2.10>;tag=s"))
	s.want("104 Transferred #3 in from +493023125006 Maria Beispiel by 103 transfer", "103 Cleared #2 out to 104 transfer")
}

// TestTransferredWithheld: who is withheld stays so at the colleague's.
func TestTransferredWithheld(t *testing.T) {
	s := play(t, "103", "104")
	hidden := `<sip:anonymous@anonymous.invalid>;tag=m`
	s.hearsAll(rings("103", phone103, "c1", hidden), []string{answers("103", phone103, "c1", hidden)}, dials("103", phone103, "c2", "104")[:1])
	s.hears(rings("104", phone104, "c3", `<sip:103@192.0.2.10>;tag=m3`)...)
	s.hears(answers("104", phone104, "c3", `<sip:103@192.0.2.10>;tag=m3`), dialOK("103", phone103, "c2", "104"))
	s.got.out = nil
	s.hears(request("REFER", "x", switchHost, phone103, "c1", "r", "<sip:103@192.0.2.10>;tag=103", "<sip:x@192.0.2.10>;tag=m",
		"Refer-To: <sip:104@192.0.2.10?Replaces=c2%3Bto-tag%3Ds%3Bfrom-tag%3D103>"), byeSwitch("c2", "103"))
	s.want("104 Transferred #2 in from withheld by 103 transfer", "103 Cleared #3 out to 104 transfer")
}

// TestWithheldToTheEnd: a switch that hid a caller in the INVITE and names the
// number later on, when the call is answered or handed on, is not believed.
func TestWithheldToTheEnd(t *testing.T) {
	hidden, pai := `<sip:anonymous@anonymous.invalid>;tag=m`, `P-Asserted-Identity: "Geheim" <sip:+493023125777@192.0.2.10>`
	b := `<sip:103@192.0.2.10>;tag=m3`
	consulting := func(s *script) {
		s.hearsAll(dials("103", phone103, "c2", "104")[:1], rings("104", phone104, "c3", b))
		s.hears(answers("104", phone104, "c3", b), dialOK("103", phone103, "c2", "104"))
		s.got.out = nil
	}
	refer := func(to string) string {
		return request("REFER", "x", switchHost, phone103, "c1", "r", "<sip:103@192.0.2.10>;tag=103", "<sip:x@192.0.2.10>;tag=m", "Refer-To: <sip:104@192.0.2.10"+to+">")
	}
	replaces := refer("?Replaces=c2%3Bto-tag%3Ds%3Bfrom-tag%3D103")
	named := request("UPDATE", "104", phone104, switchHost, "c3", "u", b, "<sip:104@192.0.2.103>;tag=104", pai)
	for name, tt := range map[string]struct {
		play func(s *script)
		want []string
	}{
		"UPDATE at the answer": {func(s *script) {
			s.got.out = nil
			s.hears(request("UPDATE", "103", phone103, switchHost, "c1", "u", `<sip:x@192.0.2.10>;tag=m`, "<sip:103@192.0.2.103>;tag=103", pai))
		}, nil},
		"consultation, UPDATE first": {func(s *script) {
			consulting(s)
			s.hears(replaces, named)
		}, []string{"104 Transferred #2 in from withheld by 103 transfer"}},
		"consultation, UPDATE last": {func(s *script) {
			consulting(s)
			s.hears(replaces, byeSwitch("c2", "103"), named)
		}, []string{"104 Transferred #2 in from withheld by 103 transfer", "103 Cleared #3 out to 104 transfer"}},
		"blind": {func(s *script) {
			s.got.out = nil
			s.hears(refer(""))
			s.hears(rings("104", phone104, "c3", `<sip:+493023125777@192.0.2.10>;tag=m3`, "Referred-By: <sip:103@192.0.2.10>")...)
		}, []string{"104 Delivered #2 in from withheld by 103 transfer"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "103", "104")
			s.hearsAll(rings("103", phone103, "c1", hidden, "Privacy: id", pai), []string{answers("103", phone103, "c1", hidden)})
			tt.play(s)
			s.want(tt.want...)
		})
	}
}

// TestProxy: through a proxy all legs have one Call-ID, each hop its own branch.
func TestProxy(t *testing.T) {
	s := play(t, "103", "104")
	in := request("INVITE", "600", switchHost, trunkHost, "k", "t1", maria, "<sip:600@192.0.2.10>")
	fork := func(device, host, branch string) string {
		return strings.Replace(request("INVITE", device, host, switchHost, "k", branch, maria, "<sip:600@192.0.2.10>"),
			"From:", "Via: SIP/2.0/UDP "+trunkHost+";branch=z9hG4bKt1\r\nFrom:", 1)
	}
	reply := func(status, branch, tag string) string {
		return response(status, switchHost, "k", branch, maria, "<sip:600@192.0.2.10>;tag="+tag)
	}
	s.hears(in, fork("103", phone103, "f3"), fork("104", phone104, "f4"), reply("180 Ringing", "f3", "a"), reply("180 Ringing", "f4", "b"))
	s.hears(response("180 Ringing", trunkHost, "k", "t1", maria, "<sip:600@192.0.2.10>;tag=a")) // passed on to the trunk
	s.hears(reply("200 OK", "f4", "b"), response("200 OK", trunkHost, "k", "t1", maria, "<sip:600@192.0.2.10>;tag=b"))
	s.hears(request("CANCEL", "103", phone103, switchHost, "k", "f3", maria, "<sip:600@192.0.2.10>", `Reason: SIP;cause=200;text="Call completed elsewhere"`))
	s.hears(request("BYE", "104", switchHost, trunkHost, "k", "b1", maria, "<sip:600@192.0.2.10>;tag=b"),
		request("BYE", "104", phone104, switchHost, "k", "b2", maria, "<sip:600@192.0.2.10>;tag=b"))
	s.want(
		"103 Delivered #1 in from +493023125006 Maria Beispiel to 600",
		"104 Delivered #1 in from +493023125006 Maria Beispiel to 600",
		"104 Established #1 in from +493023125006 Maria Beispiel to 600",
		"103 Cleared #1 in from +493023125006 Maria Beispiel to 600 answeredElsewhere",
		"104 Cleared #1 in from +493023125006 Maria Beispiel to 600",
	)
}

// TestProxyRefused: the ACK of a refusal on the hop to the far end is no answer.
func TestProxyRefused(t *testing.T) {
	s := play(t, "103")
	s.hears(dials("103", phone103, "k", "777")...)
	far := "<sip:777@192.0.2.10>"
	s.hears(strings.Replace(request("INVITE", "777", trunkHost, switchHost, "k", "out", self("103"), far),
		"From:", "Via: SIP/2.0/UDP "+phone103+";branch=z9hG4bKko\r\nFrom:", 1))
	s.hears(response("486 Busy Here", switchHost, "k", "out", self("103"), far+";tag=f"))
	s.hears(request("ACK", "777", trunkHost, switchHost, "k", "out", self("103"), far+";tag=f"))
	s.hears(response("486 Busy Here", phone103, "k", "ko", self("103"), far+";tag=f"))
	s.want("103 Originated #1 out to 777", "103 Failed #1 out to 777 busy 486 Busy Here")
}

// TestUnwatched: of a call between others nothing is kept, and nothing of bodies
// and credentials of a call that is followed.
func TestUnwatched(t *testing.T) {
	s := play(t, "103")
	marker := "Markerson"
	others := `"` + marker + `" <sip:+493023125666@192.0.2.10>;tag=m`
	s.hearsAll(rings("777", phone104, "u1", others), []string{answers("777", phone104, "u1", others)})
	s.hears(request("INVITE", "+493023125667", switchHost, "192.0.2.177:5060", "u2", "x", `"`+marker+`" <sip:777@192.0.2.10>;tag=u`, "<sip:+493023125667@192.0.2.10>"))
	call := rings("103", phone103, "c", maria, "Authorization: Digest username=\""+marker+"\"", "Proxy-Authorization: Digest response="+marker)
	call[0] = strings.Replace(call[0], "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(marker), marker), 1)
	s.hears(call...)
	s.want("103 Delivered #1 in from +493023125006 Maria Beispiel")
	if state := dump(s.f); strings.Contains(state, marker) || strings.Contains(state, "3125666") {
		t.Error("the follower's state holds what it must not read")
	}
	s.waits(5 * time.Second)
	if state := dump(s.f); strings.Contains(state, "3125667") {
		t.Error("a number that somebody else dialled is still there")
	}
}

// dump writes all that a follower holds.
func dump(f *follower) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v %+v %+v %+v %+v", f.arrivals, f.gone, f.seen, f.devices, f.sides)
	for _, s := range f.sessions {
		fmt.Fprintf(&b, "%+v", *s)
		for _, h := range s.hops {
			fmt.Fprintf(&b, "%+v", h)
		}
		for _, c := range s.connections {
			fmt.Fprintf(&b, "%+v", *c)
		}
	}
	return b.String()
}

// TestAging: what rings and is not heard of any more ends, an established call
// is left to the bridge, and what is over is forgotten.
func TestAging(t *testing.T) {
	s := play(t, "103", "104")
	s.hearsAll(rings("103", phone103, "c1", maria), rings("104", phone104, "c2", maria), []string{answers("104", phone104, "c2", maria)})
	s.got.out = nil
	s.waits(halfOpen + time.Second)
	s.want("103 Cleared #1 in from +493023125006 Maria Beispiel")
	s.waits(longest)
	s.waits(linger + time.Second)
	s.waits(linger + time.Second)
	if len(s.f.sessions) != 0 || len(s.f.live) != 0 {
		t.Errorf("%d sessions and %d devices are left", len(s.f.sessions), len(s.f.live))
	}
}

// TestBounded: a flood of calls is turned away, and ends without a trace.
func TestBounded(t *testing.T) {
	var devices []pbx.DeviceID
	for i := range maxSessions/maxCalls + 2 {
		devices = append(devices, pbx.DeviceID(fmt.Sprint(1000+i)))
	}
	s := play(t, devices...)
	counts := map[reason]int{}
	var m message.Message
	for _, d := range devices {
		for i := range maxCalls + 1 {
			call := fmt.Sprint("flood", d, i)
			if err := m.Parse([]byte(request("INVITE", string(d), phone103, switchHost, call, call, maria, "<sip:x@192.0.2.103>"))); err != nil {
				t.Fatal(err)
			}
			counts[s.f.apply(&m, s.now)]++
		}
	}
	if len(s.f.sessions) != maxSessions || counts[dropNothing] != maxSessions || counts[dropFull] != len(devices)*(maxCalls+1)-maxSessions {
		t.Errorf("%d sessions of %d; %v", len(s.f.sessions), maxSessions, counts)
	}
	for i := range 2 * maxHosts {
		s.f.sides.learn(fmt.Sprint("host", i), switchHost)
	}
	if len(s.f.sides.peers) > maxHosts {
		t.Errorf("%d hosts are remembered", len(s.f.sides.peers))
	}
	s.waits(halfOpen + time.Second)
	s.waits(linger + time.Second)
	if len(s.f.sessions) != 0 {
		t.Errorf("%d sessions are left", len(s.f.sessions))
	}
}

// TestBoundedBytes: a flood of INVITEs as large as packets can be, each with many
// branches, is not kept.
func TestBoundedBytes(t *testing.T) {
	s := play(t, "103")
	var m message.Message
	hears := func(text string) reason {
		if err := m.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return s.f.apply(&m, s.now)
	}
	long, to := strings.Repeat("x", 60_000), "<sip:103@192.0.2.103>"
	for name, text := range map[string]string{
		"Call-ID": request("INVITE", "103", phone103, switchHost, long, "b", maria, to),
		"branch":  request("INVITE", "103", phone103, switchHost, "c", long, maria, to),
		"tag":     request("INVITE", "103", phone103, switchHost, "c", "b", maria+long, to),
		"URI":     request("INVITE", long, phone103, switchHost, "c", "b", maria, to),
		"host":    request("INVITE", "103", phone103, long, "c", "b", maria, to),
	} {
		if why := hears(text); why != dropMalformed || len(s.f.sessions) != 0 {
			t.Errorf("long %s: %s, %d sessions", name, reasonNames[why], len(s.f.sessions))
		}
	}
	full := 0
	for i := range maxAllHops/maxHops + 10 {
		for j := range maxHops { // nobody knows which end is the switch: each waits for its answer
			call := fmt.Sprint("flood", i)
			if hears(request("INVITE", "103", "192.0.2.77:5060", "192.0.2.78:5060", call, fmt.Sprint(call, "b", j), maria, to)) == dropFull {
				full++
			}
		}
	}
	kept := 0
	for _, session := range s.f.sessions {
		kept += len(session.hops)
	}
	if kept != s.f.hops || kept > maxAllHops || full == 0 {
		t.Errorf("%d branches are kept, %d counted, %d INVITEs refused; the limit is %d", kept, s.f.hops, full, maxAllHops)
	}
	s.waits(halfOpen + time.Second)
	s.waits(linger + time.Second)
	if len(s.f.sessions) != 0 || s.f.hops != 0 {
		t.Errorf("%d sessions and %d branches are left", len(s.f.sessions), s.f.hops)
	}
}

// TestSidesLearned: which address is the switch's is found out.
func TestSidesLearned(t *testing.T) {
	s := newSides(nil)
	if got := s.of("t:5060", "x:5060", "t:5060"); got != sideUnknown {
		t.Errorf("at first: %d", got)
	}
	s.learn("t:5060", "x:5060")
	s.learn("x:5060", "a:5060")
	if s.of("t:5060", "x:5060", "t:5060") != toSwitch || s.of("x:5060", "a:5060", "x:5060") != fromSwitch {
		t.Error("who has two neighbours is the switch")
	}
	if s.of("b:5060", "y:5060", "y:5060") != toSwitch {
		t.Error("a telephone calls at its own domain")
	}
}

// FuzzFollow: no message makes the follower panic or tell of anybody else.
func FuzzFollow(f *testing.F) {
	for _, one := range rings("103", phone103, "c", maria) {
		f.Add([]byte(one))
	}
	f.Add([]byte(byeSwitch("c", "103")))
	f.Add([]byte(request("REFER", "x", switchHost, phone103, "c", "r", self("103"), "<sip:x@y>;tag=m", "Refer-To: <sip:1@x?Replaces=%3B>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := play(t, "103", "104")
		s.hears(rings("103", phone103, "c", maria)...)
		var m message.Message
		if m.Parse(data) != nil {
			return
		}
		for range 2 {
			s.f.apply(&m, s.now)
			for i := range s.f.out {
				if d := s.f.out[i].Connection.Device; d != "103" && d != "104" {
					t.Fatalf("event about %q", d)
				}
			}
		}
	})
}

// BenchmarkCall is a call of four messages that is told, BenchmarkUnwatched a
// message of a call that is none of ours.
func BenchmarkCall(b *testing.B) {
	s := play(b, "103")
	texts := append(rings("103", phone103, "bench", maria), answers("103", phone103, "bench", maria),
		request("BYE", "103", phone103, switchHost, "bench", "b", maria, tag103))
	var messages [4][]byte
	for i := range texts {
		messages[i] = []byte(texts[i])
	}
	var m message.Message
	b.ReportAllocs()
	for b.Loop() {
		for i := range messages {
			if err := m.Parse(messages[i]); err != nil {
				b.Fatal(err)
			}
			s.f.apply(&m, s.now)
		}
		delete(s.f.sessions, "bench")
	}
}

func BenchmarkUnwatched(b *testing.B) {
	s := play(b, "103")
	text := []byte(answers("777", phone104, "u", maria))
	var m message.Message
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(text); err != nil {
			b.Fatal(err)
		}
		if s.f.apply(&m, s.now) != dropUnknown {
			b.Fatal("it is known")
		}
	}
}
