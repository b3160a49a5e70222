//go:build peers

package sip

import (
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// relayed is a call through the proxy, all ends of which are the one phone.
type relayed struct {
	p                    *phone
	callID, from, number string
	invite               *gosip.Request // as it arrived
	back                 string         // route of requests by the callee
	cseq                 int
}

// place sends an INVITE and waits until it arrives.
func (p *phone) place(callID, from, number, extra string) *relayed {
	p.t.Helper()
	c := &relayed{p: p, callID: callID, from: from, number: number, cseq: 1}
	p.send(p.request("INVITE", "sip:"+number+"@pbx.example.com", from, c.to(), callID, 1, extra))
	c.invite = p.next("INVITE")
	c.back = routes(c.invite.GetHeaders("Record-Route"), false)
	return c
}

func (c *relayed) to() string { return "<sip:" + c.number + "@pbx.example.com>" }

// answer accepts the call.
func (c *relayed) answer() {
	c.p.t.Helper()
	c.p.answer(c.invite, 200, "OK")
	ok := c.p.final(c.callID, "INVITE")
	c.p.send(c.p.request("ACK", ok.Contact().Address.String(), c.from, c.to()+";tag=phone", c.callID, 1, routes(ok.GetHeaders("Record-Route"), true)))
	c.p.next("ACK")
}

// callee sends a request in the name of whoever was called, which is accepted.
func (c *relayed) callee(method, extra string) {
	c.p.t.Helper()
	c.cseq++
	c.p.send(c.p.request(method, c.invite.Contact().Address.String(), c.to()+";tag=phone", c.from, c.callID, c.cseq, c.back+extra))
	req := c.p.next(method)
	c.p.send(gosip.NewResponseFromRequest(req, 200, "OK", nil).String())
}

const (
	agentFrom    = "<sip:1001@pbx.example.com>;tag=agent"
	colleagueOut = "<sip:1002@pbx.example.com>;tag=colleague"
)

// TestKamailioReplaces: an agent transfers an outside call with consultation,
// and a colleague picks one up, both by INVITE with Replaces through the proxy.
func TestKamailioReplaces(t *testing.T) {
	p, events, ear := kamailioMirror(t, false)
	ear.Watch([]pbx.DeviceID{"1001", "1002"})
	heard(t, events, "1002 Snapshot")

	first := p.place("first", trunkFrom, "1001", "")
	p.answer(first.invite, 180, "Ringing")
	heard(t, events, "1001 Delivered first in +493023125006")
	first.answer()
	heard(t, events, "1001 Established first in +493023125006")
	consultation := p.place("consultation", agentFrom, "1002", "")
	p.answer(consultation.invite, 180, "Ringing")
	heard(t, events, "1002 Delivered consultation in 1001")
	heard(t, events, "1001 Originated consultation out 1002")
	consultation.answer()
	heard(t, events, "1002 Established consultation in 1001")
	heard(t, events, "1001 Established consultation out 1002")

	first.callee("REFER", "Refer-To: <sip:1002@pbx.example.com?Replaces=consultation%3Bto-tag%3Dphone%3Bfrom-tag%3Dagent>\r\n")
	handed := p.place("handed", trunkFrom, "1002", "Replaces: consultation;to-tag=phone;from-tag=agent\r\n")
	handed.answer()
	heard(t, events, "1002 Established handed in +493023125006 cause=6 from=1001")
	consultation.callee("BYE", "")
	heard(t, events, "1001 Cleared consultation out 1002 cause=6")
	heard(t, events, "1002 Cleared consultation in 1001 cause=6")
	first.callee("BYE", "")
	heard(t, events, "1001 Cleared first in +493023125006 cause=6")
	handed.callee("BYE", "")
	heard(t, events, "1002 Cleared handed in +493023125006 from=1001")

	rings := p.place("rings", trunkFrom, "1001", "")
	p.answer(rings.invite, 180, "Ringing")
	heard(t, events, "1001 Delivered rings in +493023125006")
	taken := p.place("taken", colleagueOut, "03023125007", "Replaces: rings;to-tag=trunk;from-tag=phone;early-only\r\n")
	taken.answer()
	heard(t, events, "1002 Established taken in +493023125006 cause=7 from=1001")
	p.answer(rings.invite, 487, "Request Terminated")
	heard(t, events, "1001 Cleared rings in +493023125006 cause=4")
	taken.callee("BYE", "")
	heard(t, events, "1002 Cleared taken in +493023125006 from=1001")
}
