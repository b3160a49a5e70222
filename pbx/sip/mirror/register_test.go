package mirror

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// registers is a REGISTER of an extension and its answer, which lists contacts.
func registers(device, status string, contacts ...string) []string {
	to, callID := fmt.Sprintf("<sip:%s@192.0.2.10>", device), "reg-"+device
	cseq := strings.NewReplacer("CSeq: 1 INVITE", "CSeq: 1 REGISTER")
	return []string{
		request("REGISTER", "", "192.0.2.10", phone103, callID, callID, to+";tag=r", to, "Authorization: Digest secret", "Contact: "+contacts[0]),
		cseq.Replace(response(status, phone103, callID, callID, to+";tag=r", to+";tag=s", "Contact: "+strings.Join(contacts, ", "))),
	}
}

// toContact is an INVITE to a contact, with the number dialled in To, and its 180.
func toContact(user, host string) []string {
	to := "<sip:+493023125000@192.0.2.10>"
	return []string{
		strings.Replace(request("INVITE", user, host, switchHost, "c", "ci", maria, to), "sip:@", "sip:", 1),
		response("180 Ringing", switchHost, "c", "ci", maria, to+";tag=t"),
	}
}

// TestRegisteredContacts: a telephone that is called by another user than its
// extension is known by where the extension is registered.
func TestRegisteredContacts(t *testing.T) {
	const here = "<sip:x7f3a@192.0.2.103:5060;transport=udp>;expires=60"
	rung := []string{"103 Delivered #1 in from +493023125006 Maria Beispiel to +493023125000"}
	for name, tt := range map[string]struct {
		before [][]string
		waits  time.Duration
		called [2]string // user and host
		want   []string
	}{
		"never registered":    {nil, 0, [2]string{"x7f3a", phone103}, nil},
		"registered":          {[][]string{registers("103", "200 OK", here)}, 0, [2]string{"x7f3a", phone103}, rung},
		"one of two contacts": {[][]string{registers("103", "200 OK", "<sip:soft@192.0.2.9>", here)}, 0, [2]string{"x7f3a", phone103}, rung},
		"another port behind a NAT": {
			[][]string{registers("103", "200 OK", here)}, 0, [2]string{"x7f3a", "192.0.2.103:40000"}, rung,
		},
		"no user, very same address":  {[][]string{registers("103", "200 OK", "<sip:192.0.2.103>;expires=60")}, 0, [2]string{"", phone103}, rung},
		"no user, another address":    {[][]string{registers("103", "200 OK", "<sip:192.0.2.103>;expires=60")}, 0, [2]string{"", phone104}, nil},
		"run out":                     {[][]string{registers("103", "200 OK", here)}, 61 * time.Second, [2]string{"x7f3a", phone103}, nil},
		"refused":                     {[][]string{registers("103", "403 Forbidden", here)}, 0, [2]string{"x7f3a", phone103}, nil},
		"only asked for":              {[][]string{registers("103", "200 OK", here)[:1]}, 0, [2]string{"x7f3a", phone103}, nil},
		"an answer that nobody asked": {[][]string{registers("103", "200 OK", here)[1:]}, 0, [2]string{"x7f3a", phone103}, nil},
		"nobody watches it":           {[][]string{registers("777", "200 OK", here)}, 0, [2]string{"x7f3a", phone103}, nil},
		"signed off": {
			[][]string{registers("103", "200 OK", here), registers("103", "200 OK", "<sip:x7f3a@192.0.2.103:5060>;expires=0")}, 0, [2]string{"x7f3a", phone103}, nil,
		},
		"the same user at two extensions": {
			[][]string{registers("103", "200 OK", "<sip:phone@192.0.2.103>"), registers("104", "200 OK", "<sip:phone@192.0.2.104>")}, 0, [2]string{"phone", "192.0.2.99"}, nil,
		},
		"the same user at two extensions, known by the address": {
			[][]string{registers("104", "200 OK", "<sip:phone@192.0.2.104>"), registers("103", "200 OK", "<sip:phone@192.0.2.103>")}, 0, [2]string{"phone", phone103}, rung,
		},
		"the telephone went to a colleague": {
			[][]string{registers("104", "200 OK", here), registers("103", "200 OK", here)}, 0, [2]string{"x7f3a", phone103}, rung,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "103", "104")
			s.hearsAll(tt.before...)
			s.waits(tt.waits)
			s.hears(toContact(tt.called[0], tt.called[1])...)
			s.want(tt.want...)
		})
	}
}

// TestContactsAreBounded: what is remembered of registrations does not grow past
// its bounds, and goes with the device.
func TestContactsAreBounded(t *testing.T) {
	s := play(t, "103")
	for range 2 {
		var many []string
		for i := range 2 * maxBindings {
			many = append(many, fmt.Sprintf("<sip:u%d@192.0.2.103:%d>", i, 1024+i))
		}
		s.hears(registers("103", "200 OK", many...)...)
	}
	if n := len(s.f.contacts.at); n != maxBindings || len(s.f.contacts.of["103"]) != n {
		t.Errorf("%d contacts, %d of the device, want %d", n, len(s.f.contacts.of["103"]), maxBindings)
	}
	s.f.watch(nil)
	if n := len(s.f.contacts.at); n != 0 {
		t.Errorf("%d contacts of a device that nobody watches", n)
	}
}
