package mirror

import (
	"fmt"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
)

// proxied is a dialog through a proxy: the ends and their tags stay the same on
// both hops.
type proxied struct {
	callID             string
	caller, callee     string // users
	callerAt, calleeAt string // hosts
}

func (d proxied) from() string { return fmt.Sprintf("<sip:%s@192.0.2.10>;tag=%s", d.caller, d.caller) }
func (d proxied) to() string   { return fmt.Sprintf("<sip:%s@192.0.2.10>", d.callee) }
func (d proxied) tagged() string {
	return d.to() + ";tag=" + d.callee
}

// invite is the INVITE on both hops.
func (d proxied) invite(more ...string) []string {
	contact := fmt.Sprintf("Contact: <sip:%s@%s>", d.caller, d.callerAt)
	above := fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK%si", d.callerAt, d.callID)
	return []string{
		request("INVITE", d.callee, switchHost, d.callerAt, d.callID, d.callID+"i", d.from(), d.to(), append(more, contact)...),
		request("INVITE", d.callee, d.calleeAt, switchHost, d.callID, d.callID+"f", d.from(), d.to(), append(append([]string{above}, more...), contact)...),
	}
}

// says is a response on both hops, the nearer one to the callee first.
func (d proxied) says(status string) []string {
	return []string{
		response(status, switchHost, d.callID, d.callID+"f", d.from(), d.tagged()),
		response(status, d.callerAt, d.callID, d.callID+"i", d.from(), d.tagged()),
	}
}

// sends is a request within the dialog on both hops.
func (d proxied) sends(method string, byCaller bool, more ...string) []string {
	from, to, sender, user, receiver := d.from(), d.tagged(), d.callerAt, d.callee, d.calleeAt
	if !byCaller {
		from, to, sender, user, receiver = to, from, d.calleeAt, d.caller, d.callerAt
	}
	branch := d.callID + method + fmt.Sprint(byCaller)
	return []string{
		request(method, user, receiver, sender, d.callID, branch, from, to, more...),
		request(method, user, receiver, switchHost, d.callID, branch+"f", from, to, more...),
	}
}

const outside = "+493023125006"

var (
	first   = proxied{"c1", outside, "103", trunkHost, phone103}
	consult = proxied{"c2", "103", "104", phone103, phone104}
)

// consulted: 103 has an outside call and talks to 104.
func consulted(s *script) {
	s.hearsAll(first.invite(), first.says("180 Ringing"), first.says("200 OK"))
	s.hearsAll(consult.invite(), consult.says("180 Ringing"), consult.says("200 OK"))
	s.got.out = nil
	s.got.keys = []pbx.CallID{"c1", "c2"}
}

// TestReplaces: telephones behind a proxy transfer and pick up by INVITE with
// Replaces.
func TestReplaces(t *testing.T) {
	toColleague := proxied{"c3", outside, "104", trunkHost, phone104}
	toCaller := proxied{"c3", "104", outside, phone104, trunkHost}
	pickup := proxied{"c3", "104", outside, phone104, trunkHost}
	ended := []string{
		"103 Cleared #2 out to 104 transfer", "104 Cleared #2 in from 103 transfer",
		"103 Cleared #1 in from " + outside + " transfer",
	}
	for name, tt := range map[string]struct {
		given  func(*script)
		events [][]string
		want   []string
	}{
		"the caller calls the colleague": {consulted, [][]string{
			first.sends("REFER", false, "Refer-To: <sip:104@192.0.2.10?Replaces=c2%3Bto-tag%3D104%3Bfrom-tag%3D103>"),
			toColleague.invite("Replaces: c2;to-tag=104;from-tag=103"), toColleague.says("200 OK"),
			consult.sends("BYE", false), first.sends("BYE", false),
		}, append([]string{"104 Established #3 in from " + outside + " by 103 transfer"}, ended...)},
		"the colleague calls the caller": {consulted, [][]string{
			consult.sends("REFER", true, "Refer-To: <sip:"+outside+"@192.0.2.10?Replaces=c1%3Bto-tag%3D"+outside+"%3Bfrom-tag%3D103>"),
			toCaller.invite("Replaces: c1;to-tag=" + outside + ";from-tag=103"), toCaller.says("180 Ringing"), toCaller.says("200 OK"),
			consult.sends("BYE", true), first.sends("BYE", true),
		}, append([]string{"104 Established #3 in from " + outside + " by 103 transfer"}, ended...)},
		"the consultation's tags are wrong": {consulted, [][]string{
			toColleague.invite("Replaces: c2;to-tag=guess;from-tag=103"), toColleague.says("180 Ringing"),
		}, []string{"104 Delivered #3 in from " + outside}},
		"the colleague refuses": {consulted, [][]string{
			toColleague.invite("Replaces: c2;to-tag=104;from-tag=103"), toColleague.says("481 Call Does Not Exist"), consult.sends("BYE", true),
		}, []string{"103 Cleared #2 out to 104", "104 Cleared #2 in from 103"}},
		"picked up": {func(s *script) {
			s.hearsAll(first.invite(), first.says("180 Ringing"))
		}, [][]string{
			pickup.invite("Replaces: c1;to-tag=" + outside + ";from-tag=103;early-only"), pickup.says("180 Ringing"), pickup.says("200 OK"),
			{
				request("CANCEL", "103", switchHost, trunkHost, "c1", "c1i", first.from(), first.to()),
				request("CANCEL", "103", phone103, switchHost, "c1", "c1f", first.from(), first.to()),
			},
			pickup.sends("BYE", false),
		}, []string{
			"103 Delivered #1 in from " + outside,
			"104 Established #2 in from " + outside + " by 103 pickup",
			"103 Cleared #1 in from " + outside + " answeredElsewhere",
			"104 Cleared #2 in from " + outside + " by 103",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "103", "104")
			tt.given(s)
			s.hearsAll(tt.events...)
			s.want(tt.want...)
		})
	}
}
